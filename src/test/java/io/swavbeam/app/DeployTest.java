package io.swavbeam.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.swavbeam.app.command.Options;
import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.flink.kubernetes.operator.api.FlinkDeployment;
import org.junit.jupiter.api.Test;

/** Checks the files in deploy/ with the software that reads them. */
class DeployTest {
  private static final Path DEPLOY = Path.of("../deploy");
  private static final ObjectMapper YAML = new ObjectMapper(new YAMLFactory());

  private static final Map<String, Class<?>> KINDS =
      Map.of(
          "Deployment", Deployment.class,
          "FlinkDeployment", FlinkDeployment.class,
          "Job", Job.class,
          "PersistentVolumeClaim", PersistentVolumeClaim.class,
          "Service", Service.class);

  private static List<JsonNode> documents(Path file) throws IOException {
    try (MappingIterator<JsonNode> documents =
        YAML.readerFor(JsonNode.class).readValues(file.toFile())) {
      return documents.readAll();
    }
  }

  private static List<JsonNode> manifests() throws IOException {
    List<JsonNode> manifests = new ArrayList<>();
    try (Stream<Path> files = Files.list(DEPLOY.resolve("kubernetes"))) {
      for (Path file : files.filter(f -> f.toString().endsWith(".yaml")).sorted().toList()) {
        if (!file.endsWith("kustomization.yaml")) {
          manifests.addAll(documents(file));
        }
      }
    }
    return manifests;
  }

  @Test
  void kubernetesAndTheFlinkOperatorKnowEveryKey() throws Exception {
    List<String> kinds = new ArrayList<>();
    for (JsonNode manifest : manifests()) {
      String kind = manifest.get("kind").asText();
      assertThat(KINDS).containsKey(kind);
      kinds.add(kind);
      assertNothingUnknown(kind, YAML.treeToValue(manifest, KINDS.get(kind)));
    }
    assertThat(kinds)
        .contains("FlinkDeployment", "Deployment", "Service", "PersistentVolumeClaim", "Job");
  }

  /** The models keep unknown keys separately. */
  private static void assertNothingUnknown(String where, Object value) throws Exception {
    if (value instanceof Collection<?> values) {
      for (Object each : values) {
        assertNothingUnknown(where, each);
      }
    } else if (value instanceof Map<?, ?> map) {
      for (Map.Entry<?, ?> entry : map.entrySet()) {
        assertNothingUnknown(where + "." + entry.getKey(), entry.getValue());
      }
    } else if (value != null
        && value
            .getClass()
            .getName()
            .matches("(io\\.fabric8\\.kubernetes|org\\.apache\\.flink\\.kubernetes)\\..*")
        && !value.getClass().isEnum()) {
      for (Method getter : value.getClass().getMethods()) {
        if (getter.getParameterCount() > 0
            || !getter.getName().startsWith("get")
            || getter.getDeclaringClass() == Object.class) {
          continue;
        }
        Object part = getter.invoke(value);
        if (getter.getName().equals("getAdditionalProperties")) {
          assertThat((Map<?, ?>) part).as("unknown keys in " + where).isEmpty();
        } else {
          assertNothingUnknown(where + "." + getter.getName().substring(3), part);
        }
      }
    }
  }

  @Test
  void theTestOfTheManifestsWouldFindAMisspeltKey() throws Exception {
    Service wrong = YAML.readValue("kind: Service\nspec:\n  prots: []\n", Service.class);
    assertThatThrownBy(() -> assertNothingUnknown("Service", wrong))
        .isInstanceOf(AssertionError.class);
  }

  /** Every command line in the files is valid. */
  @Test
  void everyCommandLineIsOne() throws Exception {
    List<List<String>> commands = new ArrayList<>();
    for (JsonNode manifest : manifests()) {
      collect(manifest, commands);
    }
    for (JsonNode compose : documents(DEPLOY.resolve("compose.yaml"))) {
      collect(compose, commands);
    }
    String text = Files.readString(DEPLOY.resolve("README.md")).replace("\\\n", " ");
    for (String line : text.lines().map(String::strip).toList()) {
      if (line.startsWith("./swav ")) {
        String words = line.replaceAll("\\s[#&].*", "").substring("./swav ".length());
        commands.add(List.of(words.strip().split("\\s+", -1)));
      }
    }
    assertThat(commands).hasSizeGreaterThan(6);
    for (List<String> command : commands) {
      String name = command.get(0);
      List<String> arguments = command.subList(name.equals("cluster") ? 2 : 1, command.size());
      Options.parse(arguments, Swav.command(name).options());
    }
  }

  private static void collect(JsonNode node, List<List<String>> commands) {
    if (node.path("command").isArray() && node.get("command").get(0).asText().equals("swav")) {
      List<String> line = new ArrayList<>();
      node.get("command").forEach(word -> line.add(word.asText()));
      node.path("args").forEach(word -> line.add(word.asText()));
      commands.add(line.subList(1, line.size()));
    }
    node.forEach(child -> collect(child, commands));
  }
}
