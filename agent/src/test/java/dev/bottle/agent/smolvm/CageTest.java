package dev.bottle.agent.smolvm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bottle.agent.host.NodePaths;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CageTest {
  private static final MachineSize SIZE = new MachineSize(2, 1024, 10);

  @TempDir Path home;

  private Cage cage(String version, MachineCgroups cgroups) {
    return Cage.of(
        new NodePaths(home, Path.of("/run/bottle"), Path.of("/var/lib/kubelet")),
        home.resolve("machines"),
        version,
        "m",
        home.resolve("images/sha256-aa/rootfs"),
        Path.of("/run/bottle/aaaaaaaaaaaa"),
        cgroups);
  }

  @Test
  void theRealOneGetsItsOwnThingsOnly() {
    String machines = home + "/machines";
    assertThat(cage("1.32.2", MachineCgroups.POD).arguments(SIZE))
        .containsExactly(
            "--bottle-directory",
            "/run/bottle/aaaaaaaaaaaa",
            "--door",
            "door-egress",
            "--door",
            "door-git-gate",
            "--door",
            "door-supervise",
            "--read",
            home + "/images/sha256-aa/rootfs",
            "--read",
            home + "/guest-tools",
            "--read",
            home + "/smolvm/current",
            "--write",
            // what the real smolvm 1.32.2 makes for a machine of this name
            machines + "/.cache/smolvm/vms/62c66a7a5dd70c31",
            "--lend",
            machines + "/.local/share/smolvm/server",
            "--lend",
            machines + "/.cache/smolvm/uids");
  }

  @Test
  void onlyTheStandInGetsTheCgroupTreesAndItsCapabilities() {
    assertThat(cage("1.32.2+standin.runc", MachineCgroups.POD).arguments(SIZE))
        .containsSequence("--show", "/sys/fs/cgroup", "--keep-capabilities");
  }

  @Test
  void aCgroupOfItsOwnHoldsTheGuestAndItsOverhead() {
    assertThat(cage("1.32.2", MachineCgroups.POD_OR_OWN).arguments(SIZE))
        .endsWith("--own-cgroup", "memory=1275068416,cpu=2000,pids=4096");
  }

  @Test
  void aLinkToTheInstalledVersionIsFollowed() throws IOException {
    Path installed = Files.createDirectories(home.resolve("smolvm/1.32.2"));
    Files.createSymbolicLink(home.resolve("smolvm/current"), Path.of("1.32.2"));
    Cage cage = cage("1.32.2", MachineCgroups.POD);
    assertThat(cage.runtime()).isEqualTo(installed.toRealPath());
    assertThat(cage.isRuntime(home.resolve("images"))).isFalse();
  }
}
