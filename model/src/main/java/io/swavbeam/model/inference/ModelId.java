package io.swavbeam.model.inference;

import io.swavbeam.model.config.Alpha;
import io.swavbeam.model.config.Decode;
import io.swavbeam.model.config.DecodingConfig;
import io.swavbeam.model.config.Precision;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The id of a network as it embeds. Equal ids mean equal embeddings. An example of the text is
 * {@code swav-0123456789ab-step-7-0a1b2c3d4e5f-bfloat16-pixels5-scaled}.
 *
 * @param network the id of the network, independent of precision and decoding
 * @param precision the type of the backbone's activations; not in the text if it is float32
 * @param decoding how pictures become pixels; not in the text if it is that of version 0.1
 */
public record ModelId(String network, Precision precision, DecodingConfig decoding) {
  private static final Pattern TEXT =
      Pattern.compile(
          "(?s)(.*?)(?:-(bfloat16|float16))?(?:-pixels([1-9]\\d{0,8})(?:-(drop))?(?:-(scaled))?)?");

  /** Parses an id. Any text is a valid id, if only of a network. */
  public static ModelId parse(String text) {
    Matcher matcher = TEXT.matcher(text);
    if (!matcher.matches()) {
      throw new IllegalStateException("matches each text");
    }
    return new ModelId(
        matcher.group(1),
        Precision.named(String.valueOf(matcher.group(2))).orElse(Precision.FLOAT32),
        matcher.group(3) == null
            ? DecodingConfig.FIRST
            : new DecodingConfig(
                Integer.parseInt(matcher.group(3)),
                matcher.group(4) == null ? Alpha.WHITE : Alpha.DROP,
                matcher.group(5) == null ? Decode.FULL : Decode.SCALED));
  }

  @Override
  public String toString() {
    String text = network + (precision == Precision.FLOAT32 ? "" : "-" + precision);
    return decoding.equals(DecodingConfig.FIRST)
        ? text
        : text
            + "-pixels"
            + decoding.version()
            + (decoding.alpha() == Alpha.WHITE ? "" : "-" + decoding.alpha())
            + (decoding.decode() == Decode.FULL ? "" : "-" + decoding.decode());
  }
}
