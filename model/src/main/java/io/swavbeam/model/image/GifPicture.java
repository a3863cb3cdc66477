package io.swavbeam.model.image;

import io.swavbeam.model.config.Alpha;
import java.awt.image.BufferedImage;
import java.awt.image.IndexColorModel;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Arrays;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.MemoryCacheImageInputStream;
import org.tensorflow.types.TUint8;
import org.w3c.dom.NamedNodeMap;
import org.w3c.dom.Node;

/**
 * The first frame of a GIF on its canvas, which may be larger than the frame. The JDK decodes it,
 * because TensorFlow ignores the canvas and transparency.
 */
final class GifPicture {
  private static final String FRAME = "javax_imageio_gif_image_1.0";

  private GifPicture() {}

  /** The position of the frame on the canvas, and the size of the canvas. */
  private record Layout(int left, int top, int width, int height) {}

  /**
   * Decodes a GIF.
   *
   * @param canvas the size in the header of the file
   * @return {@code [height, width, 3] uint8}
   * @throws UndecodableImageException if it is damaged or too large
   */
  static TUint8 decode(byte[] gif, ImageHeader canvas, Alpha alpha, ImageLimits limits)
      throws UndecodableImageException {
    ImageReader reader = ImageIO.getImageReadersByFormatName("gif").next();
    try {
      reader.setInput(new MemoryCacheImageInputStream(new ByteArrayInputStream(gif)), true);
      int right = reader.getWidth(0);
      int bottom = reader.getHeight(0);
      Layout layout = layout(reader, canvas, right, bottom);
      limits.checkPixels(layout.width(), layout.height());
      return draw(reader.read(0), layout, alpha);
    } catch (IOException | RuntimeException e) {
      throw new UndecodableImageException("damaged or cut off GIF", e);
    } finally {
      reader.dispose();
    }
  }

  private static Layout layout(ImageReader reader, ImageHeader canvas, int width, int height)
      throws IOException {
    Node frame = reader.getImageMetadata(0).getAsTree(FRAME).getFirstChild();
    while (!frame.getNodeName().equals("ImageDescriptor")) {
      frame = frame.getNextSibling();
    }
    NamedNodeMap place = frame.getAttributes();
    int left = number(place, "imageLeftPosition");
    int top = number(place, "imageTopPosition");
    return new Layout(
        left,
        top,
        (int) Math.max(canvas.width(), left + width),
        (int) Math.max(canvas.height(), top + height));
  }

  private static int number(NamedNodeMap attributes, String name) {
    return Integer.parseInt(attributes.getNamedItem(name).getNodeValue());
  }

  private static TUint8 draw(BufferedImage frame, Layout layout, Alpha alpha) {
    byte[] pixels = new byte[layout.width() * layout.height() * Pixels.CHANNELS];
    int[] row = new int[frame.getWidth()];
    if (frame.getWidth() < layout.width() || frame.getHeight() < layout.height()) {
      int[] canvas = new int[layout.width()];
      Arrays.fill(canvas, outside(frame));
      for (int y = 0; y < layout.height(); y++) {
        Pixels.write(canvas, alpha, pixels, y * layout.width() * Pixels.CHANNELS);
      }
    }
    for (int y = 0; y < frame.getHeight(); y++) {
      frame.getRGB(0, y, row.length, 1, row, 0, row.length);
      int at = ((layout.top() + y) * layout.width() + layout.left()) * Pixels.CHANNELS;
      Pixels.write(row, alpha, pixels, at);
    }
    return Pixels.tensor(pixels, layout.height(), layout.width());
  }

  /**
   * Returns the colour of the canvas outside the frame, as Pillow chooses it: the transparent
   * colour if there is one, else the first of the palette.
   */
  private static int outside(BufferedImage frame) {
    IndexColorModel palette = (IndexColorModel) frame.getColorModel();
    return palette.getRGB(Math.max(0, palette.getTransparentPixel()));
  }
}
