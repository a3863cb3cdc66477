package io.swavbeam.model.weights;

import java.util.List;

/** A weight file with several networks, if the choice between them is not clear. */
public final class SeveralNetworksException extends InvalidWeightsException {
  @SuppressWarnings("serial") // a list of Java's own
  private final List<String> prefixes;

  SeveralNetworksException(List<String> prefixes) {
    super("it holds several networks: " + String.join(", ", prefixes));
    this.prefixes = List.copyOf(prefixes);
  }

  /** Returns the prefixes of the networks, in the order of the file. */
  public List<String> prefixes() {
    return prefixes;
  }
}
