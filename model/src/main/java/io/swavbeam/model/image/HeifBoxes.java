package io.swavbeam.model.image;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.checkerframework.checker.nullness.qual.Nullable;

/** The boxes of a HEIC or AVIF (ISO 14496-12): a length, a type, and what is in it. */
final class HeifBoxes {
  private final byte[] bytes;

  private HeifBoxes(byte[] bytes) {
    this.bytes = bytes;
  }

  /**
   * Of the primary picture of a HEIC or AVIF (ISO 23008-12), or of its largest part, where it does
   * not say so; null if it is damaged. One that is turned has its sides exchanged.
   */
  static @Nullable ImageHeader header(byte[] bytes) {
    HeifBoxes boxes = new HeifBoxes(bytes);
    int meta = boxes.find("meta", 0, bytes.length);
    int properties = meta < 0 ? -1 : boxes.find("iprp", meta + 12, boxes.end(meta));
    int container = properties < 0 ? -1 : boxes.find("ipco", properties + 8, boxes.end(properties));
    if (container < 0) {
      return null;
    }
    List<Integer> ofPrimary = boxes.propertiesOfPrimary(meta, properties);
    ImageHeader largest = null;
    int number = 0;
    int end = boxes.end(container);
    for (int at = container + 8; boxes.isIn(at, end); at = boxes.end(at)) {
      number++;
      if (boxes.is("ispe", at) && boxes.end(at) - at >= 20) {
        ImageHeader size =
            new ImageHeader(
                ImageHeader.bigEndian(bytes, at + 12, 4), ImageHeader.bigEndian(bytes, at + 16, 4));
        if (ofPrimary.contains(number)) {
          return size;
        }
        if (largest == null || area(size) > area(largest)) {
          largest = size;
        }
      }
    }
    return largest;
  }

  /** Of what a file claims, which may be beyond any whole number. */
  private static double area(ImageHeader size) {
    return (double) size.width() * size.height();
  }

  /** Whether a box of a possible length begins before an end. */
  private boolean isIn(int at, int end) {
    return at + 8 <= end && length(at) >= 8 && length(at) <= end - at;
  }

  /** Of a box; 1 stands for a longer number behind the type, 0 for all the rest. */
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

  /** Where the first box of a type begins, or -1. */
  private int find(String type, int from, int end) {
    for (int at = from; isIn(at, end); at = end(at)) {
      if (is(type, at)) {
        return at;
      }
    }
    return -1;
  }

  /** The numbers of the properties that the primary item has, from 1; none if that is damaged. */
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
        bytes[primary + 8] == 0 || end(primary) - primary < 16 ? 2 : 4; // by its version
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
