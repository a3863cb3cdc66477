package io.swavbeam.pipelines.training;

import static org.assertj.core.api.Assertions.assertThat;

import io.swavbeam.model.image.DeadLetter;
import io.swavbeam.model.training.BatchShard;
import io.swavbeam.model.training.Progress;
import io.swavbeam.pipelines.manifest.Manifest;
import io.swavbeam.pipelines.trainer.TrainerConnection;
import io.swavbeam.pipelines.trainer.TrainerEndpoint;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.ParDo;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The numbers that workers get, with a trainer that counts them instead of training. */
@Timeout(60)
class TrainingStepsTest {
  private static final int STEPS = 9;
  private static final int SHARDS_PER_STEP = 2;
  private static final int WINDOW = 3;

  /** The counts of the trainer in this process. The workers of the DirectRunner are its threads. */
  private static final class Counting {
    final List<Long> shards = new ArrayList<>();
    long nextStep;

    synchronized Progress progress() {
      long end = Math.min(STEPS, nextStep + WINDOW);
      return new Progress(nextStep, end, STEPS, shards.size() >= end * SHARDS_PER_STEP);
    }

    synchronized void take(long shard) {
      assertThat(shard / SHARDS_PER_STEP).as("step of %d", shard).isLessThan(nextStep + WINDOW);
      shards.add(shard);
      while (shards.containsAll(
              LongStream.range(nextStep * SHARDS_PER_STEP, (nextStep + 1) * SHARDS_PER_STEP)
                  .boxed()
                  .toList())
          && nextStep < STEPS) {
        nextStep++;
        notifyAll();
      }
    }

    synchronized Progress awaitProgress(Progress known, long millis) throws InterruptedException {
      long end = System.currentTimeMillis() + millis;
      while (nextStep == known.nextStep() && System.currentTimeMillis() < end) {
        wait(Math.max(1, end - System.currentTimeMillis()));
      }
      return progress();
    }
  }

  private static Counting trainer;

  @BeforeEach
  void begin() {
    trainer = new Counting();
  }

  private static final class Endpoint implements TrainerEndpoint {
    @Override
    public TrainerConnection connect() {
      return new TrainerConnection() {
        @Override
        public Progress progress() {
          return trainer.progress();
        }

        @Override
        public Progress awaitProgress(Progress known, long timeoutMillis)
            throws InterruptedException {
          return trainer.awaitProgress(known, timeoutMillis);
        }

        @Override
        public void submit(BatchShard shard) {
          throw new UnsupportedOperationException();
        }

        @Override
        public void abort(String reason, List<DeadLetter> deadLetters) {
          throw new UnsupportedOperationException();
        }

        @Override
        public Manifest manifest() {
          throw new UnsupportedOperationException();
        }

        @Override
        public void close() {}
      };
    }
  }

  private static final class TakeFn extends DoFn<Long, Void> {
    @ProcessElement
    public void process(@Element Long shard) {
      trainer.take(shard);
    }
  }

  private static void run(int splits) {
    Pipeline pipeline = Pipeline.create();
    pipeline
        .apply("Steps", new TrainingSteps(new Endpoint(), SHARDS_PER_STEP, splits))
        .apply("Take", ParDo.of(new TakeFn()));
    pipeline.run().waitUntilFinish();
  }

  private static List<Long> from(long first) {
    return LongStream.range(first, (long) STEPS * SHARDS_PER_STEP).boxed().toList();
  }

  @Test
  void givesEachNumberOnceAndNeverBeyondTheWindow() {
    // At most as many as the DirectRunner has workers, because each waits in one.
    for (int splits : new int[] {1, 2, 3}) {
      begin();
      run(splits);
      assertThat(trainer.shards).containsExactlyInAnyOrderElementsOf(from(0));
    }
  }

  /** Training resumes at the trainer's next step, for example after a crash. */
  @Test
  void beginsWhereTheTrainerStands() {
    trainer.nextStep = 4;
    trainer.shards.addAll(LongStream.range(0, 8).boxed().toList());
    run(3);
    assertThat(trainer.shards.subList(8, trainer.shards.size()))
        .containsExactlyInAnyOrderElementsOf(from(8));
  }

  @Test
  void givesNothingWhereAllIsDone() {
    trainer.nextStep = STEPS;
    run(2);
    assertThat(trainer.shards).isEmpty();
  }
}
