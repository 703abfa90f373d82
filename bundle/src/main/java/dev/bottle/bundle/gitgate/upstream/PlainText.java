package dev.bottle.bundle.gitgate.upstream;

import java.util.List;
import java.util.regex.Pattern;

/** What programs and upstreams say, made fit for a terminal. */
public final class PlainText {
  private static final Pattern UNPRINTABLE = Pattern.compile("[\\p{C}\\p{Zl}\\p{Zp}]");
  private static final int MAX_LINE = 200;
  private static final int MAX_LINES = 12;

  private PlainText() {}

  /** Its lines, not too many, not too long, without control characters. */
  public static List<String> lines(String text) {
    return text.lines()
        .filter(line -> !line.isBlank())
        .limit(MAX_LINES)
        .map(PlainText::line)
        .toList();
  }

  /** As one line. */
  public static String line(String text) {
    return UNPRINTABLE
        .matcher(text.substring(0, Math.min(text.length(), MAX_LINE)))
        .replaceAll("?");
  }

  /** The first line that says what went wrong. */
  static String first(String err) {
    return lines(err).stream().findFirst().orElse("no reason given");
  }
}
