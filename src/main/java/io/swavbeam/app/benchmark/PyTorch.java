package io.swavbeam.app.benchmark;

import io.swavbeam.app.command.CommandFailedException;
import io.swavbeam.model.config.ConfigJson;
import io.swavbeam.model.config.Precision;
import io.swavbeam.model.config.SwavConfig;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A measurement of PyTorch and torchvision with Pillow on the same work. They run in a Python of
 * the machine, with a process for each figure.
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
   * Looks for a Python with PyTorch.
   *
   * @param folder the folder for the script
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
      found.run(List.of(PYTHON, "-c", "import torch, torchvision, PIL"), Map.of());
    } catch (IOException e) {
      throw new CommandFailedException(
          "--peer needs %s with torch, torchvision and pillow: %s"
              .formatted(PYTHON, e.getMessage()));
    }
    return found;
  }

  /**
   * Measures a figure.
   *
   * @param what {@code step}, {@code crops}, {@code inference} or {@code embedding}
   * @param environment variables to add to those of this process
   * @param more further arguments of the script
   * @return images per second
   */
  double measure(
      String what,
      SwavConfig recipe,
      Precision precision,
      Map<String, String> environment,
      String... more)
      throws IOException, InterruptedException {
    Path file = Files.writeString(script.resolveSibling("recipe.json"), ConfigJson.write(recipe));
    List<String> line = new ArrayList<>(List.of(PYTHON, script.toString(), what, file.toString()));
    line.addAll(List.of(more));
    line.add("--precision=" + precision);
    return Double.parseDouble(run(line, environment).strip());
  }

  private String run(List<String> line, Map<String, String> environment)
      throws IOException, InterruptedException {
    return ChildProcess.output(line, environment, log);
  }
}
