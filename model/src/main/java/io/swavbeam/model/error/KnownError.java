package io.swavbeam.model.error;

/** An error that the user can do something about. Its message is one line. */
public interface KnownError {
  /** Returns the kind of the error. */
  ErrorKind kind();

  /**
   * The folder, file, address or device that it is about; empty if the message says all. Of {@link
   * ErrorKind#OTHER_NETWORK} and {@link ErrorKind#DECODED_OTHERWISE}, the settings that would fit:
   * {@code backbone=resnet50 width=64}.
   */
  default String subject() {
    return "";
  }

  /** Returns the kind of an error; {@link ErrorKind#OTHER} if it has none. */
  static ErrorKind kindOf(Throwable error) {
    return error instanceof KnownError known ? known.kind() : ErrorKind.OTHER;
  }
}
