package dev.bottle.bundle.gitgate.upstream;

import dev.bottle.bundle.gitgate.program.PrivateFiles;
import dev.bottle.bundle.gitgate.program.Workshop;
import dev.bottle.crd.policy.GitUpstream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * How git reaches one upstream: a folder of the private directory with the identity or the token,
 * mode 0600, and the configuration that names them. Nothing secret is an argument or in the
 * environment.
 */
public final class UpstreamAccess {
  private static final Path SYSTEM_ROOTS = Path.of("/etc/ssl/certs/ca-certificates.crt");

  /** GitHub wants this name, and others take any (GitLab, Gitea) beside a token. */
  private static final String USER = "x-access-token";

  private final GitUpstream upstream;
  private final Workshop workshop;
  private final Path folder;
  private final Destinations destinations;

  /**
   * For this upstream; nothing is written yet.
   *
   * @param key a name of the folder that no other upstream has
   */
  public UpstreamAccess(
      GitUpstream upstream, String key, Workshop workshop, Destinations destinations) {
    this.upstream = upstream;
    this.workshop = workshop;
    this.folder = workshop.upstream(key);
    this.destinations = destinations;
  }

  /**
   * Writes the folder anew.
   *
   * @param roots PEM, besides the system's
   */
  public void write(Credentials credentials, String roots) throws IOException {
    PrivateFiles.directory(folder);
    StringBuilder config = new StringBuilder();
    config.append("[include]\n\tpath = ").append(quoted(workshop.gitconfig())).append('\n');
    if (upstream.ssh()) {
      Path identity = folder.resolve("identity");
      var key = credentials.identity(upstream.slot());
      if (key.isPresent()) {
        PrivateFiles.write(identity, key.get());
      } else {
        Files.deleteIfExists(identity);
      }
      PrivateFiles.write(
          folder.resolve("known_hosts"),
          (Objects.requireNonNull(upstream.knownHosts()).strip() + "\n")
              .getBytes(StandardCharsets.UTF_8));
      PrivateFiles.write(folder.resolve("ssh_config"), sshConfig());
    } else {
      if (!roots.isEmpty()) {
        PrivateFiles.write(
            folder.resolve("roots.pem"), (system() + roots).getBytes(StandardCharsets.US_ASCII));
        config
            .append("[http]\n\tsslCAInfo = ")
            .append(quoted(folder.resolve("roots.pem")))
            .append('\n');
      }
      credentials
          .token(upstream.slot())
          .ifPresent(token ->
              config
                  .append("[http \"")
                  .append(upstream.url())
                  .append("\"]\n\textraHeader = Authorization: Basic ")
                  .append(
                      Base64.getEncoder()
                          .encodeToString((USER + ":" + token).getBytes(StandardCharsets.US_ASCII)))
                  .append('\n'));
    }
    PrivateFiles.write(
        folder.resolve("gitconfig"), config.toString().getBytes(StandardCharsets.UTF_8));
  }

  /**
   * A call of git that reaches this upstream.
   *
   * @param environment gets what git needs for it
   * @throws UpstreamException when the upstream has no address that may be dialled
   */
  public List<String> git(Map<String, String> environment, String command, String... options)
      throws UpstreamException, InterruptedException {
    InetAddress address = destinations.find(upstream.host(), upstream.port());
    String dial = address.getHostAddress();
    environment.put("GIT_CONFIG_GLOBAL", folder.resolve("gitconfig").toString());
    List<String> call = new ArrayList<>(List.of("git"));
    if (upstream.ssh()) {
      environment.put("GIT_SSH_VARIANT", "ssh");
      // git has a shell run this; an address holds nothing that a shell knows
      environment.put(
          "GIT_SSH_COMMAND",
          "ssh -F '" + folder.resolve("ssh_config") + "' -o HostName=" + dial.replace("%", ""));
    } else {
      String resolved = address instanceof Inet6Address ? "[" + dial + "]" : dial;
      call.addAll(
          List.of(
              "-c",
              "http.curloptResolve=" + upstream.host() + ":" + upstream.port() + ":" + resolved));
    }
    call.add(command);
    call.addAll(List.of(options));
    return call;
  }

  /** What the failure of such a call means. */
  public UpstreamException failure(int exit, String err) {
    String name = "upstream " + upstream.name() + " ";
    if (err.contains("Host key verification failed") || err.contains("No matching host key")) {
      return new UpstreamException(
          "UpstreamHostKeyNotKnown", name + "shows a host key that its knownHosts does not have");
    }
    if (err.contains("Permission denied")
        || err.contains("Authentication failed")
        || err.contains("could not read Username")) {
      return new UpstreamException(
          "UpstreamCredentialRefused", name + "refuses the Bottle's credential");
    }
    return new UpstreamException(
        "UpstreamUnavailable",
        name + "cannot be reached: " + (exit < 0 ? "it took too long" : PlainText.first(err)));
  }

  private byte[] sshConfig() throws IOException {
    String alias =
        upstream.port() == 22
            ? upstream.host()
            : "[" + upstream.host() + "]:" + upstream.port(); // as ssh-keyscan -p writes it
    try (InputStream in =
        Objects.requireNonNull(
            UpstreamAccess.class.getResourceAsStream("/dev/bottle/bundle/gitgate/ssh_config"))) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8)
          .replace("@FOLDER@", folder.toString())
          .replace("@ALIAS@", alias)
          .getBytes(StandardCharsets.UTF_8);
    }
  }

  private static String system() throws IOException {
    return Files.exists(SYSTEM_ROOTS) ? Files.readString(SYSTEM_ROOTS) + "\n" : "";
  }

  private static String quoted(Path path) {
    return '"' + path.toString().replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }
}
