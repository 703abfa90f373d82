package dev.bottle.agent.image;

import dev.bottle.crd.condition.Reason;

/** A guest image cannot be had. */
public final class ImageFailure extends Exception {
  private static final long serialVersionUID = 1L;

  private final Reason reason;

  /** The message names the image and says what its source said; it holds no credential. */
  public ImageFailure(Reason reason, String message) {
    super(message);
    this.reason = reason;
  }

  /**
   * ImageNotFound, ImageInvalid, ImageTooLarge, RegistryRefused, ImageStoreUnsafe or DiskFull;
   * ImagePulling when it is worth trying again soon.
   */
  public Reason reason() {
    return reason;
  }
}
