package io.swavbeam.pipelines.embedding;

import io.swavbeam.model.config.DecodingConfig;
import io.swavbeam.model.config.InvalidConfigException;
import io.swavbeam.model.config.Precision;
import io.swavbeam.model.error.ErrorKind;
import io.swavbeam.model.error.KnownError;
import io.swavbeam.model.inference.Embedder;
import io.swavbeam.model.inference.ModelDescription;
import io.swavbeam.model.run.AtomicFiles;
import io.swavbeam.model.run.RunDirectory;
import io.swavbeam.model.tensorflow.Devices;
import io.swavbeam.pipelines.storage.Folder;
import io.swavbeam.pipelines.storage.Location;
import io.swavbeam.pipelines.storage.Stores;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.beam.sdk.annotations.Internal;

/**
 * A trained network in its folder: a run directory or a {@code saved_model/} folder, on this
 * machine or in a bucket, from which it is copied before it is loaded.
 */
@Internal
public record ModelLocation(Folder folder) {
  /** Returns the location of a path or a URI. */
  public static ModelLocation of(String path) {
    return new ModelLocation(Folder.of(path));
  }

  /**
   * Returns the description of the network without loading it.
   *
   * @throws InvalidConfigException in one line, if there is none
   */
  public ModelDescription describe() {
    if (isLocal()) {
      return Embedder.describe(Path.of(folder.path()));
    }
    try {
      return describe(remoteModel());
    } catch (IOException e) {
      throw unreadable(e);
    }
  }

  /**
   * Loads the network.
   *
   * @param device the device that computes
   * @throws InvalidConfigException in one line, if there is none or it is damaged
   */
  public Embedder load(Precision precision, DecodingConfig decoding, Devices device) {
    if (isLocal()) {
      return Embedder.load(Path.of(folder.path()), precision, decoding, device);
    }
    try {
      Path copy = Files.createTempDirectory("swav-model-");
      try {
        Folder model = remoteModel();
        copy(model, copy);
        Embedder embedder = Embedder.load(copy, precision, decoding, device);
        if (!embedder.description().equals(describe(model).in(precision, decoding))) {
          embedder.close();
          throw new InvalidConfigException("%s is being replaced: try again".formatted(model));
        }
        return embedder;
      } finally {
        AtomicFiles.delete(copy);
      }
    } catch (IOException e) {
      throw unreadable(e);
    }
  }

  private InvalidConfigException unreadable(IOException e) {
    return e instanceof KnownError known
        ? new InvalidConfigException(known.kind(), folder, e.getMessage(), e)
        : new InvalidConfigException(e.getMessage(), e);
  }

  private boolean isLocal() {
    return Stores.isLocal(folder.path());
  }

  private Folder remoteModel() throws IOException {
    Folder inRun = folder.folder(RunDirectory.SAVED_MODEL);
    for (Folder candidate : new Folder[] {folder, inRun}) {
      if (Stores.exists(candidate.file(ModelDescription.FILE))) {
        return candidate;
      }
    }
    throw new InvalidConfigException(
        ErrorKind.NO_MODEL, folder, "%s holds no trained model".formatted(folder));
  }

  private static ModelDescription describe(Folder model) throws IOException {
    Location file = model.file(ModelDescription.FILE);
    return ModelDescription.read(Stores.text(file), file.uri());
  }

  private static void copy(Folder model, Path target) throws IOException {
    List<Location> files = new ArrayList<>();
    Stores.below(model.path() + "/", file -> files.add(file.location()));
    for (Location file : files) {
      Path local = target.resolve(file.uri().substring(model.path().length() + 1));
      Files.createDirectories(local.getParent());
      try (InputStream in = Stores.stream(file)) {
        Files.copy(in, local);
      }
    }
  }

  @Override
  public String toString() {
    return folder.path();
  }
}
