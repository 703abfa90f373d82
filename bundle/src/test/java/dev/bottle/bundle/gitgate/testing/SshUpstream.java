package dev.bottle.bundle.gitgate.testing;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** OpenSSH's own server on loopback, with a host key and one user key of its own. */
public final class SshUpstream implements AutoCloseable {
  /** The name in urls; the gate is told where it is. */
  public static final String HOST = "git.test";

  private static final Path SSHD = Path.of("/usr/sbin/sshd");

  private final Path home;
  private final int port;
  private final Commands commands;
  private Process process;

  /** Starts it in this directory. */
  public SshUpstream(Path home) throws IOException, InterruptedException {
    if (!Files.isExecutable(SSHD)) {
      throw new IllegalStateException(
          SSHD + " is missing: apt-get install openssh-server, or run deploy/local/for-git-tests");
    }
    this.home = Files.createDirectories(home);
    this.commands = new Commands(home, Map.of());
    key("host_key");
    key("identity");
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    Files.copy(home.resolve("identity.pub"), home.resolve("authorized_keys"));
    Files.write(
        home.resolve("sshd_config"),
        List.of(
            "ListenAddress 127.0.0.1:" + port,
            "HostKey " + home.resolve("host_key"),
            "AuthorizedKeysFile " + home.resolve("authorized_keys"),
            "StrictModes no",
            "UsePAM no",
            "PidFile none",
            "PermitRootLogin prohibit-password",
            "PasswordAuthentication no",
            "KbdInteractiveAuthentication no",
            "MaxStartups 100"));
    if (System.getProperty("user.name").equals("root")) {
      Files.createDirectories(Path.of("/run/sshd")); // its privilege separation wants it
    }
    process = start();
  }

  /** Makes a key pair with this file name. */
  public Path key(String name) throws IOException, InterruptedException {
    var _ = commands.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", name);
    return home.resolve(name);
  }

  private Process start() throws IOException {
    Process started =
        new ProcessBuilder(
                SSHD.toString(), "-D", "-e", "-f", home.resolve("sshd_config").toString())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(home.resolve("log").toFile()))
            .start();
    await()
        .until(() -> {
          try (Socket _ = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return true;
          } catch (IOException notYet) {
            return !started.isAlive();
          }
        });
    if (!started.isAlive()) {
      throw new IOException("sshd: " + Files.readString(home.resolve("log")));
    }
    return started;
  }

  /** Listens no more. */
  public void stop() {
    process.destroy();
    process.onExit().join();
  }

  /** Listens again, on the same port. */
  public void startAgain() throws IOException {
    process = start();
  }

  /** The url of a repository in this directory. */
  public String url(Path repository) {
    return "ssh://" + System.getProperty("user.name") + "@" + HOST + ":" + port + repository;
  }

  /** What ssh-keyscan would say. */
  public String knownHosts() throws IOException {
    return "[" + HOST + "]:" + port + " " + Files.readString(home.resolve("host_key.pub")).strip();
  }

  /** A line for another key than the host's. */
  public String wrongKnownHosts() throws IOException {
    return "[" + HOST + "]:" + port + " " + Files.readString(home.resolve("identity.pub")).strip();
  }

  /** The private key that it lets in. */
  public Path identity() {
    return home.resolve("identity");
  }

  @Override
  public void close() {
    stop();
  }
}
