package dev.bottle.bundle.gitgate.program;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/**
 * The private directory: what git and gitleaks are configured by, and one folder for each upstream
 * and each push under way. Own user only.
 */
public final class Workshop {
  private static final String PATH = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin";

  private final Path directory;

  private Workshop(Path directory) {
    this.directory = directory;
  }

  /**
   * Makes it in this directory, whose former content is gone then.
   *
   * @param packBytes the longest pack that a push may send
   */
  public static Workshop in(Path directory, long packBytes) throws IOException {
    Workshop workshop = new Workshop(directory.toAbsolutePath());
    PrivateFiles.directory(directory);
    for (String name : new String[] {"hooks", "home", "upstreams", "pushes"}) {
      PrivateFiles.delete(directory.resolve(name));
      PrivateFiles.directory(directory.resolve(name));
    }
    PrivateFiles.write(
        workshop.gitconfig(),
        new String(resource("gitconfig"), StandardCharsets.UTF_8)
            .replace("@HOOKS@", workshop.directory.resolve("hooks").toString())
            .replace("@PACK@", Long.toString(packBytes))
            .getBytes(StandardCharsets.UTF_8));
    PrivateFiles.write(workshop.rules(), resource("gitleaks.toml"));
    Path hook = directory.resolve("hooks/pre-receive");
    PrivateFiles.write(hook, resource("pre-receive"));
    PrivateFiles.executable(hook);
    return workshop;
  }

  /** What every git of ours is configured by; holds no credential. */
  public Path gitconfig() {
    return directory.resolve("gitconfig");
  }

  /** Of gitleaks. */
  public Path rules() {
    return directory.resolve("gitleaks.toml");
  }

  /** The folder of this upstream's access. */
  public Path upstream(String key) {
    return directory.resolve("upstreams").resolve(key);
  }

  /** A new folder for a push. */
  public Path push() throws IOException {
    return Files.createTempDirectory(directory.resolve("pushes"), "push");
  }

  /**
   * The whole environment of a git in this repository: nothing of this process's own, nothing of
   * the system's or a user's configuration.
   */
  public Map<String, String> environment(Path repository) {
    Map<String, String> environment = new LinkedHashMap<>();
    environment.put("PATH", PATH);
    environment.put("HOME", directory.resolve("home").toString());
    environment.put("XDG_CONFIG_HOME", directory.resolve("home").toString());
    environment.put("LC_ALL", "C");
    environment.put("GIT_DIR", repository.toString());
    environment.put("GIT_CONFIG_NOSYSTEM", "1");
    environment.put("GIT_CONFIG_GLOBAL", gitconfig().toString());
    environment.put("GIT_ATTR_NOSYSTEM", "1");
    environment.put("GIT_NO_REPLACE_OBJECTS", "1");
    environment.put("GIT_TERMINAL_PROMPT", "0");
    environment.put("GIT_ASKPASS", "false");
    environment.put("SSH_ASKPASS", "false");
    return environment;
  }

  private static byte[] resource(String name) throws IOException {
    try (InputStream in =
        Objects.requireNonNull(
            Workshop.class.getResourceAsStream("/dev/bottle/bundle/gitgate/" + name), name)) {
      return in.readAllBytes();
    }
  }
}
