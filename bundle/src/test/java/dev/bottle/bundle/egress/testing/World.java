package dev.bottle.bundle.egress.testing;

import dev.bottle.bundle.address.Resolver;
import dev.bottle.bundle.alarm.LoopAlarm;
import dev.bottle.bundle.alarm.ManualTime;
import dev.bottle.bundle.egress.Egress;
import dev.bottle.bundle.egress.EgressOptions;
import dev.bottle.bundle.egress.EgressOptions.PipelockOptions;
import dev.bottle.bundle.egress.Limits;
import dev.bottle.bundle.egress.guard.Guard;
import dev.bottle.bundle.egress.upstream.Dialer;
import dev.bottle.crd.control.ControlMessage;
import dev.bottle.crd.control.ControlReader;
import dev.bottle.crd.control.DaemonState;
import dev.bottle.crd.json.MalformedDocumentException;
import dev.bottle.crd.policy.BottleIdentity;
import dev.bottle.crd.policy.EgressPolicy;
import dev.bottle.crd.policy.Grant;
import dev.bottle.crd.policy.Inspection;
import dev.bottle.crd.policy.Policy;
import dev.bottle.crd.policy.PrivateDestination;
import dev.bottle.crd.policy.ResponsePolicy;
import dev.bottle.crd.policy.RoutePolicy;
import dev.bottle.crd.policy.TokenSlot;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.util.NetUtil;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.ImmediateEventExecutor;
import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ProxySelector;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.net.http.HttpClient;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * An egress in this process on sockets of a temporary directory. Only two things are not as in
 * production: names are resolved from a table, and a dial to a checked address ends at the origin
 * on loopback, which no policy could allow.
 */
public final class World implements Closeable {
  /** A host that the first policy allows, with a public address. */
  public static final String HOST = "origin.example.org";

  /** The address of {@link #HOST}. */
  public static final String ADDRESS = "93.184.216.34";

  /** The port of discard, where nobody listens. */
  private static final int CLOSED = 9;

  private final Path directory;
  private final TestAuthority internet;
  private final TestAuthority bottle;
  private final Origin origin;
  private final @Nullable FakePipelock pipelock;
  private final Egress egress;
  private final Relay relay;
  private final Map<String, List<String>> names = new ConcurrentHashMap<>();
  private final Queue<String> dialled = new ConcurrentLinkedQueue<>();
  private final Queue<String> resolved = new ConcurrentLinkedQueue<>();
  private final List<Closeable> opened = new ArrayList<>();
  private final Set<String> unreachable = ConcurrentHashMap.newKeySet();
  private volatile int port;
  private int version;

  private World(
      Path directory,
      Limits limits,
      Guard guard,
      boolean withPolicy,
      boolean behindPipelock,
      @Nullable ManualTime time)
      throws IOException {
    this.directory = directory;
    internet = TestAuthority.in(directory.resolve("internet"));
    bottle = TestAuthority.in(directory.resolve("ca"));
    origin = origin(HOST);
    port = origin.port();
    for (String folder : List.of("policy", "tokens", "door", "control")) {
      Files.createDirectories(directory.resolve(folder));
    }
    names.put(HOST, List.of(ADDRESS));
    if (withPolicy) {
      policy(allowing(HOST));
    }
    pipelock =
        behindPipelock
            ? new FakePipelock(
                TestAuthority.in(directory.resolve("pipelock")), internet, () -> port)
            : null;
    EventLoopGroup loops = new MultiThreadIoEventLoopGroup(2, NioIoHandler.newFactory());
    egress =
        new Egress(
            new EgressOptions(
                directory.resolve("policy/policy.json"),
                directory.resolve("tokens"),
                directory.resolve("ca"),
                directory.resolve("door/egress.sock"),
                directory.resolve("control/control.sock"),
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                pipelock == null
                    ? null
                    : new PipelockOptions(pipelock.address(), pipelock.certificate())),
            limits,
            loops,
            resolver(),
            dialer(),
            guard,
            time == null ? Clock.systemUTC() : time,
            time == null ? new LoopAlarm(loops.next(), Clock.systemUTC()) : time);
    relay = new Relay(directory.resolve("door/egress.sock"));
  }

  /** With a policy that allows {@link #HOST} and trusts the test's internet. */
  public static World start(Path directory) throws IOException {
    return start(directory, Limits.DEFAULT, Guard.NONE);
  }

  /** The same with other limits or a guard. */
  public static World start(Path directory, Limits limits, Guard guard) throws IOException {
    return new World(directory, limits, guard, true, false, null);
  }

  /** Without a policy file. */
  public static World startWithoutPolicy(Path directory) throws IOException {
    return new World(directory, Limits.DEFAULT, Guard.NONE, false, false, null);
  }

  /** With the policy that this directory may have, and time that passes by hand. */
  public static World start(Path directory, ManualTime time) throws IOException {
    return new World(directory, Limits.DEFAULT, Guard.NONE, false, false, time);
  }

  /** With a pipelock as the only way out. */
  public static World startBehindPipelock(Path directory, Limits limits) throws IOException {
    return new World(directory, limits, Guard.NONE, true, true, null);
  }

  /** A policy of these hosts. */
  public EgressPolicy allowing(String... hosts) {
    return new EgressPolicy(Arrays.asList(hosts), List.of(), List.of(), internet.pem());
  }

  /** {@link #HOST}, these private destinations on port 443, and these refused addresses. */
  public EgressPolicy allowing(List<String> destinations, List<String> refused) {
    return new EgressPolicy(
        List.of(HOST),
        destinations.stream().map(cidr -> new PrivateDestination(cidr, List.of(443))).toList(),
        refused,
        internet.pem());
  }

  /** {@link #HOST} allowed only by these routes, and a slot for each token that they name. */
  public EgressPolicy routing(RoutePolicy... routes) {
    return routing(List.of(), routes);
  }

  /** The same, and these hosts allowed besides. */
  public EgressPolicy routing(List<String> allow, RoutePolicy... routes) {
    return new EgressPolicy(
        allow,
        List.of(),
        List.of(),
        internet.pem(),
        List.of(routes),
        Arrays.stream(routes)
            .map(route -> route.auth().slot())
            .distinct()
            .map(slot -> new TokenSlot(slot, "secret", slot))
            .toList(),
        Inspection.None,
        ResponsePolicy.DEFAULT,
        "");
  }

  /** These hosts allowed, and these grants. */
  public EgressPolicy granting(List<String> allow, Grant... grants) {
    return granting(routing(allow), grants);
  }

  /** This policy with these grants. */
  public static EgressPolicy granting(EgressPolicy policy, Grant... grants) {
    return new EgressPolicy(
        policy.allow(),
        policy.privateDestinations(),
        policy.refusedAddresses(),
        policy.upstreamRoots(),
        policy.routes(),
        policy.slots(),
        policy.inspection(),
        policy.responses(),
        policy.canary(),
        List.of(grants));
  }

  /** Delivers the whole content of the token volume, by slot, as kubelet does. */
  public void tokens(Map<String, String> values) throws IOException {
    tokens(directory, values);
  }

  /** The same for a world that is yet to start in this directory. */
  public static void tokens(Path directory, Map<String, String> values) throws IOException {
    Path volume = Files.createDirectories(directory.resolve("tokens"));
    Path fresh = Files.createTempDirectory(volume, "..v");
    for (Map.Entry<String, String> value : values.entrySet()) {
      Files.writeString(fresh.resolve(value.getKey()), value.getValue());
    }
    Path link = Files.createSymbolicLink(volume.resolve("..data_tmp"), fresh.getFileName());
    Files.move(link, volume.resolve("..data"), StandardCopyOption.ATOMIC_MOVE);
    for (String slot : values.keySet()) {
      if (!Files.exists(volume.resolve(slot), LinkOption.NOFOLLOW_LINKS)) {
        Files.createSymbolicLink(volume.resolve(slot), Path.of("..data", slot));
      }
    }
    try (var links = Files.newDirectoryStream(volume, "[A-Z]*")) {
      for (Path slot : links) {
        if (!values.containsKey(String.valueOf(slot.getFileName()))) {
          Files.delete(slot);
        }
      }
    }
  }

  /** Delivers a policy as kubelet does; its hash. */
  public String policy(EgressPolicy policy) throws IOException {
    return policy(
        new Policy(Policy.VERSION, new BottleIdentity("ns", "demo", "uid"), policy).toJson());
  }

  /** Delivers these bytes as kubelet does: a new directory, and {@code ..data} swapped to it. */
  public String policy(byte[] document) throws IOException {
    Path volume = directory.resolve("policy");
    Path fresh = Files.createDirectory(volume.resolve("..v" + ++version));
    Files.write(fresh.resolve("policy.json"), document);
    Path link = Files.createSymbolicLink(volume.resolve("..data_tmp"), fresh.getFileName());
    Files.move(link, volume.resolve("..data"), StandardCopyOption.ATOMIC_MOVE);
    if (!Files.exists(volume.resolve("policy.json"))) {
      Files.createSymbolicLink(volume.resolve("policy.json"), Path.of("..data/policy.json"));
    }
    return Policy.hash(document);
  }

  /** Another origin of the test's internet, whose certificate is for this name. */
  public Origin origin(String name) throws IOException {
    Origin made =
        Origin.start(
            internet, List.of(name), Instant.now().plus(Duration.ofDays(1)), connection -> {});
    opened.add(made);
    return made;
  }

  /** What everything that is dialled ends at. */
  public Origin origin() {
    return origin;
  }

  /** The only way out. */
  public FakePipelock pipelock() {
    return Objects.requireNonNull(pipelock, "this world has none");
  }

  /** Who signs for the origins. */
  public TestAuthority internet() {
    return internet;
  }

  /** Who signs for egress. */
  public TestAuthority bottle() {
    return bottle;
  }

  /** Sets a host's addresses. */
  public void resolve(String host, String... addresses) {
    names.put(host, List.of(addresses));
  }

  /** Nobody listens at this address. */
  public void unreachable(String address) {
    unreachable.add(address);
  }

  /** Every dial ends at this port of loopback, instead of {@link #origin}. */
  public void dialTo(int other) {
    port = other;
  }

  /** Waits until egress says that it enforces this policy. */
  public void awaitPolicy(EgressPolicy policy) throws IOException {
    String hash = policy(policy);
    try (ControlStream control = control()) {
      control.awaitState(state -> hash.equals(state.policyHash()));
    }
  }

  /** Every address that was dialled. */
  public List<String> dialled() {
    return List.copyOf(dialled);
  }

  /** Every name that was asked for. */
  public List<String> resolved() {
    return List.copyOf(resolved);
  }

  /** Where health is. */
  public InetSocketAddress health() {
    return egress.health();
  }

  /** A socket of egress. */
  public Path path(String relative) {
    return directory.resolve(relative);
  }

  /** A new connection of the guest. */
  public Guest guest() throws IOException {
    Guest guest = new Guest(relay.address());
    opened.add(guest);
    return guest;
  }

  /** A guest's connection with an open tunnel to {@link #HOST} and TLS in it. */
  public Guest tunnel() throws IOException {
    Guest guest = guest();
    String answer = guest.connect(HOST + ":443");
    if (!answer.startsWith("HTTP/1.1 200 ")) {
      throw new IOException(answer);
    }
    guest.handshake(bottle.client(), HOST, HOST);
    return guest;
  }

  /** An ordinary client of the guest. */
  public HttpClient client() {
    HttpClient client =
        HttpClient.newBuilder()
            .proxy(ProxySelector.of(relay.address()))
            .sslContext(bottle.client())
            .build();
    opened.add(client::shutdownNow);
    return client;
  }

  /** A reader of the control socket. */
  public ControlStream control() throws IOException {
    ControlStream stream = new ControlStream(directory.resolve("control/control.sock"));
    opened.add(stream);
    return stream;
  }

  private Resolver resolver() {
    return new Resolver() {
      @Override
      public Future<List<InetAddress>> resolve(String host) {
        resolved.add(host);
        List<String> addresses = names.get(host);
        return addresses == null
            ? ImmediateEventExecutor.INSTANCE.newFailedFuture(new UnknownHostException(host))
            : ImmediateEventExecutor.INSTANCE.newSucceededFuture(
                addresses.stream().map(World::address).toList());
      }

      @Override
      public void close() {}
    };
  }

  private Dialer dialer() {
    return (bootstrap, address) -> {
      String text = address.getAddress().getHostAddress();
      dialled.add(text);
      if (pipelock != null && address.equals(pipelock.address())) {
        return bootstrap.connect(address);
      }
      return bootstrap.connect(
          InetAddress.getLoopbackAddress(), unreachable.contains(text) ? CLOSED : port);
    };
  }

  private static InetAddress address(String text) {
    InetAddress address = NetUtil.createInetAddressFromIpAddressString(text);
    if (address == null) {
      throw new IllegalArgumentException(text);
    }
    return address;
  }

  @Override
  public void close() throws IOException {
    for (Closeable one : opened.reversed()) {
      one.close();
    }
    relay.close();
    egress.close();
    if (pipelock != null) {
      pipelock.close();
    }
  }

  /** Messages of the control socket, in order. */
  public static final class ControlStream implements Closeable {
    private final SocketChannel channel;
    private final ControlReader reader;

    ControlStream(Path socket) throws IOException {
      channel = SocketChannel.open(StandardProtocolFamily.UNIX);
      channel.connect(UnixDomainSocketAddress.of(socket));
      reader = new ControlReader(Channels.newInputStream(channel));
    }

    /** The next one; waits for it. */
    public ControlMessage next() throws IOException {
      try {
        return reader.next().orElseThrow(() -> new IOException("the control socket ended"));
      } catch (MalformedDocumentException e) {
        throw new IOException(e);
      }
    }

    /** Skips to the first state like this. */
    public DaemonState awaitState(Predicate<DaemonState> condition) throws IOException {
      while (true) {
        if (next() instanceof DaemonState state && condition.test(state)) {
          return state;
        }
      }
    }

    @Override
    public void close() throws IOException {
      channel.close();
    }
  }
}
