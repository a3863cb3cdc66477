package io.swavbeam.app;

import static org.assertj.core.api.Assertions.assertThat;

import io.swavbeam.app.testing.Commands.Outcome;
import io.swavbeam.app.testing.Launcher;
import io.swavbeam.app.testing.TestPhotos;
import io.swavbeam.model.run.AtomicFiles;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The command in a container as in Kubernetes: a user id without a name, a home folder that does
 * not exist or is read-only, a read-only root, and a temporary folder without permission to run
 * programs.
 */
@Tag("slow")
class ContainerTest {
  private static final List<String> NOBODY =
      List.of("setpriv", "--reuid=54321", "--regid=54321", "--clear-groups");

  private static Path shared;
  private static Launcher launcher;

  @BeforeAll
  static void train() throws Exception {
    Launcher.assumeCanRunBy(NOBODY);
    // Not in a folder of JUnit, which only this user can access.
    shared = Files.createTempDirectory("swav-container-");
    launcher = Launcher.forAll(Files.createDirectories(shared.resolve("launcher")));
    TestPhotos.train(shared, 2);
    try (Stream<Path> all = Files.walk(shared)) {
      for (Path path : all.toList()) {
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwxr-xr-x"));
      }
    }
    Files.setPosixFilePermissions(
        Files.createDirectories(shared.resolve("scratch")),
        PosixFilePermissions.fromString("rwxrwxrwx"));
  }

  @AfterAll
  static void delete() throws Exception {
    if (shared != null) {
      AtomicFiles.delete(shared);
    }
  }

  private static Outcome embed(Map<String, String> environment, List<String> by, String output)
      throws Exception {
    return launcher.run(
        environment,
        by,
        "embed",
        "--model=" + shared.resolve("run"),
        "--input=" + shared.resolve("photos"),
        "--output=" + shared.resolve("scratch").resolve(output));
  }

  @Test
  void aUserIdWithoutANameEmbeds() throws Exception {
    Outcome outcome = embed(Map.of("HOME", "/"), NOBODY, "without-name").succeeded();
    assertThat(outcome.out()).contains("16 entries: 16 embeddings, 0 dead letters");
  }

  @Test
  void aReadOnlyRootIsNoObstacle() throws Exception {
    Path scratch = shared.resolve("scratch");
    List<String> container =
        Launcher.amongMounts(
            """
            mount --bind / / && mount -t tmpfs -o mode=1777 tmpfs '%s' && mount -o remount,bind,ro / &&
              exec setpriv --reuid=54321 --regid=54321 --clear-groups\
            """
                .formatted(scratch));
    Outcome outcome =
        embed(Map.of("HOME", "/nonexistent", "TMPDIR", scratch.toString()), container, "read-only")
            .succeeded();
    assertThat(outcome.out()).contains("16 entries: 16 embeddings, 0 dead letters");
  }

  /** Only for temporary files. Libraries are in another folder. */
  @Test
  void aTemporaryFolderMayRunNoPrograms() throws Exception {
    Path home = Files.createDirectories(shared.resolve("home"));
    Path temporary = Files.createDirectories(shared.resolve("tmp"));
    List<String> mounts =
        Launcher.amongMounts("mount -t tmpfs -o noexec tmpfs '%s' && exec".formatted(temporary));
    Outcome outcome =
        embed(
                Map.of(
                    "XDG_CACHE_HOME",
                    home.toString(),
                    "SWAV_JAVA_OPTS",
                    "-Djava.io.tmpdir=" + temporary),
                mounts,
                "noexec")
            .succeeded();
    assertThat(outcome.out()).contains("16 entries: 16 embeddings, 0 dead letters");
  }
}
