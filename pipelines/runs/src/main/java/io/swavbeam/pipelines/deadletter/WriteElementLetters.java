package io.swavbeam.pipelines.deadletter;

import io.swavbeam.pipelines.storage.Folder;
import io.swavbeam.pipelines.storage.Patience;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PDone;

/**
 * A transform that writes the dead letters of a stream, one file per element. If an element is
 * processed again, in this job or a later one, its file is replaced, or deleted if the element has
 * become usable.
 */
public final class WriteElementLetters extends PTransform<PCollection<ElementLetters>, PDone> {
  private final Folder folder;
  private final Patience patience;

  /**
   * @param folder the folder of dead letters
   * @param patience the patience with the store of the folder
   */
  public WriteElementLetters(Folder folder, Patience patience) {
    this.folder = folder;
    this.patience = patience;
  }

  @Override
  public PDone expand(PCollection<ElementLetters> letters) {
    letters.apply("Write", ParDo.of(new WriteFn(folder, patience)));
    return PDone.in(letters.getPipeline());
  }

  private static final class WriteFn extends DoFn<ElementLetters, Void> {
    private final Folder folder;
    private final Patience patience;

    /** The names of files to delete at the end of the bundle, in few requests. */
    private transient List<String> usable;

    WriteFn(Folder folder, Patience patience) {
      this.folder = folder;
      this.patience = patience;
    }

    @StartBundle
    public void startBundle() {
      usable = new ArrayList<>();
    }

    @ProcessElement
    public void process(@Element ElementLetters element) throws IOException {
      String name = DeadLetterFiles.name(element.source(), element.position());
      if (element.letters().isEmpty()) {
        usable.add(name);
        return;
      }
      usable.remove(name);
      patience.outlast(
          () -> {
            DeadLetterFiles.replace(folder, name, element.letters());
            return null;
          });
    }

    @FinishBundle
    public void finishBundle() throws IOException {
      patience.outlast(
          () -> {
            DeadLetterFiles.delete(folder, usable);
            return null;
          });
      usable.clear();
    }
  }
}
