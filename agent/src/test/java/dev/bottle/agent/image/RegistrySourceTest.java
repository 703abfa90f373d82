package dev.bottle.agent.image;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bottle.agent.host.ProcessRunner;
import dev.bottle.crd.condition.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Against a program that plays bottle-image. */
@Timeout(60)
class RegistrySourceTest {
  private static final String DIGEST = "sha256:" + "4".repeat(64);
  private static final String IMAGE = "registry.test:5000/team/agent:1.2";

  @TempDir Path temp;
  private Path program;
  private RegistrySource source;

  @BeforeEach
  void prepare() {
    program = temp.resolve("bottle-image");
    source =
        new RegistrySource(
            new ProcessRunner(),
            program.toString(),
            new NamedRegistries(temp.resolve("none")),
            ImageLimits.USUAL);
  }

  /** The program writes down its arguments, its environment and its request, then does that. */
  private void script(String what) throws IOException {
    Files.writeString(
        program,
        """
        #!/bin/sh
        echo "$*" > %1$s/argv; env > %1$s/environment; head -n 1 > %1$s/request
        %2$s
        """
            .formatted(temp, what));
    Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private void fails(Reason reason, String message) {
    assertThatThrownBy(() -> source.resolve(IMAGE, PullCredentials.none()))
        .isInstanceOfSatisfying(
            ImageFailure.class,
            e -> {
              assertThat(e.reason()).isEqualTo(reason);
              assertThat(e.getMessage()).contains(message);
            });
  }

  @Test
  void asksWithCredentialsOnStandardInputOnly() throws Exception {
    script("echo '{\"repository\":\"r/a\",\"digest\":\"" + DIGEST + "\",\"compressed\":12}'");
    PullCredentials secret =
        PullCredentials.of(
            List.of(
                "{\"auths\":{\"r\":{\"auth\":\"aHVudGVyMg==\"}},\"credsStore\":\"evil\"}"
                    .getBytes(UTF_8)));
    assertThat(source.resolve(IMAGE, secret)).isEqualTo(new ResolvedImage("r/a", DIGEST, 12));
    assertThat(temp.resolve("argv")).hasContent("resolve");
    assertThat(Files.readString(temp.resolve("environment"))).doesNotContain("aHVudGVyMg");
    assertThat(Files.readString(temp.resolve("request")))
        .contains("aHVudGVyMg==", IMAGE)
        .doesNotContain("credsStore");
  }

  @Test
  void theEnvironmentIsScrubbed() throws Exception {
    script("echo '{\"repository\":\"r/a\",\"digest\":\"" + DIGEST + "\"}'");
    var _ = source.resolve(IMAGE, PullCredentials.none());
    assertThat(
            Files.readAllLines(temp.resolve("environment")).stream()
                .map(line -> line.substring(0, line.indexOf('='))))
        .isSubsetOf(
            "PATH",
            "PWD",
            "OLDPWD",
            "SHLVL",
            "_",
            "SSL_CERT_FILE",
            "SSL_CERT_DIR",
            "HTTPS_PROXY",
            "NO_PROXY");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "sha256:short", "sha512:4444", "sha256:../../../../etc", "latest", "a b"})
  void aDigestThatIsNoneIsRefused(String answer) throws IOException {
    script("echo '{\"repository\":\"r/a\",\"digest\":\"" + answer + "\"}'");
    fails(Reason.ImageInvalid, "digest");
  }

  @ParameterizedTest
  @EnumSource(
      names = {
        "ImagePulling",
        "ImageNotFound",
        "ImageInvalid",
        "ImageTooLarge",
        "RegistryRefused",
        "DiskFull"
      })
  void failuresKeepTheirReasons(Reason reason) throws IOException {
    script(
        "echo '{\"error\":{\"reason\":\"" + reason + "\",\"message\":\"the message\"}}'; exit 1");
    fails(reason, "the message");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "exit 1",
        "echo no JSON",
        "echo '[]'",
        "echo '{\"digest\":\"x\"}'; exit 1",
        "echo '{\"error\":{\"reason\":\"SealProven\",\"message\":\"m\"}}'",
        "kill -9 $$"
      })
  void whatIsNoAnswerIsWorthAnotherTry(String what) throws IOException {
    script(what);
    fails(Reason.ImagePulling, "");
  }

  @Test
  void aProgramThatIsNotThereIsWorthAnotherTry() {
    fails(Reason.ImagePulling, IMAGE);
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
        .contains("first", "other")
        .doesNotContain("second");
    assertThatThrownBy(() -> PullCredentials.of(List.of("hunter2 {".getBytes(UTF_8))))
        .isInstanceOf(IOException.class)
        .message()
        .doesNotContain("hunter2");
    assertThat(new String(PullCredentials.of(List.of("[]".getBytes(UTF_8))).dockerConfig(), UTF_8))
        .isEqualTo("{\"auths\":{}}");
  }
}
