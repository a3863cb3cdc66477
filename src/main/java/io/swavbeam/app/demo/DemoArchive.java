package io.swavbeam.app.demo;

import io.swavbeam.model.crops.StatelessRandom;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.GradientPaint;
import java.awt.Graphics2D;
import java.awt.Image;
import java.awt.RenderingHints;
import java.awt.Shape;
import java.awt.geom.AffineTransform;
import java.awt.geom.Area;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Line2D;
import java.awt.geom.Path2D;
import java.awt.geom.Rectangle2D;
import java.awt.image.BufferedImage;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Locale;
import javax.imageio.ImageIO;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;

/**
 * A small labelled archive for trials. It has eight kinds of objects, each with a shape, a texture
 * and two palettes. They have random positions, sizes, angles and illumination, and are partly
 * covered by dots. Each hue occurs in several kinds, as foreground or background, so that single
 * pixels say little about the kind.
 */
public final class DemoArchive {
  /** The number of images in the archive. */
  public static final int IMAGES = 3000;

  private static final int SIDE = 32;
  // Drawn larger and scaled down, for soft edges.
  private static final int CANVAS = 4 * SIDE;
  private static final double UNIT = 1;
  private static final int HUES = 6;
  private static final int PALETTES = 2;

  private enum Kind {
    BALL,
    BRICK,
    CROSS,
    FLOWER,
    MOON,
    RING,
    STAR,
    TENT
  }

  private DemoArchive() {}

  /**
   * Draws the archive. It is always the same, and never visible in part.
   *
   * @param images the number of images, at most {@link #IMAGES}
   */
  public static void write(Path file, int images) throws IOException {
    Path unfinished = file.resolveSibling(file.getFileName() + ".unfinished");
    try (TarArchiveOutputStream tar =
        new TarArchiveOutputStream(
            new BufferedOutputStream(Files.newOutputStream(unfinished)),
            StandardCharsets.UTF_8.name())) {
      for (int i = 0; i < images; i++) {
        Kind kind = Kind.values()[i % Kind.values().length];
        ByteArrayOutputStream jpeg = new ByteArrayOutputStream();
        ImageIO.write(draw(i % Kind.values().length, StatelessRandom.of(i)), "jpg", jpeg);
        TarArchiveEntry entry =
            new TarArchiveEntry(
                "shapes/%s/%04d.jpg".formatted(kind.name().toLowerCase(Locale.ROOT), i));
        entry.setSize(jpeg.size());
        entry.setModTime(0);
        tar.putArchiveEntry(entry);
        jpeg.writeTo(tar);
        tar.closeArchiveEntry();
      }
    }
    Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE);
  }

  private static BufferedImage draw(int number, StatelessRandom random) {
    Kind kind = Kind.values()[number];
    int palette = PALETTES * number + random.below(PALETTES);
    int thing = palette % HUES;
    int background = (thing + 1 + palette / HUES) % HUES;
    BufferedImage canvas = new BufferedImage(CANVAS, CANVAS, BufferedImage.TYPE_INT_RGB);
    Graphics2D g = graphics(canvas);
    g.setPaint(
        new GradientPaint(
            random.below(CANVAS),
            random.below(CANVAS),
            color(background, random),
            random.below(CANVAS),
            random.below(CANVAS),
            color((background + 2) % HUES, random)));
    g.fillRect(0, 0, CANVAS, CANVAS);
    for (int i = random.below(6); i > 0; i--) {
      g.setColor(color(random.below(HUES), random));
      int size = random.below(CANVAS / 3) + 2;
      g.fillOval(random.below(CANVAS), random.below(CANVAS), size, size);
    }

    AffineTransform place = new AffineTransform();
    place.translate(random.uniform(0.3, 0.7) * CANVAS, random.uniform(0.3, 0.7) * CANVAS);
    place.rotate(random.uniform(-0.5, 0.5));
    double size = random.uniform(0.28, 0.46) * CANVAS;
    place.scale(size, size);
    g.transform(place);
    Shape outline = outline(kind);
    g.setColor(color(thing, random));
    g.fill(outline);
    g.clip(outline);
    g.setColor(color(thing, random));
    g.setStroke(new BasicStroke((float) random.uniform(0.1, 0.2)));
    texture(kind, g, random.uniform(0.3, 0.45));
    g.dispose();

    BufferedImage small = new BufferedImage(SIDE, SIDE, BufferedImage.TYPE_INT_RGB);
    Graphics2D down = graphics(small);
    down.drawImage(canvas.getScaledInstance(SIDE, SIDE, Image.SCALE_AREA_AVERAGING), 0, 0, null);
    down.dispose();
    return small;
  }

  private static Graphics2D graphics(BufferedImage image) {
    Graphics2D g = image.createGraphics();
    g.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
    return g;
  }

  /** Returns a shade of a hue. */
  private static Color color(int hue, StatelessRandom random) {
    return Color.getHSBColor(
        (float) ((hue + random.uniform(-0.25, 0.25)) / HUES),
        (float) random.uniform(0.25, 1),
        (float) random.uniform(0.2, 1));
  }

  /** Returns the outline of a kind, within [-1, 1]. */
  private static Shape outline(Kind kind) {
    return switch (kind) {
      case BALL -> circle(0, 0, UNIT);
      case BRICK -> new Rectangle2D.Double(-1, -0.6, 2, 1.2);
      case CROSS -> union(bar(-1, -0.35, 2, 0.7), bar(-0.35, -1, 0.7, 2));
      case FLOWER -> petals();
      case MOON -> difference(circle(0, 0, UNIT), circle(0.55, -0.2, 0.8));
      case RING -> difference(circle(0, 0, UNIT), circle(0, 0, 0.5));
      case STAR -> polygon(10, 0.42);
      case TENT -> polygon(3, UNIT);
    };
  }

  /** Draws the texture of a kind, with lines and dots at a distance of {@code step}. */
  private static void texture(Kind kind, Graphics2D g, double step) {
    for (double at = -1; at <= 1; at += step) {
      switch (kind) {
        case BALL -> g.draw(line(-1, at, 1, at));
        case BRICK -> {
          g.draw(line(-1, at, 1, at));
          g.draw(line(at, -1, at, 1));
        }
        case CROSS -> g.draw(line(at - 1, -1, at + 1, 1));
        case FLOWER, MOON -> {
          for (double x = -1; x <= 1; x += step) {
            g.fill(circle(x, at, kind == Kind.FLOWER ? 0.09 : 0.14));
          }
        }
        case RING -> g.draw(line(0, 0, 2 * Math.cos(at * Math.PI), 2 * Math.sin(at * Math.PI)));
        case STAR -> g.draw(circle(0, 0, Math.abs(at)));
        case TENT -> g.draw(line(at, -1, at, 1));
      }
    }
  }

  private static Shape circle(double x, double y, double radius) {
    return new Ellipse2D.Double(x - radius, y - radius, 2 * radius, 2 * radius);
  }

  private static Shape bar(double x, double y, double width, double height) {
    return new Rectangle2D.Double(x, y, width, height);
  }

  private static Shape line(double x1, double y1, double x2, double y2) {
    return new Line2D.Double(x1, y1, x2, y2);
  }

  private static Shape petals() {
    Area area = new Area(circle(0, 0, 0.4));
    for (int i = 0; i < 6; i++) {
      double angle = i * Math.PI / 3;
      area.add(new Area(circle(0.62 * Math.cos(angle), 0.62 * Math.sin(angle), 0.36)));
    }
    return area;
  }

  /** Returns a star: a polygon whose every second corner is at distance {@code inner}. */
  private static Shape polygon(int corners, double inner) {
    Path2D path = new Path2D.Double();
    for (int i = 0; i < corners; i++) {
      double radius = i % 2 == 0 ? UNIT : inner;
      double angle = 2 * Math.PI * i / corners - Math.PI / 2;
      double x = radius * Math.cos(angle);
      double y = radius * Math.sin(angle);
      if (i == 0) {
        path.moveTo(x, y);
      } else {
        path.lineTo(x, y);
      }
    }
    path.closePath();
    return path;
  }

  private static Shape union(Shape one, Shape other) {
    Area area = new Area(one);
    area.add(new Area(other));
    return area;
  }

  private static Shape difference(Shape one, Shape other) {
    Area area = new Area(one);
    area.subtract(new Area(other));
    return area;
  }
}
