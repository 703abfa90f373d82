package dev.bottle.bundle.egress.route;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TokenTest {
  @ParameterizedTest
  @ValueSource(strings = {"secret", "secret\n", "a b", "x"})
  void theValueIsTheFileWithoutOneLineFeed(String content) {
    assertThat(Token.of(content.getBytes(ISO_8859_1)).orElseThrow().value())
        .isEqualTo(content.replace("\n", ""));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "\n",
        "\n\n",
        "a\n\n",
        "a\r\n",
        " a",
        "a ",
        "a\nX-Evil: 1",
        "a\u0000",
        "\u00e4"
      })
  void whatNoHeaderMayHoldIsNone(String content) {
    assertThat(Token.of(content.getBytes(ISO_8859_1))).isEmpty();
  }

  @Test
  void whatIsTooLongIsNone() {
    assertThat(Token.of("x".repeat(Token.MAX_BYTES).getBytes(ISO_8859_1))).isPresent();
    assertThat(Token.of("x".repeat(Token.MAX_BYTES + 1).getBytes(ISO_8859_1))).isEmpty();
  }

  @Test
  void nothingPrintsIt() {
    Token token = Token.of("secret".getBytes(ISO_8859_1)).orElseThrow();

    assertThat(token.toString()).doesNotContain("secret");
    assertThat(String.valueOf(new Tokens(java.util.Map.of("A", token)))).doesNotContain("secret");
  }
}
