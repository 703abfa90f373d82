package dev.bottle.crd.request;

import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class PlainLinePropertiesTest {
  @Property
  void itIsOneLineOfVisibleCharactersAndNoLonger(
      @ForAll String text, @ForAll @IntRange(min = 1, max = 50) int max) {
    String line = PlainLine.of(text, max);
    assertThat(line.codePointCount(0, line.length())).isLessThanOrEqualTo(max);
    assertThat(line.codePoints())
        .allSatisfy(character ->
            assertThat(Character.getType(character))
                .isNotIn(
                    (int) Character.CONTROL,
                    (int) Character.FORMAT,
                    (int) Character.LINE_SEPARATOR,
                    (int) Character.PARAGRAPH_SEPARATOR,
                    (int) Character.SURROGATE,
                    (int) Character.PRIVATE_USE,
                    (int) Character.UNASSIGNED));
    assertThat(PlainLine.of(line, max)).isEqualTo(line);
  }

  @Example
  void whatPlaysWithATerminalOrAReaderIsGone() {
    assertThat(PlainLine.of("\u001b[31mred\u001b[0m", 100)).isEqualTo("[31mred [0m");
    assertThat(PlainLine.of("a\u202eb\u2066c\u200bd\ufeffe", 100)).isEqualTo("a b c d e");
    assertThat(PlainLine.of("approve\r\nApproved by: admin", 100))
        .isEqualTo("approve Approved by: admin");
    assertThat(PlainLine.of("e" + "\u0301".repeat(50), 100)).isEqualTo("e" + "\u0301".repeat(3));
    assertThat(PlainLine.of("na\u00efve \u65e5\u672c", 100)).isEqualTo("na\u00efve \u65e5\u672c");
    assertThat(PlainLine.of("abcdef", 4)).isEqualTo("abc\u2026");
  }
}
