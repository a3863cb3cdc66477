package io.swavbeam.model.testing;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.ImageOutputStream;

/** Images for tests, drawn and encoded by the JDK. */
public final class TestImages {
  private TestImages() {}

  /** Draws smooth random colours, which JPEG preserves. */
  public static BufferedImage smooth(int seed, int height, int width) {
    Random random = new Random(seed);
    double[] waves = random.doubles(12).toArray();
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        int rgb = 0;
        for (int c = 0; c < 3; c++) {
          double wave =
              Math.sin(
                  6.3 * waves[4 * c] * x / width
                      + 6.3 * waves[4 * c + 1] * y / height
                      + 6.3 * waves[4 * c + 2]);
          rgb = rgb << 8 | (int) (127 + 120 * wave);
        }
        image.setRGB(x, y, rgb);
      }
    }
    return image;
  }

  /** Draws an image of one colour. */
  public static BufferedImage plain(int rgb, int height, int width, int type) {
    BufferedImage image = new BufferedImage(width, height, type);
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        image.setRGB(x, y, rgb);
      }
    }
    return image;
  }

  /** Encodes an image. */
  public static byte[] encode(BufferedImage image, String format) {
    try {
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      if (!ImageIO.write(image, format, out)) {
        throw new IllegalArgumentException("no writer for " + format);
      }
      return out.toByteArray();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Returns a smooth random JPEG. */
  public static byte[] jpeg(int seed, int height, int width) {
    return encode(smooth(seed, height, width), "jpg");
  }

  /** Returns a JPEG of the best quality, whose pixels are exact to a few levels. */
  public static byte[] fineJpeg(BufferedImage image, boolean progressive) {
    try {
      return writeJpeg(new IIOImage(image, null, null), progressive);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Writes a JPEG with the JDK's writer, which also accepts rasters of four bands. */
  public static byte[] writeJpeg(IIOImage image, boolean progressive) throws IOException {
    Iterator<ImageWriter> writers = ImageIO.getImageWritersByFormatName("jpeg");
    ImageWriter writer = writers.next();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ImageOutputStream out = ImageIO.createImageOutputStream(bytes)) {
      ImageWriteParam param = writer.getDefaultWriteParam();
      param.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
      param.setCompressionQuality(1);
      if (progressive) {
        param.setProgressiveMode(ImageWriteParam.MODE_DEFAULT);
      }
      writer.setOutput(out);
      writer.write(null, image, param);
    } finally {
      writer.dispose();
    }
    return bytes.toByteArray();
  }

  /** Inserts an EXIF segment with the orientation after the start of the image. */
  public static byte[] withOrientation(byte[] jpeg, int orientation) {
    int[] segment = {
      0xFF,
      0xE1,
      0,
      34,
      'E',
      'x',
      'i',
      'f',
      0,
      0,
      'M',
      'M',
      0,
      42,
      0,
      0,
      0,
      8,
      0,
      1,
      0x01,
      0x12,
      0,
      3,
      0,
      0,
      0,
      1,
      0,
      orientation,
      0,
      0,
      0,
      0,
      0,
      0
    };
    byte[] result = new byte[jpeg.length + segment.length];
    System.arraycopy(jpeg, 0, result, 0, 2);
    for (int i = 0; i < segment.length; i++) {
      result[2 + i] = (byte) segment[i];
    }
    System.arraycopy(jpeg, 2, result, 2 + segment.length, jpeg.length - 2);
    return result;
  }

  /**
   * Returns pictures of many formats by name. The entry with the suffix .rgb has the pixels of
   * Pillow.
   */
  public static Map<String, byte[]> formats() throws IOException {
    return entries("/pillow/formats.zip");
  }

  /** Returns HEIC and AVIF pictures by name, with their original pixels. */
  public static Map<String, byte[]> heif() throws IOException {
    return entries("/pillow/heif.zip");
  }

  private static Map<String, byte[]> entries(String resource) throws IOException {
    Map<String, byte[]> entries = new LinkedHashMap<>();
    try (ZipInputStream zip = new ZipInputStream(TestImages.class.getResourceAsStream(resource))) {
      for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
        entries.put(entry.getName(), zip.readAllBytes());
      }
    }
    return entries;
  }
}
