package dev.bottle.agent.image;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bottle.agent.host.ProcessRunner;
import dev.bottle.agent.smolvm.MachineDefinition;
import dev.bottle.agent.smolvm.MachineLabels;
import dev.bottle.agent.smolvm.MachineSize;
import dev.bottle.agent.testing.FakeProc;
import dev.bottle.agent.testing.FakeRuntime;
import dev.bottle.agent.testing.Mounted;
import dev.bottle.crd.condition.Reason;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** On a disk of 100 bytes, of which each image takes ten. */
@Timeout(60)
class ImageCollectionTest {
  private static final Instant NOW = Instant.parse("2026-05-01T12:00:00Z");

  @TempDir Path temp;
  private StoreDirectory directory;
  private FakeRuntime runtime;
  private ImageStore store;
  private int otherFiles;
  private final AtomicInteger unpacks = new AtomicInteger();
  private final CountDownLatch unpacking = new CountDownLatch(1);
  private volatile CountDownLatch unpacked = new CountDownLatch(0);

  @BeforeEach
  void prepare() throws Exception {
    directory =
        new StoreDirectory(temp.resolve("store"), temp.resolve("view"), new ProcessRunner());
    runtime = new FakeRuntime(new FakeProc(temp.resolve("proc")));
    store =
        new ImageStore(
            directory,
            new Source(),
            Mounted.store(temp.resolve("mountinfo"), directory.unpacked(), temp.resolve("view")),
            runtime,
            () -> new DiskSpace.Space(100, 100 - otherFiles - 10L * unpacked().size()),
            Clock.fixed(NOW, ZoneOffset.UTC),
            Executors.newVirtualThreadPerTaskExecutor());
    store.sweep();
  }

  private static String digest(int image) {
    return "sha256:%064x".formatted(image);
  }

  /** That image, last used before so long. */
  private void image(int image, Duration unused) throws IOException {
    Path kept = directory.unpacked().resolve(StoreDirectory.name(digest(image)));
    Files.createDirectories(kept.resolve("rootfs/etc"));
    Files.writeString(kept.resolve("sources"), "registry.test/a\n");
    directory.touch(digest(image), NOW.minus(unused));
  }

  private void machine(int image) throws Exception {
    Path rootfs = directory.image(digest(image)).rootfs();
    runtime.create(
        new MachineDefinition(
            "b-" + image,
            new MachineLabels("uid", 1, "shape"),
            new MachineSize(1, 512, 1),
            rootfs,
            Path.of("/run/bottle/x")));
  }

  private List<Integer> unpacked() throws IOException {
    try (Stream<Path> kept = Files.list(directory.unpacked())) {
      return kept.map(path -> Integer.parseInt(path.getFileName().toString().substring(60), 16))
          .sorted()
          .toList();
    }
  }

  @Test
  void anImageStaysForAWeekAfterItsLastUse() throws Exception {
    image(1, Duration.ofDays(7).plusMinutes(1));
    image(2, Duration.ofDays(7).minusMinutes(1));
    store.collect(0);
    assertThat(unpacked()).containsExactly(2);
  }

  @Test
  void theWeekBeginsWhenTheLastMachineIsGone() throws Exception {
    image(1, Duration.ofDays(30));
    machine(1);
    store.collect(0);
    runtime.delete("b-1");
    store.collect(0);
    assertThat(unpacked()).containsExactly(1);
    directory.touch(digest(1), NOW.minus(Duration.ofDays(8)));
    store.collect(0);
    assertThat(unpacked()).isEmpty();
  }

  @Test
  void aPullIsAUse() throws Exception {
    image(7, Duration.ofDays(30));
    store.pull("7", PullCredentials.none()).get(10, TimeUnit.SECONDS).close();
    store.collect(0);
    assertThat(unpacked()).containsExactly(7);
  }

  @Test
  void aFullDiskTakesTheOldestUntilItIsRelieved() throws Exception {
    for (int i = 1; i <= 9; i++) {
      image(i, Duration.ofHours(10 - i));
    }
    machine(1);
    store.collect(0);
    // 90 is more than 85; 1 is the oldest but in use; 70 is no more than 75.
    assertThat(unpacked()).containsExactly(1, 4, 5, 6, 7, 8, 9);
  }

  @Test
  void aDiskThatIsNotFullTakesNothing() throws Exception {
    for (int i = 1; i <= 8; i++) {
      image(i, Duration.ofHours(10 - i));
    }
    store.collect(0);
    assertThat(unpacked()).hasSize(8);
  }

  @Test
  void whatOthersFilledTheDiskWithDoesNotEndTheNode() throws Exception {
    otherFiles = 80;
    image(1, Duration.ofHours(1));
    machine(1);
    image(2, Duration.ofHours(2));
    store.collect(0);
    assertThat(unpacked()).containsExactly(1);
  }

  @Test
  void roomIsMadeForAPullThatWouldNotFit() throws Exception {
    for (int i = 1; i <= 8; i++) {
      image(i, Duration.ofHours(10 - i));
    }
    machine(2);
    // Ten bytes compressed, so thirty are wanted; five of a hundred are never given to images.
    store.pull("9", PullCredentials.none()).get(10, TimeUnit.SECONDS).close();
    assertThat(unpacked()).containsExactly(2, 4, 5, 6, 7, 8, 9);
  }

  @Test
  void nothingIsRemovedWhileTheRuntimeIsSilent() throws Exception {
    image(1, Duration.ofDays(30));
    runtime.version(Optional.empty());
    store.collect(0);
    assertThat(unpacked()).containsExactly(1);
  }

  @Test
  void anImageIsHeldFromThePullToTheMachine() throws Exception {
    unpacked = new CountDownLatch(1);
    CompletableFuture<ImageHold> first = store.pull("3", PullCredentials.none());
    CompletableFuture<ImageHold> second = store.pull("3", PullCredentials.none());
    unpacking.await();
    store.collect(1000); // what is being unpacked is not swept away
    unpacked.countDown();
    ImageHold hold = first.get(10, TimeUnit.SECONDS);
    ImageHold other = second.get(10, TimeUnit.SECONDS);
    assertThat(hold.image().rootfs()).isEqualTo(other.image().rootfs());
    assertThat(unpacks).hasValue(1);

    store.collect(1000);
    assertThat(unpacked()).containsExactly(3);
    other.close();
    other.close(); // once more is not for the first
    store.collect(1000);
    assertThat(unpacked()).containsExactly(3);
    machine(3);
    hold.close();
    store.collect(1000);
    assertThat(unpacked()).containsExactly(3);
    runtime.delete("b-3");
    store.collect(1000);
    assertThat(unpacked()).isEmpty();
  }

  @Test
  void aPullThatFailedHoldsNothing() throws Exception {
    image(4, Duration.ZERO);
    assertThat(store.pull("fails 5", PullCredentials.none())).failsWithin(Duration.ofSeconds(10));
    image(5, Duration.ZERO);
    store.collect(1000);
    assertThat(unpacked()).isEmpty();
  }

  @Test
  void creationAndCollectionAtOnceNeverLoseAnImage() throws Exception {
    try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
      CountDownLatch done = new CountDownLatch(1);
      var collecting =
          executor.submit(() -> {
            while (done.getCount() > 0) {
              store.collect(1000);
            }
            return 0;
          });
      try {
        for (int i = 0; i < 200; i++) {
          ImageHold hold =
              store.pull(Integer.toString(i % 3), PullCredentials.none()).get(10, TimeUnit.SECONDS);
          machine(i % 3);
          hold.close();
          assertThat(directory.has(digest(i % 3))).as("round %d", i).isTrue();
          runtime.delete("b-" + i % 3);
        }
      } finally {
        done.countDown();
      }
      assertThat(collecting.get(10, TimeUnit.SECONDS)).isZero();
    }
  }

  @Test
  void whatAnEarlierAgentLeftIsSweptAndWhatItFinishedStays() throws Exception {
    image(1, Duration.ZERO);
    Path left = directory.unpacked().resolveSibling("incoming/left");
    Files.createDirectories(left.resolve("rootfs/usr/bin"));
    Files.writeString(left.resolve("rootfs/usr/bin/half"), "ha");
    new StoreDirectory(temp.resolve("store"), temp.resolve("view"), new ProcessRunner()).sweep();
    assertThat(left).doesNotExist();
    assertThat(unpacked()).containsExactly(1);
  }

  @Test
  void imagesOfAnEarlierVersionStayForTheirMachinesAndAreGivenToNoOther() throws Exception {
    Path former = temp.resolve("view").resolve(StoreDirectory.name(digest(6)));
    Files.createDirectories(former.resolve("rootfs/etc"));
    machine(6);
    store.sweep();
    assertThat(former).doesNotExist();
    store.collect(1000);
    assertThat(unpacked()).containsExactly(6);
    assertThat(directory.isFrom(digest(6), "registry.test/a")).isFalse();
    store.pull("6", PullCredentials.none()).get(10, TimeUnit.SECONDS).close();
    assertThat(unpacks).hasValue(1);
    assertThat(directory.isFrom(digest(6), "registry.test/a")).isTrue();
  }

  /** The reference is the number of the image. */
  private final class Source implements ImageSource {
    @Override
    public ResolvedImage resolve(String reference, PullCredentials credentials) {
      String number = reference.replace("fails ", "");
      return new ResolvedImage(
          reference.startsWith("fails") ? "registry.test/broken" : "registry.test/a",
          digest(Integer.parseInt(number)),
          10);
    }

    @Override
    public void unpack(ResolvedImage image, PullCredentials credentials, Path into, long room)
        throws ImageFailure, InterruptedException {
      if (image.repository().endsWith("broken")) {
        throw new ImageFailure(Reason.ImagePulling, "broken");
      }
      try {
        Files.createDirectories(into.resolve("rootfs/etc"));
        unpacks.incrementAndGet();
        unpacking.countDown();
        unpacked.await();
        assertThat(into.resolve("rootfs/etc")).isDirectory();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
