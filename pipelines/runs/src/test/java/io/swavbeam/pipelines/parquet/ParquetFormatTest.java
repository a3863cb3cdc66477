package io.swavbeam.pipelines.parquet;

import static org.assertj.core.api.Assertions.assertThat;

import io.swavbeam.model.image.DeadLetter;
import io.swavbeam.model.image.ImageLimits;
import io.swavbeam.model.testing.TestImages;
import io.swavbeam.pipelines.archive.ImageRef;
import io.swavbeam.pipelines.archive.SampleFields;
import io.swavbeam.pipelines.archive.StreamedRef;
import io.swavbeam.pipelines.archive.TestArchives;
import io.swavbeam.pipelines.archive.read.ImageReader;
import io.swavbeam.pipelines.archive.walk.Walked;
import io.swavbeam.pipelines.input.InputFiles;
import io.swavbeam.pipelines.listing.InputGroup;
import io.swavbeam.pipelines.listing.Listing;
import io.swavbeam.pipelines.listing.Listings;
import io.swavbeam.pipelines.listing.OutputShard;
import io.swavbeam.pipelines.manifest.Manifest;
import io.swavbeam.pipelines.storage.Folder;
import io.swavbeam.pipelines.training.ArchiveCopies;
import io.swavbeam.pipelines.training.TrainingImages;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.apache.parquet.avro.AvroParquetWriter;
import org.apache.parquet.conf.PlainParquetConfiguration;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.example.data.simple.SimpleGroup;
import org.apache.parquet.hadoop.ParquetWriter;
import org.apache.parquet.hadoop.example.ExampleParquetWriter;
import org.apache.parquet.io.LocalOutputFile;
import org.apache.parquet.io.api.Binary;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.MessageTypeParser;
import org.apache.parquet.schema.Type;
import org.apache.parquet.schema.Types;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Parquet files with an image in each row, as in datasets of hubs. */
class ParquetFormatTest {
  private static final Schema STRUCT =
      SchemaBuilder.record("image")
          .fields()
          .optionalBytes("bytes")
          .optionalString("path")
          .endRecord();
  private static final Schema OF_A_HUB =
      SchemaBuilder.record("schema")
          .fields()
          .optionalString("question")
          .name("image")
          .type()
          .unionOf()
          .nullType()
          .and()
          .type(STRUCT)
          .endUnion()
          .nullDefault()
          .optionalLong("label")
          .endRecord();
  private static final Map<String, String> CLASSES =
      Map.of(
          "huggingface",
          "{\"info\": {\"features\": {\"label\": {\"names\": [\"cat\", \"dog\"],"
              + " \"_type\": \"ClassLabel\"}}}}");

  /** A listed entry. */
  private record Told(long position, String name, String label) {}

  @TempDir private Path folder;

  @Test
  void rowsAreEntriesWithTheirNumbersNamesAndLabels() throws Exception {
    Path file = ofAHub();
    List<Told> told = new ArrayList<>();
    List<byte[]> contents = new ArrayList<>();
    List<DeadLetter> letters = read(file, told, contents);
    assertThat(told)
        .containsExactly(
            new Told(0, "train/0.jpg", "cat"),
            new Told(1, "row-1", "dog"),
            new Told(2, "../é.jpg", null),
            new Told(4, "label.cls", "7"));
    assertThat(contents.get(0)).isEqualTo(TestImages.jpeg(0, 20, 20));
    assertThat(contents.get(3)).isEqualTo(TestImages.jpeg(4, 20, 20));
    assertThat(letters).hasSize(1);
    assertThat(letters.get(0).name()).isEqualTo("row-3");
    assertThat(letters.get(0).error()).isEqualTo("the row has no bytes of an image");
  }

  @Test
  void trainingSeesTheSameImages() throws Exception {
    Path file = ofAHub();
    List<Told> told = new ArrayList<>();
    read(file, told, new ArrayList<>());
    Path run = Files.createDirectories(folder.resolve("run"));
    List<String> inManifest = new ArrayList<>();
    List<String> said = new ArrayList<>();
    try (TrainingImages images =
            TrainingImages.list(
                List.of(file.toString()),
                new Listings(Folder.of(run.resolve("listings")), ImageLimits.DEFAULT),
                ArchiveCopies.in(
                    run.resolve("archives"),
                    ImageLimits.DEFAULT,
                    SampleFields.DEFAULT,
                    (source, bytes, place) -> said.add(source + " " + bytes)),
                run);
        Manifest manifest = images.open();
        ImageReader reader = new ImageReader(ImageLimits.DEFAULT)) {
      for (Iterator<ImageRef> refs = manifest.iterator(); refs.hasNext(); ) {
        ImageRef ref = refs.next();
        if (ref.length() > 0) {
          inManifest.add(ref.position() + " " + ref.name());
          assertThat(ref.source()).isEqualTo(file.toUri().toString().replace("file:///", "/"));
          assertThat(reader.read(ref)).isEqualTo(TestImages.jpeg((int) ref.position(), 20, 20));
        }
      }
    }
    assertThat(said).hasSize(1);
    assertThat(inManifest)
        .hasSize(4)
        .isEqualTo(told.stream().map(one -> one.position() + " " + one.name()).toList());
  }

  /** Writes a file with Parquet's own schema, which supports more names and types than Avro. */
  private Path file(String schema, Consumer<Group> row) throws IOException {
    // Names with spaces cannot be parsed, so a mark replaces the spaces.
    MessageType parsed = MessageTypeParser.parseMessageType(schema);
    MessageType type =
        new MessageType(
            "schema", parsed.getFields().stream().map(ParquetFormatTest::withSpaces).toList());
    Path file = folder.resolve("file-%d.parquet".formatted(System.nanoTime()));
    try (ParquetWriter<Group> writer =
        ExampleParquetWriter.builder(new LocalOutputFile(file))
            .withConf(new PlainParquetConfiguration())
            .withType(type)
            .build()) {
      Group group = new SimpleGroup(type);
      row.accept(group);
      writer.write(group);
    }
    return file;
  }

  /** Runs of earlier versions have copies of rows as a tar. */
  @Test
  void anEarlierCopyIsUsed() throws Exception {
    Path file = ofAHub();
    Path run = Files.createDirectories(folder.resolve("run"));
    Listings listings = new Listings(Folder.of(run.resolve("listings")), ImageLimits.DEFAULT);
    ArchiveCopies copies = ArchiveCopies.in(run.resolve("archives"));
    TrainingImages.list(List.of(file.toString()), listings, copies, run).close();
    Path copy;
    try (Stream<Path> all = Files.list(run.resolve("archives"))) {
      copy = all.findFirst().orElseThrow();
    }
    Files.delete(copy.resolve(ArchiveCopies.LIST));
    Files.delete(copy.resolve(ArchiveCopies.IMAGES));
    Files.write(copy.resolve("train-00000-of-00001.tar"), TestArchives.tar(3));
    try (TrainingImages images =
        TrainingImages.list(List.of(file.toString()), listings, copies, run)) {
      assertThat(images.images()).isEqualTo(3);
    }
  }

  private static Type withSpaces(Type column) {
    String name = column.getName().replace("~", " ");
    return column.getName().contains("~")
        ? Types.primitive(column.asPrimitiveType().getPrimitiveTypeName(), column.getRepetition())
            .as(column.getLogicalTypeAnnotation())
            .named(name)
        : column;
  }

  /** Other columns may have any names and types. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "optional binary Cell~type (STRING)",
        "optional binary 0 (STRING)",
        "optional int64 image-id",
        "optional group meta { optional int32 a.b; }",
        "optional int96 taken",
        "optional group tags (MAP) { repeated group key_value { required int32 key; optional binary value (STRING); } }",
        "optional fixed_len_byte_array(3) code",
      })
  void otherColumnsAreNotLookedAt(String column) throws Exception {
    Path file =
        file(
            "message schema { optional binary image; optional binary label (STRING); %s%s }"
                .formatted(column, column.endsWith("}") ? "" : ";"),
            row -> {
              row.add("image", Binary.fromConstantByteArray(TestImages.jpeg(1, 20, 20)));
              row.add("label", "cat");
            });
    List<Told> told = new ArrayList<>();
    assertThat(read(file, told, new ArrayList<>())).isEmpty();
    assertThat(told).containsExactly(new Told(0, "row-0", "cat"));
  }

  @Test
  void wantedColumnsMayHaveSuchNamesToo() throws Exception {
    Path file =
        file(
            "message schema { optional binary cover~image; optional binary Cell~type (STRING); }",
            row -> {
              row.add("cover image", Binary.fromConstantByteArray(TestImages.jpeg(1, 20, 20)));
              row.add("Cell type", "T");
            });
    SampleFields fields = SampleFields.DEFAULT.withColumns("cover image", "Cell type");
    List<Told> told = new ArrayList<>();
    read(Walked.of(file, fields).streamed.get(0), fields, told, new ArrayList<>());
    assertThat(told).containsExactly(new Told(0, "row-0", "T"));
  }

  /** Labels are numbers, strings or booleans, or lists with one of these. */
  @ParameterizedTest
  @CsvSource({
    "optional int32 label, 3, 3",
    "optional int64 label, 3, 3",
    "'optional int32 label (INTEGER(32,false))', -1, 4294967295",
    "'optional int64 label (INTEGER(64,false))', -1, 18446744073709551615",
    "'optional int64 label (INTEGER(64,false))', 3, 3",
    "'optional int32 label (INTEGER(8,false))', 200, 200",
    "optional fixed_len_byte_array(2) label (FLOAT16), 3C00, 1",
    "optional fixed_len_byte_array(2) label (FLOAT16), 3E00, 1.5",
    "optional double label, 3.0, 3",
    "optional double label, 3.5, 3.5",
    "optional double label, NaN, -",
    "optional float label, 1, 1",
    "optional boolean label, true, true",
    "optional binary label (STRING), cat, cat",
    "optional binary label (ENUM), cat, cat",
    "optional binary label, cat, cat",
    "'optional int32 label (DECIMAL(9,2))', 300, 3",
    "optional int32 label (DATE), 1, 1970-01-02",
    "optional binary label (STRING), ' ', -",
    "optional group label (LIST) { repeated group list { optional int64 element; } }, 3, 3",
    "optional group label (LIST) { repeated group list { optional int64 element; } }, 3 4, -",
    "optional group label (LIST) { repeated group list { optional int64 element; } }, '', -",
  })
  void labelsHaveManyTypes(String column, String value, String label) throws Exception {
    String semicolon = column.endsWith("}") ? "" : ";";
    Path file =
        file(
            "message schema { optional binary image; %s%s }".formatted(column, semicolon),
            row -> {
              row.add("image", Binary.fromConstantByteArray(TestImages.jpeg(1, 20, 20)));
              Type type = row.getType().getType("label");
              if (!type.isPrimitive()) {
                Group list = row.addGroup("label");
                for (String one : value.isEmpty() ? new String[0] : value.split(" ", -1)) {
                  list.addGroup(0).add(0, Long.parseLong(one));
                }
                return;
              }
              switch (type.asPrimitiveType().getPrimitiveTypeName()) {
                case INT32 -> row.add("label", Integer.parseInt(value));
                case INT64 -> row.add("label", Long.parseLong(value));
                case FLOAT -> row.add("label", Float.parseFloat(value));
                case DOUBLE -> row.add("label", Double.parseDouble(value));
                case BOOLEAN -> row.add("label", Boolean.parseBoolean(value));
                case FIXED_LEN_BYTE_ARRAY -> {
                  int half = Integer.parseInt(value, 16); // in little-endian order
                  row.add(
                      "label",
                      Binary.fromConstantByteArray(
                          new byte[] {(byte) half, (byte) (half >> Byte.SIZE)}));
                }
                default -> row.add("label", value);
              }
            });
    List<Told> told = new ArrayList<>();
    assertThat(read(file, told, new ArrayList<>())).isEmpty();
    assertThat(told).containsExactly(new Told(0, "row-0", label.equals("-") ? null : label));
  }

  @Test
  void theOnlyColumnOfBytesIsTheImageWhateverItsName() throws Exception {
    Schema schema =
        SchemaBuilder.record("schema")
            .fields()
            .requiredBytes("scan")
            .requiredString("category")
            .endRecord();
    Path file = folder.resolve("scans.parquet");
    try (ParquetWriter<GenericRecord> writer = writer(file, schema, Map.of())) {
      GenericRecord row = new GenericData.Record(schema);
      row.put("scan", ByteBuffer.wrap(TestImages.jpeg(9, 20, 20)));
      row.put("category", "lung");
      writer.write(row);
    }
    List<Told> told = new ArrayList<>();
    assertThat(read(file, told, new ArrayList<>())).isEmpty();
    assertThat(told).containsExactly(new Told(0, "row-0", "lung"));
  }

  @Test
  void whatHasNoImagesSaysWhatItHas() throws Exception {
    Schema schema =
        SchemaBuilder.record("schema")
            .fields()
            .requiredString("text")
            .requiredLong("number")
            .endRecord();
    Path file = folder.resolve("texts.parquet");
    writer(file, schema, Map.of()).close();
    Files.writeString(folder.resolve("no.parquet"), "no Parquet at all, but long enough");
    List<Told> told = new ArrayList<>();
    assertThat(read(file, told, new ArrayList<>()))
        .extracting(DeadLetter::error)
        .containsExactly(
            "its columns are text, number: none is named image and holds bytes or a struct of bytes and path");
    assertThat(read(folder.resolve("no.parquet"), told, new ArrayList<>()))
        .extracting(DeadLetter::error)
        .containsExactly("damaged, or not a Parquet file");
    assertThat(told).isEmpty();
  }

  @Test
  void damageIsALetterAndNothingElse() throws Exception {
    byte[] whole = Files.readAllBytes(ofAHub());
    Path file = folder.resolve("damaged.parquet");
    int letters = 0;
    for (int round = 0; round < 300; round++) {
      Random random = new Random(round);
      byte[] bytes = whole.clone();
      for (int i = 0; i < 3; i++) {
        int within = random.nextBoolean() ? bytes.length : 900;
        bytes[bytes.length - 1 - random.nextInt(within)] = (byte) random.nextInt(256);
      }
      Files.write(
          file,
          random.nextInt(4) == 0 ? Arrays.copyOf(bytes, random.nextInt(bytes.length)) : bytes);
      try {
        List<DeadLetter> found = read(file, new ArrayList<>(), new ArrayList<>());
        letters += found.isEmpty() ? 0 : 1;
        found.forEach(letter -> assertThat(letter.error()).doesNotContain("\n"));
      } catch (RuntimeException | Error e) {
        throw new AssertionError("round " + round, e);
      }
    }
    assertThat(letters).isGreaterThan(100);
  }

  @Test
  void rowGroupsArePartsThatAreReadByThemselves() throws Exception {
    Path file = folder.resolve("many.parquet");
    int rows = 3_500;
    try (ParquetWriter<GenericRecord> writer =
        AvroParquetWriter.<GenericRecord>builder(new LocalOutputFile(file))
            .withConf(new PlainParquetConfiguration())
            .withDataModel(GenericData.get())
            .withSchema(OF_A_HUB)
            .withRowGroupRowCountLimit(600)
            .build()) {
      for (int i = 0; i < rows; i++) {
        GenericRecord image = new GenericData.Record(STRUCT);
        image.put("bytes", ByteBuffer.wrap(("image " + i).getBytes(StandardCharsets.UTF_8)));
        GenericRecord row = new GenericData.Record(OF_A_HUB);
        row.put("image", image);
        row.put("label", (long) i);
        writer.write(row);
      }
    }
    List<StreamedRef> parts = Walked.of(file, SampleFields.DEFAULT).streamed;
    assertThat(parts).extracting(StreamedRef::position).containsExactly(0L, 1_200L, 2_400L);
    List<Told> told = new ArrayList<>();
    List<byte[]> contents = new ArrayList<>();
    // Reads each part separately, in another order.
    for (int part : new int[] {2, 0, 1}) {
      assertThat(read(parts.get(part), SampleFields.DEFAULT, told, contents)).isEmpty();
    }
    assertThat(told).hasSize(rows).doesNotHaveDuplicates();
    for (int i = 0; i < rows; i++) {
      long position = told.get(i).position();
      assertThat(told.get(i)).isEqualTo(new Told(position, "row-" + position, "" + position));
      assertThat(contents.get(i)).asString().isEqualTo("image " + position);
    }
    List<OutputShard> shards = new ArrayList<>();
    InputGroup group = InputGroup.of(List.of(InputFiles.named(file.toString())));
    try (Listing listing =
        new Listings(Folder.of(folder.resolve("kept")), ImageLimits.DEFAULT)
            .of(group, letter -> {})) {
      shards.addAll(listing.shards(group));
    }
    assertThat(shards).as("what workers share").hasSize(3);
    for (int i = 0; i < 3; i++) {
      assertThat(shards.get(i).load().images()).isEqualTo(List.of(parts.get(i)));
    }
  }

  @Test
  void columnsCanBeNamed() throws Exception {
    Schema schema =
        SchemaBuilder.record("schema")
            .fields()
            .requiredBytes("image")
            .requiredBytes("mask")
            .requiredString("label")
            .requiredInt("species")
            .requiredDouble("weight")
            .endRecord();
    Path file = folder.resolve("masks.parquet");
    try (ParquetWriter<GenericRecord> writer = writer(file, schema, Map.of())) {
      GenericRecord row = new GenericData.Record(schema);
      row.put("image", ByteBuffer.wrap(new byte[] {1}));
      row.put("mask", ByteBuffer.wrap(new byte[] {2}));
      row.put("label", "a");
      row.put("species", 7);
      row.put("weight", 0.5);
      writer.write(row);
    }
    SampleFields fields = SampleFields.DEFAULT.withColumns("mask", "species");
    List<Told> told = new ArrayList<>();
    List<byte[]> contents = new ArrayList<>();
    read(Walked.of(file, fields).streamed.get(0), fields, told, contents);
    assertThat(told).containsExactly(new Told(0, "row-0", "7"));
    assertThat(contents.get(0)).containsExactly(2);

    assertThat(Walked.of(file, SampleFields.DEFAULT.withColumns("photo", null)).letters)
        .extracting(DeadLetter::error)
        .containsExactly(
            "its columns are image, mask, label, species, weight: none is named photo and holds"
                + " bytes or a struct of bytes and path");
    assertThat(Walked.of(file, SampleFields.DEFAULT.withColumns(null, "masks")).letters)
        .extracting(DeadLetter::error)
        .containsExactly(
            "its columns are image, mask, label, species, weight: none of them is called masks and"
                + " holds numbers, strings, dates or booleans");
  }

  /** Reads all parts of a file in order. Errors of the listing are dead letters. */
  private static List<DeadLetter> read(Path file, List<Told> told, List<byte[]> contents)
      throws IOException {
    Walked walked = Walked.of(file, SampleFields.DEFAULT);
    add(walked.read(), told, contents);
    return walked.letters;
  }

  private static List<DeadLetter> read(
      StreamedRef part, SampleFields fields, List<Told> told, List<byte[]> contents)
      throws IOException {
    Walked walked = new Walked(ImageLimits.DEFAULT, fields);
    List<Walked.Image> images = new ArrayList<>();
    walked.read(part, images);
    add(images, told, contents);
    assertThat(walked.sidecars).isEmpty();
    return walked.letters;
  }

  private static void add(List<Walked.Image> images, List<Told> told, List<byte[]> contents) {
    for (Walked.Image image : images) {
      ImageRef ref = image.ref();
      told.add(new Told(ref.position(), ref.name(), ref.label()));
      contents.add(image.bytes());
    }
  }

  private Path ofAHub() throws IOException {
    Path file = folder.resolve("train-00000-of-00001.parquet");
    String[] paths = {"train/0.jpg", null, "../é.jpg", null, "label.cls"};
    Long[] labels = {0L, 1L, -1L, 1L, 7L};
    try (ParquetWriter<GenericRecord> writer = writer(file, OF_A_HUB, CLASSES)) {
      for (int i = 0; i < paths.length; i++) {
        GenericRecord image = new GenericData.Record(STRUCT);
        image.put("bytes", i == 3 ? null : ByteBuffer.wrap(TestImages.jpeg(i, 20, 20)));
        image.put("path", paths[i]);
        GenericRecord row = new GenericData.Record(OF_A_HUB);
        row.put("image", image);
        row.put("label", labels[i]);
        writer.write(row);
      }
    }
    return file;
  }

  private static ParquetWriter<GenericRecord> writer(
      Path file, Schema schema, Map<String, String> notes) throws IOException {
    return ParquetFiles.writer(
        Files.newByteChannel(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
        schema,
        notes);
  }
}
