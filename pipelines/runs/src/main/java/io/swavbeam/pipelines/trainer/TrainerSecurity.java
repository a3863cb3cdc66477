package io.swavbeam.pipelines.trainer;

import io.swavbeam.model.config.InvalidConfigException;
import java.io.Serializable;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * How a trainer and its workers know each other. All are files, read on the machine that needs them
 * and at the same path on each, so that no secret travels with a pipeline.
 *
 * @param tokenFile a secret that both sides have; null for none
 * @param authorityFile certificates (PEM) that the other side's certificate must be signed by: for
 *     a worker it turns TLS on, for a trainer it turns on the check of the workers' certificates
 * @param certificateFile own certificate (PEM); a trainer that has one speaks TLS
 * @param keyFile its key (PEM, PKCS 8)
 */
public record TrainerSecurity(
    @Nullable String tokenFile,
    @Nullable String authorityFile,
    @Nullable String certificateFile,
    @Nullable String keyFile)
    implements Serializable {
  /** Neither a secret nor TLS: for the loopback interface only. */
  public static final TrainerSecurity NONE = new TrainerSecurity(null, null, null, null);

  public TrainerSecurity {
    if ((certificateFile == null) != (keyFile == null)) {
      throw new InvalidConfigException("a certificate needs its key, and a key its certificate");
    }
  }
}
