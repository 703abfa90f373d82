package dev.bottle.agent.gate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class FrameTest {
  @Provide
  Arbitrary<Frame> frames() {
    return Combinators.combine(
            Arbitraries.of(Frame.Type.class),
            Arbitraries.bytes().array(byte[].class).ofMaxSize(300))
        .as(Frame::new);
  }

  @Provide
  Arbitrary<List<Frame>> streams() {
    return frames().list().ofMaxSize(5);
  }

  private static byte[] encoded(List<Frame> frames) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (Frame frame : frames) {
      out.write(frame.encode().array());
    }
    return out.toByteArray();
  }

  private static DataInputStream in(byte[] bytes) {
    return new DataInputStream(new ByteArrayInputStream(bytes));
  }

  @Property
  void whatWasWrittenIsRead(@ForAll("streams") List<Frame> frames) throws IOException {
    DataInputStream in = in(encoded(frames));
    for (Frame frame : frames) {
      Frame read = Frame.read(in).orElseThrow();
      assertThat(read.type()).isEqualTo(frame.type());
      assertThat(read.payload()).isEqualTo(frame.payload());
    }
    assertThat(Frame.read(in)).isEmpty();
  }

  @Property
  void aStreamThatEndsWithinAFrameIsNoEnd(
      @ForAll("frames") Frame frame, @ForAll @IntRange(min = 1, max = 304) int kept)
      throws IOException {
    byte[] whole = encoded(List.of(frame));
    if (kept < whole.length) {
      assertThatThrownBy(() -> Frame.read(in(Arrays.copyOf(whole, kept))))
          .isInstanceOf(IOException.class);
    }
  }

  @Property
  void garbageIsAFrameOrAnIoException(@ForAll byte[] garbage) {
    try {
      Optional<Frame> frame = Frame.read(in(garbage));
      assertThat(frame.isPresent()).isEqualTo(garbage.length > 0);
    } catch (IOException refused) {
      assertThat(garbage).isNotEmpty();
    }
  }

  @Test
  void theBytesAreThoseOfTheContract() {
    Frame frame = new Frame(Frame.Type.EXIT, new byte[] {'h', 'i'});
    assertThat(HexFormat.of().formatHex(frame.encode().array())).isEqualTo("13000000026869");
  }

  @Test
  void aFrameThatIsTooLongIsRefusedBeforeItIsRead() throws IOException {
    for (String header : List.of("0200010001", "02ffffffff", "027fffffff")) {
      assertThatThrownBy(() -> Frame.read(in(HexFormat.of().parseHex(header))))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("bytes");
    }
    assertThatThrownBy(() -> new Frame(Frame.Type.STDIN, new byte[Frame.MAX_PAYLOAD_BYTES + 1]))
        .isInstanceOf(IllegalArgumentException.class);
    byte[] largest = new byte[Frame.MAX_PAYLOAD_BYTES];
    assertThat(Frame.read(in(encoded(List.of(new Frame(Frame.Type.STDIN, largest)))))).isPresent();
  }

  @Test
  void anUnknownTypeIsRefused() {
    assertThatThrownBy(() -> Frame.read(in(new byte[] {0x7f, 0, 0, 0, 0})))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("unknown type");
  }
}
