package io.swavbeam.pipelines.storage;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.beam.sdk.annotations.Internal;
import org.apache.beam.sdk.io.aws2.common.HttpClientConfiguration;
import org.apache.beam.sdk.io.aws2.options.S3ClientBuilderFactory;
import org.apache.beam.sdk.io.aws2.options.S3Options;
import org.apache.beam.sdk.io.aws2.s3.DefaultS3ClientBuilderFactory;
import org.apache.beam.sdk.options.PipelineOptions;
import org.checkerframework.checker.nullness.qual.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.core.exception.SdkServiceException;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3ClientBuilder;

/**
 * Clients of Amazon's S3 and, where the options name an endpoint, of others that speak its
 * protocol: these have no host name for each bucket, and not all of them know Amazon's newer
 * checksums.
 */
@Internal
public final class S3Clients implements S3ClientBuilderFactory {
  /** All workers of a process have one each, and what reads ahead has its own. */
  private static final int CONNECTIONS = 256;

  private static final int SERVER_ERROR = 500;

  /** What Beam's file systems were set up with: it does not tell. */
  private static volatile @Nullable S3Options latest;

  private static final Logger LOG = LoggerFactory.getLogger(S3Clients.class);
  private static final AtomicBoolean NO_REGION_SAID = new AtomicBoolean();

  private static @Nullable S3Client client;
  private static @Nullable S3Options clientOptions;

  private final S3ClientBuilderFactory amazons = new DefaultS3ClientBuilderFactory();

  /**
   * Lets a pipeline, and all its workers, use these clients.
   *
   * @throws IllegalArgumentException in one line, if the endpoint is none
   */
  public static void use(PipelineOptions options) {
    S3Options s3 = options.as(S3Options.class);
    if (s3.getEndpoint() != null && s3.getEndpoint().getHost() == null) {
      throw new IllegalArgumentException(
          "the endpoint must be like http://localhost:9000, not '%s'".formatted(s3.getEndpoint()));
    }
    s3.setS3ClientFactoryClass(S3Clients.class);
    if (s3.getHttpClientConfiguration() == null) {
      s3.setHttpClientConfiguration(
          HttpClientConfiguration.builder().maxConnections(CONNECTIONS).build());
    }
  }

  /** Whether a pipeline of this process uses these clients. */
  static boolean areUsed() {
    return latest != null;
  }

  /**
   * Returns the client of this process for what Beam's file system cannot do, if {@link #areUsed}.
   * It stays open: another one is made only for a pipeline with other options.
   */
  static synchronized S3Client client() {
    S3Options options = latest;
    if (client == null || clientOptions != options) {
      client = new S3Clients().builder(options).build();
      clientOptions = options;
    }
    return client;
  }

  @Override
  public S3ClientBuilder createBuilder(S3Options options) {
    latest = options;
    return builder(options);
  }

  private S3ClientBuilder builder(S3Options options) {
    S3ClientBuilder builder = amazons.createBuilder(options);
    if (options.getEndpoint() == null) {
      return builder;
    }
    if (options.getAwsRegion() == null) {
      builder.region(Region.US_EAST_1); // a part of the signature, with no meaning there
    }
    return builder
        .forcePathStyle(true)
        .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
        .responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED);
  }

  /** Whether the error may pass in a while and says nothing of the file. */
  static boolean isOfTheStore(Throwable e) {
    boolean network = false;
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (cause instanceof SdkServiceException answer) {
        return answer.statusCode() >= SERVER_ERROR || answer.isThrottlingException();
      }
      if (cause instanceof FileNotFoundException) {
        return false;
      }
      if (isNoRegion(String.valueOf(cause.getMessage()))) {
        return false; // a setting, which the user has to make
      }
      network |= cause instanceof IOException || cause instanceof SdkClientException;
    }
    return network;
  }

  private static boolean isNoRegion(String message) {
    return message.startsWith("Unable to load region");
  }

  /** The message of Amazon's library, or a remedy in its place. */
  static String explained(String message) {
    if (isNoRegion(message)) {
      if (NO_REGION_SAID.compareAndSet(false, true)) {
        LOG.warn("files at s3:// cannot be read: no region is known, see AWS_REGION");
      }
      return "no region is known: set AWS_REGION, or awsRegion in the options of the pipeline";
    }
    if (message.startsWith("Unable to load credentials")) {
      return "no credentials are known: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or have"
          + " them in ~/.aws/credentials";
    }
    if (message.startsWith("The specified bucket does not exist")) {
      return "the bucket does not exist";
    }
    return message;
  }
}
