package dev.bottle.agent.machine;

import dev.bottle.agent.image.ImageFailure;
import dev.bottle.agent.image.StoredImage;
import dev.bottle.crd.condition.Reason;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** The pull that a reconciler waits for, if any. Used by its thread only. */
final class ImageRequest {
  private @Nullable CompletableFuture<StoredImage> pull;

  View.Image view() {
    if (pull == null || pull.isCompletedExceptionally()) {
      return new View.Image.Unknown();
    }
    return pull.isDone() ? new View.Image.Ready(pull.join().digest()) : new View.Image.Pulling();
  }

  void begin(CompletableFuture<StoredImage> newPull) {
    pull = newPull;
  }

  /** Throws what the last pull failed with, once. */
  void rethrow() throws ImageFailure {
    CompletableFuture<StoredImage> last = pull;
    if (last == null || !last.isCompletedExceptionally()) {
      return;
    }
    pull = null;
    Throwable cause = last.exceptionNow();
    while (!(cause instanceof ImageFailure) && cause.getCause() != null) {
      cause = cause.getCause();
    }
    throw cause instanceof ImageFailure failure
        ? failure
        : new ImageFailure(Reason.ImagePulling, "the pull was interrupted: " + cause);
  }

  /** A tag is resolved anew for each machine that is created. */
  void forget() {
    pull = null;
  }
}
