package io.swavbeam.pipelines.trainer.server;

import io.swavbeam.pipelines.jvm.RootCause;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/**
 * One line of log for each connection that fails, where gRPC writes a stack trace: whoever reaches
 * the port could fill a disk with them.
 */
final class QuietConnections {
  // Referenced here, since loggers that nobody references lose their filters.
  private static final Logger CONNECTIONS =
      Logger.getLogger("io.grpc.netty.shaded.io.grpc.netty.NettyServerTransport.connections");

  private static final org.slf4j.Logger LOG =
      org.slf4j.LoggerFactory.getLogger(QuietConnections.class);

  static {
    CONNECTIONS.setFilter(QuietConnections::say);
  }

  private QuietConnections() {}

  /** Sets this up, once in a process. */
  static void keep() {
    // Loading this class did it.
  }

  private static boolean say(LogRecord failure) {
    LOG.info(
        "a connection failed: {}",
        failure.getThrown() == null ? failure.getMessage() : RootCause.line(failure.getThrown()));
    return false;
  }
}
