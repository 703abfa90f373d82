package dev.bottle.bundle.egress.inspection;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bottle.bundle.egress.inspection.BodyDecoder.UndecodableException;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A body in any coding and any pieces: it goes on as it came, or is refused; the canary in it is
 * seen.
 */
public final class BodyFuzz {
  private static final Needles NEEDLES = Samples.needles();

  private BodyFuzz() {}

  /** Jazzer's and the corpus' way in: the coding, the size of the pieces, the body. */
  public static void fuzzerTestOneInput(byte[] input) {
    if (input.length < 2) {
      return;
    }
    byte[] body = Arrays.copyOfRange(input, 2, input.length);
    List<String> codings = List.of("", "gzip", "deflate");
    String coding = codings.get(Math.floorMod(input[0], codings.size()));
    boolean found = inspect(body, coding, 1 + Math.floorMod(input[1], 64));
    if (coding.isEmpty()) {
      if (inspect(body, coding, Integer.MAX_VALUE)
          || new String(body, StandardCharsets.ISO_8859_1).contains(Samples.CANARY)) {
        assertThat(found).isTrue();
      }
    }
  }

  private static boolean inspect(byte[] body, String coding, int piece) {
    @Nullable BodyDecoder decoder = BodyDecoder.of(coding).orElse(null);
    ByteArrayOutputStream released = new ByteArrayOutputStream();
    boolean found = false;
    try (BodyInspection inspection = new BodyInspection(NEEDLES, decoder)) {
      for (int at = 0; at < body.length; at += Math.min(piece, body.length - at)) {
        byte[] part = Arrays.copyOfRange(body, at, at + Math.min(piece, body.length - at));
        found |= !inspection.next(part, false).isEmpty();
        released.writeBytes(inspection.release(false));
      }
      found |= !inspection.next(new byte[0], true).isEmpty();
      released.writeBytes(inspection.release(true));
    } catch (UndecodableException refused) {
      return true;
    }
    assertThat(released.toByteArray()).isEqualTo(body);
    return found;
  }
}
