package io.swavbeam.pipelines.s3;

import io.swavbeam.pipelines.storage.FileStatus;
import io.swavbeam.pipelines.storage.IoExecutor;
import io.swavbeam.pipelines.storage.Location;
import io.swavbeam.pipelines.storage.Storage;
import io.swavbeam.pipelines.storage.Stores;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Future;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.CommonPrefix;
import software.amazon.awssdk.services.s3.model.DeleteObjectsResponse;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Request;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.ObjectIdentifier;
import software.amazon.awssdk.services.s3.model.S3Error;
import software.amazon.awssdk.services.s3.model.S3Exception;
import software.amazon.awssdk.services.s3.model.S3Object;

/**
 * Access to objects by their exact keys. Beam treats asterisks and brackets in keys as patterns,
 * and returns all objects of a folder in one list.
 *
 * <p>A folder is listed page by page. A page of a thousand objects takes a tenth of a second, and
 * the next one can only be requested after it. Therefore subfolders are listed in parallel.
 */
final class S3Objects {
  static final String SCHEME = "s3://";
  private static final int NOT_FOUND = 404;

  /** The largest number of objects in a request to delete. */
  private static final int MAX_DELETED = 1_000;

  /** The number of folders that is enough for all threads. */
  private static final int MIN_FOLDERS = 32;

  /**
   * The largest depth of folders that are listed in parallel. Deeper folders are too small to be
   * worth a request.
   */
  private static final int LEVELS = 4;

  private final S3Client client;
  private final String bucket;
  private final Storage.FoundFile found;

  private S3Objects(S3Client client, String bucket, Storage.FoundFile found) {
    this.client = client;
    this.bucket = bucket;
    this.found = found;
  }

  /**
   * Returns the status of an object.
   *
   * @return empty if there is no such object or bucket
   */
  static Optional<FileStatus> status(String uri) throws IOException {
    String path = uri.substring(SCHEME.length());
    int slash = path.indexOf('/');
    if (slash < 1 || slash == path.length() - 1) {
      throw new IOException(
          "%s is not the name of an object: give s3://bucket/name".formatted(uri));
    }
    try {
      HeadObjectResponse object =
          S3Clients.client()
              .headObject(
                  request ->
                      request.bucket(path.substring(0, slash)).key(path.substring(slash + 1)));
      return Optional.of(
          new FileStatus(
              new Location(uri),
              object.contentLength(),
              object.eTag(),
              object.lastModified().toEpochMilli()));
    } catch (S3Exception e) {
      if (e.statusCode() == NOT_FOUND) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /** Deletes objects of one bucket. Objects that do not exist are ignored. */
  static void delete(List<Location> objects) throws IOException {
    for (int first = 0; first < objects.size(); first += MAX_DELETED) {
      List<Location> some = objects.subList(first, Math.min(objects.size(), first + MAX_DELETED));
      List<ObjectIdentifier> keys = new ArrayList<>();
      for (Location object : some) {
        String path = object.uri().substring(SCHEME.length());
        keys.add(ObjectIdentifier.builder().key(path.substring(path.indexOf('/') + 1)).build());
      }
      String bucket = Stores.store(some.get(0).uri()).substring(SCHEME.length());
      DeleteObjectsResponse response =
          S3Clients.client()
              .deleteObjects(
                  request ->
                      request.bucket(bucket).delete(delete -> delete.objects(keys).quiet(true)));
      if (response.hasErrors() && !response.errors().isEmpty()) {
        S3Error error = response.errors().get(0);
        throw new IOException(
            "%s%s/%s cannot be deleted: %s"
                .formatted(SCHEME, bucket, error.key(), error.message()));
      }
    }
  }

  /**
   * Returns whether there is an object below a folder.
   *
   * @param folder a URI with a trailing slash
   */
  static boolean isAnyBelow(String folder) {
    String path = folder.substring(SCHEME.length());
    int slash = path.indexOf('/');
    return S3Clients.client()
            .listObjectsV2(
                request ->
                    request
                        .bucket(path.substring(0, slash))
                        .prefix(path.substring(slash + 1))
                        .maxKeys(1))
            .keyCount()
        > 0;
  }

  /**
   * Lists the objects whose keys have a prefix. Empty objects whose keys end with a slash stand for
   * folders, and are left out.
   *
   * @param uri the bucket and the prefix
   */
  static void below(String uri, Storage.FoundFile found) throws IOException {
    String path = uri.substring(SCHEME.length());
    int slash = path.indexOf('/');
    S3Client client = S3Clients.client();
    try {
      new S3Objects(client, path.substring(0, slash), found).below(path.substring(slash + 1));
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  private void below(String prefix) throws IOException {
    List<String> folders = new ArrayList<>(List.of(prefix));
    for (int level = 0; level < LEVELS && folders.size() < MIN_FOLDERS; level++) {
      List<String> next = new ArrayList<>();
      for (String folder : folders) {
        for (ListObjectsV2Response page :
            client.listObjectsV2Paginator(request(folder).delimiter("/").build())) {
          tell(page);
          page.commonPrefixes().stream().map(CommonPrefix::prefix).forEach(next::add);
        }
      }
      folders = next;
    }
    List<Future<Void>> begun = new ArrayList<>();
    try {
      for (String folder : folders) {
        begun.add(IoExecutor.begin(() -> whole(folder)));
      }
      for (Future<Void> one : begun) {
        IoExecutor.await(one);
      }
    } finally {
      begun.forEach(one -> one.cancel(true)); // the remaining requests after a failure
    }
  }

  private ListObjectsV2Request.Builder request(String prefix) {
    return ListObjectsV2Request.builder().bucket(bucket).prefix(prefix);
  }

  private Void whole(String folder) throws IOException {
    for (ListObjectsV2Response page : client.listObjectsV2Paginator(request(folder).build())) {
      tell(page);
    }
    return null;
  }

  private synchronized void tell(ListObjectsV2Response page) throws IOException {
    for (S3Object object : page.contents()) {
      if (!object.key().endsWith("/") || object.size() > 0) {
        found.found(
            new FileStatus(
                new Location(SCHEME + bucket + "/" + object.key()),
                object.size(),
                object.eTag(),
                object.lastModified().toEpochMilli()));
      }
    }
  }
}
