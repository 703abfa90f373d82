package dev.bottle.operator.render;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bottle.crd.api.Bottle;
import dev.bottle.crd.api.EgressSpec;
import dev.bottle.crd.api.Inspection;
import dev.bottle.crd.api.Route;
import dev.bottle.crd.api.RouteAuth;
import dev.bottle.operator.admin.AdminConfig;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Collection;
import java.util.List;
import java.util.NavigableSet;
import java.util.Objects;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * pipelock.json: the document beside this class, and what of it depends on the Bottle and the
 * admin. What each of its settings is for: docs/adr/0088.
 */
final class PipelockRenderer {
  private static final ObjectMapper JSON = JsonMapper.builder().build();
  private static final String DOCUMENT = "pipelock.json";
  private static final int HTTPS = 443;

  /** An empty allow-list would allow everything; RFC 6761 keeps this name from existing. */
  private static final String NOWHERE = "bottle.invalid";

  /** A model's answers read like attempts to steer one. */
  private static final String MODEL_HOST = "api.anthropic.com";

  /** Egress takes them from every request or sets them itself; an empty list means a default. */
  private static final List<String> ALWAYS_IGNORED =
      List.of("Accept-Encoding", "Authorization", "X-Api-Key");

  private PipelockRenderer() {}

  /** What the Pod needs for pipelock; null when it has none. */
  static @Nullable Pipelock render(Bottle bottle, AdminConfig admin) {
    EgressSpec egress = bottle.getSpec().egress();
    if (egress == null || egress.inspection() != Inspection.Pipelock) {
      return null;
    }
    return new Pipelock(
        Objects.requireNonNull(admin.pipelockImage(), "is refused before anything is rendered"),
        document(bottle, admin),
        admin.upstreamRoots());
  }

  /** pipelock.json, whatever the Bottle's inspection is. */
  static String document(Bottle bottle, AdminConfig admin) {
    ObjectNode document = base();
    NavigableSet<String> hosts = hosts(bottle);
    document.set("api_allowlist", array(hosts.isEmpty() ? List.of(NOWHERE) : hosts));
    ((ObjectNode) document.get("response_scanning"))
        .set("exempt_domains", array(hosts.contains(MODEL_HOST) ? List.of(MODEL_HOST) : List.of()));
    ((ObjectNode) document.get("request_body_scanning"))
        .set("ignore_headers", array(ignored(bottle)));
    document.put(
        "default_agent_identity",
        "bottle/" + bottle.getMetadata().getNamespace() + "/" + bottle.getMetadata().getName());
    List<String> destinations =
        admin.privateDestinations().stream()
            .filter(opened -> opened.ports().contains(HTTPS))
            .map(opened -> opened.cidr().toString())
            .distinct()
            .toList();
    if (!destinations.isEmpty()) {
      document.putObject("ssrf").set("ip_allowlist", array(destinations));
    }
    try {
      return JSON.writeValueAsString(document);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree can always be written", e);
    }
  }

  private static NavigableSet<String> hosts(Bottle bottle) {
    EgressSpec egress = bottle.getSpec().egress();
    NavigableSet<String> hosts = new TreeSet<>();
    if (egress != null && egress.allow() != null) {
      hosts.addAll(egress.allow());
    }
    TokenSlots.routes(bottle).stream().map(Route::host).forEach(hosts::add);
    return hosts;
  }

  private static List<String> ignored(Bottle bottle) {
    NavigableSet<String> headers = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
    TokenSlots.routes(bottle).stream()
        .map(Route::auth)
        .map(RouteAuth::header)
        .filter(Objects::nonNull)
        .filter(header -> ALWAYS_IGNORED.stream().noneMatch(header::equalsIgnoreCase))
        .forEach(headers::add);
    return Stream.concat(ALWAYS_IGNORED.stream(), headers.stream()).toList();
  }

  private static ObjectNode base() {
    try (InputStream document = PipelockRenderer.class.getResourceAsStream(DOCUMENT)) {
      return (ObjectNode) JSON.readTree(Objects.requireNonNull(document, DOCUMENT));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static ArrayNode array(Collection<String> values) {
    ArrayNode array = JSON.createArrayNode();
    values.forEach(array::add);
    return array;
  }
}
