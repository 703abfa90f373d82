package dev.bottle.bundle.egress.inspection;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * Searches one stream, however it is cut into parts. A needle is judged when everything that its
 * match could take is there; until then the window holds it, {@link #KEPT} bytes at most.
 */
final class Scanner {
  /** How many bytes behind the newest one a finding may begin that is not yet told. */
  static final int KEPT = 2 * Needle.MAX_SPAN;

  private record Candidate(Needle needle, long start) {}

  private final Needles needles;
  private final Queue<Candidate> undecided = new ArrayDeque<>();
  private byte[] window = new byte[0];

  /**
   * For each byte of the window, and one more, where in the original stream it begins; null when it
   * is that.
   */
  private long @Nullable [] origins;

  private int length;

  /** The last three bytes, where there were so many. */
  private int recent;

  /** The place of the window's first byte. */
  private long base;

  Scanner(Needles needles) {
    this.needles = needles;
  }

  /**
   * The next part of the stream.
   *
   * @param last whether to judge what is undecided by what there is; more may still follow
   */
  List<Finding> next(Part part, boolean last) {
    int count = part.count();
    append(part.bytes(), count, part.origins());
    List<Finding> findings = new ArrayList<>();
    search(length - count);
    judge(last, findings);
    return findings;
  }

  private void search(int from) {
    byte[] text = window;
    int now = recent;
    for (int i = from; i < length; i++) {
      now = Needles.shift(now, text[i]);
      if (needles.mayBegin(now)) {
        note(now, i + 1 - Needles.PREFIX);
      }
    }
    recent = now;
  }

  private void note(int prefix, int from) {
    if (from < 0) {
      return; // the stream is shorter yet
    }
    for (Needle needle : needles.beginning(prefix)) {
      if (needle.mayBeAt(window, from, length)) {
        undecided.add(new Candidate(needle, base + from));
      }
    }
  }

  private void append(byte[] part, int count, long @Nullable [] at) {
    int kept = Math.min(length, KEPT + needles.longest());
    int dropped = length - kept;
    byte[] next = new byte[kept + count];
    System.arraycopy(window, dropped, next, 0, kept);
    System.arraycopy(part, 0, next, kept, count);
    if (at != null) {
      long[] places = new long[kept + count + 1];
      if (origins != null) {
        System.arraycopy(origins, dropped, places, 0, kept);
      }
      System.arraycopy(at, 0, places, kept, count + 1);
      origins = places;
    }
    window = next;
    base += dropped;
    length = next.length;
  }

  private void judge(boolean last, List<Finding> findings) {
    if (undecided.isEmpty()) {
      return;
    }
    List<Candidate> early = new ArrayList<>();
    for (Candidate candidate = undecided.poll(); candidate != null; candidate = undecided.poll()) {
      int from = (int) (candidate.start() - base);
      if (!candidate.needle().mayBeAt(window, from, length)) {
        continue; // more of it came, and it is another text
      }
      boolean all = length - from >= candidate.needle().span();
      if (!all && !last) {
        early.add(candidate);
        continue;
      }
      Needle needle = candidate.needle();
      int matched = needle.match(window, from, length);
      if (matched > 0) {
        findings.add(
            new Finding(
                needle.rule().name(),
                needle.rule().kind(),
                needle.spelling(),
                origin(from),
                origin(from + matched)));
      } else if (!all) {
        early.add(candidate); // more may follow
      }
    }
    undecided.addAll(early);
  }

  private long origin(int index) {
    return origins == null ? base + index : origins[index];
  }

  /** The newest bytes, as many as may still matter. */
  Part tail() {
    int from = Math.max(0, length - KEPT);
    return new Part(
        Arrays.copyOfRange(window, from, length),
        length - from,
        base + from,
        origins == null ? null : Arrays.copyOfRange(origins, from, length + 1));
  }
}
