package io.swavbeam.pipelines.storage;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.CommonPrefix;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Request;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.S3Object;

/**
 * Lists what is below a folder of a bucket, page by page. A page is a thousand objects and takes a
 * tenth of a second, and the next one cannot be asked for before it is there: so the folders in the
 * folder are listed at once. (Beam's own listing returns all objects in one list.)
 */
final class S3Listing {
  private static final String SCHEME = "s3://";

  /** Folders that are enough for the threads there are. */
  private static final int ENOUGH_FOLDERS = 32;

  /** Beyond these many levels, folders hold so little that they are not worth a request each. */
  private static final int LEVELS = 4;

  private final S3Client client;
  private final String bucket;
  private final Storage.FoundFile found;

  private S3Listing(S3Client client, String bucket, Storage.FoundFile found) {
    this.client = client;
    this.bucket = bucket;
    this.found = found;
  }

  /** Whether this lists a folder: it is in a bucket, and the pipeline uses {@link S3Clients}. */
  static boolean lists(String folder) {
    return folder.startsWith(SCHEME) && S3Clients.client().isPresent();
  }

  /**
   * @param folder URI with a slash at its end
   */
  static void below(String folder, Storage.FoundFile found) throws IOException {
    String path = folder.substring(SCHEME.length());
    int slash = path.indexOf('/');
    try (S3Client client = S3Clients.client().orElseThrow()) {
      new S3Listing(client, path.substring(0, slash), found).below(path.substring(slash + 1));
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  private void below(String prefix) throws IOException {
    List<String> folders = new ArrayList<>(List.of(prefix));
    for (int level = 0; level < LEVELS && folders.size() < ENOUGH_FOLDERS; level++) {
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
      begun.forEach(one -> one.cancel(true)); // what is left where one has failed
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
      if (!object.key().endsWith("/")) { // which stands for a folder
        found.found(SCHEME + bucket + "/" + object.key(), object.size(), object.eTag());
      }
    }
  }
}
