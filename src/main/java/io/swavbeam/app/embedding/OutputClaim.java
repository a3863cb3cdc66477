package io.swavbeam.app.embedding;

import io.swavbeam.app.command.CommandFailedException;
import io.swavbeam.pipelines.storage.Folder;
import io.swavbeam.pipelines.storage.Stores;
import java.io.IOException;
import java.nio.file.Path;

/**
 * The right to write embeddings into a folder, which commands that embed the same images may share:
 * each file has one name, whoever is first. Others would not know of each other's images, and give
 * some of them two rows.
 *
 * <p>It is the command's, not the job's: a job on a cluster may outlive both.
 */
interface OutputClaim extends AutoCloseable {
  /**
   * What a command embeds, as it is written into the folder.
   *
   * @param job that is unlike all others
   * @param images equal ones are the same images, embedded in the same way
   * @param what they are, for people
   */
  record Work(String job, String images, String what) {}

  /**
   * Takes the right.
   *
   * @throws CommandFailedException in one line, if others are writing other embeddings
   */
  static OutputClaim take(Folder folder, Work work) throws CommandFailedException, IOException {
    return Stores.isLocal(folder.path())
        ? LocalClaim.take(Path.of(folder.path()), work)
        : BucketClaim.take(folder, work);
  }

  /** Why the right is not given. */
  static CommandFailedException refusal(Object folder, String others) {
    return new CommandFailedException(
        "another `swav embed` is writing to %s (%s): wait for it, or choose another --output"
            .formatted(folder, others));
  }

  @Override
  void close() throws IOException;
}
