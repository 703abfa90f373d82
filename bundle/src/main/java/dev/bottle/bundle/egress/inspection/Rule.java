package dev.bottle.bundle.egress.inspection;

import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** One secret, or one format of secrets, that begins with its keyword. Immutable. */
sealed interface Rule {
  /** For people and for refusals. */
  String name();

  Finding.Kind kind();

  /** US-ASCII; stands at the beginning of every match. */
  String keyword();

  /** The longest match, in bytes. */
  int maxLength();

  /**
   * The length of the match that begins here, -1 when there is none.
   *
   * @param text what is before and behind may be looked at
   */
  int match(CharSequence text, int from, int end);

  /**
   * A well-known format.
   *
   * @param entropy the least that what follows the keyword has, in bits a character
   */
  record Format(
      String name, String keyword, Pattern expression, int maxLength, double entropy, Check check)
      implements Rule {
    @Override
    public Finding.Kind kind() {
      return Finding.Kind.FORMAT;
    }

    @Override
    public int match(CharSequence text, int from, int end) {
      Matcher matcher =
          expression
              .matcher(text)
              .region(from, Math.min(end, from + maxLength))
              .useTransparentBounds(true)
              .useAnchoringBounds(false);
      if (!matcher.lookingAt()) {
        return -1;
      }
      String match = matcher.group();
      return Entropy.of(match.substring(keyword.length())) >= entropy && check.accepts(match)
          ? match.length()
          : -1;
    }
  }

  /** One exact value; not a record, so that nothing prints it by accident. */
  final class Value implements Rule {
    /** A shorter value would be found everywhere, and protects nothing. */
    static final int MIN_LENGTH = 6;

    /** Whoever sends this much of a secret sends it. */
    static final int MAX_LENGTH = 256;

    private static final int KEYWORD = 12;

    private final String name;
    private final Finding.Kind kind;
    private final String value;

    Value(String name, Finding.Kind kind, String value) {
      this.name = name;
      this.kind = kind;
      this.value = value.substring(0, Math.min(MAX_LENGTH, value.length()));
    }

    @Override
    public String name() {
      return name;
    }

    @Override
    public Finding.Kind kind() {
      return kind;
    }

    @Override
    public String keyword() {
      return value.substring(0, Math.min(KEYWORD, value.length()));
    }

    @Override
    public int maxLength() {
      return value.length();
    }

    @Override
    public int match(CharSequence text, int from, int end) {
      int length = value.length();
      if (end - from < length) {
        return -1;
      }
      for (int i = 0; i < length; i++) {
        if (text.charAt(from + i) != value.charAt(i)) {
          return -1;
        }
      }
      return length;
    }

    /** The rule's name only. */
    @Override
    public String toString() {
      return name;
    }
  }

  /** The bytes of the keyword. */
  default byte[] keywordBytes() {
    return keyword().getBytes(StandardCharsets.ISO_8859_1);
  }
}
