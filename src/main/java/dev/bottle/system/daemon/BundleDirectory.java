package dev.bottle.system.daemon;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * A directory with everything that tls-init's and egress' containers mount, and how they are
 * started with it (docs/contracts.md).
 *
 * @param path of it
 */
public record BundleDirectory(Path path) {
  /** The JVM's, as deploy/local/images has them for egress. */
  public static final List<String> JVM_OPTIONS =
      List.of(
          "-XX:+UseSerialGC",
          "-XX:+UseCompactObjectHeaders",
          "-Xms16m",
          "-Xmn8m",
          "-Xmx64m",
          "-Xss256k",
          "-XX:TrimNativeHeapInterval=30000",
          "-XX:+ExitOnOutOfMemoryError",
          "--enable-native-access=ALL-UNNAMED",
          "-Dlogback.configurationFile=logback.xml");

  /** Makes it, with a directory for each volume. */
  public static BundleDirectory create(Path path) throws IOException {
    for (String volume : List.of("ca", "trust", "door", "control", "tokens", "policy")) {
      Files.createDirectories(path.resolve(volume));
    }
    return new BundleDirectory(path);
  }

  /** The policy's volume. */
  public Path policies() {
    return path.resolve("policy");
  }

  /** Where the policy is read. */
  public Path policy() {
    return policies().resolve("policy.json");
  }

  /** Where a file for each token slot is. */
  public Path tokens() {
    return path.resolve("tokens");
  }

  /** PEM of what the guest trusts, when tls-init has run. */
  public Path certificate() {
    return path.resolve("trust/egress-ca.pem");
  }

  /** The door's socket. */
  public Path door() {
    return path.resolve("door/egress.sock");
  }

  /** The control socket. */
  public Path control() {
    return path.resolve("control/control.sock");
  }

  /** Of tls-init. */
  public List<String> tlsInitArguments(String commonName) {
    return List.of(
        "--ca-directory",
        authority(),
        "--certificate",
        certificate().toString(),
        "--common-name",
        commonName);
  }

  /**
   * Of egress.
   *
   * @param health its port of loopback
   */
  public List<String> egressArguments(int health) {
    return List.of(
        "--policy",
        policy().toString(),
        "--tokens",
        tokens().toString(),
        "--ca-directory",
        authority(),
        "--door",
        door().toString(),
        "--control",
        control().toString(),
        "--health",
        "127.0.0.1:" + health);
  }

  private String authority() {
    return path.resolve("ca").toString();
  }
}
