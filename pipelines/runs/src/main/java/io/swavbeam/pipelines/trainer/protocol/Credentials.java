package io.swavbeam.pipelines.trainer.protocol;

import io.grpc.ChannelCredentials;
import io.grpc.InsecureChannelCredentials;
import io.grpc.InsecureServerCredentials;
import io.grpc.ServerCredentials;
import io.grpc.TlsChannelCredentials;
import io.grpc.TlsServerCredentials;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.swavbeam.model.config.InvalidConfigException;
import io.swavbeam.pipelines.jvm.RootCause;
import io.swavbeam.pipelines.trainer.TrainerSecurity;
import java.io.File;
import java.io.IOException;
import java.net.SocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The gRPC credentials for a {@link TrainerSecurity}. */
public final class Credentials {
  // Netty zeroes its buffers unless it may access java.nio, which the launcher and Flink open, and
  // this property is set. Zeroing took half of the processor time of a transfer.
  private static final String LOOK_INTO_NIO =
      "io.grpc.netty.shaded.io.netty.tryReflectionSetAccessible";

  static {
    if (System.getProperty(LOOK_INTO_NIO) == null) {
      System.setProperty(LOOK_INTO_NIO, "true");
    }
  }

  private Credentials() {}

  /** Returns the secret, if there is one. */
  public static Optional<String> token(TrainerSecurity security) {
    String tokenFile = security.tokenFile();
    if (tokenFile == null) {
      return Optional.empty();
    }
    try {
      String token = Files.readString(Path.of(tokenFile)).strip();
      if (token.isEmpty()) {
        throw new InvalidConfigException("the token file %s is empty".formatted(tokenFile));
      }
      return Optional.of(token);
    } catch (IOException e) {
      throw unreadable(tokenFile, e);
    }
  }

  /**
   * Creates a server with these credentials.
   *
   * @throws InvalidConfigException in one line, if a file is not valid
   */
  public static NettyServerBuilder server(TrainerSecurity security, SocketAddress address) {
    ServerCredentials credentials = ofServer(security);
    try {
      return NettyServerBuilder.forAddress(address, credentials);
    } catch (RuntimeException e) {
      throw unusable(security, e);
    }
  }

  /**
   * Creates a channel with these credentials.
   *
   * @throws InvalidConfigException in one line, if a file is not valid
   */
  public static NettyChannelBuilder channel(TrainerSecurity security, String target) {
    ChannelCredentials credentials = ofClient(security);
    try {
      return NettyChannelBuilder.forTarget(target, credentials);
    } catch (RuntimeException e) {
      throw unusable(security, e);
    }
  }

  private static InvalidConfigException unusable(TrainerSecurity security, RuntimeException e) {
    return new InvalidConfigException(
        "no certificate (PEM) or no key (PEM, PKCS 8, without a password) is in %s: %s"
            .formatted(
                Stream.of(security.authorityFile(), security.certificateFile(), security.keyFile())
                    .filter(Objects::nonNull)
                    .collect(Collectors.joining(", ")),
                RootCause.line(e)),
        e);
  }

  private static ServerCredentials ofServer(TrainerSecurity security) {
    String authorityFile = security.authorityFile();
    String certificateFile = security.certificateFile();
    String keyFile = security.keyFile();
    if (certificateFile == null || keyFile == null) {
      if (authorityFile != null) {
        throw new InvalidConfigException("a trainer with TLS needs a certificate and its key");
      }
      return InsecureServerCredentials.create();
    }
    TlsServerCredentials.Builder tls = TlsServerCredentials.newBuilder();
    try {
      tls.keyManager(new File(certificateFile), new File(keyFile));
    } catch (IOException | IllegalArgumentException e) {
      throw unreadable(certificateFile + " or " + keyFile, e);
    }
    if (authorityFile != null) {
      try {
        tls.trustManager(new File(authorityFile));
      } catch (IOException | IllegalArgumentException e) {
        throw unreadable(authorityFile, e);
      }
      tls.clientAuth(TlsServerCredentials.ClientAuth.REQUIRE);
    }
    return tls.build();
  }

  private static ChannelCredentials ofClient(TrainerSecurity security) {
    String authorityFile = security.authorityFile();
    String certificateFile = security.certificateFile();
    String keyFile = security.keyFile();
    if (authorityFile == null) {
      if (certificateFile != null) {
        throw new InvalidConfigException(
            "a worker with a certificate needs the authority that signed the trainer's");
      }
      return InsecureChannelCredentials.create();
    }
    TlsChannelCredentials.Builder tls = TlsChannelCredentials.newBuilder();
    try {
      tls.trustManager(new File(authorityFile));
      if (certificateFile != null && keyFile != null) {
        tls.keyManager(new File(certificateFile), new File(keyFile));
      }
    } catch (IOException | IllegalArgumentException e) {
      throw unreadable(authorityFile, e);
    }
    return tls.build();
  }

  private static InvalidConfigException unreadable(String file, Exception e) {
    return new InvalidConfigException("%s cannot be read: %s".formatted(file, e), e);
  }
}
