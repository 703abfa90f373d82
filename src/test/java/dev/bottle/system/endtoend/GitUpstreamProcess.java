package dev.bottle.system.endtoend;

import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * A git host: a real ssh server on an address of this machine, under a name of the cluster's DNS,
 * opened in the admin ConfigMap, and one bare repository with a first commit on main.
 */
final class GitUpstreamProcess implements AutoCloseable {
  static final String HOST = "git.bottle.test";
  private static final int PORT = 2222;
  private static final Path SSHD = Path.of("/usr/sbin/sshd");

  private final Shell shell = new Shell(Map.of());
  private final Path directory;
  private final Path repository;
  private final Process process;

  GitUpstreamProcess(LocalCluster cluster) throws IOException {
    shell.run("deploy/local/for-git-tests", "src/target/gitleaks").orThrow();
    directory = Files.createTempDirectory("bottle-git-upstream-");
    repository = directory.resolve("app.git");
    for (String key : List.of("host", "identity")) {
      shell
          .run(
              "ssh-keygen",
              "-q",
              "-t",
              "ed25519",
              "-N",
              "",
              "-C",
              "",
              "-f",
              directory.resolve(key).toString())
          .orThrow();
    }
    Files.copy(directory.resolve("identity.pub"), directory.resolve("authorized_keys"));
    Files.createDirectories(Path.of("/run/sshd")); // its privilege separation wants it
    Files.write(
        directory.resolve("sshd_config"),
        List.of(
            "ListenAddress " + OriginProcess.ADDRESS + ":" + PORT,
            "HostKey " + directory.resolve("host"),
            "AuthorizedKeysFile " + directory.resolve("authorized_keys"),
            "StrictModes no",
            "UsePAM no",
            "PidFile none",
            "PermitRootLogin prohibit-password",
            "PasswordAuthentication no",
            "KbdInteractiveAuthentication no"));
    firstCommit();
    process =
        new ProcessBuilder(
                SSHD.toString(), "-D", "-e", "-f", directory.resolve("sshd_config").toString())
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("log").toFile())
            .start();
    try {
      LocalCluster.await()
          .until(() -> {
            new Socket(OriginProcess.ADDRESS, PORT).close();
            return true;
          });
      cluster.host("deploy/local/add-host", HOST, OriginProcess.ADDRESS).orThrow();
      cluster.adminConfig(
          "privateDestinations: [{cidr: %s/32, ports: [%d]}]\n"
              .formatted(OriginProcess.ADDRESS, PORT));
    } catch (RuntimeException e) {
      close(); // it lets root in
      throw e;
    }
  }

  private void firstCommit() throws IOException {
    Path work = directory.resolve("work");
    shell.run("git", "init", "-q", "--bare", "-b", "main", repository.toString()).orThrow();
    shell.run("git", "init", "-q", "-b", "main", work.toString()).orThrow();
    Files.writeString(work.resolve("README"), "of the upstream\n");
    git(work, "add", "README");
    git(
        work,
        "-c",
        "user.name=Upstream",
        "-c",
        "user.email=upstream@example.org",
        "commit",
        "-qm",
        "first");
    git(work, "push", "-q", repository.toString(), "main");
  }

  private String git(Path in, String... arguments) {
    String[] all = new String[arguments.length + 3];
    all[0] = "git";
    all[1] = "-C";
    all[2] = in.toString();
    System.arraycopy(arguments, 0, all, 3, arguments.length);
    return shell.run(all).orThrow();
  }

  /** As the Bottle names it. */
  String url() {
    return "ssh://root@" + HOST + ":" + PORT + repository;
  }

  /** What ssh-keyscan would say. */
  String knownHosts() throws IOException {
    return "[" + HOST + "]:" + PORT + " " + Files.readString(directory.resolve("host.pub")).strip();
  }

  /** The private key that it lets in. */
  Path identity() {
    return directory.resolve("identity");
  }

  /** What this script prints in a clone on this machine, over the same ssh. */
  String direct(String script) {
    String ssh =
        "ssh -i " + identity() + " -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null";
    String address = url().replace(HOST, OriginProcess.ADDRESS);
    return shell
        .run(
            "sh",
            "-c",
            ("export GIT_SSH_COMMAND='%s -o LogLevel=ERROR'; d=%s/direct; git clone -q %s $d && cd"
                        + " $d && git config user.name U && git config user.email u@example.org; ")
                    .formatted(ssh, directory, address)
                + script)
        .orThrow();
  }

  /** All its refs with what they lead to, a line each. */
  String refs() {
    return git(repository, "for-each-ref", "--format=%(refname) %(objectname)");
  }

  /** A file of a branch. */
  String file(String branch, String path) {
    return git(repository, "show", branch + ":" + path);
  }

  @Override
  public void close() {
    process.destroy();
    shell.run("rm", "-rf", directory.toString());
  }
}
