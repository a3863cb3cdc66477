package io.swavbeam.pipelines.trainer;

import io.swavbeam.model.config.InvalidConfigException;
import java.io.Serializable;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * How a trainer and its workers authenticate each other. All values are paths of files, which have
 * to be the same on all machines. So no secret is part of a pipeline.
 *
 * @param tokenFile the file with a secret that both sides know; null for none
 * @param authorityFile certificates (PEM) of the authorities that sign the certificate of the other
 *     side. It enables TLS for a worker, and the check of the workers' certificates for a trainer.
 * @param certificateFile the own certificate (PEM); enables TLS for a trainer
 * @param keyFile the key of the certificate (PEM, PKCS 8)
 */
public record TrainerSecurity(
    @Nullable String tokenFile,
    @Nullable String authorityFile,
    @Nullable String certificateFile,
    @Nullable String keyFile)
    implements Serializable {
  /** Without a secret and without TLS, only for the loopback interface. */
  public static final TrainerSecurity NONE = new TrainerSecurity(null, null, null, null);

  public TrainerSecurity {
    if ((certificateFile == null) != (keyFile == null)) {
      throw new InvalidConfigException("a certificate needs its key, and a key its certificate");
    }
  }
}
