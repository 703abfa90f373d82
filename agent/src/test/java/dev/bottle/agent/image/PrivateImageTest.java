package dev.bottle.agent.image;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.bottle.agent.testing.Root;
import dev.bottle.crd.condition.Reason;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A registry with a private repository, and Bottles with and without its password. */
@Timeout(180)
class PrivateImageTest {
  private static final String PASSWORD = "hunter2-correct-horse";

  @TempDir Path temp;
  private LocalRegistry registry;
  private StoreBench bench;
  private String digest;
  private String tag;
  private String pinned;

  @BeforeEach
  void start() throws Exception {
    Root.required();
    registry = new LocalRegistry(Files.createDirectory(temp.resolve("r")));
    registry.protect("private", PASSWORD);
    digest =
        registry.push("private/agent:1", new Layer().file("etc/secret", "source code").bytes());
    tag = registry.reference("private/agent:1");
    pinned = registry.reference("private/agent@" + digest);
    bench = new StoreBench(Files.createDirectory(temp.resolve("s")));
    bench.name(registry.address());
  }

  @AfterEach
  void stop() {
    if (registry != null) {
      registry.close();
    }
  }

  @Test
  void aCachedImageIsNotForWhoMayNotPullIt() throws Exception {
    bench.refused(tag, PullCredentials.none(), Reason.ImageNotFound);
    assertThat(bench.pull(tag, registry.secret(PASSWORD))).isEqualTo(digest);
    assertThat(bench.rootfs(digest).resolve("etc/secret")).hasContent("source code");

    for (String reference : List.of(tag, pinned)) {
      bench.refused(reference, PullCredentials.none(), Reason.ImageNotFound);
      bench.refused(reference, registry.secret("wrong"), Reason.ImageNotFound);
      assertThat(bench.pull(reference, registry.secret(PASSWORD))).isEqualTo(digest);
    }
    assertThat(registry.requests.stream().filter(request -> request.contains("/blobs/")))
        .as("configuration and layer, once")
        .hasSize(2);
  }

  @Test
  void aPasswordThatWasChangedCountsAtOnce() throws Exception {
    assertThat(bench.pull(pinned, registry.secret(PASSWORD))).isEqualTo(digest);
    registry.protect("private", "another");
    bench.refused(pinned, registry.secret(PASSWORD), Reason.ImageNotFound);
    assertThat(bench.pull(pinned, registry.secret("another"))).isEqualTo(digest);
  }

  @Test
  void aRegistryThatIsAwayGrantsNothing() throws Exception {
    assertThat(bench.pull(pinned, registry.secret(PASSWORD))).isEqualTo(digest);
    registry.stop();
    bench.refused(pinned, registry.secret(PASSWORD), Reason.ImagePulling);
  }

  @Test
  void theManifestAloneIsNoKeyToTheLayers() throws Exception {
    assertThat(bench.pull(tag, registry.secret(PASSWORD))).isEqualTo(digest);
    // Somebody who once saw the manifest serves it under a name of his own, without the layers.
    registry.copy("private/agent:1", "mallory/agent:1");
    registry.withoutBlobs.add("mallory/agent");
    bench.refused(
        registry.reference("mallory/agent:1"), PullCredentials.none(), Reason.ImageNotFound);
    bench.refused(
        registry.reference("mallory/agent@" + digest),
        PullCredentials.none(),
        Reason.ImageNotFound);

    registry.withoutBlobs.clear();
    assertThat(bench.pull(registry.reference("mallory/agent:1"), PullCredentials.none()))
        .isEqualTo(digest);
    assertThat(bench.unpacked()).containsExactly(StoreDirectory.name(digest));
    assertThat(bench.incoming()).isEmpty();
  }

  @Test
  void aSecretForAnotherRegistryIsNotSentHere() throws Exception {
    PullCredentials other =
        PullCredentials.of(
            List.of("{\"auths\":{\"other.example\":{\"auth\":\"Ym90dGxlOng=\"}}}".getBytes(UTF_8)));
    bench.refused(tag, other, Reason.ImageNotFound);
  }

  @Test
  void aSecretThatCannotBeReadIsNotTold() throws Exception {
    PullCredentials broken =
        PullCredentials.of(
            List.of(
                "{\"auths\":{\"%s\":{\"auth\":\"%s\"}}}"
                    .formatted(registry.address(), "!" + PASSWORD)
                    .getBytes(UTF_8)));
    assertThat(bench.refused(tag, broken, Reason.ImageNotFound)).doesNotContain(PASSWORD);
  }

  @Test
  void thePasswordIsOnStandardInputAndNowhereElse() throws Exception {
    PullCredentials secret = registry.secret(PASSWORD);
    String encoded =
        java.util.Base64.getEncoder().encodeToString(("bottle:" + PASSWORD).getBytes(UTF_8));
    assertThat(bench.pull(tag, secret)).isEqualTo(digest);
    String message =
        bench.refused(registry.reference("private/none:1"), secret, Reason.ImageNotFound);
    assertThat(message).doesNotContain(PASSWORD).doesNotContain(encoded);
    assertThat(secret.toString()).doesNotContain(PASSWORD).doesNotContain(encoded);
    assertThat(bench.commands)
        .isNotEmpty()
        .allSatisfy(command -> {
          assertThat(String.join(" ", command.argv()))
              .doesNotContain(PASSWORD)
              .doesNotContain(encoded);
          assertThat(command.environment().toString())
              .doesNotContain(PASSWORD)
              .doesNotContain(encoded);
        });
    try (var files = Files.walk(bench.temp)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        assertThat(new String(Files.readAllBytes(file), UTF_8))
            .doesNotContain(PASSWORD)
            .doesNotContain(encoded);
      }
    }
  }
}
