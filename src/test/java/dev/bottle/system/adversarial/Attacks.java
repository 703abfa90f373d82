package dev.bottle.system.adversarial;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** The few moves that most attacks are made of. */
@SuppressWarnings("StringConcatToTextBlock") // line ends are what is tried
final class Attacks {
  private Attacks() {}

  /** These bytes on the door. */
  static Attack door(String bytes) {
    return scene -> {
      try (Guest guest = scene.bottle().guest()) {
        return guest.send(bytes).rest();
      }
    };
  }

  /** CONNECT to this authority. */
  static Attack connect(String authority) {
    return scene -> {
      try (Guest guest = scene.bottle().guest()) {
        return guest.connect(authority);
      }
    };
  }

  /** These bytes where TLS should begin, in a tunnel to this host. */
  static Attack raw(String host, String bytes) {
    return scene -> {
      try (Guest guest = scene.bottle().guest()) {
        return guest.connect(host + ":443") + guest.send(bytes).rest();
      }
    };
  }

  /** TLS with another server name, null for none, in a tunnel to this host. */
  static Attack front(String host, @Nullable String serverName) {
    return scene -> {
      try (Guest guest = scene.bottle().guest()) {
        String answer = guest.connect(host + ":443");
        try {
          guest.handshake(serverName);
          return answer + "handshake";
        } catch (IOException refused) {
          return answer + refused;
        }
      }
    };
  }

  /** These bytes in a tunnel to this host with TLS. */
  static Attack inside(String host, String... pieces) {
    return scene -> {
      try (Guest guest = scene.bottle().guest()) {
        guest.tunnel(host);
        for (String piece : pieces) {
          try {
            guest.send(piece);
          } catch (IOException answered) {
            break; // the answer is there already
          }
        }
        return guest.rest();
      }
    };
  }

  /** A request with this body. */
  static Attack post(String host, String path, String headers, byte[] body) {
    return inside(
        host,
        "POST "
            + path
            + " HTTP/1.1\r\nHost: "
            + host
            + "\r\nConnection: close\r\n"
            + headers
            + "Content-Length: "
            + body.length
            + "\r\n\r\n",
        new String(body, StandardCharsets.ISO_8859_1));
  }

  /** The same, of text. */
  static Attack post(String host, String path, String headers, String body) {
    return post(host, path, headers, body.getBytes(StandardCharsets.ISO_8859_1));
  }

  /** One after the other; the last one's answer. */
  static Attack after(Attack first, Attack second) {
    return scene -> {
      first.attempt(scene);
      return second.attempt(scene);
    };
  }

  /** A request that is the last of its connection. */
  static String get(String host, String path, String... headers) {
    StringBuilder lines = new StringBuilder();
    for (String header : headers) {
      lines.append(header).append("\r\n");
    }
    return "GET "
        + path
        + " HTTP/1.1\r\nHost: "
        + host
        + "\r\nConnection: close\r\n"
        + lines
        + "\r\n";
  }

  /** A WebSocket's opening (RFC 6455, section 1.2). */
  static String webSocket(String host) {
    return "GET /ws HTTP/1.1\r\nHost: "
        + host
        + "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
  }
}
