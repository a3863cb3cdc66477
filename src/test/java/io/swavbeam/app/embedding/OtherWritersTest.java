package io.swavbeam.app.embedding;

import static org.assertj.core.api.Assertions.assertThat;

import io.swavbeam.app.testing.Commands;
import io.swavbeam.app.testing.Commands.Outcome;
import io.swavbeam.app.testing.TestPhotos;
import io.swavbeam.pipelines.embedding.Embedding;
import io.swavbeam.pipelines.output.EmbeddingFiles;
import io.swavbeam.pipelines.storage.Folder;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.apache.arrow.flatbuf.FixedSizeList;
import org.apache.arrow.flatbuf.Message;
import org.apache.arrow.flatbuf.Schema;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Embeddings that other tools have rewritten are used like those of swav. */
@Tag("slow")
class OtherWritersTest {
  @TempDir private static Path shared;
  private static Path photos;
  private static Path run;
  private static Path embeddings;

  @TempDir private Path folder;

  @BeforeAll
  static void embed() throws Exception {
    run = TestPhotos.train(Files.createDirectories(shared.resolve("training")), 2);
    photos = TestPhotos.catsAndDogs(shared);
    embeddings = shared.resolve("embeddings");
    assertThat(embed(embeddings).err()).isEmpty();
  }

  private static Outcome embed(Path into) {
    return Commands.swav("embed", "--model=" + run, "--input=" + photos, "--output=" + into);
  }

  private Path copy(String query, String options) throws SQLException, IOException {
    Path file = Files.createDirectories(folder.resolve("rewritten")).resolve("x.parquet");
    try (Connection duckdb = DriverManager.getConnection("jdbc:duckdb:");
        Statement statement = duckdb.createStatement()) {
      statement.execute("create table t as from '%s/*.parquet'".formatted(embeddings));
      statement.execute("copy (%s) to '%s' (format parquet%s)".formatted(query, file, options));
    }
    return file.getParent();
  }

  private static List<Embedding> rows(Path folder) throws IOException {
    List<Embedding> rows = new ArrayList<>();
    EmbeddingFiles.read(Folder.of(folder), rows::add);
    rows.sort(Comparator.comparing(Embedding::source).thenComparing(Embedding::position));
    return rows;
  }

  /** DuckDB sees only rows, and readers of Arrow see vectors of a fixed size. */
  @Test
  void theFolderIsADataset() throws Exception {
    try (Connection duckdb = DriverManager.getConnection("jdbc:duckdb:");
        Statement statement = duckdb.createStatement()) {
      for (String pattern : List.of("*.parquet", "**/*.parquet")) {
        ResultSet rows =
            statement.executeQuery(
                "select count(*), count(distinct (source, position)), min(array_distance(embedding::float[512], embedding::float[512])) from '%s/%s'"
                    .formatted(embeddings, pattern));
        assertThat(rows.next()).isTrue();
        assertThat(rows.getInt(1)).isEqualTo(40);
        assertThat(rows.getInt(2)).isEqualTo(40);
        assertThat(rows.getDouble(3)).isZero();
      }
      ResultSet notes =
          statement.executeQuery(
              "select decode(value) from parquet_kv_metadata('%s/*.parquet') where decode(key) = 'ARROW:schema'"
                  .formatted(embeddings));
      assertThat(notes.next()).isTrue();
      byte[] message = Base64.getDecoder().decode(notes.getString(1));
      Schema schema =
          (Schema)
              Message.getRootAsMessage(ByteBuffer.wrap(message, 8, message.length - 8).slice())
                  .header(new Schema());
      assertThat(schema.fieldsLength()).isEqualTo(9);
      FixedSizeList vectors = (FixedSizeList) schema.fields(4).type(new FixedSizeList());
      assertThat(schema.fields(4).name()).isEqualTo("embedding");
      assertThat(vectors.listSize()).isEqualTo(512);
    }
    try (Stream<Path> files = Files.list(embeddings)) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .allMatch(name -> name.equals("_swav") || name.endsWith(".parquet"));
    }
  }

  private static void assertSameRows(Path rewritten) throws IOException {
    List<Embedding> expected = rows(embeddings);
    List<Embedding> rows = rows(rewritten);
    assertThat(rows).hasSameSizeAs(expected).hasSize(40);
    for (int i = 0; i < rows.size(); i++) {
      assertThat(rows.get(i).name()).isEqualTo(expected.get(i).name());
      assertThat(rows.get(i).embedding()).isEqualTo(expected.get(i).embedding());
      assertThat(rows.get(i).projection()).isEqualTo(expected.get(i).projection());
      assertThat(rows.get(i).cluster()).isEqualTo(expected.get(i).cluster());
      assertThat(rows.get(i).clusterProbability()).isEqualTo(expected.get(i).clusterProbability());
      assertThat(rows.get(i).model()).isEqualTo(expected.get(i).model());
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "from t|",
        "from t order by name desc|, row_group_size 7",
        "from t|, compression zstd",
        "from t|, compression gzip",
        "from t|, compression uncompressed, parquet_version v2",
        "select *, 1 as more, {'a': 1} as nested from t|",
        "select model, cluster, embedding, projection, name, position, source, label, cluster_probability from t|",
        "select * replace (embedding::double[] as embedding, projection::double[] as projection) from t|",
        "select * replace (embedding::float[512] as embedding) from t|",
        "select * replace (position::double as position, cluster::double as cluster) from t|",
        "select * replace (cluster::utinyint as cluster, position::int as position) from t|",
        "select * replace (cluster_probability::double as cluster_probability) from t|",
      })
  void areReadByEachCommand(String query, String options) throws Exception {
    Path rewritten = copy(query, options == null ? "" : options);
    assertSameRows(rewritten);
    Outcome evaluate = Commands.swav("evaluate", "--train=" + rewritten, "--neighbours=3");
    assertThat(evaluate.err()).isEmpty();
    assertThat(evaluate.out()).contains("40 embeddings of 512 features");
    Outcome report =
        Commands.swav(
            "report", "--embeddings=" + rewritten, "--output=" + folder.resolve("report.html"));
    assertThat(report.err()).isEmpty();
    Outcome search =
        Commands.swav(
            "search",
            "--model=" + run,
            "--embeddings=" + rewritten,
            "--query=" + photos.resolve("dog/03.jpg"),
            "--top=3");
    assertThat(search.err()).isEmpty();
    assertThat(search.out()).contains("1.0000");
    // Embedding into such a folder: each image has a row.
    assertThat(embed(rewritten).out()).contains("nothing to do");
    assertSameRows(rewritten);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "select * replace (position % 2 as label) from t|0",
        "select * replace (1.0::double as label) from t|1",
        "select * replace (true as label) from t|true",
        "select * replace ('a b'::blob as label) from t|a b",
        "select * replace (date '2024-02-29' as label) from t|2024-02-29",
        "select * replace (label::enum('cat', 'dog') as label) from t|cat",
      })
  void labelsOfAnyTypeAreTexts(String query, String label) throws Exception {
    assertThat(rows(copy(query, ""))).extracting(Embedding::label).contains(label);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "  "})
  void anEmptyLabelIsNoLabel(String label) throws Exception {
    assertThat(rows(copy("select * replace ('%s' as label) from t".formatted(label), "")))
        .extracting(Embedding::label)
        .containsOnlyNulls();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "select * replace (if(name = 'cat/04.jpg', null, source) as source) from t order by name|row 2, counted from 0, has no source",
        "select * replace (if(name = 'cat/04.jpg', null, embedding) as embedding) from t order by name|row 2, counted from 0, has no embedding",
        "select * replace (if(name = 'cat/04.jpg', null, model) as model) from t order by name|row 2, counted from 0, has no model",
        "select * replace (if(name = 'cat/04.jpg', list_concat(embedding[1:511], [null]), embedding) as embedding) from t order by name|row 2, counted from 0, has a null in its embedding",
        "select * replace (0.5 as cluster) from t|has the cluster 0.5, which is not a whole number",
        "select * exclude (name) from t|is not a file of embeddings: it has no column 'name', but source",
        "select * replace ('text' as embedding) from t|its column 'embedding' holds BINARY, not lists",
        "select * replace ([1] as embedding) from t|its column 'embedding' holds lists of INT32, not lists of floating-point numbers",
      })
  void whatIsMissingIsOneLineWithFileAndRow(String query, String message) throws Exception {
    Path rewritten = copy(query.replace("(0.5 as", "(0.5::double as"), "");
    Outcome evaluate = Commands.swav("evaluate", "--train=" + rewritten);
    assertThat(evaluate.err())
        .contains(rewritten.resolve("x.parquet").toString(), message)
        .hasLineCount(1);
    assertThat(evaluate.exitCode()).isEqualTo(1);
  }

  /** Files of pandas, polars and others, if they are installed. */
  @Test
  void filesOfOtherToolsAreRead() throws Exception {
    Path given = Path.of(System.getProperty("cases.dir", ""), "runs.tar.gz").toAbsolutePath();
    if (!Files.exists(given)) {
      System.out.println("SKIPPED: no files of other tools at " + given);
    }
    Assumptions.assumeTrue(Files.exists(given), "no files of other tools at " + given);
    Commands.unpack(given, folder);
    try (Stream<Path> written = Files.list(folder.resolve("runs/parquet"))) {
      for (Path files : written.toList()) {
        Outcome evaluate = Commands.swav("evaluate", "--train=" + files, "--neighbours=5");
        assertThat(evaluate.err()).as(files.toString()).isEmpty();
        assertThat(evaluate.out()).contains("embeddings of 512 features", "5-NN accuracy");
      }
    }
  }
}
