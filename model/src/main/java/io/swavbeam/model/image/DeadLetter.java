package io.swavbeam.model.image;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.swavbeam.model.error.ErrorKind;
import java.io.Serializable;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A file or an image that was left out, with the reason.
 *
 * @param source the URI of the file
 * @param name the name of the image in the archive, or of the file itself
 * @param stage the stage that failed: {@code list}, {@code read}, {@code decode} or {@code embed}
 * @param error the reason, in one line
 * @param position the position of the entry in its source; null if it is unknown
 * @param kind the kind of the error; null in letters of earlier versions, and if it is unknown
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record DeadLetter(
    String source,
    String name,
    String stage,
    String error,
    @Nullable Long position,
    @Nullable ErrorKind kind)
    implements Serializable {
  // Kinds of later versions are read as unknown.
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(DeserializationFeature.READ_UNKNOWN_ENUM_VALUES_AS_NULL);

  public DeadLetter {
    if (source == null || name == null || stage == null || error == null) {
      throw new IllegalArgumentException(
          "a dead letter needs source, name, stage and error, not %s, %s, %s, %s"
              .formatted(source, name, stage, error));
    }
  }

  /** Creates a letter of an entry without a known position. */
  public DeadLetter(String source, String name, String stage, String error, ErrorKind kind) {
    this(source, name, stage, error, null, kind);
  }

  /** Returns this letter with another error. */
  public DeadLetter withError(String newError) {
    return new DeadLetter(source, name, stage, newError, position, kind);
  }

  /** Returns the letter as one line of JSON, without a line break. */
  public String toJson() {
    try {
      return JSON.writeValueAsString(this);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * Reads a letter from its JSON.
   *
   * @throws IllegalArgumentException if the line is not a letter
   */
  public static DeadLetter fromJson(String line) {
    try {
      DeadLetter letter = JSON.readValue(line, DeadLetter.class);
      if (letter == null) {
        throw new IllegalArgumentException("not a dead letter: " + line);
      }
      return letter;
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("not a dead letter: " + line, e);
    }
  }
}
