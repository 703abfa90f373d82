package dev.bottle.agent.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.bottle.agent.control.Daemon;
import dev.bottle.agent.host.CommandResult;
import dev.bottle.agent.host.NodePaths;
import dev.bottle.agent.host.ProcessRunner;
import dev.bottle.agent.host.SocketBinds;
import dev.bottle.agent.image.DiskSpace;
import dev.bottle.agent.image.ImageFailure;
import dev.bottle.agent.image.ImageSource;
import dev.bottle.agent.image.ImageStore;
import dev.bottle.agent.image.PullCredentials;
import dev.bottle.agent.image.ResolvedImage;
import dev.bottle.agent.image.StoreDirectory;
import dev.bottle.agent.preflight.Fitness;
import dev.bottle.agent.preflight.RuntimeVersion;
import dev.bottle.agent.provision.Provisioner;
import dev.bottle.agent.report.AgentStatus;
import dev.bottle.agent.report.BottleRef;
import dev.bottle.agent.report.StatusBoard;
import dev.bottle.agent.seal.Nonces;
import dev.bottle.agent.seal.SealOutcome;
import dev.bottle.agent.seal.SealProver;
import dev.bottle.agent.seal.SealSubject;
import dev.bottle.agent.testing.Bottles;
import dev.bottle.agent.testing.FakeKubelet;
import dev.bottle.agent.testing.FakeProc;
import dev.bottle.agent.testing.FakeRuntime;
import dev.bottle.agent.testing.Mounted;
import dev.bottle.agent.volume.VolumeWatch;
import dev.bottle.crd.api.Bottle;
import dev.bottle.crd.api.ProbeResult;
import dev.bottle.crd.condition.ConditionType;
import dev.bottle.crd.condition.Reason;
import dev.bottle.crd.json.Sha256;
import dev.bottle.crd.names.Names;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A node on which everything outside the reconciler is a fake, with one Bottle. */
final class Bench implements AutoCloseable {
  static final String MACHINE = Names.machine(Bottles.UID);
  static final String POLICY = "a".repeat(64);
  private static final String DIGEST = "sha256:" + "1".repeat(64);
  private static final BottleRef BOTTLE = new BottleRef("ns", "demo", Bottles.UID);

  final NodePaths paths;
  final FakeKubelet kubelet;
  final FakeProc proc;
  final FakeRuntime runtime;
  final Binds binds = new Binds();
  final Journal journal;
  final AtomicInteger pulls = new AtomicInteger();
  final AtomicReference<@Nullable ImageFailure> pullFailure = new AtomicReference<>();
  final List<AgentStatus> writes = new CopyOnWriteArrayList<>();
  final AtomicInteger failWrites = new AtomicInteger();
  final List<Reason> events = new CopyOnWriteArrayList<>();
  final AtomicReference<Optional<Bottle>> server = new AtomicReference<>(Optional.empty());
  final AtomicInteger serverAway = new AtomicInteger();
  final AtomicInteger asked = new AtomicInteger();
  final AtomicReference<SealOutcome> seal = new AtomicReference<>(proven());
  final AtomicReference<Fitness> fitness =
      new AtomicReference<>(new Fitness.Fit(new RuntimeVersion("1.32.2"), List.of()));
  final AtomicInteger proofs = new AtomicInteger();
  final AtomicReference<Optional<SealOutcome.Leaked>> broken =
      new AtomicReference<>(Optional.empty());

  private final Path run;
  private final Node node;
  private final List<DaemonSocket> sockets = new ArrayList<>();
  private @Nullable BottleReconciler reconciler;

  Bench(Path temp) throws IOException {
    run = Files.createTempDirectory(Path.of("/tmp"), "b"); // socket paths hold 107 bytes
    paths = new NodePaths(temp.resolve("home"), run, temp.resolve("kubelet"));
    kubelet = new FakeKubelet(paths.kubeletRoot());
    proc = new FakeProc(temp.resolve("proc"));
    runtime = new FakeRuntime(proc);
    runtime.guest((argv, stdin) ->
        argv.contains("provision")
            ? new CommandResult(
                0, "{\"digest\":\"sha256:" + Sha256.hex(stdin) + "\",\"user\":\"root\"}", "")
            : new CommandResult(0, "", ""));
    journal = new Journal(paths.journal());
    StoreDirectory store =
        new StoreDirectory(paths.imageStore(), paths.images(), new ProcessRunner());
    ImageStore images =
        new ImageStore(
            store,
            new Images(),
            Mounted.store(temp.resolve("mountinfo"), store.unpacked(), paths.images()),
            runtime,
            () -> new DiskSpace.Space(1L << 40, 1L << 39),
            Clock.systemUTC(),
            Executors.newCachedThreadPool());
    try {
      images.sweep();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    SealProver prover =
        new SealProver() {
          @Override
          public SealOutcome prove(SealSubject subject) {
            proofs.incrementAndGet();
            return seal.get();
          }

          @Override
          public Optional<SealOutcome.Leaked> glance(SealSubject subject) {
            return broken.get();
          }
        };
    node =
        new Node(
            paths,
            runtime,
            fitness::get,
            proc.table(),
            binds,
            images,
            journal,
            new Provisioner(runtime),
            prover,
            new Nonces(),
            new VolumeWatch(FileSystems.getDefault().newWatchService()),
            (bottle, reason, message) -> events.add(reason),
            new SimpleMeterRegistry(),
            Clock.systemUTC());
  }

  static SealOutcome proven() {
    return new SealOutcome.Proven(
        List.of(new ProbeResult("routes", ProbeResult.Verdict.Sealed, "none")));
  }

  static SealOutcome leaked() {
    return new SealOutcome.Leaked(
        Reason.ProbeLeaked,
        "routes: a route",
        List.of(new ProbeResult("routes", ProbeResult.Verdict.Leaked, "a route")));
  }

  /** A Pod with everything in its volumes. */
  void pod(String pod) throws IOException {
    for (String volume : List.of("door-egress", "control-egress", "gate")) {
      var _ = kubelet.emptyDir(pod, volume);
    }
    var _ = kubelet.projected(pod, "guest", guest("hello"));
    Files.writeString(kubelet.emptyDir(pod, "trust").resolve("egress-ca.pem"), "pem");
  }

  static Map<String, String> guest(String prompt) {
    return Map.of(
        "guest.json",
        """
        {"version":1,"user":null,"workdir":null,"skillsDir":null,"skills":[],"environment":{},"prompt":"Text"}\
        """,
        "prompt.text",
        prompt);
  }

  /** The API server and the watch both have this now. */
  void apply(Bottles bottle) {
    apply(bottle.build());
  }

  /** The same with what a Bottle may have besides. */
  void apply(Bottle built) {
    server.set(Optional.of(built));
    if (!reconciler().seen(built)) {
      reconciler = null;
      assertThat(reconciler().seen(built)).isTrue();
    }
  }

  /** Another agent process takes over; the machines live on. */
  void restartAgent(Bottles bottle) {
    close();
    sockets.clear();
    apply(bottle);
  }

  BottleReconciler reconciler() {
    BottleReconciler current = reconciler;
    if (current == null) {
      AgentStatus known = writes.isEmpty() ? AgentStatus.none() : writes.getLast();
      StatusBoard board =
          new StatusBoard(
              BOTTLE,
              known,
              (bottle, status) -> {
                if (failWrites.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
                  throw new IllegalStateException("the API server answers 500");
                }
                writes.add(status);
              });
      BottleLookup lookup =
          bottle -> {
            asked.incrementAndGet();
            if (serverAway.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
              throw new IllegalStateException("the API server is away");
            }
            return server.get();
          };
      current =
          new BottleReconciler(
              BOTTLE, node, new WishReader("node-1"), lookup, board, new Random(1));
      reconciler = current;
    }
    return current;
  }

  /** Egress of that Pod begins to serve. */
  void egress() throws IOException {
    Path socket = paths.bottleDirectory(Bottles.UID).resolve("control-egress/control.sock");
    String state =
        new ObjectMapper()
                .writeValueAsString(
                    Map.of(
                        "type", "state", "daemon", "egress", "ready", true, "policyHash", POLICY))
            + "\n";
    sockets.add(new DaemonSocket(socket, state));
  }

  /** Supervise of that Pod begins to serve, and says this. */
  DaemonSocket supervise(String lines) throws IOException {
    DaemonSocket supervise =
        new DaemonSocket(
            paths.bottleDirectory(Bottles.UID).resolve("control-supervise/control.sock"), lines);
    sockets.add(supervise);
    return supervise;
  }

  void awaitReady() {
    eventually(() ->
        assertThat(conditions())
            .containsEntry(ConditionType.Booted, Reason.MachineRunning)
            .containsEntry(ConditionType.Provisioned, Reason.GuestProvisioned)
            .containsEntry(ConditionType.EgressSealed, Reason.SealProven));
  }

  static void eventually(org.awaitility.core.ThrowingRunnable assertion) {
    await()
        .atMost(Duration.ofSeconds(30))
        .pollInterval(Duration.ofMillis(20))
        .untilAsserted(assertion);
  }

  Map<ConditionType, Reason> conditions() {
    AgentStatus status = writes.isEmpty() ? AgentStatus.none() : writes.getLast();
    return Stream.of(ConditionType.Booted, ConditionType.Provisioned, ConditionType.EgressSealed)
        .filter(type -> status.conditions().find(type).isPresent())
        .collect(
            java.util.stream.Collectors.toMap(
                type -> type,
                type -> Reason.valueOf(status.conditions().find(type).orElseThrow().getReason())));
  }

  @Override
  public void close() {
    if (reconciler != null) {
      reconciler.close();
      reconciler = null;
    }
    sockets.forEach(DaemonSocket::close);
  }

  void destroy() throws IOException {
    close();
    try (Stream<Path> all = Files.walk(run)) {
      for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(path);
      }
    }
  }

  /** Binds are directories. */
  final class Binds implements SocketBinds {
    private volatile Optional<String> bound = Optional.empty();
    private final AtomicInteger failures = new AtomicInteger();
    private volatile boolean supervised;

    /** Whether there is a supervise in the Pods that are bound. */
    void supervised(boolean now) {
      supervised = now;
    }

    void fail(int times) {
      failures.set(times);
    }

    Optional<String> bound() {
      return bound;
    }

    @Override
    public boolean isBound(String uid, String pod) {
      return bound.equals(Optional.of(pod));
    }

    @Override
    public boolean anyBound(String uid) {
      return bound.isPresent();
    }

    @Override
    public boolean has(String uid, Daemon daemon) {
      return daemon == Daemon.EGRESS || (daemon == Daemon.SUPERVISE && supervised);
    }

    @Override
    public void bind(String uid, String pod) throws IOException {
      if (failures.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
        throw new IOException("mount failed");
      }
      for (String volume : List.of("door-egress", "control-egress", "control-supervise", "gate")) {
        Files.createDirectories(paths.bottleDirectory(uid).resolve(volume));
      }
      bound = Optional.of(pod);
    }

    @Override
    public void unbind(String uid) {
      bound = Optional.empty();
    }
  }

  private final class Images implements ImageSource {
    @Override
    public ResolvedImage resolve(String reference, PullCredentials credentials)
        throws ImageFailure {
      pulls.incrementAndGet();
      ImageFailure failure = pullFailure.get();
      if (failure != null) {
        throw failure;
      }
      return new ResolvedImage("registry.test/agent", DIGEST, 1);
    }

    @Override
    public void unpack(ResolvedImage image, PullCredentials credentials, Path directory, long room)
        throws ImageFailure {
      try {
        Files.createDirectories(directory.resolve("rootfs/etc"));
      } catch (IOException e) {
        throw new ImageFailure(Reason.ImagePulling, "cannot");
      }
    }
  }

  /** Says the same on each connection, and hears what it is told. */
  static final class DaemonSocket implements AutoCloseable {
    private final ServerSocketChannel server;
    private final String greeting;
    private final List<String> said = new CopyOnWriteArrayList<>();
    private final List<SocketChannel> connections = new CopyOnWriteArrayList<>();

    DaemonSocket(Path socket, String greeting) throws IOException {
      this.greeting = greeting;
      Files.deleteIfExists(socket);
      server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
      server.bind(UnixDomainSocketAddress.of(socket));
      Thread.ofVirtual().start(this::serve);
    }

    /** What it was told, on all connections. */
    String said() {
      return String.join("", said);
    }

    /** Says this on every connection. */
    void say(String lines) throws IOException {
      for (SocketChannel connection : connections) {
        connection.write(java.nio.ByteBuffer.wrap(lines.getBytes(StandardCharsets.UTF_8)));
      }
    }

    private void serve() {
      try {
        while (true) {
          SocketChannel connection = server.accept();
          connection.write(java.nio.ByteBuffer.wrap(greeting.getBytes(StandardCharsets.UTF_8)));
          connections.add(connection);
          Thread.ofVirtual().start(() -> listen(connection));
        }
      } catch (IOException closed) {
        // the end
      }
    }

    private void listen(SocketChannel connection) {
      java.nio.ByteBuffer bytes = java.nio.ByteBuffer.allocate(64 * 1024);
      try {
        while (connection.read(bytes) >= 0) {
          said.add(StandardCharsets.UTF_8.decode(bytes.flip()).toString());
          bytes.clear();
        }
      } catch (IOException closed) {
        // the end
      }
    }

    @Override
    public void close() {
      try {
        server.close();
        for (SocketChannel connection : connections) {
          connection.close();
        }
      } catch (IOException e) {
        throw new java.io.UncheckedIOException(e);
      }
    }
  }
}
