package dev.bottle.crd.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RegistryAddressTest {
  @ParameterizedTest
  @CsvSource({
    "registry.example:5000, registry.example:5000",
    "LocalHost:443, localhost:443",
    "127.0.0.1:1, 127.0.0.1:1",
    "[::1]:65535, [::1]:65535"
  })
  void isHostAndPort(String text, String canonical) {
    assertThat(RegistryAddress.parse(text)).hasToString(canonical);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "registry.example",
        "registry.example:",
        ":5000",
        "r:0",
        "r:65536",
        "r:99999",
        "r:-1",
        "http://r:80",
        "r:80/path",
        "r r:80",
        "::1:5000",
        "*.example:443",
        "-r:80",
        "r:80\n"
      })
  void everythingElseIsRefused(String text) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> RegistryAddress.parse(text))
        .withMessageContaining("is not host:port");
  }
}
