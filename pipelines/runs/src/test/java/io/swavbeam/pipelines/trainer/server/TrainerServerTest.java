package io.swavbeam.pipelines.trainer.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import io.swavbeam.model.config.Alpha;
import io.swavbeam.model.config.DecodingConfig;
import io.swavbeam.model.config.InvalidConfigException;
import io.swavbeam.model.config.RunConfig;
import io.swavbeam.model.config.SwavConfig;
import io.swavbeam.model.error.ErrorKind;
import io.swavbeam.model.error.KnownError;
import io.swavbeam.model.plan.RecipeRequest;
import io.swavbeam.model.plan.RunImages;
import io.swavbeam.model.plan.RunRequest;
import io.swavbeam.model.run.TrainingFailedException;
import io.swavbeam.model.tensorflow.Devices;
import io.swavbeam.model.testing.TinyRecipe;
import io.swavbeam.model.training.BatchShard;
import io.swavbeam.model.training.InitialModel;
import io.swavbeam.model.training.Progress;
import io.swavbeam.model.training.TrainerSettings;
import io.swavbeam.model.training.TrainingListener;
import io.swavbeam.pipelines.archive.ImageRef;
import io.swavbeam.pipelines.archive.TestArchives;
import io.swavbeam.pipelines.input.InputFiles;
import io.swavbeam.pipelines.manifest.Manifest;
import io.swavbeam.pipelines.trainer.TestBatchShards;
import io.swavbeam.pipelines.trainer.TrainerAddress;
import io.swavbeam.pipelines.trainer.TrainerConnection;
import io.swavbeam.pipelines.trainer.TrainerRestartedException;
import io.swavbeam.pipelines.trainer.TrainerSecurity;
import io.swavbeam.pipelines.trainer.client.RemoteTrainer;
import io.swavbeam.pipelines.trainer.protocol.Credentials;
import io.swavbeam.pipelines.trainer.protocol.TrainerCalls;
import io.swavbeam.pipelines.trainer.server.TrainerMetrics.Refusal;
import io.swavbeam.pipelines.training.ArchiveCopies;
import io.swavbeam.pipelines.training.ListedImages;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A trainer with a real port, and its clients. */
class TrainerServerTest {
  private static final int STEPS = 4;
  private static final SwavConfig RECIPE = TinyRecipe.RECIPE;
  private static final TrainerSettings OPTIONS = new TrainerSettings(2, 2, 2, 0, 1);

  @TempDir private Path folder;
  private Path manifest;
  private RunRequest request;
  private RunImages found;
  private volatile TrainerServer second;

  @BeforeEach
  void writeManifest() throws IOException {
    Path tar = Files.write(folder.resolve("images.tar"), TestArchives.tar(10));
    List<ImageRef> images = ListedImages.of(List.of(InputFiles.of(tar)), ArchiveCopies.NONE);
    String digest = Manifest.write(folder.resolve("manifest"), images);
    manifest = Manifest.file(folder.resolve("manifest"));
    request =
        new RunRequest(
            new RecipeRequest.Named(RECIPE),
            "float32",
            true,
            1,
            STEPS,
            DecodingConfig.of(Alpha.WHITE),
            false,
            0.5);
    found = new RunImages(images.size(), digest, "", RunImages.Sample.NONE);
  }

  /** The run is already open when the manifest arrives, which has the fingerprints. */
  @Test
  void refusesOtherBytesUnderTheSameNames() throws Exception {
    String tar = folder.resolve("images.tar").toString();
    try (TrainerServer server = server("run", 0, TrainerSecurity.NONE)) {
      manifest = withSource("first", tar, "1-aaaaaaaaaaaaaaaa-aaaaaaaa");
      RunConfig run = open(server, TrainerSecurity.NONE);
      assertThat(open(server, TrainerSecurity.NONE)).isEqualTo(run);
      manifest = withSource("other", tar, "1-bbbbbbbbbbbbbbbb-aaaaaaaa");
      assertThatThrownBy(() -> open(server, TrainerSecurity.NONE))
          .isInstanceOf(TrainingFailedException.class)
          .hasMessageContaining("images.tar holds other bytes than when this run began");
      manifest = withSource("moved", folder + "/moved/renamed.tar", "1-aaaaaaaaaaaaaaaa-aaaaaaaa");
      assertThat(open(server, TrainerSecurity.NONE)).isEqualTo(run);
    }
  }

  private Path withSource(String name, String uri, String fingerprint) throws IOException {
    Path file = folder.resolve(name + ".records");
    try (Manifest images = Manifest.open(Manifest.file(folder.resolve("manifest")));
        Manifest.Writer writer =
            new Manifest.Writer(
                Files.newByteChannel(
                    file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE))) {
      for (Iterator<ImageRef> all = images.iterator(); all.hasNext(); ) {
        writer.add(all.next());
      }
      writer.endSource(uri, fingerprint);
      writer.finish();
    }
    return file;
  }

  @Test
  void trainsWhatItIsSentAndCountsIt() throws Exception {
    try (TrainerServer server = server("run", 0, TrainerSecurity.NONE)) {
      RunConfig run = open(server, TrainerSecurity.NONE);
      assertThat(server.config()).isEqualTo(run);
      try (TrainerConnection worker = connect(server, run.id(), TrainerSecurity.NONE)) {
        assertThat(worker.manifest().size()).isEqualTo(10);
        Progress before = worker.progress();
        assertThat(before).isEqualTo(new Progress(0, 2, STEPS, false));
        worker.submit(TestBatchShards.of(0));
        worker.submit(TestBatchShards.of(0)); // a retry
        assertThat(worker.awaitProgress(before, 10_000).nextStep()).isOne();
        worker.submit(TestBatchShards.of(0)); // a late repetition
        for (int step = 1; step < STEPS; step++) {
          worker.submit(TestBatchShards.of(step));
          worker.awaitProgress(new Progress(step, 0, STEPS, false), 10_000);
        }
        assertThat(worker.progress().done()).isTrue();
      }
      RemoteTrainer endpoint =
          new RemoteTrainer(address(server.port(), TrainerSecurity.NONE, 20), run.id());
      String model = server.finish().id();
      assertThat(endpoint.awaitModel()).isEqualTo(model).contains("-step-4-");
      ByteArrayOutputStream text = new ByteArrayOutputStream();
      server.metrics().write(text);
      assertThat(text.toString(StandardCharsets.UTF_8))
          .contains("swav_trainer_stripes_total{outcome=\"accepted\"} 4.0")
          .contains("swav_trainer_stripes_total{outcome=\"duplicate\"} 2.0")
          .contains("swav_trainer_stripes_total{outcome=\"applied\"} 4.0")
          .contains("swav_trainer_step 4.0");
      assertThat(server.metrics().state()).isEqualTo(TrainerMetrics.State.DONE);
    }
    assertThat(folder.resolve("run/checkpoints/step-4/variables.index")).exists();
  }

  /** The initial model is that of the trainer. Clients need not have it. */
  @Test
  void beginsANewRunWithAModelAndGoesOnWithTheSameOnly() throws Exception {
    try (TrainerServer server = server("run", 0, TrainerSecurity.NONE)) {
      RunConfig run = open(server, TrainerSecurity.NONE);
      try (TrainerConnection worker = connect(server, run.id(), TrainerSecurity.NONE)) {
        for (int step = 0; step < STEPS; step++) {
          worker.submit(TestBatchShards.of(step));
          worker.awaitProgress(new Progress(step, 0, STEPS, false), 10_000);
        }
      }
      server.finish();
    }
    InitialModel init = new InitialModel(folder.resolve("run"), 2);
    try (TrainerServer server = server("tuned", init, 0, TrainerSecurity.NONE)) {
      RunConfig run = open(server, TrainerSecurity.NONE);
      assertThat(run.init()).isEqualTo(init.config());
      assertThat(run.init().freezeBackboneSteps()).isEqualTo(2);
      assertThat(server.awaitTrainer().progress().nextStep()).isZero();
    }
    assertThat(folder.resolve("tuned/init/swav.json"))
        .hasSameBinaryContentAs(folder.resolve("run/saved_model/swav.json"));
    try (TrainerServer server = server("tuned", 0, TrainerSecurity.NONE)) {
      assertThatThrownBy(() -> open(server, TrainerSecurity.NONE))
          .isInstanceOf(TrainingFailedException.class)
          .hasMessageContaining("already holds another run (init.freezeBackboneSteps: 2 -> 0;")
          .satisfies(
              e -> {
                assertThat(((KnownError) e).kind()).isEqualTo(ErrorKind.OTHER_RUN);
                assertThat(((KnownError) e).subject())
                    .isEqualTo(folder.resolve("tuned").toString());
              });
    }
  }

  @Test
  void refusesAndCountsWhatDoesNotFitAndGoesOn() throws Exception {
    Path token = Files.writeString(folder.resolve("token"), "a secret\n");
    Path other = Files.writeString(folder.resolve("other"), "another secret\n");
    TrainerSecurity secret = new TrainerSecurity(token.toString(), null, null, null);
    TrainerSecurity wrong = new TrainerSecurity(other.toString(), null, null, null);
    try (TrainerServer server = server("run", 0, secret)) {
      assertThatThrownBy(() -> open(server, wrong)).hasMessageContaining("the token");
      assertThatThrownBy(() -> open(server, TrainerSecurity.NONE))
          .hasMessageContaining("the token");
      RunConfig run = open(server, secret);
      try (TrainerConnection stranger = connect(server, "0123456789ab", secret)) {
        assertThatThrownBy(stranger::progress)
            .isInstanceOf(TrainingFailedException.class)
            .hasMessageContaining("this trainer has run " + run.id());
      }
      try (TrainerConnection worker = connect(server, run.id(), secret)) {
        assertThatThrownBy(() -> worker.submit(TestBatchShards.of(3)))
            .isInstanceOf(TrainerRestartedException.class);
        assertThatThrownBy(
                () -> worker.submit(new BatchShard(0, 7, TestBatchShards.of(0).crops(), List.of())))
            .hasMessageContaining("a batch shard is not of this run");
        BatchShard one = TestBatchShards.of(0);
        assertThatThrownBy(
                () -> worker.submit(new BatchShard(0, 0, one.crops().subList(0, 1), List.of())))
            .hasMessageContaining("a batch shard is not of this run");
        for (int step = 0; step < STEPS; step++) {
          worker.submit(TestBatchShards.of(step));
          worker.awaitProgress(new Progress(step, 0, STEPS, false), 10_000);
        }
        assertThat(worker.progress().done()).isTrue();
      }
      assertThat(server.metrics().refusals(Refusal.TOKEN)).isEqualTo(2);
      assertThat(server.metrics().refusals(Refusal.OTHER_RUN)).isOne();
      assertThat(server.metrics().refusals(Refusal.EARLY)).isOne();
      assertThat(server.metrics().refusals(Refusal.MALFORMED)).isEqualTo(2);
    }
  }

  @Tag("slow")
  @Test
  void waitsForATrainerThatIsStartedAgainAndSaysThatItWas() throws Exception {
    int port;
    RunConfig run;
    TrainerConnection worker;
    try (TrainerServer first = server("run", 0, TrainerSecurity.NONE)) {
      port = first.port();
      run = open(first, TrainerSecurity.NONE);
      worker = connect(first, run.id(), TrainerSecurity.NONE);
      worker.submit(TestBatchShards.of(0));
      worker.submit(TestBatchShards.of(1));
      Progress progress = worker.progress();
      while (progress.nextStep() < 2) {
        progress = worker.awaitProgress(progress, 1_000);
      }
    }
    try (worker) {
      // A client calls while there is no trainer, and waits. The run is resumed without being
      // opened again, but clients that have sent data get an error.
      CompletableFuture<Progress> waiting = CompletableFuture.supplyAsync(worker::progress);
      second = server("run", port, TrainerSecurity.NONE);
      assertThatThrownBy(waiting::join).hasCauseInstanceOf(TrainerRestartedException.class);
      try (TrainerConnection again =
          new RemoteTrainer(address(port, TrainerSecurity.NONE, 20), run.id()).connect()) {
        assertThat(again.progress().nextStep()).isEqualTo(2);
      }
    } finally {
      second.close();
    }
  }

  /** The reply to the last part is lost, so the part is sent again. */
  @Test
  void takesTheLastPartOfAManifestAgain() throws Exception {
    try (TrainerServer server = server("run", 0, TrainerSecurity.NONE)) {
      RunConfig run = open(server, TrainerSecurity.NONE);
      byte[] whole = Files.readAllBytes(manifest);
      int cut = whole.length / 2;
      byte[] last = Arrays.copyOfRange(whole, cut, whole.length);
      ManagedChannel channel =
          Credentials.channel(TrainerSecurity.NONE, "localhost:" + server.port()).build();
      try {
        putManifest(channel, run.id(), new TrainerCalls.ManifestPart(cut, whole.length, last));
        last[0]++;
        assertThatThrownBy(
                () ->
                    putManifest(
                        channel, run.id(), new TrainerCalls.ManifestPart(cut, whole.length, last)))
            .hasMessageContaining("a part of the manifest is missing");
      } finally {
        channel.shutdownNow();
      }
    }
  }

  private static void putManifest(Channel channel, String run, TrainerCalls.ManifestPart part) {
    Metadata headers = new Metadata();
    headers.put(TrainerCalls.RUN, run);
    headers.put(TrainerCalls.PROTOCOL, TrainerCalls.PROTOCOL_VERSION);
    ClientCalls.blockingUnaryCall(
        ClientInterceptors.intercept(channel, MetadataUtils.newAttachHeadersInterceptor(headers)),
        TrainerCalls.PUT_MANIFEST,
        CallOptions.DEFAULT,
        part);
  }

  @Tag("slow")
  @Test
  void saysWhichFileIsNoKey() throws Exception {
    TestCertificates certificates = TestCertificates.in(folder);
    Path nonsense = Files.writeString(folder.resolve("nonsense.pem"), "no key");
    TrainerSecurity good = certificates.of("trainer");
    for (TrainerSecurity bad :
        List.of(
            new TrainerSecurity(
                null, good.authorityFile(), good.certificateFile(), nonsense.toString()),
            new TrainerSecurity(null, nonsense.toString(), good.certificateFile(), good.keyFile()),
            new TrainerSecurity(null, good.authorityFile(), nonsense.toString(), good.keyFile()))) {
      assertThatThrownBy(() -> server("tls", 0, bad).close())
          .isInstanceOf(InvalidConfigException.class)
          .hasMessageContaining("nonsense.pem")
          .hasMessageNotContaining("\n");
      assertThatThrownBy(() -> new RemoteTrainer(address(1, bad, 1), "any").connect())
          .isInstanceOf(InvalidConfigException.class)
          .hasMessageContaining("nonsense.pem");
    }
  }

  @Test
  void endsForAllWhereAWorkerCannotGoOn() throws Exception {
    try (TrainerServer server = server("run", 0, TrainerSecurity.NONE)) {
      RunConfig run = open(server, TrainerSecurity.NONE);
      try (TrainerConnection worker = connect(server, run.id(), TrainerSecurity.NONE)) {
        worker.abort("none of the 10 images can be read", List.of());
        assertThatThrownBy(worker::progress)
            .isInstanceOf(TrainingFailedException.class)
            .hasMessage("none of the 10 images can be read")
            .extracting(KnownError::kindOf)
            .isEqualTo(ErrorKind.TRAINING_FAILED);
      }
      assertThat(server.metrics().state()).isEqualTo(TrainerMetrics.State.FAILED);
    }
  }

  @Test
  void keepsToTheLoopbackInterfaceWithoutAToken() {
    assertThatThrownBy(
            () ->
                new TrainerServer(
                    folder.resolve("run"),
                    Devices.cpu(),
                    InitialModel.NONE,
                    OPTIONS,
                    TrainingListener.SILENT,
                    new InetSocketAddress("0.0.0.0", 0),
                    TrainerSecurity.NONE))
        .isInstanceOf(InvalidConfigException.class)
        .hasMessageContaining("needs a token");
  }

  @Test
  void saysWhereThereIsNoTrainer() {
    try (TrainerConnection missing =
        new RemoteTrainer(address(1, TrainerSecurity.NONE, 1), "any").connect()) {
      assertThatThrownBy(missing::progress)
          .isInstanceOf(TrainingFailedException.class)
          .hasMessageContaining("there is no trainer at localhost:1");
    }
  }

  /** Clients without a certificate of the authority are refused. No other secret is needed. */
  @Tag("slow")
  @Test
  void speaksTlsToThoseWhoseCertificatesItKnows() throws Exception {
    TestCertificates certificates = TestCertificates.in(folder);
    TrainerSecurity trainer = certificates.of("trainer");
    try (TrainerServer server = server("run", 0, trainer)) {
      assertThatThrownBy(() -> open(server, TrainerSecurity.NONE))
          .isInstanceOf(TrainingFailedException.class)
          .extracting(KnownError::kindOf)
          .isEqualTo(ErrorKind.NO_TRAINER);
      assertThatThrownBy(
              () -> open(server, new TrainerSecurity(null, trainer.authorityFile(), null, null)))
          .isInstanceOf(TrainingFailedException.class)
          .hasMessageContaining("do not agree on TLS");
      TrainerSecurity stranger = TestCertificates.in(folder.resolve("stranger")).of("worker");
      assertThatThrownBy(() -> open(server, stranger))
          .isInstanceOf(TrainingFailedException.class)
          .hasMessageContaining("do not agree on TLS");
      RunConfig run = open(server, certificates.of("worker"));
      assertThat(run.recipe()).isEqualTo(RECIPE);
    }
  }

  private TrainerServer server(String run, int port, TrainerSecurity security) throws IOException {
    return server(run, InitialModel.NONE, port, security);
  }

  private TrainerServer server(String run, InitialModel init, int port, TrainerSecurity security)
      throws IOException {
    return new TrainerServer(
        folder.resolve(run),
        Devices.cpu(),
        init,
        OPTIONS,
        TrainingListener.SILENT,
        new InetSocketAddress("localhost", port),
        security);
  }

  private RunConfig open(TrainerServer server, TrainerSecurity security) throws IOException {
    return RemoteTrainer.open(address(server.port(), security, 3), request, found, manifest);
  }

  private static TrainerConnection connect(
      TrainerServer server, String run, TrainerSecurity security) {
    return new RemoteTrainer(address(server.port(), security, 20), run).connect();
  }

  private static TrainerAddress address(int port, TrainerSecurity security, int seconds) {
    return new TrainerAddress("localhost:" + port, security, Duration.ofSeconds(seconds));
  }
}
