package io.swavbeam.app.command;

import java.util.List;
import org.apache.beam.sdk.options.Description;

/** Options of the commands that read images. */
public interface ImageOptions extends SwavOptions {
  @Description(
      "The images: files, folders, patterns, by path or s3://; also .tar, .tar.gz, .zip, CIFAR-10"
          + " binary and IDX; several are separated by commas.")
  List<String> getInput();

  void setInput(List<String> value);
}
