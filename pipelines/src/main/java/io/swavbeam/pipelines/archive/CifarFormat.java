package io.swavbeam.pipelines.archive;

import io.swavbeam.model.image.ImageEncoding;
import io.swavbeam.pipelines.archive.ImageRef.Packing;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;

/** CIFAR-10's binary version: records of one byte of label and 32x32 pixels, plane by plane. */
final class CifarFormat implements ArchiveFormat {
  static final int SIDE = 32;
  static final int PIXELS = 3 * SIDE * SIDE;
  static final int RECORD = 1 + PIXELS;

  private static final ImageEncoding ENCODING =
      new ImageEncoding(ImageEncoding.Kind.PLANAR_RGB, SIDE, SIDE);

  @Override
  public void visit(String uri, InputStream in, Labels labels, Visitor visitor) throws IOException {
    String file = uri.substring(uri.lastIndexOf('/') + 1);
    for (long index = 0; ; index++) {
      byte[] record = in.readNBytes(RECORD);
      if (record.length == 0) {
        return;
      }
      if (record.length < RECORD) {
        throw new ArchiveException("the file ends in the middle of record " + index);
      }
      visitor.image(
          new ImageRef(
              uri,
              index * RECORD + 1,
              PIXELS,
              Packing.STORED,
              ENCODING,
              file + "/" + index,
              Integer.toString(Byte.toUnsignedInt(record[0]))),
          new ByteArrayInputStream(record, 1, PIXELS));
    }
  }
}
