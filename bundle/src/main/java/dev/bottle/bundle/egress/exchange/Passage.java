package dev.bottle.bundle.egress.exchange;

import dev.bottle.bundle.egress.refusal.Refusal;
import io.netty.channel.Channel;
import org.jspecify.annotations.Nullable;

/** What an exchange has of its tunnel. */
interface Passage {
  /** The guest's side, behind TLS. */
  Channel guest();

  /** Null before there is one, and when it was given up. */
  @Nullable UpstreamConnection upstream();

  /** Asks for the guest's next message. */
  void pullGuest();

  /** Whether this exchange is still under way: what it writes may fail at once and end it. */
  boolean carries(Exchange exchange);

  /** Whether the guest began another request already. */
  boolean guestIsAhead();

  /** The request went on whole, and now the upstream is waited for. */
  void awaitAnswer(HttpExchange exchange);

  /** The upstream answers. */
  void answered();

  /** The answer went on whole. */
  void finish(HttpExchange exchange);

  /** From now on the tunnel carries this. */
  void become(WebSocketExchange socket);

  /**
   * Answers the request with this refusal, which ends the exchange and, after it, the tunnel.
   *
   * @param nothingFollows whether the guest has nothing more to send that could be read
   */
  void answer(HttpExchange exchange, Refusal refusal, boolean nothingFollows);

  /** Says this, the last message to the guest, and closes. */
  void leaveWith(Object last);

  /** Tells of a refusal that no answer carries. */
  void tell(Refusal refusal);

  /** Closes the guest's side once what is written is on its way. */
  void leave();

  /** Closes both sides at once. */
  void cut();
}
