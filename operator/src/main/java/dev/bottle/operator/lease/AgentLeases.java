package dev.bottle.operator.lease;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZonedDateTime;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Judges agents by the moment at which this process saw their Lease change, never by the time that
 * the Lease claims: clocks of nodes differ. A Lease seen for the first time counts as fresh for one
 * duration, as the node lifecycle controller does, so that a restart of the operator does not
 * declare every agent lost.
 *
 * <p>Only a change between fresh and not fresh is announced; renewals are not.
 */
public final class AgentLeases {
  private static final String PREFIX = "bottle-agent-";
  private static final Duration DEFAULT_DURATION = Duration.ofSeconds(40);

  private final InstantSource clock;
  private final ScheduledExecutorService scheduler;
  private final Consumer<String> transitions;
  private final Map<String, Heartbeat> heartbeats = new HashMap<>();
  private volatile Map<String, AgentState> states = Map.of();

  private static final class Heartbeat {
    @Nullable ZonedDateTime renewTime;
    @Nullable Instant seen;
    AgentState state = AgentState.Missing;
    @Nullable ScheduledFuture<?> expiry;
  }

  /**
   * @param scheduler one for all Leases
   * @param transitions is told the node whose agent became fresh or stopped being so
   */
  public AgentLeases(
      InstantSource clock, ScheduledExecutorService scheduler, Consumer<String> transitions) {
    this.clock = clock;
    this.scheduler = scheduler;
    this.transitions = transitions;
  }

  /** A Lease was added or changed. */
  public void seen(Lease lease) {
    String node = node(lease);
    boolean announce;
    synchronized (this) {
      Heartbeat heartbeat = heartbeats.computeIfAbsent(node, name -> new Heartbeat());
      ZonedDateTime renewTime = lease.getSpec() == null ? null : lease.getSpec().getRenewTime();
      if (heartbeat.seen != null && Objects.equals(heartbeat.renewTime, renewTime)) {
        return;
      }
      Instant now = clock.instant();
      heartbeat.renewTime = renewTime;
      heartbeat.seen = now;
      announce = heartbeat.state != AgentState.Fresh;
      heartbeat.state = AgentState.Fresh;
      if (heartbeat.expiry != null) {
        heartbeat.expiry.cancel(false);
      }
      heartbeat.expiry =
          scheduler.schedule(
              () -> expire(node, now), duration(lease).toMillis(), TimeUnit.MILLISECONDS);
      if (announce) {
        publish();
      }
    }
    if (announce) {
      transitions.accept(node);
    }
  }

  /** A Lease was deleted. */
  public void gone(Lease lease) {
    String node = node(lease);
    synchronized (this) {
      Heartbeat heartbeat = heartbeats.remove(node);
      if (heartbeat == null) {
        return;
      }
      if (heartbeat.expiry != null) {
        heartbeat.expiry.cancel(false);
      }
      publish();
    }
    transitions.accept(node);
  }

  /** All agents that have a Lease, by node; a new value at each transition. */
  public Map<String, AgentState> states() {
    return states;
  }

  private void expire(String node, Instant seen) {
    synchronized (this) {
      Heartbeat heartbeat = heartbeats.get(node);
      if (heartbeat == null || !seen.equals(heartbeat.seen)) {
        return;
      }
      heartbeat.state = AgentState.Stale;
      publish();
    }
    transitions.accept(node);
  }

  private void publish() {
    states =
        heartbeats.entrySet().stream()
            .collect(
                Collectors.toUnmodifiableMap(
                    Map.Entry::getKey, heartbeat -> heartbeat.getValue().state));
  }

  private static String node(Lease lease) {
    String name = lease.getMetadata().getName();
    return name.startsWith(PREFIX) ? name.substring(PREFIX.length()) : name;
  }

  private static Duration duration(Lease lease) {
    Integer seconds = lease.getSpec() == null ? null : lease.getSpec().getLeaseDurationSeconds();
    return seconds == null ? DEFAULT_DURATION : Duration.ofSeconds(seconds);
  }
}
