package dev.bottle.bundle.egress.inspection;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

class StreamScannerPropertiesTest {
  private static final Needles NEEDLES = Samples.needles();

  /** How a text is cut changes nothing of what is found in it. */
  @Property(tries = 300)
  void cutsDoNotMatter(
      @ForAll("texts") String text,
      @ForAll @Size(min = 1, max = 12) List<@IntRange(min = 1, max = 900) Integer> sizes) {
    byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);

    assertThat(scan(bytes, sizes)).isEqualTo(scan(bytes, List.of(bytes.length + 1)));
  }

  /** A value is found at its place, whatever is around it. */
  @Property(tries = 300)
  void whatIsThereIsFound(@ForAll("noise") String before, @ForAll("noise") String behind) {
    byte[] bytes = (before + Samples.CANARY + behind).getBytes(StandardCharsets.ISO_8859_1);

    assertThat(scan(bytes, List.of(50)))
        .anyMatch(finding ->
            finding.start() == before.length()
                && finding.end() == before.length() + Samples.CANARY.length());
  }

  /** Undoing escapes keeps everything else, and knows where each byte was. */
  @Property(tries = 500)
  void undoneBytesKnowTheirPlace(
      @ForAll("noise") String text, @ForAll @IntRange(min = 1, max = 9) int size) {
    byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
    Unescaper unescaper = new Unescaper();
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    List<Long> places = new ArrayList<>();
    for (int i = 0; i < bytes.length; i += size) {
      byte[] part = Arrays.copyOfRange(bytes, i, Math.min(bytes.length, i + size));
      collect(unescaper.next(new Part(part, part.length, i, null), false), out, places);
    }
    collect(unescaper.next(new Part(new byte[0], 0, bytes.length, null), true), out, places);
    byte[] undone = out.toByteArray();

    assertThat(places).hasSize(undone.length).isSorted().doesNotHaveDuplicates();
    for (int i = 0; i < undone.length; i++) {
      long next = i + 1 < undone.length ? places.get(i + 1) : bytes.length;
      if (next - places.get(i) == 1) {
        assertThat(undone[i]).isEqualTo(bytes[places.get(i).intValue()]);
      }
    }
    assertThat(undone.length == bytes.length)
        .isEqualTo(
            !Unescaper.concerns(
                new Part(
                    (text + "  ").getBytes(StandardCharsets.ISO_8859_1),
                    bytes.length + 2,
                    0,
                    null)));
  }

  private static void collect(Part part, ByteArrayOutputStream out, List<Long> places) {
    out.write(part.bytes(), 0, part.count());
    for (int i = 0; i < part.count(); i++) {
      places.add(part.origin(i));
    }
  }

  @Provide
  Arbitrary<String> noise() {
    return Arbitraries.strings().withChars("%\\u/0123456789abcdefGHP_-+= \n~.").ofMaxLength(200);
  }

  @Provide
  Arbitrary<String> texts() {
    List<String> secrets = new ArrayList<>(Samples.formats().values());
    secrets.add(Samples.CANARY);
    secrets.add(Samples.CANARY.replace("c", "%63").replace("_", "\\u005f"));
    Arbitrary<String> piece =
        Arbitraries.oneOf(noise(), Arbitraries.of(secrets), noise().map(n -> n.repeat(20)));
    return Combinators.combine(piece, piece, piece, piece).as((a, b, c, d) -> a + b + c + d);
  }

  private static Set<Finding> scan(byte[] text, List<Integer> sizes) {
    StreamScanner scanner = new StreamScanner(NEEDLES);
    Set<Finding> findings = new HashSet<>();
    int at = 0;
    for (int i = 0; at < text.length; i++) {
      int end = Math.min(text.length, at + sizes.get(i % sizes.size()));
      findings.addAll(scanner.next(Arrays.copyOfRange(text, at, end), false));
      at = end;
    }
    findings.addAll(scanner.next(new byte[0], true));
    return findings;
  }
}
