package dev.bottle.system.adversarial.internet;

import java.util.List;
import java.util.Map;

/** Who has which address. Every address is the sinks', so a wrong dial is seen whatever it is. */
public final class Hosts {
  /** Origins with a valid certificate. */
  public static final String ORIGIN = "93.184.216.34";

  /** Every name that is not below: who must never be reached. */
  public static final String EVIL = "93.184.216.35";

  /** A certificate of a trusted authority, for another name. */
  public static final String WRONG_NAME = "93.184.216.36";

  /** A certificate of an authority that nobody trusts. */
  public static final String UNTRUSTED = "93.184.216.37";

  /** Ends each connection before TLS. */
  public static final String CLOSED = "93.184.216.38";

  /** A node of the cluster, by a public address. */
  public static final String NODE = "93.184.216.40";

  /** Public at the first question, private at every later one. */
  public static final String REBINDING = "rebinding.example.org";

  /** A name that is another's. */
  public static final String ALIAS = "alias.example.org";

  /** Hosts whose addresses no policy of a Bottle may lead to, each with one of them. */
  public static final Map<String, String> REFUSED =
      Map.ofEntries(
          Map.entry("metadata.example.org", "169.254.169.254"),
          Map.entry("metadata-azure.example.org", "168.63.129.16"),
          Map.entry("metadata-alibaba.example.org", "100.100.100.200"),
          Map.entry("metadata-six.example.org", "fd00:ec2::254"),
          Map.entry("loopback.example.org", "127.0.0.1"),
          Map.entry("loopback-six.example.org", "::1"),
          Map.entry("mapped.example.org", "64:ff9b::7f00:1"),
          Map.entry("unspecified.example.org", "0.0.0.0"),
          Map.entry("private.example.org", "10.0.0.1"),
          Map.entry("machine.example.org", "100.96.0.1"),
          Map.entry("service.example.org", "10.96.0.1"),
          Map.entry("only-six.example.org", "fd00::1"),
          Map.entry("node.example.org", NODE));

  private static final List<String> ORIGINS =
      List.of("origin", "open", "barrier", "socket", "empty", "removed", "second");

  private Hosts() {}

  /** The address of a name. */
  static String address(String name) {
    String refused = REFUSED.get(name);
    if (refused != null) {
      return refused;
    }
    return switch (name) {
      case "wrong-name.example.org" -> WRONG_NAME;
      case "untrusted.example.org" -> UNTRUSTED;
      case "closed.example.org" -> CLOSED;
      default ->
          name.endsWith(".wild.example.org")
                  || ORIGINS.stream().anyMatch(host -> name.equals(host + ".example.org"))
              ? ORIGIN
              : EVIL;
    };
  }
}
