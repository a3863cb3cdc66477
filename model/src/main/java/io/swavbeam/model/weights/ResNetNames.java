package io.swavbeam.model.weights;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A search for the residual networks among the tensors of a file by their names. Training scripts
 * and wrappers put any prefix before the names. Each prefix P for which {@code P + "conv1.weight"}
 * and {@code P + "layer1.0.conv1.weight"} exist is a network.
 *
 * <p>Three conventions of names are known: torchvision's, that of Hugging Face's transformers
 * ({@code embedder.embedder.convolution.weight}), and the numbered parts of {@code
 * nn.Sequential(*resnet.children())}.
 */
final class ResNetNames {
  private static final String STEM = "conv1.weight";
  private static final String FIRST_BLOCK = "layer1.0.conv1.weight";
  private static final int STAGES = 4;
  private static final int KERNEL_AXES = 4;

  /**
   * The largest number of networks, for example of an ensemble. Each takes a pass over all names.
   */
  private static final int MAX_NETWORKS = 64;

  private static final String HUGGING_FACE_STEM = "embedder.embedder.convolution.weight";
  private static final String HUGGING_FACE_BLOCK =
      "encoder.stages.0.layers.0.layer.0.convolution.weight";
  private static final Pattern HUGGING_FACE_EMBEDDER =
      Pattern.compile("embedder\\.embedder\\.(convolution|normalization)\\.(.*)");
  private static final Pattern HUGGING_FACE_LAYER =
      Pattern.compile(
          "encoder\\.stages\\.(\\d)\\.layers\\.(\\d{1,3})\\.(layer\\.(\\d)|shortcut)"
              + "\\.(convolution|normalization)\\.(.*)");

  private static final Pattern NUMBERED = Pattern.compile("(\\d{1,2})\\.(.*)");
  private static final Pattern NUMBERED_BLOCK =
      Pattern.compile("(.*?)(\\d{1,2})\\.0\\.conv1\\.weight");

  /** Words in the prefix of a network that is a moving average of another one. */
  private static final Set<String> AVERAGED =
      Set.of("ema", "momentum", "target", "averaged", "avg", "swa", "shadow", "key", "k");

  private ResNetNames() {}

  /**
   * A network in a file.
   *
   * @param prefix the prefix of its names in the file; usually empty or with a trailing dot
   * @param tensors the tensors of the backbone by torchvision's names, and others with the prefix,
   *     such as a classifier
   */
  record Found(String prefix, Map<String, StoredTensor> tensors) {
    /** Returns the prefix for messages, without a trailing dot. */
    String shown() {
      return prefix.isEmpty() ? "(no prefix)" : prefix.replaceFirst("\\.$", "");
    }

    private boolean isAveraged() {
      for (String word : prefix.toLowerCase(Locale.ROOT).split("[^a-z0-9]", -1)) {
        if (AVERAGED.contains(word)) {
          return true;
        }
      }
      return false;
    }
  }

  /** Returns all networks in the order of the file. */
  static List<Found> in(Map<String, StoredTensor> tensors) {
    Map<String, Found> found = new LinkedHashMap<>();
    Set<String> sequences = new HashSet<>();
    for (String name : tensors.keySet()) {
      if (found.size() > MAX_NETWORKS) {
        throw new InvalidWeightsException("it holds more than %d networks".formatted(MAX_NETWORKS));
      }
      String prefix = prefix(name, STEM);
      if (prefix != null
          && tensors.containsKey(prefix + FIRST_BLOCK)
          && !found.containsKey(prefix)) {
        found.put(prefix, new Found(prefix, below(prefix, tensors)));
      }
      prefix = prefix(name, HUGGING_FACE_STEM);
      if (prefix != null
          && tensors.containsKey(prefix + HUGGING_FACE_BLOCK)
          && !found.containsKey(prefix)) {
        found.put(prefix, new Found(prefix, renamedFromHuggingFace(below(prefix, tensors))));
      }
      Matcher block = NUMBERED_BLOCK.matcher(name);
      if (block.matches() && (block.group(1).isEmpty() || block.group(1).endsWith("."))) {
        prefix = block.group(1);
        if (sequences.size() < MAX_NETWORKS && sequences.add(prefix)) {
          Map<String, StoredTensor> renamed = renamedFromSequence(below(prefix, tensors));
          if (renamed.containsKey(STEM) && renamed.containsKey(FIRST_BLOCK)) {
            found.putIfAbsent(prefix, new Found(prefix, renamed));
          }
        }
      }
    }
    return List.copyOf(found.values());
  }

  /**
   * Chooses a network: the one with the given prefix, else the only one, else the only one that is
   * not a moving average of another. MoCo, BYOL and their relatives publish that network, and
   * training scripts evaluate it.
   *
   * @param wanted the prefix with or without a trailing dot; null to choose by the names
   * @throws InvalidWeightsException if there is none with that prefix
   * @throws SeveralNetworksException if there are several, such as a student and a teacher
   */
  static Found choose(List<Found> networks, @Nullable String wanted) {
    List<String> prefixes = networks.stream().map(Found::shown).toList();
    if (wanted != null) {
      return networks.stream()
          .filter(
              network -> network.prefix().equals(wanted) || network.prefix().equals(wanted + "."))
          .findFirst()
          .orElseThrow(
              () ->
                  new InvalidWeightsException(
                      "no network in it has the prefix %s; there are: %s"
                          .formatted(wanted, String.join(", ", prefixes))));
    }
    if (networks.size() == 1) {
      return networks.get(0);
    }
    List<Found> trained = networks.stream().filter(network -> !network.isAveraged()).toList();
    if (trained.size() != 1) {
      throw new SeveralNetworksException(prefixes);
    }
    return trained.get(0);
  }

  /** Returns the part of a name before a suffix; null if it does not have the suffix. */
  private static @Nullable String prefix(String name, String end) {
    return name.endsWith(end) ? name.substring(0, name.length() - end.length()) : null;
  }

  private static Map<String, StoredTensor> below(String prefix, Map<String, StoredTensor> tensors) {
    Map<String, StoredTensor> below = new LinkedHashMap<>();
    tensors.forEach(
        (name, tensor) -> {
          if (name.startsWith(prefix)) {
            below.put(name.substring(prefix.length()), tensor);
          }
        });
    return below;
  }

  private static Map<String, StoredTensor> renamedFromHuggingFace(
      Map<String, StoredTensor> tensors) {
    Map<String, StoredTensor> renamed = new LinkedHashMap<>();
    tensors.forEach(
        (name, tensor) -> {
          Matcher stem = HUGGING_FACE_EMBEDDER.matcher(name);
          Matcher layer = HUGGING_FACE_LAYER.matcher(name);
          if (stem.matches()) {
            renamed.put(
                (stem.group(1).equals("convolution") ? "conv1." : "bn1.") + stem.group(2), tensor);
          } else if (layer.matches()) {
            boolean convolution = layer.group(5).equals("convolution");
            String part =
                layer.group(4) == null
                    ? "downsample." + (convolution ? 0 : 1)
                    : (convolution ? "conv" : "bn") + (Integer.parseInt(layer.group(4)) + 1);
            renamed.put(
                "layer%d.%s.%s.%s"
                    .formatted(
                        Integer.parseInt(layer.group(1)) + 1, layer.group(2), part, layer.group(6)),
                tensor);
          } else {
            renamed.put(name, tensor);
          }
        });
    return renamed;
  }

  /**
   * Renames numbered parts: the first is the stem, the second its batch norm, those with blocks are
   * the stages.
   */
  private static Map<String, StoredTensor> renamedFromSequence(Map<String, StoredTensor> tensors) {
    TreeSet<Integer> stems = new TreeSet<>();
    TreeSet<Integer> stages = new TreeSet<>();
    tensors.forEach(
        (name, tensor) -> {
          Matcher numbered = NUMBERED.matcher(name);
          if (numbered.matches()) {
            int part = Integer.parseInt(numbered.group(1));
            if (numbered.group(2).equals("weight") && tensor.shape().size() == KERNEL_AXES) {
              stems.add(part);
            } else if (numbered.group(2).equals("0.conv1.weight")) {
              stages.add(part);
            }
          }
        });
    Map<Integer, String> parts = new TreeMap<>();
    if (!stems.isEmpty() && stages.size() == STAGES && stems.first() < stages.first()) {
      parts.put(stems.first(), "conv1.");
      parts.put(stems.first() + 1, "bn1.");
      List<Integer> inOrder = new ArrayList<>(stages);
      for (int stage = 0; stage < STAGES; stage++) {
        parts.put(inOrder.get(stage), "layer%d.".formatted(stage + 1));
      }
    }
    Map<String, StoredTensor> renamed = new LinkedHashMap<>();
    tensors.forEach(
        (name, tensor) -> {
          Matcher numbered = NUMBERED.matcher(name);
          String part = numbered.matches() ? parts.get(Integer.parseInt(numbered.group(1))) : null;
          renamed.put(part == null ? name : part + numbered.group(2), tensor);
        });
    return renamed;
  }
}
