package dev.bottle.bundle.egress.inspection;

import java.util.Arrays;
import java.util.Collection;

/**
 * The needles of all rules, looked for at once: by the hash of three bytes in a row it is known
 * where none of them begins, which is nearly everywhere. As Wu and Manber's search does (A Fast
 * Algorithm for Multi-Pattern Searching, 1994), but without its leaps, for the shortest needle has
 * three bytes. Immutable, shared by all streams.
 */
final class Needles {
  /** How many bytes of a needle decide whether it may begin: all needles have them. */
  static final int PREFIX = 3;

  private static final int HASH_BITS = 16;
  private static final Needle[] NONE = {};

  /** A bit for each hash: whether a needle begins with three bytes of it; fits the first cache. */
  private final long[] begins = new long[(1 << HASH_BITS) / Long.SIZE];

  /** By hash. */
  private final Needle[][] beginning = new Needle[1 << HASH_BITS][];

  private int longest;

  private Needles() {
    Arrays.fill(beginning, NONE);
  }

  /** Of at least one rule. */
  static Needles of(Collection<? extends Rule> rules) {
    Needles needles = new Needles();
    rules.stream().flatMap(rule -> Needle.of(rule).stream()).forEach(needles::add);
    return needles;
  }

  private void add(Needle needle) {
    byte[] text = needle.text();
    if (text.length < PREFIX) {
      throw new IllegalArgumentException("the keyword of " + needle.rule().name() + " is too short");
    }
    int recent = 0;
    for (int i = 0; i < PREFIX; i++) {
      recent = shift(recent, text[i]);
    }
    int hash = hash(recent);
    begins[hash >>> 6] |= 1L << hash;
    Needle[] former = beginning[hash];
    beginning[hash] = Arrays.copyOf(former, former.length + 1);
    beginning[hash][former.length] = needle;
    longest = Math.max(longest, text.length);
  }

  /** The last three bytes of a stream, when this one comes next. */
  static int shift(int recent, byte next) {
    return (recent << 8 | (next & 0xff)) & 0xffffff;
  }

  /** Knuth's multiplicative hash. */
  private static int hash(int recent) {
    return (recent * 0x9e3779b1) >>> (Integer.SIZE - HASH_BITS);
  }

  /** Whether a needle may begin with these three bytes. */
  boolean mayBegin(int recent) {
    int hash = hash(recent);
    return (begins[hash >>> 6] & 1L << hash) != 0;
  }

  /** Those that may, and others. Not to be changed. */
  Needle[] beginning(int recent) {
    return beginning[hash(recent)];
  }

  /** The longest needle, in bytes. */
  int longest() {
    return longest;
  }
}
