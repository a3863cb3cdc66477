package io.swavbeam.pipelines.archive.format;

import java.io.Closeable;
import java.io.IOException;
import java.util.function.Predicate;
import org.checkerframework.checker.nullness.qual.Nullable;

/** The members of an archive, one after the other. */
public interface Members extends Closeable {
  /**
   * Moves to the next member. The bytes of the one before cannot be read any more, unless the
   * format's entries are independent.
   *
   * @return null at the end
   * @throws IOException in one line, if the archive ends too early or is damaged; the members
   *     before are good
   */
  @Nullable Member next() throws IOException;

  /** Whether a member may have such a name; true unless the names are known beforehand. */
  default boolean mayHold(Predicate<String> name) {
    return true;
  }

  @Override
  default void close() throws IOException {}
}
