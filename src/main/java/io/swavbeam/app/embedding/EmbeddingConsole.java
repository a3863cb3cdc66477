package io.swavbeam.app.embedding;

import io.swavbeam.app.command.CommandFailedException;
import io.swavbeam.app.command.Console;
import io.swavbeam.app.runner.FlinkSetup;
import io.swavbeam.app.runner.PipelineRun;
import io.swavbeam.model.inference.ModelDescription;
import io.swavbeam.model.tensorflow.Hardware;
import io.swavbeam.pipelines.archive.LabelSource;
import io.swavbeam.pipelines.archive.format.Formats;
import io.swavbeam.pipelines.archive.walk.SidecarCounts;
import io.swavbeam.pipelines.deadletter.DeadLetterFiles;
import io.swavbeam.pipelines.embedding.EmbedImages;
import io.swavbeam.pipelines.embedding.InferenceSettings;
import io.swavbeam.pipelines.embedding.LabelTable;
import io.swavbeam.pipelines.output.EmbeddingFiles;
import io.swavbeam.pipelines.run.EmbeddingRun;
import io.swavbeam.pipelines.run.EmbeddingSummary;
import io.swavbeam.pipelines.run.ImageSource;
import io.swavbeam.pipelines.storage.Folder;
import java.io.IOException;
import java.util.HashSet;
import java.util.Set;
import org.apache.beam.sdk.PipelineResult;
import org.apache.beam.sdk.options.PipelineOptions;

/** An embedding run that prints its progress and its result. */
public final class EmbeddingConsole {
  private final EmbeddingRun run;
  private final InferenceSettings settings;
  private final Console console;

  private EmbeddingConsole(EmbeddingRun run, Console console) {
    this.run = run;
    this.console = console;
    settings = run.embedImages().settings();
  }

  /**
   * Runs the embedding on the runner in the options.
   *
   * @throws CommandFailedException in one line, if no image could be embedded, or some files have
   *     changed
   */
  public static EmbeddingSummary run(EmbeddingRun run, PipelineOptions options, Console console)
      throws Exception {
    EmbeddingConsole words = new EmbeddingConsole(run, console);
    EmbeddingSummary summary =
        run.withObserver(words.beginning(options))
            .run(
                options,
                (pipeline, meanwhile) -> {
                  Speed speed = words.new Speed();
                  StreamNotes notes = new StreamNotes(console);
                  PipelineRun.run(
                      pipeline,
                      console,
                      result -> {
                        speed.show(result);
                        if (run.source().isEndless()) {
                          notes.show(result);
                        }
                        meanwhile.next();
                      });
                });
    words.report(summary);
    return summary;
  }

  private EmbeddingRun.Observer beginning(PipelineOptions options) {
    return new EmbeddingRun.Observer() {
      @Override
      public void onDeletedMessages(int partition, long messages) {
        console.say(
            "partition %d of topic %s: %,d messages were deleted (for example by its retention) before they were read",
            partition, ((ImageSource.Topic) run.source()).topic(), messages);
      }

      @Override
      public void onLabels(LabelTable.Source source, LabelTable table) {
        console.say(
            "labels of %,d names are in %s%s",
            table.size(),
            source.file(),
            table.columns().isEmpty()
                ? ""
                : ": %s (--labelsColumns names others)".formatted(table.columns()));
      }

      @Override
      public void onWait() throws CommandFailedException {
        console.say("another command embeds the same into %s: waiting for it", run.output());
        PipelineRun.awaitOthers(options, console);
      }

      @Override
      public void onBegin(ModelDescription model, long earlier) {
        console.say(
            "embedding %s with model %s%s",
            run.source(),
            model.id(),
            earlier == 0 ? "" : ", except for those that %s holds".formatted(run.output()));
        if (!FlinkSetup.isCluster(options)) { // its workers are other machines
          console.say("%s", Hardware.describe(Hardware.devices(settings.device())));
        }
      }
    };
  }

  private void report(EmbeddingSummary summary) throws CommandFailedException, IOException {
    String changed = "";
    if (summary.entries().isPresent()) {
      EmbeddingSummary.Entries entries = summary.entries().get();
      report(entries);
      sayIfNoneIsLabelled(entries);
      changed = entries.changed();
    }
    LabelTable.Source labels = settings.labelTable();
    if (labels != null && summary.rows() + summary.earlier() > 0) {
      sayUnknown(labels.file(), LabelTable.read(labels));
    }
    if (summary.rows() > 0) {
      console.say(
          "embedded %,d images, %.0f images/s; the embeddings are in %s",
          summary.rows(), summary.imagesPerSecond(), run.output());
    } else if (summary.earlier() > 0 && changed.isEmpty()) {
      console.say("nothing to do: %s holds all embeddings", run.output());
    } else if (changed.isEmpty()) {
      throw new CommandFailedException(
          "--input=%s holds no image that can be embedded"
              .formatted(
                  run.source() instanceof ImageSource.Archive archive
                      ? String.join(",", archive.inputs())
                      : run.source()));
    }
    if (!changed.isEmpty()) {
      throw new CommandFailedException(
          "%s holds other bytes than when its images were embedded into %s, so its images are left out: choose another --output"
              .formatted(changed, run.output()));
    }
  }

  /** Prints the counts of all entries. */
  private void report(EmbeddingSummary.Entries entries) throws IOException {
    SidecarCounts sidecars = new SidecarCounts();
    sidecars.addAll(entries.sidecars());
    console.say(
        "%,d entries: %,d embeddings%s, %,d dead letters, %,d other files%s",
        entries.total(),
        entries.rows() + entries.earlier(),
        entries.earlier() == 0
            ? ""
            : " (%,d of them from earlier runs)".formatted(entries.earlier()),
        entries.deadLetters(),
        sidecars.total(),
        sidecars.total() == 0 ? "" : ": " + sidecars);
    SidecarCounts unknown = sidecars.unknown();
    if (unknown.total() > 0) {
      console.say("%,d of the other files are of unknown formats: %s", unknown.total(), unknown);
    }
    if (entries.deadLetters() > 0) {
      Folder letters = DeadLetterFiles.of(run.output());
      console.say("the reasons are in %s", letters);
      DeadLetterHints.say(letters, console);
    }
  }

  /**
   * Prints a hint if no image has a label other than that of its folder, although labels were
   * requested, or there are labels in files beside images or in Parquet files.
   */
  private void sayIfNoneIsLabelled(EmbeddingSummary.Entries entries) {
    if (entries.rows() == 0 || entries.labelled() > 0) {
      return;
    }
    LabelSource label = settings.fields().label();
    String source = null;
    if (settings.labelTable() != null) {
      source = "--labels=" + settings.labelTable().file();
    } else if (settings.fields().labelColumn() != null) {
      source = "--labelColumn=" + settings.fields().labelColumn();
    } else if (!label.equals(LabelSource.CLS)) {
      source = "--label=" + label;
    } else if (entries.sidecars().containsKey(LabelSource.CLS.extension())) {
      source = "the .cls files";
    } else if (run.source() instanceof ImageSource.Archive archive
        && archive.inputs().stream().anyMatch(Formats::isInParts)) {
      source = "the columns of the Parquet files (--labelColumn names another)";
    }
    if (source != null) {
      console.say("no image has a label from %s, other than the name of its folder", source);
    }
  }

  /** Prints how many names of a table match no image. */
  private void sayUnknown(String file, LabelTable table) throws IOException {
    Set<String> known = new HashSet<>();
    long[] without = new long[1];
    long[] ambiguous = new long[1];
    EmbeddingFiles.readNames(
        run.output(),
        image -> {
          String name = table.nameOf(image);
          if (table.isAmbiguous(image)) {
            ambiguous[0]++;
          } else if (name == null) {
            without[0]++;
          } else {
            known.add(name);
          }
        });
    console.say(
        "%s: %,d of %,d names have no embedding, %,d embeddings are not in it%s",
        file,
        table.size() - known.size(),
        table.size(),
        without[0],
        ambiguous[0] == 0
            ? ""
            : ", %,d fit several names with different labels".formatted(ambiguous[0]));
  }

  /** The number of images per second since the start of the pipeline. */
  private final class Speed {
    private final long start = System.nanoTime();
    private long shown;

    void show(PipelineResult result) {
      long images = PipelineRun.counter(result, EmbedImages.METRICS, "num_inferences");
      if (images != shown) {
        shown = images;
        long others =
            PipelineRun.counter(result, EmbedImages.METRICS, "failures")
                + PipelineRun.counter(result, EmbedImages.METRICS, "skipped");
        long listed =
            run.source().isEndless() ? 0 : PipelineRun.counter(result, "ListImages", "images");
        double seconds = (System.nanoTime() - start) / 1e9;
        console.say("%s", new EmbeddingProgress(images, images + others, listed, seconds));
      }
    }
  }
}
