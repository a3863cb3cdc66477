package io.swavbeam.model.image;

import io.swavbeam.model.error.ErrorKind;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * HEIC and AVIF pictures, as phones write them. The command of libheif converts them to PNG, if the
 * system has it. Its decoders are native code that reads untrusted bytes. Therefore they run in a
 * separate process with limits on its memory, time and output. The process gets only those
 * environment variables that it needs to find programs and libraries. It works in a folder that is
 * deleted afterwards.
 *
 * <p>If a file has several pictures, the first one is read. Rotations in the file are applied.
 */
final class HeifPicture {
  /** The names of the command in libheif 1.18 and later, and in earlier versions. */
  private static final List<String> COMMANDS = List.of("heif-dec", "heif-convert");

  private static final Path SHELL = Path.of("/bin/sh");
  private static final @Nullable Path COMMAND = find();

  /**
   * The limits that a shell sets: memory in kilobytes, processor time in seconds, file size in
   * units of 512 bytes. If the system does not support one of them, the others still apply.
   */
  private static final String BOUNDED =
      "ulimit -v \"$1\"; ulimit -t \"$2\"; ulimit -f \"$3\"; ulimit -c 0; exec \"$4\" \"$5\" \"$6\"";

  /**
   * The memory of the process in bytes: code, stacks of threads, and the decoder's copies of each
   * pixel.
   */
  private static final long MEMORY = 2L << 30;

  private static final long MEMORY_OF_A_PIXEL = 48;
  private static final long FILE = 1 << 20;
  private static final long FILE_OF_A_PIXEL = 10;
  private static final String SAID = "said.txt";
  private static final int MAX_LENGTH = 1000;
  private static final int PROCESSOR_SECONDS = 120;
  private static final int SECONDS = 300;

  /** The environment variables with which the command finds its libraries. */
  private static final Set<String> ENVIRONMENT =
      Set.of("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "LIBHEIF_PLUGIN_PATH");

  private HeifPicture() {}

  private static @Nullable Path find() {
    String path = System.getenv("PATH");
    if (path == null || !Files.isExecutable(SHELL)) {
      return null;
    }
    for (String command : COMMANDS) {
      for (String folder : path.split(File.pathSeparator, -1)) {
        Path file = Path.of(folder, command);
        if (file.isAbsolute() && Files.isRegularFile(file) && Files.isExecutable(file)) {
          return file;
        }
      }
    }
    return null;
  }

  /** Returns whether this system can decode HEIC and AVIF. */
  static boolean isAvailable() {
    return COMMAND != null;
  }

  /**
   * Converts a picture to a PNG file that is upright. Its orientation is to be ignored.
   *
   * @param format the name of the format for people
   * @param limits the limits, which are checked again with the size of the PNG
   * @throws UndecodableImageException in one line, if it is damaged or there is no command
   * @throws UncheckedIOException in one line, if this machine has no room for the PNG or cannot run
   *     the command. The picture may be readable then.
   */
  static byte[] png(byte[] bytes, String format, ImageHeader header, ImageLimits limits)
      throws UndecodableImageException {
    Path command = COMMAND;
    if (command == null) {
      throw refusal(format);
    }
    long pixels = Math.min(limits.maxPixels(), header.width() * header.height());
    long longest = FILE + FILE_OF_A_PIXEL * pixels;
    Path folder = null;
    try {
      folder = Files.createTempDirectory("swav-heif-");
      Path in = Files.write(folder.resolve("in.heif"), bytes);
      Path out = folder.resolve("out.png");
      run(command, in, out, pixels, longest, format);
      Path first = folder.resolve("out-1.png"); // the first of several pictures
      Path png = Files.exists(out) ? out : first;
      if (!Files.exists(png)) {
        throw notDecoded(command, folder, longest, format);
      }
      return Files.readAllBytes(png);
    } catch (IOException e) {
      throw notHere(format, command, e.getMessage(), e);
    } finally {
      delete(folder);
    }
  }

  private static UncheckedIOException notHere(
      String format, Path command, String why, @Nullable IOException cause) {
    return new UncheckedIOException(
        new IOException("%s cannot be decoded by %s: %s".formatted(format, command, why), cause));
  }

  /** Returns the error for a picture that cannot be decoded on this system. */
  static UndecodableImageException refusal(String format) {
    return new UndecodableImageException(
        format.equals("AVIF") ? ErrorKind.AVIF_NOT_READ : ErrorKind.HEIC_NOT_READ,
        format + " is not read without libheif's heif-convert: install it, or convert the picture");
  }

  private static void run(Path command, Path in, Path out, long pixels, long longest, String format)
      throws IOException, UndecodableImageException {
    List<String> line =
        List.of(
            SHELL.toString(),
            "-c",
            BOUNDED,
            "sh",
            Long.toString((MEMORY + MEMORY_OF_A_PIXEL * pixels) >> 10),
            Integer.toString(PROCESSOR_SECONDS),
            Long.toString(longest >> 9),
            command.toString(),
            in.toString(),
            out.toString());
    ProcessBuilder builder =
        new ProcessBuilder(line)
            .directory(in.getParent().toFile())
            .redirectErrorStream(true)
            .redirectOutput(in.resolveSibling(SAID).toFile());
    builder.environment().keySet().retainAll(ENVIRONMENT);
    Process process = builder.start();
    try {
      process.getOutputStream().close();
      if (!process.waitFor(SECONDS, TimeUnit.SECONDS)) {
        throw new UndecodableImageException(
            "%s took longer than %d seconds to decode".formatted(format, SECONDS));
      }
      if (process.exitValue() != 0) {
        throw notDecoded(command, in.getParent(), longest, format);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while a picture was decoded", e);
    } finally {
      process.destroyForcibly();
    }
  }

  /**
   * Returns an error with the message of the command, which says whether the picture is damaged.
   *
   * @throws UncheckedIOException if the disk may have been full
   */
  private static UndecodableImageException notDecoded(
      Path command, Path folder, long longest, String format) throws IOException {
    if (Files.getFileStore(folder).getUsableSpace() < longest) {
      throw notHere(format, command, "the disk of %s is full".formatted(folder.getParent()), null);
    }
    String said;
    try (InputStream in = Files.newInputStream(folder.resolve(SAID))) {
      said = new String(in.readNBytes(MAX_LENGTH), StandardCharsets.ISO_8859_1);
    }
    String line =
        said.lines().map(String::strip).filter(text -> !text.isEmpty()).findFirst().orElse("");
    return new UndecodableImageException(
        "%s is not decoded by %s%s"
            .formatted(
                format,
                command.getFileName(),
                UndecodableImageException.because(
                    new IOException(line.replace(folder + "/", "")))));
  }

  private static void delete(@Nullable Path folder) {
    if (folder == null) {
      return;
    }
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
      Files.delete(folder);
    } catch (IOException e) {
      // The system cleans its folder of temporary files.
    }
  }
}
