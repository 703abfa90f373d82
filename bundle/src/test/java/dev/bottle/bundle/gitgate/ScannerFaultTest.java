package dev.bottle.bundle.gitgate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.bottle.bundle.gitgate.testing.Clone;
import dev.bottle.bundle.gitgate.testing.Commands;
import dev.bottle.bundle.gitgate.testing.GitWorld;
import dev.bottle.bundle.gitgate.testing.SshUpstream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever is wrong with the scanner refuses. */
class ScannerFaultTest {
  @TempDir private Path home;

  static Stream<Arguments> faults() {
    return Stream.of(
        Arguments.of("missing", null),
        Arguments.of("hangs", "exec sleep 600"),
        Arguments.of("is killed", "kill -9 $$"),
        Arguments.of("fails", "exit 1"),
        Arguments.of("complains and ends well", "echo oops >&2; echo '[]'; exit 0"),
        Arguments.of("says nothing and ends well", "exit 0"),
        Arguments.of("finds nothing and says that it found", "echo '[]'; exit 2"),
        Arguments.of(
            "finds something and says that it did not",
            "echo '[{\"RuleID\":\"x\",\"File\":\"y\"}]'; exit 0"),
        Arguments.of("reports what is no report", "echo no; exit 2"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("faults")
  void refuses(String fault, String script) throws Exception {
    Path gitleaks = home.resolve("gitleaks");
    if (script != null) {
      Files.writeString(gitleaks, "#!/bin/sh\n" + script + "\n");
      Files.setPosixFilePermissions(gitleaks, PosixFilePermissions.fromString("rwx------"));
    }
    try (SshUpstream upstream = new SshUpstream(home.resolve("ssh"));
        GitWorld world = new GitWorld(home, upstream, gitleaks)) {
      world.create("app");
      world.enforce(world.upstream("app", List.of("refs/heads/bottle/*"), false, false));
      Clone clone = world.clone("app");
      clone.git("checkout", "-q", "-b", "bottle/new");
      clone.commit("a.txt", "a\n", "a change");
      String before = world.contents("app");

      Commands.Ended push = clone.attempt("push", "origin", "bottle/new");

      assertThat(push.exit()).as(push.output()).isNotZero();
      assertThat(push.output()).contains("the push could not be checked");
      assertThat(world.contents("app")).isEqualTo(before);
      assertThat(world.leftovers()).isEmpty();
      await().until(() -> world.denials().size() == 1);
      assertThat(world.denials().getFirst().rule()).isEqualTo("NotChecked");
      assertThat(running(gitleaks)).as("scanners that are left").isEmpty();
    }
  }

  private static List<String> running(Path program) throws IOException {
    return ProcessHandle.allProcesses()
        .flatMap(process -> process.info().commandLine().stream())
        .filter(line -> line.contains(program.toString()))
        .toList();
  }
}
