package dev.bottle.bundle.gitgate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.bottle.bundle.gitgate.testing.Clone;
import dev.bottle.bundle.gitgate.testing.Commands;
import dev.bottle.bundle.gitgate.testing.GitWorld;
import dev.bottle.bundle.gitgate.testing.SshUpstream;
import dev.bottle.crd.control.GitDenial;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Pushes that must not reach the upstream, and whether they did. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RefusedPushTest {
  private SshUpstream upstream;
  private GitWorld world;
  private Clone template;

  @BeforeAll
  void start(@TempDir Path home) throws Exception {
    upstream = new SshUpstream(home.resolve("ssh"));
    world = new GitWorld(home, upstream, GitWorld.gitleaks());
    List<String> refs = List.of("refs/heads/bottle/*", "refs/tags/v*");
    for (String name : List.of("app", "gaps", "free")) {
      world.create(name);
    }
    world.enforce(
        world.upstream("app", refs, false, false),
        world.upstream("gaps", refs, false, false),
        world.upstream("free", List.of("refs/*"), true, true));
    template = world.clone("app");
    template.git("checkout", "-q", "-b", "bottle/new");
  }

  @AfterAll
  void stop() throws Exception {
    world.close();
    upstream.close();
  }

  @BeforeEach
  void forget() {
    world.denials().clear();
  }

  static List<RefusedPush> refused() {
    return RefusedPush.all();
  }

  @ParameterizedTest
  @MethodSource("refused")
  void doesNotReachTheUpstream(RefusedPush push) throws Exception {
    String before = world.contents("app");
    Clone clone = world.copy(template);
    push.prepared().in(clone);

    Commands.Ended ended = push(clone, push);

    assertThat(ended.exit()).as(ended.output()).isNotZero();
    assertThat(world.contents("app")).isEqualTo(before);
    assertThat(clone.git("ls-remote", "origin"))
        .as("what the gate shows")
        .isEqualTo(template.git("ls-remote", "origin"));
    assertThat(world.leftovers()).isEmpty();
    if (push.rule() != null) {
      await().untilAsserted(() -> assertThat(world.denials()).hasSize(1));
      GitDenial denial = world.denials().getFirst();
      assertThat(denial.rule()).as(ended.output()).isEqualTo(push.rule());
      assertThat(denial.toString())
          .doesNotContain(Secrets.AWS, Secrets.GITHUB, GitWorld.CANARY, GitWorld.TOKEN);
    }
  }

  static List<RefusedPush> gaps() {
    return RefusedPush.gaps();
  }

  @ParameterizedTest
  @MethodSource("gaps")
  void knownGapsPass(RefusedPush gap) throws Exception {
    Clone clone = world.clone("gaps");
    clone.git("checkout", "-q", "-b", "bottle/new", "origin/main");
    gap.prepared().in(clone);

    Commands.Ended ended = clone.attempt("push", "-f", "origin", "HEAD:bottle/" + clone.hashCode());

    assertThat(ended.exit())
        .as("a gap is closed: move it to the refused. " + ended.output())
        .isZero();
  }

  @Test
  void aLineOfTheIdentityIsRefused() throws Exception {
    String before = world.contents("app");
    Clone clone = world.copy(template);
    clone.commit("a.txt", Files.readAllLines(upstream.identity()).get(3), "a change");

    assertThat(clone.attempt("push", "origin", "bottle/new").exit()).isNotZero();

    assertThat(world.contents("app")).isEqualTo(before);
    await().until(() -> world.denials().size() == 1);
    assertThat(world.denials().getFirst().rule()).isEqualTo("OwnCredential");
  }

  @Test
  void aDenialNamesRefOrFileWhenTheyAreNoSecrets() throws Exception {
    Clone clone = world.copy(template);
    clone.commit("dir/a.txt", "key = " + Secrets.AWS + "\n", "a change");
    Commands.Ended ended = clone.attempt("push", "origin", "bottle/new");
    assertThat(ended.output())
        .contains("remote: git-gate: a secret was found (AwsAccessToken) in dir/a.txt")
        .doesNotContain(Secrets.AWS);
    await().until(() -> world.denials().size() == 1);
    assertThat(world.denials())
        .containsExactly(
            new GitDenial("git-gate", "app", null, "AwsAccessToken", "dir/a.txt", true));

    world.denials().clear();
    Clone other = world.copy(template);
    other.commit("b.txt", "b\n", "another");
    assertThat(other.attempt("push", "origin", "HEAD:main").exit()).isNotZero();
    assertThat(other.attempt("push", "origin", "HEAD:refs/heads/" + Secrets.AWS).exit())
        .isNotZero();
    await().until(() -> world.denials().size() == 2);
    assertThat(world.denials())
        .containsExactly(
            new GitDenial("git-gate", "app", "refs/heads/main", "RefNotAllowed", null, false),
            new GitDenial("git-gate", "app", null, "RefNotAllowed", null, false));
  }

  @Test
  void whereItIsAllowedForceDeleteAndTagsPassAndNotesStillDoNot() throws Exception {
    Clone clone = world.clone("free");
    clone.git("push", "-q", "-f", "origin", "origin/main:bottle/old");
    Commands at = new Commands(world.repository("free"), Map.of());
    assertThat(at.run("git", "rev-parse", "bottle/old"))
        .isEqualTo(at.run("git", "rev-parse", "main"));
    clone.git("push", "-q", "origin", ":bottle/old");
    assertThat(at.attempt("git", "rev-parse", "--verify", "bottle/old").exit()).isNotZero();
    clone.commit("e", "e", "e");
    clone.git("tag", "-f", "v0");
    clone.git("push", "-q", "-f", "origin", "v0", "HEAD:main");
    assertThat(at.run("git", "rev-parse", "v0")).isEqualTo(clone.git("rev-parse", "HEAD"));
    assertThat(at.run("git", "rev-parse", "main")).isEqualTo(clone.git("rev-parse", "HEAD"));

    clone.git("notes", "add", "-m", "n");
    assertThat(clone.attempt("push", "origin", "refs/notes/commits").exit()).isNotZero();
  }

  private static Commands.Ended push(Clone clone, RefusedPush push) throws Exception {
    List<String> call = new java.util.ArrayList<>(List.of("push"));
    call.addAll(push.push());
    return clone.attempt(call.toArray(String[]::new));
  }
}
