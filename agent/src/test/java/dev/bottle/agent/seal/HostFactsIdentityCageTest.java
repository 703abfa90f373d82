package dev.bottle.agent.seal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bottle.agent.smolvm.MachineCgroups;
import dev.bottle.crd.api.ProbeResult;
import dev.bottle.crd.api.ProbeResult.Verdict;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HostFactsIdentityCageTest {
  @TempDir Path proc;
  private CagedProcess machine;

  @BeforeEach
  void prepare() {
    machine = new CagedProcess(proc);
  }

  @ParameterizedTest
  @CsvSource({
    "0,       0000000000000000, 1, 2, user 0",
    "1999999, 0000000000000000, 1, 2, user 1999999",
    "2000000, 0000000000200000, 1, 2, CapEff 0000000000200000",
    "2000000, 0000000000000000, 0, 2, may gain privileges",
    "2000000, 0000000000000000, 1, 0, no seccomp filter",
  })
  void theRealOneWithoutOneOfItsWallsIsALeakAndTheStandInSaysSo(
      String user, String capabilities, String noNewPrivileges, String seccomp, String fault) {
    machine.status(user, capabilities, noNewPrivileges, seccomp);
    ProbeResult real = machine.fact("host-identity");
    assertThat(real.verdict()).isEqualTo(Verdict.Leaked);
    assertThat(real.detail()).contains(fault);

    ProbeResult standIn =
        machine.fact("host-identity", CagedProcess.cage(true, MachineCgroups.POD));
    assertThat(standIn.verdict()).isEqualTo(Verdict.Sealed);
    assertThat(standIn.detail()).contains("stand-in, no virtual machine").contains(fault);
  }

  @Test
  void anEffectiveUserOfItsOwnIsNotEnough() {
    machine.write(
        "42/status",
        """
        Uid:\t0\t2000000\t2000000\t2000000
        Gid:\t2000000\t2000000\t2000000\t2000000
        CapInh:\t0
        CapPrm:\t0
        CapEff:\t0
        CapAmb:\t0
        NoNewPrivs:\t1
        Seccomp:\t2
        """);
    assertThat(machine.fact("host-identity").verdict()).isEqualTo(Verdict.Leaked);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "garbage\n", "Uid:\tx\tx\tx\tx\nGid:\t1\n"})
  void garbageProvesNothing(String status) {
    machine.write("42/status", status);
    assertThat(machine.fact("host-identity").verdict()).isEqualTo(Verdict.Failed);
  }

  @ParameterizedTest
  @CsvSource({
    "1048576, '1048576'",
    "20000, a guest with many open files may break",
    "unlimited, unlimited"
  })
  void fewDescriptorsAreSaidAndAreNoLeak(String hard, String said) {
    machine.write(
        "42/limits", "Max open files            1024            " + hard + "     files\n");
    ProbeResult fact = machine.fact("host-descriptors");
    assertThat(fact.verdict()).isEqualTo(Verdict.Sealed);
    assertThat(fact.detail()).contains(said);
  }

  @Test
  void limitsWithoutDescriptorsProveNothing() {
    machine.write("42/limits", "Max processes 1 1\n");
    assertThat(machine.fact("host-descriptors").verdict()).isEqualTo(Verdict.Failed);
  }
}
