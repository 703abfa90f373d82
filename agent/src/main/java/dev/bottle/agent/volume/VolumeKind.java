package dev.bottle.agent.volume;

/** The kinds of volume that a bundle Pod has, with kubelet's directory for each. */
public enum VolumeKind {
  /** Written by a daemon. */
  EmptyDir("kubernetes.io~empty-dir", false),
  /** Written by kubelet, as the three below. */
  ConfigMap("kubernetes.io~configmap", true),
  Secret("kubernetes.io~secret", true),
  Projected("kubernetes.io~projected", true);

  private final String directory;
  private final boolean atomicallySwapped;

  VolumeKind(String directory, boolean atomicallySwapped) {
    this.directory = directory;
    this.atomicallySwapped = atomicallySwapped;
  }

  String directory() {
    return directory;
  }

  /** Whether kubelet swaps the content behind its link {@code ..data}. */
  boolean atomicallySwapped() {
    return atomicallySwapped;
  }
}
