package io.swavbeam.pipelines.input;

import io.swavbeam.model.run.AtomicFiles;
import io.swavbeam.pipelines.archive.InputFile;
import io.swavbeam.pipelines.storage.Location;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.commons.io.input.UnsynchronizedByteArrayInputStream;
import org.apache.lucene.codecs.CodecUtil;
import org.apache.lucene.store.Directory;
import org.apache.lucene.store.IOContext;
import org.apache.lucene.store.IndexOutput;
import org.apache.lucene.store.NIOFSDirectory;
import org.apache.lucene.util.BytesRef;
import org.apache.lucene.util.OfflineSorter;
import org.apache.lucene.util.OfflineSorter.ByteSequencesReader;
import org.apache.lucene.util.OfflineSorter.ByteSequencesWriter;

/**
 * A collection of files that returns each once, in the order of the URIs. They are sorted on disk
 * in a temporary folder, so memory does not grow with them.
 */
final class SortedFiles implements AutoCloseable {
  private static final String PREFIX = "files";

  private final Path folder;
  private final Directory directory;
  private final IndexOutput output;
  private final ByteSequencesWriter found;
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private long count;

  /** Receives the files. */
  @FunctionalInterface
  interface FileVisitor {
    void visit(InputFile file) throws IOException;
  }

  SortedFiles() throws IOException {
    folder = Files.createTempDirectory("swav-files-");
    directory = new NIOFSDirectory(folder);
    output = directory.createTempOutput(PREFIX, "found", IOContext.DEFAULT);
    found = new ByteSequencesWriter(output);
  }

  /** Adds a file. The first of several files with the same URI counts. */
  synchronized void add(InputFile file) throws IOException {
    bytes.reset();
    DataOutputStream out = new DataOutputStream(bytes);
    // Two bytes per character give the order of Java's strings. No URI contains the terminating
    // character.
    out.writeChars(file.location().uri());
    out.writeChar(0);
    out.writeLong(count++);
    out.writeLong(file.length());
    out.writeUTF(file.version());
    out.write(file.name().getBytes(StandardCharsets.UTF_8));
    found.write(new BytesRef(bytes.toByteArray()));
  }

  /** Returns the number of added files. Repeated URIs are counted again. */
  synchronized long count() {
    return count;
  }

  /** Visits the files in order. No file can be added afterwards. */
  void visit(FileVisitor visitor) throws IOException {
    CodecUtil.writeFooter(output);
    found.close();
    String sorted = new OfflineSorter(directory, PREFIX).sort(output.getName());
    try (ByteSequencesReader reader =
        new ByteSequencesReader(directory.openChecksumInput(sorted, IOContext.READONCE), sorted)) {
      String last = null;
      for (BytesRef next = reader.next(); next != null; next = reader.next()) {
        InputFile file = file(next);
        if (!file.location().uri().equals(last)) {
          visitor.visit(file);
        }
        last = file.location().uri();
      }
    }
  }

  private static InputFile file(BytesRef bytes) throws IOException {
    DataInputStream in =
        new DataInputStream(
            UnsynchronizedByteArrayInputStream.builder()
                .setByteArray(bytes.bytes)
                .setOffset(bytes.offset)
                .setLength(bytes.length)
                .get());
    StringBuilder uri = new StringBuilder();
    for (char next = in.readChar(); next != 0; next = in.readChar()) {
      uri.append(next);
    }
    in.readLong(); // skips the number of the file
    long length = in.readLong();
    String version = in.readUTF();
    String name = new String(in.readAllBytes(), StandardCharsets.UTF_8);
    return new InputFile(new Location(uri.toString()), name, length, version);
  }

  @Override
  public void close() throws IOException {
    found.close();
    directory.close();
    AtomicFiles.delete(folder);
  }
}
