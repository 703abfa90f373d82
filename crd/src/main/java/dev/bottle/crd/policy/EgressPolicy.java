package dev.bottle.crd.policy;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * What egress allows, and what it does to what it allows.
 *
 * @param allow hosts, each of {@link HostPattern}'s grammar
 * @param privateDestinations otherwise refused addresses that a cluster admin made reachable
 * @param refusedAddresses addresses of nodes and API server, refused whatever else is said
 * @param upstreamRoots PEM, added to the system's roots; empty for none
 * @param routes the first that matches a request is used; their hosts need not be in {@code allow}
 * @param slots where the routes' token values are, each name once
 * @param inspection what inspects what leaves the guest
 * @param responses which answers reach the guest
 * @param canary the Bottle's canary, {@code btl_canary_} and 32 letters or digits; empty for none
 * @param grants hosts that people allowed for a while; not in the document when there are none
 */
public record EgressPolicy(
    List<String> allow,
    List<PrivateDestination> privateDestinations,
    List<String> refusedAddresses,
    String upstreamRoots,
    List<RoutePolicy> routes,
    List<TokenSlot> slots,
    Inspection inspection,
    ResponsePolicy responses,
    String canary,
    @JsonInclude(JsonInclude.Include.NON_EMPTY) List<Grant> grants) {
  private static final Pattern CANARY = Pattern.compile("(btl_canary_[A-Za-z0-9]{32})?");

  /** Copies; refuses absent parts, what is no host, and routes without a slot. */
  public EgressPolicy {
    allow = List.copyOf(Objects.requireNonNull(allow, "allow is missing"));
    privateDestinations =
        List.copyOf(Objects.requireNonNull(privateDestinations, "privateDestinations is missing"));
    refusedAddresses =
        List.copyOf(Objects.requireNonNull(refusedAddresses, "refusedAddresses is missing"));
    Objects.requireNonNull(upstreamRoots, "upstreamRoots is missing");
    routes = List.copyOf(Objects.requireNonNull(routes, "routes is missing"));
    slots = List.copyOf(Objects.requireNonNull(slots, "slots is missing"));
    Objects.requireNonNull(inspection, "inspection is missing");
    Objects.requireNonNull(responses, "responses is missing");
    Objects.requireNonNull(canary, "canary is missing");
    grants = grants == null ? List.of() : List.copyOf(grants);
    for (int i = 0; i < allow.size(); i++) {
      if (HostPattern.parse(allow.get(i)).isEmpty()) {
        throw new IllegalArgumentException("allow[" + i + "] is not a host");
      }
    }
    Set<String> names = slots.stream().map(TokenSlot::name).collect(Collectors.toSet());
    if (names.size() != slots.size()) {
      throw new IllegalArgumentException("slots names a slot twice");
    }
    for (int i = 0; i < routes.size(); i++) {
      if (!names.contains(routes.get(i).auth().slot())) {
        throw new IllegalArgumentException("routes[" + i + "].auth.slot is not in slots");
      }
    }
    if (!CANARY.matcher(canary).matches()) {
      throw new IllegalArgumentException("canary is malformed");
    }
  }

  /** A policy without grants. */
  public EgressPolicy(
      List<String> allow,
      List<PrivateDestination> privateDestinations,
      List<String> refusedAddresses,
      String upstreamRoots,
      List<RoutePolicy> routes,
      List<TokenSlot> slots,
      Inspection inspection,
      ResponsePolicy responses,
      String canary) {
    this(
        allow,
        privateDestinations,
        refusedAddresses,
        upstreamRoots,
        routes,
        slots,
        inspection,
        responses,
        canary,
        List.of());
  }

  /** A policy that only allows and refuses: no routes, no inspection, no canary. */
  public EgressPolicy(
      List<String> allow,
      List<PrivateDestination> privateDestinations,
      List<String> refusedAddresses,
      String upstreamRoots) {
    this(
        allow,
        privateDestinations,
        refusedAddresses,
        upstreamRoots,
        List.of(),
        List.of(),
        Inspection.None,
        ResponsePolicy.DEFAULT,
        "",
        List.of());
  }
}
