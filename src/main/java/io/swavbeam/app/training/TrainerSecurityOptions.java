package io.swavbeam.app.training;

import io.swavbeam.app.command.SwavOptions;
import org.apache.beam.sdk.options.Description;

/** Options of the authentication between trainers and workers. */
public interface TrainerSecurityOptions extends SwavOptions {
  @Description(
      "File with the secret that the trainer and its workers share; like the files of TLS, at the"
          + " same path on every machine.")
  String getTokenFile();

  void setTokenFile(String value);

  @Description(
      "Certificates (PEM) of the authority of the other side. For `train`, enables TLS."
          + " For `trainer`, requires certificates of workers.")
  String getTlsAuthority();

  void setTlsAuthority(String value);

  @Description("Own certificate (PEM). Enables TLS for a trainer.")
  String getTlsCertificate();

  void setTlsCertificate(String value);

  @Description("Key of the certificate (PEM, PKCS 8).")
  String getTlsKey();

  void setTlsKey(String value);
}
