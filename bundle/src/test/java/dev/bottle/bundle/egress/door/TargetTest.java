package dev.bottle.bundle.egress.door;

import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.AlphaChars;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TargetTest {
  @Test
  void hostsAreReadInLowerCase() {
    assertThat(Target.parse("API.Example.ORG:443")).hasValue(new Target("api.example.org", 443));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ":443",
        "a.test",
        "a.test:",
        "a.test:0",
        "a.test:65536",
        "a.test:443x",
        "a b:443",
        "a.test:-1",
        "a\u0000.test:443",
        "a\u00e9.test:443",
        "a.test:000443",
        "a.test: 443",
      })
  void whatIsNoHostAndPortIsNoTarget(String authority) {
    assertThat(Target.parse(authority)).isEmpty();
  }

  @Test
  void aProbeHasANonceOnPort443Only() {
    String nonce = "0123456789abcdef0123456789abcdef";
    assertThat(new Target(nonce + ".probe.bottle.invalid", 443).nonce()).hasValue(nonce);
    assertThat(new Target(nonce + ".probe.bottle.invalid", 80).nonce()).isEmpty();
    assertThat(new Target("x" + nonce + ".probe.bottle.invalid", 443).nonce()).isEmpty();
    assertThat(new Target(nonce + ".probe.bottle.invalid.test", 443).nonce()).isEmpty();
  }

  @Property
  void everyHostAndPortIsOne(
      @ForAll @AlphaChars @StringLength(min = 1, max = 60) String host,
      @ForAll @IntRange(min = 1, max = 65535) int port) {
    assertThat(Target.parse(host + ":" + port)).map(Target::port).hasValue(port);
  }
}
