package dev.bottle.bundle.egress.inspection;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Searches one stream as it is and without its escapes, twice undone, for servers that decode
 * twice. Where the last few thousand bytes hold no escape, nothing is undone.
 */
final class StreamScanner {
  private static final int UNDONE = 2;

  /** Escapes are undone in all of a piece or none. */
  private static final int PIECE = 2048;

  private final Level level;
  private long total;

  StreamScanner(Needles needles) {
    level = new Level(needles, UNDONE);
  }

  /**
   * The next part; a secret may be found in several ways, and is told each time.
   *
   * @param last whether to judge by what there is; more may follow
   */
  List<Finding> next(byte[] part, boolean last) {
    List<Finding> findings = new ArrayList<>();
    level.next(new Part(part, part.length, total, null), last, findings);
    total += part.length;
    return findings;
  }

  /** One reading of the stream, and below it the same without escapes while there are some. */
  private static final class Level {
    private final Needles needles;
    private final Scanner scanner;
    private final int deeper;
    private @Nullable Unescaper unescaper;
    private @Nullable Level below;
    private long quiet;

    Level(Needles needles, int deeper) {
      this.needles = needles;
      this.scanner = new Scanner(needles);
      this.deeper = deeper;
    }

    void next(Part part, boolean last, List<Finding> findings) {
      scanner.next(part, last, findings);
      if (deeper > 0) {
        int from = 0;
        do {
          int to = Math.min(part.count(), from + PIECE);
          undo(part, from, to, last && to == part.count(), findings);
          from = to;
        } while (from < part.count());
      }
    }

    private void undo(Part part, int from, int to, boolean last, List<Finding> findings) {
      boolean concerned = Unescaper.concerns(part.bytes(), from, to);
      if (concerned && unescaper == null) {
        unescaper = new Unescaper();
        below = new Level(needles, deeper - 1);
        below(scanner.before(part.count() - from), false, findings);
      }
      if (unescaper != null) {
        below(part.slice(from, to), last, findings);
        quiet = concerned ? 0 : quiet + to - from;
        if (quiet > Scanner.KEPT) {
          unescaper = null;
          below = null;
        }
      }
    }

    private void below(Part part, boolean last, List<Finding> findings) {
      if (unescaper != null && below != null) {
        below.next(unescaper.next(part, last), last, findings);
      }
    }
  }
}
