package dev.bottle.bundle.gitgate.door;

import io.netty.channel.Channel;
import java.io.IOException;
import java.io.OutputStream;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * The body of one request on its way from the event loop to a program: each part is asked for when
 * the one before is written, so that no more than what one read brings ever waits.
 */
final class RequestBody {
  private final Channel guest;
  private final BlockingQueue<Part> parts = new LinkedBlockingQueue<>();
  private volatile boolean ended;

  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Part(byte[] bytes, boolean last) {}

  RequestBody(Channel guest) {
    this.guest = guest;
  }

  /** From the event loop; never blocks. */
  void arrived(byte[] bytes, boolean last) {
    parts.add(new Part(bytes, last));
  }

  /** Whether all of it has come. */
  boolean ended() {
    return ended;
  }

  /**
   * Copies all of it and closes. What a program does not want to read is read and dropped, so that
   * the guest comes to read the answer.
   */
  void copyTo(OutputStream to) throws InterruptedException {
    boolean wanted = true;
    while (!ended) {
      guest.read();
      Part part = parts.take();
      ended = part.last();
      if (wanted) {
        try {
          to.write(part.bytes());
          to.flush();
        } catch (IOException itDoesNotRead) {
          wanted = false;
        }
      }
    }
    try {
      to.close();
    } catch (IOException itDoesNotRead) {
      // its answer says what that means
    }
  }
}
