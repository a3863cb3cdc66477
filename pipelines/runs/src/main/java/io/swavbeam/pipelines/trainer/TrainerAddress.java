package io.swavbeam.pipelines.trainer;

import io.swavbeam.model.config.InvalidConfigException;
import java.io.Serializable;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The address of a trainer in another process: {@code swav trainer}, or a {@code TrainerServer}.
 *
 * @param target host and port
 * @param security the security settings, equal to those of the trainer
 * @param patience how long the trainer may not answer, for example while it is restarted
 */
public record TrainerAddress(String target, TrainerSecurity security, Duration patience)
    implements Serializable {
  /** Host names, IPv4 addresses, or IPv6 addresses in brackets. */
  private static final Pattern TARGET =
      Pattern.compile("(\\[[0-9A-Fa-f:.%]+\\]|[^\\s:/@?#\\[\\]]+):(\\d{1,5})");

  private static final int LAST_PORT = 65_535;

  /**
   * Checks the target.
   *
   * @throws InvalidConfigException in one line, if it is not a host and a port
   */
  public TrainerAddress {
    Matcher parts = TARGET.matcher(target);
    boolean isOne = parts.matches() && Integer.parseInt(parts.group(2)) <= LAST_PORT;
    if (!isOne || Integer.parseInt(parts.group(2)) == 0) {
      throw new InvalidConfigException("a trainer is at host:port, not at '%s'".formatted(target));
    }
  }
}
