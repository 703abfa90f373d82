package dev.bottle.bundle.egress.inspection;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * Searches one stream, however it is cut into parts. A needle is judged when everything that its
 * match could take is there; until then the window holds it, {@link #KEPT} bytes at most.
 */
final class Scanner {
  /** How many bytes behind the newest one a finding may begin that is not yet told. */
  static final int KEPT = 2 * Needle.MAX_SPAN;

  private static final VarHandle WORD =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

  private record Candidate(Needle needle, long start) {}

  private final Needles needles;
  private final Window window;
  private List<Candidate> undecided = new ArrayList<>();

  /** The place up to which needles were looked for. */
  private long searched;

  Scanner(Needles needles) {
    this.needles = needles;
    this.window = new Window(KEPT + needles.longest());
  }

  /**
   * The next part of the stream.
   *
   * @param last whether to judge what is undecided by what there is; more may still follow
   */
  void next(Part part, boolean last, List<Finding> findings) {
    window.append(part);
    search();
    if (!undecided.isEmpty()) {
      judge(last, findings);
    }
  }

  /**
   * Looks at every second place. The end is left for the next part: no secret is as short as what
   * is left.
   */
  private void search() {
    byte[] text = window.bytes();
    long base = window.base();
    int end = window.length() - Integer.BYTES;
    int at = (int) (searched - base);
    for (; at <= end; at += Needles.STEP) {
      int prefix = (int) WORD.get(text, at) & Needles.PREFIX;
      if (needles.mayBe(prefix)) {
        note(prefix, at);
      }
    }
    searched = base + at;
  }

  private void note(int prefix, int at) {
    for (Needles.Place place : needles.at(prefix)) {
      int from = at - place.index();
      if (from >= 0 && place.needle().mayBeAt(window.bytes(), from, window.length())) {
        undecided.add(new Candidate(place.needle(), window.base() + from));
      }
    }
  }

  private void judge(boolean last, List<Finding> findings) {
    List<Candidate> early = new ArrayList<>();
    int length = window.length();
    for (Candidate candidate : undecided) {
      Needle needle = candidate.needle();
      int from = (int) (candidate.start() - window.base());
      if (!needle.mayBeAt(window.bytes(), from, length)) {
        continue; // more of it came, and it is another text
      }
      boolean all = length - from >= needle.span();
      int matched = all || last ? needle.match(window.bytes(), from, length) : -1;
      if (matched > 0) {
        findings.add(
            new Finding(
                needle.rule().name(),
                needle.rule().kind(),
                needle.spelling(),
                window.origin(from),
                window.origin(from + matched)));
      } else if (!all) {
        early.add(candidate); // more may follow
      }
    }
    undecided = early;
  }

  /** The bytes before the newest ones, as many as may still matter. */
  Part before(int newest) {
    return window.before(newest, KEPT);
  }
}
