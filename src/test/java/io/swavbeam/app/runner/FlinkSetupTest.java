package io.swavbeam.app.runner;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class FlinkSetupTest {
  @Test
  void findsAnApplicationWhosePathHasSpacesAndUmlauts() throws Exception {
    Path jar = Path.of("/tmp/my swav/größe/swav.jar");
    assertThat(FlinkSetup.path(jar.toUri().toURL())).isEqualTo(jar.toString());
  }
}
