package io.swavbeam.app.testing;

import io.swavbeam.app.command.Options;
import io.swavbeam.app.command.SwavOptions;
import io.swavbeam.app.command.UsageException;
import io.swavbeam.pipelines.storage.Location;
import io.swavbeam.pipelines.storage.Stores;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;

/**
 * A real server of S3's protocol in a separate process, with one bucket in memory, for the tests of
 * a class.
 */
public final class ObjectStore implements BeforeAllCallback, AfterAllCallback {
  /** The URI of the bucket. */
  public static final String BUCKET = "s3://photos";

  private static final String KEY = "tester";
  private static final String SECRET = "secret";

  private final String provider;
  private Process process;
  private int port;

  /** Creates a store that keeps objects as files, and so does not support some keys. */
  public ObjectStore() {
    this("transient-nio2");
  }

  /**
   * @param provider the provider of jclouds; {@code transient} supports any key
   */
  public ObjectStore(String provider) {
    this.provider = provider;
  }

  @Override
  public void beforeAll(ExtensionContext context) throws Exception {
    port = KafkaBroker.freePort();
    Path target = Path.of("target").toAbsolutePath();
    Path properties =
        Files.writeString(
            target.resolve("s3proxy-%d.properties".formatted(port)),
            """
            s3proxy.endpoint=http://127.0.0.1:%d
            s3proxy.authorization=aws-v2-or-v4
            s3proxy.identity=%s
            s3proxy.credential=%s
            s3proxy.ignore-unknown-headers=true
            jclouds.provider=%s
            jclouds.identity=%s
            jclouds.credential=%s
            """
                .formatted(port, KEY, SECRET, provider, KEY, SECRET));
    process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx512m",
                "-cp",
                target.resolve("s3proxy-jar-with-dependencies.jar").toString(),
                "org.gaul.s3proxy.Main",
                "--properties",
                properties.toString())
            .redirectErrorStream(true)
            .redirectOutput(target.resolve("s3proxy.log").toFile())
            .start();
    FlinkCluster.await("the object store", this::makesTheBucket);
  }

  private S3Client client() {
    return S3Client.builder()
        .endpointOverride(URI.create("http://localhost:" + port))
        .region(Region.US_EAST_1)
        .credentialsProvider(
            StaticCredentialsProvider.create(AwsBasicCredentials.create(KEY, SECRET)))
        .forcePathStyle(true)
        .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
        .build();
  }

  private boolean makesTheBucket() {
    try (S3Client client = client()) {
      client.createBucket(request -> request.bucket("photos"));
      return true;
    } catch (SdkException e) {
      return false; // not yet started
    }
  }

  /** Configures this process to access the store, like the commands. */
  public void connect() {
    try {
      Options.parse(options(), SwavOptions.class);
    } catch (UsageException e) {
      throw new IllegalStateException(e);
    }
  }

  public int port() {
    return port;
  }

  /** Puts an object with exactly this key. */
  public void putObject(String key, byte[] bytes) {
    try (S3Client client = client()) {
      client.putObject(request -> request.bucket("photos").key(key), RequestBody.fromBytes(bytes));
    }
  }

  /** Returns the options of commands for the store. */
  public List<String> options() {
    return options(port);
  }

  /** Returns the options for access through another port. */
  public List<String> options(int port) {
    return List.of(
        "--endpoint=http://localhost:" + port,
        """
        --awsCredentialsProvider=\
        {"@type": "StaticCredentialsProvider", "accessKeyId": "%s", "secretAccessKey": "%s"}"""
            .formatted(KEY, SECRET));
  }

  /** Puts a file, or all files of a folder. */
  public void put(Path file, String uri) throws IOException {
    if (Files.isRegularFile(file)) {
      put(Map.of(uri, Files.readAllBytes(file)));
      return;
    }
    Map<String, byte[]> files = new TreeMap<>();
    Commands.files(file).forEach((name, bytes) -> files.put(uri + "/" + name, bytes));
    put(files);
  }

  /** Puts several files in parallel. */
  public void put(Map<String, byte[]> byUri) {
    connect();
    byUri.entrySet().parallelStream()
        .forEach(
            file -> {
              try (WritableByteChannel channel = Stores.create(new Location(file.getKey()))) {
                channel.write(ByteBuffer.wrap(file.getValue()));
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            });
  }

  public byte[] get(String uri) throws IOException {
    connect();
    try (InputStream in = Stores.stream(new Location(uri))) {
      return in.readAllBytes();
    }
  }

  /** Returns the names of the objects below a folder. */
  public List<String> below(String uri) throws IOException {
    connect();
    List<String> names = new ArrayList<>();
    Stores.below(uri + "/", file -> names.add(file.location().uri().substring(uri.length() + 1)));
    return names;
  }

  @Override
  public void afterAll(ExtensionContext context) {
    process.destroyForcibly().onExit().join();
  }
}
