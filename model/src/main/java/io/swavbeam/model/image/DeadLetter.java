package io.swavbeam.model.image;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.swavbeam.model.error.ErrorKind;
import java.io.Serializable;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Something that was left out, and why.
 *
 * @param source URI of the file
 * @param name of the image inside the archive, or of the file itself
 * @param stage where it failed: {@code list}, {@code read}, {@code decode} or {@code embed}
 * @param error what was wrong, in one line
 * @param position of the entry in its source, or null if that is not known
 * @param kind of the error; null in letters of earlier versions, and if none is known
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
  // Kinds of later versions are none that is known.
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(DeserializationFeature.READ_UNKNOWN_ENUM_VALUES_AS_NULL);

  public DeadLetter {
    if (source == null || name == null || stage == null || error == null) {
      throw new IllegalArgumentException(
          "a dead letter needs source, name, stage and error, not %s, %s, %s, %s"
              .formatted(source, name, stage, error));
    }
  }

  /** A letter of an entry whose position is not known. */
  public DeadLetter(String source, String name, String stage, String error, ErrorKind kind) {
    this(source, name, stage, error, null, kind);
  }

  /** Returns this letter with another error. */
  public DeadLetter withError(String newError) {
    return new DeadLetter(source, name, stage, newError, position, kind);
  }

  /** The letter as one line of JSON, without a line break. */
  public String toJson() {
    try {
      return JSON.writeValueAsString(this);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * Reads what {@link #toJson} wrote.
   *
   * @throws IllegalArgumentException if it is something else
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
