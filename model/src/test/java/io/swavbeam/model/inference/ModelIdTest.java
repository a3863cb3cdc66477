package io.swavbeam.model.inference;

import static org.assertj.core.api.Assertions.assertThat;

import io.swavbeam.model.config.Alpha;
import io.swavbeam.model.config.Decode;
import io.swavbeam.model.config.DecodingConfig;
import io.swavbeam.model.config.Precision;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ModelIdTest {
  /** The ids in rows of earlier versions. */
  @ParameterizedTest
  @CsvSource({
    "swav-0123456789ab-step-7, swav-0123456789ab-step-7, FLOAT32, 1, DROP, FULL",
    "swav-0123456789ab-step-7-bfloat16, swav-0123456789ab-step-7, BFLOAT16, 1, DROP, FULL",
    "swav-0-step-7-pixels2, swav-0-step-7, FLOAT32, 2, WHITE, FULL",
    "swav-0-step-7-abc-pixels5-scaled, swav-0-step-7-abc, FLOAT32, 5, WHITE, SCALED",
    "imported-abc-float16-pixels5-drop-scaled, imported-abc, FLOAT16, 5, DROP, SCALED",
    "imported-abc-bfloat16-pixels123-drop, imported-abc, BFLOAT16, 123, DROP, FULL",
  })
  void texts(
      String text, String network, Precision precision, int version, Alpha alpha, Decode decode) {
    ModelId id = new ModelId(network, precision, new DecodingConfig(version, alpha, decode));
    assertThat(id).hasToString(text);
    assertThat(ModelId.parse(text)).isEqualTo(id);
  }

  @Test
  void anyTextIsTheIdOfSomething() {
    for (String text : new String[] {"", "resnet", "a\nb", "x-pixels", "x-pixels0", "x-drop"}) {
      assertThat(ModelId.parse(text).network()).isEqualTo(text);
      assertThat(ModelId.parse(text)).hasToString(text);
    }
  }
}
