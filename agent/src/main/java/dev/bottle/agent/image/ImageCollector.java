package dev.bottle.agent.image;

import dev.bottle.agent.smolvm.MachineRecord;
import dev.bottle.agent.smolvm.MachineRuntime;
import dev.bottle.agent.smolvm.RuntimeFailure;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Removes images that no machine uses: after a time, or, when the disk fills, those first whose
 * last use is the longest ago. What a machine's record names is in use, whether it runs or not.
 * When the runtime cannot say which machines there are, nothing is removed.
 */
public final class ImageCollector {
  private static final Logger LOG = LoggerFactory.getLogger(ImageCollector.class);
  static final Duration KEPT_FOR = Duration.ofDays(7);
  static final double FULL = 0.85;
  static final double RELIEVED = 0.75;
  private static final Duration EVERY = Duration.ofMinutes(10);

  private final StoreDirectory directory;
  private final ImageHolds holds;
  private final MachineRuntime runtime;
  private final DiskSpace disk;
  private final Clock clock;

  ImageCollector(
      StoreDirectory directory,
      ImageHolds holds,
      MachineRuntime runtime,
      DiskSpace disk,
      Clock clock) {
    this.directory = directory;
    this.holds = holds;
    this.runtime = runtime;
    this.disk = disk;
    this.clock = clock;
  }

  /** Collects every ten minutes until the process ends. */
  void start() {
    Thread.ofVirtual().name("image-collector").start(this::forEver);
  }

  private void forEver() {
    try {
      while (true) {
        Thread.sleep(EVERY);
        collect(0);
      }
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
    }
  }

  /** Removes what is due, and then more until this many bytes are free for images. */
  void collect(long room) throws InterruptedException {
    try {
      directory.sweep();
      List<StoreDirectory.Kept> unused = new ArrayList<>(unused());
      unused.sort(Comparator.comparing(StoreDirectory.Kept::lastUse));
      Instant expiry = clock.instant().minus(KEPT_FOR);
      boolean full = disk.now().usedShare() > FULL;
      for (StoreDirectory.Kept oldest : unused) {
        DiskSpace.Space space = disk.now();
        boolean pressed = (full && space.usedShare() > RELIEVED) || space.room() < room;
        if (!pressed && oldest.lastUse().isAfter(expiry)) {
          return;
        }
        remove(oldest.digest());
      }
    } catch (IOException | RuntimeFailure e) {
      LOG.atWarn().addKeyValue("error", e.getMessage()).log("images are not collected");
    }
  }

  private List<StoreDirectory.Kept> unused()
      throws IOException, RuntimeFailure, InterruptedException {
    Set<String> inUse = inUse();
    Instant now = clock.instant();
    List<StoreDirectory.Kept> unused = new ArrayList<>();
    for (StoreDirectory.Kept kept : directory.kept()) {
      if (inUse.contains(StoreDirectory.name(kept.digest()))) {
        directory.touch(kept.digest(), now); // its time runs from the end of its use
      } else {
        unused.add(kept);
      }
    }
    return unused;
  }

  private void remove(String digest) throws IOException, RuntimeFailure, InterruptedException {
    Path gone;
    try (var _ = holds.exclusively()) {
      // In this order: whoever created a machine meanwhile held the image until its record existed.
      if (holds.isHeld(digest) || inUse().contains(StoreDirectory.name(digest))) {
        return;
      }
      gone = directory.retire(digest);
    }
    directory.discard(gone);
    LOG.atInfo().addKeyValue("digest", digest).log("an image that no machine uses is removed");
  }

  /** The names of all directories above what machines are made from. */
  private Set<String> inUse() throws RuntimeFailure, InterruptedException {
    Set<String> names = new HashSet<>();
    for (MachineRecord machine : runtime.list()) {
      Path.of(machine.image()).forEach(component -> names.add(component.toString()));
    }
    return names;
  }
}
