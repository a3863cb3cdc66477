package io.swavbeam.pipelines.embedding;

import io.swavbeam.model.error.ErrorKind;
import io.swavbeam.model.image.ImageLimits;
import io.swavbeam.model.image.UndecodableImageException;
import io.swavbeam.pipelines.archive.BytesRef;
import io.swavbeam.pipelines.archive.InputRef;
import io.swavbeam.pipelines.archive.format.Formats;
import io.swavbeam.pipelines.schema.RecordSchema;
import java.io.IOException;
import java.io.InputStream;
import java.io.Serializable;
import java.nio.channels.Channels;
import org.apache.beam.sdk.coders.Coder;
import org.apache.beam.sdk.coders.KvCoder;
import org.apache.beam.sdk.coders.RowCoder;
import org.apache.beam.sdk.io.FileIO.ReadableFile;
import org.apache.beam.sdk.schemas.Schema;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.Row;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A reader of images from the elements of a pipeline, which also converts their embeddings to its
 * results.
 *
 * @param <InputT> the elements
 * @param <OutputT> the embeddings, with the context of the elements
 */
interface ImageInput<InputT, OutputT> extends Serializable {
  /** Returns the name of the image in its embedding and in its dead letter. */
  InputRef ref(InputT element);

  /**
   * Returns the bytes of the image; null to read them by its reference.
   *
   * @throws IOException if they cannot be read
   * @throws UndecodableImageException if they are not an image, or larger than the limits
   */
  byte @Nullable [] content(InputT element, ImageLimits limits)
      throws IOException, UndecodableImageException;

  /** Returns the bytes of memory that an element takes while it waits for its batch. */
  long waitingBytes(InputT element);

  OutputT output(InputT element, Embedding embedding);

  Coder<OutputT> coder(Coder<InputT> input);

  /** Bytes of image files with keys, which the results get. */
  record OfBytes<K>() implements ImageInput<KV<K, byte[]>, KV<K, Embedding>> {
    @Override
    public InputRef ref(KV<K, byte[]> element) {
      return new BytesRef("", 0, waitingBytes(element), String.valueOf(element.getKey()));
    }

    @Override
    public byte[] content(KV<K, byte[]> element, ImageLimits limits)
        throws UndecodableImageException {
      if (element.getValue() == null) {
        throw new UndecodableImageException("null instead of bytes");
      }
      limits.checkBytes(element.getValue().length);
      return element.getValue();
    }

    @Override
    public long waitingBytes(KV<K, byte[]> element) {
      return element.getValue() == null ? 0 : element.getValue().length;
    }

    @Override
    public KV<K, Embedding> output(KV<K, byte[]> element, Embedding embedding) {
      return KV.of(element.getKey(), embedding);
    }

    @Override
    public Coder<KV<K, Embedding>> coder(Coder<KV<K, byte[]>> input) {
      if (!(input instanceof KvCoder<?, ?>)) {
        throw new IllegalArgumentException(
            "EmbedImages.ofBytes() needs a KvCoder for its input, not " + input);
      }
      Coder<K> key = ((KvCoder<K, byte[]>) input).getKeyCoder();
      return KvCoder.of(key, RecordSchema.coder(Embedding.class));
    }
  }

  /** Files of Beam, each an image. */
  record OfFiles() implements ImageInput<ReadableFile, Embedding> {
    @Override
    public InputRef ref(ReadableFile file) {
      return new BytesRef(
          file.getMetadata().resourceId().toString(),
          0,
          file.getMetadata().sizeBytes(),
          String.valueOf(file.getMetadata().resourceId().getFilename()));
    }

    @Override
    public byte[] content(ReadableFile file, ImageLimits limits)
        throws IOException, UndecodableImageException {
      limits.checkBytes(file.getMetadata().sizeBytes());
      byte[] bytes;
      try (InputStream in = Channels.newInputStream(file.open())) {
        bytes = in.readNBytes((int) limits.maxBytes() + 1);
      }
      limits.checkBytes(bytes.length);
      if (Formats.isArchive(ref(file).name(), bytes)) {
        throw new UndecodableImageException(
            ErrorKind.NOT_AN_IMAGE, "an archive, not an image: ListImages lists the images in it");
      }
      return bytes;
    }

    @Override
    public long waitingBytes(ReadableFile file) {
      return 0; // it is read when its batch is full
    }

    @Override
    public Embedding output(ReadableFile file, Embedding embedding) {
      return embedding;
    }

    @Override
    public Coder<Embedding> coder(Coder<ReadableFile> input) {
      return RecordSchema.coder(Embedding.class);
    }
  }

  /** References, as {@code ListImages} returns them. */
  record OfImages<T extends InputRef>() implements ImageInput<T, Embedding> {
    @Override
    public InputRef ref(T ref) {
      return ref;
    }

    @Override
    public byte @Nullable [] content(T ref, ImageLimits limits) {
      return null;
    }

    @Override
    public long waitingBytes(T ref) {
      return 0;
    }

    @Override
    public Embedding output(T ref, Embedding embedding) {
      return embedding;
    }

    @Override
    public Coder<Embedding> coder(Coder<T> input) {
      return RecordSchema.coder(Embedding.class);
    }
  }

  /**
   * Rows with the bytes in one of their fields. Results have the other fields, followed by those of
   * the embedding.
   *
   * @param image name of the field with the bytes
   * @param key name of the field that identifies failures, or null
   * @param schema schema of the results
   */
  record OfRows(String image, @Nullable String key, Schema schema) implements ImageInput<Row, Row> {
    @Override
    public InputRef ref(Row row) {
      Object name = key == null ? "" : row.getValue(key);
      return new BytesRef("", 0, waitingBytes(row), "" + name);
    }

    @Override
    public byte[] content(Row row, ImageLimits limits) throws UndecodableImageException {
      byte[] bytes = row.getBytes(image);
      if (bytes == null) {
        throw new UndecodableImageException("null instead of bytes");
      }
      limits.checkBytes(bytes.length);
      return bytes;
    }

    @Override
    public long waitingBytes(Row row) {
      byte[] bytes = row.getBytes(image);
      return bytes == null ? 0 : bytes.length;
    }

    @Override
    public Row output(Row row, Embedding embedding) {
      Row columns = RecordSchema.toRow(embedding);
      Row.Builder values = Row.withSchema(schema);
      for (Schema.Field field : schema.getFields()) {
        Row from = row.getSchema().hasField(field.getName()) ? row : columns;
        values.addValue(from.getValue(field.getName()));
      }
      return values.build();
    }

    @Override
    public Coder<Row> coder(Coder<Row> input) {
      return RowCoder.of(schema);
    }
  }
}
