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
 * Files as they are found, then in the order of their URIs, each once. They are sorted on disk, in
 * a temporary folder, so memory does not grow with them.
 */
final class SortedFiles implements AutoCloseable {
  private static final String PREFIX = "files";

  private final Path folder;
  private final Directory directory;
  private final IndexOutput output;
  private final ByteSequencesWriter found;
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private long count;

  /** Takes files one by one. */
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

  /** Adds a file; of several with one URI, the first one counts. */
  synchronized void add(InputFile file) throws IOException {
    bytes.reset();
    DataOutputStream out = new DataOutputStream(bytes);
    // As Java compares texts. No URI has the character that ends it here.
    out.writeChars(file.location().uri());
    out.writeChar(0);
    out.writeLong(count++);
    out.writeLong(file.length());
    out.writeUTF(file.version());
    out.write(file.name().getBytes(StandardCharsets.UTF_8));
    found.write(new BytesRef(bytes.toByteArray()));
  }

  /** How many files were added, those with one URI more than once. */
  synchronized long count() {
    return count;
  }

  /** Visits the files in order; nothing can be added any more. */
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
    in.readLong(); // when it was added
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
