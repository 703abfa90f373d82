package dev.bottle.system.adversarial;

import static dev.bottle.system.adversarial.Attacks.get;
import static dev.bottle.system.adversarial.Policies.OPEN;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.bottle.crd.condition.Reason;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.GZIPOutputStream;

/** Case 27: too much of everything. That egress lives on is seen after every case. */
final class Resources {
  private static final int CONNECTIONS = 1000;
  private static final int TUNNELS = 300;
  private static final int MUCH = 64 * 1024 * 1024;

  /** Of one Bottle at once. */
  private static final int MOST_TUNNELS = 128;

  private static final Pattern RESIDENT = Pattern.compile("VmRSS:\\s+([0-9]+) kB");

  /** Of a process whose heap is 64 MiB. */
  private static final int MOST_RESIDENT_KB = 256 * 1024;

  private Resources() {}

  /** What needs nothing but a connection, of a Bottle with this canary. */
  static List<Case> atTheDoor(String canary) {
    return List.of(
        new Case.Tried(
            27,
            "a response that announces 10 GiB",
            Attacks.inside(OPEN, get(OPEN, "/huge")),
            Check.told(Reason.ResponseTooLarge, OPEN, 443)
                .and(Check.answered(403, "ContentLength"))),
        new Case.Tried(
            27,
            "64 MiB of zeros as a gzip body",
            Attacks.post(OPEN, "/", "Content-Encoding: gzip\r\n", bomb()),
            Check.told(Reason.DecompressionBomb, OPEN, 443)
                .and(Check.answered(415, "BodyBomb"))
                .and(seen -> assertThat(seen.bodies()).isEmpty())),
        new Case.Tried(
            27,
            "8 MiB of text with the canary at its end",
            Attacks.post(OPEN, "/", "", "some text ".repeat(800_000) + canary),
            Check.told(Reason.CanaryFound, OPEN, 443)
                .and(seen -> assertThat(seen.arrived()).doesNotContain("btl_", "canary"))));
  }

  /** What needs another Bottle beside it, or a look at the process. */
  static List<Case> ofTheDaemon() {
    return List.of(
        new Case.Tried(
            27,
            "1,000 connections that say nothing: another Bottle does not notice",
            Resources::idleConnections,
            Check.arrives("/of-another-Bottle")),
        new Case.Tried(
            27,
            "300 tunnels that say nothing: some are refused, and another Bottle does not notice",
            Resources::idleTunnels,
            seen -> assertThat(seen.answer()).startsWith("HTTP/1.1 200 ").endsWith("arrived")),
        new Case.Tried(
            27,
            "an endless response, 256 MiB of which are read: memory stays bounded",
            Resources::endlessResponse,
            Check.arrives("GET /endless")),
        new Case.Tried(
            27,
            "an upload of 64 MiB: it arrives, and memory stays bounded",
            Resources::longUpload,
            Check.arrives("POST /upload")),
        new Case.Elsewhere(
            27,
            "heads that drip, idle tunnels, peers that do not read",
            Level.UNIT,
            List.of(
                "DoorTest#aHeadThatDripsIsNotWaitedFor",
                "ExchangeTest#aHeadThatDoesNotEndIs408AndIsReported",
                "ResponseTest#aLengthThatNobodyAnnouncedIsCutAtTheLimit",
                "DoorTest#moreConnectionsThanTheLimitAreClosedAndOthersServed",
                "ExchangeTest#anIdleTunnelIsClosed",
                "StreamingTest#aGuestThatDoesNotReadStopsTheUpstreamAndGetsEverythingLater",
                "StreamingTest#anUpstreamThatDoesNotReadStopsTheGuestAndGetsEverythingLater",
                "Http2Test#aGuestThatDoesNotReadStopsTheUpstreamAndGetsEverythingLater",
                "Http2Test#anUpstreamThatDoesNotReadStopsTheGuestAndGetsEverythingLater")));
  }

  private static String idleConnections(Scene scene) throws IOException {
    List<Guest> idle = new ArrayList<>();
    try (Guest neighbour = scene.daemons().other().guest()) {
      for (int i = 0; i < CONNECTIONS; i++) {
        idle.add(scene.bottle().guest());
      }
      return neighbour.tunnel(OPEN).send(get(OPEN, "/of-another-Bottle")).rest();
    } finally {
      for (Guest each : idle) {
        each.close();
      }
    }
  }

  private static String endlessResponse(Scene scene) throws IOException {
    try (Guest guest = scene.bottle().guest()) {
      guest.tunnel(OPEN).send(get(OPEN, "/endless"));
      String head = guest.head();
      for (int i = 0; i < 4; i++) {
        assertThat(guest.in().readNBytes(MUCH)).hasSize(MUCH);
      }
      isSmall(scene);
      return head;
    }
  }

  private static String longUpload(Scene scene) throws IOException {
    byte[] text = "some text of no interest to anybody. ".repeat(4096).getBytes(US_ASCII);
    long length = (long) text.length * ((long) MUCH / text.length);
    try (Guest guest = scene.bottle().guest()) {
      guest
          .tunnel(OPEN)
          .send(get(OPEN, "/upload", "Content-Length: " + length).replaceFirst("^GET", "POST"));
      for (long sent = 0; sent < length; sent += text.length) {
        guest.send(text);
      }
      isSmall(scene);
      return guest.rest();
    }
  }

  private static void isSmall(Scene scene) throws IOException {
    Matcher resident = RESIDENT.matcher(scene.daemons().bottle().proc("status"));
    assertThat(resident.find()).isTrue();
    assertThat(Integer.parseInt(resident.group(1)))
        .as("resident KiB")
        .isBetween(1, MOST_RESIDENT_KB);
  }

  private static String idleTunnels(Scene scene) throws IOException {
    List<Guest> idle = new ArrayList<>();
    int open = 0;
    try (Guest neighbour = scene.daemons().other().guest()) {
      for (int i = 0; i < TUNNELS; i++) {
        Guest each = scene.bottle().guest();
        idle.add(each);
        try {
          open += each.connect(OPEN + ":443").startsWith("HTTP/1.1 200 ") ? 1 : 0;
        } catch (IOException closed) {
          // there are too many
        }
      }
      assertThat(open).as("tunnels").isBetween(2, MOST_TUNNELS);
      return neighbour.tunnel(OPEN).send(get(OPEN, "/of-another-Bottle")).rest();
    } finally {
      for (Guest each : idle) {
        each.close();
      }
    }
  }

  private static byte[] bomb() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
      gzip.write(new byte[MUCH]);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    return out.toByteArray();
  }
}
