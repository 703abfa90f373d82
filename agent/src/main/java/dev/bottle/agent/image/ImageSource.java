package dev.bottle.agent.image;

import java.nio.file.Path;

/** Where images come from. */
public interface ImageSource {
  /** The digest that a reference has now, {@code sha256:<hex>}, for this platform. */
  String digest(String reference, PullCredentials credentials)
      throws ImageFailure, InterruptedException;

  /** The image's configuration as JSON. */
  String config(String reference, String digest, PullCredentials credentials)
      throws ImageFailure, InterruptedException;

  /** Unpacks the flattened filesystem into an existing, empty directory. */
  void unpack(String reference, String digest, PullCredentials credentials, Path rootfs)
      throws ImageFailure, InterruptedException;
}
