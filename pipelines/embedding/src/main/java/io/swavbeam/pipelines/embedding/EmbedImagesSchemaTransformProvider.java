package io.swavbeam.pipelines.embedding;

import com.google.auto.service.AutoService;
import com.google.auto.value.AutoValue;
import io.swavbeam.model.config.Precision;
import io.swavbeam.model.image.DeadLetter;
import io.swavbeam.model.inference.SavedNetwork;
import io.swavbeam.pipelines.schema.RecordSchema;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.apache.beam.sdk.schemas.AutoValueSchema;
import org.apache.beam.sdk.schemas.Schema;
import org.apache.beam.sdk.schemas.Schema.TypeName;
import org.apache.beam.sdk.schemas.annotations.DefaultSchema;
import org.apache.beam.sdk.schemas.annotations.SchemaFieldDescription;
import org.apache.beam.sdk.schemas.transforms.SchemaTransform;
import org.apache.beam.sdk.schemas.transforms.SchemaTransformProvider;
import org.apache.beam.sdk.schemas.transforms.TypedSchemaTransformProvider;
import org.apache.beam.sdk.transforms.MapElements;
import org.apache.beam.sdk.transforms.SimpleFunction;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionRowTuple;
import org.apache.beam.sdk.values.Row;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * {@link EmbedImages} for Beam's YAML and for other languages.
 *
 * <pre>{@code
 * - type: EmbedImages
 *   input: Photos
 *   config:
 *     model: s3://models/flowers/saved_model
 *     image_field: jpeg
 *     key_field: id
 * }</pre>
 *
 * <p>Input {@code input}: rows with the bytes of an image file in one field. Output {@code output}:
 * their other fields, and {@code embedding}, {@code projection}, {@code cluster}, {@code
 * cluster_probability} and {@code model}. Output {@code errors}: {@code key}, {@code stage} and
 * {@code error_message} of each image that could not be embedded.
 */
@AutoService(SchemaTransformProvider.class)
public final class EmbedImagesSchemaTransformProvider
    extends TypedSchemaTransformProvider<EmbedImagesSchemaTransformProvider.Configuration> {
  /** The name of the transform in Beam. */
  public static final String IDENTIFIER = "swavbeam:schematransform:embed_images:v1";

  static final String INPUT = "input";
  static final String OUTPUT = "output";
  static final String ERRORS = "errors";

  static final Schema ERROR =
      Schema.builder()
          .addStringField("key")
          .addStringField("stage")
          .addStringField("error_message")
          .build();

  private static final Set<String> COLUMNS =
      Set.of("embedding", "projection", "cluster", "cluster_probability", "model");

  /** The configuration of the transform. */
  @AutoValue
  @DefaultSchema(AutoValueSchema.class)
  public abstract static class Configuration {
    @SchemaFieldDescription("Run directory or saved_model/ folder: a path or a URI.")
    public abstract String getModel();

    @SchemaFieldDescription("Field with the bytes of the image. Default: 'image'.")
    public abstract @Nullable String getImageField();

    @SchemaFieldDescription("Field that identifies rows with errors.")
    public abstract @Nullable String getKeyField();

    @SchemaFieldDescription("float32, or bfloat16. Default: float32.")
    public abstract @Nullable String getPrecision();

    @SchemaFieldDescription("auto, cpu or gpu:0. Default: auto.")
    public abstract @Nullable String getDevice();

    @SchemaFieldDescription("Images in a batch of the network. Default: 128.")
    public abstract @Nullable Integer getBatchSize();

    @SchemaFieldDescription(
        "Milliseconds that an image of an unbounded input waits for its batch. Default: " + "1000.")
    public abstract @Nullable Long getMaxBatchMillis();

    /** Returns a builder of a configuration. */
    public static Builder builder() {
      return new AutoValue_EmbedImagesSchemaTransformProvider_Configuration.Builder();
    }

    /** A builder of a configuration. */
    @AutoValue.Builder
    public abstract static class Builder {
      public abstract Builder setModel(String model);

      public abstract Builder setImageField(@Nullable String field);

      public abstract Builder setKeyField(@Nullable String field);

      public abstract Builder setPrecision(@Nullable String precision);

      public abstract Builder setDevice(@Nullable String device);

      public abstract Builder setBatchSize(@Nullable Integer batchSize);

      public abstract Builder setMaxBatchMillis(@Nullable Long millis);

      public abstract Configuration build();
    }
  }

  @Override
  public String identifier() {
    return IDENTIFIER;
  }

  @Override
  public String description() {
    return "Embeds images with a trained SwAV network: bytes in, embeddings and clusters out.";
  }

  @Override
  public List<String> inputCollectionNames() {
    return List.of(INPUT);
  }

  @Override
  public List<String> outputCollectionNames() {
    return List.of(OUTPUT, ERRORS);
  }

  @Override
  protected SchemaTransform from(Configuration configuration) {
    return new EmbedRows(configuration);
  }

  private static final class EmbedRows extends SchemaTransform {
    private final Configuration configuration;

    EmbedRows(Configuration configuration) {
      this.configuration = configuration;
    }

    @Override
    public PCollectionRowTuple expand(PCollectionRowTuple input) {
      PCollection<Row> rows = input.get(INPUT);
      String image = or(configuration.getImageField(), "image");
      requireField(rows.getSchema(), image, TypeName.BYTES);
      if (configuration.getKeyField() != null) {
        requireField(rows.getSchema(), configuration.getKeyField(), null);
      }
      ImageInput<Row, Row> by =
          new ImageInput.OfRows(
              image, configuration.getKeyField(), outputSchema(rows.getSchema(), image));
      EmbedImages.Result<Row> result = rows.apply("EmbedImages", embedImages(by));
      PCollection<Row> errors =
          result.failures().apply("ToErrors", MapElements.via(new ToErrorFn())).setRowSchema(ERROR);
      return PCollectionRowTuple.of(OUTPUT, result.embeddings()).and(ERRORS, errors);
    }

    private EmbedImages<Row, Row> embedImages(ImageInput<Row, Row> by) {
      EmbedImages<Row, Row> embed =
          EmbedImages.of(by, configuration.getModel())
              .withPrecision(precision(or(configuration.getPrecision(), "float32")))
              .withDevice(or(configuration.getDevice(), "auto"));
      if (configuration.getBatchSize() != null) {
        embed = embed.withBatchSize(configuration.getBatchSize());
      }
      if (configuration.getMaxBatchMillis() != null) {
        embed = embed.withMaxBatchDuration(Duration.ofMillis(configuration.getMaxBatchMillis()));
      }
      return embed;
    }

    private static String or(@Nullable String value, String otherwise) {
      return value == null ? otherwise : value;
    }

    private static Precision precision(String name) {
      return Precision.named(name)
          .filter(SavedNetwork.PRECISIONS::contains)
          .orElseThrow(
              () ->
                  new IllegalArgumentException(
                      "unknown precision '%s': take float32 or bfloat16".formatted(name)));
    }

    private static void requireField(Schema schema, String name, @Nullable TypeName type) {
      if (!schema.hasField(name)) {
        throw new IllegalArgumentException(
            "the input has no field '%s', but %s".formatted(name, schema.getFieldNames()));
      }
      if (type != null && schema.getField(name).getType().getTypeName() != type) {
        throw new IllegalArgumentException("field '%s' is not a %s".formatted(name, type));
      }
    }

    private static Schema outputSchema(Schema input, String image) {
      Schema.Builder fields = Schema.builder();
      for (Schema.Field field : input.getFields()) {
        if (COLUMNS.contains(field.getName())) {
          throw new IllegalArgumentException(
              "the input has a field '%s' already: rename it".formatted(field.getName()));
        }
        if (!field.getName().equals(image)) {
          fields.addField(field);
        }
      }
      RecordSchema.of(Embedding.class).getFields().stream()
          .filter(field -> COLUMNS.contains(field.getName()))
          .forEach(fields::addField);
      return fields.build();
    }
  }

  private static final class ToErrorFn extends SimpleFunction<DeadLetter, Row> {
    @Override
    public Row apply(DeadLetter letter) {
      return Row.withSchema(ERROR).addValues(letter.name(), letter.stage(), letter.error()).build();
    }
  }
}
