package dev.bottle.agent.image;

import dev.bottle.agent.host.Command;
import dev.bottle.agent.host.CommandResult;
import dev.bottle.agent.host.CommandRunner;
import dev.bottle.agent.host.MountTable;
import dev.bottle.crd.condition.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The mount through which machines see images, in the host's mount namespace: read-only, so that no
 * machine's process changes what others run; nodev and nosuid, because an image's owner says what
 * modes its files have. Not noexec: guests execute from it, and so does the stand-in for smolvm,
 * which has no kernel of its own between.
 */
public final class StoreMount {
  private static final Duration DEADLINE = Duration.ofSeconds(10);
  private static final Map<String, String> ENVIRONMENT =
      Map.of("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
  private static final Set<String> OPTIONS = Set.of("ro", "nodev", "nosuid");

  private final CommandRunner host;
  private final MountTable mounts;
  private final Path unpacked;
  private final Path view;

  /**
   * Mounts by the host's own mount program.
   *
   * @param unpacked the directory of the store that is shown
   * @param view where it is shown
   */
  public StoreMount(CommandRunner host, MountTable mounts, Path unpacked, Path view) {
    this.host = host;
    this.mounts = mounts;
    this.unpacked = unpacked;
    this.view = view;
  }

  /**
   * Makes sure that the mount is there and as it must be. Idempotent; cheap when it is.
   *
   * @throws ImageFailure {@code ImageStoreUnsafe} when it cannot be had
   */
  public synchronized void ensure() throws ImageFailure, InterruptedException {
    try {
      if (!isRight()) {
        mount();
      }
      if (!isRight()) {
        throw new IOException("it is not mounted as " + String.join(",", OPTIONS));
      }
    } catch (IOException e) {
      throw new ImageFailure(Reason.ImageStoreUnsafe, view + ": " + e.getMessage());
    }
  }

  private void mount() throws IOException, InterruptedException {
    Files.createDirectories(view);
    while (mounts.at(view).isPresent()) {
      // Lazily: a machine that reads from what was there must not keep us from it.
      run("umount", "-l", view.toString());
    }
    run("mount", "--bind", unpacked.toString(), view.toString());
    run("mount", "-o", "remount,bind,ro,nodev,nosuid", view.toString());
  }

  private boolean isRight() throws IOException {
    Optional<MountTable.Mount> mounted = mounts.at(view);
    Optional<MountTable.Mount> holder = mounts.holding(unpacked);
    if (mounted.isEmpty() || holder.isEmpty()) {
      return false;
    }
    Path shown = holder.get().point().relativize(unpacked);
    return mounted.get().root().equals(Path.of(holder.get().root()).resolve(shown).toString())
        && mounts.optionsAt(view).containsAll(OPTIONS);
  }

  private void run(String... argv) throws IOException, InterruptedException {
    CommandResult result = host.run(Command.of(DEADLINE, ENVIRONMENT, List.of(argv)));
    if (!result.succeeded()) {
      throw new IOException(String.join(" ", argv) + ": " + result.complaint());
    }
  }
}
