package io.swavbeam.pipelines.output;

import io.swavbeam.pipelines.deadletter.DeadLetterFiles;
import io.swavbeam.pipelines.storage.Folder;
import io.swavbeam.pipelines.storage.Location;
import io.swavbeam.pipelines.storage.Stores;
import java.io.IOException;
import java.util.List;
import org.apache.beam.sdk.annotations.Internal;

/**
 * The layout of a folder of embeddings up to version 0.2, with dead letters, counts, listings and
 * the index beside the rows.
 */
@Internal
public final class EarlierLayout {
  private static final String TOPICS = ".kafka";

  private static final String COUNTS = "counts";

  /**
   * Files that are made again, or belong to jobs that have ended. Each of them indicates this
   * layout.
   */
  private static final List<String> NEEDLESS = List.of(".index", ".listings", ".unfinished");

  private EarlierLayout() {}

  /**
   * Moves the files that are still needed to their present places, and deletes the others. If a
   * call is interrupted, the next one continues. No job of an earlier version may be at work.
   *
   * @param embeddings the folder
   */
  public static void tidyUp(Folder embeddings) throws IOException {
    if (!isIn(embeddings)) {
      return; // a folder of other software may have the same name
    }
    move(
        embeddings.folder(DeadLetterFiles.FOLDER),
        DeadLetterFiles.of(embeddings),
        DeadLetterFiles.SUFFIX);
    move(embeddings.folder(TOPICS), embeddings.metadata().folder(EarlierTopics.FOLDER), ".json");
    embeddings.folder(COUNTS).delete();
    for (String name : NEEDLESS) {
      embeddings.folder(name).delete();
    }
  }

  private static boolean isIn(Folder embeddings) throws IOException {
    for (String name : NEEDLESS) {
      if (Stores.isFolder(embeddings.folder(name).path())) {
        return true;
      }
    }
    return false;
  }

  /** Moves files, and deletes the folder that contained them. */
  private static void move(Folder from, Folder to, String suffix) throws IOException {
    for (Location file : from.files(suffix)) {
      Location moved = to.file(file.name());
      if (Stores.exists(moved)) {
        Stores.delete(List.of(file));
      } else {
        Stores.move(file, moved);
      }
    }
    from.delete();
  }
}
