package io.swavbeam.example.archive;

import io.swavbeam.pipelines.embedding.EmbedImages;
import io.swavbeam.pipelines.run.EmbeddingRun;
import io.swavbeam.pipelines.run.EmbeddingSummary;
import io.swavbeam.pipelines.run.ImageSource;
import io.swavbeam.pipelines.storage.Folder;
import java.time.Duration;
import java.util.List;
import org.apache.beam.sdk.options.Default;
import org.apache.beam.sdk.options.Description;
import org.apache.beam.sdk.options.PipelineOptions;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.apache.beam.sdk.options.Validation;

/**
 * A program that embeds an archive into a folder for the other tools of swav, on any runner: {@code
 * swav embed} as one call.
 */
public final class EmbedArchive {
  private EmbedArchive() {}

  /** The options of the command line. */
  public interface Options extends PipelineOptions {
    @Description("Run directory or saved_model/ folder.")
    @Validation.Required
    String getModel();

    void setModel(String value);

    @Description("Files, folders, patterns and archives.")
    @Validation.Required
    List<String> getInput();

    void setInput(List<String> value);

    @Description("Folder of the embeddings.")
    @Validation.Required
    String getOutput();

    void setOutput(String value);

    @Description("Whether to wait for images that are added later.")
    @Default.Boolean(false)
    boolean getWatch();

    void setWatch(boolean value);
  }

  public static void main(String[] arguments) throws Exception {
    Options options = PipelineOptionsFactory.fromArgs(arguments).withValidation().as(Options.class);
    Duration second = Duration.ofSeconds(1);
    EmbeddingSummary summary =
        EmbeddingRun.of(
                EmbedImages.ofImages(options.getModel()),
                options.getWatch()
                    ? new ImageSource.Watched(options.getInput(), second, second)
                    : new ImageSource.Archive(options.getInput()),
                Folder.of(options.getOutput()))
            .run(options);
    System.out.printf("%d rows are new, %d were there before%n", summary.rows(), summary.earlier());
  }
}
