package dev.bottle.operator.render;

import dev.bottle.crd.api.Bottle;
import dev.bottle.crd.json.Sha256;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;

/**
 * A Bottle's canary: a value with the look of a credential that opens nothing. It lies in the guest
 * for whoever carries data out; nobody has a reason to send it, so the inspection refuses it. It
 * follows from the Bottle's UID: the same in every rendering, another in every Bottle, stored
 * nowhere.
 */
final class Canary {
  static final String PREFIX = "btl_canary_";

  /** The environment variable of the guest; provisioning writes the same into a file. */
  static final String VARIABLE = "BOTTLE_CANARY";

  private static final String ALPHABET =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  private static final int CHARACTERS = 32;

  private Canary() {}

  static String of(Bottle bottle) {
    String seed = "bottle.dev/canary " + bottle.getMetadata().getUid();
    BigInteger number = new BigInteger(Sha256.hex(seed.getBytes(StandardCharsets.UTF_8)), 16);
    BigInteger base = BigInteger.valueOf(ALPHABET.length());
    StringBuilder canary = new StringBuilder(PREFIX);
    for (int i = 0; i < CHARACTERS; i++) {
      BigInteger[] parts = number.divideAndRemainder(base);
      canary.append(ALPHABET.charAt(parts[1].intValue()));
      number = parts[0];
    }
    return canary.toString();
  }
}
