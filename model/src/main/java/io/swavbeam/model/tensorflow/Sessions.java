package io.swavbeam.model.tensorflow;

import org.tensorflow.Graph;
import org.tensorflow.Session;
import org.tensorflow.proto.ConfigProto;
import org.tensorflow.proto.RewriterConfig;

/**
 * Opens sessions, and says who owns which threads.
 *
 * <ul>
 *   <li>Between ops there are none of our own: every session runs its ops one after the other in
 *       the thread that calls it. Beam's workers decode and crop, the trainer's thread trains.
 *   <li>Inside the large ops of a network, a pool of TensorFlow works: as many threads as there are
 *       processors, unless the system property {@value #THREADS} says otherwise. Sums are divided
 *       among them: bit-for-bit equal results need equal numbers.
 *   <li>Inside the small ops that decode and crop there should be no threads at all: to wake them
 *       costs five times what they do. TensorFlow allows that only where the environment variable
 *       {@code TF_OVERRIDE_GLOBAL_THREADPOOL} is 1, as the launcher sets it; without it, all
 *       sessions share the pool of the first one, and crops are slower but the same.
 * </ul>
 */
public final class Sessions {
  /** System property with the number of TensorFlow's threads. */
  public static final String THREADS = "swav.tensorflowThreads";

  private static final int IN_THE_CALLING_THREAD = -1;

  static {
    // The first session of a process looks for devices, be it in a worker of Flink.
    CudaLibraries.load();
  }

  private Sessions() {}

  /** Threads of TensorFlow inside the ops of a network. */
  public static int threads() {
    return Integer.getInteger(THREADS, Runtime.getRuntime().availableProcessors());
  }

  /** Opens a session for a network, to be closed by the caller before the graph. */
  public static Session open(Graph graph) {
    return new Session(graph, networkConfig());
  }

  /**
   * Opens a session for small ops, which stay in the calling thread, and on the CPU: so that crops
   * are the same on every machine.
   */
  public static Session openSmall(Graph graph) {
    return new Session(graph, config(1).putDeviceCount("GPU", 0).build());
  }

  /** The configuration of a network's session; it takes a GPU's memory as it needs it. */
  public static ConfigProto networkConfig() {
    ConfigProto.Builder config = config(threads());
    config.getGpuOptionsBuilder().setAllowGrowth(true);
    return config.build();
  }

  private static ConfigProto.Builder config(int threads) {
    ConfigProto.Builder config =
        ConfigProto.newBuilder()
            .setIntraOpParallelismThreads(threads)
            .setInterOpParallelismThreads(IN_THE_CALLING_THREAD);
    // Where a graph takes more than 0.8 of the 256 MB that TensorFlow believes a CPU to have, its
    // memory optimiser turns sums of three tensors or more into additions to a variable, each when
    // its tensor is there: the order, and with it the last bits, depend on how long ops took.
    config
        .getGraphOptionsBuilder()
        .getRewriteOptionsBuilder()
        .setMemoryOptimization(RewriterConfig.MemOptType.NO_MEM_OPT);
    return config;
  }
}
