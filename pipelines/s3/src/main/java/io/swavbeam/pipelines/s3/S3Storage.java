package io.swavbeam.pipelines.s3;

import com.google.auto.service.AutoService;
import io.swavbeam.pipelines.storage.BeamStorage;
import io.swavbeam.pipelines.storage.FileStatus;
import io.swavbeam.pipelines.storage.Location;
import io.swavbeam.pipelines.storage.Storage;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.beam.sdk.options.PipelineOptions;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.core.exception.SdkServiceException;

/**
 * Storage in buckets of S3. Beam's file system reads and writes. Objects are looked up by their
 * exact keys, because Beam's file system would treat them as patterns. If a pipeline has clients of
 * its own, only Beam's file system is used.
 */
@AutoService(Storage.class)
public final class S3Storage extends BeamStorage {
  private static final Logger LOG = LoggerFactory.getLogger(S3Storage.class);
  private static final AtomicBoolean NO_REGION_SAID = new AtomicBoolean();

  private static final int SERVER_ERROR = 500;

  @Override
  public void prepare(PipelineOptions options) {
    S3Clients.use(options);
  }

  @Override
  public boolean holds(String pathOrUri) {
    return pathOrUri.startsWith(S3Objects.SCHEME);
  }

  @Override
  protected boolean isAnyBelow(String folder) throws IOException {
    return S3Clients.areUsed() ? S3Objects.isAnyBelow(folder) : super.isAnyBelow(folder);
  }

  /** Lists objects page by page, several prefixes in parallel, without keeping them in memory. */
  @Override
  protected void list(String prefix, FoundFile found) throws IOException {
    if (S3Clients.areUsed()) {
      S3Objects.below(prefix, found);
    } else {
      super.list(prefix, found);
    }
  }

  @Override
  protected Optional<FileStatus> find(String uri) throws IOException {
    return S3Clients.areUsed() ? S3Objects.status(uri) : super.find(uri);
  }

  /** Deletes a thousand objects with one request. */
  @Override
  protected void deleteFiles(List<Location> objects) throws IOException {
    if (S3Clients.areUsed()) {
      S3Objects.delete(objects);
    } else {
      super.deleteFiles(objects);
    }
  }

  @Override
  protected boolean isOfTheStore(Throwable e) {
    boolean network = false;
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (cause instanceof SdkServiceException answer) {
        return answer.statusCode() >= SERVER_ERROR || answer.isThrottlingException();
      }
      if (cause instanceof FileNotFoundException) {
        return false;
      }
      if (isNoRegion(String.valueOf(cause.getMessage()))) {
        return false; // a setting that the user has to change
      }
      network |= cause instanceof IOException || cause instanceof SdkClientException;
    }
    return network;
  }

  private static boolean isNoRegion(String message) {
    return message.startsWith("Unable to load region");
  }

  @Override
  protected String line(Exception e) {
    String message = super.line(e);
    if (isNoRegion(message)) {
      if (NO_REGION_SAID.compareAndSet(false, true)) {
        LOG.warn("files at s3:// cannot be read: the region is unknown, see AWS_REGION");
      }
      return "the region is unknown: set AWS_REGION, or awsRegion in the options of the pipeline";
    }
    if (message.startsWith("Unable to load credentials")) {
      return "there are no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or have"
          + " them in ~/.aws/credentials";
    }
    if (message.startsWith("The specified bucket does not exist")) {
      return "the bucket does not exist";
    }
    return message;
  }
}
