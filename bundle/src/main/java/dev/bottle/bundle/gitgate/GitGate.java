package dev.bottle.bundle.gitgate;

import dev.bottle.bundle.address.AddressRules;
import dev.bottle.bundle.egress.route.TokenStore;
import dev.bottle.bundle.gitgate.door.Denials;
import dev.bottle.bundle.gitgate.door.GitDoor;
import dev.bottle.bundle.gitgate.door.Service;
import dev.bottle.bundle.gitgate.program.Workshop;
import dev.bottle.bundle.gitgate.push.Pushes;
import dev.bottle.bundle.gitgate.push.Review;
import dev.bottle.bundle.gitgate.repository.Refresh;
import dev.bottle.bundle.gitgate.repository.Repositories;
import dev.bottle.bundle.gitgate.upstream.Credentials;
import dev.bottle.bundle.gitgate.upstream.Destinations;
import dev.bottle.bundle.policy.PolicyFile;
import dev.bottle.bundle.socket.ControlServer;
import dev.bottle.bundle.watch.DirectoryWatch;
import dev.bottle.crd.condition.Reason;
import dev.bottle.crd.control.DaemonState;
import dev.bottle.crd.control.GitDenial;
import dev.bottle.crd.json.MalformedDocumentException;
import dev.bottle.crd.policy.Policy;
import io.netty.channel.Channel;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A running git-gate: both sockets bound, policy and credentials watched. */
public final class GitGate implements AutoCloseable {
  /** What this process is called. */
  public static final String DAEMON = "git-gate";

  private static final Logger LOG = LoggerFactory.getLogger(GitGate.class);
  private static final long FAREWELL_MILLIS = 500;

  private final Deque<Channel> listeners = new ArrayDeque<>();
  private final Deque<DirectoryWatch> watches = new ArrayDeque<>();
  private final EventLoopGroup loops;
  private volatile @Nullable AddressRules addresses;
  private Credentials credentials = Credentials.NONE;
  private @Nullable GitDoor door;

  /**
   * Starts, or leaves nothing behind and says why not.
   *
   * @param destinations of upstreams, by the address rules of the policy in force
   * @param loops closed with this
   */
  public GitGate(
      GitGateOptions options,
      GitGateLimits limits,
      Function<Supplier<AddressRules>, Destinations> destinations,
      EventLoopGroup loops)
      throws IOException {
    this.loops = loops;
    try {
      start(options, limits, destinations.apply(this::addresses));
    } catch (IOException | RuntimeException e) {
      close();
      throw e;
    }
  }

  private void start(GitGateOptions options, GitGateLimits limits, Destinations destinations)
      throws IOException {
    ControlServer control =
        new ControlServer(
            loops.next(),
            new DaemonState(
                DAEMON, false, null, Reason.WaitingForDaemons.name(), "starting", List.of()));
    Denials denials =
        (upstream, ref, rule, file, secret) -> {
          LOG.atInfo().addKeyValue("rule", rule).log("refused a request to {}", upstream);
          control.send(new GitDenial(DAEMON, upstream, ref, rule, file, secret));
        };
    Workshop workshop = Workshop.in(options.privateDirectory(), limits.packBytes());
    Repositories repositories = new Repositories(options.repositories(), workshop, destinations);
    KnownValues known = new KnownValues();
    Service service =
        new Service(
            repositories,
            new Refresh(workshop, limits.refresh()),
            new Pushes(
                workshop,
                new Review(workshop, options.gitleaks().toAbsolutePath(), limits, known::search),
                limits,
                (repository, refusal) ->
                    denials.tell(
                        repository.upstream().name(),
                        refusal.ref(),
                        refusal.rule(),
                        refusal.file(),
                        refusal.isSecret())),
            workshop,
            limits,
            denials);
    GitDoor opened = new GitDoor(service);
    door = opened;
    listeners.push(opened.listen(loops, options.door()));
    StateReport report = new StateReport(control, repositories::emptySlots);
    watches.push(
        new DirectoryWatch(
            options.tokens(), "tokens", new TokenStore(options.tokens(), known::tokens)::load));
    watches.push(
        new DirectoryWatch(
            options.credentials(),
            "credentials",
            () -> load(options, repositories, known, report)));
    PolicyFile file =
        new PolicyFile(options.policy(), enforcer(repositories, opened, known, report));
    watches.push(new DirectoryWatch(file.folder(), "policy", file::load));
    listeners.push(control.listen(options.control()));
  }

  /** Listens no more, ends every exchange and its programs. */
  @Override
  public void close() throws IOException {
    for (DirectoryWatch watch : watches) {
      watch.close();
    }
    listeners.forEach(listener -> listener.close().awaitUninterruptibly());
    if (door != null) {
      door.closeAll();
    }
    loops
        .shutdownGracefully(0, FAREWELL_MILLIS, TimeUnit.MILLISECONDS)
        .awaitUninterruptibly(2 * FAREWELL_MILLIS);
  }

  private void load(
      GitGateOptions options, Repositories repositories, KnownValues known, StateReport report) {
    Credentials now = Credentials.read(options.credentials());
    if (now.equals(credentials)) {
      return;
    }
    try {
      known.credentials(now); // before they are of use to anyone
      repositories.use(now);
      credentials = now;
      report.credentials();
    } catch (IOException e) {
      LOG.error("credentials cannot be copied to the private directory: {}", e.getMessage());
    }
  }

  private AddressRules addresses() {
    AddressRules now = addresses;
    if (now == null) {
      throw new IllegalStateException("no policy yet");
    }
    return now;
  }

  private PolicyFile.Enforcer enforcer(
      Repositories repositories, GitDoor opened, KnownValues known, StateReport report) {
    return new PolicyFile.Enforcer() {
      @Override
      public void enforce(byte[] document) throws MalformedDocumentException {
        Policy policy = Policy.parse(document);
        AddressRules rules;
        try {
          rules = AddressRules.of(policy.egress());
        } catch (IllegalArgumentException e) {
          throw new MalformedDocumentException("egress." + e.getMessage());
        }
        try {
          known.canary(policy.egress().canary());
          addresses = rules;
          repositories.enforce(policy);
          opened.enforce();
          repositories.sweep();
        } catch (IOException e) {
          throw new MalformedDocumentException("cannot be put in force: " + e.getMessage());
        }
      }

      @Override
      public void tell(@Nullable String hash, @Nullable String fault) {
        report.policy(hash, fault);
      }
    };
  }
}
