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
 * Counts of the results of some entries of the input. There is a small file per unit of work, which
 * is never visible in part. Counters of Beam would count repetitions, and are lost with a worker.
 *
 * <p>There are two kinds. A listing counts the images that it found, its dead letters and sidecars.
 * An output shard counts the results of its images, and of the entries of archives that are read
 * from their beginning, which no listing counts.
 *
 * @param images the number of images that were listed individually, or that an output shard
 *     consists of
 * @param rows the number of images that were embedded
 * @param labelled the number of rows with another label than the name of their folder
 * @param earlier the number of images that had a row before
 * @param deadLetters the number of entries that cannot be used
 * @param sidecars the number of entries beside images, by extension
 * @param changed the URI of the first file that has changed since its images were embedded; empty
 *     if there is none
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
  /** Creates counts without changed files. */
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

  /** Returns the folder of counts in a folder of embeddings. */
  public static Folder in(Folder embeddings) {
    return embeddings.metadata().folder(FOLDER);
  }

  /** Counts of a listing, and of an output shard. */
  enum Kind {
    LISTED,
    DONE;

    private String suffix() {
      return this == LISTED ? ".listed.json" : ".done.json";
    }
  }

  /**
   * The counts of a job.
   *
   * @param listed the sum of the listings
   * @param done the sum of the output shards
   */
  public record Sums(EntryCounts listed, EntryCounts done) {
    /** Returns the number of entries that cannot be used. */
    public long deadLetters() {
      return listed.deadLetters() + done.deadLetters();
    }

    /** Returns the entries beside images. */
    public SidecarCounts sidecars() {
      SidecarCounts all = new SidecarCounts();
      all.addAll(listed.sidecars());
      all.addAll(done.sidecars());
      return all;
    }

    /** Returns the number of listed images without a result, which is 0 unless there is a bug. */
    public long lost() {
      return listed.images() - done.images();
    }
  }

  /**
   * Writes a file. Replaces that of an earlier attempt.
   *
   * @param output the folder of embeddings
   * @param job the name of the job
   * @param id the id of the unit of work
   */
  void write(Folder output, String job, String id, Kind kind) throws IOException {
    in(output).folder(job).write(id + kind.suffix(), ConfigJson.write(this));
  }

  /** Returns the sums of all files of a job. */
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
