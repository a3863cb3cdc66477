package io.swavbeam.app.training;

import io.swavbeam.app.command.Command;
import io.swavbeam.app.command.Console;
import io.swavbeam.app.command.Options;
import io.swavbeam.app.command.Remedies;
import io.swavbeam.app.command.Signals;
import io.swavbeam.model.inference.ModelDescription;
import io.swavbeam.model.run.RunDirectory;
import io.swavbeam.model.run.TrainingFailedException;
import io.swavbeam.model.tensorflow.Devices;
import io.swavbeam.model.tensorflow.Hardware;
import io.swavbeam.model.training.Trainer;
import io.swavbeam.model.training.TrainerSettings;
import io.swavbeam.pipelines.trainer.server.TrainerServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;

/**
 * The command {@code swav trainer}, which trains the network of a run for the workers of a cluster,
 * until it is stopped.
 */
public final class TrainerCommand extends Command<TrainerOptions> {
  public TrainerCommand() {
    super("trainer", "train the network with workers in other processes", TrainerOptions.class);
  }

  @Override
  protected void run(TrainerOptions options, Console console) throws Exception {
    Options.require(options.getRun(), "run");
    TrainerSettings training = TrainingSetup.trainer(options);
    Devices devices = Hardware.devices(options.getDevice());
    Path run = Options.path(options.getRun(), "run");
    try (TrainerServer server =
            new TrainerServer(
                run,
                devices,
                TrainingSetup.init(options),
                training,
                new ProgressLine(console),
                new InetSocketAddress(options.getHost(), options.getPort()),
                TrainingSetup.security(options));
        MetricsServer status =
            new MetricsServer(
                server.metrics(),
                new InetSocketAddress(options.getHost(), options.getMetricsPort()))) {
      console.say(
          "trainer on %s at %s:%d; http://%s:%d/metrics and /health",
          devices, options.getHost(), server.port(), options.getHost(), status.port());
      console.say("%s", Hardware.describe(devices));
      serve(server, run, console);
    }
  }

  /** Serves until a signal is received, because workers and clients ask for the result. */
  @SuppressWarnings("try") // the registration is held, not used
  private static void serve(TrainerServer server, Path run, Console console)
      throws IOException, InterruptedException {
    CheckpointAtStop stop = new CheckpointAtStop();
    try (Signals.Registration registration = Signals.add(stop)) {
      Trainer trainer = server.awaitTrainer();
      if (trainer != null) {
        stop.of(trainer::stop);
        console.say(
            "run %s in %s, in %s, after step %,d of %,d",
            server.config().id(),
            run,
            server.config().precision(),
            trainer.progress().nextStep(),
            server.config().steps());
        finish(server, run, console);
      }
      new CountDownLatch(1).await();
    }
  }

  private static void finish(TrainerServer server, Path run, Console console)
      throws IOException, InterruptedException {
    try {
      ModelDescription model = server.finish();
      console.say("trained; model %s is in %s", model.id(), RunDirectory.savedModel(run));
    } catch (TrainingFailedException e) {
      console.say("training has failed: %s", Remedies.line(e));
    }
  }
}
