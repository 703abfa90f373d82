package dev.bottle.bundle.egress.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;

/** Bytes of a guest in a tunnel: however they are cut, they are one thing, also when sent on. */
public final class RequestFuzz {
  private RequestFuzz() {}

  /** Jazzer's and the corpus' way in. */
  public static void fuzzerTestOneInput(byte[] input) {
    String bytes = new String(input, StandardCharsets.ISO_8859_1);
    NettyReader whole = NettyReader.ours().read(bytes, Integer.MAX_VALUE);
    Reading reading = whole.reading();
    assertThat(NettyReader.ours().read(bytes, 1).reading()).isEqualTo(reading);
    // Host is written anew, as the tunnel's.
    List<Reading.Request> onward =
        reading.requests().stream()
            .map(each ->
                new Reading.Request(each.method(), each.target(), NettyReader.HOST, each.body()))
            .toList();
    assertThat(NettyReader.ours().read(whole.forwarded(), 3).reading())
        .isEqualTo(new Reading(onward, false));
    assertThat(
            NettyReader.forgiving().read(whole.forwarded(), Integer.MAX_VALUE).reading().requests())
        .isEqualTo(onward);
  }
}
