package dev.bottle.system.emulated;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bottle.system.endtoend.Shell;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * The driver's own tests, which elsewhere run on the stand-in, on the real smolvm: the same class
 * files, in the emulated node, by the Java of the agent's image.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Tag("emulated") // src/pom.xml
class RealDriverIT {
  private static final String TESTS = "dev.bottle.agent.smolvm.SmolvmRuntimeMachineTest";
  private static final String LOG = "tests.log";
  private static final Path TEST_CLASSES = Path.of("agent/target/test-classes").toAbsolutePath();
  private static final Pattern COUNT =
      Pattern.compile("\\[ +(\\d+) tests (found|successful|skipped|aborted|failed) +]");

  private EmulatedNode node;

  @BeforeAll
  void aNode() throws IOException, InterruptedException {
    node = new EmulatedNode(Path.of("src/target/real-driver").toAbsolutePath(), 2297);
    oneBoots();
  }

  /**
   * The first boot on a fresh emulated machine has taken longer than smolvm waits. A node of ours
   * gets no work before its preflight booted one, however often it tried; so here.
   */
  private void oneBoots() {
    Progress.say("a first machine, which takes longest");
    String start = "smolvm machine start --name first";
    node.run(
            "sh",
            "-c",
            "smolvm machine create --name first --cpus 1 --mem 256 && { %1$s || %1$s || %1$s; }"
                    .formatted(start)
                + " && smolvm machine delete --name first -f")
        .orThrow();
  }

  @AfterAll
  void end() {
    node.close();
  }

  @Test
  void theDriversTestsHoldOnTheRealRuntime() throws IOException, InterruptedException {
    String classPath = String.join(":", taken());
    Progress.say("the driver's tests, on the real smolvm");
    Process run =
        node.process(
            LOG,
            "/srv/images/agent/opt/java/bin/java",
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "--enable-native-access=ALL-UNNAMED",
            "-Dbottle.test.smolvm=/opt/smolvm",
            "-Dbottle.test.tool=/srv/images/agent/usr/bin/bottle-tool",
            "-cp",
            classPath,
            "org.junit.platform.console.ConsoleLauncher",
            "execute",
            "--disable-banner",
            "--disable-ansi-colors",
            "--include-engine=junit-jupiter",
            "--details=testfeed",
            "--select-class=" + TESTS);
    assertThat(run.waitFor(20, TimeUnit.MINUTES)).as("ends; see its output:\n%s", log()).isTrue();
    Progress.say(log());
    assertThat(run.exitValue()).as(log()).isZero();
    assertThat(count("found")).isPositive();
    assertThat(count("successful")).isEqualTo(count("found"));
  }

  private String log() throws IOException {
    return node.log(LOG);
  }

  private int count(String kind) throws IOException {
    Matcher counts = COUNT.matcher(log());
    while (counts.find()) {
      if (counts.group(2).equals(kind)) {
        return Integer.parseInt(counts.group(1));
      }
    }
    throw new AssertionError("no count of tests " + kind + " in " + log());
  }

  /** Into the node: this test's own libraries, the driver among them, and the driver's tests. */
  private List<String> taken() throws IOException {
    List<String> names = new ArrayList<>();
    Shell host = new Shell(Map.of());
    Path into = Files.createDirectories(node.share().resolve("classes"));
    List<Path> entries = new ArrayList<>(List.of(TEST_CLASSES));
    for (String entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
      entries.add(Path.of(entry));
    }
    for (Path entry : entries) {
      String name = names.size() + "-" + entry.getFileName();
      host.run("cp", "-rT", entry.toString(), into.resolve(name).toString()).orThrow();
      names.add("/host/classes/" + name);
    }
    return names;
  }
}
