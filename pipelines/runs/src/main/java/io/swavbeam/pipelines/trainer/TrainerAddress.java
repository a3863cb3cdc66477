package io.swavbeam.pipelines.trainer;

import io.swavbeam.model.config.InvalidConfigException;
import java.io.Serializable;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where a trainer in another process is: {@code swav trainer}, or a {@code TrainerServer}.
 *
 * @param target host and port
 * @param security as the trainer has it
 * @param patience how long it may be away: while it is started again, or while the network is cut
 */
public record TrainerAddress(String target, TrainerSecurity security, Duration patience)
    implements Serializable {
  /** Names, addresses of version 4, or those of version 6 in brackets. */
  private static final Pattern TARGET =
      Pattern.compile("(\\[[0-9A-Fa-f:.%]+\\]|[^\\s:/@?#\\[\\]]+):(\\d{1,5})");

  private static final int LAST_PORT = 65_535;

  /**
   * Checks the target.
   *
   * @throws InvalidConfigException in one line, if it is no host and port
   */
  public TrainerAddress {
    Matcher parts = TARGET.matcher(target);
    boolean isOne = parts.matches() && Integer.parseInt(parts.group(2)) <= LAST_PORT;
    if (!isOne || Integer.parseInt(parts.group(2)) == 0) {
      throw new InvalidConfigException("a trainer is at host:port, not at '%s'".formatted(target));
    }
  }
}
