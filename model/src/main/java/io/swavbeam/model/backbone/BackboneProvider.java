package io.swavbeam.model.backbone;

import io.swavbeam.model.config.InvalidConfigException;
import io.swavbeam.model.layers.Layers;
import java.util.ServiceLoader;
import java.util.TreeMap;
import org.tensorflow.types.family.TFloating;

/**
 * A factory for one kind of backbone. {@link ServiceLoader} finds the providers, in this project's
 * jars and in others.
 */
public interface BackboneProvider {
  /** Returns the {@code network.backbone} of a configuration. */
  String name();

  /**
   * Creates a backbone and its variables.
   *
   * @param layers creates the layers
   * @param width channels of the first stage
   */
  <T extends TFloating> Backbone<T> create(Layers<T> layers, long width);

  /**
   * Returns the provider of a name.
   *
   * @throws InvalidConfigException if there is none
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
