package io.swavbeam.pipelines.trainer.server;

import io.swavbeam.pipelines.jvm.RootCause;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/**
 * A log of one line for each connection that fails. gRPC would log a stack trace, and anybody who
 * can reach the port could fill a disk with them.
 */
final class QuietConnections {
  // A static reference, because loggers without references lose their filters.
  private static final Logger CONNECTIONS =
      Logger.getLogger("io.grpc.netty.shaded.io.grpc.netty.NettyServerTransport.connections");

  private static final org.slf4j.Logger LOG =
      org.slf4j.LoggerFactory.getLogger(QuietConnections.class);

  static {
    CONNECTIONS.setFilter(QuietConnections::say);
  }

  private QuietConnections() {}

  /** Installs the filter once per process. */
  static void keep() {
    // Done when this class is loaded.
  }

  private static boolean say(LogRecord failure) {
    LOG.info(
        "a connection failed: {}",
        failure.getThrown() == null ? failure.getMessage() : RootCause.line(failure.getThrown()));
    return false;
  }
}
