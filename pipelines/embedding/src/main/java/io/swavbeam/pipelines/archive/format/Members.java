package io.swavbeam.pipelines.archive.format;

import java.io.Closeable;
import java.io.IOException;
import java.util.function.Predicate;
import org.checkerframework.checker.nullness.qual.Nullable;

/** The members of an archive, in order. */
public interface Members extends Closeable {
  /**
   * Moves to the next member. The bytes of the previous member cannot be read any more, unless the
   * entries of the format are independent.
   *
   * @return the member; null at the end
   * @throws IOException in one line, if the archive is cut off or damaged; the members before are
   *     valid
   */
  @Nullable Member next() throws IOException;

  /**
   * Returns whether a member may have such a name. Returns true unless all names are known
   * beforehand.
   */
  default boolean mayHold(Predicate<String> name) {
    return true;
  }

  @Override
  default void close() throws IOException {}
}
