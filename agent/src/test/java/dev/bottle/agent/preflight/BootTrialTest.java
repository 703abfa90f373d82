package dev.bottle.agent.preflight;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bottle.agent.host.Command;
import dev.bottle.agent.host.CommandResult;
import dev.bottle.agent.host.RunningCommand;
import dev.bottle.agent.smolvm.MachineDefinition;
import dev.bottle.agent.smolvm.MachineLabels;
import dev.bottle.agent.smolvm.MachineRecord;
import dev.bottle.agent.smolvm.MachineRuntime;
import dev.bottle.agent.smolvm.MachineSize;
import dev.bottle.agent.smolvm.RuntimeFailure;
import dev.bottle.crd.condition.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BootTrialTest {
  private static final MachineDefinition NONE =
      new MachineDefinition(
          "none",
          new MachineLabels("", 0, ""),
          new MachineSize(0, 0, 0),
          Path.of("none"),
          Path.of("none"));
  private static final String BOOT = "5ff3083d-1deb-48e1-8618-8faf2159950a\n";

  @TempDir Path base;

  private final OneMachine runtime = new OneMachine();
  private NodeDirectory node;
  private BootTrial trial;

  @BeforeEach
  void make() throws IOException {
    node = new NodeDirectory(base);
    trial = new BootTrial(runtime, node.paths, node.paths.trial(), "pod-uid");
  }

  @Test
  void succeedsWhenACommandAnsweredAndLeavesNoMachine() throws Exception {
    assertThat(trial.failure()).isEmpty();
    assertThat(runtime.calls)
        .containsExactly("stop", "delete", "create", "start pod-uid", "exec", "stop", "delete");
    assertThat(runtime.exists).isFalse();
  }

  @Test
  void theMachineIsTinyAndItsRootfsIsOpenToTheMonitorsUser() throws Exception {
    assertThat(trial.failure()).isEmpty();
    assertThat(runtime.definition.size()).isEqualTo(new MachineSize(1, 256, 1));
    assertThat(runtime.definition.bottleDirectory().getParent())
        .isEqualTo(node.paths.runDirectory());
    assertThat(runtime.definition.bottleDirectory().resolve("door-egress")).isEmptyDirectory();
    try (var all = Files.walk(runtime.definition.rootfs())) {
      assertThat(all)
          .allSatisfy(part ->
              assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(part)))
                  .matches("rw.r-[x-]r-[x-]"));
    }
  }

  @Test
  void waitsForTheMachineBeforeItAsks() throws Exception {
    runtime.startingPolls = 3;
    assertThat(trial.failure()).isEmpty();
    assertThat(runtime.startingPolls).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"create", "start", "exec"})
  void aStepThatFailsIsTheFailureAndNothingIsLeft(String step) throws Exception {
    runtime.failing = step;
    assertThat(trial.failure()).contains(step + " says no");
    assertThat(runtime.exists).isFalse();
  }

  @Test
  void aMachineThatCannotBeRemovedIsAFailure() throws Exception {
    runtime.failing = "delete";
    assertThat(trial.failure()).contains("delete says no");
  }

  @Test
  void aCommandThatFailsIsTheFailure() throws Exception {
    runtime.answer = new CommandResult(255, "", "executable file not found\n");
    assertThat(trial.failure()).contains("a command in it failed: executable file not found");
    assertThat(runtime.exists).isFalse();
  }

  @Test
  void anAnswerThatIsNoBootIsTheFailure() throws Exception {
    runtime.answer = new CommandResult(0, "", "");
    assertThat(trial.failure()).contains("a command in it answered with something else");
  }

  @Test
  void whatAKilledAgentLeftIsRemovedFirst() throws Exception {
    runtime.exists = true;
    assertThat(trial.failure()).isEmpty();
  }

  /** One machine in memory. */
  private static final class OneMachine implements MachineRuntime {
    private final List<String> calls = new ArrayList<>();
    private MachineDefinition definition = NONE;
    private String failing = "";
    private CommandResult answer = new CommandResult(0, BOOT, "");
    private boolean exists;
    private int startingPolls;

    private void call(String verb, String more) throws RuntimeFailure {
      calls.add(verb + more);
      if (verb.equals(failing)) {
        throw new RuntimeFailure(Reason.MachineStartFailed, verb + " says no");
      }
    }

    @Override
    public String version() {
      throw new UnsupportedOperationException();
    }

    @Override
    public List<MachineRecord> list() {
      throw new UnsupportedOperationException();
    }

    @Override
    public Optional<MachineRecord> status(String name) {
      MachineRecord.State state =
          startingPolls == 0 ? MachineRecord.State.Running : MachineRecord.State.Unreachable;
      startingPolls = Math.max(0, startingPolls - 1);
      return Optional.of(
          new MachineRecord(
              name, state, Optional.empty(), Optional.of(1L), definition.size(), "", true));
    }

    @Override
    public void create(MachineDefinition machine) throws RuntimeFailure {
      if (exists) {
        throw new RuntimeFailure(Reason.MachineStartFailed, "already exists");
      }
      call("create", "");
      definition = machine;
      exists = true;
    }

    @Override
    public void resize(String name, MachineSize size) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void start(String name, String podUid, Path bottleDirectory) throws RuntimeFailure {
      call("start", " " + podUid);
    }

    @Override
    public void stop(String name) throws RuntimeFailure {
      call("stop", "");
    }

    @Override
    public void delete(String name) throws RuntimeFailure {
      call("delete", "");
      exists = false;
    }

    @Override
    public CommandResult exec(
        String name, List<String> argv, Duration deadline, Command.Input input)
        throws RuntimeFailure {
      call("exec", "");
      return answer;
    }

    @Override
    public RunningCommand open(String name, List<String> argv) {
      throw new UnsupportedOperationException();
    }
  }
}
