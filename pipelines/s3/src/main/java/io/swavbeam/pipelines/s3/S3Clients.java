package io.swavbeam.pipelines.s3;

import org.apache.beam.sdk.io.aws2.common.HttpClientConfiguration;
import org.apache.beam.sdk.io.aws2.options.S3ClientBuilderFactory;
import org.apache.beam.sdk.io.aws2.options.S3Options;
import org.apache.beam.sdk.io.aws2.s3.DefaultS3ClientBuilderFactory;
import org.apache.beam.sdk.options.PipelineOptions;
import org.checkerframework.checker.nullness.qual.Nullable;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3ClientBuilder;

/**
 * A factory of clients of Amazon's S3 and of other stores with its protocol, if the options have an
 * endpoint. Such stores have no host name for each bucket, and some do not support Amazon's newer
 * checksums.
 */
public final class S3Clients implements S3ClientBuilderFactory {
  /**
   * The number of connections. All workers of a process have one each, and prefetching needs more.
   */
  private static final int CONNECTIONS = 256;

  /** The options of Beam's file systems, which Beam does not return. */
  private static volatile @Nullable S3Options latest;

  private static @Nullable S3Client client;
  private static @Nullable S3Options clientOptions;

  private final S3ClientBuilderFactory amazons = new DefaultS3ClientBuilderFactory();

  /**
   * Makes a pipeline and its workers use these clients.
   *
   * @throws IllegalArgumentException in one line, if the endpoint is not valid
   */
  static void use(PipelineOptions options) {
    S3Options s3 = options.as(S3Options.class);
    if (s3.getEndpoint() != null && s3.getEndpoint().getHost() == null) {
      throw new IllegalArgumentException(
          "the endpoint must be like http://localhost:9000, not '%s'".formatted(s3.getEndpoint()));
    }
    if (s3.getS3ClientFactoryClass() == DefaultS3ClientBuilderFactory.class) {
      s3.setS3ClientFactoryClass(S3Clients.class);
    }
    if (s3.getHttpClientConfiguration() == null) {
      s3.setHttpClientConfiguration(
          HttpClientConfiguration.builder().maxConnections(CONNECTIONS).build());
    }
  }

  /** Returns whether a pipeline of this process uses these clients. */
  static boolean areUsed() {
    return latest != null;
  }

  /**
   * Returns the client of this process for operations that Beam's file system lacks, if {@link
   * #areUsed}. It stays open. A new one is created only for a pipeline with other options.
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
      builder.region(Region.US_EAST_1); // part of the signature, without a meaning for other stores
    }
    return builder
        .forcePathStyle(true)
        .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
        .responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED);
  }
}
