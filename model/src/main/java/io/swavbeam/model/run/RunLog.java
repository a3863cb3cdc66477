package io.swavbeam.model.run;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.swavbeam.model.image.DeadLetter;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** What a run writes line by line: its metrics, and the images that it could not use. */
public final class RunLog implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * Format version of the metrics. Version 0.1 of the software wrote none; its lines are the same.
   */
  private static final int FORMAT = 1;

  private final Path deadLetters;
  // In the order of the steps, so that those of a checkpoint's steps are the first.
  private final Set<DeadLetter> known = new LinkedHashSet<>();
  private final Set<List<String>> images = new HashSet<>();
  private final BufferedWriter metrics;

  /**
   * @param from what training goes on from: later lines of a run that was killed are dropped
   */
  public RunLog(RunDirectory directory, Checkpoints.Restored from) throws IOException {
    if (Files.exists(directory.metrics())) {
      List<String> kept = new ArrayList<>();
      for (String line : Files.readAllLines(directory.metrics())) {
        if (line.endsWith("}") && stepOf(line) < from.step()) {
          kept.add(line + "\n");
        }
      }
      AtomicFiles.write(directory.metrics(), String.join("", kept));
    }
    metrics =
        Files.newBufferedWriter(
            directory.metrics(), StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    deadLetters = Files.createDirectories(directory.deadLetters()).resolve("images.jsonl");
    if (Files.exists(deadLetters)) {
      for (String line : Files.readAllLines(deadLetters)) {
        if (line.endsWith("}") && known.size() < from.deadLetters()) {
          add(DeadLetter.fromJson(line));
        }
      }
    }
  }

  private static long stepOf(String line) throws IOException {
    JsonNode node = JSON.readTree(line);
    return node.path("step").asLong();
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

  /** Writes the letters that are new. May be called by several threads. */
  public synchronized void deadLetters(List<DeadLetter> letters) throws IOException {
    boolean fresh = false;
    for (DeadLetter letter : letters) {
      fresh |= add(letter);
    }
    if (fresh) {
      StringBuilder text = new StringBuilder();
      known.forEach(letter -> text.append(letter.toJson()).append('\n'));
      AtomicFiles.write(deadLetters, text.toString());
    }
  }

  private boolean add(DeadLetter letter) {
    // An archive that was moved meanwhile has another path, and the same images.
    String file = letter.source().substring(letter.source().lastIndexOf('/') + 1);
    images.add(List.of(file, letter.name()));
    return known.add(letter);
  }

  /** How many letters are known, each once. */
  public synchronized long deadLetters() {
    return known.size();
  }

  /** How many images they speak of. */
  public synchronized long unreadableImages() {
    return images.size();
  }

  @Override
  public void close() throws IOException {
    metrics.close();
  }
}
