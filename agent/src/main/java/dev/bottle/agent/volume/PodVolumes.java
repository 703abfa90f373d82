package dev.bottle.agent.volume;

import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;

/** The volumes of one Pod, below kubelet's root directory. */
public final class PodVolumes {
  private final Path pods;
  private final String podUid;

  /**
   * Opens nothing yet.
   *
   * @param pods kubelet's directory of Pods
   */
  public PodVolumes(Path pods, String podUid) {
    this.pods = pods;
    this.podUid = podUid;
  }

  /** The volume of that name and kind; it may not exist yet. */
  public PodVolume volume(VolumeKind kind, String name) {
    return new PodVolume(pods, podUid, kind, name);
  }

  /** Whether kubelet still knows the Pod. */
  public boolean podExists() {
    return Files.isDirectory(pods.resolve(podUid), LinkOption.NOFOLLOW_LINKS);
  }
}
