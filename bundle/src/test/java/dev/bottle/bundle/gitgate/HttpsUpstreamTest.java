package dev.bottle.bundle.gitgate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.bottle.bundle.gitgate.testing.Clone;
import dev.bottle.bundle.gitgate.testing.Commands;
import dev.bottle.bundle.gitgate.testing.GitWorld;
import dev.bottle.bundle.gitgate.testing.HttpsUpstream;
import dev.bottle.bundle.gitgate.testing.SshUpstream;
import dev.bottle.crd.policy.GitUpstream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An upstream that is reached by https with a token. */
class HttpsUpstreamTest {
  @TempDir private Path home;

  @Test
  void theTokenIsUsedAndTheCertificateChecked() throws Exception {
    try (SshUpstream ssh = new SshUpstream(home.resolve("ssh"));
        HttpsUpstream upstream = new HttpsUpstream(home.resolve("ca"), home.resolve("upstreams"));
        GitWorld world = new GitWorld(home, ssh, GitWorld.gitleaks())) {
      world.create("app");
      Commands at = new Commands(world.repository("app"), Map.of());
      Path slot = home.resolve("credentials/GIT_TOKEN");
      Files.writeString(slot, HttpsUpstream.TOKEN + "\n");
      GitUpstream app =
          new GitUpstream(
              "app",
              upstream.url("app.git"),
              null,
              "GIT_TOKEN",
              null,
              List.of("refs/heads/bottle/*"),
              false,
              false,
              false);
      world.enforce(upstream.roots(), app);
      Commands git = new Commands(home, Map.of());
      await().until(() -> git.attempt("git", "ls-remote", world.url("app")).exit() == 0);

      Clone clone = world.clone("app");
      clone.git("checkout", "-q", "-b", "bottle/new");
      clone.commit("a.txt", "a\n", "a change");
      clone.git("push", "-q", "origin", "bottle/new");
      assertThat(at.run("git", "rev-parse", "bottle/new"))
          .isEqualTo(clone.git("rev-parse", "HEAD"));

      clone.commit("a.txt", HttpsUpstream.TOKEN, "the gate's own token");
      assertThat(clone.attempt("push", "origin", "bottle/new").exit()).isNotZero();
      await().until(() -> world.denials().getLast().rule().equals("OwnCredential"));

      Files.writeString(slot, "another-token-of-nobody");
      await()
          .until(() ->
              git.attempt("git", "ls-remote", world.url("app"))
                  .output()
                  .contains("git-gate: upstream app refuses the Bottle's credential"));

      Files.writeString(slot, HttpsUpstream.TOKEN);
      await().until(() -> git.attempt("git", "ls-remote", world.url("app")).exit() == 0);
      world.enforce("", app);
      assertThat(git.attempt("git", "ls-remote", world.url("app")).output())
          .contains("git-gate: upstream app cannot be reached: ");
    }
  }
}
