package dev.bottle.bundle.egress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.bottle.bundle.egress.guard.Guard;
import dev.bottle.bundle.egress.testing.Guest;
import dev.bottle.bundle.egress.testing.Origin;
import dev.bottle.bundle.egress.testing.Wire;
import dev.bottle.bundle.egress.testing.World;
import dev.bottle.bundle.egress.testing.World.ControlStream;
import dev.bottle.crd.control.Denial;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@SuppressWarnings("StringConcatToTextBlock") // line ends are what is tested
class ExchangeTest {
  private static final String GET = "GET / HTTP/1.1\r\nHost: origin.example.org\r\n\r\n";
  private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

  /** Answers every request without a body. */
  private static final Origin.Script ALWAYS_OK =
      connection -> {
        while (!connection.head().isEmpty()) {
          connection.send(OK);
        }
      };

  @TempDir private Path home;

  @SuppressWarnings("NullAway.Init")
  private World world;

  @BeforeEach
  void start() throws IOException {
    world = World.start(home);
    world.origin().script(ALWAYS_OK);
  }

  @AfterEach
  void stop() throws IOException {
    world.close();
  }

  @Test
  void anOrdinaryClientGetsItsAnswersOverOneConnection() throws Exception {
    HttpClient client = world.client();
    for (int i = 0; i < 5; i++) {
      HttpResponse<String> response =
          client.send(
              HttpRequest.newBuilder(URI.create("https://origin.example.org/v1?n=" + i)).build(),
              HttpResponse.BodyHandlers.ofString());
      assertThat(response.statusCode()).isEqualTo(200);
      assertThat(response.body()).isEqualTo("ok");
    }

    assertThat(world.origin().connections()).isOne();
    assertThat(world.origin().heads())
        .hasSize(5)
        .last()
        .asString()
        .startsWith("GET /v1?n=4 HTTP/1.1\r\n");
  }

  @Test
  void anOrdinaryClientsBodyArrivesWhole() throws Exception {
    String body = "0123456789abcdef".repeat(20_000);
    world
        .origin()
        .script(connection -> {
          connection.head();
          String got = Wire.exactly(connection.in(), body.length());
          connection.send("HTTP/1.1 200 OK\r\nContent-Length: " + got.length() + "\r\n\r\n" + got);
        });

    HttpResponse<String> response =
        world
            .client()
            .send(
                HttpRequest.newBuilder(URI.create("https://origin.example.org/"))
                    .POST(HttpRequest.BodyPublishers.ofString(body))
                    .build(),
                HttpResponse.BodyHandlers.ofString());

    assertThat(response.body()).isEqualTo(body);
  }

  @Test
  void pipelinedRequestsAreAnsweredInOrder() throws IOException {
    world
        .origin()
        .script(connection -> {
          for (String head = connection.head(); !head.isEmpty(); head = connection.head()) {
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n" + head.charAt(5));
          }
        });
    Guest guest = world.tunnel();
    for (char name = 'a'; name <= 'e'; name++) {
      guest.send("GET /" + name + " HTTP/1.1\r\nHost: origin.example.org\r\n\r\n");
    }
    for (char name = 'a'; name <= 'e'; name++) {
      assertThat(Wire.head(guest.in())).startsWith("HTTP/1.1 200 ");
      assertThat((char) guest.in().read()).isEqualTo(name);
    }
  }

  @Test
  void manyPipelinedRequestsInOneRecordAreAnswered() throws IOException {
    Guest guest = world.tunnel();
    guest.send(GET.repeat(200));
    for (int i = 0; i < 200; i++) {
      assertThat(Wire.until(guest.in(), "ok")).startsWith("HTTP/1.1 200 ");
    }
    assertThat(world.origin().heads()).hasSize(200);
  }

  @Test
  void aPipelinedRequestToAnotherHostIsNotSentThere() throws IOException {
    Guest guest = world.tunnel();
    guest.send(GET + "GET /steal HTTP/1.1\r\nHost: evil.test\r\n\r\n");

    assertThat(Wire.until(guest.in(), "ok")).startsWith("HTTP/1.1 200 ");
    assertThat(Wire.rest(guest.in())).startsWith("HTTP/1.1 421 ");
    assertThat(world.origin().heads()).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "evil.test",
        "origin.example.org:8443",
        "93.184.216.34",
        "origin.example.org.",
        ""
      })
  void anotherHostIsMisdirected(String host) throws IOException {
    ControlStream control = world.control();
    control.next();
    Guest guest = world.tunnel();
    guest.send("GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n");

    assertThat(Wire.rest(guest.in()))
        .startsWith("HTTP/1.1 421 ")
        .contains("\"reason\":\"HostMismatch\"");
    assertThat(control.next()).isEqualTo(new Denial("egress", host, 443, "HostMismatch"));
    assertThat(world.dialled()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        // two lengths, or two framings
        "POST / HTTP/1.1\r\n"
            + "Host: H\r\n"
            + "Content-Length: 4\r\n"
            + "Transfer-Encoding: chunked\r\n\r\n"
            + "0\r\n\r\n",
        "POST / HTTP/1.1\r\n"
            + "Host: H\r\n"
            + "Transfer-Encoding: chunked\r\n"
            + "Content-Length: 4\r\n\r\n"
            + "0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: H\r\nContent-Length: 4\r\nContent-Length: 4\r\n\r\nabcd",
        "POST / HTTP/1.1\r\nHost: H\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcde",
        "POST / HTTP/1.1\r\nHost: H\r\nContent-Length: 4, 4\r\n\r\nabcd",
        "POST / HTTP/1.1\r\nHost: H\r\nContent-Length: +4\r\n\r\nabcd",
        "POST / HTTP/1.1\r\nHost: H\r\nContent-Length: -1\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: H\r\nContent-Length: 0x4\r\n\r\nabcd",
        "POST / HTTP/1.1\r\nHost: H\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: H\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: H\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\n"
            + "Host: H\r\n"
            + "Transfer-Encoding: chunked\r\n"
            + "Transfer-Encoding: x\r\n\r\n"
            + "0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: H\r\nTransfer-Encoding: identity\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: H\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        // line ends, names, values
        "GET / HTTP/1.1\nHost: H\n\n",
        "GET / HTTP/1.1\r\nHost: H\nX: y\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: H\r\nX: a\rb\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: H\r\nX: a\u0000b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: H\r\nX y: z\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: H\r\n: z\r\n\r\n",
        "GET / HTTP/1.1\r\n X: z\r\nHost: H\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: H\r\nNoColon\r\n\r\n",
        // folded lines
        "GET / HTTP/1.1\r\nHost: H\r\nX: a\r\n b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: H\r\nX: a\r\n\tb\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: H\r\nX: a\r\n \r\n\r\n",
        "GET / HTTP/1.1\r\nHost:\r\n H\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: H\r\n evil.test\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: H\r\nTransfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: H\r\nX: a\r\n b\r\nContent-Length: 4\r\n\r\nabcd",
        " GET / HTTP/1.1\r\nHost: H\r\n\r\n",
        // hosts
        "GET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: H\r\nHost: H\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: H\r\nHost: evil.test\r\n\r\n",
        // methods, versions, targets
        "TRACE / HTTP/1.1\r\nHost: H\r\n\r\n",
        "TRACK / HTTP/1.1\r\nHost: H\r\n\r\n",
        "CONNECT evil.test:443 HTTP/1.1\r\nHost: H\r\n\r\n",
        "get / HTTP/1.1\r\nHost: H\r\n\r\n",
        "GET / HTTP/1.0\r\nHost: H\r\n\r\n",
        "GET / HTTP/2.0\r\nHost: H\r\n\r\n",
        "GET /\r\nHost: H\r\n\r\n",
        "GET https://origin.example.org/ HTTP/1.1\r\nHost: H\r\n\r\n",
        "GET http://evil.test/ HTTP/1.1\r\nHost: H\r\n\r\n",
        "GET //evil.test/ HTTP/1.1\r\nHost: H\r\n\r\n",
        "GET /ok/../admin HTTP/1.1\r\nHost: H\r\n\r\n",
        "GET /ok/%2e%2E/admin HTTP/1.1\r\nHost: H\r\n\r\n",
        "GET /ok\\..\\admin HTTP/1.1\r\nHost: H\r\n\r\n",
        "GET /a%00b HTTP/1.1\r\nHost: H\r\n\r\n",
        "GET /a\u0001b HTTP/1.1\r\nHost: H\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nHost: H\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
      })
  void anAmbiguousRequestIsRefusedReportedAndNotSent(String request) throws IOException {
    ControlStream control = world.control();
    control.next();
    Guest guest = world.tunnel();
    guest.send(request.replace("Host: H", "Host: " + World.HOST));

    assertThat(Wire.rest(guest.in()))
        .startsWith("HTTP/1.1 400 ")
        .containsOnlyOnce("HTTP/1.1 ")
        .contains("\"reason\":\"RequestMalformed\"");
    assertThat(((Denial) control.next()).rule()).isEqualTo("RequestMalformed");
    assertThat(world.dialled()).isEmpty();
  }

  @Test
  void aFoldIsSeenInPiecesAndBehindAnotherRequest() throws IOException {
    Guest guest = world.tunnel().send(GET);
    Wire.until(guest.in(), "ok");
    for (String part : GET.replace("\r\n\r\n", "\r\nX: a\r\n b\r\n").split("", -1)) {
      guest.send(part);
    }

    assertThat(Wire.rest(guest.in())).startsWith("HTTP/1.1 400 ").contains("\"rule\":\"NotHttp\"");
    assertThat(world.origin().heads()).hasSize(1);
  }

  @Test
  void whatBeginsWithASpaceInABodyIsNoFold() throws IOException {
    Guest guest = world.tunnel();
    guest.send("POST / HTTP/1.1\r\nHost: origin.example.org\r\nContent-Length: 6\r\n\r\n a\r\n b");
    Wire.until(guest.in(), "ok");
    guest.send(GET);

    assertThat(Wire.until(guest.in(), "ok")).startsWith("HTTP/1.1 200 ");
  }

  /** A proxy may (RFC 9112, section 5.2); what matters is that the guest gets one line. */
  @Test
  void aFoldedHeaderOfAnAnswerIsJoined() throws IOException {
    world
        .origin()
        .script(connection -> {
          connection.head();
          connection.send("HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 2\r\n\r\nok");
        });
    Guest guest = world.tunnel().send(GET);

    assertThat(Wire.until(guest.in(), "ok")).startsWith("HTTP/1.1 200 ").contains("X: a b\r\n");
  }

  @Test
  void aHeadOfMoreThan64KiBIsRefused() throws IOException {
    Guest guest = world.tunnel();
    guest.send("GET / HTTP/1.1\r\nHost: origin.example.org\r\n");
    guest.send(("X-Filler: " + "x".repeat(8000) + "\r\n").repeat(9));

    assertThat(Wire.head(guest.in())).startsWith("HTTP/1.1 431 ");
    assertThat(world.dialled()).isEmpty();
  }

  @Test
  void whatConcernsOneHopDoesNotReachTheNext() throws IOException {
    world
        .origin()
        .script(connection -> {
          connection.head();
          connection.send(
              """
              HTTP/1.1 200 OK\r
              Connection: X-Private, keep-alive\r
              X-Private: 1\r
              Keep-Alive: timeout=5\r
              Proxy-Authenticate: Basic\r
              Upgrade: h2c\r
              X-Kept: yes\r
              Content-Length: 2\r
              \r
              ok\
              """);
        });
    Guest guest = world.tunnel();
    guest.send(
        """
        POST /a HTTP/1.1\r
        Host: ORIGIN.example.org:443\r
        Connection: Upgrade, HTTP2-Settings, X-Hop, Content-Length, Host\r
        Upgrade: h2c\r
        HTTP2-Settings: AAMAAABk\r
        X-Hop: 1\r
        TE: trailers\r
        Proxy-Authorization: Basic c2VjcmV0\r
        Proxy-Connection: keep-alive\r
        X-Kept: yes\r
        Content-Length: 0\r
        \r
        """);

    String response = Wire.until(guest.in(), "ok");

    assertThat(response.lines().toList())
        .containsExactlyInAnyOrder("HTTP/1.1 200 OK", "X-Kept: yes", "content-length: 2", "", "ok");
    assertThat(world.origin().heads().getFirst().lines().toList())
        .containsExactlyInAnyOrder(
            "POST /a HTTP/1.1", "host: origin.example.org", "X-Kept: yes", "content-length: 0", "");
  }

  @Test
  void chunksAreReframedAndTrailersEndHere() throws IOException {
    world
        .origin()
        .script(connection -> {
          connection.head();
          String body = Wire.until(connection.in(), "0\r\n\r\n");
          connection.send(
              "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                  + "2\r\nok\r\n0\r\nX-Trailer: 1\r\n\r\n");
          connection.send(body.isEmpty() ? "unasked" : "");
          connection.in().read();
        });
    Guest guest = world.tunnel();
    guest.send(
        "POST / HTTP/1.1\r\nHost: origin.example.org\r\nTransfer-Encoding: chunked\r\n\r\n"
            + "3;ext=1\r\nabc\r\n0\r\nX-Trailer: 1\r\n\r\n");

    assertThat(Wire.until(guest.in(), "0\r\n\r\n"))
        .containsIgnoringCase("transfer-encoding: chunked\r\n")
        .endsWith("\r\n\r\n2\r\nok\r\n0\r\n\r\n");
  }

  @Test
  void thousandsOfTinyChunksPass() throws IOException {
    int chunks = 20_000;
    world
        .origin()
        .script(connection -> {
          connection.head();
          String body = Wire.until(connection.in(), "0\r\n\r\n");
          connection.send(
              OK.replace("ok", body.replaceAll("[^x]", "").length() == chunks ? "ok" : "no"));
        });
    Guest guest = world.tunnel();
    guest.send("POST / HTTP/1.1\r\nHost: origin.example.org\r\nTransfer-Encoding: chunked\r\n\r\n");
    guest.send("1\r\nx\r\n".repeat(chunks) + "0\r\n\r\n");

    assertThat(Wire.until(guest.in(), "\r\n\r\nok")).startsWith("HTTP/1.1 200 ");
  }

  @Test
  void aMalformedChunkIs400() throws IOException {
    world
        .origin()
        .script(connection -> {
          connection.head();
          Wire.rest(connection.in());
        });
    Guest guest = world.tunnel();
    guest.send(
        "POST / HTTP/1.1\r\nHost: origin.example.org\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n");

    assertThat(Wire.rest(guest.in())).startsWith("HTTP/1.1 400 ");
    await().untilAsserted(() -> assertThat(world.origin().open()).isZero());
  }

  @ParameterizedTest
  @CsvSource({
    "HEAD, HTTP/1.1 200 OK|Content-Length: 5||, content-length: 5",
    "HEAD, HTTP/1.1 200 OK|Transfer-Encoding: chunked||, HTTP/1.1 200 OK",
    "GET, HTTP/1.1 204 No Content||, HTTP/1.1 204 No Content",
    "GET, HTTP/1.1 304 Not Modified|Content-Length: 5||, content-length: 5",
  })
  void aResponseWithoutABodyHasNoneAndTheConnectionGoesOn(
      String method, String response, String expected) throws IOException {
    world
        .origin()
        .script(connection -> {
          connection.head();
          connection.send(response.replace("|", "\r\n"));
          ALWAYS_OK.run(connection);
        });
    Guest guest = world.tunnel();
    guest.send(GET.replace("GET", method));
    assertThat(Wire.head(guest.in())).contains(expected);

    guest.send(GET);
    assertThat(Wire.until(guest.in(), "ok")).startsWith("HTTP/1.1 200 ").endsWith("\r\n\r\nok");
  }

  @Test
  void aHeadRequestThatIsRefusedHasNoBodyEither() throws IOException {
    Guest guest = world.tunnel();
    guest.send("HEAD / HTTP/1.1\r\nHost: evil.test\r\n\r\n");

    assertThat(Wire.rest(guest.in())).startsWith("HTTP/1.1 421 ").endsWith("\r\n\r\n");
  }

  @Test
  void whatEndsWithTheUpstreamsConnectionIsChunkedForTheGuest() throws IOException {
    world
        .origin()
        .script(connection -> {
          connection.head();
          connection.send("HTTP/1.1 200 OK\r\n\r\nall of it");
        });
    Guest guest = world.tunnel();
    guest.send(GET);

    assertThat(Wire.until(guest.in(), "0\r\n\r\n"))
        .containsIgnoringCase("transfer-encoding: chunked\r\n")
        .contains("all of it");
    guest.send(GET);
    assertThat(Wire.head(guest.in())).startsWith("HTTP/1.1 200 ");
    assertThat(world.origin().connections()).isEqualTo(2);
  }

  @Test
  void aResponseThatBreaksOffBreaksOffForTheGuestToo() throws IOException {
    world
        .origin()
        .script(connection -> {
          connection.head();
          connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n");
        });
    Guest guest = world.tunnel();
    guest.send(GET);

    assertThat(Wire.until(guest.in(), "half\r\n")).contains("half");
    assertThat(ended(guest)).doesNotContain("0\r\n\r\n");
  }

  @Test
  void aContinueReachesTheGuestBeforeItsBodyIsSent() throws IOException {
    world
        .origin()
        .script(connection -> {
          connection.head();
          connection.send("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n");
          connection.send("HTTP/1.1 100 Continue\r\n\r\n");
          connection.send(OK.replace("ok", Wire.exactly(connection.in(), 2)));
          ALWAYS_OK.run(connection);
        });
    Guest guest = world.tunnel();
    guest.send(
        "PUT / HTTP/1.1\r\nHost: origin.example.org\r\nContent-Length: 2\r\n"
            + "Expect: 100-continue\r\n\r\n");

    assertThat(Wire.head(guest.in())).startsWith("HTTP/1.1 103 ").contains("Link: </a>");
    assertThat(Wire.head(guest.in())).isEqualTo("HTTP/1.1 100 Continue\r\n\r\n");
    guest.send("hi");
    assertThat(Wire.until(guest.in(), "hi")).startsWith("HTTP/1.1 200 ");
    guest.send(GET);
    assertThat(Wire.until(guest.in(), "ok")).startsWith("HTTP/1.1 200 ");
  }

  @Test
  void anEarlyAnswerReachesAGuestThatIsStillSending() throws IOException {
    world
        .origin()
        .script(connection -> {
          connection.head();
          connection.send("HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\n\r\nbig");
          connection.socket().shutdownOutput();
          connection.in().readAllBytes();
        });
    Guest guest = world.tunnel();
    Thread.ofVirtual()
        .start(() -> {
          try {
            guest.send(
                "POST / HTTP/1.1\r\nHost: origin.example.org\r\nContent-Length: 500000000\r\n\r\n");
            while (true) {
              guest.send("x".repeat(16_384));
            }
          } catch (IOException closed) {
            // what is expected sooner or later
          }
        });

    assertThat(Wire.until(guest.in(), "big")).startsWith("HTTP/1.1 413 ");
  }

  @Test
  void anEarlyAnswerOfAnUpstreamThatReadsNothingReachesTheGuest() throws IOException {
    CountDownLatch over = new CountDownLatch(1);
    world
        .origin()
        .script(connection -> {
          connection.head();
          connection.send("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno");
          over.await();
        });
    Guest guest = world.tunnel();
    Thread.ofVirtual()
        .start(() -> {
          try {
            guest.send(
                "POST / HTTP/1.1\r\nHost: origin.example.org\r\nContent-Length: 500000000\r\n\r\n");
            while (true) {
              guest.send("x".repeat(16_384));
            }
          } catch (IOException closed) {
            // what is expected sooner or later
          }
        });

    assertThat(Wire.until(guest.in(), "\r\n\r\nno")).startsWith("HTTP/1.1 403 ");
    over.countDown();
  }

  @Test
  void requestAndResponseMayFlowAtTheSameTime() throws IOException {
    world
        .origin()
        .script(connection -> {
          connection.head();
          connection.send("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n");
          for (int i = 0; i < 3; i++) {
            connection.send(Wire.exactly(connection.in(), 1));
          }
          ALWAYS_OK.run(connection);
        });
    Guest guest = world.tunnel();
    guest.send("POST / HTTP/1.1\r\nHost: origin.example.org\r\nContent-Length: 3\r\n\r\n");
    Wire.head(guest.in());
    for (String letter : List.of("a", "b", "c")) {
      guest.send(letter);
      assertThat(Wire.exactly(guest.in(), 1)).isEqualTo(letter);
    }
    guest.send(GET);
    assertThat(Wire.until(guest.in(), "ok")).startsWith("HTTP/1.1 200 ");
    assertThat(world.origin().connections()).isOne();
  }

  @Test
  void closeIsObeyedOnBothSides() throws IOException {
    Guest guest = world.tunnel();
    guest.send("GET / HTTP/1.1\r\nHost: origin.example.org\r\nConnection: close\r\n\r\n");

    assertThat(Wire.rest(guest.in()))
        .containsIgnoringCase("connection: close\r\n")
        .endsWith("\r\n\r\nok");
    await().untilAsserted(() -> assertThat(world.origin().open()).isZero());
  }

  @Test
  void aGuestThatLeavesEndsTheUpstreamsWork() throws IOException {
    world
        .origin()
        .script(connection -> {
          connection.head();
          connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
          connection.in().read(); // until egress closes
        });
    Guest guest = world.tunnel();
    guest.send(GET);
    Wire.head(guest.in());
    assertThat(world.origin().open()).isOne();

    guest.close();

    await().untilAsserted(() -> assertThat(world.origin().open()).isZero());
  }

  @Test
  void anIdleUpstreamThatClosesIsReplacedAtTheNextRequest() throws IOException {
    world
        .origin()
        .script(connection -> {
          connection.head();
          connection.send(OK);
        });
    Guest guest = world.tunnel();
    guest.send(GET);
    Wire.until(guest.in(), "ok");
    await().untilAsserted(() -> assertThat(world.origin().open()).isZero());

    // Its end takes a moment to arrive; a request that is faster ends the tunnel, never in a 502.
    guest.send("GET / HTTP/1.1\r\nHost: origin.example.org\r\nConnection: close\r\n\r\n");
    assertThat(ended(guest)).matches("(?s)|HTTP/1.1 200 .*ok");
  }

  @Test
  void aReusedUpstreamThatClosesWithoutAnAnswerEndsTheTunnelAsItWouldWithoutAProxy()
      throws IOException {
    world
        .origin()
        .script(connection -> {
          connection.head();
          connection.send(OK);
          connection.head();
        });
    Guest guest = world.tunnel();
    guest.send(GET);
    Wire.until(guest.in(), "ok");
    guest.send(GET);

    assertThat(ended(guest)).isEmpty();
    assertThat(world.origin().heads()).hasSize(2);
  }

  @Test
  void anUpstreamThatClosesWithoutAnAnswerIs502() throws IOException {
    world.origin().script(Origin.Connection::head);
    Guest guest = world.tunnel();
    guest.send(GET);

    assertThat(Wire.rest(guest.in()))
        .startsWith("HTTP/1.1 502 ")
        .contains("\"rule\":\"UpstreamClosed\"");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        "HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n",
        "SSH-2.0-OpenSSH_9.9\r\n\r\n",
      })
  void aResponseThatIsNotUnderstoodIs502(String response) throws IOException {
    world
        .origin()
        .script(connection -> {
          connection.head();
          connection.send(response);
          connection.in().read();
        });
    Guest guest = world.tunnel();
    guest.send(GET);

    assertThat(Wire.rest(guest.in()))
        .startsWith("HTTP/1.1 502 ")
        .contains("\"rule\":\"UpstreamMalformed\"");
    await().untilAsserted(() -> assertThat(world.origin().open()).isZero());
  }

  @Test
  void anUpstreamThatDoesNotAnswerInTimeIs504(@TempDir Path other) throws IOException {
    Limits hasty =
        new Limits(
            16,
            4,
            Duration.ofSeconds(30),
            Duration.ofSeconds(5),
            Duration.ofSeconds(5),
            Duration.ofMillis(200),
            Duration.ofSeconds(30),
            Duration.ofSeconds(1));
    try (World impatient = World.start(other, hasty, Guard.NONE)) {
      impatient
          .origin()
          .script(connection -> {
            connection.head();
            connection.in().read();
          });
      Guest guest = impatient.tunnel();
      guest.send(GET);

      assertThat(Wire.rest(guest.in()))
          .startsWith("HTTP/1.1 504 ")
          .contains("\"rule\":\"UpstreamTimeout\"");
    }
  }

  private static final Denial MALFORMED = new Denial("egress", World.HOST, 443, "RequestMalformed");

  /** What begins as no request does is not waited for: here, until the test's patience ends. */
  @ParameterizedTest
  @ValueSource(
      strings = {"\u0016\u0003\u0001\u0002\u0000\u0001", "\u0000", "\u0080\u009e", "\u007f"})
  void tlsInsideTlsIsRefusedAtItsFirstByte(String bytes) throws IOException {
    ControlStream control = world.control();
    control.next();
    Guest first = world.tunnel().send(bytes);
    assertThat(Wire.rest(first.in())).startsWith("HTTP/1.1 400 ").contains("\"rule\":\"NotHttp\"");
    assertThat(control.next()).isEqualTo(MALFORMED);

    Guest later = world.tunnel().send(GET);
    Wire.until(later.in(), "ok");
    later.send(bytes);
    assertThat(Wire.rest(later.in())).startsWith("HTTP/1.1 400 ");
    assertThat(control.next()).isEqualTo(MALFORMED);
  }

  @Test
  void aHeadThatComesByteByByteIsOneHead() throws IOException {
    Guest guest = world.tunnel();
    for (String part :
        GET.replace("\r\n\r\n", "\r\nX-Note: gr\u00fc\u00df\u0080\r\n\r\n").split("", -1)) {
      guest.send(part);
    }

    assertThat(Wire.until(guest.in(), "ok")).startsWith("HTTP/1.1 200 ");
    assertThat(world.origin().heads().getFirst())
        .containsIgnoringCase("x-note: gr\u00fc\u00df\u0080\r\n");
  }

  @ParameterizedTest
  @ValueSource(strings = {"\r\n", "\r\n\r\n"})
  void emptyLinesBeforeARequestAreNoneOfIt(String lines) throws IOException {
    Guest guest = world.tunnel().send(lines + GET);
    Wire.until(guest.in(), "ok");
    guest.send(lines + GET);

    assertThat(Wire.until(guest.in(), "ok")).startsWith("HTTP/1.1 200 ");
  }

  @ParameterizedTest
  @ValueSource(strings = {"GET", "GET / HTTP/1.1\r\nHost: origin", "GET / HTTP/1.1\r\nHost: a\r\n"})
  void aHeadThatDoesNotEndIs408AndIsReported(String part, @TempDir Path other) throws IOException {
    Limits hasty =
        new Limits(
            16,
            4,
            Duration.ofSeconds(2),
            Duration.ofSeconds(5),
            Duration.ofSeconds(5),
            Duration.ofSeconds(5),
            Duration.ofSeconds(30),
            Duration.ofSeconds(1));
    try (World impatient = World.start(other, hasty, Guard.NONE)) {
      impatient.origin().script(ALWAYS_OK);
      ControlStream control = impatient.control();
      control.next();
      Guest first = impatient.tunnel().send(part);
      Guest later = impatient.tunnel().send(GET + part);

      assertThat(Wire.until(later.in(), "ok")).startsWith("HTTP/1.1 200 ");
      for (Guest guest : List.of(first, later)) {
        assertThat(Wire.rest(guest.in()))
            .startsWith("HTTP/1.1 408 ")
            .contains("\"rule\":\"HeadTimeout\"");
        assertThat(control.next())
            .isEqualTo(new Denial("egress", World.HOST, 443, "RequestTimeout"));
      }
    }
  }

  @Test
  void anIdleTunnelIsClosed(@TempDir Path other) throws IOException {
    Limits hasty =
        new Limits(
            16,
            4,
            Duration.ofSeconds(30),
            Duration.ofSeconds(5),
            Duration.ofSeconds(5),
            Duration.ofSeconds(5),
            Duration.ofMillis(300),
            Duration.ofSeconds(1));
    try (World impatient = World.start(other, hasty, Guard.NONE)) {
      impatient.origin().script(ALWAYS_OK);
      Guest guest = impatient.tunnel();
      guest.send(GET);
      Wire.until(guest.in(), "ok");

      assertThat(ended(guest)).isEmpty();
      await().untilAsserted(() -> assertThat(impatient.origin().open()).isZero());
    }
  }

  @Test
  void anUpgradeToAnotherHttpIsNotPassedOnAndTheRequestIsAnsweredPlainly() throws IOException {
    Guest guest = world.tunnel();
    guest.send(
        "GET /h2 HTTP/1.1\r\nHost: origin.example.org\r\nConnection: Upgrade, HTTP2-Settings\r\n"
            + "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n");

    assertThat(Wire.until(guest.in(), "ok")).startsWith("HTTP/1.1 200 ");
    assertThat(world.origin().heads().getFirst())
        .doesNotContainIgnoringCase("upgrade")
        .doesNotContainIgnoringCase("http2-settings");
  }

  @Test
  void theRelaysEndIsTheGuestsEnd() throws IOException {
    Guest guest = world.tunnel();
    guest.close();

    assertThatThrownBy(() -> guest.send(GET)).isInstanceOf(IOException.class);
    assertThat(world.dialled()).isEmpty();
  }

  /** What comes until the end, whichever way the connection ends. */
  private static String ended(Guest guest) {
    StringBuilder text = new StringBuilder();
    try {
      for (int read = guest.in().read(); read >= 0; read = guest.in().read()) {
        text.append((char) read);
      }
    } catch (IOException reset) {
      // an end, too
    }
    return text.toString();
  }
}
