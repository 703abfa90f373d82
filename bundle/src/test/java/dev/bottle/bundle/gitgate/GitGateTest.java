package dev.bottle.bundle.gitgate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.bottle.bundle.gitgate.testing.Clone;
import dev.bottle.bundle.gitgate.testing.Commands;
import dev.bottle.bundle.gitgate.testing.GitWorld;
import dev.bottle.bundle.gitgate.testing.SshUpstream;
import dev.bottle.crd.control.GitDenial;
import dev.bottle.crd.policy.GitUpstream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Fetches and pushes through a real gate to a real ssh server. */
class GitGateTest {
  private static final List<String> REFS = List.of("refs/heads/bottle/*", "refs/tags/v*");

  @TempDir private Path home;
  private SshUpstream upstream;
  private GitWorld world;

  @BeforeEach
  void start() throws Exception {
    upstream = new SshUpstream(home.resolve("ssh"));
    world = new GitWorld(home, upstream, GitWorld.gitleaks());
    world.create("app");
    world.enforce(world.upstream("app", REFS, false, false));
  }

  @AfterEach
  void stop() throws Exception {
    world.close();
    upstream.close();
  }

  private Commands at(String name) {
    return new Commands(world.repository(name), Map.of());
  }

  @Test
  void anAllowedPushArrivesAndIsFetchedAgain() throws Exception {
    Clone one = world.clone("app");
    assertThat(one.git("rev-parse", "--abbrev-ref", "HEAD")).isEqualTo("main");
    one.git("checkout", "-q", "-b", "bottle/new");
    one.commit("new.txt", "new\n", "a change");
    Commands.Ended push = one.attempt("push", "origin", "bottle/new", "HEAD:refs/tags/v1");
    assertThat(push.exit()).as(push.output()).isZero();
    assertThat(push.output()).contains("remote: git-gate: checking the push");
    assertThat(at("app").run("git", "rev-parse", "bottle/new", "v1"))
        .isEqualTo(one.git("rev-parse", "HEAD", "HEAD"));

    one.commit("new.txt", "newer\n", "another");
    one.git("push", "-q", "origin", "bottle/new");
    Clone two = world.clone("app");
    assertThat(two.git("rev-parse", "origin/bottle/new")).isEqualTo(one.git("rev-parse", "HEAD"));
    assertThat(world.denials()).isEmpty();
    assertThat(world.leftovers()).isEmpty();
  }

  @Test
  void fetchShowsWhatTheUpstreamHasNowAndHeadFollows() throws Exception {
    Clone clone = world.clone("app");
    at("app").run("git", "branch", "-m", "main", "trunk");
    at("app").run("git", "branch", "-D", "bottle/old");
    at("app").run("git", "symbolic-ref", "HEAD", "refs/heads/trunk");

    clone.git("fetch", "-q", "--prune", "origin");

    assertThat(clone.git("for-each-ref", "--format=%(refname)", "refs/remotes/origin"))
        .contains("origin/trunk")
        .doesNotContain("bottle/old", "origin/main");
    assertThat(world.clone("app").git("rev-parse", "--abbrev-ref", "HEAD")).isEqualTo("trunk");
  }

  @Test
  void anUpstreamThatIsDownFailsFetchAndPush() throws Exception {
    Clone clone = world.clone("app");
    clone.git("checkout", "-q", "-b", "bottle/new");
    clone.commit("new.txt", "new\n", "a change");
    upstream.stop();

    Commands.Ended fetch = clone.attempt("fetch", "origin", "bottle/new");
    assertThat(fetch.exit()).isNotZero();
    assertThat(fetch.output().lines().toList())
        .singleElement()
        .asString()
        .startsWith("fatal: remote error: git-gate: upstream app cannot be reached: ");
    Commands.Ended push = clone.attempt("push", "origin", "bottle/new");
    assertThat(push.exit()).isNotZero();
    assertThat(push.output()).contains("remote: git-gate: upstream app cannot be reached: ");
    await().until(() -> world.denials().size() == 2);
    assertThat(world.denials())
        .containsOnly(new GitDenial("git-gate", "app", null, "UpstreamUnavailable", null, false));

    upstream.startAgain();
    clone.git("push", "-q", "origin", "bottle/new");
  }

  @Test
  void aHostKeyThatIsNotKnownIsRefused() throws Exception {
    GitUpstream app = world.upstream("app", REFS, false, false);
    for (String known : List.of(upstream.wrongKnownHosts(), "# none")) {
      world.enforce(
          new GitUpstream(
              "app", app.url(), app.identitySlot(), null, known, REFS, false, false, false));
      Commands.Ended ended =
          new Commands(home, Map.of()).attempt("git", "ls-remote", world.url("app"));
      assertThat(ended.output().strip())
          .isEqualTo(
              "fatal: remote error: git-gate: upstream app shows a host key that its knownHosts"
                  + " does not have");
    }
    await().until(() -> world.denials().size() == 2);
    assertThat(world.denials()).extracting(GitDenial::rule).containsOnly("UpstreamHostKeyNotKnown");
  }

  @Test
  void aMissingIdentityIsAnEmptySlotAndAWrongOneIsRefused() throws Exception {
    Path identity = home.resolve("credentials/GIT_IDENTITY");
    Path kept = Files.move(identity, home.resolve("kept"));
    await().until(() -> world.state().emptySlots().equals(List.of("GIT_IDENTITY")));
    Commands git = new Commands(home, Map.of());
    assertThat(git.attempt("git", "ls-remote", world.url("app")).output())
        .contains("git-gate: upstream app has no credential");

    Files.copy(upstream.key("other"), identity);
    await().until(() -> world.state().emptySlots().isEmpty());
    assertThat(git.attempt("git", "ls-remote", world.url("app")).output())
        .contains("git-gate: upstream app refuses the Bottle's credential");

    Files.move(kept, identity, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    await().until(() -> git.attempt("git", "ls-remote", world.url("app")).exit() == 0);
  }

  @Test
  void identitiesAreCopiedForThisUserOnly() throws Exception {
    try (var all = Files.walk(home.resolve("private"))) {
      for (Path path : all.toList()) {
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
            .as(path.toString())
            .endsWith("------");
      }
    }
    Path copy;
    try (var all = Files.walk(home.resolve("private/upstreams"))) {
      copy = all.filter(path -> path.endsWith("identity")).findFirst().orElseThrow();
    }
    assertThat(copy).hasSameTextualContentAs(upstream.identity());
    world.enforce();
  }

  @Test
  void theUpstreamsRejectionReachesTheGuestAndTheGateStaysAsItWas() throws Exception {
    Path hook = world.repository("app").resolve("hooks/pre-receive");
    Files.writeString(hook, "#!/bin/sh\necho no such luck >&2\nexit 1\n");
    Files.setPosixFilePermissions(hook, PosixFilePermissions.fromString("rwx------"));
    Clone clone = world.clone("app");
    clone.git("checkout", "-q", "bottle/old");
    clone.commit("new.txt", "new\n", "a change");
    String before = world.contents("app");

    Commands.Ended push = clone.attempt("push", "origin", "bottle/old");

    assertThat(push.exit()).isNotZero();
    assertThat(push.output())
        .contains("no such luck")
        .contains("! [remote rejected] bottle/old -> bottle/old (pre-receive hook declined)");
    assertThat(world.contents("app")).isEqualTo(before);
    assertThat(clone.git("ls-remote", "origin", "bottle/old"))
        .startsWith(clone.git("rev-parse", "HEAD~"));
    await().until(() -> world.denials().size() == 1);
    assertThat(world.denials().getFirst().rule()).isEqualTo("UpstreamRejected");
  }

  @Test
  void parallelPushesAllArrive() throws Exception {
    List<Clone> clones = new ArrayList<>();
    Clone first = world.clone("app");
    for (int i = 0; i < 4; i++) {
      Clone clone = world.copy(first);
      clone.git("checkout", "-q", "-b", "bottle/p" + i);
      clone.commit("p" + i, "p\n", "parallel " + i);
      clones.add(clone);
    }
    try (var threads = Executors.newCachedThreadPool()) {
      List<Future<String>> pushes = new ArrayList<>();
      for (Clone clone : clones) {
        pushes.add(threads.submit(() -> clone.git("push", "-q", "origin", "HEAD")));
      }
      for (Future<String> push : pushes) {
        push.get();
      }
    }
    for (int i = 0; i < 4; i++) {
      assertThat(at("app").run("git", "rev-parse", "bottle/p" + i))
          .isEqualTo(clones.get(i).git("rev-parse", "HEAD"));
    }
  }

  @Test
  void ofTwoPushesToOneBranchOneIsToldToFetch() throws Exception {
    Clone one = world.clone("app");
    one.git("checkout", "-q", "bottle/old");
    Clone two = world.copy(one);
    one.commit("one", "1\n", "one");
    two.commit("two", "2\n", "two");
    one.git("push", "-q", "origin", "bottle/old");

    Commands.Ended second = two.attempt("push", "origin", "bottle/old");

    assertThat(second.exit()).isNotZero();
    assertThat(at("app").run("git", "rev-parse", "bottle/old"))
        .isEqualTo(one.git("rev-parse", "HEAD"));
  }

  @Test
  void aRejectedObjectCannotBeFetchedByItsName() throws Exception {
    Clone clone = world.clone("app");
    clone.git("checkout", "-q", "-b", "bottle/new");
    clone.commit("new.txt", GitWorld.CANARY, "a change");
    assertThat(clone.attempt("push", "origin", "bottle/new").exit()).isNotZero();
    String object = clone.git("rev-parse", "HEAD");

    for (String version : List.of("0", "2")) {
      Clone other = world.clone("app");
      Commands.Ended fetch =
          other.attempt("-c", "protocol.version=" + version, "fetch", "origin", object);
      assertThat(fetch.exit()).as("protocol " + version).isNotZero();
      assertThat(other.attempt("cat-file", "-e", object).exit()).isNotZero();
    }
  }

  @Test
  void objectsOfAnotherUpstreamCannotBeFetched() throws Exception {
    world.create("other");
    world.enforce(
        world.upstream("app", REFS, false, false), world.upstream("other", REFS, false, false));
    String object = world.clone("other").git("rev-parse", "origin/bottle/old");

    Clone clone = world.clone("app");

    assertThat(clone.attempt("fetch", "origin", object).exit()).isNotZero();
  }

  @Test
  void anotherUrlUnderTheSameNameShowsNothingOfTheFormer() throws Exception {
    Clone clone = world.clone("app");
    String object = clone.git("rev-parse", "origin/bottle/old");
    world.create("other");
    GitUpstream other = world.upstream("other", REFS, false, false);
    world.enforce(
        new GitUpstream(
            "app",
            other.url(),
            other.identitySlot(),
            null,
            other.knownHosts(),
            REFS,
            false,
            false,
            false));

    assertThat(world.clone("app").git("show", "HEAD:README.md")).isEqualTo("hello other");
    assertThat(world.clone("app").attempt("fetch", "origin", object).exit()).isNotZero();
    try (var repositories = Files.list(home.resolve("repositories"))) {
      assertThat(repositories).hasSize(1);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/app.git/HEAD",
        "/app.git/info/refs",
        "/app.git/info/refs?service=git-upload-archive",
        "/app.git/info/lfs/objects/batch",
        "/app.git/objects/info/packs",
        "/app/info/refs?service=git-upload-pack",
        "/nope.git/info/refs?service=git-upload-pack",
        "/../app.git/info/refs?service=git-upload-pack",
        "/..%2f..%2fx.git/info/refs?service=git-upload-pack",
        "/x/../app.git/info/refs?service=git-upload-pack",
        "/",
      })
  void everythingElseIsNotFound(String path) throws Exception {
    String root = world.url("app").replace("/app.git", "");
    try (HttpClient client = HttpClient.newHttpClient()) {
      HttpResponse<String> answer =
          client.send(
              HttpRequest.newBuilder(URI.create(root + path)).build(),
              HttpResponse.BodyHandlers.ofString());
      assertThat(answer.statusCode()).isEqualTo(404);
    }
    await().until(() -> world.denials().size() == 1);
  }

  @Test
  void aPolicyWithoutAnUpstreamEndsIt() throws Exception {
    Clone clone = world.clone("app");
    world.enforce();
    assertThat(clone.attempt("fetch", "origin").output()).contains("not found");
    try (var repositories = Files.list(home.resolve("repositories"))) {
      assertThat(repositories).isEmpty();
    }
  }

  @Test
  void aBrokenPolicyLeavesTheLastOneInForce() throws Exception {
    Files.writeString(home.resolve("policy/policy.json"), "{}");
    await().until(() -> "PolicyInvalid".equals(world.state().reason()));
    assertThat(world.state().ready()).isTrue();
    assertThat(world.clone("app").git("rev-parse", "HEAD")).isNotEmpty();
  }

  @Test
  void aReadOnlyUpstreamIsToldBeforeAnythingIsSent() throws Exception {
    GitUpstream app = world.upstream("app", REFS, false, false);
    world.enforce(
        new GitUpstream(
            "app",
            app.url(),
            app.identitySlot(),
            null,
            app.knownHosts(),
            List.of(),
            false,
            false,
            true));
    Clone clone = world.clone("app");
    clone.git("checkout", "-q", "-b", "bottle/new");
    assertThat(clone.attempt("push", "origin", "bottle/new").output())
        .contains("remote error: git-gate: app is read-only");
    await().until(() -> world.denials().size() == 1);
    assertThat(world.denials().getFirst().rule()).isEqualTo("ReadOnly");
  }

  @Test
  void aLargeRepositoryStreamsBothWays() throws Exception {
    Clone clone = world.clone("app");
    clone.git("checkout", "-q", "-b", "bottle/large");
    for (int i = 0; i < 6; i++) {
      clone.sh("head -c 1000000 /dev/urandom > large" + i);
    }
    clone.commit("six files that do not compress");
    Commands.Ended push = clone.attempt("push", "origin", "bottle/large");
    assertThat(push.exit()).as(push.output()).isZero();
    assertThat(world.clone("app").git("rev-parse", "origin/bottle/large"))
        .isEqualTo(clone.git("rev-parse", "HEAD"));
  }
}
