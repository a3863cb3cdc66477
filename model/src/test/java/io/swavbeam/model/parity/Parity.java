package io.swavbeam.model.parity;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The reference values: a large set in the folder of the system property {@code parity.dir}, else a
 * small one in {@code src/test/resources/parity} with its script.
 */
public final class Parity {
  private final Path folder;
  private final JsonNode description;

  private Parity(Path folder) throws IOException {
    this.folder = folder;
    this.description = new ObjectMapper().readTree(folder.resolve("parity.json").toFile());
  }

  /** Opens the large set if it exists, else the small one. */
  public static Parity open() throws IOException {
    Path large = Path.of(System.getProperty("parity.dir", "")).toAbsolutePath();
    return new Parity(
        Files.isRegularFile(large.resolve("parity.json"))
            ? large
            : Path.of("src/test/resources/parity"));
  }

  public Safetensors tensors(String fixture) throws IOException {
    return new Safetensors(folder.resolve(fixture + ".safetensors"));
  }

  public JsonNode description(String fixture) {
    return description.get(fixture);
  }

  /** Returns the norm of the difference, divided by the norm of the expected vector. */
  public static double relativeError(float[] actual, float[] expected) {
    double difference = 0;
    double length = 0;
    for (int i = 0; i < expected.length; i++) {
      difference += Math.pow((double) actual[i] - expected[i], 2);
      length += Math.pow(expected[i], 2);
    }
    return Math.sqrt(difference / length);
  }

  /** Returns the norm of a vector. */
  public static double norm(float[] vector) {
    double sum = 0;
    for (float value : vector) {
      sum += (double) value * value;
    }
    return Math.sqrt(sum);
  }
}
