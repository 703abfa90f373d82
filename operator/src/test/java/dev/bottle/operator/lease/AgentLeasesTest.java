package dev.bottle.operator.lease;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import java.time.Duration;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class AgentLeasesTest {
  private final ManualScheduler time = new ManualScheduler();
  private final List<String> announced = new ArrayList<>();
  private final AgentLeases leases = new AgentLeases(time, time, announced::add);

  @AfterEach
  void end() {
    time.shutdownNow();
  }

  @Test
  void anAgentIsFreshForOneDurationAndStaleAfterIt() {
    leases.seen(lease(1));
    assertThat(leases.states()).containsEntry("node-a", AgentState.Fresh);

    time.pass(Duration.ofSeconds(39));
    assertThat(leases.states()).containsEntry("node-a", AgentState.Fresh);
    time.pass(Duration.ofSeconds(1));
    assertThat(leases.states()).containsEntry("node-a", AgentState.Stale);
    assertThat(announced).containsExactly("node-a", "node-a");
  }

  @Test
  void renewalsKeepItFreshAndAreNotAnnounced() {
    for (int renewal = 0; renewal < 20; renewal++) {
      leases.seen(lease(renewal));
      time.pass(Duration.ofSeconds(30));
    }

    assertThat(leases.states()).containsEntry("node-a", AgentState.Fresh);
    assertThat(announced).containsExactly("node-a");
  }

  @Test
  void seeingTheSameRenewalAgainIsNoSignOfLife() {
    leases.seen(lease(1));
    time.pass(Duration.ofSeconds(30));
    leases.seen(lease(1));
    time.pass(Duration.ofSeconds(10));

    assertThat(leases.states()).containsEntry("node-a", AgentState.Stale);
  }

  @Test
  void theNodesClockHasNoSay() {
    Lease fromThePast = lease(1);
    fromThePast.getSpec().setRenewTime(ZonedDateTime.parse("1970-01-01T00:00:00Z"));
    leases.seen(fromThePast);

    assertThat(leases.states()).containsEntry("node-a", AgentState.Fresh);
  }

  @Test
  void anAgentComesBack() {
    leases.seen(lease(1));
    time.pass(Duration.ofMinutes(2));
    leases.seen(lease(2));

    assertThat(leases.states()).containsEntry("node-a", AgentState.Fresh);
    assertThat(announced).hasSize(3);
  }

  @Test
  void aDeletedLeaseIsNoAgentAndItsExpirySaysNothingMore() {
    leases.seen(lease(1));
    leases.gone(lease(1));
    time.pass(Duration.ofMinutes(2));

    assertThat(leases.states()).isEmpty();
    assertThat(announced).containsExactly("node-a", "node-a");
  }

  @Test
  void theLeaseSaysItsDuration() {
    Lease quick = lease(1);
    quick.getSpec().setLeaseDurationSeconds(5);
    leases.seen(quick);
    time.pass(Duration.ofSeconds(5));

    assertThat(leases.states()).containsEntry("node-a", AgentState.Stale);
  }

  @Test
  void aLeaseWithoutSpecCountsForFortySeconds() {
    Lease bare = lease(1);
    bare.setSpec(null);
    leases.seen(bare);
    time.pass(Duration.ofSeconds(39));
    assertThat(leases.states()).containsEntry("node-a", AgentState.Fresh);
    time.pass(Duration.ofSeconds(1));
    assertThat(leases.states()).containsEntry("node-a", AgentState.Stale);
  }

  private static Lease lease(int renewal) {
    return new LeaseBuilder()
        .withNewMetadata()
        .withName("bottle-agent-node-a")
        .endMetadata()
        .withNewSpec()
        .withLeaseDurationSeconds(40)
        .withRenewTime(ZonedDateTime.parse("2026-01-01T00:00:00Z").plusSeconds(10L * renewal))
        .endSpec()
        .build();
  }
}
