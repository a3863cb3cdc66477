package io.swavbeam.app.command;

import org.apache.beam.sdk.options.Description;

/** Options of commands that list all images of large archives. */
public interface ListingOptions extends SwavOptions {
  @Description(
      "Folder for listings of archives and folders, a path or s3:// that all workers "
          + "can read and write. Unchanged files are listed only once. Default: a folder in "
          + "--output.")
  String getListings();

  void setListings(String value);
}
