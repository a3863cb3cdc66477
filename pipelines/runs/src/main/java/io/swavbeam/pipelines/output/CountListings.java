package io.swavbeam.pipelines.output;

import io.swavbeam.pipelines.archive.walk.SidecarCounts;
import io.swavbeam.pipelines.listing.ListImages;
import io.swavbeam.pipelines.storage.Folder;
import java.io.IOException;
import org.apache.beam.sdk.annotations.Internal;

/**
 * A listener that writes the results of listings as {@link EntryCounts}, into the folder of
 * embeddings.
 *
 * @param output the folder of embeddings
 * @param job the name of the job
 */
@Internal
public record CountListings(Folder output, String job) implements ListImages.GroupListener {
  @Override
  public void listed(String group, long images, long deadLetters, SidecarCounts sidecars)
      throws IOException {
    new EntryCounts(images, 0, 0, 0, deadLetters, sidecars.byExtension())
        .write(output, job, group, EntryCounts.Kind.LISTED);
  }
}
