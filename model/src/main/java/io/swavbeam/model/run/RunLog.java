package io.swavbeam.model.run;

import static java.util.stream.Collectors.joining;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.swavbeam.model.image.DeadLetter;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** The files of a run that grow line by line: its metrics, and its dead letters. */
public final class RunLog implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Format version of the metrics. Version 0.1 of the software wrote none, in the same lines. */
  private static final int FORMAT = 1;

  private final Path deadLetters;
  // In the order of steps, so that those up to a checkpoint come first.
  private final Set<DeadLetter> known = new LinkedHashSet<>();
  private final Set<List<String>> images = new HashSet<>();
  private final BufferedWriter metrics;

  /**
   * @param from the restored checkpoint; later lines of a killed run are dropped
   */
  public RunLog(RunDirectory directory, Checkpoints.Restored from) throws IOException {
    if (Files.exists(directory.metrics())) {
      StringBuilder kept = new StringBuilder();
      for (String line : lines(directory.metrics())) {
        if (JSON.readTree(line).path("step").asLong() < from.step()) {
          kept.append(line).append('\n');
        }
      }
      AtomicFiles.write(directory.metrics(), kept.toString());
    }
    metrics =
        Files.newBufferedWriter(
            directory.metrics(), StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    deadLetters = Files.createDirectories(directory.deadLetters()).resolve("images.jsonl");
    if (Files.exists(deadLetters)) {
      for (String line : lines(deadLetters)) {
        if (known.size() < from.deadLetters()) {
          add(DeadLetter.fromJson(line));
        }
      }
      AtomicFiles.write(deadLetters, text(known));
    }
  }

  /** Returns the complete lines of a file. The last line of a killed process may be incomplete. */
  private static List<String> lines(Path file) throws IOException {
    String text = new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
    return text.substring(0, text.lastIndexOf('\n') + 1).lines().toList();
  }

  private static String text(Collection<DeadLetter> letters) {
    return letters.stream().map(letter -> letter.toJson() + "\n").collect(joining());
  }

  public void step(StepReport report) throws IOException {
    write(JSON.valueToTree(report));
  }

  private void write(ObjectNode values) throws IOException {
    ObjectNode line = JSON.createObjectNode().put("version", FORMAT);
    line.setAll(values);
    metrics.write(JSON.writeValueAsString(line));
    metrics.newLine();
    metrics.flush();
  }

  public void warning(long step, String warning) throws IOException {
    write(JSON.createObjectNode().put("step", step).put("warning", warning));
  }

  /** Writes the new dead letters. May be called by several threads. */
  public synchronized void deadLetters(List<DeadLetter> letters) throws IOException {
    List<DeadLetter> fresh = letters.stream().filter(this::add).toList();
    if (!fresh.isEmpty()) {
      Files.writeString(
          deadLetters, text(fresh), StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }
  }

  private boolean add(DeadLetter letter) {
    // An archive that was moved has another path, and the same images.
    String file = letter.source().substring(letter.source().lastIndexOf('/') + 1);
    images.add(List.of(file, letter.name()));
    return known.add(letter);
  }

  /** Forces the dead letters to disk, and returns the number of different ones. */
  public synchronized long deadLettersOnDisk() throws IOException {
    if (!known.isEmpty()) {
      AtomicFiles.sync(deadLetters);
      AtomicFiles.sync(deadLetters.getParent());
    }
    return known.size();
  }

  /** Returns the number of different images with dead letters. */
  public synchronized long unreadableImages() {
    return images.size();
  }

  @Override
  public void close() throws IOException {
    metrics.close();
  }
}
