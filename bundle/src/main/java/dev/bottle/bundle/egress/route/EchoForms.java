package dev.bottle.bundle.egress.route;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * The spellings in which a server may give back what it was sent: as it is, inside JSON, inside a
 * URL or form, in hexadecimal, and in Base64 (RFC 4648, sections 4 and 5) wherever in the encoded
 * text it stands.
 */
final class EchoForms {
  /** Shorter secrets would be found everywhere, and protect nothing. */
  private static final int MIN_LENGTH = 6;

  private EchoForms() {}

  /** All of them, US-ASCII; none for a secret that is too short. */
  static Set<String> of(String secret) {
    Set<String> forms = new LinkedHashSet<>();
    if (secret.length() < MIN_LENGTH) {
      return forms;
    }
    byte[] bytes = secret.getBytes(StandardCharsets.ISO_8859_1);
    forms.add(secret);
    String quoted = secret.replace("\\", "\\\\").replace("\"", "\\\"");
    forms.add(quoted);
    forms.add(quoted.replace("/", "\\/"));
    String encoded = URLEncoder.encode(secret, StandardCharsets.ISO_8859_1);
    forms.add(encoded);
    forms.add(encoded.replace("+", "%20"));
    forms.add(HexFormat.of().formatHex(bytes));
    forms.add(HexFormat.of().withUpperCase().formatHex(bytes));
    for (int before = 0; before < 3; before++) {
      forms.add(inBase64(Base64.getEncoder(), bytes, before));
      forms.add(inBase64(Base64.getUrlEncoder(), bytes, before));
    }
    return forms;
  }

  /**
   * The characters that the secret alone decides.
   *
   * @param before how many bytes stand before it, modulo 3
   */
  private static String inBase64(Base64.Encoder encoder, byte[] secret, int before) {
    byte[] padded = new byte[before + secret.length];
    System.arraycopy(secret, 0, padded, before, secret.length);
    String text = new String(encoder.encode(padded), StandardCharsets.ISO_8859_1);
    int first = Math.ceilDiv(before * 8, 6);
    int end = padded.length * 8 / 6;
    return text.substring(first, end);
  }

  /** A mask of this length. */
  static String mask(int length) {
    char[] mask = new char[length];
    Arrays.fill(mask, (char) Masker.MASK);
    return new String(mask);
  }
}
