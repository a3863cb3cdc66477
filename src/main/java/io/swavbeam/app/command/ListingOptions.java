package io.swavbeam.app.command;

import org.apache.beam.sdk.options.Description;

/** Options of commands that list all images of large archives. */
public interface ListingOptions extends SwavOptions {
  @Description(
      "Folder in which listings of archives and folders are kept, a path or s3:// that all workers"
          + " see: files that stay as they are are listed once, by whichever command comes first."
          + " Without it, .listings in --output.")
  String getListings();

  void setListings(String value);
}
