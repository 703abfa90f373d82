package dev.bottle.agent.host;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The mounts of the host's mount namespace, from mountinfo (proc(5)). */
public final class MountTable {
  private static final Logger LOG = LoggerFactory.getLogger(MountTable.class);

  private final Path mountinfo;

  /** Reads that mountinfo file each time. */
  public MountTable(Path mountinfo) {
    this.mountinfo = mountinfo;
  }

  /**
   * One mount.
   *
   * @param root the directory of the mounted filesystem that is visible at {@code point}; as text,
   *     because the kernel appends {@code //deleted} to one that was removed
   * @param shared whether mounts below it propagate
   */
  public record Mount(String root, Path point, boolean shared) {}

  /** Every mount at or below that directory, the last mounted last. */
  public List<Mount> below(Path directory) throws IOException {
    return all().stream().filter(mount -> mount.point().startsWith(directory)).toList();
  }

  /** The mount that one sees at this path, when something is mounted exactly there. */
  public Optional<Mount> at(Path point) throws IOException {
    return all().stream()
        .filter(mount -> mount.point().equals(point))
        .reduce((lower, upper) -> upper);
  }

  /** The mount that holds this path. */
  public Optional<Mount> holding(Path path) throws IOException {
    return all().stream()
        .filter(mount -> path.startsWith(mount.point()))
        .max(Comparator.comparingInt(mount -> mount.point().getNameCount()));
  }

  /** The options of the mount that one sees at this path, such as {@code ro}; empty when none. */
  public Set<String> optionsAt(Path point) throws IOException {
    return lines().stream()
        .filter(line -> line.mount().point().equals(point))
        .map(Line::options)
        .reduce(Set.of(), (lower, upper) -> upper);
  }

  private record Line(Mount mount, Set<String> options) {}

  private List<Mount> all() throws IOException {
    return lines().stream().map(Line::mount).toList();
  }

  private List<Line> lines() throws IOException {
    List<Line> mounts = new ArrayList<>();
    // Other people's mounts may have names in any encoding; ours are ASCII.
    for (String line : Files.readAllLines(mountinfo, StandardCharsets.ISO_8859_1)) {
      String[] fields = line.split(" ", -1);
      boolean shared = false;
      for (int i = 6; i < fields.length && !fields[i].equals("-"); i++) {
        shared |= fields[i].startsWith("shared:");
      }
      try {
        mounts.add(
            new Line(
                new Mount(unescape(fields[3]), Path.of(unescape(fields[4])), shared),
                Set.copyOf(Arrays.asList(fields[5].split(",", -1)))));
      } catch (InvalidPathException e) {
        LOG.atDebug().addKeyValue("mount", line).log("not a mount of ours: its path is no path");
      }
    }
    return mounts;
  }

  private static String unescape(String field) {
    return field.replace("\\040", " ").replace("\\011", "\t").replace("\\134", "\\");
  }
}
