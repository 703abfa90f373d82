package dev.bottle.agent.image;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.bottle.agent.testing.Root;
import dev.bottle.crd.condition.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Hostile images, pulled from a registry by the real program. More of them in agent/image. */
@Timeout(180)
class ConfinedExtractionTest {
  @TempDir Path temp;
  private LocalRegistry registry;
  private StoreBench bench;
  private Path canary;

  @BeforeEach
  void start() throws Exception {
    Root.required();
    registry = new LocalRegistry(Files.createDirectory(temp.resolve("r")));
    bench = new StoreBench(Files.createDirectory(temp.resolve("s")));
    bench.name(registry.address());
    canary = Files.writeString(temp.resolve("canary"), "untouched");
  }

  @AfterEach
  void stop() {
    if (registry != null) {
      registry.close();
    }
  }

  private static Layer base() {
    return new Layer().directory("etc/").file("etc/passwd", "root:x:0:0::/root:/bin/sh\n");
  }

  private String pull(Layer... layers) throws Exception {
    registry.push("team/agent:1", Stream.of(layers).map(Layer::bytes).toArray(byte[][]::new));
    return bench.pull(registry.reference("team/agent:1"), PullCredentials.none());
  }

  private String refused(Reason reason, Layer... layers) throws Exception {
    registry.push("team/agent:1", Stream.of(layers).map(Layer::bytes).toArray(byte[][]::new));
    String message =
        bench.refused(registry.reference("team/agent:1"), PullCredentials.none(), reason);
    assertThat(bench.unpacked()).isEmpty();
    assertThat(bench.incoming()).isEmpty();
    return message;
  }

  @Test
  void layersLieOnEachOther() throws Exception {
    String digest =
        pull(
            base()
                .symlink("bin", "usr/bin")
                .file("usr/bin/sudo", 04755, "s")
                .hardlink("usr/bin/again", "usr/bin/sudo")
                .symlink("absolute", canary.toString())
                .directory("var/cache/")
                .file("var/cache/old", "old")
                .file("shadow", 0600, "hidden")
                .device(TarConstants.LF_BLK, "disk", 8, 0)
                .device(TarConstants.LF_FIFO, "fifo", 0, 0),
            new Layer()
                .file("etc/.wh.passwd", "")
                .file("var/cache/.wh..wh..opq", "")
                .file("var/cache/new", "new")
                .file("x".repeat(200) + "/" + "y".repeat(255), "long"));
    Path rootfs = bench.rootfs(digest);
    assertThat(Files.readSymbolicLink(rootfs.resolve("bin"))).isEqualTo(Path.of("usr/bin"));
    assertThat(Files.readSymbolicLink(rootfs.resolve("absolute"))).isEqualTo(canary);
    assertThat(Files.getAttribute(rootfs.resolve("usr/bin/sudo"), "unix:mode")).isEqualTo(0104755);
    assertThat(Files.getAttribute(rootfs.resolve("usr/bin/again"), "unix:nlink")).isEqualTo(2);
    assertThat(
            PosixFilePermissions.toString(Files.getPosixFilePermissions(rootfs.resolve("shadow"))))
        .isEqualTo("rw----r--");
    assertThat(rootfs.resolve("etc/passwd")).doesNotExist();
    assertThat(rootfs.resolve("var/cache/old")).doesNotExist();
    assertThat(rootfs.resolve("var/cache/new")).hasContent("new");
    assertThat(rootfs.resolve("x".repeat(200)).resolve("y".repeat(255))).hasContent("long");
    for (String special : List.of("disk", "fifo")) {
      assertThat(Files.exists(rootfs.resolve(special), LinkOption.NOFOLLOW_LINKS)).isFalse();
    }
    assertThat(Files.readString(rootfs.resolveSibling("config.json"))).contains("rootfs");
  }

  static List<Layer> attacks() {
    return List.of(
        base().file("../../../canary", "overwritten"),
        base().file("etc/../../../../canary", "overwritten"),
        base().symlink("out", "/").file("out/tmp/planted-by-an-image", "planted"),
        base().symlink("up", "../../../..").file("up/canary", "overwritten"),
        base().symlink("a", "b").symlink("b", "../../../..").file("a/canary", "overwritten"),
        base().hardlink("hard", "/etc/hostname").file("hard", "overwritten"),
        base().hardlink("hard", "../../../../canary"),
        base().symlink("out", "/").hardlink("hard", "out/etc/hostname"),
        base().symlink("out", "/tmp").file("out/.wh.planted-by-an-image", ""),
        base().file("nul\0hidden/../../canary", "overwritten").file("etc/.wh...", ""));
  }

  @ParameterizedTest
  @MethodSource("attacks")
  void hostileImagesAreRefusedAndLeaveNothing(Layer attack) throws Exception {
    refused(Reason.ImageInvalid, attack);
    assertThat(canary).hasContent("untouched");
    assertThat(Path.of("/tmp/planted-by-an-image")).doesNotExist();
  }

  @Test
  void aLinkOfAnEarlierLayerIsNotFollowedEither() throws Exception {
    String message =
        refused(
            Reason.ImageInvalid,
            base().symlink("out", temp.toString()),
            new Layer().file("out/canary", "overwritten"));
    assertThat(message).contains("the link \"out\"");
    assertThat(canary).hasContent("untouched");
  }

  @Test
  void aLinkIsReplacedByWhatComesLater() throws Exception {
    String digest =
        pull(base().symlink("file", canary.toString()), new Layer().file("file", "of the image"));
    assertThat(bench.rootfs(digest).resolve("file")).hasContent("of the image");
    assertThat(canary).hasContent("untouched");
  }

  @Test
  void anImageWithoutASystemIsInvalid() throws Exception {
    assertThat(refused(Reason.ImageInvalid, new Layer().file("hello", "x"))).contains("usr");
  }

  @Test
  void whatIsNoArchiveIsInvalid() throws Exception {
    registry.push("team/agent:1", "no archive ".repeat(1000).getBytes(UTF_8));
    bench.refused(registry.reference("team/agent:1"), PullCredentials.none(), Reason.ImageInvalid);
    assertThat(bench.incoming()).isEmpty();
  }

  @Test
  void aBombIsTooLarge() throws Exception {
    assertThat(refused(Reason.ImageTooLarge, base().file("zeros", "\0".repeat(80 << 20))))
        .contains("200 times");
  }

  @Test
  void limitsCountOverAllLayers() throws Exception {
    bench =
        new StoreBench(
            Files.createDirectory(temp.resolve("t")),
            temp.resolve("t/store"),
            new ImageLimits(1 << 20, 128 << 10, 20, 200));
    bench.name(registry.address());
    Layer[] many = new Layer[5];
    for (int i = 0; i < many.length; i++) {
      many[i] = base().file("f" + i, "x").file("g" + i, "x").file("h" + i, "x");
    }
    assertThat(refused(Reason.ImageTooLarge, many)).contains("files");
    assertThat(
            refused(
                Reason.ImageTooLarge,
                base().file("a", "x".repeat(70_000)),
                new Layer().file("b", "x".repeat(70_000))))
        .contains("unpacks to more than");
    byte[] random = new byte[2 << 20];
    new Random(1).nextBytes(random);
    registry.push("team/agent:1", random);
    assertThat(
            bench.refused(
                registry.reference("team/agent:1"), PullCredentials.none(), Reason.ImageTooLarge))
        .contains("compressed");
    assertThat(bench.unpacked()).isEmpty();
  }

  @ParameterizedTest
  @EnumSource
  void aRegistryThatSendsSomethingElseIsFoundOut(LocalRegistry.Part part) throws Exception {
    byte[] random = new byte[200_000];
    new Random(1).nextBytes(random);
    String digest =
        registry.push(
            "team/agent:1", base().file("content", HexFormat.of().formatHex(random)).bytes());
    registry.tamperWith = Optional.of(part);
    assertThat(
            bench.refused(
                registry.reference("team/agent@" + digest),
                PullCredentials.none(),
                Reason.ImageInvalid))
        .contains("something else than the digest says");
    assertThat(bench.unpacked()).isEmpty();
    assertThat(bench.incoming()).isEmpty();

    registry.tamperWith = Optional.empty();
    assertThat(bench.pull(registry.reference("team/agent@" + digest), PullCredentials.none()))
        .isEqualTo(digest);
  }

  @Test
  void aFullDiskLeavesNothing() throws Exception {
    registry.push("team/agent:1", base().file("big", "x".repeat(3 << 20)).bytes());
    String reference = registry.reference("team/agent:1");

    bench.space = new DiskSpace.Space(1 << 30, (1 << 30) / 20 + (1 << 20));
    assertThat(bench.refused(reference, PullCredentials.none(), Reason.DiskFull))
        .contains("no room to unpack");
    assertThat(bench.unpacked()).isEmpty();
    assertThat(bench.incoming()).isEmpty();

    bench.space = new DiskSpace.Space(1 << 30, 100);
    bench.refused(reference, PullCredentials.none(), Reason.DiskFull);
  }

  @Test
  void aDiskThatFillsMeanwhileLeavesNothing() throws Exception {
    registry.push("team/agent:1", base().file("big", "x".repeat(3 << 20)).bytes());
    Path small = Files.createDirectory(temp.resolve("small"));
    Root.run("mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", small.toString());
    try {
      bench =
          new StoreBench(
              Files.createDirectory(temp.resolve("u")), small.resolve("store"), ImageLimits.USUAL);
      bench.name(registry.address());
      bench.refused(registry.reference("team/agent:1"), PullCredentials.none(), Reason.DiskFull);
      assertThat(bench.unpacked()).isEmpty();
      assertThat(bench.incoming()).isEmpty();
    } finally {
      Root.run("umount", small.toString());
    }
  }

  @Test
  void nothingOfTheStoreIsForOthersToWriteOrToEnter() throws IOException {
    assertThat(
            PosixFilePermissions.toString(Files.getPosixFilePermissions(temp.resolve("s/store"))))
        .isEqualTo("rwx------");
  }
}
