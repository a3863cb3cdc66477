package io.swavbeam.app.benchmark;

import io.swavbeam.app.command.CommandFailedException;
import io.swavbeam.model.config.ConfigJson;
import io.swavbeam.model.config.Precision;
import io.swavbeam.model.config.SwavConfig;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The peer: PyTorch, and torchvision with Pillow, on the same work. They run in a Python of the
 * machine, one process for each figure.
 */
final class PyTorch {
  private static final String SCRIPT = "pytorch.py";
  private static final String PYTHON = "python3";

  private final Path script;
  private final Path log;

  private PyTorch(Path script, Path log) {
    this.script = script;
    this.log = log;
  }

  /**
   * Looks for it.
   *
   * @param folder takes the script
   * @throws CommandFailedException if there is no Python with PyTorch, torchvision and Pillow
   */
  static PyTorch find(Path folder)
      throws IOException, InterruptedException, CommandFailedException {
    Path script = folder.resolve(SCRIPT);
    try (InputStream in = PyTorch.class.getResourceAsStream("/benchmark/" + SCRIPT)) {
      Files.copy(in, script);
    }
    PyTorch found = new PyTorch(script, folder.resolve("pytorch.log"));
    try {
      found.run(List.of(PYTHON, "-c", "import torch, torchvision, PIL"));
    } catch (IOException e) {
      throw new CommandFailedException(
          "--peer needs %s with torch, torchvision and pillow: %s"
              .formatted(PYTHON, e.getMessage()));
    }
    return found;
  }

  /**
   * Measures.
   *
   * @param what {@code step}, {@code crops}, {@code inference} or {@code embedding}
   * @param more arguments of the script
   * @return images a second
   */
  double measure(String what, SwavConfig recipe, Precision precision, String... more)
      throws IOException, InterruptedException {
    Path file = Files.writeString(script.resolveSibling("recipe.json"), ConfigJson.write(recipe));
    List<String> line = new ArrayList<>(List.of(PYTHON, script.toString(), what, file.toString()));
    line.addAll(List.of(more));
    line.add("--precision=" + precision);
    return Double.parseDouble(run(line).strip());
  }

  private String run(List<String> line) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(line).redirectError(log.toFile()).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      List<String> said = Files.readAllLines(log);
      throw new IOException(
          said.isEmpty() ? "it ended with " + process.exitValue() : said.get(said.size() - 1));
    }
    return output;
  }
}
