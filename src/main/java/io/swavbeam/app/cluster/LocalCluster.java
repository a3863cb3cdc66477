package io.swavbeam.app.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import io.swavbeam.app.runner.FlinkRest;
import java.io.IOException;
import java.io.InputStream;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A Flink cluster on this machine: a JobManager and TaskManagers in separate processes, with the
 * class path of this process. So jobs need not upload anything, and each process loads TensorFlow's
 * native library once.
 *
 * <pre>
 * conf/config.yaml
 * log/jobmanager.log, taskmanager-n.log
 * pids                 the process ids, one per line
 * checkpoints/         the checkpoints of jobs
 * </pre>
 */
public final class LocalCluster {
  /**
   * The processes of a cluster.
   *
   * @param folder the folder for configuration, logs and checkpoints
   * @param classPath the class path of the processes
   * @param taskManagers the number of TaskManagers
   * @param slots the number of slots of each TaskManager
   * @param heapMegabytes the heap of each TaskManager
   * @param restPort the port of the web UI and of job submission; 0 for a free port
   */
  public record Shape(
      Path folder,
      String classPath,
      int taskManagers,
      int slots,
      int heapMegabytes,
      int restPort) {}

  private static final String JOB_MANAGER =
      "org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint";
  private static final String TASK_MANAGER =
      "org.apache.flink.runtime.taskexecutor.TaskManagerRunner";
  private static final String PIDS = "pids";
  private static final String CONFIGURATION = "conf/config.yaml";

  private static final String PORT = "rest.port";

  /** The options of the shape by their keys in Flink's configuration. */
  private static final Map<String, String> OPTIONS =
      Map.of(
          PORT,
          "--restPort",
          "taskmanager.numberOfTaskSlots",
          "--slots",
          "taskmanager.memory.task.heap.size",
          "--heapMegabytes");

  private static final long START_SECONDS = 90;

  /**
   * The properties with folders for native libraries and temporary files, which the launcher sets.
   */
  private static final List<String> PLACES =
      List.of(
          "org.bytedeco.javacpp.cachedir",
          "org.xerial.snappy.tempdir",
          "ZstdTempFolder",
          "jna.tmpdir",
          "java.io.tmpdir",
          "user.home");

  /** The packages below {@code java} that Flink accesses on Java 17. */
  private static final List<String> OPENED =
      List.of(
          ("lang lang.invoke lang.reflect io net nio text time"
                  + " util util.concurrent util.concurrent.atomic util.concurrent.locks")
              .split(" "));

  private final Shape shape;
  private final int port;
  private final int rpcPort;
  private int started;

  private LocalCluster(Shape shape, int port, int rpcPort) {
    this.shape = shape;
    this.port = port;
    this.rpcPort = rpcPort;
  }

  /**
   * Starts a cluster and waits for all its slots. If the cluster of the folder is running,
   * TaskManagers that have died are replaced. If its JobManager has died, the cluster is restarted.
   *
   * @throws IOException in one line, if it does not start, or is running in another shape
   */
  public static LocalCluster start(Shape shape) throws IOException, InterruptedException {
    List<ProcessHandle> running = running(shape.folder());
    if (!running.isEmpty() && running.get(0).pid() == jobManager(shape.folder())) {
      return replace(shape, running.size() - 1);
    }
    stop(shape.folder()); // TaskManagers without a JobManager
    int rest = shape.restPort() == 0 ? freePort() : shape.restPort();
    requireFree(rest);
    Files.createDirectories(shape.folder().resolve("conf"));
    Files.createDirectories(shape.folder().resolve("log"));
    Files.createDirectories(shape.folder().resolve("tmp"));
    Files.deleteIfExists(shape.folder().resolve(PIDS));
    LocalCluster cluster = new LocalCluster(shape, rest, freePort());
    boolean started = false;
    try {
      cluster.configure();
      cluster.launch("jobmanager", 256, JOB_MANAGER, List.of("--executionMode", "cluster"));
      for (int i = 0; i < shape.taskManagers(); i++) {
        cluster.startTaskManager();
      }
      cluster.awaitTaskManagers(shape.taskManagers());
      started = true;
      return cluster;
    } finally {
      if (!started) {
        stop(shape.folder());
      }
    }
  }

  /** Starts the missing TaskManagers of a running cluster. */
  private static LocalCluster replace(Shape shape, int alive)
      throws IOException, InterruptedException {
    Map<String, String> keys = configuration(shape.folder());
    LocalCluster cluster =
        new LocalCluster(shape, number(keys, PORT), number(keys, "jobmanager.rpc.port"));
    cluster.requireSame(keys);
    if (alive > shape.taskManagers()) {
      throw new IOException(
          "%s has a running cluster of %d TaskManagers: stop it first, or choose another folder"
              .formatted(shape.folder(), alive));
    }
    cluster.awaitAtMost(alive);
    cluster.started = countStarted(shape.folder());
    for (int i = alive; i < shape.taskManagers(); i++) {
      cluster.startTaskManager();
    }
    cluster.awaitTaskManagers(shape.taskManagers());
    return cluster;
  }

  /** Fails if the running cluster has another shape. */
  private void requireSame(Map<String, String> running) throws IOException {
    Map<String, Object> wanted = keys();
    if (shape.restPort() != 0) {
      wanted.put(PORT, shape.restPort());
    }
    for (Map.Entry<String, String> option : OPTIONS.entrySet()) {
      String value = running.get(option.getKey());
      if (!wanted.get(option.getKey()).toString().equals(value)) {
        throw new IOException(
            "%s has a running cluster with another %s (%s): stop it first, or choose another folder"
                .formatted(shape.folder(), option.getValue(), value));
      }
    }
  }

  /** Waits until the JobManager has noticed that TaskManagers have died. */
  private void awaitAtMost(int taskManagers) throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(START_SECONDS);
    while (System.nanoTime() < deadline
        && new FlinkRest(master()).json("/overview").path("taskmanagers").asInt() > taskManagers) {
      Thread.sleep(200);
    }
  }

  private static Map<String, String> configuration(Path folder) throws IOException {
    Map<String, String> keys = new TreeMap<>();
    for (String line : Files.readAllLines(folder.resolve(CONFIGURATION))) {
      String[] parts = line.split(": ", 2);
      keys.put(parts[0], parts[1]);
    }
    return keys;
  }

  private static int number(Map<String, String> keys, String key) {
    return Integer.parseInt(keys.get(key));
  }

  /**
   * Returns how many TaskManagers were ever started. The number is used for the name of the next
   * log.
   */
  private static int countStarted(Path folder) throws IOException {
    try (Stream<Path> logs = Files.list(folder.resolve("log"))) {
      return (int)
          logs.filter(log -> log.getFileName().toString().startsWith("taskmanager-")).count();
    }
  }

  private static void requireFree(int port) throws IOException {
    try (ServerSocket socket = new ServerSocket()) {
      socket.setReuseAddress(true); // allows a port that was just closed, as Flink does
      socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    } catch (BindException e) {
      throw new IOException(
          "port %d is in use, perhaps by another cluster: choose another --restPort"
              .formatted(port),
          e);
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private void configure() throws IOException {
    Files.writeString(
        shape.folder().resolve(CONFIGURATION),
        keys().entrySet().stream()
            .map(entry -> entry.getKey() + ": " + entry.getValue() + "\n")
            .collect(Collectors.joining()));
  }

  /** Returns Flink's configuration of this shape, from the template. */
  private Map<String, Object> keys() throws IOException {
    Properties template = new Properties();
    try (InputStream in = LocalCluster.class.getResourceAsStream("/cluster/config.properties")) {
      template.load(in);
    }
    Map<String, Object> keys = new TreeMap<>();
    template.forEach((key, value) -> keys.put((String) key, value));
    keys.put("jobmanager.rpc.port", rpcPort);
    keys.put(PORT, port);
    keys.put("taskmanager.numberOfTaskSlots", shape.slots());
    keys.put("taskmanager.cpu.cores", shape.slots());
    keys.put("taskmanager.memory.task.heap.size", shape.heapMegabytes() - 128 + "m");
    keys.put("state.checkpoints.dir", shape.folder().resolve("checkpoints").toUri());
    keys.put("io.tmp.dirs", shape.folder().resolve("tmp").toAbsolutePath());
    keys.put("web.upload.dir", shape.folder().resolve("tmp").toAbsolutePath());
    return keys;
  }

  /** Starts another TaskManager without waiting for it. */
  public Process startTaskManager() throws IOException {
    started++;
    String name = "taskmanager-" + started;
    return launch(
        name,
        shape.heapMegabytes(),
        TASK_MANAGER,
        List.of("-D", "taskmanager.resource-id=" + name));
  }

  private Process launch(String name, int heapMegabytes, String main, List<String> arguments)
      throws IOException {
    List<String> command = new ArrayList<>();
    // The process continues when the terminal is closed.
    command.add("nohup");
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-Xmx%dm".formatted(heapMegabytes));
    command.add("-XX:MaxMetaspaceSize=256m");
    command.add("-XX:+UseParallelGC");
    command.add("-Dorg.bytedeco.javacpp.maxphysicalbytes=0");
    command.add("-Dorg.bytedeco.javacpp.maxbytes=0");
    for (String place : PLACES) {
      if (System.getProperty(place) != null) {
        command.add("-D%s=%s".formatted(place, System.getProperty(place)));
      }
    }
    command.add("-Djava.awt.headless=true");
    // TensorFlow formats names of ops with the default locale, and graphs need ASCII digits.
    command.add("-Duser.language.format=en");
    for (String talking : List.of("defaultLogLevel", "log.org.apache.flink")) {
      command.add("-Dorg.slf4j.simpleLogger.%s=info".formatted(talking));
    }
    command.add("-Dorg.slf4j.simpleLogger.log.org.apache.kafka=error");
    command.add("-Dorg.slf4j.simpleLogger.showDateTime=true");
    for (String opened : OPENED) {
      command.add("--add-opens=java.base/java.%s=ALL-UNNAMED".formatted(opened));
    }
    command.addAll(List.of("-cp", shape.classPath(), main));
    command.addAll(List.of("--configDir", shape.folder().resolve("conf").toString()));
    command.addAll(arguments);
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
            .redirectOutput(shape.folder().resolve("log").resolve(name + ".log").toFile())
            .start();
    Files.writeString(
        shape.folder().resolve(PIDS),
        process.pid() + "\n",
        StandardOpenOption.CREATE,
        StandardOpenOption.APPEND);
    return process;
  }

  /** Waits until a number of TaskManagers have joined. */
  public void awaitTaskManagers(int count) throws IOException, InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(START_SECONDS);
    while (System.nanoTime() < deadline) {
      if (running(shape.folder()).size() <= count) {
        throw new IOException(
            "a process of the cluster has ended: see %s".formatted(shape.folder().resolve("log")));
      }
      JsonNode overview = new FlinkRest(master()).json("/overview");
      if (overview.path("taskmanagers").asInt() == count && isOurs()) {
        return;
      }
      Thread.sleep(200);
    }
    throw new IOException(
        "the cluster did not start within %d seconds: see %s"
            .formatted(START_SECONDS, shape.folder().resolve("log")));
  }

  /** Returns whether the answering JobManager is that of this cluster. */
  private boolean isOurs() {
    for (JsonNode entry : new FlinkRest(master()).json("/jobmanager/config")) {
      if (entry.path("key").asText().equals("jobmanager.rpc.port")) {
        return entry.path("value").asInt() == rpcPort;
      }
    }
    return false;
  }

  /** Sends a request to Flink's REST interface; empty if it does not answer. */
  public Optional<String> get(String path) throws IOException {
    return new FlinkRest(master()).text(path);
  }

  /** Returns host and port for {@code --flinkMaster} and for the web UI. */
  public String master() {
    return "localhost:" + port;
  }

  /**
   * Stops the cluster of a folder.
   *
   * @return the number of stopped processes
   */
  public static int stop(Path folder) throws IOException, InterruptedException {
    List<ProcessHandle> processes = running(folder);
    processes.forEach(ProcessHandle::destroy);
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    for (ProcessHandle process : processes) {
      while (process.isAlive() && System.nanoTime() < deadline) {
        Thread.sleep(50);
      }
      process.destroyForcibly();
    }
    Files.deleteIfExists(folder.resolve(PIDS));
    return processes.size();
  }

  /** Returns the running processes of the cluster. Process ids may have been reused. */
  private static List<ProcessHandle> running(Path folder) throws IOException {
    Path pids = folder.resolve(PIDS);
    if (!Files.exists(pids)) {
      return List.of();
    }
    try (Stream<String> lines = Files.lines(pids)) {
      return lines
          .map(Long::parseLong)
          .map(ProcessHandle::of)
          .flatMap(Optional::stream)
          .filter(ProcessHandle::isAlive)
          .filter(LocalCluster::isFlink)
          .toList();
    }
  }

  /** Returns the id of the process that was started first. */
  private static long jobManager(Path folder) throws IOException {
    return Long.parseLong(Files.readAllLines(folder.resolve(PIDS)).get(0));
  }

  private static boolean isFlink(ProcessHandle process) {
    Optional<String[]> arguments = process.info().arguments();
    if (arguments.isEmpty()) {
      return true; // the system does not show arguments
    }
    return Stream.of(arguments.get())
        .anyMatch(argument -> argument.equals(JOB_MANAGER) || argument.equals(TASK_MANAGER));
  }
}
