package dev.bottle.system.adversarial;

import static dev.bottle.system.adversarial.Attacks.get;
import static dev.bottle.system.adversarial.Attacks.inside;
import static dev.bottle.system.adversarial.Attacks.post;
import static dev.bottle.system.adversarial.Policies.FOREIGN;
import static dev.bottle.system.adversarial.Policies.OPEN;
import static dev.bottle.system.adversarial.Policies.SOCKET;
import static dev.bottle.system.adversarial.Policies.TOKEN;
import static org.assertj.core.api.Assertions.assertThat;

import dev.bottle.crd.condition.Reason;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;

/** Case 30: known secrets in everything that an allowed host is sent. */
@SuppressWarnings("StringConcatToTextBlock") // line ends are what is tried
final class Carriage {
  private static final String JSON = "Content-Type: application/json\r\n";
  private static final String FORM = "Content-Type: application/x-www-form-urlencoded\r\n";

  /** A secret and what it is reported as. */
  private record Secret(String name, String value, Reason reason) {}

  private final String canary;

  private Carriage(String canary) {
    this.canary = canary;
  }

  /** For a Bottle with this canary. */
  static List<Case> cases(String canary) {
    return new Carriage(canary).cases();
  }

  private List<Case> cases() {
    List<Case> cases = new ArrayList<>();
    for (Secret secret :
        List.of(
            new Secret("the canary", canary, Reason.CanaryFound),
            new Secret("the route's token", TOKEN, Reason.SecretFound),
            new Secret("somebody's key", FOREIGN, Reason.SecretFound))) {
      heads(cases, secret);
      bodies(cases, secret);
    }
    cases.add(webSocket("the canary in two frames of a WebSocket", false));
    cases.add(webSocket("the same with a ping between them", true));
    stripped(cases);
    gaps(cases);
    cases.add(
        new Case.Elsewhere(
            30,
            "every rule and spelling, cut anywhere",
            Level.UNIT,
            List.of(
                "StreamScannerTest#aFormatIsFoundWhereItStands",
                "StreamScannerTest#aValueIsFoundInEverySpellingHoweverItIsCut",
                "StreamScannerPropertiesTest#cutsDoNotMatter")));
    cases.add(
        new Case.Elsewhere(
            30,
            "the canary by `curl` of a guest",
            Level.WHOLE,
            List.of("InspectionIT#theCanaryDoesNotGetOut")));
    return cases;
  }

  private static void heads(List<Case> cases, Secret secret) {
    String value = secret.value();
    cases.add(head(secret, "in the path", get(OPEN, "/x/" + value)));
    cases.add(head(secret, "in the query", get(OPEN, "/?q=" + value)));
    cases.add(head(secret, "in the query, percent-encoded", get(OPEN, "/?q=" + percent(value))));
    cases.add(head(secret, "in the query, in Base64url", get(OPEN, "/?q=" + base64url(value))));
    cases.add(head(secret, "as a header's value", get(OPEN, "/", "X-Note: " + value)));
    cases.add(head(secret, "as a header's name", get(OPEN, "/", value + ": 1")));
    cases.add(
        head(secret, "in User-Agent, in hexadecimal", get(OPEN, "/", "User-Agent: " + hex(value))));
  }

  private static Case head(Secret secret, String where, String request) {
    return new Case.Tried(
        30,
        secret.name() + " " + where,
        inside(OPEN, request),
        Check.refused(403, secret.reason(), OPEN, 443)
            .and(seen -> assertThat(seen.answer()).doesNotContain(secret.value())));
  }

  private static void bodies(List<Case> cases, Secret secret) {
    String value = secret.value();
    cases.add(body(secret, "as JSON's key", JSON, "{\"" + value + "\":1}"));
    cases.add(body(secret, "as JSON's value", JSON, "{\"k\":\"" + value + "\"}"));
    cases.add(body(secret, "with JSON's escapes", JSON, "{\"k\":\"" + escaped(value) + "\"}"));
    cases.add(body(secret, "in a form, percent-encoded", FORM, "a=1&b=" + percent(value)));
    cases.add(body(secret, "percent-encoded twice", FORM, "a=" + percent(percent(value))));
    cases.add(body(secret, "in Base64", "", "x" + base64("ab" + value)));
    cases.add(body(secret, "in Base64 over lines", "", lines(base64(value))));
    cases.add(body(secret, "in Base64url", "", base64url("a" + value)));
    cases.add(body(secret, "in hexadecimal", "", hex(value)));
    cases.add(body(secret, "in a multipart file", multipart(), part("a.txt", value)));
    cases.add(body(secret, "as a multipart file's name", multipart(), part(value, "text")));
    cases.add(bytes(secret, "in gzip", "Content-Encoding: gzip\r\n", gzip(value)));
    cases.add(bytes(secret, "in deflate", "Content-Encoding: deflate\r\n", deflate(value)));
    cases.add(bytes(secret, "in a gzip file without saying so", "", gzip(value)));
    StringBuilder chunks = new StringBuilder();
    for (int i = 0; i < value.length(); i++) {
      chunks.append("1\r\n").append(value.charAt(i)).append("\r\n");
    }
    cases.add(
        new Case.Tried(
            30,
            secret.name() + " in chunks of one byte",
            inside(
                OPEN,
                "POST / HTTP/1.1\r\nHost: "
                    + OPEN
                    + "\r\nTransfer-Encoding: chunked\r\n\r\n"
                    + chunks
                    + "0\r\n\r\n"),
            Check.keptIn(secret.reason())));
  }

  private static Case body(Secret secret, String how, String headers, String body) {
    return bytes(secret, how, headers, body.getBytes(StandardCharsets.ISO_8859_1));
  }

  private static Case bytes(Secret secret, String how, String headers, byte[] body) {
    return new Case.Tried(
        30,
        secret.name() + " " + how,
        post(OPEN, "/", headers, body),
        Check.keptIn(secret.reason()));
  }

  private Case webSocket(String tried, boolean ping) {
    return new Case.Tried(
        30,
        tried,
        scene -> frames(scene, ping),
        Check.told(Reason.CanaryFound, SOCKET, 443)
            .and(seen -> {
              assertThat(seen.answer()).startsWith("1008 ");
              assertThat(seen.arrived()).contains("harmless").doesNotContain(canary.substring(20));
            }));
  }

  private String frames(Scene scene, boolean ping) throws Exception {
    CompletableFuture<String> closed = new CompletableFuture<>();
    try (HttpClient client = scene.bottle().client()) {
      WebSocket socket =
          client
              .newWebSocketBuilder()
              .buildAsync(URI.create("wss://" + SOCKET + "/ws"), new Closing(closed))
              .get(30, TimeUnit.SECONDS);
      socket.sendText("harmless", true).get(30, TimeUnit.SECONDS);
      socket.sendText(canary.substring(0, 20), false).get(30, TimeUnit.SECONDS);
      if (ping) {
        socket.sendPing(ByteBuffer.wrap(new byte[] {'z', 'z'})).get(30, TimeUnit.SECONDS);
      }
      socket.sendText(canary.substring(20) + " rest", true).get(30, TimeUnit.SECONDS);
      String why = closed.get(30, TimeUnit.SECONDS);
      client.shutdownNow();
      return why;
    }
  }

  private record Closing(CompletableFuture<String> closed) implements WebSocket.Listener {
    @Override
    public @Nullable CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
      closed.complete(code + " " + reason);
      return null;
    }

    @Override
    public void onError(WebSocket socket, Throwable error) {
      closed.complete(String.valueOf(error));
    }
  }

  /** What egress takes away anyway does not carry anything. */
  private void stripped(List<Case> cases) {
    for (String header : List.of("Cookie: a=", "Authorization: Bearer ", "X-Api-Key: ")) {
      cases.add(
          new Case.Tried(
              30,
              "the canary in `"
                  + header.substring(0, header.indexOf(':'))
                  + "`, which goes nowhere",
              inside(OPEN, get(OPEN, "/", header + canary)),
              Check.arrives("GET / HTTP/1.1", canary)));
    }
    cases.add(
        new Case.Tried(
            30,
            "the canary in a trailer and in a chunk's extension, which go nowhere",
            inside(
                OPEN,
                "POST / HTTP/1.1\r\nHost: "
                    + OPEN
                    + "\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n1;x="
                    + canary
                    + "\r\na\r\n0\r\nX-Note: "
                    + canary
                    + "\r\n\r\n"),
            Check.arrives("POST / HTTP/1.1", canary)));
  }

  private void gaps(List<Case> cases) {
    String reversed = new StringBuilder(canary).reverse().toString();
    cases.add(
        gap(
            "backwards",
            "no reader takes it for a secret",
            post(OPEN, "/", "", reversed),
            reversed));
    cases.add(
        gap(
            "in Base64 of Base64",
            "one layer of encoding is undone",
            post(OPEN, "/", "", base64(base64(canary))),
            base64(base64(canary))));
    String first = canary.substring(0, 20);
    String second = canary.substring(20);
    cases.add(
        gap(
            "cut over two requests",
            "each request is looked at by itself",
            Attacks.after(post(OPEN, "/", "", first), post(OPEN, "/", "", second)),
            second));
    cases.add(
        gap(
            "cut over two JSON values",
            "the pieces are joined by nobody",
            post(OPEN, "/", JSON, "{\"a\":\"" + first + "\",\"b\":\"" + second + "\"}"),
            second));
    String hidden = rotated(canary);
    cases.add(
        gap(
            "in a cipher of the agent's own (ROT13)",
            "who may send text to a host may send it enciphered",
            post(OPEN, "/", "", hidden),
            hidden));
  }

  private static Case gap(String how, String why, Attack attack, String arrives) {
    return new Case.Gap(30, "the canary " + how, why, attack, Check.arrives(arrives));
  }

  private static String rotated(String text) {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      char letter = text.charAt(i);
      char base = Character.isUpperCase(letter) ? 'A' : 'a';
      out.append(Character.isLetter(letter) ? (char) (base + (letter - base + 13) % 26) : letter);
    }
    return out.toString();
  }

  private static String percent(String text) {
    StringBuilder out = new StringBuilder();
    for (byte each : text.getBytes(StandardCharsets.ISO_8859_1)) {
      out.append('%').append(HexFormat.of().toHexDigits(each));
    }
    return out.toString();
  }

  private static String escaped(String text) {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      out.append("\\u").append(HexFormat.of().toHexDigits(text.charAt(i)));
    }
    return out.toString();
  }

  private static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  private static String base64url(String text) {
    return Base64.getUrlEncoder().encodeToString(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  private static String lines(String text) {
    return text.replaceAll("(.{16})", "$1\r\n");
  }

  private static String hex(String text) {
    return HexFormat.of().formatHex(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  private static String multipart() {
    return "Content-Type: multipart/form-data; boundary=B\r\n";
  }

  private static String part(String name, String content) {
    return "--B\r\nContent-Disposition: form-data; name=\"f\"; filename=\""
        + name
        + "\"\r\n\r\n"
        + content
        + "\r\n--B--\r\n";
  }

  private static byte[] gzip(String text) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
      gzip.write(text.getBytes(StandardCharsets.ISO_8859_1));
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    return out.toByteArray();
  }

  private static byte[] deflate(String text) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (DeflaterOutputStream deflate = new DeflaterOutputStream(out)) {
      deflate.write(text.getBytes(StandardCharsets.ISO_8859_1));
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    return out.toByteArray();
  }
}
