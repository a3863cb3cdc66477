package io.swavbeam.pipelines.trainer.server;

import io.swavbeam.pipelines.trainer.TrainerSecurity;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;

/** Certificates for "localhost", created by the JDK's keytool. Each is trusted individually. */
record TestCertificates(Path folder) {
  private static final String PASSWORD = "changeit";

  static TestCertificates in(Path folder) throws Exception {
    TestCertificates certificates = new TestCertificates(Files.createDirectories(folder));
    List<String> authorities = new ArrayList<>();
    for (String name : List.of("trainer", "worker")) {
      authorities.add(certificates.make(name));
    }
    Files.writeString(folder.resolve("authorities.pem"), String.join("", authorities));
    return certificates;
  }

  TrainerSecurity of(String name) {
    return new TrainerSecurity(
        null,
        folder.resolve("authorities.pem").toString(),
        folder.resolve(name + ".pem").toString(),
        folder.resolve(name + "-key.pem").toString());
  }

  private String make(String name) throws Exception {
    Path store = folder.resolve(name + ".p12");
    int exit =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                name,
                "-keyalg",
                "EC",
                "-groupname",
                "secp256r1",
                "-dname",
                "CN=" + name,
                "-ext",
                "san=dns:localhost",
                "-storetype",
                "PKCS12",
                "-storepass",
                PASSWORD,
                "-keystore",
                store.toString())
            .inheritIO()
            .start()
            .waitFor();
    if (exit != 0) {
      throw new IllegalStateException("keytool failed");
    }
    KeyStore keys = load(store);
    Certificate certificate = keys.getCertificate(name);
    Key key = keys.getKey(name, PASSWORD.toCharArray());
    String pem = pem("CERTIFICATE", certificate.getEncoded());
    Files.writeString(folder.resolve(name + ".pem"), pem);
    Files.writeString(folder.resolve(name + "-key.pem"), pem("PRIVATE KEY", key.getEncoded()));
    return pem;
  }

  private static KeyStore load(Path store) throws IOException, GeneralSecurityException {
    KeyStore keys = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(store)) {
      keys.load(in, PASSWORD.toCharArray());
    }
    return keys;
  }

  private static String pem(String type, byte[] bytes) {
    String base64 = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(bytes);
    return String.join(
        "\n",
        Arrays.asList("-----BEGIN " + type + "-----", base64, "-----END " + type + "-----", ""));
  }
}
