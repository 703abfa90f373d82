package dev.bottle.agent.image;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bottle.agent.testing.Root;
import dev.bottle.crd.condition.Reason;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which registries are asked. Redirects and token services: agent/image. */
@Timeout(180)
class RegistryRulesTest {
  @TempDir Path temp;
  private LocalRegistry registry;
  private StoreBench bench;

  @BeforeEach
  void start() throws Exception {
    Root.required();
    registry = new LocalRegistry(Files.createDirectory(temp.resolve("r")));
    registry.push("team/agent:1", new Layer().file("etc/os", "x").bytes());
    bench = new StoreBench(Files.createDirectory(temp.resolve("s")));
  }

  @AfterEach
  void stop() {
    if (registry != null) {
      registry.close();
    }
  }

  @Test
  void loopbackIsRefusedUntilAnAdminNamesItAndAgainAfterwards() throws Exception {
    String reference = registry.reference("team/agent:1");
    assertThat(bench.refused(reference, PullCredentials.none(), Reason.RegistryRefused))
        .contains(registry.address());
    assertThat(registry.requests).isEmpty();

    bench.name(registry.address());
    String digest = bench.pull(reference, PullCredentials.none());

    bench.admin("registries: []\n");
    bench.refused(reference, PullCredentials.none(), Reason.RegistryRefused);
    bench.refused(
        registry.reference("team/agent@" + digest), PullCredentials.none(), Reason.RegistryRefused);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "localhost:5000/a", "foo.localhost:5000/a", "127.1.2.3:5000/a", "0.0.0.0:5000/a",
        "[::1]:5000/a", "[::ffff:127.0.0.1]:5000/a", "169.254.169.254/a", "169.254.169.254:80/a",
        "[fe80::1]:80/a", "[fd00:ec2::254]:80/a", "100.100.100.200/a"
      })
  void whatCanBeNoRegistryIsRefused(String reference) throws Exception {
    bench.name("registry.example:443"); // naming one opens no other
    bench.refused(reference, PullCredentials.none(), Reason.RegistryRefused);
  }

  @Test
  void anotherPortOfANamedRegistryIsNotNamed() throws Exception {
    bench.name("127.0.0.1:1");
    bench.refused(
        registry.reference("team/agent:1"), PullCredentials.none(), Reason.RegistryRefused);
    assertThat(registry.requests).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "registries: {a: b}",
        "registries: [\"%s\", \"no port\"]",
        "registries: [\"%s\"]\nregistries: []",
        "registries: [\"%s\"",
        "registries: [\"http://%s\"]",
        "registries: [~, \"%s\"]"
      })
  void aDocumentWithAnErrorNamesNothingAndSaysSo(String document) throws Exception {
    bench.admin(document.formatted(registry.address()));
    assertThat(
            bench.refused(
                registry.reference("team/agent:1"), PullCredentials.none(), Reason.RegistryRefused))
        .contains("registries of bottle-admin: ");
    assertThat(registry.requests).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "\n", "# nothing\n", "clusterRanges: []\n", "registries:\n", "~\n"})
  void aDocumentWithoutRegistriesNamesNothing(String document) throws Exception {
    bench.admin(document);
    assertThat(
            bench.refused(
                registry.reference("team/agent:1"), PullCredentials.none(), Reason.RegistryRefused))
        .doesNotContain("bottle-admin:");
  }

  @ParameterizedTest
  @ValueSource(strings = {"UPPER/case", "a b", "registry.example/a@sha256:12", "http://r/a"})
  void whatIsNoReferenceIsInvalid(String reference) {
    bench.refused(reference, PullCredentials.none(), Reason.ImageInvalid);
  }
}
