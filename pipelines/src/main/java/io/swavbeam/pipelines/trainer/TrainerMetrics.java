package io.swavbeam.pipelines.trainer;

import io.grpc.StatusRuntimeException;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.CounterWithCallback;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.swavbeam.model.training.Progress;
import io.swavbeam.model.training.Stripe;
import io.swavbeam.model.training.Trainer;
import io.swavbeam.model.training.TrainingFailedException;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Locale;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import org.tensorflow.types.TUint8;

/** What a trainer process counts, since it was started, in Prometheus' format. */
public final class TrainerMetrics {
  /** Why a call was refused. */
  public enum Refusal {
    /** The token was missing or wrong. */
    TOKEN,
    /** It was for another run. */
    OTHER_RUN,
    /** It was not what it should be. */
    MALFORMED,
    /** The stripe lay beyond the window. */
    EARLY;

    private String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private final HostedRun run;
  private final PrometheusRegistry registry = new PrometheusRegistry();
  private final Counter bytes =
      Counter.builder()
          .name("swav_trainer_received_bytes_total")
          .help("Pixels received in stripes, dropped and refused ones included")
          .register(registry);
  private final Counter refused =
      Counter.builder()
          .name("swav_trainer_refused_total")
          .help("Calls that were refused and changed nothing")
          .labelNames("reason")
          .register(registry);

  TrainerMetrics(HostedRun run) {
    this.run = run;
    for (Refusal reason : Refusal.values()) {
      refused.initLabelValues(reason.label());
    }
    CounterWithCallback.builder()
        .name("swav_trainer_stripes_total")
        .help("Stripes by what became of them")
        .labelNames("outcome")
        .callback(
            callback -> {
              callback.call(statistic(Trainer.Statistics::accepted), "accepted");
              callback.call(statistic(Trainer.Statistics::duplicates), "duplicate");
              callback.call(statistic(Trainer.Statistics::applied), "applied");
            })
        .register(registry);
    gauge("swav_trainer_held_stripes", "Stripes that wait for their step")
        .callback(callback -> callback.call(statistic(Trainer.Statistics::held)))
        .register(registry);
    gauge("swav_trainer_step", "Steps that are applied")
        .callback(callback -> progress().ifPresent(p -> callback.call((double) p.nextStep())))
        .register(registry);
    gauge("swav_trainer_steps", "Steps of the whole run")
        .callback(callback -> progress().ifPresent(p -> callback.call((double) p.steps())))
        .register(registry);
    gauge("swav_trainer_failed", "1 where training has stopped for good")
        .callback(callback -> callback.call(state() == State.FAILED ? 1 : 0))
        .register(registry);
  }

  private static GaugeWithCallback.Builder gauge(String name, String help) {
    return GaugeWithCallback.builder().name(name).help(help);
  }

  /** What the trainer is doing. */
  public enum State {
    /** Nobody has said yet what to train. */
    WAITING,
    TRAINING,
    DONE,
    FAILED
  }

  /** What the trainer is doing. */
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

  /** How far training is; nothing while it waits. */
  Optional<Progress> progress() {
    return trainer().map(Trainer::progress);
  }

  private double statistic(ToDoubleFunction<Trainer.Statistics> value) {
    return trainer().map(t -> value.applyAsDouble(t.statistics())).orElse(0.0);
  }

  void received(Stripe stripe) {
    bytes.inc(stripe.crops().stream().mapToLong(TUint8::size).sum());
  }

  void refused(Refusal reason) {
    refused.labelValues(reason.label()).inc();
  }

  /** How often calls were refused for a reason. */
  public long refusals(Refusal reason) {
    return refused.labelValues(reason.label()).getLongValue();
  }

  /** Writes all of it as Prometheus' text. */
  public void write(OutputStream out) throws IOException {
    PrometheusTextFormatWriter.create().write(out, registry.scrape());
  }
}
