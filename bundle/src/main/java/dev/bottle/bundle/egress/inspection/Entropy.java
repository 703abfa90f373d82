package dev.bottle.bundle.egress.inspection;

/** How little text repeats itself. */
final class Entropy {
  private Entropy() {}

  /** Shannon's, in bits a character, of the text's own distribution; Latin-1 only. */
  static double of(CharSequence text) {
    int[] counts = new int[256];
    for (int i = 0; i < text.length(); i++) {
      counts[text.charAt(i) & 0xff]++;
    }
    double bits = 0;
    for (int count : counts) {
      if (count > 0) {
        double share = (double) count / text.length();
        bits -= share * Math.log(share) / Math.log(2);
      }
    }
    return bits;
  }
}
