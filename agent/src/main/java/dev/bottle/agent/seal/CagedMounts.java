package dev.bottle.agent.seal;

import dev.bottle.agent.host.ProcessTable;
import dev.bottle.agent.smolvm.Cage;
import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * What is mounted where a machine's process looks ({@code /proc/<pid>/mountinfo}, proc(5)): its
 * cage, and nothing beyond. A mount that is on no list is a mismatch that names it.
 */
final class CagedMounts {
  private static final Set<Path> DEVICES =
      Set.of(
          Path.of("/dev/null"),
          Path.of("/dev/zero"),
          Path.of("/dev/full"),
          Path.of("/dev/random"),
          Path.of("/dev/urandom"),
          Path.of("/dev/kvm"));

  /** What the tool shows beside the lent directories until the start has ended. */
  private static final Set<Path> SYSTEM =
      Set.of(
          Path.of("/usr"),
          Path.of("/bin"),
          Path.of("/sbin"),
          Path.of("/lib"),
          Path.of("/lib32"),
          Path.of("/lib64"),
          Path.of("/libx32"),
          Path.of("/etc/ld.so.cache"),
          Path.of("/etc/ld-musl-x86_64.path"),
          Path.of("/etc/ld-musl-aarch64.path"),
          Path.of("/etc/passwd"),
          Path.of("/etc/group"),
          Path.of("/etc/mke2fs.conf"));

  private static final String COVER = "cage-cover";

  private record Mount(
      String id,
      String parent,
      Path root,
      Path point,
      Set<String> options,
      String source,
      String type,
      Set<String> superOptions) {}

  private final SealSubject subject;
  private final Cage cage;
  private final List<Mount> mounts;

  private CagedMounts(SealSubject subject, Cage cage, List<Mount> mounts) {
    this.subject = subject;
    this.cage = cage;
    this.mounts = mounts;
  }

  static String check(ProcessTable processes, SealSubject subject, Cage cage)
      throws IOException, HostFacts.Mismatch {
    List<Mount> mounts = new ArrayList<>();
    for (String line : processes.lines(subject.process().pid(), "mountinfo")) {
      mounts.add(parse(line));
    }
    return new CagedMounts(subject, cage, mounts).check();
  }

  private String check() throws IOException, HostFacts.Mismatch {
    Set<Path> missing = new HashSet<>(cage.readOnly());
    missing.addAll(
        List.of(Path.of("/"), Path.of("/proc"), cage.machineDirectory(), cage.bottleDirectory()));
    for (Mount mount : mounts) {
      judge(mount);
      missing.remove(mount.point());
    }
    if (mounts.stream().filter(mount -> cage.isRuntime(mount.point())).count() != 1) {
      missing.add(cage.runtime());
    }
    if (!missing.isEmpty()) {
      throw new HostFacts.Mismatch("the machine's process is in another cage, without " + missing);
    }
    // Last: a leak outweighs a start that has not ended.
    for (Mount mount : mounts) {
      if (cage.lent().contains(mount.point()) || SYSTEM.contains(mount.point())) {
        throw new IOException(
            mount.point() + " is still there: the start has not ended, or its tool was killed");
      }
    }
    return mounts.size() + " mounts, all of the cage";
  }

  private void judge(Mount mount) throws HostFacts.Mismatch {
    Path point = mount.point();
    if (point.equals(Path.of("/"))) {
      demand(mount, mount.type().equals("tmpfs") && mount.options().contains("ro"));
    } else if (point.equals(Path.of("/proc"))) {
      demand(
          mount,
          mount.type().equals("proc")
              && mount.superOptions().contains("subset=pid")
              && (mount.superOptions().contains("hidepid=invisible")
                  || mount.superOptions().contains("hidepid=2")));
    } else if (point.equals(Path.of("/tmp"))) {
      demand(mount, mount.type().equals("tmpfs"));
    } else if (DEVICES.contains(point)) {
      demand(mount, mount.root().endsWith(point.getFileName()));
    } else if (cage.readOnly().contains(point) || cage.isRuntime(point)) {
      demand(mount, mount.options().containsAll(Set.of("ro", "nosuid", "nodev")));
    } else if (point.equals(cage.machineDirectory()) || cage.lent().contains(point)) {
      demand(mount, mount.options().containsAll(Set.of("nosuid", "nodev", "noexec")));
    } else if (point.startsWith(cage.bottleDirectory())) {
      volume(mount);
    } else if (!SYSTEM.contains(point) && !(cage.standIn() && point.startsWith(Cage.CGROUPS))) {
      throw new HostFacts.Mismatch("the machine's process sees " + point);
    }
  }

  /** A door must be this Pod's; whatever else the Bottle has must be covered. */
  private void volume(Mount mount) throws HostFacts.Mismatch {
    Path within = cage.bottleDirectory().relativize(mount.point());
    if (within.toString().isEmpty()) {
      return;
    }
    if (within.getNameCount() == 1 && cage.doors().contains(within.toString())) {
      demand(mount, isOfPod(mount.root(), subject.podUid()));
    } else if (within.getNameCount() != 1 || !isCovered(mount)) {
      throw new HostFacts.Mismatch("the machine's process sees " + mount.point());
    }
  }

  /** The mount on top of all at this point is what a path leads to. */
  private boolean isCovered(Mount mount) {
    Mount top = mount;
    for (boolean higher = true; higher; ) {
      higher = false;
      for (Mount other : mounts) {
        if (other.parent().equals(top.id()) && other.point().equals(top.point())) {
          top = other;
          higher = true;
        }
      }
    }
    return top.type().equals("tmpfs") && top.source().equals(COVER);
  }

  private static boolean isOfPod(Path root, String podUid) {
    for (Path component : root) {
      if (component.toString().equals(podUid)) {
        return true;
      }
    }
    return false;
  }

  private static void demand(Mount mount, boolean holds) throws HostFacts.Mismatch {
    if (!holds) {
      throw new HostFacts.Mismatch(
          "the machine's process sees %s as %s of %s, %s"
              .formatted(
                  mount.point(), mount.type(), mount.root(), String.join(",", mount.options())));
    }
  }

  private static Mount parse(String line) throws IOException {
    int separator = line.indexOf(" - ");
    String[] mount = line.substring(0, Math.max(separator, 0)).split(" ", -1);
    String[] source = line.substring(separator + 1).split(" ", -1);
    if (separator < 0 || mount.length < 6 || source.length < 4) {
      throw new IOException("mountinfo: " + line);
    }
    try {
      return new Mount(
          mount[0],
          mount[1],
          Path.of(unescape(mount[3])),
          Path.of(unescape(mount[4])),
          options(mount[5]),
          source[2],
          source[1],
          options(source[3]));
    } catch (InvalidPathException e) {
      throw new IOException("mountinfo: " + line, e);
    }
  }

  private static Set<String> options(String field) {
    return new TreeSet<>(Arrays.asList(field.split(",", -1)));
  }

  private static String unescape(String field) {
    return field.replace("\\040", " ").replace("\\011", "\t").replace("\\134", "\\");
  }
}
