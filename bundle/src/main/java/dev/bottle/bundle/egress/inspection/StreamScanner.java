package dev.bottle.bundle.egress.inspection;

import java.util.ArrayList;
import java.util.Arrays;
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
    int at = 0;
    do {
      byte[] piece = Arrays.copyOfRange(part, at, Math.min(part.length, at + PIECE));
      at += piece.length;
      boolean end = last && at == part.length;
      findings.addAll(level.next(new Part(piece, piece.length, total, null), end));
      total += piece.length;
    } while (at < part.length);
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

    List<Finding> next(Part part, boolean last) {
      boolean concerned = deeper > 0 && Unescaper.concerns(part);
      Part before = concerned && unescaper == null ? scanner.tail() : null;
      List<Finding> findings = new ArrayList<>(scanner.next(part, last));
      if (before != null) {
        unescaper = new Unescaper();
        below = new Level(needles, deeper - 1);
        undo(before, false, findings);
      }
      if (unescaper != null) {
        undo(part, last, findings);
        quiet = concerned ? 0 : quiet + part.count();
        if (quiet > Scanner.KEPT) {
          unescaper = null;
          below = null;
        }
      }
      return findings;
    }

    private void undo(Part part, boolean last, List<Finding> findings) {
      if (unescaper != null && below != null) {
        findings.addAll(below.next(unescaper.next(part, last), last));
      }
    }
  }
}
