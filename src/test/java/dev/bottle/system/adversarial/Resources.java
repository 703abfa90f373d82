package dev.bottle.system.adversarial;

import static dev.bottle.system.adversarial.Attacks.get;
import static dev.bottle.system.adversarial.Policies.OPEN;
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
  private static final int MUCH = 64 * 1024 * 1024;
  private static final Pattern RESIDENT = Pattern.compile("VmRSS:\\s+([0-9]+) kB");

  /** Of a process whose heap is 64 MiB. */
  private static final int MOST_RESIDENT_KB = 256 * 1024;

  private Resources() {}

  static List<Case> cases() {
    return List.of(
        new Case.Tried(
            27,
            "1,000 connections that say nothing: another Bottle does not notice",
            Resources::idleConnections,
            Check.arrives("/of-another-Bottle")),
        new Case.Tried(
            27,
            "an endless response, 64 MiB of which are read: memory stays bounded",
            Resources::endlessResponse,
            Check.arrives("GET /endless")),
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
            Attacks.post(OPEN, "/", "", "some text ".repeat(800_000) + Policies.CANARY),
            Check.told(Reason.CanaryFound, OPEN, 443)
                .and(seen -> assertThat(seen.arrived()).doesNotContain("btl_", "canary"))),
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
    try (Guest neighbour = scene.other().guest()) {
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
      assertThat(guest.in().readNBytes(MUCH)).hasSize(MUCH);
      Matcher resident = RESIDENT.matcher(scene.bottle().proc("status"));
      assertThat(resident.find()).isTrue();
      assertThat(Integer.parseInt(resident.group(1)))
          .as("resident KiB")
          .isBetween(1, MOST_RESIDENT_KB);
      return head;
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
