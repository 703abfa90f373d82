package dev.bottle.operator.admin;

import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a cluster admin says in the ConfigMap {@code bottle-admin}: a Bottle's author cannot.
 *
 * @param privateDestinations ranges that are otherwise refused, and the ports open on them
 * @param upstreamRoots PEM certificates trusted beside the system's roots, or empty
 * @param clusterRanges further ranges of the cluster that the NetworkPolicy closes
 * @param allowUninspected whether a Bottle may say {@code inspection: None}
 * @param pipelockImage what runs where a Bottle says {@code inspection: Pipelock}; null when it may
 *     not
 */
public record AdminConfig(
    List<Destination> privateDestinations,
    String upstreamRoots,
    List<Cidr> clusterRanges,
    boolean allowUninspected,
    @Nullable String pipelockImage) {

  /** Sorts: the order in which an admin wrote the entries has no meaning and changes no policy. */
  public AdminConfig {
    privateDestinations =
        privateDestinations.stream()
            .distinct()
            .sorted(
                Comparator.comparing((Destination opened) -> opened.cidr().toString())
                    .thenComparing(opened -> opened.ports().toString()))
            .toList();
    clusterRanges =
        clusterRanges.stream().distinct().sorted(Comparator.comparing(Cidr::toString)).toList();
  }

  /** What holds without a ConfigMap: nothing is open. */
  public static final AdminConfig NONE = new AdminConfig(List.of(), "", List.of(), false, null);

  /** One opened range. */
  public record Destination(Cidr cidr, List<Integer> ports) {
    /** Sorts the ports. */
    public Destination {
      ports = ports.stream().distinct().sorted().toList();
    }
  }

  /** The ConfigMap read: usable or not. */
  public sealed interface Result {}

  /** Usable. */
  public record Valid(AdminConfig config) implements Result {}

  /** Not usable; the message names the entry and what it should be. */
  public record Invalid(String message) implements Result {}
}
