package dev.bottle.bundle.egress.inspection;

import java.util.Arrays;
import java.util.Collection;

/**
 * The needles of all rules, looked for at once: by the hash of three bytes in a row it is known
 * where no needle is, which is nearly everywhere (Wu and Manber, A Fast Algorithm for Multi-Pattern
 * Searching, 1994). The shortest needle has three bytes and is followed by one more, so it is
 * enough to look at every second place. Immutable, shared by all streams.
 */
final class Needles {
  /** From one place that is looked at to the next. */
  static final int STEP = 2;

  /** Three bytes of four, the first one lowest. */
  static final int PREFIX = 0xffffff;

  private static final int SHORTEST = 3;
  private static final int HASH_BITS = 18;

  /** So many bits fewer for the table, where a hit is rare. */
  private static final int COARSER = 3;

  private static final Place[] NONE = {};

  /**
   * Bytes that were hashed.
   *
   * @param index of the first of them in the needle
   */
  record Place(Needle needle, int index) {}

  /** A bit for each hash: whether it has places. Small enough for the first cache. */
  private final long[] has = new long[(1 << HASH_BITS) / Long.SIZE];

  private final Place[][] places = new Place[1 << (HASH_BITS - COARSER)][];
  private int longest;

  private Needles() {
    Arrays.fill(places, NONE);
  }

  /** Of at least one rule. */
  static Needles of(Collection<? extends Rule> rules) {
    Needles needles = new Needles();
    rules.stream().flatMap(rule -> Needle.of(rule).stream()).forEach(needles::add);
    return needles;
  }

  private void add(Needle needle) {
    byte[] text = needle.text();
    if (text.length < SHORTEST) {
      throw new IllegalArgumentException(needle.rule().name() + " has too short a keyword");
    }
    add(prefix(text[0], text[1], text[2]), new Place(needle, 0));
    if (text.length > SHORTEST) {
      add(prefix(text[1], text[2], text[3]), new Place(needle, 1));
    } else {
      for (int next = 0; next <= 0xff; next++) {
        add(prefix(text[1], text[2], (byte) next), new Place(needle, 1));
      }
    }
    longest = Math.max(longest, text.length);
  }

  private void add(int prefix, Place place) {
    int hash = hash(prefix);
    has[hash >>> 6] |= 1L << hash;
    int coarse = hash >>> COARSER;
    Place[] former = places[coarse];
    places[coarse] = Arrays.copyOf(former, former.length + 1);
    places[coarse][former.length] = place;
  }

  private static int prefix(byte first, byte second, byte third) {
    return (first & 0xff) | (second & 0xff) << 8 | (third & 0xff) << 16;
  }

  /** Knuth's multiplicative hash. */
  private static int hash(int prefix) {
    return (prefix * 0x9e3779b1) >>> (Integer.SIZE - HASH_BITS);
  }

  /** Whether a needle may be where these three bytes are. */
  boolean mayBe(int prefix) {
    int hash = hash(prefix);
    return (has[hash >>> 6] & 1L << hash) != 0;
  }

  /** Which ones, and some others. Not to be changed. */
  Place[] at(int prefix) {
    return places[hash(prefix) >>> COARSER];
  }

  /** The longest needle, in bytes. */
  int longest() {
    return longest;
  }
}
