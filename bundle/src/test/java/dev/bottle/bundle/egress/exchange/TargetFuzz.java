package dev.bottle.bundle.egress.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.handler.codec.http.QueryStringDecoder;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;

/** A request's target: what passes is one path to all who read it. */
public final class TargetFuzz {
  private TargetFuzz() {}

  /** Jazzer's and the corpus' way in. */
  public static void fuzzerTestOneInput(byte[] input) {
    readersAgree(new String(input, StandardCharsets.ISO_8859_1));
  }

  /** Nothing is said of a target that is refused. */
  static void readersAgree(String target) {
    if (RequestTarget.fault(target).isPresent()) {
      return;
    }
    int query = target.indexOf('?');
    String path = query < 0 ? target : target.substring(0, query);
    assertThat(new QueryStringDecoder(target).rawPath()).isEqualTo(path);
    URI uri;
    try {
      uri = new URI(target);
    } catch (URISyntaxException refused) {
      return; // such as a vertical bar, which the JDK takes nowhere
    }
    assertThat(uri.getRawAuthority()).isNull();
    assertThat(uri.getRawFragment()).isNull();
    assertThat(uri.getRawPath()).isEqualTo(path);
    assertThat(uri.getRawQuery()).isEqualTo(query < 0 ? null : target.substring(query + 1));
    assertThat(URI.create("https://h").resolve(target).getHost()).isEqualTo("h");
    assertThat(uri.normalize().getRawPath()).isEqualTo(path.replaceAll("/+", "/"));
  }
}
