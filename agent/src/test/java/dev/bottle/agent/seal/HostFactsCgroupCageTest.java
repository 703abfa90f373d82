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
import org.junit.jupiter.params.provider.ValueSource;

class HostFactsCgroupCageTest {
  private static final String CGROUPFS = "/kubepods/pod" + CagedProcess.POD + "/bottle-vm";
  private static final String SYSTEMD =
      "/kubepods.slice/kubepods-burstable.slice/"
          + "kubepods-burstable-pod7b0c5b1e_1111_4000_8000_000000000001.slice/bottle-vm";
  private static final String OWN = "/bottle-own/" + CagedProcess.POD;

  @TempDir Path proc;
  private CagedProcess machine;

  @BeforeEach
  void prepare() {
    machine = new CagedProcess(proc);
  }

  private Verdict verdict(String cgroup) {
    machine.write("42/cgroup", cgroup + "\n");
    return machine.fact("host-cgroup").verdict();
  }

  @ParameterizedTest
  @ValueSource(strings = {CGROUPFS, SYSTEMD})
  void thePodsInBothStylesAndVersions(String path) {
    assertThat(verdict("0::" + path)).isEqualTo(Verdict.Sealed);
    assertThat(verdict("9:name=systemd:/\n4:memory:" + path + "\n2:cpu,cpuacct:" + path + "\n0::/"))
        .isEqualTo(Verdict.Sealed);
  }

  @Test
  void oneTreeThatAccountsElsewhereIsALeak() {
    assertThat(verdict("4:memory:/\n3:pids:" + CGROUPFS)).isEqualTo(Verdict.Leaked);
    assertThat(verdict("4:memory:" + CGROUPFS + "\n2:cpu,cpuacct:/system"))
        .isEqualTo(Verdict.Leaked);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "garbage",
        "",
        "0::/",
        "5:name=systemd:" + CGROUPFS,
        "0::/kubepods/pod" + CagedProcess.POD + "0/bottle-vm",
        "0::/kubepods/podx/bottle-vm",
      })
  void anyOtherIsALeak(String cgroup) {
    assertThat(verdict(cgroup)).isEqualTo(Verdict.Leaked);
  }

  @Test
  void oneOfItsOwnIsALeakUnlessItIsAllowedAndThenItIsSaid() {
    assertThat(verdict("0::" + OWN)).isEqualTo(Verdict.Leaked);
    ProbeResult allowed =
        machine.fact("host-cgroup", CagedProcess.cage(false, MachineCgroups.POD_OR_OWN));
    assertThat(allowed.verdict()).isEqualTo(Verdict.Sealed);
    assertThat(allowed.detail()).contains("of its own, not the Pod's").contains(OWN);

    machine.write("42/cgroup", "0::/bottle-own/another\n");
    assertThat(
            machine
                .fact("host-cgroup", CagedProcess.cage(false, MachineCgroups.POD_OR_OWN))
                .verdict())
        .isEqualTo(Verdict.Leaked);
  }
}
