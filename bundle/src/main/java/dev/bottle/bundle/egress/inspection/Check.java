package dev.bottle.bundle.egress.inspection;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.CRC32;

/** What a format says beyond its shape; it tells real credentials from look-alikes. */
enum Check {
  /** Nothing. */
  None {
    @Override
    boolean accepts(String match) {
      return true;
    }
  },

  /**
   * The last 6 characters are the CRC-32 of the 30 before them in base 62 (GitHub, "Behind GitHub's
   * new authentication token formats", 2021; npm took it over).
   */
  Crc32Base62 {
    private static final String DIGITS =
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    @Override
    boolean accepts(String match) {
      int sum = match.length() - 6;
      CRC32 crc = new CRC32();
      crc.update(match.substring(sum - 30, sum).getBytes(StandardCharsets.ISO_8859_1));
      long rest = crc.getValue();
      StringBuilder expected = new StringBuilder();
      for (int i = 0; i < 6; i++) {
        expected.append(DIGITS.charAt((int) (rest % 62)));
        rest /= 62;
      }
      return expected.reverse().toString().equals(match.substring(sum));
    }
  },

  /** Not one of the keys of AWS's documentation, which all end so. */
  NotExample {
    @Override
    boolean accepts(String match) {
      return !match.endsWith("EXAMPLE");
    }
  },

  /** The checksum of BIP-173 over the whole string. */
  Bech32 {
    private static final String DIGITS = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    private static final int[] GENERATOR = {
      0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3
    };

    @Override
    boolean accepts(String match) {
      String text = match.toLowerCase(Locale.ROOT);
      int separator = text.lastIndexOf('1');
      int sum = 1;
      for (int i = 0; i < separator; i++) {
        sum = step(sum) ^ (text.charAt(i) >> 5);
      }
      sum = step(sum);
      for (int i = 0; i < separator; i++) {
        sum = step(sum) ^ (text.charAt(i) & 31);
      }
      for (int i = separator + 1; i < text.length(); i++) {
        sum = step(sum) ^ DIGITS.indexOf(text.charAt(i));
      }
      return sum == 1;
    }

    private static int step(int sum) {
      int top = sum >>> 25;
      int next = (sum & 0x1ffffff) << 5;
      for (int i = 0; i < 5; i++) {
        next ^= ((top >> i) & 1) == 0 ? 0 : GENERATOR[i];
      }
      return next;
    }
  },

  /**
   * What follows the label begins as key material does: a DER SEQUENCE (RFC 5208, 5915, 8017), an
   * OpenSSH key, or an OpenPGP secret key packet (RFC 9580, section 4.2). An encrypted key in the
   * old PEM format is any bytes, and says so in a header.
   */
  KeyMaterial {
    private static final Pattern LAST = Pattern.compile("[0-9A-Za-z+/]{40,64}$");

    @Override
    boolean accepts(String match) {
      Matcher last = LAST.matcher(match);
      if (!last.find()) {
        return false;
      }
      String text = last.group();
      byte[] bytes = Base64.getDecoder().decode(text.substring(0, text.length() & ~3));
      int first = bytes[0] & 0xff;
      return match.contains("Proc-Type")
          || first == 0x30
          || first == 0x94
          || first == 0x95
          || first == 0xc5
          || Arrays.equals(
              Arrays.copyOf(bytes, 14), "openssh-key-v1".getBytes(StandardCharsets.US_ASCII));
    }
  };

  /**
   * Whether it can be real.
   *
   * @param match what the rule's expression matched
   */
  abstract boolean accepts(String match);
}
