package dev.bottle.agent.image;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.bottle.agent.testing.Root;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Pulls that end in the middle of a layer. */
@Timeout(180)
class InterruptedPullTest {
  @TempDir Path temp;
  private LocalRegistry registry;
  private StoreBench bench;
  private String digest;
  private String reference;

  @BeforeEach
  void start() throws Exception {
    Root.required();
    registry = new LocalRegistry(Files.createDirectory(temp.resolve("r")));
    byte[] random = new byte[2 << 20];
    new Random(1).nextBytes(random);
    digest =
        registry.push(
            "team/agent:1",
            new Layer()
                .file("etc/os", "x")
                .file("usr/big", HexFormat.of().formatHex(random))
                .bytes());
    reference = registry.reference("team/agent:1");
    bench = new StoreBench(Files.createDirectory(temp.resolve("s")));
    bench.name(registry.address());
  }

  @AfterEach
  void stop() {
    if (registry != null) {
      registry.close();
    }
  }

  /** The half of the layer was sent and is being unpacked. */
  private void awaitHalf(Path store) {
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> {
          try (Stream<Path> files = Files.walk(store.resolve("incoming"))) {
            return files.anyMatch(file -> file.endsWith("usr/big"));
          } catch (java.io.UncheckedIOException | IOException changed) {
            return false;
          }
        });
  }

  @Test
  void aKilledProgramLeavesNothingAndTheNextPullSucceeds() throws Exception {
    registry.stall = stallBlobs();
    CompletableFuture<ImageHold> pull = bench.begin(reference, PullCredentials.none());
    awaitHalf(temp.resolve("s/store"));
    List<ProcessHandle> family =
        ProcessHandle.current()
            .descendants()
            .filter(one -> one.info().command().orElse("").endsWith("bottle-image"))
            .toList();
    assertThat(family).as("the program and its confined half").hasSizeGreaterThanOrEqualTo(2);
    assertThat(
            family.stream()
                .filter(one -> one.parent().equals(Optional.of(ProcessHandle.current())))
                .map(ProcessHandle::destroyForcibly))
        .containsExactly(true);

    assertThat(pull).failsWithin(Duration.ofSeconds(20));
    await().until(() -> family.stream().noneMatch(ProcessHandle::isAlive));
    assertThat(bench.incoming()).isEmpty();
    assertThat(bench.unpacked()).isEmpty();

    registry.stall.countDown();
    assertThat(bench.pull(reference, PullCredentials.none())).isEqualTo(digest);
  }

  private static CountDownLatch stallBlobs() {
    return new CountDownLatch(1);
  }

  @Test
  void theProgramEndsWithTheAgentAndTheNextAgentSweeps() throws Exception {
    Path store = temp.resolve("s/store");
    Path staging = Files.createDirectory(store.resolve("incoming/of-a-dead-agent"));
    registry.stall = stallBlobs();
    Process program =
        new ProcessBuilder(Programs.bottleImage().toString(), "pull")
            .redirectOutput(temp.resolve("out").toFile())
            .start();
    program
        .getOutputStream()
        .write(
            """
            {"reference":"%s","platform":"linux/amd64","dockerConfig":{"auths":{}},"registries":["%s"],\
            "directory":"%s","digest":"%s","limits":{"compressed":1000000000,"unpacked":1000000000,\
            "room":1000000000,"entries":1000,"ratio":200}}
            """
                .formatted(reference, registry.address(), staging, digest)
                .getBytes(UTF_8));
    program.getOutputStream().flush();
    awaitHalf(store);
    List<ProcessHandle> children = program.descendants().toList();
    assertThat(children).isNotEmpty();

    program.getOutputStream().close(); // as the kernel does when the agent is killed

    assertThat(program.waitFor(20, TimeUnit.SECONDS)).isTrue();
    await().until(() -> children.stream().noneMatch(ProcessHandle::isAlive));
    assertThat(staging.resolve("rootfs/usr/big")).exists();
    StoreBench next = new StoreBench(temp.resolve("s"));
    assertThat(next.incoming()).isEmpty();
    registry.stall.countDown();
    assertThat(next.pull(reference, PullCredentials.none())).isEqualTo(digest);
  }

  @Test
  void aRegistryThatBreaksOffLeavesNothing() throws Exception {
    registry.stall = stallBlobs();
    CompletableFuture<ImageHold> pull = bench.begin(reference, PullCredentials.none());
    awaitHalf(temp.resolve("s/store"));
    registry.stop();
    assertThat(pull).failsWithin(Duration.ofSeconds(20));
    assertThat(bench.incoming()).isEmpty();
    assertThat(bench.unpacked()).isEmpty();
  }
}
