package dev.bottle.bundle.egress.inspection;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One body: it is searched, and so is what its coding holds. Its newest {@link #HELD} bytes stay
 * here, so that a secret is found before its first byte goes on.
 */
final class BodyInspection implements AutoCloseable {
  /** As much as the longest secret takes in any spelling when each character of it is escaped. */
  static final int HELD = 8 * Needle.MAX_SPAN;

  /** What stands in the place of each masked byte. */
  private static final byte MASK = '*';

  private static final byte[] NOTHING = new byte[0];
  private static final byte[] GZIP = {0x1f, (byte) 0x8b};

  private final StreamScanner scanner;
  private final StreamScanner contentScanner;
  private final List<Finding> found = new ArrayList<>();
  private final List<Finding> foundInContent = new ArrayList<>();
  private @Nullable BodyDecoder decoder;

  /** Whether the coding is a guess: then what is not of it is no fault. */
  private boolean guessed;

  private byte[] held = NOTHING;
  private long gone;
  private boolean begun;

  /**
   * Of a body in this coding.
   *
   * @param decoder closed with this; null for no coding
   */
  BodyInspection(Needles needles, @Nullable BodyDecoder decoder) {
    this.scanner = new StreamScanner(needles);
    this.contentScanner = new StreamScanner(needles);
    this.decoder = decoder;
  }

  /**
   * Looks at the next part and holds it.
   *
   * @return what was found; a finding may be told more than once
   * @throws BodyDecoder.UndecodableException when it cannot be inspected
   */
  List<Finding> next(byte[] part, boolean last) throws BodyDecoder.UndecodableException {
    found.clear();
    foundInContent.clear();
    byte[] all = Arrays.copyOf(held, held.length + part.length);
    System.arraycopy(part, 0, all, held.length, part.length);
    held = all;
    found.addAll(scanner.next(part, last));
    if (!begun && (held.length >= GZIP.length || last)) {
      begun = true;
      guess();
    } else {
      decode(part);
    }
    if (last) {
      foundInContent.addAll(contentScanner.next(NOTHING, true));
    }
    List<Finding> findings = new ArrayList<>(found);
    findings.addAll(foundInContent);
    return findings;
  }

  /** A compressed file as the whole body is read like a compressed body. */
  private void guess() throws BodyDecoder.UndecodableException {
    if (decoder == null && held.length >= GZIP.length && held[0] == GZIP[0] && held[1] == GZIP[1]) {
      guessed = true;
      decoder = BodyDecoder.of("gzip").orElseThrow();
    }
    decode(held);
  }

  private void decode(byte[] part) throws BodyDecoder.UndecodableException {
    BodyDecoder now = decoder;
    if (now == null || !begun) {
      return;
    }
    try {
      now.next(part, content -> foundInContent.addAll(contentScanner.next(content, false)));
    } catch (BodyDecoder.UndecodableException e) {
      if (!guessed || e.isBomb()) {
        throw e;
      }
      now.close();
      decoder = null;
    }
  }

  /**
   * Masks what was found last. False when something of it is not as it is sent or is gone already.
   */
  boolean mask() {
    for (Finding finding : found) {
      if (finding.start() < gone) {
        return false;
      }
      Arrays.fill(held, (int) (finding.start() - gone), (int) (finding.end() - gone), MASK);
    }
    return foundInContent.isEmpty();
  }

  /** What may go on: everything but the newest bytes, or at the end everything. */
  byte[] release(boolean last) {
    int count = last ? held.length : Math.max(0, held.length - HELD);
    byte[] released = Arrays.copyOf(held, count);
    held = Arrays.copyOfRange(held, count, held.length);
    gone += count;
    return released;
  }

  @Override
  public void close() {
    if (decoder != null) {
      decoder.close();
      decoder = null;
    }
    held = NOTHING;
  }
}
