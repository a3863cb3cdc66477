package io.swavbeam.app.images;

import io.swavbeam.model.image.DrawnPicture;
import io.swavbeam.model.run.AtomicFiles;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Base64;
import javax.imageio.ImageIO;

/**
 * A picture as the bytes of a file.
 *
 * @param format {@code png} or {@code jpeg}
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record EncodedPicture(String format, byte[] bytes) {

  /** Encodes a picture with transparency. */
  public static EncodedPicture png(BufferedImage picture) {
    return encode(picture, "png");
  }

  /** Encodes a picture without transparency. */
  public static EncodedPicture jpeg(BufferedImage picture) {
    return encode(picture, "jpeg");
  }

  private static EncodedPicture encode(BufferedImage picture, String format) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      if (!ImageIO.write(picture, format, bytes)) {
        throw new IllegalArgumentException("%s cannot hold %s".formatted(format, picture));
      }
    } catch (IOException e) {
      throw new IllegalStateException(e); // cannot happen in memory
    }
    return new EncodedPicture(
        format,
        format.equals("png") ? DrawnPicture.mark(bytes.toByteArray()) : bytes.toByteArray());
  }

  /** Writes the file. It is never visible in part. */
  public void write(Path file) throws IOException {
    AtomicFiles.write(file, bytes);
  }

  /** Returns a data URI for an HTML file. */
  public String dataUri() {
    return "data:image/%s;base64,%s".formatted(format, Base64.getEncoder().encodeToString(bytes));
  }
}
