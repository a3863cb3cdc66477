package io.swavbeam.model.monitoring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.swavbeam.model.config.CropSpec;
import io.swavbeam.model.parity.Tensors;
import io.swavbeam.model.testing.TinyRecipe;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tensorflow.proto.Event;
import org.tensorflow.proto.SessionLog;
import org.tensorflow.proto.Summary;
import org.tensorflow.types.TUint8;

class TrainingMonitorTest {
  @TempDir private Path folder;

  @Test
  void writesWhatTensorBoardReads() throws Exception {
    List<TUint8> crops = new ArrayList<>();
    for (CropSpec spec : TinyRecipe.RECIPE.crops()) {
      int size = spec.size();
      byte[] grey = new byte[spec.count() * 4 * size * size * 3];
      java.util.Arrays.fill(grey, (byte) 100);
      crops.add(Tensors.bytes(grey, spec.count(), 4, size, size, 3));
    }
    StepResult result = new StepResult(1.5f, 0.25f, 0.75f, 0.5f, new int[] {0, 1, 1, 4});
    try (TrainingMonitor monitor = new TrainingMonitor(TinyRecipe.RECIPE, folder, 40)) {
      assertThat(monitor.step(result)).isEmpty();
      monitor.pictures(40, crops);
      monitor.pictures(41, crops);
      monitor.scalars(41, result, 1e-3, 200, 0.01);
    }
    crops.forEach(TUint8::close);

    List<Event> events = events();
    assertThat(events.get(0).getFileVersion()).startsWith("brain.Event");
    // Later steps of an earlier process are not valid any more.
    assertThat(events.get(1).getSessionLog().getStatus()).isEqualTo(SessionLog.SessionStatus.START);
    assertThat(events.get(1).getStep()).isEqualTo(40);
    Summary.Value sheet = value(events, "crops");
    var picture =
        ImageIO.read(
            new ByteArrayInputStream(sheet.getImage().getEncodedImageString().toByteArray()));
    assertThat(picture.getWidth()).isEqualTo(sheet.getImage().getWidth());
    assertThat(picture.getRGB(3, 3)).isEqualTo(0xFF646464);
    assertThat(value(events, "prototypes/images").getHisto().getSum()).isEqualTo(4);
    assertThat(value(events, "loss").getSimpleValue()).isEqualTo(1.5f);
    assertThat(value(events, "prototypes/used").getSimpleValue()).isEqualTo(3);
    assertThat(value(events, "learning_rate").getSimpleValue()).isCloseTo(1e-3f, within(1e-9f));
    assertThat(events.stream().flatMap(e -> e.getSummary().getValueList().stream()))
        .extracting(Summary.Value::getTag)
        .contains(
            "gradient_norm",
            "codes/entropy",
            "features/deviation",
            "speed/images_per_second",
            "speed/waiting")
        .doesNotHaveDuplicates();
  }

  private static Summary.Value value(List<Event> events, String tag) {
    return events.stream()
        .flatMap(event -> event.getSummary().getValueList().stream())
        .filter(value -> value.getTag().equals(tag))
        .findFirst()
        .orElseThrow();
  }

  /** Reads TFRecords: length, checksum, data, checksum. */
  private List<Event> events() throws IOException {
    Path file;
    try (Stream<Path> files = Files.list(folder)) {
      file = files.filter(f -> f.toString().contains("events.out.tfevents")).findFirst().get();
    }
    List<Event> events = new ArrayList<>();
    DataInputStream in = new DataInputStream(new ByteArrayInputStream(Files.readAllBytes(file)));
    while (in.available() > 0) {
      byte[] header = in.readNBytes(12);
      long length = ByteBuffer.wrap(header).order(ByteOrder.LITTLE_ENDIAN).getLong();
      events.add(Event.parseFrom(in.readNBytes((int) length)));
      in.skipNBytes(4);
    }
    return events;
  }
}
