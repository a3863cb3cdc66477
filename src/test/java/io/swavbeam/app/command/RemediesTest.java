package io.swavbeam.app.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.swavbeam.model.config.InvalidConfigException;
import io.swavbeam.model.error.ErrorKind;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RemediesTest {
  /** A cluster reports an error as the text of a stack trace, with any name of the folder. */
  @ParameterizedTest
  @ValueSource(strings = {"/runs/a", "/runs/a [1] x", "/runs/a[1]", "/a]b", "/ä\nb", ""})
  void theTraceOfAnErrorHasItsRemedy(String model) {
    InvalidConfigException error =
        new InvalidConfigException(ErrorKind.NOT_EXPORTED, model, "no model yet", null);
    assertThat(Remedies.line(error))
        .isEqualTo("no model yet: `swav export --run=%s` exports its newest checkpoint", model);
    assertThat(Remedies.ofTrace("Caused by: " + error)).isEqualTo(Remedies.line(error));
  }

  @Test
  void othersHaveNone() {
    assertThat(Remedies.ofTrace("Caused by: java.io.IOException: [ERROR disk 5] foo")).isNull();
    assertThat(Remedies.line(new IOException("foo"))).isEqualTo("foo");
  }
}
