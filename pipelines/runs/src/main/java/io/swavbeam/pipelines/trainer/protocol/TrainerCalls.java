package io.swavbeam.pipelines.trainer.protocol;

import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.Marshaller;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.swavbeam.model.config.ConfigJson;
import io.swavbeam.model.config.InvalidConfigException;
import io.swavbeam.model.error.ErrorKind;
import io.swavbeam.model.error.KnownError;
import io.swavbeam.model.image.DeadLetter;
import io.swavbeam.model.plan.RunImages;
import io.swavbeam.model.plan.RunPlan;
import io.swavbeam.model.plan.RunRequest;
import io.swavbeam.model.run.TrainingFailedException;
import io.swavbeam.model.training.BatchShard;
import io.swavbeam.model.training.Progress;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;

/**
 * The gRPC calls between a trainer and its workers. Small messages are JSON. {@link
 * BatchShardMarshaller} encodes batch shards. Each call has headers with the version of the
 * protocol, the id of the run, and the token if the trainer has one. Each reply has the incarnation
 * of the trainer, which changes when the trainer is restarted.
 */
public final class TrainerCalls {
  public static final String SERVICE = "swav.Trainer";
  public static final Metadata.Key<String> TOKEN =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);
  public static final Metadata.Key<String> RUN =
      Metadata.Key.of("swav-run", Metadata.ASCII_STRING_MARSHALLER);

  public static final Metadata.Key<String> PROTOCOL =
      Metadata.Key.of("swav-protocol", Metadata.ASCII_STRING_MARSHALLER);

  private static final Metadata.Key<String> ERROR_KIND =
      Metadata.Key.of("swav-error-kind", Metadata.ASCII_STRING_MARSHALLER);
  private static final Metadata.Key<byte[]> ERROR_SUBJECT =
      Metadata.Key.of("swav-error-subject-bin", Metadata.BINARY_BYTE_MARSHALLER);

  /** Returns the trailers of the reply to a failed call. */
  public static Metadata trailers(Throwable error) {
    Metadata trailers = new Metadata();
    if (error instanceof KnownError known) {
      trailers.put(ERROR_KIND, known.kind().name());
      trailers.put(ERROR_SUBJECT, known.subject().getBytes(StandardCharsets.UTF_8));
    }
    return trailers;
  }

  /** Returns the error that a failed call reports, with a message of the client. */
  public static TrainingFailedException failure(StatusRuntimeException error, String message) {
    Metadata trailers = error.getTrailers();
    if (trailers == null || !trailers.containsKey(ERROR_KIND)) {
      return new TrainingFailedException(message, error);
    }
    byte[] subject = trailers.get(ERROR_SUBJECT);
    return new TrainingFailedException(
        ErrorKind.named(trailers.get(ERROR_KIND)),
        subject == null ? "" : new String(subject, StandardCharsets.UTF_8),
        message,
        error);
  }

  /** The version of the protocol, equal on both sides. Version 0.1 of the software sent none. */
  public static final String PROTOCOL_VERSION = "9";

  /**
   * The largest message in bytes. A batch shard of 32 images of 2x224 and 6x96 pixels has 15 MB.
   */
  public static final int MAX_MESSAGE = 256 << 20;

  /** A reply without content. */
  public record Done(long incarnation) {}

  /**
   * Asks the trainer to plan a run.
   *
   * @param begins whether the trainer claims its run directory for the run, and waits for images
   */
  public record OpenRun(RunRequest request, RunImages images, boolean begins) {}

  /** The reply to {@link OpenRun}: the run that the trainer will execute. */
  public record Opened(long incarnation, RunPlan plan) {}

  /** Asks for the progress: at once, or as soon as it is beyond the known progress. */
  public record AwaitProgress(Progress known, long timeoutMillis) {}

  /** The progress of the trainer, and the id of the exported model; empty before the export. */
  public record TrainerStatus(long incarnation, Progress progress, String model) {}

  /** Asks for a part of the manifest. */
  public record ManifestRequest(long offset) {}

  /** A part of the file of the manifest. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  public record ManifestPart(long offset, long total, byte[] bytes) {
    public static final int MAX_SIZE = 4 << 20;

    public boolean endsTheFile() {
      return offset + bytes.length >= total;
    }
  }

  /** Ends training permanently. */
  public record Abort(String reason, List<DeadLetter> deadLetters) {
    public Abort {
      if (deadLetters.stream().anyMatch(Objects::isNull)) {
        throw new IllegalArgumentException("a dead letter is null");
      }
    }
  }

  public static final MethodDescriptor<OpenRun, Opened> OPEN =
      method("Open", json(OpenRun.class), json(Opened.class));
  public static final MethodDescriptor<ManifestPart, Done> PUT_MANIFEST =
      method("PutManifest", json(ManifestPart.class), json(Done.class));
  public static final MethodDescriptor<ManifestRequest, ManifestPart> GET_MANIFEST =
      method("GetManifest", json(ManifestRequest.class), json(ManifestPart.class));
  public static final MethodDescriptor<AwaitProgress, TrainerStatus> AWAIT_PROGRESS =
      method("AwaitProgress", json(AwaitProgress.class), json(TrainerStatus.class));
  public static final MethodDescriptor<BatchShard, Done> SUBMIT =
      method("Submit", new BatchShardMarshaller(), json(Done.class));
  public static final MethodDescriptor<Abort, Done> ABORT =
      method("Abort", json(Abort.class), json(Done.class));

  private TrainerCalls() {}

  private static <Q, A> MethodDescriptor<Q, A> method(
      String name, Marshaller<Q> request, Marshaller<A> answer) {
    return MethodDescriptor.newBuilder(request, answer)
        .setType(MethodDescriptor.MethodType.UNARY)
        .setFullMethodName(MethodDescriptor.generateFullMethodName(SERVICE, name))
        .build();
  }

  private static <T> Marshaller<T> json(Class<T> type) {
    return new Marshaller<>() {
      @Override
      public InputStream stream(T value) {
        return new ByteArrayInputStream(ConfigJson.write(value).getBytes(StandardCharsets.UTF_8));
      }

      @Override
      public T parse(InputStream in) {
        try {
          String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
          return ConfigJson.read(text, type, type.getSimpleName());
        } catch (IOException | InvalidConfigException e) {
          throw Status.INVALID_ARGUMENT.withDescription(e.getMessage()).asRuntimeException();
        }
      }
    };
  }
}
