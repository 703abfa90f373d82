package dev.bottle.bundle.egress.inspection;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A keyword as it stands in one spelling. Found, it is read on from there, decoded, and the rule
 * has the last word; so decoding costs nothing where there is nothing.
 */
final class Needle {
  /** The longest match of any rule, in bytes. */
  static final int MAX_LENGTH = 512;

  /** How far behind a needle's start its match may end, in bytes, in any spelling. */
  static final int MAX_SPAN = 2 * MAX_LENGTH + 32;

  /** A shorter keyword in Base64 would be found everywhere. */
  private static final int MIN_ENCODED = 4;

  private final Rule rule;
  private final Spelling spelling;
  private final byte[] text;

  /** Of Base64: the characters before the needle, as if zeros were before the secret. */
  private final String before;

  private Needle(Rule rule, Spelling spelling, String text, String before) {
    this.rule = rule;
    this.spelling = spelling;
    this.text = text.getBytes(StandardCharsets.ISO_8859_1);
    this.before = before;
  }

  /** In every spelling, at every alignment. */
  static List<Needle> of(Rule rule) {
    List<Needle> needles = new ArrayList<>();
    needles.add(new Needle(rule, Spelling.PLAIN, rule.keyword(), ""));
    if (rule.keyword().length() < MIN_ENCODED) {
      return needles;
    }
    byte[] keyword = rule.keywordBytes();
    needles.add(new Needle(rule, Spelling.HEX, HexFormat.of().formatHex(keyword), ""));
    needles.add(
        new Needle(rule, Spelling.HEX, HexFormat.of().withUpperCase().formatHex(keyword), ""));
    Map<String, Needle> encoded = new LinkedHashMap<>();
    for (int padding = 0; padding < 3; padding++) {
      for (Base64.Encoder encoder : List.of(Base64.getEncoder(), Base64.getUrlEncoder())) {
        byte[] padded = new byte[padding + keyword.length];
        System.arraycopy(keyword, 0, padded, padding, keyword.length);
        String all = encoder.encodeToString(padded);
        int first = Math.ceilDiv(padding * 8, 6);
        String core = all.substring(first, padded.length * 8 / 6);
        encoded.putIfAbsent(core, new Needle(rule, Spelling.BASE64, core, all.substring(0, first)));
      }
    }
    needles.addAll(encoded.values());
    return needles;
  }

  Rule rule() {
    return rule;
  }

  Spelling spelling() {
    return spelling;
  }

  byte[] text() {
    return text;
  }

  /** Whether it stands here, as far as the text goes. */
  boolean mayBeAt(byte[] window, int from, int end) {
    int to = Math.min(end, from + text.length);
    return Arrays.equals(window, from, to, text, 0, to - from);
  }

  /** How many bytes from the needle's start on decide whether it is one. */
  int span() {
    return switch (spelling) {
      case PLAIN -> rule.maxLength() + 1;
      case HEX, BASE64 -> 2 * (rule.maxLength() + 1);
    };
  }

  /**
   * How many bytes the secret takes that begins with the needle here; -1 when it is none.
   *
   * @param window everything before {@code from} may be looked at
   */
  int match(byte[] window, int from, int end) {
    return switch (spelling) {
      case PLAIN -> rule.match(new Latin1(window, 0, end), from, end);
      case HEX -> {
        byte[] decoded = hex(window, from, end);
        int length = rule.match(new Latin1(decoded, 0, decoded.length), 0, decoded.length);
        yield length < 0 ? -1 : 2 * length;
      }
      case BASE64 -> base64(window, from, end);
    };
  }

  private byte[] hex(byte[] window, int from, int end) {
    byte[] decoded = new byte[Math.min(rule.maxLength() + 1, (end - from) / 2)];
    for (int i = 0; i < decoded.length; i++) {
      int high = Character.digit(window[from + 2 * i], 16);
      int low = Character.digit(window[from + 2 * i + 1], 16);
      if (high < 0 || low < 0) {
        return Arrays.copyOf(decoded, i);
      }
      decoded[i] = (byte) (high << 4 | low);
    }
    return decoded;
  }

  /** Bits go in six by six; the zeros of the padding come out first and are dropped. */
  private int base64(byte[] window, int from, int end) {
    int padding = before.length() * 6 / 8;
    byte[] decoded = new byte[padding + rule.maxLength() + 1];
    int[] ends = new int[decoded.length];
    int count = 0;
    int bits = 0;
    int held = 0;
    int limit = Math.min(end, from + MAX_SPAN);
    for (int i = -before.length(); from + i < limit && count < decoded.length; i++) {
      int c = i < 0 ? before.charAt(before.length() + i) : window[from + i];
      int sextet = sextet(c);
      if (sextet < 0) {
        int skipped = lineBreak(window, from + i, limit);
        if (skipped == 0) {
          break;
        }
        i += skipped - 1;
        continue;
      }
      bits = (bits << 6 | sextet) & 0xfff;
      held += 6;
      if (held >= 8) {
        held -= 8;
        decoded[count] = (byte) (bits >> held);
        ends[count++] = i + 1;
      }
    }
    if (count <= padding) {
      return -1;
    }
    int length = rule.match(new Latin1(decoded, padding, count), 0, count - padding);
    return length < 0 ? -1 : ends[padding + length - 1];
  }

  /** The length of a line break here, also as JSON writes it; 0 when there is none. */
  private static int lineBreak(byte[] window, int at, int end) {
    if (window[at] == '\n' || window[at] == '\r') {
      return 1;
    }
    return window[at] == '\\' && at + 1 < end && (window[at + 1] == 'n' || window[at + 1] == 'r')
        ? 2
        : 0;
  }

  private static int sextet(int c) {
    if (c >= 'A' && c <= 'Z') {
      return c - 'A';
    } else if (c >= 'a' && c <= 'z') {
      return c - 'a' + 26;
    } else if (c >= '0' && c <= '9') {
      return c - '0' + 52;
    } else if (c == '+' || c == '-') {
      return 62;
    } else {
      return c == '/' || c == '_' ? 63 : -1;
    }
  }

  /** The rule and the spelling only. */
  @Override
  public String toString() {
    return rule.name() + " " + spelling;
  }
}
