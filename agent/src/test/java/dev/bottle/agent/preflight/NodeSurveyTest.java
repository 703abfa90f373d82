package dev.bottle.agent.preflight;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bottle.agent.host.Command;
import dev.bottle.agent.host.CommandResult;
import dev.bottle.agent.host.CommandRunner;
import dev.bottle.agent.host.RunningCommand;
import dev.bottle.agent.smolvm.MachineCgroups;
import dev.bottle.agent.smolvm.SmolvmRuntime;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NodeSurveyTest {
  @TempDir Path base;

  private NodeDirectory node;
  private CommandResult version = new CommandResult(0, "smolvm 1.32.2+standin.runc\n", "");
  private CommandResult tool =
      new CommandResult(
          0,
          """
          {"kernel":"6.18.44","kvm":"permission denied","cgroup":"","namespaces":"","mounts":"",\
          "closeRange":"","descriptors":20000,"landlock":7}
          """,
          "");

  @BeforeEach
  void make() throws IOException {
    node = new NodeDirectory(base);
  }

  private NodeFacts gather() throws InterruptedException {
    CommandRunner host =
        new CommandRunner() {
          @Override
          public CommandResult run(Command command) {
            return command.argv().contains("--version") ? version : told(command.argv());
          }

          @Override
          public RunningCommand start(Command command) throws IOException {
            throw new IOException("nothing is started");
          }
        };
    return new NodeSurvey(
            new SmolvmRuntime(host, node.paths, MachineCgroups.POD, 1), host, node.paths)
        .gather();
  }

  private CommandResult told(List<String> argv) {
    assertThat(argv)
        .containsExactly(
            node.paths.program("bottle-tool").toString(),
            "preflight",
            "--group-file",
            "/etc/group",
            "--nofile",
            "1048576");
    return tool;
  }

  @Test
  void readsWhatRuntimeAndToolSay() throws Exception {
    NodeFacts facts = gather();
    assertThat(facts.runtime())
        .isEqualTo(new Answer.Given<>(new RuntimeVersion("1.32.2+standin.runc")));
    assertThat(facts.kernel())
        .isEqualTo(
            new Answer.Given<>(
                new KernelFacts("6.18.44", "permission denied", "", "", "", "", 20_000, 7)));
    assertThat(facts.freeBytes())
        .isInstanceOfSatisfying(
            Answer.Given.class, free -> assertThat((Long) free.value()).isPositive());
  }

  @Test
  void aToolThatFailsOrSaysSomethingElseIsNoAnswer() throws Exception {
    tool = new CommandResult(1, "", "nsenter: cannot open /proc/1/ns/mnt\n");
    assertThat(gather().kernel())
        .isEqualTo(
            new Answer.Refused<>("bottle-tool preflight: nsenter: cannot open /proc/1/ns/mnt"));
    for (String text : List.of("", "{}", "no JSON", "{\"kernel\":[]}", "{\"other\":1}")) {
      tool = new CommandResult(0, text, "");
      assertThat(gather().kernel()).as(text).isInstanceOf(Answer.Refused.class);
    }
  }

  @Test
  void aRuntimeThatIsNotThereIsNoAnswer() throws Exception {
    version = new CommandResult(127, "", "smolvm: not found\n");
    assertThat(gather().runtime())
        .isInstanceOfSatisfying(
            Answer.Refused.class,
            refused -> assertThat(refused.why()).contains("smolvm: not found"));
  }
}
