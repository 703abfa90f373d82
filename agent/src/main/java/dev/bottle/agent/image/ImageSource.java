package dev.bottle.agent.image;

import java.nio.file.Path;

/** Where images come from. */
public interface ImageSource {
  /**
   * Asks the registry what the reference names now. It is asked each time, also for a reference by
   * digest: its answer is the permission to use the image.
   */
  ResolvedImage resolve(String reference, PullCredentials credentials)
      throws ImageFailure, InterruptedException;

  /**
   * Unpacks into an existing, empty directory: the flattened filesystem as {@code rootfs}, readable
   * for machines, and the configuration as {@code config.json}. Both are on the disk when it
   * returns.
   *
   * @param room bytes that may be used; more is {@code DiskFull}
   */
  void unpack(ResolvedImage image, PullCredentials credentials, Path directory, long room)
      throws ImageFailure, InterruptedException;
}
