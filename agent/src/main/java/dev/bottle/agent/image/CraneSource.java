package dev.bottle.agent.image;

import dev.bottle.agent.host.Command;
import dev.bottle.agent.host.CommandResult;
import dev.bottle.agent.host.CommandRunner;
import dev.bottle.agent.host.RunningCommand;
import dev.bottle.crd.condition.Reason;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/**
 * Registries, by {@code crane}; unpacked by GNU tar, which knows owners, links and sparse files.
 */
public final class CraneSource implements ImageSource {
  private static final Duration ASK = Duration.ofSeconds(60);
  private static final Duration PULL = Duration.ofMinutes(30);
  private static final List<String> GONE =
      List.of(
          "MANIFEST_UNKNOWN",
          "NAME_UNKNOWN",
          "NAME_INVALID",
          "UNAUTHORIZED",
          "DENIED:",
          "STATUS CODE 401",
          "STATUS CODE 403",
          "STATUS CODE 404");

  private final CommandRunner runner;
  private final String crane;
  private final String platform;

  /**
   * Asks registries for this machine's architecture.
   *
   * @param crane the program: a path, or a name to look up
   */
  public CraneSource(CommandRunner runner, String crane) {
    this.runner = runner;
    this.crane = crane;
    this.platform =
        switch (System.getProperty("os.arch")) {
          case "aarch64" -> "linux/arm64";
          default -> "linux/amd64";
        };
  }

  @Override
  public String digest(String reference, PullCredentials credentials)
      throws ImageFailure, InterruptedException {
    String digest = ask(reference, credentials, List.of("digest", reference)).strip();
    if (!digest.matches("sha256:[0-9a-f]{64}")) {
      throw new ImageFailure(Reason.ImageInvalid, reference + " has an unusable digest");
    }
    return digest;
  }

  @Override
  public String config(String reference, String digest, PullCredentials credentials)
      throws ImageFailure, InterruptedException {
    return ask(reference, credentials, List.of("config", pinned(reference, digest)));
  }

  @Override
  public void unpack(String reference, String digest, PullCredentials credentials, Path rootfs)
      throws ImageFailure, InterruptedException {
    try (Login login = new Login(credentials)) {
      RunningCommand export =
          runner.start(crane(login, PULL, List.of("export", pinned(reference, digest), "-")));
      try {
        CompletableFuture<String> complaint = complaint(export);
        Command tar =
            Command.of(
                    PULL,
                    Map.of("PATH", System.getenv().getOrDefault("PATH", "/usr/bin:/bin")),
                    List.of("tar", "-x", "-p", "--numeric-owner", "-C", rootfs.toString()))
                .withInput(stdin -> export.stdout().transferTo(stdin));
        CommandResult unpacked = runner.run(tar);
        if (!unpacked.succeeded() && !endedTooEarly(unpacked)) {
          throw failure(reference, unpacked.stderr()); // the export may wait for a reader for ever
        }
        if (export.await() != 0) {
          throw failure(reference, complaint.get());
        }
        if (!unpacked.succeeded()) {
          throw failure(reference, unpacked.stderr());
        }
      } finally {
        export.kill();
      }
    } catch (IOException | ExecutionException e) {
      throw new ImageFailure(Reason.ImagePulling, reference + ": " + e.getMessage());
    }
  }

  private String ask(String reference, PullCredentials credentials, List<String> arguments)
      throws ImageFailure, InterruptedException {
    try (Login login = new Login(credentials)) {
      CommandResult result = runner.run(crane(login, ASK, arguments));
      if (!result.succeeded()) {
        throw failure(reference, result.stderr());
      }
      return result.stdout();
    } catch (IOException e) {
      throw new ImageFailure(Reason.ImagePulling, reference + ": " + e.getMessage());
    }
  }

  private Command crane(Login login, Duration deadline, List<String> arguments) {
    List<String> argv = new ArrayList<>(List.of(crane));
    argv.add(arguments.getFirst());
    argv.addAll(List.of("--platform", platform, "--")); // a reference is never an option
    argv.addAll(arguments.subList(1, arguments.size()));
    Map<String, String> environment = new HashMap<>();
    environment.put("DOCKER_CONFIG", login.directory().toString());
    environment.put("HOME", login.directory().toString());
    for (String inherited :
        List.of("PATH", "SSL_CERT_FILE", "SSL_CERT_DIR", "HTTPS_PROXY", "NO_PROXY")) {
      String value = System.getenv(inherited);
      if (value != null) {
        environment.put(inherited, value);
      }
    }
    return Command.of(deadline, environment, argv);
  }

  private static boolean endedTooEarly(CommandResult unpacked) {
    return unpacked.stderr().contains("Unexpected EOF")
        || unpacked.stderr().contains("does not look like a tar archive");
  }

  private static CompletableFuture<String> complaint(RunningCommand command) {
    CompletableFuture<String> complaint = new CompletableFuture<>();
    Thread.ofVirtual()
        .name("crane-stderr")
        .start(() -> {
          try (InputStream stderr = command.stderr()) {
            complaint.complete(new String(stderr.readNBytes(64 * 1024), StandardCharsets.UTF_8));
          } catch (IOException e) {
            complaint.complete("");
          }
        });
    return complaint;
  }

  private static ImageFailure failure(String reference, String stderr) {
    String last = new CommandResult(1, "", stderr).complaint();
    String message = reference + ": " + last;
    if (stderr.contains("No space left on device")) {
      return new ImageFailure(Reason.DiskFull, message);
    }
    String upper = stderr.toUpperCase(Locale.ROOT);
    if (GONE.stream().anyMatch(upper::contains)) {
      return new ImageFailure(Reason.ImageNotFound, message);
    }
    boolean malformed = stderr.contains("tar:") || upper.contains("COULD NOT PARSE REFERENCE");
    return new ImageFailure(malformed ? Reason.ImageInvalid : Reason.ImagePulling, message);
  }

  /** {@code repository@digest}: what was resolved, even if the tag has moved since. */
  private static String pinned(String reference, String digest) {
    String name =
        reference.contains("@") ? reference.substring(0, reference.indexOf('@')) : reference;
    int tag = name.lastIndexOf(':');
    String repository = tag > name.lastIndexOf('/') ? name.substring(0, tag) : name;
    return repository + "@" + digest;
  }

  /** Credentials as a file that only root reads, for the time of one command. */
  private record Login(Path directory) implements AutoCloseable {
    Login(PullCredentials credentials) throws IOException {
      this(
          Files.createTempDirectory(
              "pull-",
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"))));
      try {
        Files.write(directory.resolve("config.json"), credentials.dockerConfig());
      } catch (IOException e) {
        close();
        throw e;
      }
    }

    @Override
    public void close() throws IOException {
      Files.deleteIfExists(directory.resolve("config.json"));
      Files.deleteIfExists(directory);
    }
  }
}
