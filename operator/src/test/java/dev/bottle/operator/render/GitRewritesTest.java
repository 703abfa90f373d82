package dev.bottle.operator.render;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bottle.crd.api.Bottle;
import dev.bottle.operator.fixture.World;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What real git makes of the variables. */
class GitRewritesTest {
  @TempDir private Path home;

  private static Bottle bottle(String url) {
    boolean ssh = url.startsWith("ssh");
    Map<String, Object> upstream = new HashMap<>(Map.of("name", "app", "url", url));
    upstream.put(
        ssh ? "identitySecretRef" : "tokenSecretRef", Map.of("name", "s", "key", "credential"));
    if (ssh) {
      upstream.put("knownHosts", "h ssh-ed25519 AAAA");
    }
    return World.fresh().edit("/spec/git/upstreams", List.of(upstream)).bottle;
  }

  private String led(Map<String, String> environment, String url)
      throws IOException, InterruptedException {
    ProcessBuilder git =
        new ProcessBuilder("git", "ls-remote", "--get-url", url).directory(home.toFile());
    git.environment().putAll(environment);
    git.environment().put("GIT_CONFIG_NOSYSTEM", "1");
    git.environment().put("HOME", home.toString());
    Process process = git.start();
    String answer =
        new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    assertThat(process.waitFor()).isZero();
    return answer;
  }

  @ParameterizedTest
  @CsvSource({
    "ssh://git@h.example.org/acme/app.git, ssh://git@h.example.org/acme/app.git",
    "ssh://git@h.example.org/acme/app.git, git@h.example.org:acme/app.git",
    "ssh://git@h.example.org/acme/app.git, https://h.example.org/acme/app.git",
    "ssh://git@h.example.org/acme/app, ssh://git@h.example.org/acme/app",
    "ssh://git@h.example.org/acme/app, git@h.example.org:acme/app.git",
    "ssh://git@h.example.org:2222/acme/app.git, ssh://git@h.example.org:2222/acme/app.git",
    "https://h.example.org/acme/app.git, https://h.example.org/acme/app.git",
    "https://h.example.org/acme/app.git, git@h.example.org:acme/app.git",
    "https://h.example.org/acme/app, https://h.example.org/acme/app",
  })
  void everyFormOfTheUrlLeadsToGitGate(String named, String used) throws Exception {
    Map<String, String> environment = new HashMap<>();
    GitRewrites.addTo(environment, bottle(named));
    assertThat(led(environment, used)).isEqualTo("http://127.0.0.1:9418/app.git");
  }

  @ParameterizedTest
  @CsvSource({
    "https://h.example.org/acme/app-docs.git",
    "https://h.example.org/acme/application",
    "https://h.example.org/acme/app.github.io",
    "git@h.example.org:acme/app.gitlab.io.git",
    "https://elsewhere.example.org/acme/app.git",
    "ssh://git@h.example.org:2222/acme/app.git",
  })
  void otherRepositoriesAreLeftAlone(String other) throws Exception {
    Map<String, String> environment = new HashMap<>();
    GitRewrites.addTo(environment, bottle("https://h.example.org/acme/app.git"));
    assertThat(led(environment, other)).isEqualTo(other);
  }

  @Test
  void whatAnAuthorConfiguresInTheSameWayStays() {
    Map<String, String> environment =
        new HashMap<>(
            Map.of(
                "GIT_CONFIG_COUNT",
                "1",
                "GIT_CONFIG_KEY_0",
                "user.name",
                "GIT_CONFIG_VALUE_0",
                "Agent"));
    GitRewrites.addTo(environment, bottle("https://h.example.org/acme/app.git"));
    assertThat(environment)
        .containsEntry("GIT_CONFIG_KEY_0", "user.name")
        .containsEntry("GIT_CONFIG_KEY_1", "http.http://127.0.0.1:9418/.proxy")
        .containsEntry("GIT_CONFIG_COUNT", "11");
  }

  @Test
  void withoutUpstreamsThereIsNothing() {
    Map<String, String> environment = new HashMap<>();
    GitRewrites.addTo(environment, World.fresh().bottle);
    assertThat(environment).isEmpty();
  }
}
