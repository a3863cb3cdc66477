package io.swavbeam.pipelines.listing;

import io.swavbeam.model.config.Digest;
import io.swavbeam.model.image.DeadLetter;
import io.swavbeam.pipelines.archive.InputFile;
import io.swavbeam.pipelines.archive.format.Formats;
import io.swavbeam.pipelines.input.InputFiles;
import io.swavbeam.pipelines.records.RecordFileWriter;
import io.swavbeam.pipelines.storage.Folder;
import io.swavbeam.pipelines.storage.Location;
import io.swavbeam.pipelines.storage.Stores;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.apache.beam.sdk.annotations.Internal;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A search for files that groups them. The same files give the same groups. A small input is
 * divided into smaller parts, so that all workers have work. Single files can be noted in a folder,
 * so that only that note grows with their number. Otherwise they are part of their groups.
 */
@Internal
public final class FoundFiles {
  /** The number of single files in a group. Listing one takes a microsecond. */
  private static final int NOTED_SIZE = Listing.SMALL_PARTS * OutputShard.MAX_SIZE;

  /** The largest number of output shards that an input, or an archive, is divided into. */
  static final int PARTS = 64;

  /**
   * The largest number of archives in a small input. An input with several groups of single files
   * is not small either.
   */
  private static final int MAX_SMALL_ARCHIVES = 8;

  private static final String NOTES = "files-";

  /** Receives the results of a search. */
  public interface Visitor {
    /** Called for each group, in any order. */
    void group(InputGroup group) throws IOException;

    /** Called for each entry that is not a readable file. */
    void deadLetter(DeadLetter letter) throws IOException;
  }

  private FoundFiles() {}

  /**
   * Finds files, except for those of a folder.
   *
   * @param without the folder, or null
   */
  static long find(List<String> inputs, Visitor visitor, @Nullable Folder without)
      throws IOException {
    GroupingVisitor groups =
        new GroupingVisitor(visitor, without) {
          private final List<InputFile> waiting = new ArrayList<>();

          @Override
          void single(InputFile file) throws IOException {
            waiting.add(file);
            if (waiting.size() == OutputShard.MAX_SIZE) {
              finishSingles();
            }
          }

          @Override
          void finishSingles() throws IOException {
            if (!waiting.isEmpty()) {
              visitor.group(InputGroup.of(waiting));
              waiting.clear();
            }
          }
        };
    InputFiles.visit(inputs, groups);
    groups.finish();
    return groups.files;
  }

  /**
   * Finds files, and notes the single files in a folder that all workers can read.
   *
   * @param inputs as for {@link InputFiles#visit}
   * @return the number of files
   */
  public static long find(List<String> inputs, Folder notes, Visitor visitor) throws IOException {
    return find(inputs, notes, visitor, null);
  }

  /**
   * Finds files, except for those of a folder, and notes the single files.
   *
   * @param without the folder, or null
   */
  static long find(List<String> inputs, Folder notes, Visitor visitor, @Nullable Folder without)
      throws IOException {
    Location unfinished = notes.folder(Listings.UNFINISHED).file(UUID.randomUUID().toString());
    boolean moved = false;
    try (RecordFileWriter writer = new RecordFileWriter(Stores.create(unfinished))) {
      GroupWriter groups = new GroupWriter(visitor, writer, without);
      InputFiles.visit(inputs, groups);
      groups.finish();
      if (groups.groups.isEmpty()) {
        return groups.files;
      }
      writer.finish("");
      Location list = notes.file(NOTES + groups.digest() + Listings.SUFFIX);
      Stores.move(unfinished, list);
      moved = true;
      int shardSize =
          (int) Math.min(NOTED_SIZE, Math.max(groups.shardSize(), writer.count() / PARTS));
      long first = 0;
      for (GroupWriter.WrittenGroup group : groups.groups) {
        visitor.group(
            new InputGroup(
                group.id(),
                group.firstFile(),
                List.of(),
                new InputGroup.Range(list, first, group.count()),
                shardSize));
        first += group.count();
      }
      return groups.files;
    } finally {
      if (!moved) {
        Stores.delete(List.of(unfinished));
      }
    }
  }

  /**
   * Collects single files. Passes on archives at once, except for the first few, until the input is
   * known not to be small.
   */
  private abstract static class GroupingVisitor implements InputFiles.Visitor {
    private final Visitor visitor;
    private final @Nullable Folder without;
    private final List<InputFile> archives = new ArrayList<>();
    private boolean isSmall = true;
    private long singles;
    long files;

    GroupingVisitor(Visitor visitor, @Nullable Folder without) {
      this.visitor = visitor;
      this.without = without;
    }

    abstract void single(InputFile file) throws IOException;

    abstract void finishSingles() throws IOException;

    final void finish() throws IOException {
      tellArchives();
      finishSingles();
    }

    /**
     * Returns the smallest number of images of an output shard, from the known part of the input.
     */
    final int shardSize() {
      return isSmall ? OutputShard.MIN_SIZE : OutputShard.MAX_SIZE;
    }

    private void tellArchives() throws IOException {
      for (InputFile archive : archives) {
        visitor.group(InputGroup.of(List.of(archive), shardSize()));
      }
      archives.clear();
    }

    @Override
    public void file(InputFile file) throws IOException {
      if (without != null && without.holds(file.location())) {
        return;
      }
      files++;
      if (Formats.isArchive(file.location().uri())) {
        archives.add(file);
        isSmall &= archives.size() <= MAX_SMALL_ARCHIVES;
      } else {
        singles++;
        isSmall &= singles <= NOTED_SIZE;
        single(file);
      }
      if (!isSmall) {
        tellArchives();
      }
    }

    @Override
    public void deadLetter(DeadLetter letter) throws IOException {
      visitor.deadLetter(letter);
    }
  }

  /** Notes single files in a file. */
  private static final class GroupWriter extends GroupingVisitor {
    record WrittenGroup(String id, String firstFile, long count) {}

    private final RecordFileWriter writer;
    private final List<WrittenGroup> groups = new ArrayList<>();
    private Digest digest = new Digest();
    private String firstFile = "";
    private long count;

    GroupWriter(Visitor visitor, RecordFileWriter writer, @Nullable Folder without) {
      super(visitor, without);
      this.writer = writer;
    }

    @Override
    void single(InputFile file) throws IOException {
      if (count == 0) {
        firstFile = file.location().uri();
      }
      writer.add(
          fields -> {
            fields.writeString(file.location().uri());
            fields.writeString(file.name());
            fields.writeLong(file.length());
            fields.writeString(file.version());
          });
      InputGroup.add(file, digest);
      count++;
      if (count == NOTED_SIZE) {
        finishSingles();
      }
    }

    @Override
    void finishSingles() {
      if (count > 0) {
        groups.add(new WrittenGroup(InputGroup.id(digest), firstFile, count));
        digest = new Digest();
        count = 0;
      }
    }

    String digest() {
      Digest all = new Digest();
      groups.forEach(group -> all.add(group.id()));
      return InputGroup.id(all);
    }
  }
}
