package dev.bottle.agent.machine;

import dev.bottle.agent.image.ImageFailure;
import dev.bottle.agent.image.ImageHold;
import dev.bottle.crd.condition.Reason;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** The pull that a reconciler waits for, if any. Used by its thread only. */
final class ImageRequest {
  private @Nullable CompletableFuture<ImageHold> pull;

  View.Image view() {
    if (pull == null || pull.isCompletedExceptionally()) {
      return new View.Image.Unknown();
    }
    return pull.isDone()
        ? new View.Image.Ready(pull.join().image().digest())
        : new View.Image.Pulling();
  }

  void begin(CompletableFuture<ImageHold> newPull) {
    pull = newPull;
  }

  /** Throws what the last pull failed with, once. */
  void rethrow() throws ImageFailure {
    CompletableFuture<ImageHold> last = pull;
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

  /** A tag is resolved anew for each machine that is created. The image may be removed again. */
  void forget() {
    CompletableFuture<ImageHold> last = pull;
    pull = null;
    if (last != null) {
      var _ = last.thenAccept(ImageHold::close);
    }
  }
}
