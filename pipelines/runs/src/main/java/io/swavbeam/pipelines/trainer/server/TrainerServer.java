package io.swavbeam.pipelines.trainer.server;

import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.Marshaller;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.swavbeam.model.config.InvalidConfigException;
import io.swavbeam.model.config.RunConfig;
import io.swavbeam.model.inference.ModelDescription;
import io.swavbeam.model.run.TrainingFailedException;
import io.swavbeam.model.tensorflow.Devices;
import io.swavbeam.model.training.BatchShard;
import io.swavbeam.model.training.BatchShardRefusedException;
import io.swavbeam.model.training.InitialModel;
import io.swavbeam.model.training.ModelExport;
import io.swavbeam.model.training.Progress;
import io.swavbeam.model.training.Trainer;
import io.swavbeam.model.training.TrainerSettings;
import io.swavbeam.model.training.TrainingListener;
import io.swavbeam.pipelines.jvm.RootCause;
import io.swavbeam.pipelines.trainer.TrainerSecurity;
import io.swavbeam.pipelines.trainer.protocol.Credentials;
import io.swavbeam.pipelines.trainer.protocol.TrainerCalls;
import io.swavbeam.pipelines.trainer.protocol.TrainerCalls.AwaitProgress;
import io.swavbeam.pipelines.trainer.protocol.TrainerCalls.Done;
import io.swavbeam.pipelines.trainer.protocol.TrainerCalls.Opened;
import io.swavbeam.pipelines.trainer.protocol.TrainerCalls.TrainerStatus;
import io.swavbeam.pipelines.trainer.server.TrainerMetrics.Refusal;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.checkerframework.checker.nullness.qual.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A trainer that workers in other processes reach over gRPC. It has one run. Calls for another run,
 * with a wrong token or with invalid messages are refused and counted, and change nothing.
 *
 * <p>Threads: gRPC's own for the network, one for each call that is processed, and the trainer's
 * thread for training.
 */
public final class TrainerServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(TrainerServer.class);

  private static final long MAX_WAIT_MILLIS = 10_000;
  private static final int FLOW_CONTROL_WINDOW = 8 << 20;
  private static final String BEARER = "Bearer ";

  private final RunSession run;
  private final Optional<String> token;
  private final long incarnation = new SecureRandom().nextLong() >>> 1;
  private final TrainerMetrics metrics;
  private final ExecutorService threads;
  private final Server server;
  private final AtomicBoolean closed = new AtomicBoolean();
  private volatile String model = "";

  /**
   * Starts the server.
   *
   * @param path the run directory; a run in it is resumed at once
   * @param init the initial model of a new run
   * @param address the address to listen at; an address that other machines can reach needs a token
   * @throws TrainingFailedException if the directory cannot be used
   * @throws IOException in one line, if the address cannot be used
   */
  public TrainerServer(
      Path path,
      Devices devices,
      InitialModel init,
      TrainerSettings options,
      TrainingListener listener,
      InetSocketAddress address,
      TrainerSecurity security)
      throws IOException {
    token = Credentials.token(security);
    if (address.isUnresolved()) {
      throw new InvalidConfigException("unknown host '%s'".formatted(address.getHostString()));
    }
    if (!address.getAddress().isLoopbackAddress() && token.isEmpty()) {
      throw new InvalidConfigException(
          "a trainer at %s, which other machines reach, needs a token"
              .formatted(address.getHostString()));
    }
    NettyServerBuilder builder = Credentials.server(security, address);
    QuietConnections.keep();
    run = new RunSession(path, devices, init, options, listener);
    metrics = new TrainerMetrics(run);
    threads =
        Executors.newCachedThreadPool(
            task -> {
              Thread thread = new Thread(task, "trainer-call");
              thread.setDaemon(true);
              return thread;
            });
    server =
        builder
            .executor(threads)
            .maxInboundMessageSize(TrainerCalls.MAX_MESSAGE)
            .flowControlWindow(FLOW_CONTROL_WINDOW)
            .permitKeepAliveTime(5, TimeUnit.SECONDS)
            .permitKeepAliveWithoutCalls(true)
            .addService(service())
            .build();
    boolean started = false;
    try {
      server.start();
      started = true;
    } catch (IOException e) {
      throw new IOException(
          "the trainer cannot listen at %s: %s".formatted(address, RootCause.line(e)), e);
    } finally {
      if (!started) {
        run.close();
        threads.shutdown();
      }
    }
  }

  private ServerServiceDefinition service() {
    return ServerServiceDefinition.builder(TrainerCalls.SERVICE)
        .addMethod(
            parsed(TrainerCalls.OPEN),
            new Handler<>(false, call -> new Opened(incarnation, run.open(call))))
        .addMethod(
            parsed(TrainerCalls.PUT_MANIFEST),
            new Handler<>(
                true,
                part -> {
                  run.putManifest(part);
                  return new Done(incarnation);
                }))
        .addMethod(
            parsed(TrainerCalls.GET_MANIFEST),
            new Handler<>(true, request -> run.manifest(request.offset())))
        .addMethod(parsed(TrainerCalls.AWAIT_PROGRESS), new Handler<>(true, this::awaitProgress))
        .addMethod(parsed(TrainerCalls.SUBMIT), new Handler<>(true, this::submit))
        .addMethod(
            parsed(TrainerCalls.ABORT),
            new Handler<>(
                true,
                abort -> {
                  run.trainer().abort(abort.reason(), abort.deadLetters());
                  return new Done(incarnation);
                }))
        .build();
  }

  private Done submit(BatchShard shard) {
    metrics.received(shard);
    Trainer trainer;
    try {
      trainer = run.trainer();
    } catch (StatusRuntimeException e) {
      shard.close();
      throw e;
    }
    trainer.submit(shard);
    return new Done(incarnation);
  }

  private TrainerStatus awaitProgress(AwaitProgress request) throws InterruptedException {
    long wait = Math.min(request.timeoutMillis(), MAX_WAIT_MILLIS);
    Progress progress =
        wait > 0 ? run.trainer().awaitProgress(request.known(), wait) : run.trainer().progress();
    return new TrainerStatus(incarnation, progress, model);
  }

  /** Returns the port. */
  public int port() {
    return server.getPort();
  }

  /** Returns the metrics. */
  public TrainerMetrics metrics() {
    return metrics;
  }

  /** Waits until a run is opened. Returns null if the server was closed before. */
  public @Nullable Trainer awaitTrainer() throws InterruptedException {
    return run.awaitTrainer();
  }

  /**
   * Waits until the run is finished, and exports its model.
   *
   * @throws TrainingFailedException if training has failed
   */
  public ModelDescription finish() throws IOException, InterruptedException {
    run.trainer().awaitCompletion();
    ModelDescription exported = ModelExport.export(run.path());
    model = exported.id();
    return exported;
  }

  /** Returns the run; throws UNAVAILABLE if no run was opened yet. */
  public RunConfig config() {
    return run.config();
  }

  /** Refuses new calls, ends waiting calls, and closes the trainer. */
  @Override
  public void close() {
    if (closed.getAndSet(true)) {
      return;
    }
    server.shutdownNow();
    run.close();
    threads.shutdown();
    boolean interrupted = false;
    try {
      server.awaitTermination(5, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      interrupted = true;
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** A request, or the error of parsing it, because a marshaller must not throw. */
  private record Parsed<Q>(@Nullable Q request, @Nullable StatusRuntimeException problem) {
    Q get() {
      if (problem != null) {
        throw problem;
      }
      return request;
    }

    void discard() throws Exception {
      if (request instanceof AutoCloseable closeable) {
        closeable.close();
      }
    }
  }

  private static <Q, A> MethodDescriptor<Parsed<Q>, A> parsed(MethodDescriptor<Q, A> method) {
    Marshaller<Parsed<Q>> marshaller =
        new Marshaller<>() {
          @Override
          public InputStream stream(Parsed<Q> value) {
            throw new UnsupportedOperationException("a server does not send requests");
          }

          @Override
          public Parsed<Q> parse(InputStream in) {
            try {
              return new Parsed<>(method.getRequestMarshaller().parse(in), null);
            } catch (StatusRuntimeException e) {
              return new Parsed<>(null, e);
            }
          }
        };
    return method.toBuilder(marshaller, method.getResponseMarshaller()).build();
  }

  private interface Answer<Q, A> {
    A to(Q request) throws IOException, InterruptedException;
  }

  /** Checks the caller and the run of a call, then sends one reply to one request. */
  private final class Handler<Q, A> implements ServerCallHandler<Parsed<Q>, A> {
    private final boolean ofRun;
    private final Answer<Q, A> answer;

    /**
     * @param ofRun whether the call must be for the open run
     */
    Handler(boolean ofRun, Answer<Q, A> answer) {
      this.ofRun = ofRun;
      this.answer = answer;
    }

    @Override
    public ServerCall.Listener<Parsed<Q>> startCall(
        ServerCall<Parsed<Q>, A> call, Metadata headers) {
      try {
        checkCaller(headers);
        checkProtocol(headers);
        if (ofRun) {
          checkRun(headers);
        }
      } catch (StatusRuntimeException e) {
        call.close(e.getStatus(), new Metadata());
        return new ServerCall.Listener<>() {};
      }
      call.request(2);
      return new ServerCall.Listener<>() {
        private @Nullable Parsed<Q> message;

        @Override
        public void onMessage(Parsed<Q> received) {
          message = received;
        }

        @Override
        public void onHalfClose() {
          Parsed<Q> request = message;
          message = null; // the answer owns the message
          if (request == null) {
            call.close(Status.INVALID_ARGUMENT.withDescription("no request"), new Metadata());
            return;
          }
          A result;
          try {
            result = answer.to(request.get());
          } catch (StatusRuntimeException
              | TrainingFailedException
              | BatchShardRefusedException
              | InvalidConfigException
              | IOException
              | InterruptedException e) {
            call.close(statusOf(e), TrainerCalls.trailers(e));
            return;
          } catch (RuntimeException | Error e) {
            LOG.error("a call failed", e);
            String what = "the trainer failed: " + RootCause.line(e);
            call.close(Status.ABORTED.withDescription(what), new Metadata());
            return;
          }
          call.sendHeaders(new Metadata());
          call.sendMessage(result);
          call.close(Status.OK, new Metadata());
        }

        @Override
        public void onCancel() {
          if (message != null) {
            try {
              message.discard();
            } catch (Exception e) {
              LOG.warn("a cancelled request cannot be freed", e);
            }
          }
        }
      };
    }
  }

  private void checkCaller(Metadata headers) {
    if (token.isEmpty()) {
      return;
    }
    String given = headers.get(TrainerCalls.TOKEN);
    String wanted = BEARER + token.get();
    if (given == null
        || !MessageDigest.isEqual(
            given.getBytes(StandardCharsets.UTF_8), wanted.getBytes(StandardCharsets.UTF_8))) {
      metrics.refused(Refusal.TOKEN);
      throw Status.UNAUTHENTICATED.withDescription("wrong token").asRuntimeException();
    }
  }

  private void checkProtocol(Metadata headers) {
    String given = headers.get(TrainerCalls.PROTOCOL);
    if (!TrainerCalls.PROTOCOL_VERSION.equals(given)) {
      metrics.refused(Refusal.OTHER_PROTOCOL);
      throw Status.FAILED_PRECONDITION
          .withDescription(
              "this trainer speaks protocol %s, not %s: use the same version of swav on both sides"
                  .formatted(TrainerCalls.PROTOCOL_VERSION, given == null ? "that of 0.1" : given))
          .asRuntimeException();
    }
  }

  private void checkRun(Metadata headers) {
    String own = run.config().id();
    String given = headers.get(TrainerCalls.RUN);
    if (!own.equals(given)) {
      metrics.refused(Refusal.OTHER_RUN);
      throw Status.FAILED_PRECONDITION
          .withDescription("this trainer has run %s, not %s".formatted(own, given))
          .asRuntimeException();
    }
  }

  /** Returns the status of an exception, by which a worker decides whether to retry. */
  private Status statusOf(Exception e) {
    if (e instanceof BatchShardRefusedException refused) {
      boolean early = refused.reason() == BatchShardRefusedException.Reason.EARLY;
      metrics.refused(early ? Refusal.EARLY : Refusal.MALFORMED);
      return (early ? Status.OUT_OF_RANGE : Status.INVALID_ARGUMENT)
          .withDescription(e.getMessage());
    }
    if (e instanceof StatusRuntimeException status) {
      if (status.getStatus().getCode() == Status.Code.INVALID_ARGUMENT) {
        metrics.refused(Refusal.MALFORMED);
      }
      return status.getStatus();
    }
    if (e instanceof IOException) {
      return Status.ABORTED.withDescription(
          "the run directory %s cannot be used: %s".formatted(run.path(), e.getMessage()));
    }
    if (e instanceof InterruptedException) {
      return Status.UNAVAILABLE.withDescription("the trainer is being closed");
    }
    return Status.ABORTED.withDescription(e.getMessage());
  }
}
