package dev.bottle.bundle.egress.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RequestTargetTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "/",
        "/v1/messages?beta=true",
        "/@scope%2fname",
        "/a/b/",
        "/a//b",
        "/.well-known/x",
        "/..a/b..",
        "/...",
        "/a?x=../..&y=//&z=%0a\\",
        "/caf%C3%A9",
      })
  void whatServersReadAlikePasses(String target) {
    assertThat(RequestTarget.fault(target)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "*",
        "https://other.test/",
        "other.test:443",
        "//admin",
        "/ok/../admin",
        "/ok/./admin",
        "/ok/..",
        "/.",
        "/ok/%2e%2e/admin",
        "/ok/%2E./admin",
        "/ok/.%2e",
        "/ok%2f..%2fadmin",
        "/ok%2F%2e%2E",
        "/ok/..;/admin",
        "/ok/..%3b/admin",
        "/ok;/../admin",
        "/ok\\..\\admin",
        "/ok%5c..%5cadmin",
        "/%00",
        "/%0d%0ax",
        "/%7f",
        "/a b",
        "/a\tb",
        "/a#b",
        "/é",
        "/%",
        "/%zz",
        "/a?b c",
      })
  void whatIsAmbiguousDoesNot(String target) {
    assertThat(RequestTarget.fault(target)).isPresent();
  }

  /** Whatever passes means itself, also to who decodes first and normalises then. */
  @Property
  void noTargetThatPassesIsAnotherOneAfterNormalisation(@ForAll("targets") String target) {
    if (RequestTarget.fault(target).isPresent()) {
      return;
    }
    String path = target.split("\\?", 2)[0];
    assertThat(URI.create("http://h" + path).normalize().getRawPath())
        .isEqualTo(path.replaceAll("/+", "/"));
    assertThat(path.replace("%2e", ".").replace("%2E", ".").split("/|%2f|%2F", -1))
        .doesNotContain(".", "..");
    assertThat(path).doesNotContain("\\");
  }

  /** From the parts that attacks are made of. */
  @Provide
  Arbitrary<String> targets() {
    return Arbitraries.of(
            List.of(
                "/", ".", "..", "%2e", "%2E", "%2f", "%2F", "\\", "%5C", ";", "a", "ok", "?", "%",
                "25", "%20", "~", "+"))
        .list()
        .ofMaxSize(12)
        .map(parts -> "/" + String.join("", parts));
  }
}
