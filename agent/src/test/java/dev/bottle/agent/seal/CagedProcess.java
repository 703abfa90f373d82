package dev.bottle.agent.seal;

import dev.bottle.agent.host.NodePaths;
import dev.bottle.agent.host.ProcessIdentity;
import dev.bottle.agent.host.ProcessTable;
import dev.bottle.agent.smolvm.Cage;
import dev.bottle.agent.smolvm.MachineCgroups;
import dev.bottle.crd.api.ProbeResult;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A /proc of files with one machine's process, as the real smolvm 1.32.2 looks in its cage. */
final class CagedProcess {
  static final String POD = "7b0c5b1e-1111-4000-8000-000000000001";
  static final Path BOTTLE = Path.of("/run/bottle/aaaaaaaaaaaa");
  private static final String PODS =
      "/var/lib/kubelet/pods/" + POD + "/volumes/kubernetes.io~empty-dir/";
  private static final NodePaths PATHS =
      new NodePaths(Path.of("/srv/node"), Path.of("/run/bottle"), Path.of("/var/lib/kubelet"));

  private final Path proc;
  private final List<String> mounts = new ArrayList<>();

  CagedProcess(Path proc) {
    this.proc = proc;
    write("42/stat", "42 (smolvm) S 1 " + "1 ".repeat(17) + "1000 0 0\n");
    link("42/ns/net", "net:[7]");
    link("42/ns/mnt", "mnt:[7]");
    link("1/ns/net", "net:[1]");
    link("1/ns/mnt", "mnt:[1]");
    write("42/net/dev", "Inter-|\n face |\n    lo: 0 0\n");
    write("42/cgroup", "0::/kubepods/burstable/pod" + POD + "/bottle-vm\n");
    write(
        "42/limits", "Max open files            1048576              1048576              files\n");
    Path config = proc.resolve("boot-config.json");
    write(
        "boot-config.json",
        "{\"resources\":{\"network\":false},\"published_sockets\":[{\"direction\":\"mount\",\"guest_path\":\"/run/egress.sock\",\"host_path\":\""
            + BOTTLE
            + "/door-egress/egress.sock\"},{\"direction\":\"mount\",\"guest_path\":\"/run/git-gate.sock\",\"host_path\":\""
            + BOTTLE
            + "/door-git-gate/git-gate.sock\"},{\"direction\":\"mount\",\"guest_path\":\"/run/supervise.sock\",\"host_path\":\""
            + BOTTLE
            + "/door-supervise/supervise.sock\"}]}");
    write("42/cmdline", "/proc/self/exe\0_boot-vm\0" + config + "\0");
    status("2000000", "0000000000000000", "1", "2");
    mounts.addAll(
        List.of(
            "77 35 0:30 / / ro,nosuid,nodev,noexec,relatime - tmpfs cage rw,size=1024k",
            "61 77 0:6 /kvm /dev/kvm rw,nosuid,noexec,relatime - devtmpfs udev rw",
            "62 77 0:6 /null /dev/null rw,nosuid,noexec,relatime - devtmpfs udev rw",
            "68 77 254:0 /srv/node/smolvm/current /srv/node/smolvm/current"
                + " ro,nosuid,nodev,relatime - ext4 /dev/vda rw",
            "72 77 254:0 /srv/node/guest-tools /srv/node/guest-tools"
                + " ro,nosuid,nodev,relatime - ext4 /dev/vda rw",
            "73 77 254:0 /srv/node/images/sha256-aa/rootfs"
                + " /srv/node/images/sha256-aa/rootfs ro,nosuid,nodev,relatime - ext4"
                + " /dev/vda rw",
            "76 77 254:0 "
                + directory()
                + " "
                + directory()
                + " rw,nosuid,nodev,noexec,relatime - ext4 /dev/vda rw",
            "56 77 0:24 /bottle/aaaaaaaaaaaa "
                + BOTTLE
                + " rw,nosuid,nodev,noexec,relatime master:7 - tmpfs tmpfs rw",
            "57 56 254:0 "
                + PODS
                + "door-egress "
                + BOTTLE
                + "/door-egress rw,nosuid,nodev,noexec,relatime master:1 - ext4 /dev/vda rw",
            "59 56 254:0 "
                + PODS
                + "gate "
                + BOTTLE
                + "/gate rw,nosuid,nodev,noexec,relatime master:1 - ext4 /dev/vda rw",
            "36 77 0:31 / /proc rw,nosuid,nodev,noexec,relatime - proc proc"
                + " rw,hidepid=invisible,subset=pid",
            "37 77 0:32 / /tmp rw,nosuid,nodev,noexec,relatime - tmpfs cage-tmp rw,size=65536k",
            "42 59 0:36 / "
                + BOTTLE
                + "/gate ro,nosuid,nodev,noexec,relatime - tmpfs cage-cover ro,size=4k"));
    writeMounts();
  }

  static Path directory() {
    return cage(false, MachineCgroups.POD).machineDirectory();
  }

  static Cage cage(boolean standIn, MachineCgroups cgroups) {
    return Cage.of(
        PATHS,
        PATHS.machines(),
        standIn ? "1.32.2+standin.runc" : "1.32.2",
        "b-1",
        Path.of("/srv/node/images/sha256-aa/rootfs"),
        BOTTLE,
        cgroups);
  }

  void status(String user, String capabilities, String noNewPrivileges, String seccomp) {
    write(
        "42/status",
        """
        Name:\tsmolvm
        Uid:\t%1$s\t%1$s\t%1$s\t%1$s
        Gid:\t%1$s\t%1$s\t%1$s\t%1$s
        CapInh:\t0000000000000000
        CapPrm:\t%2$s
        CapEff:\t%2$s
        CapBnd:\t00000000010001ff
        CapAmb:\t0000000000000000
        NoNewPrivs:\t%3$s
        Seccomp:\t%4$s
        """
            .formatted(user, capabilities, noNewPrivileges, seccomp));
  }

  void mounted(String line) {
    mounts.add(line);
    writeMounts();
  }

  /** Replaces in the line of the mount at that point, the last one there. */
  void remounted(String point, String what, String by) {
    for (int i = mounts.size() - 1; i >= 0; i--) {
      if (mounts.get(i).split(" ", -1)[4].equals(point)) {
        mounts.set(i, mounts.get(i).replace(what, by));
        writeMounts();
        return;
      }
    }
    throw new AssertionError(point);
  }

  void unmounted(String point) {
    if (!mounts.removeIf(line -> line.split(" ", -1)[4].equals(point))) {
      throw new AssertionError(point);
    }
    writeMounts();
  }

  private void writeMounts() {
    write("42/mountinfo", String.join("\n", mounts) + "\n");
  }

  void write(String path, String text) {
    try {
      Path file = proc.resolve(path);
      Files.createDirectories(file.getParent());
      Files.writeString(file, text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void link(String path, String target) {
    try {
      Path link = proc.resolve(path);
      Files.createDirectories(link.getParent());
      Files.createSymbolicLink(link, Path.of(target));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  List<ProbeResult> facts(Cage cage) {
    SealSubject subject =
        new SealSubject("b-1", new ProcessIdentity(42, 1000), POD, "hash", "boot", BOTTLE, true);
    return new HostFacts(new ProcessTable(proc, "1")).gather(subject, Optional.of(cage));
  }

  ProbeResult fact(String name, Cage cage) {
    return facts(cage).stream().filter(fact -> fact.name().equals(name)).findFirst().orElseThrow();
  }

  ProbeResult fact(String name) {
    return fact(name, cage(false, MachineCgroups.POD));
  }
}
