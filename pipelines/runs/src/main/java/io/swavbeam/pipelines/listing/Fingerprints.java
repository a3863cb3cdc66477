package io.swavbeam.pipelines.listing;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import io.swavbeam.model.config.Digest;
import io.swavbeam.pipelines.archive.InputFile;
import io.swavbeam.pipelines.storage.IoExecutor;
import io.swavbeam.pipelines.storage.Location;
import io.swavbeam.pipelines.storage.PassingErrors;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.beam.sdk.annotations.Internal;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The {@link Fingerprint}s of some files. A file that cannot be read has none.
 *
 * @param byFile the fingerprints as texts, by a digest of the URI of the file
 */
@Internal
public record Fingerprints(@JsonValue Map<String, String> byFile) {
  /** No fingerprint. */
  public static final Fingerprints NONE = new Fingerprints(Map.of());

  private static final int KEY_LENGTH = 12;
  private static final int DIGEST_LENGTH = 24;

  /** Copies the map and keeps its order. */
  @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
  public Fingerprints {
    byFile = Collections.unmodifiableMap(new LinkedHashMap<>(byFile));
  }

  /**
   * Reads the blocks of files. Local files are read one after the other by the calling thread.
   *
   * @throws io.swavbeam.pipelines.storage.StoreUnavailableException if a store does not answer
   */
  static Fingerprints of(List<InputFile> files) throws IOException {
    Map<Location, InputFile> byLocation = new LinkedHashMap<>();
    files.forEach(file -> byLocation.put(file.location(), file));
    boolean alone = byLocation.size() == 1;
    List<Location> locations = new ArrayList<>(byLocation.keySet());
    List<@Nullable String> texts =
        alone
            ? Collections.singletonList(text(files.get(0), true))
            : IoExecutor.each(locations, location -> text(byLocation.get(location), false));
    Map<String, String> byFile = new LinkedHashMap<>();
    for (int i = 0; i < texts.size(); i++) {
      String text = texts.get(i);
      if (text != null) {
        byFile.put(key(locations.get(i).uri()), text);
      }
    }
    return new Fingerprints(byFile);
  }

  private static @Nullable String text(InputFile file, boolean alone) throws IOException {
    try {
      return Fingerprint.of(file, alone).toString();
    } catch (IOException e) {
      PassingErrors.lasting(e);
      return null; // reading the file reports the error
    }
  }

  private static String key(String uri) {
    return new Digest().add(uri).hex(KEY_LENGTH);
  }

  /** Returns the fingerprint of a file as text, or null. */
  public @Nullable String of(String uri) {
    return byFile.get(key(uri));
  }

  /** Returns the fingerprints of some of the files. */
  public Fingerprints only(Iterable<String> uris) {
    Map<String, String> some = new LinkedHashMap<>();
    for (String uri : uris) {
      String text = of(uri);
      if (text != null) {
        some.put(key(uri), text);
      }
    }
    return new Fingerprints(some);
  }

  /**
   * Returns whether a file has the same content as in other fingerprints, as far as it is known. An
   * archive may have grown at its end. A compressed file with another length is never reported as
   * changed, because all of its bytes may differ although only entries were added.
   *
   * @param archive whether the file is an archive
   * @param compressed whether it is compressed as a whole
   */
  public boolean agree(Fingerprints earlier, String uri, boolean archive, boolean compressed) {
    Fingerprint now = Fingerprint.parse(of(uri));
    Fingerprint then = Fingerprint.parse(earlier.of(uri));
    if (now == null || then == null) {
      return true;
    }
    if (now.length() == then.length()) {
      return now.digest().equals(then.digest());
    }
    return archive && (compressed || now.head().equals(then.head()));
  }

  /** Returns a digest of all fingerprints in order. */
  String digest() {
    Digest digest = new Digest();
    byFile.forEach((file, text) -> digest.add(file).add(text));
    return digest.hex(DIGEST_LENGTH);
  }
}
