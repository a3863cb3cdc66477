package io.swavbeam.pipelines.deadletter;

import io.swavbeam.model.image.DeadLetter;
import io.swavbeam.pipelines.schema.RecordSchema;
import java.io.Serializable;
import java.util.List;
import org.apache.beam.sdk.schemas.annotations.DefaultSchema;

/**
 * The dead letters that an element of a stream gave when it was last looked at. They replace those
 * of an earlier look.
 *
 * @param source URI of a file, or the partition of a topic
 * @param position of the element in its source, or {@link #WHOLE}
 * @param letters none if the element can be used
 */
@DefaultSchema(RecordSchema.class)
public record ElementLetters(String source, long position, List<DeadLetter> letters)
    implements Serializable {
  /** The position that stands for the source as a whole. */
  public static final long WHOLE = -1;

  public ElementLetters {
    letters = List.copyOf(letters);
  }

  /** One letter of a file that may give more of them. */
  public static ElementLetters of(DeadLetter letter) {
    return new ElementLetters(letter.source(), WHOLE, List.of(letter));
  }
}
