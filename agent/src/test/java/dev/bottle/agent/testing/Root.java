package dev.bottle.agent.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** What only root can set up. */
public final class Root {
  private Root() {}

  /** Skips the test, saying so, when it does not run as root. */
  public static void required() throws IOException {
    Object uid = Files.getAttribute(Path.of("/proc/self"), "unix:uid");
    assumeTrue(Integer.valueOf(0).equals(uid), "needs root: devices, owners or mounts are made");
  }

  /** Runs a program that must succeed. */
  public static void run(String... argv) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(argv).redirectErrorStream(true).start();
    process.getOutputStream().close();
    String output =
        new String(
            process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).as("%s ends", argv[0]).isTrue();
    assertThat(process.exitValue()).as("%s: %s", String.join(" ", argv), output).isZero();
  }
}
