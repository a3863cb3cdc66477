package io.swavbeam.pipelines.embedding;

import io.swavbeam.pipelines.parquet.ParquetFiles;
import java.io.IOException;
import java.nio.channels.WritableByteChannel;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.UUID;
import org.apache.avro.generic.GenericRecord;
import org.apache.beam.sdk.coders.StringUtf8Coder;
import org.apache.beam.sdk.io.FileSystems;
import org.apache.beam.sdk.io.fs.MoveOptions.StandardMoveOptions;
import org.apache.beam.sdk.io.fs.ResolveOptions.StandardResolveOptions;
import org.apache.beam.sdk.io.fs.ResourceId;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.GroupByKey;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.Reshuffle;
import org.apache.beam.sdk.transforms.WithKeys;
import org.apache.beam.sdk.transforms.windowing.GlobalWindow;
import org.apache.beam.sdk.util.MimeTypes;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.TypeDescriptors;
import org.apache.parquet.hadoop.ParquetWriter;

/**
 * Writes bounded embeddings as Parquet files {@code embeddings-00000-of-00042.parquet}.
 *
 * <p>Each bundle writes files of its own under temporary names as its rows come, so that memory
 * does not grow with the output, on any runner. When all bundles are done, all files get their
 * names. Nothing is visible before that, and what a failed bundle wrote is never named, so that a
 * retry leaves no duplicates.
 */
public final class WriteEmbeddings extends PTransform<PCollection<Embedding>, PCollection<String>> {
  private static final int ROWS_A_FILE = 50_000;
  private static final String TEMPORARY = ".temporary-";

  private final String folder;

  /**
   * @param folder to write into, on any of Beam's file systems
   */
  public WriteEmbeddings(String folder) {
    this.folder = folder;
  }

  /**
   * @return the names of the files, when all of them are there
   */
  @Override
  public PCollection<String> expand(PCollection<Embedding> embeddings) {
    String temporary = TEMPORARY + UUID.randomUUID();
    return embeddings
        .apply("WriteFiles", ParDo.of(new WriteFn(folder, temporary)))
        .setCoder(StringUtf8Coder.of())
        // A retried bundle must not send other names after the first were used.
        .apply("Settle", Reshuffle.viaRandomKey())
        .apply(
            "ToOnePlace", WithKeys.<Integer, String>of(0).withKeyType(TypeDescriptors.integers()))
        .apply("Gather", GroupByKey.create())
        .apply("NameFiles", ParDo.of(new NameFn(folder, temporary)))
        .setCoder(StringUtf8Coder.of());
  }

  private static ResourceId file(String folder, String... path) {
    ResourceId resource = FileSystems.matchNewResource(folder, true);
    for (int i = 0; i < path.length; i++) {
      resource =
          resource.resolve(
              path[i],
              i + 1 < path.length
                  ? StandardResolveOptions.RESOLVE_DIRECTORY
                  : StandardResolveOptions.RESOLVE_FILE);
    }
    return resource;
  }

  /** Writes the rows of a bundle and emits the temporary names of its files. */
  static final class WriteFn extends DoFn<Embedding, String> {
    private final String folder;
    private final String temporary;
    private transient ParquetWriter<GenericRecord> writer;
    private transient List<String> written;
    private transient int rows;

    WriteFn(String folder, String temporary) {
      this.folder = folder;
      this.temporary = temporary;
    }

    @StartBundle
    public void startBundle() {
      writer = null;
      written = new ArrayList<>();
    }

    @ProcessElement
    public void process(@Element Embedding embedding) throws IOException {
      if (writer == null) {
        String name = UUID.randomUUID() + ".parquet";
        WritableByteChannel channel =
            FileSystems.create(file(folder, temporary, name), MimeTypes.BINARY);
        writer = ParquetFiles.writer(channel, EmbeddingRows.SCHEMA);
        written.add(name);
        rows = 0;
      }
      writer.write(EmbeddingRows.toRow(embedding));
      rows++;
      if (rows == ROWS_A_FILE) {
        finish();
      }
    }

    @FinishBundle
    public void finishBundle(FinishBundleContext context) throws IOException {
      finish();
      for (String name : written) {
        context.output(name, GlobalWindow.INSTANCE.maxTimestamp(), GlobalWindow.INSTANCE);
      }
    }

    private void finish() throws IOException {
      if (writer != null) {
        writer.close();
        writer = null;
      }
    }
  }

  /** Gives all files their names, in one move each; a retry finds some done. */
  static final class NameFn extends DoFn<KV<Integer, Iterable<String>>, String> {
    private final String folder;
    private final String temporary;

    NameFn(String folder, String temporary) {
      this.folder = folder;
      this.temporary = temporary;
    }

    @ProcessElement
    public void process(@Element KV<Integer, Iterable<String>> files, OutputReceiver<String> output)
        throws IOException {
      List<String> names = new ArrayList<>();
      files.getValue().forEach(names::add);
      Collections.sort(names);
      List<ResourceId> from = new ArrayList<>();
      List<ResourceId> to = new ArrayList<>();
      for (int i = 0; i < names.size(); i++) {
        from.add(file(folder, temporary, names.get(i)));
        to.add(file(folder, "embeddings-%05d-of-%05d.parquet".formatted(i, names.size())));
      }
      FileSystems.rename(
          from,
          to,
          StandardMoveOptions.IGNORE_MISSING_FILES,
          StandardMoveOptions.SKIP_IF_DESTINATION_EXISTS);
      FileSystems.delete(
          List.of(
              FileSystems.matchNewResource(folder, true)
                  .resolve(temporary, StandardResolveOptions.RESOLVE_DIRECTORY)),
          StandardMoveOptions.IGNORE_MISSING_FILES);
      to.forEach(name -> output.output(name.toString()));
    }
  }
}
