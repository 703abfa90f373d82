package dev.bottle.agent.volume;

import java.io.IOException;

/** A volume holds what nobody of ours writes. Nothing of it was used. */
public final class UntrustedVolumeException extends IOException {
  private static final long serialVersionUID = 1L;

  /** Names volume and entry, never content. */
  public UntrustedVolumeException(String message) {
    super(message);
  }
}
