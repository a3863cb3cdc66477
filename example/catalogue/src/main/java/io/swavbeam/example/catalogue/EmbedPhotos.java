package io.swavbeam.example.catalogue;

import io.swavbeam.model.image.DeadLetter;
import io.swavbeam.pipelines.embedding.EmbedImages;
import io.swavbeam.pipelines.embedding.Embedding;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.coders.ByteArrayCoder;
import org.apache.beam.sdk.coders.KvCoder;
import org.apache.beam.sdk.coders.StringUtf8Coder;
import org.apache.beam.sdk.io.TextIO;
import org.apache.beam.sdk.options.Description;
import org.apache.beam.sdk.options.PipelineOptions;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.apache.beam.sdk.options.Validation;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.MapElements;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.ToJson;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.TypeDescriptors;

/**
 * A program that embeds the images of a catalogue: a file of products and URLs becomes lines of
 * JSON. Input and output are those of the user. Only {@code EmbedImages} is taken from swav.
 */
public final class EmbedPhotos {
  private EmbedPhotos() {}

  /** The options of the command line. */
  public interface Options extends PipelineOptions {
    @Description("Run directory or saved_model/ folder.")
    @Validation.Required
    String getModel();

    void setModel(String value);

    @Description("File with a line for each image: product, tab, URL.")
    @Validation.Required
    String getCatalogue();

    void setCatalogue(String value);

    @Description("Prefix of the files with the embeddings, and of those with what failed.")
    @Validation.Required
    String getOutput();

    void setOutput(String value);
  }

  public static void main(String[] arguments) {
    Options options = PipelineOptionsFactory.fromArgs(arguments).withValidation().as(Options.class);
    build(options).run().waitUntilFinish();
  }

  static Pipeline build(Options options) {
    Pipeline pipeline = Pipeline.create(options);
    EmbedImages.Result<KV<String, Embedding>> result =
        pipeline
            .apply("Catalogue", TextIO.read().from(options.getCatalogue()))
            .apply("Fetch", ParDo.of(new FetchFn()))
            .setCoder(KvCoder.of(StringUtf8Coder.of(), ByteArrayCoder.of()))
            .apply("Embed", EmbedImages.<String>ofBytes(options.getModel()));
    result
        .toRows()
        .apply("ToJson", ToJson.of())
        .apply("Write", TextIO.write().to(options.getOutput()).withSuffix(".jsonl"));
    result
        .failures()
        .apply(
            "FailuresToJson", MapElements.into(TypeDescriptors.strings()).via(DeadLetter::toJson))
        .apply(
            "WriteFailures",
            TextIO.write().to(options.getOutput() + "-failures").withSuffix(".jsonl"));
    return pipeline;
  }

  /** Reads the bytes of a URL, with the product as key. */
  static final class FetchFn extends DoFn<String, KV<String, byte[]>> {
    @ProcessElement
    public void process(@Element String line, OutputReceiver<KV<String, byte[]>> output)
        throws IOException {
      int tab = line.indexOf('\t');
      try (InputStream in = URI.create(line.substring(tab + 1)).toURL().openStream()) {
        output.output(KV.of(line.substring(0, tab), in.readAllBytes()));
      }
    }
  }
}
