package dev.bottle.bundle.supervise;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bottle.bundle.supervise.mcp.ToolException;
import dev.bottle.bundle.supervise.mcp.Tools;
import dev.bottle.bundle.supervise.request.Request;
import dev.bottle.bundle.supervise.request.RequestDesk;
import dev.bottle.bundle.supervise.request.TooManyRequestsException;
import dev.bottle.crd.json.MalformedDocumentException;
import dev.bottle.crd.json.StrictJson;
import dev.bottle.crd.policy.Grant;
import dev.bottle.crd.policy.Inspection;
import dev.bottle.crd.policy.Policy;
import dev.bottle.crd.request.Ask;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The tools of tools.json: what the Bottle allows, and requests for more. */
final class BottleTools implements Tools {
  private static final Logger LOG = LoggerFactory.getLogger(BottleTools.class);
  private static final int MAX_ARGUMENTS = 16 * 1024;
  private static final Pattern TTL = Pattern.compile("([1-9][0-9]{0,5})([smh])");
  private static final long DEFAULT_TTL = 3600;
  private static final JsonNode LIST = read();

  private final RequestDesk desk;
  private final Clock clock;
  private final Supplier<Optional<Policy>> policy;

  /**
   * Tools of one Bottle.
   *
   * @param clock by which grants end
   * @param policy in force, empty before the first
   */
  BottleTools(RequestDesk desk, Clock clock, Supplier<Optional<Policy>> policy) {
    this.desk = desk;
    this.clock = clock;
    this.policy = policy;
  }

  private record Nothing() {}

  private record EgressArguments(
      @Nullable String host,
      @Nullable List<String> methods,
      @JsonProperty("path_prefix") @Nullable String pathPrefix,
      @JsonProperty("failed_url") @Nullable String failedUrl,
      @Nullable String reason,
      @Nullable String ttl) {}

  private record GitArguments(
      @Nullable String url, @Nullable List<String> refs, @Nullable String reason) {}

  private record QuestionArguments(
      @Nullable String question, @Nullable List<String> options, @Nullable String reason) {}

  private record IdArguments(@Nullable String id) {}

  @Override
  public JsonNode list() {
    return LIST;
  }

  @Override
  public boolean has(String name) {
    return StreamSupport.stream(LIST.spliterator(), false)
        .anyMatch(tool -> tool.path("name").asText().equals(name));
  }

  @Override
  public JsonNode call(String name, JsonNode arguments) throws ToolException {
    try {
      return switch (name) {
        case "bottle_status" -> {
          arguments(arguments, Nothing.class);
          yield status();
        }
        case "request_egress" -> egress(arguments(arguments, EgressArguments.class));
        case "request_git_upstream" -> git(arguments(arguments, GitArguments.class));
        case "ask_human" -> question(arguments(arguments, QuestionArguments.class));
        case "check_request" -> json(find(arguments(arguments, IdArguments.class)));
        case "withdraw_request" -> withdraw(arguments(arguments, IdArguments.class));
        default -> throw new ToolException("there is no such tool");
      };
    } catch (IllegalArgumentException | TooManyRequestsException e) {
      throw new ToolException(String.valueOf(e.getMessage()));
    } catch (IOException e) {
      LOG.error("a request cannot be kept: {}", e.getMessage());
      throw new ToolException("the request could not be kept, so it was not made; try again later");
    }
  }

  private JsonNode egress(EgressArguments asked) throws IOException, TooManyRequestsException {
    if (policy.get().filter(now -> now.egress().inspection() == Inspection.Pipelock).isPresent()) {
      // A grant does not get past pipelock's own list (docs/adr/0094).
      throw new IllegalArgumentException(
          "no host can be allowed for a while here, since pipelock inspects: use ask_human to ask"
              + " for it in spec.egress.allow");
    }
    String failed = asked.failedUrl() == null ? "" : " (failed: " + asked.failedUrl() + ")";
    return json(
        desk.submit(
            new Ask.Egress(
                given("host", asked.host()),
                Objects.requireNonNullElse(asked.methods(), List.of()),
                asked.pathPrefix(),
                seconds(asked.ttl())),
            given("reason", asked.reason()) + failed));
  }

  private JsonNode git(GitArguments asked) throws IOException, TooManyRequestsException {
    return json(
        desk.submit(
            new Ask.Git(
                given("url", asked.url()), Objects.requireNonNullElse(asked.refs(), List.of())),
            given("reason", asked.reason())));
  }

  private JsonNode question(QuestionArguments asked) throws IOException, TooManyRequestsException {
    return json(
        desk.submit(
            new Ask.Question(
                given("question", asked.question()),
                Objects.requireNonNullElse(asked.options(), List.of())),
            Objects.requireNonNullElse(asked.reason(), "")));
  }

  private JsonNode withdraw(IdArguments asked) throws IOException, ToolException {
    return json(desk.withdraw(find(asked).id()).orElseThrow());
  }

  private Request find(IdArguments asked) throws ToolException {
    return desk.find(given("id", asked.id()))
        .orElseThrow(
            () -> new ToolException("there is no such request; bottle_status lists the open ones"));
  }

  private JsonNode status() {
    ObjectNode status = JsonNodeFactory.instance.objectNode();
    ArrayNode hosts = status.putArray("hosts");
    ArrayNode grants = status.putArray("hosts_for_a_while");
    ArrayNode upstreams = status.putArray("git_upstreams");
    policy
        .get()
        .ifPresent(now -> {
          now.egress().allow().forEach(hosts::add);
          now.egress().routes().stream()
              .map(route -> route.host())
              .distinct()
              .filter(host -> !now.egress().allow().contains(host))
              .forEach(hosts::add);
          now.egress().grants().stream()
              .filter(grant -> clock.instant().getEpochSecond() < grant.notAfterSeconds())
              .forEach(grant -> grants.add(json(grant)));
          now.upstreams()
              .upstreams()
              .forEach(upstream -> {
                ObjectNode one = upstreams.addObject();
                one.put("url", upstream.url()).put("read_only", upstream.readOnly());
                upstream.refs().forEach(one.putArray("push")::add);
              });
        });
    ArrayNode open = status.putArray("open_requests");
    desk.open().forEach(request -> open.add(json(request)));
    return status;
  }

  private static JsonNode json(Grant grant) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("host", grant.host());
    grant.methods().forEach(json.putArray("methods")::add);
    json.put("path_prefix", grant.pathPrefix());
    return json.put("until", Instant.ofEpochSecond(grant.notAfterSeconds()).toString());
  }

  private static JsonNode json(Request request) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("id", request.id());
    json.put("state", request.state().name().toLowerCase(Locale.ROOT));
    return json.put("note", request.note());
  }

  private static <T> T arguments(JsonNode arguments, Class<T> type) {
    try {
      return StrictJson.read(
          arguments.toString().getBytes(StandardCharsets.UTF_8), MAX_ARGUMENTS, type);
    } catch (MalformedDocumentException e) {
      throw new IllegalArgumentException("arguments: " + e.getMessage(), e);
    }
  }

  private static String given(String field, @Nullable String value) {
    if (value == null || value.isBlank()) {
      throw new IllegalArgumentException(field + " is missing");
    }
    return value;
  }

  private static long seconds(@Nullable String ttl) {
    if (ttl == null) {
      return DEFAULT_TTL;
    }
    Matcher matcher = TTL.matcher(ttl);
    if (!matcher.matches()) {
      throw new IllegalArgumentException("ttl must be a number with s, m or h, such as 30m");
    }
    long number = Long.parseLong(matcher.group(1));
    return switch (matcher.group(2)) {
      case "h" -> number * 3600;
      case "m" -> number * 60;
      default -> number;
    };
  }

  private static JsonNode read() {
    try (InputStream in =
        Objects.requireNonNull(
            BottleTools.class.getResourceAsStream("/dev/bottle/bundle/supervise/tools.json"))) {
      return new ObjectMapper().readTree(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
