package io.swavbeam.pipelines.archive;

import static org.assertj.core.api.Assertions.assertThat;

import io.swavbeam.model.image.ImageEncoding;
import io.swavbeam.model.image.ImageLimits;
import io.swavbeam.pipelines.input.InputFile;
import io.swavbeam.pipelines.input.InputFiles;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** The contract, kept by every kind of archive. */
class ArchivesTest {
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
      assertThat(list().images).singleElement().matches(ImageRef::isSequentialArchive);
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
      return 0; // its directory stands at its end
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
      Listing listing = new Listing();
      for (InputFile file : InputFiles.find(List.of(folder.toString())).files()) {
        Archives.list(file, ImageLimits.DEFAULT, listing);
      }
      assertThat(listing.sidecars).isEmpty();
      assertThat(listing.deadLetters).isEmpty();
      assertThat(listing.images).isNotEmpty();
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
      return 0; // random pixels do not compress, but the block may be one
    }
  }
}
