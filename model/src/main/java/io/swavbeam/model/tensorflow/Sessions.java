package io.swavbeam.model.tensorflow;

import org.tensorflow.Graph;
import org.tensorflow.Session;
import org.tensorflow.proto.ConfigProto;

/**
 * Opens sessions, and says who owns which threads.
 *
 * <ul>
 *   <li>Between ops there are none of our own: every session runs its ops one after the other in
 *       the thread that calls it. Beam's workers decode and crop, the trainer's thread trains.
 *   <li>Inside large ops, all sessions of the process share one pool of TensorFlow. Its size is
 *       that of the first session, as many as there are processors unless the system property
 *       {@value #THREADS} says otherwise. Sums are split by that size: bit-for-bit equal results
 *       need equal sizes.
 * </ul>
 */
public final class Sessions {
  /** System property with the number of TensorFlow's threads. */
  public static final String THREADS = "swav.tensorflowThreads";

  private static final int IN_THE_CALLING_THREAD = -1;

  private Sessions() {}

  /** Threads of TensorFlow's pool. */
  public static int threads() {
    return Integer.getInteger(THREADS, Runtime.getRuntime().availableProcessors());
  }

  /** Opens a session, to be closed by the caller before the graph. */
  public static Session open(Graph graph) {
    return new Session(graph, config());
  }

  /** The configuration of every session. */
  public static ConfigProto config() {
    return ConfigProto.newBuilder()
        .setIntraOpParallelismThreads(threads())
        .setInterOpParallelismThreads(IN_THE_CALLING_THREAD)
        .build();
  }
}
