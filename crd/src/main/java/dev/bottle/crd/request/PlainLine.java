package dev.bottle.crd.request;

import java.util.regex.Pattern;

/** An agent's words as data: one line that no terminal, log or reader takes for anything else. */
public final class PlainLine {
  /**
   * Control, format (bidirectional and zero-width), private, unassigned characters and lone
   * surrogates, and what separates lines; also what combines without end.
   */
  private static final Pattern UNFIT = Pattern.compile("[\\p{C}\\p{Zl}\\p{Zp}\\p{Me}\\s]+");

  private static final Pattern STACKED = Pattern.compile("(\\p{M}{3})\\p{M}+");

  private PlainLine() {}

  /** At most so many code points, an ellipsis where more were. */
  public static String of(String text, int maxCodePoints) {
    String line = STACKED.matcher(UNFIT.matcher(text).replaceAll(" ")).replaceAll("$1").strip();
    return line.codePointCount(0, line.length()) <= maxCodePoints
        ? line
        : line.substring(0, line.offsetByCodePoints(0, maxCodePoints - 1)).strip() + "…";
  }
}
