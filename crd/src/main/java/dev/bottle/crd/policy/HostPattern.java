package dev.bottle.crd.policy;

import java.util.Optional;
import java.util.regex.Pattern;

/**
 * One entry of an allow-list: an exact host, or {@code *.suffix} for every name at any depth below
 * the suffix, but not the suffix itself. Hosts are lower-case LDH names (RFC 952, RFC 1123) of at
 * least two labels; the last label begins with a letter, so that no spelling of an IPv4 address is
 * one (WHATWG URL, "ends in a number").
 *
 * @param host the exact host, or the suffix without {@code *.}
 * @param wildcard whether the entry was {@code *.suffix}
 */
public record HostPattern(String host, boolean wildcard) {
  /** The longest entry, in characters: the longest name of DNS. */
  public static final int MAX_LENGTH = 253;

  /**
   * An entry, in words that RE2 (the CRD's rule) and Java read alike; together with {@link
   * #MAX_LENGTH}.
   */
  public static final String GRAMMAR =
      "^([*][.])?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?[.])+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$";

  private static final Pattern ENTRY = Pattern.compile(GRAMMAR);

  /**
   * Checks the host's grammar.
   *
   * @throws IllegalArgumentException when it is not a host name
   */
  public HostPattern {
    if (!isEntry(host) || host.startsWith("*")) {
      throw new IllegalArgumentException("not a host name");
    }
  }

  /** The entry, or empty when it is none: the caller knows which field to name. */
  public static Optional<HostPattern> parse(String entry) {
    if (!isEntry(entry)) {
      return Optional.empty();
    }
    boolean wildcard = entry.startsWith("*.");
    return Optional.of(new HostPattern(wildcard ? entry.substring(2) : entry, wildcard));
  }

  /**
   * Whether a requested host is allowed by this entry. The host must already be in lower case;
   * whatever is not a host name of this grammar (an address, a trailing dot) matches nothing.
   */
  public boolean matches(String requested) {
    if (!isEntry(requested) || requested.startsWith("*")) {
      return false;
    }
    return wildcard ? requested.endsWith("." + host) : requested.equals(host);
  }

  /** As it is written in the policy. */
  @Override
  public String toString() {
    return wildcard ? "*." + host : host;
  }

  private static boolean isEntry(String text) {
    return text.length() <= MAX_LENGTH && ENTRY.matcher(text).matches();
  }
}
