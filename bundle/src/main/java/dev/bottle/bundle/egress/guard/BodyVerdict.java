package dev.bottle.bundle.egress.guard;

import dev.bottle.bundle.egress.refusal.Refusal;
import io.netty.buffer.ByteBuf;

/** What a guard says of one part of a body: what goes on in its place, or that nothing does. */
public sealed interface BodyVerdict {
  /**
   * These bytes go on. They may be fewer than were given, when the guard holds some back, and then
   * more the next time; over the whole body they are as many, so that its framing stays true. A
   * mask has the length of what it masks.
   *
   * @param bytes may be empty; who gets the verdict releases them
   */
  record Forward(ByteBuf bytes) implements BodyVerdict {}

  /** The exchange ends here; see {@link Verdict.Refuse}. Nothing of this part goes on. */
  record Refuse(Refusal refusal) implements BodyVerdict {}
}
