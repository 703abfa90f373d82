package dev.bottle.bundle.egress.fuzz;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.io.IOException;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What Jazzer found interesting is tried again in each build. */
class CorpusTest {
  @ParameterizedTest
  @EnumSource
  void nothingThatWasFoundBreaksIt(FuzzTarget target) throws IOException {
    List<byte[]> corpus = Corpus.read(target.corpus());
    assertThat(corpus).isNotEmpty();
    for (byte[] input : corpus) {
      assertThatCode(() -> target.fuzz(input))
          .as("%s of %s", target, HexFormat.of().formatHex(input))
          .doesNotThrowAnyException();
    }
  }
}
