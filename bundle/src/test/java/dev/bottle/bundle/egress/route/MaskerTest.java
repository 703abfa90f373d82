package dev.bottle.bundle.egress.route;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MaskerTest {
  private static final String TOKEN = "sk-ant-api03-Zm9/b+Jh\"cg";

  @Test
  void theTokenIsMaskedAndTheRestIsAsItWas() {
    assertThat(mask(List.of("a ", TOKEN, " b")))
        .isEqualTo("a " + "*".repeat(TOKEN.length()) + " b");
  }

  @Test
  void everySpellingIsMasked() {
    byte[] bytes = TOKEN.getBytes(StandardCharsets.US_ASCII);

    assertMasked(TOKEN.replace("\"", "\\\""));
    assertMasked(TOKEN.replace("\"", "\\\"").replace("/", "\\/"));
    assertMasked(URLEncoder.encode(TOKEN, StandardCharsets.US_ASCII));
    assertMasked(HexFormat.of().formatHex(bytes));
    assertMasked(HexFormat.of().withUpperCase().formatHex(bytes));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a", "ab", "abc", "Bearer ", "user:", "{\"auth\":\""})
  void whereverItStandsInBase64NothingOfItCanBeReadBack(String before) {
    for (String after : List.of("", "x", "xy", "xyz\"}")) {
      byte[] all = (before + TOKEN + after).getBytes(StandardCharsets.US_ASCII);
      for (Base64.Encoder encoder : List.of(Base64.getEncoder(), Base64.getUrlEncoder())) {
        String masked = mask(List.of("<" + encoder.encodeToString(all) + ">"));

        assertThat(masked).hasSize(encoder.encodeToString(all).length() + 2);
        int left = masked.replaceAll("[*<>=]", "").length();
        int around = Math.ceilDiv(before.length() * 4, 3) + Math.ceilDiv(after.length() * 4, 3);
        assertThat(left).isLessThanOrEqualTo(around + 2);
      }
    }
  }

  @Property
  void howeverTheStreamIsCutTheTokenIsMasked(@ForAll("parts") List<String> parts) {
    String whole = String.join("", parts);

    assertThat(mask(parts)).isEqualTo(whole.replace("secret1", "*******"));
  }

  @Property
  void onlyWhatMayBeTheBeginningOfATokenIsHeldBack(@ForAll("parts") List<String> parts) {
    Masker masker = new Masker(MaskPatterns.of(Set.of("secret1")));
    int given = 0;
    int passed = 0;
    StringBuilder all = new StringBuilder();
    for (String part : parts) {
      all.append(part);
      given += part.length();
      ByteBuf out = masker.next(buffer(part), false);
      passed += out.readableBytes();
      out.release();

      String held = all.substring(passed);
      assertThat(given - passed).isLessThan(2 * "secret1".length());
      assertThat(MaskPatterns.of(Set.of("secret1")).longest()).isGreaterThan(held.length());
      if (!held.isEmpty()) {
        assertThat(EchoForms.of("secret1")).anyMatch(form -> form.startsWith(held));
      }
    }
  }

  @Test
  void anEventIsNotDelayed() {
    Masker masker = new Masker(MaskPatterns.of(Set.of(TOKEN)));

    assertThat(masker.next(buffer("event: ping\ndata: {}\n\n"), false).readableBytes())
        .isEqualTo(22);
  }

  @Test
  void overlappingTokensAreBothMasked() {
    Masker masker = new Masker(MaskPatterns.of(Set.of("abcdefgh", "efghijkl")));

    assertThat(masker.next(buffer("-abcdefghijkl-"), true).toString(StandardCharsets.US_ASCII))
        .isEqualTo("-************-");
  }

  @Property
  void whatIsMaskedIsWhatOneSearchOfTheWholeFinds(@ForAll("overlapping") List<String> parts) {
    MaskPatterns patterns = MaskPatterns.of(Set.of("ababab", "bababaa", "abbabab"));
    String whole = String.join("", parts);
    Masker masker = new Masker(patterns);
    StringBuilder out = new StringBuilder();
    for (String part : parts) {
      out.append(text(masker.next(buffer(part), false)));
    }
    out.append(text(masker.next(buffer(""), true)));

    char[] expected = whole.toCharArray();
    for (String form : List.of("ababab", "bababaa", "abbabab")) {
      for (int at = whole.indexOf(form); at >= 0; at = whole.indexOf(form, at + 1)) {
        Arrays.fill(expected, at, at + form.length(), '*');
      }
    }
    assertThat(out.toString()).isEqualTo(new String(expected)).isEqualTo(patterns.mask(whole));
  }

  @Provide
  Arbitrary<List<String>> overlapping() {
    return Arbitraries.strings().withChars("ab").ofMaxLength(9).list().ofMaxSize(8);
  }

  private static String text(ByteBuf bytes) {
    String text = bytes.toString(StandardCharsets.US_ASCII);
    bytes.release();
    return text;
  }

  @Test
  void aTokenThatEveryTextHoldsIsNotSearchedFor() {
    assertThat(MaskPatterns.of(Set.of("a")).isEmpty()).isTrue();
  }

  @Provide
  Arbitrary<List<String>> parts() {
    return Arbitraries.of("s", "se", "secr", "et1", "ecret1", "secret1", "t1s", "x", "secre", "")
        .list()
        .ofMaxSize(12);
  }

  private static void assertMasked(String spelling) {
    List<String> letters = new ArrayList<>(List.of("<"));
    letters.addAll(List.of(spelling.split("")));
    letters.add(">");

    assertThat(mask(List.of("<" + spelling + ">")))
        .isEqualTo("<" + "*".repeat(spelling.length()) + ">");
    assertThat(mask(letters)).as("one by one").isEqualTo("<" + "*".repeat(spelling.length()) + ">");
  }

  private static String mask(List<String> parts) {
    Masker masker = new Masker(MaskPatterns.of(Set.of(TOKEN, "secret1")));
    StringBuilder out = new StringBuilder();
    for (int i = 0; i <= parts.size(); i++) {
      boolean last = i == parts.size();
      ByteBuf next = masker.next(buffer(last ? "" : parts.get(i)), last);
      out.append(next.toString(StandardCharsets.US_ASCII));
      next.release();
    }
    return out.toString();
  }

  private static ByteBuf buffer(String text) {
    return Unpooled.copiedBuffer(text, StandardCharsets.US_ASCII);
  }
}
