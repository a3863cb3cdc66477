package io.swavbeam.app.training;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.swavbeam.pipelines.trainer.server.TrainerMetrics;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * A server of the counters of a trainer at {@code /metrics} in the format of Prometheus, and its
 * state at {@code /health}: status 200, or 503 if training has failed.
 */
final class MetricsServer implements AutoCloseable {
  private static final int OK = 200;
  private static final int UNAVAILABLE = 503;

  // Several threads, so that slow clients do not block others. Requests without an end are aborted.
  private static final int THREADS = 4;
  private static final String MAX_REQUEST_SECONDS = "10";

  static {
    System.setProperty("sun.net.httpserver.maxReqTime", MAX_REQUEST_SECONDS);
    System.setProperty("sun.net.httpserver.maxRspTime", MAX_REQUEST_SECONDS);
  }

  private final HttpServer server;
  private final ExecutorService threads =
      Executors.newFixedThreadPool(
          THREADS,
          task -> {
            Thread thread = new Thread(task, "swav-status");
            thread.setDaemon(true);
            return thread;
          });

  MetricsServer(TrainerMetrics metrics, InetSocketAddress address) throws IOException {
    try {
      server = HttpServer.create(address, 0);
    } catch (IOException e) {
      throw new IOException(
          "--metricsPort=%d cannot be used: %s".formatted(address.getPort(), e.getMessage()), e);
    }
    server.createContext(
        "/metrics",
        exchange -> {
          ByteArrayOutputStream text = new ByteArrayOutputStream();
          metrics.write(text);
          answer(exchange, OK, "text/plain; version=0.0.4; charset=utf-8", text.toByteArray());
        });
    server.createContext(
        "/health",
        exchange -> {
          TrainerMetrics.State state = metrics.state();
          String text = "{\"state\":\"%s\"}\n".formatted(state.name().toLowerCase(Locale.ROOT));
          answer(
              exchange,
              state == TrainerMetrics.State.FAILED ? UNAVAILABLE : OK,
              "application/json",
              text.getBytes(StandardCharsets.UTF_8));
        });
    server.setExecutor(threads);
    server.start();
  }

  private static void answer(HttpExchange exchange, int status, String type, byte[] content)
      throws IOException {
    exchange.getResponseHeaders().set("Content-Type", type);
    exchange.sendResponseHeaders(status, content.length);
    exchange.getResponseBody().write(content);
    exchange.close();
  }

  int port() {
    return server.getAddress().getPort();
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
