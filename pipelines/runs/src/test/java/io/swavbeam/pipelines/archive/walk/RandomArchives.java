package io.swavbeam.pipelines.archive.walk;

import io.swavbeam.model.testing.TestImages;
import io.swavbeam.pipelines.archive.TestArchives;
import io.swavbeam.pipelines.parquet.ParquetFiles;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.zip.CRC32;
import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipArchiveOutputStream;
import org.apache.commons.compress.archivers.zip.ZipMethod;
import org.apache.parquet.hadoop.ParquetWriter;

/** Random folders and archives, with the expected results. */
final class RandomArchives {
  private static final int MAX_DEPTH = 3;
  private static final Schema ROW =
      SchemaBuilder.record("row").fields().requiredBytes("image").requiredLong("label").endRecord();

  private final Random random;
  private final List<String> images = new ArrayList<>();
  private int letters;
  private int sidecars;
  private int number;

  RandomArchives(long seed) {
    random = new Random(seed);
  }

  /** Returns the images with names, labels and bytes, as {@link #describe} formats them. */
  List<String> images() {
    return images;
  }

  int letters() {
    return letters;
  }

  int sidecars() {
    return sidecars;
  }

  static String describe(String name, String label, byte[] bytes) {
    return "%s is a %s: %d".formatted(name, label, Arrays.hashCode(bytes));
  }

  /**
   * An entry of an archive.
   *
   * @param target the target of a link, or null
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Item(String name, byte[] bytes, String target, boolean isHard) {
    static Item file(String name, byte[] bytes) {
      return new Item(name, bytes, null, false);
    }

    static Item link(String name, String target) {
      return new Item(name, new byte[0], target, false);
    }
  }

  /** Fills a local folder. */
  void fill(Path into, int depth) throws IOException {
    for (int i = 0; i < 5; i++) {
      Path child = into.resolve("%d-%s".formatted(i, random.nextBoolean() ? "a b" : "é"));
      switch (random.nextInt(depth > 0 ? 8 : 5)) {
        case 0, 1 -> write(into, single(child.getFileName().toString(), labelOf(into, depth)));
        case 2, 3, 4 ->
            write(into, archive(child.getFileName().toString(), 1, labelOf(into, depth)));
        case 5 -> {
          Files.createSymbolicLink(into.resolve(i + ".jpg"), into.resolve("nothing"));
          letters++;
        }
        case 6 -> Files.createSymbolicLink(child, into); // was entered already
        default -> fill(Files.createDirectories(child), depth - 1);
      }
    }
  }

  private static String labelOf(Path folder, int depth) {
    return depth == 3 ? null : folder.getFileName().toString();
  }

  private void write(Path into, List<Item> items) throws IOException {
    for (Item item : items) {
      Files.write(into.resolve(item.name()), item.bytes());
    }
  }

  private void image(String name, String label, byte[] bytes) {
    images.add(describe(name, label, bytes));
  }

  private byte[] jpeg() {
    return TestImages.jpeg(number++, 10, 12);
  }

  private static byte[] text(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** Creates a file that is not an archive. The name of an image on disk is its path. */
  private List<Item> single(String name, String label) {
    String path = label == null ? name : null;
    switch (random.nextInt(6)) {
      case 0 -> {
        sidecars++;
        return List.of(Item.file(name + (random.nextBoolean() ? ".json" : ".unheard"), text("{}")));
      }
      case 1 -> {
        sidecars++;
        return List.of(Item.file("._" + name + ".jpg", jpeg()));
      }
      case 2 -> {
        letters++;
        return List.of(Item.file(name + ".png", new byte[0]));
      }
      case 3 -> {
        letters++;
        return List.of(Item.file(name + ".jpg", text("no image")));
      }
      case 4 -> {
        letters++;
        return List.of(
            Item.file(name + (random.nextBoolean() ? ".webp" : ".img"), text("RIFF1234WEBPVP8 ")));
      }
      default -> {
        if (path == null) {
          sidecars++;
          return List.of(Item.file(name + ".txt", text("x")));
        }
        byte[] bytes = jpeg();
        image(path + ".jpg", null, bytes);
        return List.of(Item.file(name + ".jpg", bytes));
      }
    }
  }

  /**
   * Creates an archive, and the files that belong to it.
   *
   * @param name the name without extension
   * @param level 1 for a file, 2 for an archive in it
   * @param label the label of an image at this place
   */
  private List<Item> archive(String name, int level, String label) throws IOException {
    String last = name.substring(name.lastIndexOf('/') + 1);
    String inner = level == 1 ? null : last + ".v2";
    String file = name + ".v2";
    switch (random.nextInt(12)) {
      case 9 -> {
        byte[] tar = TestArchives.gzip(TestArchives.gzip(tar(level, inner)));
        return List.of(Item.file(file + ".tar.gz.gz", tar));
      }
      case 10 -> {
        letters++; // half a picture is not an image
        byte[] gzip = TestArchives.gzip(jpeg());
        return List.of(
            Item.file(name + ".jpg.gz", Arrays.copyOf(gzip, random.nextInt(gzip.length))));
      }
      case 11 -> {
        return idx(name, Labels.DAMAGED);
      }
      case 0 -> {
        return List.of(Item.file(file + ".tar", tar(level, inner)));
      }
      case 1 -> {
        return List.of(Item.file(file + ".TGZ", TestArchives.gzip(tar(level, inner))));
      }
      case 2 -> {
        return List.of(Item.file(file + ".zip", zip(level, inner)));
      }
      case 3 -> {
        return List.of(Item.file(file + ".zip.gz", TestArchives.gzip(zip(level, inner))));
      }
      case 4 -> {
        byte[] tar = TestArchives.gzip(wholeTar(level, inner));
        letters++; // cut off at the end; the entries before are valid
        return List.of(Item.file(file + ".tar.gz", Arrays.copyOf(tar, tar.length - 8)));
      }
      case 5 -> {
        boolean isPacked = random.nextBoolean();
        byte[] parquet = parquet();
        return List.of(
            isPacked
                ? Item.file(file + ".parquet.gz", TestArchives.gzip(parquet))
                : Item.file(file + ".parquet", parquet));
      }
      case 6 -> {
        return idx(name, random.nextBoolean() ? Labels.THERE : Labels.MISSING);
      }
      case 7 -> {
        return cifar(name);
      }
      default -> {
        byte[] bytes = jpeg();
        image(last + ".jpg", label, bytes);
        return List.of(Item.file(name + ".jpg.gz", TestArchives.gzip(bytes)));
      }
    }
  }

  private byte[] parquet() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ParquetWriter<GenericRecord> writer =
        ParquetFiles.writer(Channels.newChannel(bytes), ROW)) {
      for (long i = 0; i < 3; i++) {
        byte[] image = jpeg();
        GenericRecord row = new GenericData.Record(ROW);
        row.put("image", ByteBuffer.wrap(i == 1 ? new byte[0] : image));
        row.put("label", i);
        writer.write(row);
        if (i == 1) {
          letters++;
        } else {
          image("row-" + i, Long.toString(i), image);
        }
      }
    }
    return bytes.toByteArray();
  }

  private enum Labels {
    THERE,
    MISSING,
    DAMAGED
  }

  private List<Item> idx(String name, Labels beside) {
    String labelsName = name + "-labels-idx1-ubyte";
    ByteBuffer pixels =
        ByteBuffer.allocate(16 + 2 * 64).putInt(0x803).putInt(2).putInt(8).putInt(8);
    random.nextBytes(pixels.array());
    pixels.rewind().putInt(0x803).putInt(2).putInt(8).putInt(8);
    byte[] labels =
        ByteBuffer.allocate(10).putInt(0x801).putInt(2).put((byte) 5).put((byte) 6).array();
    boolean isLabelled = beside == Labels.THERE;
    boolean isPacked = random.nextBoolean();
    String file = name + "-images-idx3-ubyte" + (isPacked ? ".gz" : "");
    for (int i = 0; i < 2; i++) {
      byte[] image = Arrays.copyOfRange(pixels.array(), 16 + i * 64, 16 + (i + 1) * 64);
      image(
          file.substring(file.lastIndexOf('/') + 1) + "/" + i,
          isLabelled ? Integer.toString(5 + i) : null,
          image);
    }
    List<Item> items = new ArrayList<>();
    byte[] bytes = pixels.array();
    items.add(Item.file(file, isPacked ? TestArchives.gzip(bytes) : bytes));
    if (beside == Labels.DAMAGED) {
      letters++;
      items.add(Item.file(labelsName, text("xx")));
    } else if (isLabelled) {
      boolean areLabelsPacked = random.nextBoolean();
      items.add(
          areLabelsPacked
              ? Item.file(labelsName + ".gz", TestArchives.gzip(labels))
              : Item.file(labelsName, labels));
    }
    return items;
  }

  private List<Item> cifar(String name) {
    String file = name.replace("-", "x") + "_batch.bin";
    byte[] records = new byte[2 * 3073];
    random.nextBytes(records);
    records[0] = 3;
    records[3073] = 9;
    for (int i = 0; i < 2; i++) {
      image(
          file.substring(file.lastIndexOf('/') + 1) + "/" + i,
          i == 0 ? "3" : "9",
          Arrays.copyOfRange(records, i * 3073 + 1, (i + 1) * 3073));
    }
    return List.of(Item.file(file, records));
  }

  /** Creates entries in random order. */
  private List<Item> items(int level, String label, boolean isTar) throws IOException {
    List<Item> items = new ArrayList<>();
    int count = 1 + random.nextInt(6);
    for (int i = 0; i < count; i++) {
      String folder = List.of("", "d/", "é e/f/").get(random.nextInt(3));
      String itsLabel = folder.isEmpty() ? label : folder.equals("d/") ? "d" : "f";
      String name = folder + i;
      switch (random.nextInt(14)) {
        case 0, 1 -> {
          byte[] bytes = jpeg();
          String file = random.nextBoolean() ? name : name + ".jpg"; // the bytes decide
          image(file, itsLabel, bytes);
          items.add(Item.file(file, bytes));
        }
        case 2 -> sample(name, items);
        case 3 -> duplicates(folder + "same", itsLabel, level, items);
        case 4, 5 -> links(folder, name, itsLabel, items, isTar);
        case 6 -> {
          items.add(Item.link(name + "a.jpg", i + "b.jpg"));
          items.add(Item.link(name + "b.jpg", i + "a.jpg"));
          items.add(Item.link(name + "c.jpg", "../../../x.jpg"));
          items.add(Item.link(name + "d.jpg", "/etc/x.jpg"));
          items.add(Item.link(name + "e.jpg", "nothing.jpg"));
          letters += 5;
          items.add(Item.link(name + "e.json", "nothing.json"));
          sidecars++;
        }
        case 7 -> labelLink(name, items);
        case 8, 9, 10 -> {
          if (level < MAX_DEPTH) {
            items.addAll(archive(name, level + 1, itsLabel));
          } else {
            letters++;
            items.add(Item.file(name + ".tar.gz", text("too deep")));
          }
        }
        default -> {
          for (Item item : single(Integer.toString(i), "no image")) {
            items.add(Item.file(folder + item.name(), item.bytes()));
          }
        }
      }
    }
    Collections.shuffle(items, random);
    return items;
  }

  /** Creates images with one label. */
  private void sample(String name, List<Item> items) {
    for (String ending : List.of(".jpg", ".left.jpg")) {
      byte[] bytes = jpeg();
      image(name + ending, "label " + number, bytes);
      items.add(Item.file(name + ending, bytes));
      if (random.nextBoolean()) {
        items.add(Item.file(name + ".cls", text("label " + number)));
        sidecars++;
        return;
      }
      images.remove(images.size() - 1);
      items.remove(items.size() - 1);
    }
    sidecars++;
    items.add(Item.file(name + ".cls", text("of nothing")));
  }

  /** Creates two images of the same name. */
  private void duplicates(String name, String label, int level, List<Item> items)
      throws IOException {
    if (level == MAX_DEPTH || items.stream().anyMatch(item -> item.name().startsWith(name))) {
      return;
    }
    for (int i = 0; i < 2; i++) {
      byte[] bytes = jpeg();
      image(name + ".jpg", label, bytes);
      items.add(Item.file(name + ".jpg", bytes));
      byte[] inner = jpeg();
      image("inner.jpg", name.substring(name.lastIndexOf('/') + 1), inner);
      ByteArrayOutputStream tar = new ByteArrayOutputStream();
      write(List.of(Item.file("inner.jpg", inner)), tar);
      items.add(Item.file(name + ".tar", tar.toByteArray()));
    }
  }

  /** Creates an image and links to it: direct, through another link, and through a folder. */
  private void links(String folder, String name, String label, List<Item> items, boolean isTar) {
    byte[] bytes = jpeg();
    String last = name.substring(name.lastIndexOf('/') + 1);
    String up = "../".repeat(folder.split("/", -1).length - 1);
    items.add(Item.file(name + ".jpg", bytes));
    items.add(Item.link(name + "x.jpg", last + ".jpg"));
    items.add(Item.link(name + "y", "./" + last + "x.jpg"));
    items.add(Item.link(name + "dir", up.isEmpty() ? "." : up));
    letters++; // a link to a folder is not an image
    items.add(Item.link(name + "z.jpg", last + "dir/" + name + "y"));
    // A link with the name of a sidecar, which is the target of another link.
    items.add(Item.link(name + "t.txt", last + ".jpg"));
    items.add(Item.link(name + "v.jpg", last + "t.txt"));
    sidecars++;
    for (String link : List.of(".jpg", "x.jpg", "y", "z.jpg", "v.jpg")) {
      image(name + link, label, bytes);
    }
    if (isTar) {
      items.add(new Item(name + "h.jpg", new byte[0], name + "x.jpg", true));
      items.add(Item.link(name + "h.cls", last + "none.cls"));
      letters++;
      image(name + "h.jpg", label, bytes);
    }
  }

  /** Creates two images with one label, which is a link for one of them. */
  private void labelLink(String name, List<Item> items) {
    String last = name.substring(name.lastIndexOf('/') + 1);
    for (String each : List.of("a", "b")) {
      byte[] bytes = jpeg();
      image(name + each + ".jpg", "shared", bytes);
      items.add(Item.file(name + each + ".jpg", bytes));
    }
    items.add(Item.file(name + "a.cls", text("shared")));
    items.add(Item.link(name + "b.cls", last + "a.cls"));
    sidecars += 2;
  }

  private byte[] tar(int level, String label) throws IOException {
    byte[] tar = wholeTar(level, label);
    if (random.nextInt(4) == 0) {
      // Damages the end marker, which has two blocks.
      Arrays.fill(tar, tar.length - 1024, tar.length, (byte) 'x');
      letters++;
    }
    return tar;
  }

  private byte[] wholeTar(int level, String label) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    write(items(level, label, true), bytes);
    return bytes.toByteArray();
  }

  private void write(List<Item> items, ByteArrayOutputStream bytes) throws IOException {
    try (TarArchiveOutputStream tar = new TarArchiveOutputStream(bytes, 512, "UTF-8")) {
      tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
      for (Item item : items) {
        if (item.target() == null) {
          TestArchives.put(tar, item.name(), item.bytes());
        } else {
          byte type = item.isHard() ? TarConstants.LF_LINK : TarConstants.LF_SYMLINK;
          TarArchiveEntry link = new TarArchiveEntry(item.name(), type);
          link.setLinkName(item.target());
          tar.putArchiveEntry(link);
          tar.closeArchiveEntry();
        }
      }
      if (random.nextBoolean()) {
        tar.putArchiveEntry(new TarArchiveEntry("pipe.jpg", TarConstants.LF_FIFO));
        tar.closeArchiveEntry();
        letters++;
      }
    }
  }

  private byte[] zip(int level, String label) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipArchiveOutputStream zip = new ZipArchiveOutputStream(bytes)) {
      for (Item item : items(level, label, false)) {
        ZipArchiveEntry entry = new ZipArchiveEntry(item.name());
        byte[] content = item.bytes();
        if (item.target() != null) {
          entry.setUnixMode(0120777);
          content = text(item.target());
        }
        if (random.nextBoolean()) {
          entry.setMethod(ZipMethod.STORED.getCode());
          entry.setSize(content.length);
          entry.setCrc(crc(content));
        }
        zip.putArchiveEntry(entry);
        zip.write(content);
        zip.closeArchiveEntry();
      }
    }
    return bytes.toByteArray();
  }

  private static long crc(byte[] bytes) {
    CRC32 crc = new CRC32();
    crc.update(bytes);
    return crc.getValue();
  }
}
