package io.swavbeam.example.catalogue;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The program with only its own libraries, whose class path Maven has written to a file. */
class EmbedPhotosTest {
  @TempDir private Path folder;

  @Tag("slow")
  @Test
  void embedsWithFewLibraries() throws Exception {
    Catalogue catalogue = Catalogue.in(folder);
    assertThat(run(catalogue.arguments())).isZero();
    catalogue.assertAllAreThere();
  }

  @Test
  void knowsNoBrokersBucketsTablesAndTrainers() throws IOException {
    List<String> libraries = List.of(libraries().split(File.pathSeparator));
    assertThat(libraries).anyMatch(library -> library.contains("/beam-sdks-java-core-"));
    assertThat(libraries)
        .noneMatch(
            library ->
                library.matches(
                    ".*/(kafka|parquet|hadoop|lucene|arrow|avro|grpc|prometheus|beam-sdks-java-io"
                        + "|s3|swav-(parquet|s3|pipelines))-[^/]*|.*/(awssdk|grpc|prometheus)/.*"
                        + "|.*/pipelines/(parquet|s3|runs)/.*"));
  }

  @Test
  void namesTheLibraryOfBuckets() throws Exception {
    assertThat(run(List.of("--model=s3://models/run", "--catalogue=none", "--output=none")))
        .isNotZero();
    assertThat(folder.resolve("log"))
        .content()
        .contains(
            "s3://models/run/swav.json: buckets are read by io.swavbeam:swav-s3, which is not on");
  }

  private int run(List<String> arguments) throws Exception {
    String all = Catalogue.classes(EmbedPhotos.class) + File.pathSeparator + libraries();
    return Catalogue.start(EmbedPhotos.class, all, folder.resolve("log"), arguments).waitFor();
  }

  private static String libraries() throws IOException {
    return Files.readString(Path.of("target/classpath"));
  }
}
