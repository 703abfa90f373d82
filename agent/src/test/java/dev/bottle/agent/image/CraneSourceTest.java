package dev.bottle.agent.image;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bottle.agent.host.ProcessRunner;
import dev.bottle.agent.testing.Root;
import dev.bottle.crd.condition.Reason;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Against a program that plays crane, and the real tar. */
@Timeout(60)
class CraneSourceTest {
  private static final String DIGEST = "sha256:" + "4".repeat(64);
  private static final String IMAGE = "registry.test:5000/team/agent:1.2";

  @TempDir Path temp;
  private Path crane;
  private Path calls;
  private Path rootfs;
  private Path canary;
  private CraneSource source;

  @BeforeEach
  void prepare() throws IOException {
    crane = temp.resolve("crane");
    calls = temp.resolve("calls");
    rootfs = Files.createDirectories(temp.resolve("store/rootfs"));
    canary = Files.writeString(temp.resolve("canary"), "untouched");
    script("echo " + DIGEST);
    source = new CraneSource(new ProcessRunner(), crane.toString());
  }

  /** The program writes down its arguments, its environment and its login, then does that. */
  private void script(String what) throws IOException {
    Files.writeString(
        crane,
        """
        #!/bin/sh
        { echo "argv: $*"; env | sort; echo "login: $(cat "$DOCKER_CONFIG/config.json")";
          stat -c 'mode: %%a' "$DOCKER_CONFIG"; } >> %s
        %s
        """
            .formatted(calls, what));
    Files.setPosixFilePermissions(crane, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private String called() throws IOException {
    return Files.readString(calls);
  }

  private void fails(Reason reason, String message) {
    assertThatThrownBy(() -> source.digest(IMAGE, PullCredentials.none()))
        .isInstanceOfSatisfying(
            ImageFailure.class,
            e -> {
              assertThat(e.reason()).isEqualTo(reason);
              assertThat(e.getMessage()).contains(IMAGE).contains(message);
            });
  }

  @Test
  void asksForThisPlatformsDigest() throws Exception {
    assertThat(source.digest(IMAGE, PullCredentials.none())).isEqualTo(DIGEST);
    assertThat(called()).containsPattern("argv: digest --platform linux/(amd64|arm64) -- " + IMAGE);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "sha256:short", "sha512:4444", "sha256:../../../../etc", "latest", "a b"})
  void aDigestThatIsNoneIsRefused(String answer) throws IOException {
    script("echo '" + answer + "'");
    fails(Reason.ImageInvalid, "digest");
  }

  @ParameterizedTest
  @CsvSource({
    "registry.test/a:1,registry.test/a",
    "registry.test:5000/a,registry.test:5000/a",
    "registry.test:5000/a:2,registry.test:5000/a",
    "busybox,busybox",
    "a@sha256:5555,a",
    "registry.test:5000/a:2@sha256:5555,registry.test:5000/a",
  })
  void whatWasResolvedIsWhatIsFetched(String reference, String repository) throws Exception {
    script("echo {}");
    assertThat(source.config(reference, DIGEST, PullCredentials.none()).strip()).isEqualTo("{}");
    assertThat(called()).contains("-- " + repository + "@" + DIGEST + "\n");
  }

  @ParameterizedTest
  @CsvSource({
    "MANIFEST_UNKNOWN: manifest unknown,ImageNotFound",
    "UNAUTHORIZED: authentication required,ImageNotFound",
    "DENIED: requested access to the resource is denied,ImageNotFound",
    "unexpected status code 404 Not Found,ImageNotFound",
    "could not parse reference: x,ImageInvalid",
    "dial tcp: connection refused,ImagePulling",
    "GET https://r/v2/blobs/sha256:ab404cd: unexpected EOF,ImagePulling",
    "open /tmp/x: permission denied,ImagePulling",
    "write: No space left on device,DiskFull",
  })
  void failuresHaveTheirReasons(String complaint, String reason) throws IOException {
    script("echo 'Error: " + complaint + "' >&2; exit 1");
    fails(Reason.valueOf(reason), complaint);
  }

  @Test
  void aProgramThatIsNotThereIsWorthAnotherTry() throws IOException {
    Files.delete(crane);
    fails(Reason.ImagePulling, "crane");
  }

  @Test
  void credentialsAreOnlyInAFileForRootAndOnlyForTheTimeOfTheCall() throws Exception {
    String secret = "dXNlcjpodW50ZXIy";
    PullCredentials credentials =
        PullCredentials.of(
            List.of(
                ("{\"auths\":{\"registry.test:5000\":{\"auth\":\""
                        + secret
                        + "\"}},"
                        + "\"credsStore\":\"evil\"}")
                    .getBytes(UTF_8)));
    script("echo " + DIGEST);
    assertThat(source.digest(IMAGE, credentials)).isEqualTo(DIGEST);
    List<String> lines = called().lines().filter(line -> line.contains(secret)).toList();
    assertThat(lines)
        .hasSize(1)
        .first()
        .asString()
        .startsWith("login: ")
        .doesNotContain("credsStore");
    assertThat(called()).contains("mode: 700");
    assertThat(credentials.toString()).doesNotContain(secret);
    String directory =
        called()
            .lines()
            .filter(line -> line.startsWith("DOCKER_CONFIG="))
            .findFirst()
            .orElseThrow()
            .substring("DOCKER_CONFIG=".length());
    assertThat(Path.of(directory)).doesNotExist();

    script("echo 'no such host' >&2; exit 1");
    assertThatThrownBy(() -> source.digest(IMAGE, credentials))
        .isInstanceOf(ImageFailure.class)
        .message()
        .doesNotContain(secret);
  }

  @Test
  void theEnvironmentIsScrubbed() throws Exception {
    var _ = source.digest(IMAGE, PullCredentials.none());
    assertThat(
            called()
                .lines()
                .filter(line -> line.matches("[A-Za-z_]+=.*"))
                .map(line -> line.substring(0, line.indexOf('='))))
        .isSubsetOf(
            "DOCKER_CONFIG",
            "HOME",
            "PATH",
            "PWD",
            "SSL_CERT_FILE",
            "SSL_CERT_DIR",
            "HTTPS_PROXY",
            "NO_PROXY",
            "_",
            "SHLVL",
            "OLDPWD");
  }

  @Test
  void theFirstSecretWinsAndWhatIsNoJsonIsRefusedWithoutItsContent() throws Exception {
    PullCredentials merged =
        PullCredentials.of(
            List.of(
                "{\"auths\":{\"a\":{\"auth\":\"first\"}}}".getBytes(UTF_8),
                "{\"auths\":{\"a\":{\"auth\":\"second\"},\"b\":{\"auth\":\"other\"}}}"
                    .getBytes(UTF_8)));
    assertThat(new String(merged.dockerConfig(), UTF_8))
        .contains("first")
        .contains("other")
        .doesNotContain("second");
    assertThatThrownBy(() -> PullCredentials.of(List.of("hunter2 {".getBytes(UTF_8))))
        .isInstanceOf(IOException.class)
        .message()
        .doesNotContain("hunter2");
    assertThat(new String(PullCredentials.of(List.of("[]".getBytes(UTF_8))).dockerConfig(), UTF_8))
        .isEqualTo("{\"auths\":{}}");
  }

  /** What a hostile tar holds. */
  @FunctionalInterface
  private interface Entries {
    void write(TarArchiveOutputStream out) throws IOException;
  }

  private Path tar(Entries entries) throws IOException {
    Path file = temp.resolve("image.tar");
    try (OutputStream raw = Files.newOutputStream(file);
        TarArchiveOutputStream out = new TarArchiveOutputStream(raw)) {
      out.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
      put(out, "etc/", TarConstants.LF_DIR, "");
      put(out, "etc/passwd", TarConstants.LF_NORMAL, "root:x:0:0::/root:/bin/sh\n");
      entries.write(out);
    }
    script("cat " + file);
    return file;
  }

  /** Content of a file, target of a link. */
  private static void put(TarArchiveOutputStream out, String name, byte type, String content)
      throws IOException {
    TarArchiveEntry entry = new TarArchiveEntry(name, type, true);
    boolean file = type == TarConstants.LF_NORMAL;
    entry.setMode(type == TarConstants.LF_DIR ? 0755 : 0644);
    if (file) {
      entry.setSize(content.getBytes(UTF_8).length);
    } else {
      entry.setLinkName(content);
    }
    out.putArchiveEntry(entry);
    if (file) {
      out.write(content.getBytes(UTF_8));
    }
    out.closeArchiveEntry();
  }

  private void unpack() throws Exception {
    source.unpack(IMAGE, DIGEST, PullCredentials.none(), rootfs);
  }

  private void assertConfined() throws IOException {
    assertThat(canary).hasContent("untouched");
    try (Stream<Path> all = Files.list(temp)) {
      assertThat(all.map(path -> path.getFileName().toString()))
          .isSubsetOf("crane", "calls", "store", "canary", "image.tar");
    }
    try (Stream<Path> all = Files.list(rootfs.getParent())) {
      assertThat(all).containsExactly(rootfs);
    }
  }

  @Test
  void unpacksFilesLinksModesAndOwners() throws Exception {
    var _ =
        tar(out -> {
          put(out, "bin", TarConstants.LF_SYMLINK, "usr/bin");
          put(out, "usr/bin/tool", TarConstants.LF_NORMAL, "x");
          put(out, "usr/bin/same", TarConstants.LF_LINK, "usr/bin/tool");
          put(out, "absolute", TarConstants.LF_SYMLINK, "/etc/passwd");
        });
    unpack();
    assertThat(rootfs.resolve("usr/bin/tool")).hasContent("x");
    assertThat(Files.getAttribute(rootfs.resolve("usr/bin/same"), "unix:nlink")).isEqualTo(2);
    assertThat(Files.readSymbolicLink(rootfs.resolve("absolute")))
        .isEqualTo(Path.of("/etc/passwd"));
    assertConfined();
  }

  @Test
  void hostilePathsStayInside() throws Exception {
    List<Entries> attacks =
        List.of(
            out -> put(out, canary.toString(), TarConstants.LF_NORMAL, "overwritten"),
            out -> put(out, "../../canary", TarConstants.LF_NORMAL, "overwritten"),
            out -> put(out, "etc/../../../canary", TarConstants.LF_NORMAL, "overwritten"),
            out -> {
              put(out, "out", TarConstants.LF_SYMLINK, temp.toString());
              put(out, "out/canary", TarConstants.LF_NORMAL, "overwritten");
            },
            out -> {
              put(out, "up", TarConstants.LF_SYMLINK, "../..");
              put(out, "up/canary", TarConstants.LF_NORMAL, "overwritten");
              put(out, "up/planted", TarConstants.LF_NORMAL, "planted");
            },
            out -> {
              put(out, "file", TarConstants.LF_SYMLINK, canary.toString());
              put(out, "file", TarConstants.LF_NORMAL, "overwritten");
            },
            out -> {
              put(out, "hard", TarConstants.LF_LINK, canary.toString());
              put(out, "hard", TarConstants.LF_NORMAL, "overwritten");
            },
            out -> {
              put(out, "a", TarConstants.LF_SYMLINK, "b");
              put(out, "b", TarConstants.LF_SYMLINK, "../..");
              put(out, "a/planted", TarConstants.LF_NORMAL, "planted");
            });
    for (Entries attack : attacks) {
      var _ = tar(attack);
      try {
        unpack();
      } catch (ImageFailure refused) {
        assertThat(refused.reason()).isEqualTo(Reason.ImageInvalid);
      }
      assertConfined();
      assertThat(
              Files.exists(rootfs.resolve("hard"), LinkOption.NOFOLLOW_LINKS)
                  && Files.isSameFile(rootfs.resolve("hard"), canary))
          .as("a second name for a file of the node")
          .isFalse();
      Root.run("rm", "-rf", rootfs.toString());
      Files.createDirectories(rootfs);
    }
  }

  @Test
  void aWhiteoutIsAFileLikeAnyOther() throws Exception {
    var _ = tar(out -> put(out, "etc/.wh.passwd", TarConstants.LF_NORMAL, ""));
    unpack();
    assertThat(rootfs.resolve("etc/passwd")).exists();
  }

  @Test
  void aStreamThatIsNoTarIsInvalid() throws Exception {
    script("head -c 100000 /dev/urandom");
    assertThatThrownBy(this::unpack)
        .isInstanceOfSatisfying(
            ImageFailure.class, e -> assertThat(e.reason()).isEqualTo(Reason.ImageInvalid));
  }

  @Test
  void anExportThatBreaksOffIsTheRegistrysFault() throws Exception {
    Path file = tar(out -> put(out, "big", TarConstants.LF_NORMAL, "x".repeat(200_000)));
    script("head -c 100000 " + file + "; echo 'Error: connection reset by peer' >&2; exit 1");
    assertThatThrownBy(this::unpack)
        .isInstanceOfSatisfying(
            ImageFailure.class,
            e -> {
              assertThat(e.reason()).isEqualTo(Reason.ImagePulling);
              assertThat(e.getMessage()).contains("connection reset by peer");
            });
  }

  @Test
  void anExportThatSaysNothingWrongButIsShortIsNotTaken() throws Exception {
    Path file = tar(out -> put(out, "big", TarConstants.LF_NORMAL, "x".repeat(200_000)));
    script("head -c 100000 " + file);
    assertThatThrownBy(this::unpack).isInstanceOf(ImageFailure.class);
  }

  @Test
  void anExportThatNobodyReadsAnyMoreIsEnded() throws Exception {
    script("cat /dev/zero"); // the archive ends at once, the stream never
    assertThatThrownBy(this::unpack)
        .isInstanceOfSatisfying(
            ImageFailure.class, e -> assertThat(e.reason()).isEqualTo(Reason.ImageInvalid));
    Files.delete(rootfs); // tar fails at the first entry
    Path file = tar(_ -> {});
    script("while cat " + file + "; do :; done");
    assertThatThrownBy(this::unpack).isInstanceOf(ImageFailure.class);
  }
}
