package dev.bottle.agent.seal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import dev.bottle.agent.host.ProcessIdentity;
import dev.bottle.agent.testing.FakeProc;
import dev.bottle.agent.testing.Root;
import dev.bottle.crd.api.ProbeResult;
import dev.bottle.crd.api.ProbeResult.Verdict;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HostFactsTest {
  private static final String POD = "7b0c5b1e-1111-4000-8000-000000000001";

  @TempDir Path temp;
  private FakeProc proc;
  private Path bootConfig;
  private Path bottleDirectory;
  private ProcessIdentity process;

  @BeforeEach
  void prepare() throws IOException {
    proc = new FakeProc(temp.resolve("proc"));
    bootConfig = temp.resolve("boot-config.json");
    bottleDirectory = temp.resolve("run/0123456789ab");
    writeConfig("false", "");
    process = proc.machine(42, 1000, POD, bootConfig);
    proc.sees(42, bottleDirectory);
  }

  private void writeConfig(String network, String moreSockets) throws IOException {
    Files.writeString(
        bootConfig,
        """
        {"resources":{"network":%s},"published_sockets":[
          {"direction":"mount","guest_path":"/run/egress.sock","host_path":"%s/door-egress/egress.sock"},
          {"direction":"mount","guest_path":"/run/git-gate.sock","host_path":"%s/door-git-gate/git-gate.sock"},
          {"direction":"mount","guest_path":"/run/supervise.sock","host_path":"%s/door-supervise/supervise.sock"}%s]}
        """
            .formatted(network, bottleDirectory, bottleDirectory, bottleDirectory, moreSockets));
  }

  private List<ProbeResult> gather(boolean networkless) {
    return new HostFacts(proc.table())
        .gather(new SealSubject("m", process, POD, "hash", "boot", bottleDirectory, networkless));
  }

  private ProbeResult fact(String name) {
    return gather(true).stream().filter(fact -> fact.name().equals(name)).findFirst().orElseThrow();
  }

  @Test
  void aCagedMachineIsSealed() {
    assertThat(gather(true))
        .allSatisfy(fact -> assertThat(fact.verdict()).isEqualTo(Verdict.Sealed))
        .extracting(ProbeResult::name)
        .containsExactly(
            "host-network-namespace", "host-mount-namespace", "host-cgroup", "host-boot-config");
  }

  @Test
  void theHostsNetworkNamespaceIsALeak() {
    proc.link("42/ns/net", "net:[1]");
    assertThat(fact("host-network-namespace").verdict()).isEqualTo(Verdict.Leaked);
  }

  @Test
  void aNetworkInterfaceIsALeak() {
    proc.interfaces(42, "lo", "eth0");
    assertThat(fact("host-network-namespace").verdict()).isEqualTo(Verdict.Leaked);
    assertThat(fact("host-network-namespace").detail()).contains("eth0");
  }

  @Test
  void anAbsentLoopbackIsNoNetworkNamespaceOfOurs() {
    proc.interfaces(42);
    assertThat(fact("host-network-namespace").verdict()).isEqualTo(Verdict.Leaked);
  }

  @Test
  void theKernelsFallbackTunnelsAreNoLeakWhileNothingIsRoutedThere() {
    proc.interfaces(42, "lo", "sit0", "tunl0");
    proc.write("42/net/route", "Iface Destination Gateway\n");
    proc.write("42/net/ipv6_route", "00 00 00 00 00 00 00 00 00 80200001       lo\n");
    assertThat(fact("host-network-namespace").verdict()).isEqualTo(Verdict.Sealed);

    proc.write("42/net/ipv6_route", "20010db8 00 00 00 00 00 00 00 00 00000001     sit0\n");
    assertThat(fact("host-network-namespace").verdict()).isEqualTo(Verdict.Leaked);
    proc.write("42/net/ipv6_route", "");
    proc.write("42/net/route", "Iface Destination Gateway\ntunl0 00000000 0100000A\n");
    assertThat(fact("host-network-namespace").verdict()).isEqualTo(Verdict.Leaked);
  }

  @Test
  void theHostsMountNamespaceIsALeak() {
    proc.link("42/ns/mnt", "mnt:[1]");
    assertThat(fact("host-mount-namespace").verdict()).isEqualTo(Verdict.Leaked);
  }

  @Test
  void anotherBottlesDoorInSightIsALeak() {
    proc.sees(42, bottleDirectory.resolveSibling("ffffffffffff"));
    assertThat(fact("host-mount-namespace").verdict()).isEqualTo(Verdict.Leaked);
    assertThat(fact("host-mount-namespace").detail()).contains("ffffffffffff");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "12:memory:/kubepods/pod7b0c5b1e-1111-4000-8000-000000000001/bottle-vm",
        "0::/kubepods.slice/kubepods-burstable.slice/"
            + "kubepods-burstable-pod7b0c5b1e_1111_4000_8000_000000000001.slice/bottle-vm",
      })
  void thePodsCgroupIsFoundInBothStyles(String line) {
    proc.write("42/cgroup", "1:name=systemd:/\n" + line + "\n");
    assertThat(fact("host-cgroup").verdict()).isEqualTo(Verdict.Sealed);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "0::/",
        "0::/kubepods/pod7b0c5b1e-2222-4000-8000-000000000001/bottle-vm",
        "0::/kubepods/pod7b0c5b1e-1111-4000-8000-000000000001x",
        "garbage",
      })
  void anotherCgroupIsALeak(String line) {
    proc.write("42/cgroup", line + "\n");
    assertThat(fact("host-cgroup").verdict()).isEqualTo(Verdict.Leaked);
  }

  @Test
  void aBootWithNetworkIsALeak() throws IOException {
    writeConfig("true", "");
    assertThat(fact("host-boot-config").verdict()).isEqualTo(Verdict.Leaked);
  }

  @Test
  void anUnknownNetworkSettingIsALeak() throws IOException {
    Files.writeString(bootConfig, "{\"published_sockets\":[]}");
    assertThat(fact("host-boot-config").verdict()).isEqualTo(Verdict.Leaked);
  }

  @Test
  void aSocketThatIsNoDoorIsALeak() throws IOException {
    writeConfig(
        "false",
        ",{\"direction\":\"mount\",\"guest_path\":\"/run/x\",\"host_path\":\"/run/containerd.sock\"}");
    assertThat(fact("host-boot-config").verdict()).isEqualTo(Verdict.Leaked);
    assertThat(fact("host-boot-config").detail()).contains("containerd.sock");
  }

  @Test
  void anotherProgramIsALeak() {
    proc.arguments(42, "/bin/sh", "-c", "true");
    assertThat(fact("host-boot-config").verdict()).isEqualTo(Verdict.Leaked);
    proc.arguments(42, "/proc/self/exe", "_boot-vm");
    assertThat(fact("host-boot-config").verdict()).isNotEqualTo(Verdict.Sealed);
  }

  @Test
  void aConfigurationThatTheRuntimeRemovedIsReplacedByTheRecord() throws IOException {
    Files.delete(bootConfig);
    assertThat(fact("host-boot-config").verdict()).isEqualTo(Verdict.Sealed);
    assertThat(fact("host-boot-config").detail()).contains("record");
    assertThat(gather(false).getLast().verdict()).isEqualTo(Verdict.Leaked);
  }

  @Test
  void aRecordThatAsksForANetworkIsALeakWhateverTheFileSays() {
    assertThat(gather(false).getLast().verdict()).isEqualTo(Verdict.Leaked);
  }

  @Test
  void garbageProvesNothing() throws Exception {
    Files.writeString(bootConfig, "no json");
    assertThat(fact("host-boot-config").verdict()).isEqualTo(Verdict.Failed);
    Files.delete(bootConfig);
    Root.run("mkfifo", bootConfig.toString());
    assertThat(
            assertTimeoutPreemptively(
                Duration.ofSeconds(20), () -> fact("host-boot-config").verdict()))
        .isEqualTo(Verdict.Failed);
    proc.arguments(42, "/proc/self/exe", "_boot-vm", "/dev/zero");
    assertThat(fact("host-boot-config").verdict()).isEqualTo(Verdict.Failed);
  }

  @Test
  void aFileThatCannotBeReadIsNoProof() throws IOException {
    Files.delete(temp.resolve("proc/42/cgroup"));
    Files.delete(temp.resolve("proc/42/net/dev"));
    Files.delete(temp.resolve("proc/42/ns/mnt"));
    assertThat(fact("host-cgroup").verdict()).isEqualTo(Verdict.Failed);
    assertThat(fact("host-network-namespace").verdict()).isEqualTo(Verdict.Failed);
    assertThat(fact("host-mount-namespace").verdict()).isEqualTo(Verdict.Failed);
  }

  @Test
  void aPidThatIsAnothersByNowProvesAndAccusesNothing() {
    proc.stat(42, "S", 2000);
    assertThat(gather(true))
        .allSatisfy(fact -> assertThat(fact.verdict()).isEqualTo(Verdict.Failed));
    proc.link("42/ns/net", "net:[1]");
    assertThat(fact("host-network-namespace").verdict()).isEqualTo(Verdict.Failed);
  }
}
