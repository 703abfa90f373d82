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

class HostFactsMountsCageTest {
  private static final String GATE = CagedProcess.BOTTLE + "/gate";
  private static final String DOOR = CagedProcess.BOTTLE + "/door-egress";

  @TempDir Path proc;
  private CagedProcess machine;

  @BeforeEach
  void prepare() {
    machine = new CagedProcess(proc);
  }

  private void leaks(String word) {
    ProbeResult fact = machine.fact("host-mounts");
    assertThat(fact.verdict()).as(fact.detail()).isEqualTo(Verdict.Leaked);
    assertThat(fact.detail()).contains(word);
  }

  @Test
  void theRealOneInItsCageIsSealed() {
    assertThat(machine.facts(CagedProcess.cage(false, MachineCgroups.POD)))
        .allSatisfy(
            fact -> assertThat(fact.verdict()).as(fact.toString()).isEqualTo(Verdict.Sealed))
        .extracting(ProbeResult::name)
        .containsExactly(
            "host-network-namespace",
            "host-mount-namespace",
            "host-mounts",
            "host-identity",
            "host-cgroup",
            "host-descriptors",
            "host-boot-config");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/var/lib/kubelet/pods",
        "/run/containerd",
        "/run/bottle",
        "/run/bottle/bbbbbbbbbbbb",
        "/run/bottle/aaaaaaaaaaaa/door-egress/below",
        "/srv/node/machines",
        "/srv/node/machines/.cache/smolvm/vms/ffffffffffffffff",
        "/srv/node/images/sha256-bb/rootfs",
        "/sys/fs/cgroup",
        "/dev/mem",
        "/home",
      })
  void whatIsOnNoListIsALeakThatNamesIt(String point) {
    machine.mounted("99 77 254:0 /x " + point + " ro,nosuid,nodev - ext4 /dev/vda rw");
    leaks(point);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "/ | ro,nosuid | rw,nosuid",
        "/ | tmpfs cage | ext4 cage",
        "/proc | ,hidepid=invisible | ''",
        "/proc | ,subset=pid | ''",
        "/dev/null | 0:6 /null | 0:6 /mem",
        "/srv/node/images/sha256-aa/rootfs | ro,nosuid | rw,nosuid",
        "/srv/node/guest-tools | nosuid, | ''",
        "/tmp | tmpfs | ext4",
      })
  void aWallOfAnotherKindIsALeak(String point, String what, String by) {
    machine.remounted(point, what, by);
    leaks(point);
  }

  @Test
  void aDirectoryThatMayRunProgramsIsALeak() {
    machine.remounted(CagedProcess.directory().toString(), ",noexec", "");
    leaks(CagedProcess.directory().toString());
  }

  @ParameterizedTest
  @ValueSource(strings = {"/", "/proc", "/srv/node/images/sha256-aa/rootfs"})
  void anotherCageIsALeak(String point) {
    machine.unmounted(point);
    leaks(point);
  }

  @Test
  void aMachineFromBeforeAnUpgradeHasTheRuntimeOfThen() {
    machine.remounted("/srv/node/smolvm/current", "smolvm/current", "smolvm/1.32.1");
    assertThat(machine.fact("host-mounts").verdict()).isEqualTo(Verdict.Sealed);
    machine.mounted("99 77 254:0 /x /srv/node/smolvm/1.32.2 ro,nosuid,nodev - ext4 /dev/vda rw");
    leaks("another cage");
  }

  @Test
  void aVolumeThatIsNoDoorMustBeCovered() {
    machine.remounted(GATE, "cage-cover", "other");
    leaks(GATE);
  }

  @Test
  void aLaterMountBelowItsCoverIsCoveredAndOneAboveIsNot() {
    String volume = " 56 254:0 /x/" + CagedProcess.POD + "/gate " + GATE + " rw - ext4 /dev/vda rw";
    machine.unmounted(GATE);
    machine.mounted("101" + volume);
    machine.mounted(
        "42 101 0:36 / " + GATE + " ro,nosuid,nodev,noexec - tmpfs cage-cover ro,size=4k");
    assertThat(machine.fact("host-mounts").verdict()).isEqualTo(Verdict.Sealed);

    machine.mounted("102 42 254:0 /x " + GATE + " rw - ext4 /dev/vda rw");
    leaks(GATE);
  }

  @Test
  void anotherPodsDoorIsALeak() {
    machine.remounted(DOOR, CagedProcess.POD, "7b0c5b1e-2222-4000-8000-000000000002");
    leaks(DOOR);
  }

  @Test
  void aDoorThatIsBoundAgainMayBeAbsentMeanwhile() {
    machine.unmounted(DOOR);
    assertThat(machine.fact("host-mounts").verdict()).isEqualTo(Verdict.Sealed);
  }

  @ParameterizedTest
  @ValueSource(strings = {"/usr", "/srv/node/machines/.local/share/smolvm/server"})
  void aStartThatHasNotEndedProvesNothingAndAccusesNobody(String point) {
    machine.mounted("99 77 254:0 /x " + point + " rw,nosuid,nodev,noexec - ext4 /dev/vda rw");
    assertThat(machine.fact("host-mounts").verdict()).isEqualTo(Verdict.Failed);
    machine.mounted("98 77 254:0 /x /home rw - ext4 /dev/vda rw");
    leaks("/home");
  }

  @Test
  void theCgroupTreesAreTheStandInsOnly() {
    machine.mounted("99 77 0:40 / /sys/fs/cgroup rw,nosuid,nodev - tmpfs tmpfs rw");
    machine.mounted("98 99 0:41 / /sys/fs/cgroup/memory rw,nosuid,nodev - cgroup cgroup rw,memory");
    assertThat(machine.fact("host-mounts", CagedProcess.cage(true, MachineCgroups.POD)).verdict())
        .isEqualTo(Verdict.Sealed);
    leaks("/sys/fs/cgroup");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "garbage", "1 2 0:1 / /x rw", "1 2 0:1 / /x rw - ext4"})
  void garbageProvesNothing(String line) {
    machine.write("42/mountinfo", line + "\n");
    assertThat(machine.fact("host-mounts").verdict()).isEqualTo(Verdict.Failed);
  }
}
