package io.swavbeam.model.error;

/** An error that the user can do something about. Its message is one line. */
public interface KnownError {
  /** Returns the kind of the error. */
  ErrorKind kind();

  /**
   * Returns the folder, file, address or device with the error; empty if the message contains it.
   * For {@link ErrorKind#OTHER_NETWORK} and {@link ErrorKind#DECODED_OTHERWISE}, returns the
   * settings that would fit: {@code backbone=resnet50 width=64}.
   */
  default String subject() {
    return "";
  }

  /** Returns the kind of an error; {@link ErrorKind#OTHER} if it has none. */
  static ErrorKind kindOf(Throwable error) {
    return error instanceof KnownError known ? known.kind() : ErrorKind.OTHER;
  }
}
