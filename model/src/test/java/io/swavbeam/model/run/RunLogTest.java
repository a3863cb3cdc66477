package io.swavbeam.model.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.swavbeam.model.error.ErrorKind;
import io.swavbeam.model.image.DeadLetter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunLogTest {
  @TempDir private Path folder;

  private static StepReport report(long step) {
    return new StepReport(step, 10, 0, 1, 1, 1, 1, 1, 1, 1, 0, 1);
  }

  /** A killed process leaves an incomplete line, and lines of steps that are repeated. */
  @Test
  void goesOnBehindTheStepsThatAreDone() throws Exception {
    try (RunDirectory directory = RunDirectory.open(folder.resolve("run"))) {
      try (RunLog log = new RunLog(directory, new Checkpoints.Restored(0, 0))) {
        for (long step = 0; step < 5; step++) {
          log.step(report(step));
        }
        log.warning(4, "too late");
      }
      Files.writeString(
          directory.metrics(),
          Files.readString(directory.metrics()) + "{\"version\":1,\"step\":2,");
      try (RunLog log = new RunLog(directory, new Checkpoints.Restored(3, 0))) {
        log.step(report(3));
      }
      List<String> lines = Files.readAllLines(directory.metrics());
      assertThat(lines).hasSize(4);
      for (int step = 0; step < 4; step++) {
        assertThat(lines.get(step)).startsWith("{\"version\":1,\"step\":%d,".formatted(step));
      }
    }
  }

  /** A new letter is appended without rewriting the file. */
  @Test
  void aDeadLetterIsAppended() throws Exception {
    try (RunDirectory directory = RunDirectory.open(folder.resolve("run"))) {
      Path file = directory.deadLetters().resolve("images.jsonl");
      try (RunLog log = new RunLog(directory, new Checkpoints.Restored(0, 0))) {
        log.deadLetters(List.of(letter("1 漢.jpg")));
        Object inode = Files.getAttribute(file, "unix:ino");
        log.deadLetters(List.of(letter("1 漢.jpg"), letter("2.jpg")));
        log.deadLetters(List.of(letter("3.jpg")));
        assertThat(Files.getAttribute(file, "unix:ino")).isEqualTo(inode);
        assertThat(log.deadLettersOnDisk()).isEqualTo(3);
      }
      byte[] written = Files.readAllBytes(file);
      byte[] cutOff = Arrays.copyOf(written, written.length + 40);
      System.arraycopy(written, 0, cutOff, written.length, 40); // ends in the middle of a letter
      for (int known = 0; known <= 3; known++) {
        Files.write(file, cutOff);
        try (RunLog log = new RunLog(directory, new Checkpoints.Restored(1, known))) {
          assertThat(Files.readAllLines(file)).hasSize(known);
          log.deadLetters(List.of(letter("4.jpg")));
          assertThat(Files.readAllLines(file))
              .hasSize(known + 1)
              .last()
              .isEqualTo(letter("4.jpg").toJson());
        }
      }
    }
  }

  private static DeadLetter letter(String name) {
    return new DeadLetter("/a.tar", name, "decode", "damaged", ErrorKind.DAMAGED);
  }

  /** An image is counted as unreadable once, even if its archive is moved. */
  @Test
  void countsAnImageOfAMovedArchiveOnce() throws Exception {
    try (RunDirectory directory = RunDirectory.open(folder.resolve("run"))) {
      try (RunLog log = new RunLog(directory, new Checkpoints.Restored(0, 0))) {
        log.deadLetters(
            List.of(
                new DeadLetter("/before/a.tar", "1.jpg", "decode", "damaged", ErrorKind.DAMAGED)));
      }
      try (RunLog log = new RunLog(directory, new Checkpoints.Restored(1, 1))) {
        log.deadLetters(
            List.of(
                new DeadLetter("/now/a.tar", "1.jpg", "decode", "damaged", ErrorKind.DAMAGED),
                new DeadLetter("/now/a.tar", "2.jpg", "decode", "damaged", ErrorKind.DAMAGED)));
        assertThat(log.unreadableImages()).isEqualTo(2);
      }
    }
  }
}
