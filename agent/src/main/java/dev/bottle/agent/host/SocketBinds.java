package dev.bottle.agent.host;

import dev.bottle.agent.control.Daemon;
import java.io.IOException;

/** The short paths to the socket volumes of a Bottle's current Pod. */
public interface SocketBinds {
  /** Whether exactly this Pod's volumes are bound. */
  boolean isBound(String bottleUid, String podUid) throws IOException;

  /** Whether anything is bound for this Bottle. */
  boolean anyBound(String bottleUid) throws IOException;

  /** Whether the Pod whose volumes are bound has this daemon. */
  boolean has(String bottleUid, Daemon daemon) throws IOException;

  /** Binds this Pod's volumes in place of any other's. Idempotent. */
  void bind(String bottleUid, String podUid) throws IOException, InterruptedException;

  /** Removes every bind of this Bottle. Idempotent. */
  void unbind(String bottleUid) throws IOException, InterruptedException;
}
