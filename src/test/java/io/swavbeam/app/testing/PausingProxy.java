package io.swavbeam.app.testing;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * A network between two processes that can be cut: no data passes, and no side gets an error. The
 * other side can also be made unavailable: connections end, and new ones are not answered.
 */
public final class PausingProxy implements AutoCloseable {
  private final ServerSocket server;
  private final int target;
  private final List<Socket> sockets = new CopyOnWriteArrayList<>();
  private volatile boolean cut;
  private volatile boolean away;

  public PausingProxy(int target) throws IOException {
    this.target = target;
    server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    start(this::accept);
  }

  public int port() {
    return server.getLocalPort();
  }

  public void cut(boolean newCut) {
    cut = newCut;
  }

  public void away(boolean newAway) throws IOException {
    away = newAway;
    for (Socket socket : sockets) {
      socket.close();
    }
    sockets.clear();
  }

  private interface Task {
    void run() throws Exception;
  }

  private static void start(Task task) {
    Thread thread =
        new Thread(
            () -> {
              try {
                task.run();
              } catch (Exception e) {
                // one side has closed the connection
              }
            });
    thread.setDaemon(true);
    thread.start();
  }

  private void accept() throws Exception {
    while (true) {
      Socket from = server.accept();
      while (cut) {
        Thread.sleep(10);
      }
      if (away) {
        from.close();
        continue;
      }
      Socket to = new Socket(InetAddress.getLoopbackAddress(), target);
      sockets.add(from);
      sockets.add(to);
      start(() -> pump(from, to));
      start(() -> pump(to, from));
    }
  }

  private void pump(Socket from, Socket to) throws Exception {
    byte[] bytes = new byte[64 * 1024];
    try (from;
        to;
        InputStream in = from.getInputStream();
        OutputStream out = to.getOutputStream()) {
      int length;
      while ((length = in.read(bytes)) >= 0) {
        while (cut) {
          Thread.sleep(10);
        }
        out.write(bytes, 0, length);
      }
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
    for (Socket socket : sockets) {
      socket.close();
    }
  }
}
