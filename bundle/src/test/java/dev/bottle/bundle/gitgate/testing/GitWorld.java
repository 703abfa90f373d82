package dev.bottle.bundle.gitgate.testing;

import static org.awaitility.Awaitility.await;

import dev.bottle.bundle.egress.testing.Relay;
import dev.bottle.bundle.gitgate.GitGate;
import dev.bottle.bundle.gitgate.GitGateLimits;
import dev.bottle.bundle.gitgate.GitGateOptions;
import dev.bottle.crd.control.ControlMessage;
import dev.bottle.crd.control.ControlReader;
import dev.bottle.crd.control.DaemonState;
import dev.bottle.crd.control.GitDenial;
import dev.bottle.crd.json.MalformedDocumentException;
import dev.bottle.crd.policy.BottleIdentity;
import dev.bottle.crd.policy.EgressPolicy;
import dev.bottle.crd.policy.GitPolicy;
import dev.bottle.crd.policy.GitUpstream;
import dev.bottle.crd.policy.Inspection;
import dev.bottle.crd.policy.Policy;
import dev.bottle.crd.policy.ResponsePolicy;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import java.io.IOException;
import java.net.InetAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;

/** A gate, its upstream, and guests. */
public final class GitWorld implements AutoCloseable {
  /** The Bottle's canary. */
  public static final String CANARY = "btl_canary_" + "Zq7Lm2Xw9Rt4Kp6V".repeat(2);

  /** A token that egress has for this Bottle; of no known format. */
  public static final String TOKEN = "tok-" + "f3Vq8Yt1Zc6Nm4Hw";

  /** Small, so that tests need not be large. */
  public static final GitGateLimits LIMITS =
      new GitGateLimits(
          32,
          16,
          GitGateLimits.DEFAULT.exchange(),
          GitGateLimits.DEFAULT.idle(),
          GitGateLimits.DEFAULT.refresh(),
          java.time.Duration.ofSeconds(20),
          8 * 1024 * 1024,
          4 * 1024 * 1024,
          16 * 1024 * 1024,
          5000,
          4);

  private final Path home;
  private final SshUpstream upstream;
  private final GitGate gate;
  private final Relay relay;
  private final List<GitDenial> denials = new CopyOnWriteArrayList<>();
  private final SocketChannel control;
  private volatile DaemonState state =
      new DaemonState(GitGate.DAEMON, false, null, null, null, List.of());
  private int clones;

  /** Starts a gate in this directory, with no upstream yet. */
  public GitWorld(Path home, SshUpstream upstream, Path gitleaks)
      throws IOException, InterruptedException {
    this.home = home;
    this.upstream = upstream;
    for (String name : List.of("policy", "credentials", "tokens", "upstreams")) {
      Files.createDirectories(home.resolve(name));
    }
    Files.copy(upstream.identity(), home.resolve("credentials/GIT_IDENTITY"));
    Files.writeString(home.resolve("tokens/EGRESS_TOKEN"), TOKEN);
    Files.write(home.resolve("policy/policy.json"), policy("", List.of()));
    gate =
        new GitGate(
            new GitGateOptions(
                home.resolve("policy/policy.json"),
                home.resolve("credentials"),
                home.resolve("tokens"),
                home.resolve("repositories"),
                home.resolve("private"),
                home.resolve("git.sock"),
                home.resolve("control.sock"),
                gitleaks),
            LIMITS,
            _ -> (_, _) -> InetAddress.getLoopbackAddress(),
            new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory()));
    relay = new Relay(home.resolve("git.sock"));
    control = SocketChannel.open(StandardProtocolFamily.UNIX);
    control.connect(UnixDomainSocketAddress.of(home.resolve("control.sock")));
    Thread.ofVirtual().start(this::listen);
  }

  /** The gitleaks that the build made. */
  public static Path gitleaks() {
    Path built = Path.of("target/gitleaks");
    if (!Files.isExecutable(built)) {
      throw new IllegalStateException(
          built + " is missing: deploy/local/for-git-tests bundle/target/gitleaks makes it");
    }
    return built.toAbsolutePath();
  }

  private void listen() {
    try {
      ControlReader reader = new ControlReader(Channels.newInputStream(control));
      for (Optional<ControlMessage> next = reader.next(); next.isPresent(); next = reader.next()) {
        if (next.get() instanceof GitDenial denial) {
          denials.add(denial);
        } else if (next.get() instanceof DaemonState now) {
          state = now;
        }
      }
    } catch (IOException | MalformedDocumentException ended) {
      // whoever waits for a message sees that none comes
    }
  }

  /** An upstream's policy with the right identity and host key. */
  public GitUpstream upstream(String name, List<String> refs, boolean force, boolean delete)
      throws IOException {
    return new GitUpstream(
        name,
        upstream.url(repository(name)),
        "GIT_IDENTITY",
        null,
        upstream.knownHosts(),
        refs,
        force,
        delete,
        false);
  }

  /** Where the upstream's own repository is. */
  public Path repository(String name) {
    return home.resolve("upstreams").resolve(name + ".git");
  }

  /** Makes the upstream's repository: {@code main}, {@code bottle/old} and the tag {@code v0}. */
  public void create(String name) throws IOException, InterruptedException {
    Commands at = new Commands(home, Map.of());
    var _ = at.run("git", "init", "-q", "--bare", "-b", "main", repository(name).toString());
    Clone seed = new Clone(Files.createDirectories(home.resolve("seed-" + name)));
    seed.git("init", "-q", "-b", "main");
    seed.commit("README.md", "hello " + name + "\n", "first");
    seed.git("tag", "v0");
    seed.git("checkout", "-q", "-b", "bottle/old");
    seed.commit("old.txt", "old\n", "second");
    seed.git("push", "-q", repository(name).toString(), "main", "bottle/old", "v0");
  }

  /** Puts these upstreams in force, and returns when they are. */
  public void enforce(GitUpstream... upstreams) throws IOException {
    enforce("", upstreams);
  }

  /** The same with these roots, PEM, for https upstreams. */
  public void enforce(String roots, GitUpstream... upstreams) throws IOException {
    byte[] policy = policy(roots, List.of(upstreams));
    Path next = home.resolve("policy/next");
    Files.write(next, policy);
    Files.move(
        next,
        home.resolve("policy/policy.json"),
        java.nio.file.StandardCopyOption.REPLACE_EXISTING,
        java.nio.file.StandardCopyOption.ATOMIC_MOVE);
    await().until(() -> Policy.hash(policy).equals(state.policyHash()));
  }

  private static byte[] policy(String roots, List<GitUpstream> upstreams) {
    return new Policy(
            Policy.VERSION,
            new BottleIdentity("ns", "demo", "uid"),
            new EgressPolicy(
                List.of(),
                List.of(),
                List.of(),
                roots,
                List.of(),
                List.of(),
                Inspection.Builtin,
                ResponsePolicy.DEFAULT,
                CANARY),
            new GitPolicy(upstreams))
        .toJson();
  }

  /** What the guest's {@code insteadOf} leads to. */
  public String url(String name) {
    return "http://127.0.0.1:" + relay.address().getPort() + "/" + name + ".git";
  }

  /** A new clone through the gate. */
  public Clone clone(String name) throws IOException, InterruptedException {
    Path directory = home.resolve("clone-" + clones++);
    var _ = new Commands(home, Map.of()).run("git", "clone", "-q", url(name), directory.toString());
    return new Clone(directory);
  }

  /** A copy of a clone: cheaper than another. */
  public Clone copy(Clone clone) throws IOException, InterruptedException {
    Path directory = home.resolve("clone-" + clones++);
    var _ =
        new Commands(home, Map.of())
            .run("cp", "-a", clone.directory().toString(), directory.toString());
    return new Clone(directory);
  }

  /** All refs and all objects of an upstream's repository. */
  public String contents(String name) throws IOException, InterruptedException {
    return new Commands(repository(name), Map.of())
            .run("git", "for-each-ref", "--format=%(refname) %(objectname)")
        + "\n"
        + String.join("\n", files(repository(name).resolve("objects")));
  }

  /** Names of quarantines that are left in the gate, and of folders of pushes. */
  public List<String> leftovers() throws IOException {
    List<String> left = new ArrayList<>();
    try (var all = Files.walk(home.resolve("repositories"))) {
      all.map(Path::toString).filter(path -> path.contains("tmp_objdir")).forEach(left::add);
    }
    left.addAll(files(home.resolve("private/pushes")));
    return left;
  }

  private static Set<String> files(Path directory) throws IOException {
    try (var all = Files.walk(directory)) {
      return new TreeSet<>(all.filter(Files::isRegularFile).map(Path::toString).toList());
    }
  }

  /** The gate's bare repositories and private files. */
  public Path home() {
    return home;
  }

  /** What the gate told of, so far. */
  public List<GitDenial> denials() {
    return denials;
  }

  /** The last state. */
  public DaemonState state() {
    return state;
  }

  @Override
  public void close() throws IOException {
    relay.close();
    gate.close();
    control.close();
  }
}
