package dev.bottle.agent.volume;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import dev.bottle.agent.testing.FakeKubelet;
import dev.bottle.agent.testing.Root;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PodVolumeTest {
  private static final String POD = "7b0c5b1e-0000-4000-8000-000000000001";
  private static final long WRITER = 64001;
  private static final String CANARY = "canary: nobody may read this";

  @TempDir Path temp;
  private FakeKubelet kubelet;
  private Path trust;
  private Path outside;

  @BeforeEach
  void prepare() throws IOException {
    kubelet = new FakeKubelet(temp);
    trust = kubelet.emptyDir(POD, "trust");
    outside = Files.writeString(temp.resolve("outside.pem"), CANARY);
  }

  private PodVolume emptyDir() {
    return new PodVolumes(kubelet.pods(), POD).volume(VolumeKind.EmptyDir, "trust");
  }

  private PodVolume projected() {
    return new PodVolumes(kubelet.pods(), POD).volume(VolumeKind.Projected, "guest");
  }

  /** Both ways of reading refuse, at once, with this in the message, and nothing leaks. */
  private void refused(PodVolume volume, String file, String why) {
    for (boolean all : List.of(true, false)) {
      assertThatThrownBy(() ->
              assertTimeoutPreemptively(
                  Duration.ofSeconds(20),
                  () ->
                      all
                          ? volume.readAll(Optional.of(WRITER))
                          : volume.read(file, Optional.of(WRITER))))
          .isInstanceOf(UntrustedVolumeException.class)
          .hasMessageContaining(why)
          .hasMessageContaining(POD)
          .message()
          .doesNotContain("canary")
          .doesNotContain("\n");
    }
  }

  @Test
  void readsRegularFilesOfTheWriterAndOfRoot() throws IOException {
    Files.writeString(trust.resolve("egress-ca.pem"), "pem");
    Files.writeString(trust.resolve("other"), "");

    assertThat(emptyDir().readAll(Optional.of(WRITER)).keySet())
        .containsExactly("egress-ca.pem", "other");
    assertThat(emptyDir().read("egress-ca.pem", Optional.of(WRITER)))
        .hasValueSatisfying(content -> assertThat(content).isEqualTo("pem".getBytes(UTF_8)));
    assertThat(emptyDir().read("absent", Optional.of(WRITER))).isEmpty();
  }

  @Test
  void readsBehindTheDataLinkAndFollowsItsSwap() throws IOException {
    kubelet.projected(POD, "guest", Map.of("guest.json", "{}", "prompt.text", "one"));
    assertThat(projected().exists()).isTrue();
    assertThat(projected().readAll(Optional.empty()).keySet())
        .containsExactly("guest.json", "prompt.text");

    kubelet.projected(POD, "guest", Map.of("guest.json", "{}", "prompt.text", "two"));
    assertThat(projected().read("prompt.text", Optional.empty()))
        .hasValueSatisfying(content -> assertThat(content).isEqualTo("two".getBytes(UTF_8)));
  }

  @Test
  void aVolumeThatIsNotThereYetIsNoTamperedOne() {
    assertThat(projected().exists()).isFalse();
    assertThatThrownBy(() -> projected().readAll(Optional.empty()))
        .isInstanceOf(NoSuchFileException.class);
    PodVolumes gone = new PodVolumes(kubelet.pods(), "no-such-pod");
    assertThat(gone.podExists()).isFalse();
    assertThatThrownBy(() -> gone.volume(VolumeKind.EmptyDir, "trust").readAll(Optional.empty()))
        .isInstanceOf(NoSuchFileException.class);
  }

  @Test
  void aDirectoryWithoutItsDataLinkIsNotThereYet() throws IOException {
    Files.createDirectories(projected().path());
    assertThatThrownBy(() -> projected().readAll(Optional.empty()))
        .isInstanceOf(NoSuchFileException.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "volumes",
        "volumes/kubernetes.io~empty-dir",
        "volumes/kubernetes.io~empty-dir/trust"
      })
  void aLinkInAnyComponentIsRefused(String component) throws IOException {
    Files.writeString(trust.resolve("egress-ca.pem"), CANARY);
    Path link = kubelet.pods().resolve(POD).resolve(component);
    Path moved = temp.resolve("moved");
    Files.move(link, moved);
    Files.createSymbolicLink(link, moved);

    refused(emptyDir(), "egress-ca.pem", "a link");
  }

  @Test
  void aFileInPlaceOfADirectoryIsRefused() throws IOException {
    Files.delete(trust);
    Files.writeString(trust, CANARY);
    refused(emptyDir(), "egress-ca.pem", "not a directory");
  }

  @Test
  void aLinkToAFileIsRefusedWhereverItLeads() throws IOException {
    Path link = trust.resolve("egress-ca.pem");
    Files.writeString(trust.resolve("inside"), "harmless");
    for (Path target :
        List.of(outside, Path.of("inside"), Path.of("/dev/zero"), Path.of("nowhere"))) {
      Files.createSymbolicLink(link, target);
      assertThatThrownBy(() -> emptyDir().read("egress-ca.pem", Optional.of(WRITER)))
          .isInstanceOf(UntrustedVolumeException.class)
          .hasMessageContaining("egress-ca.pem: a link");
      Files.delete(link);
    }
  }

  @Test
  void theDataLinkLeadsNowhereButToADirectoryBesideIt() throws IOException {
    Path volume = kubelet.projected(POD, "guest", Map.of("guest.json", "{}"));
    Path data = volume.resolve("..data");
    Path elsewhere = Files.createDirectories(temp.resolve("elsewhere"));
    Files.writeString(elsewhere.resolve("guest.json"), CANARY);
    Files.createSymbolicLink(volume.resolve("..second"), elsewhere);
    Files.writeString(volume.resolve("..file"), CANARY);

    for (String target :
        List.of(
            elsewhere.toString(),
            "../../../../../../elsewhere",
            "..second",
            "..",
            "..file",
            "..second/..")) {
      Files.delete(data);
      Files.createSymbolicLink(data, Path.of(target));
      assertThatThrownBy(() -> projected().readAll(Optional.empty()))
          .as(target)
          .isInstanceOf(UntrustedVolumeException.class)
          .message()
          .doesNotContain("canary");
    }
  }

  @Test
  void theVolumeItselfIsNoDataDirectory() throws IOException {
    Path volume = kubelet.projected(POD, "guest", Map.of("guest.json", "{}"));
    Files.delete(volume.resolve("..data"));
    Files.createSymbolicLink(volume.resolve("..data"), Path.of("."));
    refused(projected(), "guest.json", "");
  }

  @Test
  void aFifoNeitherBlocksNorPasses() throws Exception {
    Root.run("mkfifo", trust.resolve("egress-ca.pem").toString());
    refused(emptyDir(), "egress-ca.pem", "not a regular file");
  }

  @Test
  void aDeviceIsNotOpened() throws Exception {
    Root.required();
    Root.run("mknod", trust.resolve("egress-ca.pem").toString(), "c", "1", "5"); // /dev/zero
    refused(emptyDir(), "egress-ca.pem", "not a regular file");
  }

  @Test
  void aSocketIsRefused() throws IOException {
    Path directory = Files.createTempDirectory("v"); // a socket path holds 107 bytes
    try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      server.bind(UnixDomainSocketAddress.of(directory.resolve("s")));
      Files.move(directory.resolve("s"), trust.resolve("egress-ca.pem"));
      refused(emptyDir(), "egress-ca.pem", "not a regular file");
    } finally {
      Files.delete(directory);
    }
  }

  @Test
  void aDeepTreeIsRefusedAtItsRoot() throws IOException {
    Files.createDirectories(trust.resolve("a/" + "b/".repeat(200)));
    refused(emptyDir(), "a", "a: not a regular file");
  }

  @Test
  void aHugeSparseFileIsNotRead() throws IOException {
    try (RandomAccessFile file = new RandomAccessFile(trust.resolve("big").toFile(), "rw")) {
      file.setLength(1L << 30);
    }
    refused(emptyDir(), "big", "larger than");
  }

  @Test
  void oneByteMoreThanTheCapIsTooMuch() throws IOException {
    Path file = trust.resolve("big");
    Files.write(file, new byte[PodVolume.MAX_FILE_BYTES]);
    assertThat(emptyDir().read("big", Optional.of(WRITER)))
        .hasValueSatisfying(content -> assertThat(content).hasSize(PodVolume.MAX_FILE_BYTES));
    Files.write(file, new byte[PodVolume.MAX_FILE_BYTES + 1]);
    refused(emptyDir(), "big", "larger than");
  }

  @Test
  void manyLargeFilesAreTooMuchTogether() throws IOException {
    for (int i = 0; i <= PodVolume.MAX_VOLUME_BYTES / PodVolume.MAX_FILE_BYTES; i++) {
      Files.write(trust.resolve("f" + i), new byte[PodVolume.MAX_FILE_BYTES]);
    }
    assertThatThrownBy(() -> emptyDir().readAll(Optional.of(WRITER)))
        .isInstanceOf(UntrustedVolumeException.class)
        .hasMessageContaining("holds too much");
  }

  @Test
  void manyFilesAreTooMany() throws IOException {
    for (int i : IntStream.rangeClosed(0, 1000).toArray()) {
      Files.createFile(trust.resolve("f" + i));
    }
    assertThatThrownBy(() -> emptyDir().readAll(Optional.of(WRITER)))
        .isInstanceOf(UntrustedVolumeException.class)
        .hasMessageContaining("holds too much");
  }

  @Test
  void onlyTheWriterAndRootMayOwnAFile() throws IOException {
    Root.required();
    Path file = Files.writeString(trust.resolve("egress-ca.pem"), "pem");
    Files.setAttribute(file, "unix:uid", (int) WRITER);
    assertThat(emptyDir().read("egress-ca.pem", Optional.of(WRITER))).isPresent();
    assertThatThrownBy(() -> emptyDir().read("egress-ca.pem", Optional.empty()))
        .isInstanceOf(UntrustedVolumeException.class)
        .hasMessageContaining("owned by 64001");
    Files.setAttribute(file, "unix:uid", 64000);
    refused(emptyDir(), "egress-ca.pem", "owned by 64000");
  }

  @Test
  void aHardLinkToAFileElsewhereIsRefused() throws IOException {
    Files.createLink(trust.resolve("egress-ca.pem"), outside);
    refused(emptyDir(), "egress-ca.pem", "a file with a second name");
  }

  @ParameterizedTest
  @ValueSource(strings = {"a\nReason=Ready", "esc\u001b[2J", "with space", "..hidden", "ü"})
  void aNameThatNobodyOfOursGivesIsRefusedAndCleaned(String name) throws IOException {
    Path file;
    try {
      file = Files.writeString(trust.resolve(name), "x");
    } catch (java.nio.file.InvalidPathException e) {
      return; // a JVM without UTF-8 paths cannot make it, nor would it list it
    }
    assertThat(file).exists();
    refused(emptyDir(), name, "not a file name of ours");
  }

  @ParameterizedTest
  @ValueSource(strings = {"../outside.pem", "/etc/passwd", "a/b", "", ".", "..", "..data", "a\0b"})
  void onlyAPlainNameCanBeAskedFor(String name) {
    assertThatThrownBy(() -> emptyDir().read(name, Optional.of(WRITER)))
        .isInstanceOf(UntrustedVolumeException.class);
  }

  @Test
  @Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void whatIsSwappedWhileItIsReadIsEitherTheFileOrRefused() throws Exception {
    Path file = trust.resolve("egress-ca.pem");
    Files.writeString(file, "pem");
    Root.run("mkfifo", temp.resolve("fifo").toString());
    AtomicBoolean stop = new AtomicBoolean();
    Thread swapper = Thread.ofPlatform().daemon().start(() -> swap(file, stop));
    try {
      int read = 0;
      int refused = 0;
      for (int i = 0; i < 3000; i++) {
        String found;
        try {
          found =
              emptyDir()
                  .read("egress-ca.pem", Optional.of(WRITER))
                  .map(content -> new String(content, UTF_8))
                  .orElse("absent");
          read++;
        } catch (UntrustedVolumeException e) {
          refused++;
          continue;
        }
        assertThat(found).isIn("pem", "absent");
      }
      assertThat(read).as("reads that found the file").isPositive();
      assertThat(refused).as("reads that found a link or a FIFO").isPositive();
    } finally {
      stop.set(true);
      swapper.join();
    }
  }

  private void swap(Path file, AtomicBoolean stop) {
    Path staging = trust.resolveSibling("staging");
    try {
      while (!stop.get()) {
        Files.createSymbolicLink(staging, outside);
        Files.move(staging, file, StandardCopyOption.ATOMIC_MOVE);
        Files.writeString(staging, "pem");
        Files.move(staging, file, StandardCopyOption.ATOMIC_MOVE);
        Files.move(temp.resolve("fifo"), file, StandardCopyOption.ATOMIC_MOVE);
        Files.move(file, temp.resolve("fifo"), StandardCopyOption.ATOMIC_MOVE);
        Files.writeString(staging, "pem");
        Files.move(staging, file, StandardCopyOption.ATOMIC_MOVE);
      }
    } catch (FileAlreadyExistsException e) {
      throw new AssertionError(e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void noDescriptorStaysOpen() throws IOException {
    Files.writeString(trust.resolve("egress-ca.pem"), "pem");
    Files.createSymbolicLink(trust.resolve("link"), outside);
    long before = descriptors();
    for (int i = 0; i < 200; i++) {
      assertThat(emptyDir().read("egress-ca.pem", Optional.of(WRITER))).isPresent();
      assertThatThrownBy(() -> emptyDir().readAll(Optional.of(WRITER)))
          .isInstanceOf(UntrustedVolumeException.class);
      assertThatThrownBy(() -> projected().readAll(Optional.empty()))
          .isInstanceOf(NoSuchFileException.class);
    }
    assertThat(descriptors()).isLessThan(before + 50);
  }

  private static long descriptors() throws IOException {
    try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
      return open.sorted(Comparator.naturalOrder()).count();
    }
  }
}
