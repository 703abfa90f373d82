package dev.bottle.agent.image;

/** An image that is not removed until this is closed. Closing twice does nothing. */
public final class ImageHold implements AutoCloseable {
  private final StoredImage image;
  private final Runnable release;
  private boolean closed;

  ImageHold(StoredImage image, Runnable release) {
    this.image = image;
    this.release = release;
  }

  /** The image. */
  public StoredImage image() {
    return image;
  }

  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      release.run();
    }
  }
}
