package io.swavbeam.model.tensorflow;

import org.tensorflow.Graph;
import org.tensorflow.Session;
import org.tensorflow.proto.ConfigProto;
import org.tensorflow.proto.RewriterConfig;

/**
 * A factory of sessions, which decides which threads compute.
 *
 * <ul>
 *   <li>A session runs its ops one after the other, in the thread that calls it. Beam's workers
 *       decode and crop, and the trainer's thread trains.
 *   <li>A large op of a network is computed by a thread pool of TensorFlow, with one thread for
 *       each processor unless the system property {@value #THREADS} is set. The threads share the
 *       terms of a sum, so results are equal bit for bit only with equal numbers of threads.
 *   <li>A small op that decodes or crops is computed in the calling thread alone, because waking
 *       other threads takes five times as long as the op. TensorFlow supports that only if the
 *       environment variable {@code TF_OVERRIDE_GLOBAL_THREADPOOL} is 1. The launcher sets it.
 *       Without it, all sessions share the pool of the first one; crops are the same, but slower.
 * </ul>
 */
public final class Sessions {
  /** System property with the number of TensorFlow's threads. */
  public static final String THREADS = "swav.tensorflowThreads";

  private static final int IN_THE_CALLING_THREAD = -1;

  static {
    // The first session of a process looks for devices, also in a worker of Flink.
    CudaLibraries.load();
  }

  private Sessions() {}

  /** Returns the number of TensorFlow's threads inside the ops of a network. */
  public static int threads() {
    return Integer.getInteger(THREADS, Runtime.getRuntime().availableProcessors());
  }

  /** Opens a session for a network, to be closed by the caller before the graph. */
  public static Session open(Graph graph) {
    return new Session(graph, networkConfig());
  }

  /**
   * Opens a session for small ops, which are computed in the calling thread and on the CPU, so that
   * crops are the same on every machine.
   */
  public static Session openSmall(Graph graph) {
    return new Session(graph, config(1).putDeviceCount("GPU", 0).build());
  }

  /** Returns the configuration of a network's session, which allocates GPU memory when needed. */
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
    // TensorFlow's memory optimiser assumes a CPU to have 256 MB. If a graph needs more than 80 %
    // of that, it replaces sums of three or more tensors by additions to a variable, in the order
    // in which the tensors are computed. That order changes from run to run, and so do the last
    // bits.
    config
        .getGraphOptionsBuilder()
        .getRewriteOptionsBuilder()
        .setMemoryOptimization(RewriterConfig.MemOptType.NO_MEM_OPT);
    return config;
  }
}
