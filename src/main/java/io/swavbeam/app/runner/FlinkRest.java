package io.swavbeam.app.runner;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * The REST interface of a Flink cluster.
 *
 * @param master host and port, as in {@code --flinkMaster}
 */
public record FlinkRest(String master) {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int CONNECT_MILLIS = 1_000;
  private static final int READ_MILLIS = 5_000;

  /** Returns the address of a page, also for people. */
  public String url(String path) {
    String base = master.matches("https?://.*") ? master : "http://" + master;
    return base.replaceFirst("/+$", "") + path;
  }

  /**
   * Sends a request.
   *
   * @return the answer; empty if the cluster does not listen or is being started
   * @throws IOException in one line, if it answers something else
   */
  public Optional<String> text(String path) throws IOException {
    HttpURLConnection connection =
        (HttpURLConnection) URI.create(url(path)).toURL().openConnection();
    connection.setConnectTimeout(CONNECT_MILLIS);
    connection.setReadTimeout(READ_MILLIS);
    try (InputStream in = connection.getInputStream()) {
      return Optional.of(new String(in.readAllBytes(), StandardCharsets.UTF_8));
    } catch (SocketException | SocketTimeoutException | UnknownHostException e) {
      return Optional.empty(); // does not listen or answer yet
    } catch (IOException e) {
      if (connection.getResponseCode() >= 500) {
        return Optional.empty(); // is being started
      }
      throw e;
    }
  }

  /**
   * Sends a request for optional information.
   *
   * @return the answer, or a missing node if there is none
   */
  public JsonNode json(String path) {
    try {
      return JSON.readTree(text(path).orElse(""));
    } catch (JsonProcessingException e) {
      return JSON.missingNode(); // another server
    } catch (IOException e) {
      return JSON.missingNode(); // no such page
    }
  }
}
