package dev.bottle.bundle.gitgate.testing;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A guest's working tree. */
public final class Clone {
  private static final Map<String, String> SOMEBODY =
      Map.of(
          "GIT_AUTHOR_NAME", "A",
          "GIT_AUTHOR_EMAIL", "a@a.test",
          "GIT_COMMITTER_NAME", "A",
          "GIT_COMMITTER_EMAIL", "a@a.test");

  private final Path directory;
  private final Commands commands;

  Clone(Path directory) {
    this.directory = directory;
    this.commands = new Commands(directory, SOMEBODY);
  }

  /** Where it is. */
  public Path directory() {
    return directory;
  }

  /** Git, to a good end. */
  public String git(String... arguments) throws IOException, InterruptedException {
    return commands.run(git(List.of(arguments)));
  }

  /** Git, to whatever end. */
  public Commands.Ended attempt(String... arguments) throws IOException, InterruptedException {
    return commands.attempt(git(List.of(arguments)));
  }

  /** A shell script, to a good end. */
  public String sh(String script) throws IOException, InterruptedException {
    return commands.run("sh", "-ec", script);
  }

  private static String[] git(List<String> arguments) {
    List<String> call = new ArrayList<>(List.of("git"));
    call.addAll(arguments);
    return call.toArray(String[]::new);
  }

  /** Writes a file. */
  public void write(String file, byte[] content) throws IOException {
    Path path = directory.resolve(file);
    Files.createDirectories(path.getParent());
    Files.write(path, content);
  }

  /** Writes a file and commits everything. */
  public void commit(String file, String content, String message)
      throws IOException, InterruptedException {
    write(file, content.getBytes(StandardCharsets.UTF_8));
    commit(message);
  }

  /** Commits everything. */
  public void commit(String message) throws IOException, InterruptedException {
    var _ = git("add", "-A", "-f");
    var _ = git("commit", "-q", "--no-gpg-sign", "-m", message);
  }
}
