package dev.bottle.bundle.egress;

import dev.bottle.bundle.address.Resolver;
import dev.bottle.bundle.alarm.Alarm;
import dev.bottle.bundle.authority.Authority;
import dev.bottle.bundle.authority.AuthorityFiles;
import dev.bottle.bundle.authority.LeafMinter;
import dev.bottle.bundle.egress.EgressOptions.PipelockOptions;
import dev.bottle.bundle.egress.door.Door;
import dev.bottle.bundle.egress.door.Tunnels;
import dev.bottle.bundle.egress.exchange.TunnelContext;
import dev.bottle.bundle.egress.guard.Guard;
import dev.bottle.bundle.egress.health.HealthServer;
import dev.bottle.bundle.egress.inspection.InspectionGuard;
import dev.bottle.bundle.egress.inspection.Sighting;
import dev.bottle.bundle.egress.inspection.Sightings;
import dev.bottle.bundle.egress.pipelock.PipelockGuard;
import dev.bottle.bundle.egress.pipelock.PipelockHealth;
import dev.bottle.bundle.egress.policy.Enforcement;
import dev.bottle.bundle.egress.policy.PolicyInForce;
import dev.bottle.bundle.egress.policy.TrustedRoots;
import dev.bottle.bundle.egress.push.PushGuard;
import dev.bottle.bundle.egress.refusal.Refusals;
import dev.bottle.bundle.egress.response.ResponseGuard;
import dev.bottle.bundle.egress.route.CredentialStrip;
import dev.bottle.bundle.egress.route.Injection;
import dev.bottle.bundle.egress.route.TokenStore;
import dev.bottle.bundle.egress.upstream.Connector;
import dev.bottle.bundle.egress.upstream.Dialer;
import dev.bottle.bundle.egress.upstream.Pipelock;
import dev.bottle.bundle.policy.PolicyFile;
import dev.bottle.bundle.socket.ControlServer;
import dev.bottle.bundle.watch.DirectoryWatch;
import dev.bottle.crd.condition.Reason;
import dev.bottle.crd.control.DaemonState;
import dev.bottle.crd.json.MalformedDocumentException;
import io.netty.channel.Channel;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.time.Clock;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A running egress: all sockets bound, the policy watched. */
public final class Egress implements AutoCloseable {
  /** What this process is called. */
  public static final String DAEMON = "egress";

  private static final int LEAVES = 128;
  private static final long FAREWELL_MILLIS = 500;

  /** What is closed, last first. */
  private final Deque<Channel> listeners = new ArrayDeque<>();

  private final EventLoopGroup loops;
  private final Resolver resolver;
  private final Door door;
  private final Deque<DirectoryWatch> watches = new ArrayDeque<>();
  private @Nullable GrantEnds ends;
  private final InetSocketAddress health;

  /**
   * Starts, or leaves nothing behind and says why not.
   *
   * @param loops for everything; closed with this
   * @param resolver closed with this
   * @param alarm by the same clock
   */
  public Egress(
      EgressOptions options,
      Limits limits,
      EventLoopGroup loops,
      Resolver resolver,
      Dialer dialer,
      Guard guard,
      Clock clock,
      Alarm alarm)
      throws IOException {
    this.loops = loops;
    this.resolver = resolver;
    try {
      Authority authority =
          new AuthorityFiles(options.caDirectory())
              .read(clock.instant())
              .orElseThrow(() ->
                  new IOException(
                      options.caDirectory() + " holds no usable certificate authority"));
      ControlServer control =
          new ControlServer(
              loops.next(),
              new DaemonState(
                  DAEMON, false, null, Reason.WaitingForDaemons.name(), "starting", List.of()));
      PolicyInForce policy = new PolicyInForce(clock);
      StateReport report = new StateReport(control, policy::slots);
      TokenStore tokens = new TokenStore(options.tokens(), report::tokens);
      Sighting sighting = new Sightings(control);
      Tunnels tunnels = new Tunnels(limits.tunnels());
      Pipelock pipelock = pipelock(options.pipelock(), report);
      TunnelContext context =
          new TunnelContext(
              policy,
              new Connector(resolver, dialer, policy, limits, pipelock),
              new PushGuard(policy::routes)
                  .then(new CredentialStrip(policy::routes))
                  .then(new InspectionGuard(policy, tokens::get, sighting))
                  .then(guard)
                  .then(pipelock == null ? Guard.NONE : new PipelockGuard())
                  .then(new ResponseGuard(policy, sighting))
                  .then(new Injection(policy::routes, tokens::get)),
              new Refusals(control),
              limits);
      door = new Door(context, new LeafMinter(authority, clock, LEAVES), control, tunnels);
      // The door before the state that calls it ready, and health only when it has an answer.
      listeners.push(door.listen(loops, options.door()));
      watches.push(new DirectoryWatch(options.tokens(), "tokens", tokens::load));
      GrantEnds grantEnds = new GrantEnds(policy, alarm, now -> tunnels.begin(now, loops));
      ends = grantEnds;
      PolicyFile file =
          new PolicyFile(
              options.policy(), enforcer(policy, tunnels, grantEnds, report, pipelock != null));
      watches.push(new DirectoryWatch(file.folder(), "policy", file::load));
      listeners.push(control.listen(options.control()));
      Channel answering =
          new HealthServer(() -> policy.get() != null && isListening())
              .listen(loops.next(), options.health());
      listeners.push(answering);
      health = (InetSocketAddress) answering.localAddress();
    } catch (IOException | RuntimeException e) {
      close(null);
      throw e;
    }
  }

  /** Where it answers health: the port is known when 0 was asked for. */
  public InetSocketAddress health() {
    return health;
  }

  /** Listens no more, closes every connection, ends the threads. */
  @Override
  public void close() throws IOException {
    close(door);
  }

  private void close(@Nullable Door open) throws IOException {
    for (DirectoryWatch watch : watches) {
      watch.close();
    }
    if (ends != null) {
      ends.close();
    }
    listeners.forEach(listener -> listener.close().awaitUninterruptibly());
    if (open != null) {
      open.closeAll();
    }
    resolver.close();
    loops
        .shutdownGracefully(0, FAREWELL_MILLIS, TimeUnit.MILLISECONDS)
        .awaitUninterruptibly(2 * FAREWELL_MILLIS);
  }

  private boolean isListening() {
    return listeners.stream().allMatch(Channel::isActive);
  }

  private @Nullable Pipelock pipelock(@Nullable PipelockOptions options, StateReport report)
      throws IOException {
    if (options == null) {
      return null;
    }
    PipelockHealth state = new PipelockHealth(loops.next(), options.address(), report::pipelock);
    try {
      TrustedRoots authority = TrustedRoots.only(Files.readString(options.certificate()));
      state.start();
      return new Pipelock(options.address(), authority, state::suspected);
    } catch (IllegalArgumentException e) {
      throw new IOException(options.certificate() + " holds no usable certificate", e);
    }
  }

  private PolicyFile.Enforcer enforcer(
      PolicyInForce policy,
      Tunnels tunnels,
      GrantEnds ends,
      StateReport report,
      boolean behindPipelock) {
    return new PolicyFile.Enforcer() {
      @Override
      public void enforce(byte[] document) throws MalformedDocumentException {
        Enforcement next = policy.put(document, behindPipelock);
        ends.await(); // before the look at the tunnels: what ends meanwhile ends by one of the two
        tunnels.enforce(next, loops);
      }

      @Override
      public void tell(@Nullable String hash, @Nullable String fault) {
        report.policy(hash, fault);
      }
    };
  }
}
