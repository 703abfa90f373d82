package dev.bottle.operator.render;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.bottle.crd.api.Bottle;
import dev.bottle.crd.policy.HostPattern;
import dev.bottle.operator.admin.AddressRanges;
import dev.bottle.operator.admin.AdminConfig;
import dev.bottle.operator.admin.Cidr;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * Looks at a pipelock.json before pipelock does. The real binary (2.3.0) takes {@code *}, {@code
 * *.com}, addresses and an empty allow-list for good, an empty file for "allow everything", any
 * address to listen on, and never looks at its authority before it starts.
 */
public final class PipelockCheck {
  private static final ObjectMapper JSON = JsonMapper.builder().build();

  /** Pipelock refuses keys that it does not know; these it must not have, for they open it. */
  private static final Set<String> CLOSED =
      Set.of(
          "internal",
          "trusted_domains",
          "suppress",
          "reverse_proxy",
          "scan_api",
          "emit",
          "agents",
          "license_key");

  /** What has to be exactly so, by JSON pointer. */
  private static final Map<String, String> EXACTLY =
      Map.ofEntries(
          Map.entry("/version", "1"),
          Map.entry("/mode", "\"strict\""), // the only one that keeps to the allow-list
          Map.entry("/enforce", "true"),
          Map.entry("/explain_blocks", "false"),
          Map.entry("/fetch_proxy/listen", "\"127.0.0.1:8888\""),
          Map.entry("/metrics_listen", "\"127.0.0.1:9091\""),
          Map.entry("/forward_proxy/enabled", "true"),
          Map.entry("/forward_proxy/sni_verification", "true"),
          Map.entry("/tls_interception/enabled", "true"),
          Map.entry("/tls_interception/ca_cert", "\"/run/bottle/pipelock/ca.pem\""),
          Map.entry("/tls_interception/ca_key", "\"/run/bottle/pipelock/ca-key.pem\""),
          Map.entry("/tls_interception/passthrough_domains", "[]"),
          Map.entry("/request_body_scanning/enabled", "true"),
          Map.entry("/request_body_scanning/action", "\"block\""), // its default only warns
          Map.entry("/request_body_scanning/scan_headers", "true"),
          Map.entry("/request_body_scanning/header_mode", "\"all\""),
          Map.entry("/dlp/include_defaults", "true"),
          Map.entry("/response_scanning/enabled", "true"), // else event streams are held back
          Map.entry("/websocket_proxy/enabled", "false"),
          Map.entry("/bind_default_agent_identity", "true"),
          Map.entry("/logging/include_allowed", "false")); // those lines have whole URLs

  private PipelockCheck() {}

  /** What is wrong with this Bottle's document and what to do about it; empty when nothing is. */
  public static Optional<String> fault(Bottle bottle, AdminConfig admin) {
    return fault(PipelockRenderer.document(bottle, admin));
  }

  static Optional<String> fault(String document) {
    JsonNode root;
    try {
      root = JSON.readTree(document);
    } catch (JsonProcessingException e) {
      return Optional.of("pipelock.json is not JSON");
    }
    return exactly(root)
        .or(() -> closed(root))
        .or(() -> hosts(root))
        .or(() -> headers(root))
        .or(() -> destinations(root));
  }

  private static Optional<String> exactly(JsonNode root) {
    return EXACTLY.entrySet().stream()
        .filter(expected -> !root.at(expected.getKey()).toString().equals(expected.getValue()))
        .map(expected -> "pipelock.json: " + expected.getKey() + " must be " + expected.getValue())
        .sorted()
        .findFirst();
  }

  private static Optional<String> closed(JsonNode root) {
    return CLOSED.stream()
        .filter(root::has)
        .sorted()
        .findFirst()
        .map(key -> "pipelock.json must not have " + key);
  }

  private static Optional<String> hosts(JsonNode root) {
    List<String> hosts = texts(root.path("api_allowlist")).toList();
    if (hosts.isEmpty()) {
      return Optional.of("pipelock.json: an empty api_allowlist would allow every host");
    }
    return hosts.stream()
        .filter(host -> HostPattern.parse(host).isEmpty())
        .findFirst()
        .map(host ->
            "spec.egress: '"
                + host
                + "' is no host that pipelock keeps to; name hosts, or *. before two labels or"
                + " more");
  }

  private static Optional<String> headers(JsonNode root) {
    List<String> ignored = texts(root.at("/request_body_scanning/ignore_headers")).toList();
    // Pipelock's default for an empty list lets a canary out in User-Agent and others.
    return ignored.isEmpty() || ignored.stream().anyMatch(String::isBlank)
        ? Optional.of("pipelock.json: ignore_headers must name headers")
        : Optional.empty();
  }

  /** Its list goes before everything else that it refuses, the node's credentials included. */
  private static Optional<String> destinations(JsonNode root) {
    return texts(root.at("/ssrf/ip_allowlist"))
        .map(Cidr::parse)
        .filter(range ->
            range.prefix() == 0
                || AddressRanges.isNeverReachable(range)
                || !AddressRanges.neverReachableWithin(range).isEmpty())
        .findFirst()
        .map(range ->
            "privateDestinations in the ConfigMap bottle-admin opens "
                + range
                + " on 443, and pipelock would reach loopback or metadata addresses in it; name"
                + " narrower ranges, or choose spec.egress.inspection: Builtin");
  }

  private static Stream<String> texts(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false).map(JsonNode::asText);
  }
}
