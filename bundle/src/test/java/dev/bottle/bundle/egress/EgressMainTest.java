package dev.bottle.bundle.egress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.bottle.bundle.egress.testing.TestAuthority;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The process itself: signals and exit codes. */
class EgressMainTest {
  @TempDir private Path home;

  @Test
  void sigtermEndsItWithExitCode0() throws Exception {
    TestAuthority.in(home.resolve("ca"));
    Process egress = start();
    try {
      await().until(() -> Files.exists(home.resolve("control.sock")));
      await().until(() -> Files.readString(home.resolve("out")).contains("egress listens"));

      egress.destroy(); // SIGTERM

      assertThat(egress.waitFor(10, TimeUnit.SECONDS)).as("ended").isTrue();
      assertThat(egress.exitValue()).isZero();
    } finally {
      egress.destroyForcibly();
    }
  }

  @Test
  void withoutAnAuthorityItSaysSoInOneLineAndExits1() throws Exception {
    Files.createDirectory(home.resolve("ca"));
    Process egress = start();
    try {
      assertThat(egress.waitFor(30, TimeUnit.SECONDS)).as("ended").isTrue();
      assertThat(egress.exitValue()).isEqualTo(1);
      assertThat(Files.readAllLines(home.resolve("err")))
          .singleElement()
          .asString()
          .isEqualTo("egress: " + home.resolve("ca") + " holds no usable certificate authority");
    } finally {
      egress.destroyForcibly();
    }
  }

  private Process start() throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx64m", "-Xss256k", "-XX:+UseSerialGC"));
    command.addAll(List.of("-Dlogback.configurationFile=logback.xml", "-cp"));
    command.add(System.getProperty("java.class.path"));
    command.add(EgressMain.class.getName());
    command.addAll(List.of("--policy", home.resolve("policy.json").toString()));
    command.addAll(List.of("--ca-directory", home.resolve("ca").toString()));
    command.addAll(List.of("--door", home.resolve("egress.sock").toString()));
    command.addAll(List.of("--control", home.resolve("control.sock").toString()));
    command.addAll(List.of("--health", "127.0.0.1:0"));
    return new ProcessBuilder(command)
        .redirectOutput(home.resolve("out").toFile())
        .redirectError(home.resolve("err").toFile())
        .start();
  }
}
