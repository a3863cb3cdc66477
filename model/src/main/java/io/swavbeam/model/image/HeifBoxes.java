package io.swavbeam.model.image;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import org.checkerframework.checker.nullness.qual.Nullable;

/** The boxes of a HEIC or AVIF file (ISO 14496-12). A box has a length, a type and its contents. */
final class HeifBoxes {
  private final byte[] bytes;

  private HeifBoxes(byte[] bytes) {
    this.bytes = bytes;
  }

  /**
   * Returns the size of the primary picture of a HEIC or AVIF (ISO 23008-12). If the file does not
   * name its primary picture, returns the size of its largest part. Width and height are swapped if
   * the picture is rotated by 90 degrees.
   *
   * @return the size; null if the file is damaged
   */
  static @Nullable ImageHeader header(byte[] bytes) {
    HeifBoxes boxes = new HeifBoxes(bytes);
    List<Integer> all = boxes.properties("ispe", false);
    List<Integer> ofPrimary = boxes.properties("ispe", true);
    return (ofPrimary.isEmpty() ? all : ofPrimary)
        .stream()
            .map(boxes::size)
            .filter(Objects::nonNull)
            .max(Comparator.comparingDouble(HeifBoxes::area))
            .orElse(null);
  }

  /** Returns whether the file itself has a rotation or a mirroring of the primary picture. */
  static boolean hasOrientation(byte[] bytes) {
    HeifBoxes boxes = new HeifBoxes(bytes);
    return !boxes.properties("irot", true).isEmpty() || !boxes.properties("imir", true).isEmpty();
  }

  /**
   * Returns the offsets of the properties of a type: of all properties, or of those of the primary
   * picture only.
   */
  private List<Integer> properties(String type, boolean ofPrimaryAlone) {
    List<Integer> found = new ArrayList<>();
    int meta = find("meta", 0, bytes.length);
    int properties = meta < 0 ? -1 : find("iprp", meta + 12, end(meta));
    int container = properties < 0 ? -1 : find("ipco", properties + 8, end(properties));
    if (container < 0) {
      return found;
    }
    List<Integer> ofPrimary = ofPrimaryAlone ? propertiesOfPrimary(meta, properties) : List.of();
    int number = 0;
    int end = end(container);
    for (int at = container + 8; isIn(at, end); at = end(at)) {
      number++;
      if (is(type, at) && (!ofPrimaryAlone || ofPrimary.contains(number))) {
        found.add(at);
      }
    }
    return found;
  }

  private @Nullable ImageHeader size(int at) {
    return end(at) - at < 20
        ? null
        : new ImageHeader(
            ImageHeader.bigEndian(bytes, at + 12, 4), ImageHeader.bigEndian(bytes, at + 16, 4));
  }

  /** Returns the area of a size. The sides in a file may be too large for a product of integers. */
  private static double area(ImageHeader size) {
    return (double) size.width() * size.height();
  }

  /** Returns whether a box with a valid length begins before an end. */
  private boolean isIn(int at, int end) {
    return at + 8 <= end && length(at) >= 8 && length(at) <= end - at;
  }

  /**
   * Returns the length of a box. 1 stands for a 64-bit length after the type, 0 for the rest of the
   * file.
   */
  private long length(int at) {
    long length = ImageHeader.bigEndian(bytes, at, 4);
    if (length == 1) {
      return at + 16 > bytes.length ? 0 : ImageHeader.bigEndian(bytes, at + 8, 8);
    }
    return length == 0 ? bytes.length - at : length;
  }

  private boolean is(String type, int at) {
    return new String(bytes, at + 4, 4, StandardCharsets.ISO_8859_1).equals(type);
  }

  private int end(int at) {
    return at + (int) length(at);
  }

  /** Returns the offset of the first box of a type, or -1. */
  private int find(String type, int from, int end) {
    for (int at = from; isIn(at, end); at = end(at)) {
      if (is(type, at)) {
        return at;
      }
    }
    return -1;
  }

  /**
   * Returns the indices of the properties of the primary item, from 1; none if they are damaged.
   */
  private List<Integer> propertiesOfPrimary(int meta, int properties) {
    List<Integer> found = new ArrayList<>();
    int primary = find("pitm", meta + 12, end(meta));
    int associations = find("ipma", properties + 8, end(properties));
    if (primary < 0
        || associations < 0
        || end(primary) - primary < 14
        || end(associations) - associations < 16) {
      return found;
    }
    int end = end(associations);
    int ofPrimary =
        bytes[primary + 8] == 0 || end(primary) - primary < 16
            ? 2
            : 4; // depends on the version of the box
    long item = ImageHeader.bigEndian(bytes, primary + 12, ofPrimary);
    int ofItem = bytes[associations + 8] == 0 ? 2 : 4;
    int ofProperty = (bytes[associations + 11] & 1) + 1;
    int at = associations + 16;
    while (at + ofItem + 1 <= end) {
      long other = ImageHeader.bigEndian(bytes, at, ofItem);
      int count = ImageHeader.unsigned(bytes, at + ofItem);
      at += ofItem + 1;
      for (int i = 0; i < count && at + ofProperty <= end; i++, at += ofProperty) {
        if (other == item) {
          found.add(
              (int) ImageHeader.bigEndian(bytes, at, ofProperty)
                  & (ofProperty == 1 ? 0x7F : 0x7FFF));
        }
      }
    }
    return found;
  }
}
