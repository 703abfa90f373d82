package dev.bottle.agent.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.bottle.agent.host.ProcessRunner;
import dev.bottle.agent.testing.Root;
import dev.bottle.crd.condition.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class ImageStoreTest {
  private static final String DIGEST = "sha256:" + "a".repeat(64);

  @TempDir Path temp;
  private final ExecutorService executor =
      Executors.newFixedThreadPool(2, Thread.ofVirtual().factory());
  private final AtomicInteger unpacks = new AtomicInteger();
  private final AtomicReference<Filling> filling = new AtomicReference<>(ImageStoreTest::fill);
  private Path images;
  private ImageStore store;

  /** What an unpack does. */
  @FunctionalInterface
  private interface Filling {
    void into(Path rootfs) throws IOException, ImageFailure, InterruptedException;
  }

  private static void fill(Path rootfs) throws IOException {
    Files.createDirectories(rootfs.resolve("etc"));
    Files.writeString(rootfs.resolve("etc/passwd"), "root:x:0:0::/root:/bin/sh\n");
  }

  private final ImageSource source =
      new ImageSource() {
        @Override
        public String digest(String reference, PullCredentials credentials) throws ImageFailure {
          if (reference.contains("absent")) {
            throw new ImageFailure(Reason.ImageNotFound, reference + ": gone");
          }
          return DIGEST;
        }

        @Override
        public String config(String reference, String digest, PullCredentials credentials) {
          return "{\"architecture\":\"amd64\"}";
        }

        @Override
        public void unpack(
            String reference, String digest, PullCredentials credentials, Path rootfs)
            throws ImageFailure, InterruptedException {
          unpacks.incrementAndGet();
          try {
            filling.get().into(rootfs);
          } catch (IOException e) {
            throw new ImageFailure(Reason.ImagePulling, String.valueOf(e.getMessage()));
          }
        }
      };

  @BeforeEach
  void prepare() throws Exception {
    images = temp.resolve("images");
    store = new ImageStore(images, source, new ProcessRunner(), executor);
    store.sweep();
  }

  @AfterEach
  void end() {
    executor.shutdownNow();
  }

  private StoredImage pull(String reference) throws Exception {
    return store.pull(reference, PullCredentials.none()).get(30, TimeUnit.SECONDS);
  }

  private void fails(String reference, Reason reason) {
    assertThatThrownBy(() -> pull(reference))
        .isInstanceOf(ExecutionException.class)
        .cause()
        .isInstanceOfSatisfying(ImageFailure.class, e -> assertThat(e.reason()).isEqualTo(reason));
  }

  private List<String> entries() throws IOException {
    try (Stream<Path> all = Files.list(images)) {
      return all.map(entry -> entry.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void anImageIsUnpackedUnderItsDigest() throws Exception {
    StoredImage image = pull("registry.test/a:1");
    assertThat(image.digest()).isEqualTo(DIGEST);
    assertThat(image.rootfs()).isEqualTo(images.resolve("sha256-" + "a".repeat(64) + "/rootfs"));
    assertThat(image.rootfs().resolve("etc/passwd")).exists();
    assertThat(image.rootfs().resolveSibling("config.json"))
        .hasContent("{\"architecture\":\"amd64\"}");
    assertThat(entries()).hasSize(1);
    assertThat(store.has(DIGEST)).isTrue();
  }

  @Test
  void manyAskersUnpackOnce() throws Exception {
    CountDownLatch go = new CountDownLatch(1);
    filling.set(rootfs -> {
      assertThat(go.await(30, TimeUnit.SECONDS)).isTrue();
      fill(rootfs);
    });
    List<CompletableFuture<StoredImage>> pulls = new ArrayList<>();
    pulls.add(store.pull("registry.test/a:1", PullCredentials.none()));
    await().untilAtomic(unpacks, org.hamcrest.Matchers.is(1));
    for (int i = 0; i < 8; i++) {
      pulls.add(store.pull("registry.test/b:" + i, PullCredentials.none()));
    }
    go.countDown();
    for (CompletableFuture<StoredImage> each : pulls) {
      assertThat(each.get(30, TimeUnit.SECONDS).digest()).isEqualTo(DIGEST);
    }
    assertThat(pull("registry.test/c:1").digest()).isEqualTo(DIGEST);
    assertThat(unpacks).hasValue(1);
  }

  @Test
  void aFailedUnpackLeavesNothingAndIsTriedAgain() throws Exception {
    filling.set(rootfs -> {
      fill(rootfs);
      throw new IOException("the registry hung up");
    });
    fails("registry.test/a:1", Reason.ImagePulling);
    assertThat(entries()).isEmpty();
    filling.set(ImageStoreTest::fill);
    await().untilAsserted(() -> assertThat(pull("registry.test/a:1")).isNotNull());
  }

  @Test
  void whatAnAgentLeftInTheMiddleIsSweptAway() throws Exception {
    Path half =
        Files.createDirectories(images.resolve(".sha256-" + "b".repeat(64) + "/rootfs/etc"));
    Files.writeString(half.resolve("passwd"), "half");
    Path whole = Files.createDirectories(images.resolve("sha256-" + "c".repeat(64) + "/rootfs"));
    store.sweep();
    assertThat(entries()).containsExactly("sha256-" + "c".repeat(64));
    assertThat(whole).exists();
    assertThat(store.has("sha256:" + "b".repeat(64))).isFalse();
  }

  @Test
  void anImageThatDoesNotExistFailsAsSuch() throws Exception {
    fails("registry.test/absent:1", Reason.ImageNotFound);
    assertThat(entries()).isEmpty();
  }

  @Test
  void whatHasNoRootOfASystemIsInvalid() throws Exception {
    filling.set(rootfs -> Files.writeString(rootfs.resolve("README"), "x"));
    fails("registry.test/a:1", Reason.ImageInvalid);
    assertThat(entries()).isEmpty();
  }

  @Test
  void everythingIsReadableByTheMachinesProcessAndTheStoreIsNotListed() throws Exception {
    filling.set(rootfs -> {
      fill(rootfs);
      Files.setPosixFilePermissions(
          rootfs.resolve("etc/passwd"), PosixFilePermissions.fromString("rw-------"));
      Path tool = Files.writeString(rootfs.resolve("etc/tool"), "x");
      Files.setPosixFilePermissions(tool, PosixFilePermissions.fromString("rwx------"));
      Files.setPosixFilePermissions(
          rootfs.resolve("etc"), PosixFilePermissions.fromString("rwx------"));
      Files.createSymbolicLink(rootfs.resolve("etc/link"), Path.of("/nonexistent"));
    });
    Path rootfs = pull("registry.test/a:1").rootfs();
    try (Stream<Path> all = Files.walk(rootfs)) {
      for (Path path : all.filter(path -> !Files.isSymbolicLink(path)).toList()) {
        assertThat(Files.getPosixFilePermissions(path))
            .as(path.toString())
            .contains(PosixFilePermission.OTHERS_READ);
      }
    }
    assertThat(Files.getPosixFilePermissions(rootfs.resolve("etc")))
        .contains(PosixFilePermission.OTHERS_EXECUTE);
    assertThat(Files.getPosixFilePermissions(rootfs.resolve("etc/tool")))
        .contains(PosixFilePermission.OTHERS_EXECUTE);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(images)))
        .isEqualTo("rwx--x--x");
  }

  @Test
  void devicesPipesAndSocketsOfAnImageDoNotStayOnTheNode() throws Exception {
    Root.required();
    filling.set(rootfs -> {
      fill(rootfs);
      Files.createDirectories(rootfs.resolve("dev"));
      Root.run("mknod", "-m", "666", rootfs.resolve("dev/sda").toString(), "b", "8", "0");
      Root.run("mknod", "-m", "666", rootfs.resolve("dev/mem").toString(), "c", "1", "1");
      Root.run("mkfifo", rootfs.resolve("dev/initctl").toString());
      Files.createSymbolicLink(rootfs.resolve("dev/fd"), Path.of("/proc/self/fd"));
    });
    Path rootfs = pull("registry.test/a:1").rootfs();
    try (Stream<Path> dev = Files.list(rootfs.resolve("dev"))) {
      assertThat(dev.map(path -> path.getFileName().toString())).containsExactly("fd");
    }
  }
}
