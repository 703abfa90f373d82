package dev.bottle.bundle.egress.route;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bottle.crd.policy.AuthType;
import dev.bottle.crd.policy.HostPattern;
import dev.bottle.crd.policy.OnMatch;
import dev.bottle.crd.policy.RouteAuth;
import dev.bottle.crd.policy.RoutePolicy;
import java.net.URI;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RouteMatcherTest {
  private static final String HOST = "api.example.org";

  @ParameterizedTest
  @CsvSource({
    "/v1, /v1, true",
    "/v1, /v1/, true",
    "/v1, /v1/messages, true",
    "/v1, /v1?beta=true, true",
    "/v1, /v10, false",
    "/v1, /v1.0, false",
    "/v1, /v, false",
    "/v1, /, false",
    "/v1, /V1, false",
    "/v1, /x?/v1, false",
    "/v1/, /v1, true",
    "/v1/, /v1/messages, true",
    "/v1/, /v10, false",
    "/, /, true",
    "/, /anything, true",
  })
  void aPrefixEndsWithASegment(String prefix, String target, boolean matches) {
    RouteMatcher matcher = matcher(route("A", List.of(prefix), List.of()));

    assertThat(matcher.decide(HOST, "GET", target) instanceof RouteDecision.Matched)
        .isEqualTo(matches);
  }

  @Test
  void theFirstRouteThatMatchesIsUsed() {
    RoutePolicy read = route("A", List.of("/v1"), List.of("GET", "HEAD"));
    RoutePolicy batches = route("B", List.of("/v1/batches", "/v2"), List.of());
    RoutePolicy rest = route("C", List.of(), List.of("POST"));
    RouteMatcher matcher = matcher(read, batches, rest);

    assertThat(matcher.decide(HOST, "GET", "/v1/batches"))
        .isEqualTo(new RouteDecision.Matched(read));
    assertThat(matcher.decide(HOST, "POST", "/v1/batches"))
        .isEqualTo(new RouteDecision.Matched(batches));
    assertThat(matcher.decide(HOST, "GET", "/v2/x")).isEqualTo(new RouteDecision.Matched(batches));
    assertThat(matcher.decide(HOST, "POST", "/v1/x")).isEqualTo(new RouteDecision.Matched(rest));
    assertThat(matcher.decide(HOST, "PUT", "/v1/x")).isEqualTo(new RouteDecision.NotAllowed());
  }

  @Test
  void aHostThatIsAllowedBesidesIsReachedWithoutACredential() {
    RouteMatcher matcher =
        RouteMatcher.of(
            List.of(new HostPattern("example.org", true)),
            List.of(route("A", List.of("/v1"), List.of())));

    assertThat(matcher.decide(HOST, "GET", "/v2")).isEqualTo(new RouteDecision.Plain());
    assertThat(matcher.decide("other.example.org", "GET", "/v1"))
        .isEqualTo(new RouteDecision.Plain());
    assertThat(matcher.allows("sub.api.example.org")).isTrue();
    assertThat(matcher.allows("example.org")).isFalse();
  }

  @Test
  void aRoutesHostIsAllowedAndNoOther() {
    RouteMatcher matcher = matcher(route("A", List.of(), List.of()));

    assertThat(matcher.allows(HOST)).isTrue();
    assertThat(matcher.allows("x." + HOST)).isFalse();
    assertThat(matcher.allows("example.org")).isFalse();
    assertThat(matcher.allows("xapi.example.org")).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/v1//x",
        "/v1;a/x",
        "/%76%31/x",
        "/v1%2fx",
        "/v1%2Fx",
        "/v1/%5f",
        "/v1/%7E",
        "/v1/%2d",
        "/v1/%3b",
        "/v1/%252e",
      })
  void aPathThatMayBeReadAsAnotherMatchesNothing(String path) {
    assertThat(matcher(route("A", List.of("/v1"), List.of())).decide(HOST, "GET", path))
        .isEqualTo(new RouteDecision.NotCanonical());
    assertThat(matcher(route("A", List.of(), List.of())).decide(HOST, "GET", path))
        .as("where no route looks at paths")
        .isInstanceOf(RouteDecision.Matched.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"/v1/a%20b", "/v1/%C3%BC", "/v1/a@b:c", "/v1/x?a=%2f;//", "/v1/%5B%5d"})
  void anEncodingThatIsNeededIsCanonical(String target) {
    assertThat(matcher(route("A", List.of("/v1"), List.of())).decide(HOST, "GET", target))
        .isInstanceOf(RouteDecision.Matched.class);
  }

  @Property(tries = 5_000)
  void whatIsMatchedIsWhatTheJdkNormalisesItTo(@ForAll("paths") String path) {
    RouteDecision decision =
        matcher(route("A", List.of("/a"), List.of())).decide(HOST, "GET", path);
    if (decision instanceof RouteDecision.NotCanonical) {
      return;
    }
    URI uri = URI.create("https://" + HOST + path);
    String decoded = uri.normalize().getPath();

    // Dots between slashes are refused before (RequestTarget); everything else must not move.
    boolean dots = path.matches(".*/\\.{1,2}(/.*|$)");
    if (!dots) {
      assertThat(uri.normalize().getRawPath()).isEqualTo(path);
      assertThat(decision instanceof RouteDecision.Matched)
          .isEqualTo(decoded.equals("/a") || decoded.startsWith("/a/"));
    }
  }

  @Provide
  Arbitrary<String> paths() {
    return Arbitraries.of(
            "/", "a", "b", ".", "%61", "%2f", "%2F", "%20", "%25", "%2e", ";", "%3B", "%C3%A4", "~")
        .list()
        .ofMaxSize(8)
        .map(parts -> "/" + String.join("", parts));
  }

  private static RouteMatcher matcher(RoutePolicy... routes) {
    return RouteMatcher.of(List.of(), List.of(routes));
  }

  private static RoutePolicy route(String slot, List<String> paths, List<String> methods) {
    return new RoutePolicy(
        HOST,
        paths,
        methods,
        false,
        OnMatch.Block,
        new RouteAuth(AuthType.Bearer, null, null, slot));
  }
}
