package io.swavbeam.pipelines.archive.walk;

import static org.assertj.core.api.Assertions.assertThat;

import io.swavbeam.model.image.ImageEncoding;
import io.swavbeam.pipelines.archive.InputFile;
import io.swavbeam.pipelines.archive.TestArchives;
import io.swavbeam.pipelines.archive.TestArchives.Original;
import io.swavbeam.pipelines.input.InputFiles;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** Tests the contract for every archive format. */
class ArchiveReaderTest {
  @Nested
  class Folder extends ArchiveContractTest {
    @Override
    List<Original> write(Path folder) throws IOException {
      List<Original> images =
          List.of(
              new Original("cat/a.jpg", "cat", new byte[] {1}),
              new Original("dog/sub/b.PNG", "sub", new byte[] {2, 3}),
              new Original("loose.gif", null, new byte[] {4}));
      for (Original image : images) {
        Path file = folder.resolve("photos").resolve(image.name());
        Files.createDirectories(file.getParent());
        Files.write(file, image.bytes());
      }
      Files.writeString(folder.resolve("photos/readme.txt"), "no image");
      return images;
    }

    @Override
    Path input(Path folder) {
      return folder.resolve("photos");
    }

    @Test
    void countsWhatStandsBesideThem() throws Exception {
      write(folder);
      assertThat(list().sidecars).singleElement().asString().endsWith("readme.txt");
    }
  }

  @Nested
  class Tar extends ArchiveContractTest {
    @Override
    List<Original> write(Path folder) throws IOException {
      List<Original> images = TestArchives.images(12);
      Files.write(input(folder), TestArchives.tar(images));
      return images;
    }

    @Override
    Path input(Path folder) {
      return folder.resolve("images.tar");
    }

    @Override
    double cutAt() {
      return 0.6;
    }

    @Test
    void countsWhatStandsBesideThem() throws Exception {
      write(folder);
      assertThat(list().sidecars).containsExactly("train/notes.txt", "train/cat/._000.jpg");
    }
  }

  /** Labels before or after their images. Other files are counted. */
  @Nested
  class WebDataset extends ArchiveContractTest {
    @Override
    List<Original> write(Path folder) throws IOException {
      Files.write(input(folder), shard());
      return List.of(
          new Original("000.jpg", "7", new byte[] {1}),
          new Original("001.jpg", "a cat", new byte[] {2, 3}),
          new Original("other/002.seg.jpg", "other", new byte[] {4}),
          new Original("other/003.png", "12", new byte[] {5}),
          new Original("004.jpg", null, new byte[] {6}),
          new Original("005.jpg", null, new byte[] {7}));
    }

    byte[] shard() throws IOException {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      try (TarArchiveOutputStream tar = new TarArchiveOutputStream(bytes)) {
        TestArchives.put(tar, "000.jpg", new byte[] {1});
        TestArchives.put(tar, "000.cls", "7\n".getBytes(StandardCharsets.UTF_8));
        TestArchives.put(tar, "001.cls", "a cat".getBytes(StandardCharsets.UTF_8));
        TestArchives.put(tar, "001.jpg", new byte[] {2, 3});
        TestArchives.put(tar, "other/002.seg.jpg", new byte[] {4});
        TestArchives.put(tar, "002.cls", "99".getBytes(StandardCharsets.UTF_8)); // another sample
        TestArchives.put(tar, "other/003.png", new byte[] {5});
        TestArchives.put(tar, "other/003.cls", "12".getBytes(StandardCharsets.UTF_8));
        TestArchives.put(tar, "004.jpg", new byte[] {6});
        TestArchives.put(tar, "004.cls", new byte[5000]); // too long for a label
        TestArchives.put(tar, "005.jpg", new byte[] {7});
        TestArchives.put(tar, "005.json", "{}".getBytes(StandardCharsets.UTF_8));
      }
      return bytes.toByteArray();
    }

    @Override
    Path input(Path folder) {
      return folder.resolve("shard-000.tar");
    }

    @Override
    double cutAt() {
      return 0.25;
    }
  }

  @Nested
  class WebDatasetGz extends WebDataset {
    @Override
    byte[] shard() throws IOException {
      return TestArchives.gzip(super.shard());
    }

    @Override
    Path input(Path folder) {
      return folder.resolve("shard-000.tar.gz");
    }

    @Override
    double cutAt() {
      return 0.9;
    }
  }

  @Nested
  class TarGz extends Tar {
    @Override
    List<Original> write(Path folder) throws IOException {
      List<Original> images = TestArchives.images(12);
      Files.write(input(folder), TestArchives.gzip(TestArchives.tar(images)));
      return images;
    }

    @Override
    Path input(Path folder) {
      return folder.resolve("images.tar.gz");
    }

    @Override
    @Test
    void countsWhatStandsBesideThem() throws Exception {
      write(folder);
      assertThat(list().images).isEmpty();
      assertThat(list().streamed).hasSize(1);
    }
  }

  @Nested
  class Zip extends ArchiveContractTest {
    @Override
    List<Original> write(Path folder) throws IOException {
      List<Original> images = TestArchives.images(12);
      try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(input(folder)))) {
        zip.putNextEntry(new ZipEntry("train/"));
        for (int i = 0; i < images.size(); i++) {
          ZipEntry entry = new ZipEntry(images.get(i).name());
          if (i % 2 == 0) {
            CRC32 crc = new CRC32();
            crc.update(images.get(i).bytes());
            entry.setMethod(ZipEntry.STORED);
            entry.setSize(images.get(i).bytes().length);
            entry.setCrc(crc.getValue());
          }
          zip.putNextEntry(entry);
          zip.write(images.get(i).bytes());
        }
      }
      return images;
    }

    @Override
    Path input(Path folder) {
      return folder.resolve("images.zip");
    }

    @Override
    int readableWhenCut() {
      return 0; // the directory is at the end
    }
  }

  @Nested
  class Cifar extends ArchiveContractTest {
    @Override
    List<Original> write(Path folder) throws IOException {
      List<Original> images = new ArrayList<>();
      ByteArrayOutputStream file = new ByteArrayOutputStream();
      for (int i = 0; i < 5; i++) {
        byte[] pixels = new byte[3072];
        new Random(i).nextBytes(pixels);
        file.write(9 - i);
        file.write(pixels);
        images.add(new Original("data_batch_1.bin/" + i, Integer.toString(9 - i), pixels));
      }
      Files.write(input(folder), file.toByteArray());
      return images;
    }

    @Override
    Path input(Path folder) {
      return folder.resolve("data_batch_1.bin");
    }

    @Override
    int readableWhenCut() {
      return 3;
    }

    @Test
    void knowsItsEncoding() throws Exception {
      write(folder);
      assertThat(list().images.get(0).encoding())
          .isEqualTo(new ImageEncoding(ImageEncoding.Kind.PLANAR_RGB, 32, 32));
    }
  }

  @Nested
  class Idx extends ArchiveContractTest {
    @Override
    List<Original> write(Path folder) throws IOException {
      List<Original> images = new ArrayList<>();
      ByteArrayOutputStream pixels = new ByteArrayOutputStream();
      ByteArrayOutputStream labels = new ByteArrayOutputStream();
      pixels.write(ByteBuffer.allocate(16).putInt(0x803).putInt(5).putInt(4).putInt(6).array());
      labels.write(ByteBuffer.allocate(8).putInt(0x801).putInt(5).array());
      for (int i = 0; i < 5; i++) {
        byte[] image = new byte[24];
        new Random(i).nextBytes(image);
        pixels.write(image);
        labels.write(i);
        String name = input(folder).getFileName() + "/" + i;
        images.add(new Original(name, Integer.toString(i), image));
      }
      store(input(folder), pixels.toByteArray());
      store(
          folder.resolve(
              input(folder).getFileName().toString().replace("images-idx3", "labels-idx1")),
          labels.toByteArray());
      return images;
    }

    void store(Path file, byte[] content) throws IOException {
      try (OutputStream out = Files.newOutputStream(file)) {
        out.write(content);
      }
    }

    @Override
    Path input(Path folder) {
      return folder.resolve("train-images-idx3-ubyte");
    }

    @Override
    int readableWhenCut() {
      return 3;
    }

    @Test
    void isFoundInAFolderTogetherWithItsLabels() throws Exception {
      write(folder);
      Walked walked = new Walked();
      for (InputFile file : InputFiles.find(List.of(folder.toString())).files()) {
        walked.list(file);
      }
      assertThat(walked.read()).hasSize(5);
      assertThat(walked.sidecars).isEmpty();
      assertThat(walked.letters).isEmpty();
    }
  }

  @Nested
  class IdxGz extends Idx {
    @Override
    void store(Path file, byte[] content) throws IOException {
      super.store(file, TestArchives.gzip(content));
    }

    @Override
    Path input(Path folder) {
      return folder.resolve("train-images-idx3-ubyte.gz");
    }

    @Override
    int readableWhenCut() {
      return 0; // random pixels do not compress, but are in one block
    }
  }
}
