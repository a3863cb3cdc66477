package io.swavbeam.pipelines.deadletter;

import io.swavbeam.model.image.DeadLetter;
import io.swavbeam.pipelines.schema.RecordSchema;
import java.io.Serializable;
import java.util.List;
import org.apache.beam.sdk.schemas.annotations.DefaultSchema;

/**
 * The dead letters of an element of a stream. They replace earlier dead letters of the same
 * element.
 *
 * @param source the URI of a file, or the partition of a topic
 * @param position the position of the element in its source, or {@link #WHOLE}
 * @param letters the dead letters; empty if the element can be used
 */
@DefaultSchema(RecordSchema.class)
public record ElementLetters(String source, long position, List<DeadLetter> letters)
    implements Serializable {
  /** The position that stands for the whole source. */
  public static final long WHOLE = -1;

  public ElementLetters {
    letters = List.copyOf(letters);
  }

  /** Creates an element with one of possibly several letters of a file. */
  public static ElementLetters of(DeadLetter letter) {
    return new ElementLetters(letter.source(), WHOLE, List.of(letter));
  }
}
