package io.swavbeam.pipelines.trainer.server;

import io.grpc.StatusRuntimeException;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.CounterWithCallback;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.swavbeam.model.run.TrainingFailedException;
import io.swavbeam.model.training.BatchShard;
import io.swavbeam.model.training.Progress;
import io.swavbeam.model.training.Trainer;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import org.tensorflow.types.TUint8;

/** The metrics of a trainer process since its start, in the format of Prometheus. */
public final class TrainerMetrics {
  /** The reason why a call was refused. */
  public enum Refusal {
    /** The token was missing or wrong. */
    TOKEN,
    /** The client has another version of the software. */
    OTHER_PROTOCOL,
    /** The call was for another run. */
    OTHER_RUN,
    /** The message was not valid. */
    MALFORMED,
    /** The batch shard was beyond the window. */
    EARLY;

    private String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private final RunSession run;
  private final PrometheusRegistry registry = new PrometheusRegistry();
  private final Counter bytes =
      Counter.builder()
          .name("swav_trainer_received_bytes_total")
          .help("Pixels received in batch shards, including dropped and refused ones")
          .register(registry);
  private final Counter refused =
      Counter.builder()
          .name("swav_trainer_refused_total")
          .help("Calls that were refused and changed nothing")
          .labelNames("reason")
          .register(registry);

  TrainerMetrics(RunSession run) {
    this.run = run;
    for (Refusal reason : Refusal.values()) {
      refused.initLabelValues(reason.label());
    }
    // The second name is that of version 0.1, which dashboards may use.
    for (String name : List.of("swav_trainer_batch_shards_total", "swav_trainer_stripes_total")) {
      CounterWithCallback.builder()
          .name(name)
          .help("Batch shards by result")
          .labelNames("outcome")
          .callback(
              callback -> {
                callback.call(statistic(Trainer.Statistics::accepted), "accepted");
                callback.call(statistic(Trainer.Statistics::duplicates), "duplicate");
                callback.call(statistic(Trainer.Statistics::applied), "applied");
              })
          .register(registry);
    }
    for (String name : List.of("swav_trainer_held_batch_shards", "swav_trainer_held_stripes")) {
      gauge(name, "Batch shards that wait for their step")
          .callback(callback -> callback.call(statistic(Trainer.Statistics::held)))
          .register(registry);
    }
    gauge("swav_trainer_step", "Applied steps")
        .callback(callback -> progress().ifPresent(p -> callback.call((double) p.nextStep())))
        .register(registry);
    gauge("swav_trainer_steps", "Steps of the whole run")
        .callback(callback -> progress().ifPresent(p -> callback.call((double) p.steps())))
        .register(registry);
    gauge("swav_trainer_failed", "1 if training has failed")
        .callback(callback -> callback.call(state() == State.FAILED ? 1 : 0))
        .register(registry);
  }

  private static GaugeWithCallback.Builder gauge(String name, String help) {
    return GaugeWithCallback.builder().name(name).help(help);
  }

  /** The state of the trainer. */
  public enum State {
    /** No run was opened yet. */
    WAITING,
    TRAINING,
    DONE,
    FAILED
  }

  /** Returns the state of the trainer. */
  public State state() {
    try {
      return progress()
          .map(progress -> progress.done() ? State.DONE : State.TRAINING)
          .orElse(State.WAITING);
    } catch (TrainingFailedException e) {
      return State.FAILED;
    }
  }

  private Optional<Trainer> trainer() {
    try {
      return Optional.of(run.trainer());
    } catch (StatusRuntimeException e) {
      return Optional.empty();
    }
  }

  /** Returns the progress; empty before training. */
  Optional<Progress> progress() {
    return trainer().map(Trainer::progress);
  }

  private double statistic(ToDoubleFunction<Trainer.Statistics> value) {
    return trainer().map(t -> value.applyAsDouble(t.statistics())).orElse(0.0);
  }

  void received(BatchShard shard) {
    bytes.inc(shard.crops().stream().mapToLong(TUint8::size).sum());
  }

  void refused(Refusal reason) {
    refused.labelValues(reason.label()).inc();
  }

  /** Returns the number of calls that were refused for a reason. */
  public long refusals(Refusal reason) {
    return refused.labelValues(reason.label()).getLongValue();
  }

  /** Writes the metrics as text. */
  public void write(OutputStream out) throws IOException {
    PrometheusTextFormatWriter.create().write(out, registry.scrape());
  }
}
