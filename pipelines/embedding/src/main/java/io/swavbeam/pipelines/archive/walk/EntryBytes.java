package io.swavbeam.pipelines.archive.walk;

import io.swavbeam.pipelines.archive.format.Content;
import io.swavbeam.pipelines.archive.format.Member;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import org.checkerframework.checker.nullness.qual.Nullable;

/** The bytes of an entry. The first ones can be read in advance. */
final class EntryBytes implements AutoCloseable {
  private final Member.File entry;
  private final boolean isIndependent;
  private @Nullable InputStream in;
  private byte @Nullable [] head;
  private boolean isMoved;

  /**
   * @param isIndependent whether the entry has a stream of its own
   */
  EntryBytes(Member.File entry, boolean isIndependent) {
    this.entry = entry;
    this.isIndependent = isIndependent;
  }

  /** Returns the first bytes. */
  byte[] head() throws IOException {
    if (head == null) {
      InputStream buffered = new BufferedInputStream(entry.bytes().open(), Content.HEAD);
      in = buffered;
      buffered.mark(Content.HEAD);
      head = buffered.readNBytes(Content.HEAD);
      buffered.reset();
    }
    return head;
  }

  /** Returns a stream of all bytes, which can be read once. */
  InputStream in() throws IOException {
    if (in == null) {
      in = entry.bytes().open();
    }
    return in;
  }

  /** Returns the same bytes for another owner, who closes them. */
  EntryBytes moved() {
    EntryBytes moved = new EntryBytes(entry, isIndependent);
    moved.in = in;
    moved.head = head;
    isMoved = true;
    return moved;
  }

  @Override
  public void close() throws IOException {
    if (in != null && isIndependent && !isMoved) {
      in.close();
    }
  }
}
