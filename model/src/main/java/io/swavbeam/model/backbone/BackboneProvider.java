package io.swavbeam.model.backbone;

import io.swavbeam.model.config.InvalidConfigException;
import io.swavbeam.model.layers.Layers;
import java.util.ServiceLoader;
import java.util.TreeMap;
import org.tensorflow.types.family.TFloating;

/**
 * Makes one kind of backbone. Providers are found by {@link ServiceLoader}, in this project's jars
 * and in anybody's.
 */
public interface BackboneProvider {
  /** The {@code network.backbone} of a configuration. */
  String name();

  /**
   * Creates a backbone and its variables.
   *
   * @param layers that it is made of
   * @param width channels of its first stage
   */
  <T extends TFloating> Backbone<T> create(Layers<T> layers, long width);

  /**
   * Finds the provider of a name.
   *
   * @throws InvalidConfigException if no backbone has that name
   */
  static BackboneProvider named(String name) {
    TreeMap<String, BackboneProvider> all = new TreeMap<>();
    ServiceLoader.load(BackboneProvider.class, BackboneProvider.class.getClassLoader())
        .forEach(provider -> all.put(provider.name(), provider));
    BackboneProvider found = all.get(name);
    if (found == null) {
      throw new InvalidConfigException(
          "unknown network.backbone '%s': take one of %s"
              .formatted(name, String.join(", ", all.keySet())));
    }
    return found;
  }
}
