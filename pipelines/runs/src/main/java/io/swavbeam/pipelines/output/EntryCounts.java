package io.swavbeam.pipelines.output;

import io.swavbeam.model.config.ConfigJson;
import io.swavbeam.pipelines.archive.walk.SidecarCounts;
import io.swavbeam.pipelines.storage.Folder;
import io.swavbeam.pipelines.storage.IoExecutor;
import io.swavbeam.pipelines.storage.Location;
import io.swavbeam.pipelines.storage.Stores;
import java.io.IOException;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.apache.beam.sdk.annotations.Internal;

/**
 * What became of some entries of the input: a small file for each unit of work, which appears
 * whole. Beam's counters count what was repeated, and are lost with a worker.
 *
 * <p>There are two kinds. A listing tells of the images that it found, and of its dead letters and
 * sidecars. An output shard tells what became of its images, and of the entries of archives that
 * have to be read from their beginning, of which no listing knows.
 *
 * @param images that were listed one by one, or of an output shard that was given them
 * @param rows images that were embedded
 * @param labelled rows that have another label than the name of their folder
 * @param earlier images whose rows were there before
 * @param deadLetters entries that cannot be used
 * @param sidecars entries that stand beside images, by extension
 * @param changed URI of a file that holds other bytes than when its images were embedded, the first
 *     one; empty if there is none
 */
@Internal
public record EntryCounts(
    long images,
    long rows,
    long labelled,
    long earlier,
    long deadLetters,
    Map<String, Long> sidecars,
    String changed) {
  /** Counts of files of which none has changed. */
  EntryCounts(
      long images,
      long rows,
      long labelled,
      long earlier,
      long deadLetters,
      Map<String, Long> sidecars) {
    this(images, rows, labelled, earlier, deadLetters, sidecars, "");
  }

  private static final String FOLDER = "counts";

  /** The folder of these files in a folder of embeddings. */
  public static Folder in(Folder embeddings) {
    return embeddings.metadata().folder(FOLDER);
  }

  /** The counts of a job: after the listing, and at its end. */
  enum Kind {
    LISTED,
    DONE;

    private String suffix() {
      return this == LISTED ? ".listed.json" : ".done.json";
    }
  }

  /**
   * All that was counted.
   *
   * @param listed sum of the listings
   * @param done sum of the output shards
   */
  public record Sums(EntryCounts listed, EntryCounts done) {
    /** Entries that cannot be used. */
    public long deadLetters() {
      return listed.deadLetters() + done.deadLetters();
    }

    /** Entries that stand beside images. */
    public SidecarCounts sidecars() {
      SidecarCounts all = new SidecarCounts();
      all.addAll(listed.sidecars());
      all.addAll(done.sidecars());
      return all;
    }

    /** Images that were listed, and of which nobody knows what became: none, or there is a bug. */
    public long lost() {
      return listed.images() - done.images();
    }
  }

  /**
   * Writes a file, in place of an earlier attempt's.
   *
   * @param output folder of the embeddings
   * @param job name of the job
   * @param id of the unit of work
   */
  void write(Folder output, String job, String id, Kind kind) throws IOException {
    in(output).folder(job).write(id + kind.suffix(), ConfigJson.write(this));
  }

  /** Adds up what a job has written. */
  public static Sums sums(Folder output, String job) throws IOException {
    Folder folder = in(output).folder(job);
    return new Sums(sum(folder, Kind.LISTED), sum(folder, Kind.DONE));
  }

  /** Returns the ids of the output shards that a job has processed. */
  static Set<String> doneShards(Folder output, String job) throws IOException {
    Set<String> ids = new HashSet<>();
    for (Location file : in(output).folder(job).files(Kind.DONE.suffix())) {
      String name = file.name();
      ids.add(name.substring(0, name.length() - Kind.DONE.suffix().length()));
    }
    return ids;
  }

  private static EntryCounts sum(Folder folder, Kind kind) throws IOException {
    long[] sums = new long[5];
    String[] changed = {""};
    SidecarCounts sidecars = new SidecarCounts();
    IoExecutor.each(
        folder.files(kind.suffix()),
        EntryCounts::read,
        counts -> {
          sums[0] += counts.images();
          sums[1] += counts.rows();
          sums[2] += counts.labelled();
          sums[3] += counts.earlier();
          sums[4] += counts.deadLetters();
          sidecars.addAll(counts.sidecars());
          if (!counts.changed().isEmpty()
              && (changed[0].isEmpty() || counts.changed().compareTo(changed[0]) < 0)) {
            changed[0] = counts.changed();
          }
        });
    return new EntryCounts(
        sums[0], sums[1], sums[2], sums[3], sums[4], sidecars.byExtension(), changed[0]);
  }

  private static EntryCounts read(Location file) throws IOException {
    return ConfigJson.read(Stores.text(file), EntryCounts.class, file.uri());
  }
}
