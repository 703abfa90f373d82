package dev.bottle.crd.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Locale;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HostPatternTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "*",
        "*.",
        "*.com",
        "com",
        "localhost",
        "*.*.example.org",
        "a*.example.org",
        "example.*",
        ".example.org",
        "example..org",
        "example.org.",
        "Example.org",
        "-a.example.org",
        "a-.example.org",
        "a_b.example.org",
        "93.184.216.34",
        "127.1",
        "0x7f.1",
        "1.0x7f",
        "2130706433",
        "example.123",
        "[::1]",
        "::1",
        "example.org:443",
        "https://example.org",
        "example.org/path",
        "user@example.org",
        "exämple.org",
        "example.org\n",
        "\nexample.org",
        "example.org\0",
        " example.org",
        "\u0131nfo.example.org"
      })
  void whatIsNoHostIsNoEntry(String text) {
    assertThat(HostPattern.parse(text)).isEmpty();
  }

  @Test
  void exactEntryAllowsItselfOnly() {
    HostPattern entry = HostPattern.parse("example.org").orElseThrow();

    assertThat(entry.matches("example.org")).isTrue();
    assertThat(entry.matches("a.example.org")).isFalse();
    assertThat(entry.matches("example.org.")).isFalse();
    assertThat(entry.matches("EXAMPLE.org")).isFalse();
    assertThat(entry.matches("example.org.evil.test")).isFalse();
  }

  @Test
  void wildcardAllowsAnyDepthBelowAndNotTheApex() {
    HostPattern entry = HostPattern.parse("*.example.org").orElseThrow();

    assertThat(entry.matches("a.example.org")).isTrue();
    assertThat(entry.matches("a.b.example.org")).isTrue();
    assertThat(entry.matches("example.org")).isFalse();
    assertThat(entry.matches("evilexample.org")).isFalse();
    assertThat(entry.matches("*.example.org")).isFalse();
    assertThat(entry.matches(".example.org")).isFalse();
    assertThat(entry.matches("a..example.org")).isFalse();
    assertThat(entry.matches("a/b.example.org")).isFalse();
  }

  @Test
  void lengthsAreThoseOfDns() {
    String label = "a".repeat(63);
    assertThat(HostPattern.parse(label + ".example.org")).isPresent();
    assertThat(HostPattern.parse(label + "a.example.org")).isEmpty();
    assertThat(HostPattern.parse("a.".repeat(126) + "b")).isPresent();
    assertThat(HostPattern.parse("a.".repeat(127) + "b")).isEmpty();
  }

  @Test
  void theConstructorHoldsTheGrammarToo() {
    assertThatThrownBy(() -> new HostPattern("*.example.org", true))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new HostPattern("127.0.0.1", false))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Property
  void anEntryIsWrittenAsItWasRead(@ForAll("hosts") String host) {
    assertThat(HostPattern.parse(host).orElseThrow()).hasToString(host);
    assertThat(HostPattern.parse("*." + host).orElseThrow()).hasToString("*." + host);
  }

  @Property
  void wildcardMatchesExactlyTheNamesBelow(
      @ForAll("hosts") String suffix, @ForAll("hosts") String other) {
    HostPattern wildcard = HostPattern.parse("*." + suffix).orElseThrow();

    assertThat(wildcard.matches(other + "." + suffix)).isTrue();
    assertThat(wildcard.matches(other)).isEqualTo(other.endsWith("." + suffix));
    assertThat(wildcard.matches(other + suffix)).isEqualTo((other + suffix).endsWith("." + suffix));
  }

  @Property
  void anythingThatMatchesIsAHostInLowerCase(@ForAll String text) {
    for (String entry : new String[] {"*.example.org", "example.org"}) {
      if (HostPattern.parse(entry).orElseThrow().matches(text)) {
        assertThat(text).isEqualTo(text.toLowerCase(Locale.ROOT));
        assertThat(HostPattern.parse(text)).isPresent();
      }
    }
  }

  @Property
  void addressesAreNeverEntries(@ForAll byte a, @ForAll byte b, @ForAll byte c, @ForAll byte d) {
    String dotted = (a & 255) + "." + (b & 255) + "." + (c & 255) + "." + (d & 255);

    assertThat(HostPattern.parse(dotted)).isEmpty();
    assertThat(HostPattern.parse("*." + dotted)).isEmpty();
    assertThat(HostPattern.parse("example." + (a & 255))).isEmpty();
  }

  @Provide
  Arbitrary<String> hosts() {
    Arbitrary<String> label =
        Arbitraries.strings()
            .withChars("abcdefghijklmnopqrstuvwxyz0123456789-")
            .ofMinLength(1)
            .ofMaxLength(12)
            .filter(text -> !text.startsWith("-") && !text.endsWith("-"));
    Arbitrary<String> top = Arbitraries.of("org", "test", "x9", "xn--p1ai");
    return label
        .list()
        .ofMinSize(1)
        .ofMaxSize(4)
        .flatMap(labels -> top.map(last -> String.join(".", labels) + "." + last));
  }
}
