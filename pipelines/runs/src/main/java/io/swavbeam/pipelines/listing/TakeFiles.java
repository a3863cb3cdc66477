package io.swavbeam.pipelines.listing;

import io.swavbeam.model.image.DeadLetter;
import io.swavbeam.pipelines.archive.InputFile;
import io.swavbeam.pipelines.archive.format.Formats;
import io.swavbeam.pipelines.deadletter.DeadLetterFiles;
import io.swavbeam.pipelines.deadletter.ElementLetters;
import io.swavbeam.pipelines.schema.RecordSchema;
import io.swavbeam.pipelines.storage.Folder;
import io.swavbeam.pipelines.storage.Patience;
import io.swavbeam.pipelines.storage.Stores;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.NoSuchFileException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.beam.sdk.annotations.Internal;
import org.apache.beam.sdk.coders.KvCoder;
import org.apache.beam.sdk.coders.StringUtf8Coder;
import org.apache.beam.sdk.coders.VarLongCoder;
import org.apache.beam.sdk.state.StateSpec;
import org.apache.beam.sdk.state.StateSpecs;
import org.apache.beam.sdk.state.TimeDomain;
import org.apache.beam.sdk.state.Timer;
import org.apache.beam.sdk.state.TimerSpec;
import org.apache.beam.sdk.state.TimerSpecs;
import org.apache.beam.sdk.state.ValueState;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.WithKeys;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.TypeDescriptors;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A transform that outputs each file of a stream once, when it is complete: its length and version
 * have to be the same in two checks. Objects of a bucket appear whole and are output at once.
 *
 * <p>A file that has changed since is output again only if the state that was output last has a
 * dead letter. The dead letter proves that this state was processed and has no row, so no image
 * gets two rows. A changed file without a dead letter is checked again for a day, with increasing
 * pauses.
 *
 * <p>The state of the runner keeps about 200 bytes per file.
 */
@Internal
public final class TakeFiles extends PTransform<PCollection<InputFile>, PCollection<InputFile>> {
  private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
  private static final Duration MAX_PAUSE = Duration.ofMinutes(10);
  private static final Duration A_DAY = Duration.ofDays(1);

  /** The beginning of the error of a dead letter whose file is listed again. */
  private static final String MARK = "looked at again as it has changed to ";

  private final Duration settle;
  private final @Nullable Folder deadLetters;
  private final Patience patience;

  /**
   * @param settle the time between the two checks; zero takes files at once
   * @param deadLetters the folder that the dead letters of the stream are written to; null never
   *     takes a file again
   * @param patience with the stores of the files and of the folder
   */
  public TakeFiles(Duration settle, @Nullable Folder deadLetters, Patience patience) {
    this.settle = settle;
    this.deadLetters = deadLetters;
    this.patience = patience;
  }

  @Override
  public PCollection<InputFile> expand(PCollection<InputFile> files) {
    return files
        .apply(
            "ByLocation",
            WithKeys.<String, InputFile>of(file -> file.location().uri())
                .withKeyType(TypeDescriptors.strings()))
        .setCoder(KvCoder.of(StringUtf8Coder.of(), RecordSchema.coder(InputFile.class)))
        .apply("Take", ParDo.of(new TakeFn(settle, deadLetters, patience)))
        .setCoder(RecordSchema.coder(InputFile.class));
  }

  static final class TakeFn extends DoFn<KV<String, InputFile>, InputFile> {
    private final Duration settle;
    private final @Nullable Folder deadLetters;
    private final Patience patience;

    /** The state of the file that was taken last. */
    @StateId("taken")
    private final StateSpec<ValueState<InputFile>> takenSpec =
        StateSpecs.value(RecordSchema.coder(InputFile.class));

    /** The newest state of the file, if it is not taken. */
    @StateId("waiting")
    private final StateSpec<ValueState<InputFile>> waitingSpec =
        StateSpecs.value(RecordSchema.coder(InputFile.class));

    /** Milliseconds that a changed file has waited for its dead letter. */
    @StateId("waited")
    private final StateSpec<ValueState<Long>> waitedSpec = StateSpecs.value(VarLongCoder.of());

    @TimerId("look")
    private final TimerSpec lookSpec = TimerSpecs.timer(TimeDomain.PROCESSING_TIME);

    TakeFn(Duration settle, @Nullable Folder deadLetters, Patience patience) {
      this.settle = settle;
      this.deadLetters = deadLetters;
      this.patience = patience;
    }

    @ProcessElement
    public void process(
        @Element KV<String, InputFile> element,
        @StateId("taken") ValueState<InputFile> taken,
        @StateId("waiting") ValueState<InputFile> waiting,
        @StateId("waited") ValueState<Long> waited,
        @TimerId("look") Timer look,
        OutputReceiver<InputFile> output) {
      InputFile file = element.getValue();
      InputFile before = taken.read();
      if (before == null && settle(file).isZero()) {
        taken.write(file);
        output.output(file);
      } else if (before == null || (!before.isSameVersion(file) && deadLetters != null)) {
        waiting.write(file);
        waited.clear();
        lookSoon(file, look);
      }
    }

    private Duration settle(InputFile file) {
      return Stores.appearsWhole(file.location().uri()) ? Duration.ZERO : settle;
    }

    private void lookSoon(InputFile file, Timer look) {
      Duration pause = settle(file);
      set(look, pause.isZero() ? FIRST_PAUSE : pause);
    }

    private static void set(Timer timer, Duration pause) {
      timer.offset(org.joda.time.Duration.millis(pause.toMillis())).setRelative();
    }

    @OnTimer("look")
    public void look(
        @StateId("taken") ValueState<InputFile> taken,
        @StateId("waiting") ValueState<InputFile> waiting,
        @StateId("waited") ValueState<Long> waited,
        @TimerId("look") Timer look,
        OutputReceiver<InputFile> output)
        throws IOException {
      InputFile file = waiting.read();
      if (file == null) {
        return;
      }
      InputFile now = now(file);
      if (now == null) {
        waiting.clear(); // it was moved away, and is found where it is now
        return;
      }
      if (!now.isSameVersion(file)) {
        waiting.write(now);
        waited.clear();
        lookSoon(now, look);
        return;
      }
      InputFile before = taken.read();
      if (before == null) {
        take(now, taken, waiting, output);
      } else if (before.isSameVersion(now)) {
        waiting.clear(); // it was changed, and changed back
      } else if (patience.outlast(() -> claimDeadLetter(now))) {
        take(now.after(before), taken, waiting, output);
      } else {
        lookLater(waiting, waited, look);
      }
    }

    /**
     * Returns the current state of the file, or the earlier one if it cannot be read; null if it
     * was deleted.
     */
    private @Nullable InputFile now(InputFile file) throws IOException {
      String uri = file.location().uri();
      try {
        return patience
            .outlast(() -> Stores.status(uri))
            .map(
                status ->
                    new InputFile(file.location(), file.name(), status.length(), status.version()))
            .orElse(null);
      } catch (NoSuchFileException e) {
        return null;
      } catch (InterruptedIOException e) {
        throw e;
      } catch (IOException e) {
        return file; // listing the file reports the error in a dead letter
      }
    }

    private static void take(
        InputFile file,
        ValueState<InputFile> taken,
        ValueState<InputFile> waiting,
        OutputReceiver<InputFile> output) {
      taken.write(file);
      waiting.clear();
      output.output(file);
    }

    /** Sets a timer. The pauses are half as long as the wait so far. */
    private static void lookLater(
        ValueState<InputFile> waiting, ValueState<Long> waited, Timer look) {
      long before = Optional.ofNullable(waited.read()).orElse(0L);
      if (before > A_DAY.toMillis()) {
        waiting.clear();
        return;
      }
      long pause = Math.min(Math.max(before / 2, FIRST_PAUSE.toMillis()), MAX_PAUSE.toMillis());
      waited.write(before + pause);
      set(look, Duration.ofMillis(pause));
    }

    /**
     * Returns whether the file, or its only image, has a dead letter of the state that was taken
     * last. Marks the letter with the current state. So a later state waits for a letter of its
     * own, and a repeated attempt recognises its mark.
     */
    private boolean claimDeadLetter(InputFile now) throws IOException {
      String uri = now.location().uri();
      boolean hasOneEntry = !Formats.isArchive(uri) || Formats.isWrapper(uri);
      boolean claimed = claim(uri, ElementLetters.WHOLE, now);
      return (hasOneEntry && claim(uri, 0, now)) || claimed;
    }

    private boolean claim(String uri, long position, InputFile now) throws IOException {
      if (deadLetters == null || !DeadLetterFiles.exists(deadLetters, uri, position)) {
        return false;
      }
      String mark = "%s%s of %d bytes: ".formatted(MARK, now.version(), now.length());
      List<DeadLetter> letters;
      try {
        letters = DeadLetterFiles.read(deadLetters, uri, position);
      } catch (NoSuchFileException | FileNotFoundException e) {
        return false; // it was just deleted
      }
      List<DeadLetter> marked = new ArrayList<>();
      boolean ofEarlierState = true;
      for (DeadLetter letter : letters) {
        boolean isMarked = letter.error().startsWith(MARK);
        ofEarlierState &= !isMarked || letter.error().startsWith(mark);
        marked.add(isMarked ? letter : letter.withError(mark + letter.error()));
      }
      if (ofEarlierState) {
        DeadLetterFiles.replace(deadLetters, DeadLetterFiles.name(uri, position), marked);
      }
      return ofEarlierState;
    }
  }
}
