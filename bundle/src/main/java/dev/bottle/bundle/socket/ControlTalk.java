package dev.bottle.bundle.socket;

import dev.bottle.crd.control.ControlMessage;
import dev.bottle.crd.json.MalformedDocumentException;
import java.io.IOException;
import java.util.List;

/**
 * What a daemon says on each connection of its control socket besides its state, and hears there.
 */
public interface ControlTalk {
  /** Said on each new connection, after the state. On the event loop; must not block. */
  List<ControlMessage> greeting();

  /** The longest line, without its end; a longer one ends its connection. */
  int maxLineBytes();

  /**
   * One line, without its end. On a thread of its own, one at a time for each connection; may
   * block.
   *
   * @throws MalformedDocumentException when it is not understood, which ends its connection
   * @throws IOException when nothing came of it, which ends its connection: who said it may do so
   *     again
   */
  void heard(byte[] line) throws MalformedDocumentException, IOException;
}
