package dev.bottle.system.adversarial;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bottle.system.endtoend.LocalCluster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The suite in the guest of one whole Bottle. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AdversarialIT {
  private static final String BOTTLE = "attacked";

  private final List<Verdict> verdicts = new ArrayList<>();
  private LocalCluster cluster;
  private Internet internet;
  private Uplink uplink;
  private ClusterBottle bottle;

  @BeforeAll
  void run(@TempDir Path home) throws IOException {
    cluster = new LocalCluster("adversarial");
    internet = Internet.linked(home);
    uplink = new Uplink(cluster);
    apply();
    bottle = new ClusterBottle(cluster, BOTTLE);
    uplink.take(bottle.podAddress());
    String canary = bottle.sh("printenv BOTTLE_CANARY").strip();
    assertThat(canary).startsWith("btl_canary_");
    GuestFloor floor = new GuestFloor(cluster, bottle, internet);
    floor.thisMachineReachesTheSinks();
    List<Case> cases = new ArrayList<>(floor.cases());
    cases.addAll(GuestRoot.early(cluster, bottle));
    cases.addAll(NetworkFloor.addressesWithoutSix());
    Suite.atTheDoor(canary).stream().filter(AdversarialIT::isTried).forEach(cases::add);
    cases.add(Credentials.whoGotIt());
    cases.addAll(GuestRoot.last(bottle));
    try (Guest lasting = bottle.guest().tunnel(Policies.BARRIER)) {
      Scene scene = new Scene(internet, bottle, lasting, null);
      for (Case each : cases) {
        verdicts.add(Suite.verdict(scene, Level.BOTTLE, each));
      }
    }
  }

  private static boolean isTried(Case each) {
    return switch (each) {
      case Case.Tried _, Case.Gap _ -> true;
      case Case.Elsewhere _ -> false;
    };
  }

  @AfterAll
  void removeIt() throws IOException {
    try (LocalCluster last = cluster;
        Internet sinks = internet;
        Uplink link = uplink;
        ClusterBottle first = bottle) {
      assertThat(Stream.of(last, sinks, link, first)).doesNotContainNull();
    }
  }

  Stream<Verdict> verdicts() {
    return verdicts.stream();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("verdicts")
  void aCaseHolds(Verdict verdict) {
    assertThat(verdict.fault()).as(verdict.toString()).isEmpty();
  }

  @Test
  void noTwoCasesAreCalledTheSame() {
    assertThat(verdicts.stream().map(Verdict::toString)).doesNotHaveDuplicates();
  }

  /** docs/adr/0076: the count is of what the agent heard, and it missed nothing. */
  @Test
  void theStatusCountsEveryDenial() {
    LocalCluster.await()
        .untilAsserted(() ->
            assertThat(
                    Objects.requireNonNull(
                            Objects.requireNonNull(cluster.bottle(BOTTLE).getStatus()).egress())
                        .denied())
                .isEqualTo(bottle.denials().size()));
  }

  @Test
  void thePageSaysWhatBecameOfThem() throws IOException {
    String now = AdversarialPage.ofTheGuest(verdicts);
    String page = Files.readString(AdversarialTest.PAGE);
    if (Boolean.getBoolean("bottle.adversarial.write")) {
      Files.writeString(AdversarialTest.PAGE, AdversarialPage.first(page) + now);
    }
    assertThat(AdversarialPage.ofTheGuest(Files.readString(AdversarialTest.PAGE))).isEqualTo(now);
  }

  private void apply() throws IOException {
    cluster.adminConfig(
        """
        upstreamRoots: |
        %s
        """
            .formatted(internet.authorities().indent(2).stripTrailing()));
    cluster
        .apply(
            """
            apiVersion: v1
            kind: Secret
            metadata: {name: forge}
            stringData: {token: %s}
            """
                .formatted(Policies.TOKEN))
        .orThrow();
    cluster
        .apply(
            """
            apiVersion: bottle.dev/v1alpha1
            kind: Bottle
            metadata: {name: %s}
            spec:
              image: 10.98.0.1:5000/bottle/guest-debian:1
              machine: {cpus: 1, memory: 512Mi, disk: 1Gi}
              egress:
            %s
            """
                .formatted(BOTTLE, Policies.yaml().indent(4).stripTrailing()))
        .orThrow();
    cluster.awaitReady(BOTTLE);
  }
}
