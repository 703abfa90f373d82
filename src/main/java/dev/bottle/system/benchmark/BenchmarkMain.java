package dev.bottle.system.benchmark;

import dev.bottle.crd.policy.Inspection;
import dev.bottle.system.origin.OriginCertificate;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** See deploy/local/benchmark, which starts it with all peers. */
@Command(
    name = "benchmark",
    description = "Measures egress beside its peers; prints a table.",
    mixinStandardHelpOptions = true)
public final class BenchmarkMain implements Callable<Integer> {
  private static final String TOKEN = "sk-real-Zk3vQ9xT1mB7wR5yL2nC8dF4";
  private static final String CREDENTIAL = "Bearer " + TOKEN;
  private static final int HEALTH = 9099;

  @Option(names = "--daemons", required = true, paramLabel = "CLASSPATH")
  private String daemons = "";

  @Option(names = "--sources", required = true, paramLabel = "DIR", description = "text to upload")
  private Path sources = Path.of("");

  @Option(names = "--mitmdump", paramLabel = "FILE")
  private @Nullable Path mitmdump;

  @Option(names = "--tool", paramLabel = "FILE", description = "bottle-tool, for the relay")
  private @Nullable Path tool;

  @Option(names = "--json", paramLabel = "FILE", description = "where the figures are written")
  private @Nullable Path json;

  @Option(names = "--page", paramLabel = "FILE", description = "whose table is replaced")
  private @Nullable Path page;

  @Option(names = "--smoke", description = "only a little of everything, to see that it works")
  private boolean smoke;

  @Option(names = "--inside", hidden = true, description = "it is in its namespace already")
  private boolean inside;

  private String[] arguments = {};

  /** Exit 0 when everything was measured, whatever came out. */
  public static void main(String[] arguments) {
    BenchmarkMain main = new BenchmarkMain();
    main.arguments = arguments;
    System.exit(new CommandLine(main).execute(arguments));
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    Path home = Files.createTempDirectory("bottle-benchmark");
    if (inside) {
      measure(home);
      return 0;
    }
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:+UseSerialGC", "-Xmx1g", "--enable-native-access=ALL-UNNAMED"));
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.addAll(List.of(BenchmarkMain.class.getName(), "--inside"));
    command.addAll(Arrays.asList(arguments));
    return new ProcessBuilder(Namespace.around(home, command)).inheritIO().start().waitFor();
  }

  private void measure(Path home) throws IOException {
    Amounts amounts = smoke ? Amounts.SMOKE : Amounts.FULL;
    Body conversation = Body.conversation(sources);
    OriginCertificate certificate = OriginCertificate.forNames(List.of(Load.HOST));
    // The load generator's threads and the origin's are apart: a proxy is between them.
    EventLoopGroup origins = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    EventLoopGroup clients = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    NameServer.listen(origins);
    Origin.listen(origins, certificate, CREDENTIAL, conversation.bytes());
    Load load = new Load(clients);
    Map<String, String> facts = Facts.now();
    EgressDaemon daemon =
        new EgressDaemon(
            home.resolve("egress"),
            daemons,
            HEALTH,
            Inspection.Builtin,
            TOKEN,
            certificate.authority());
    EgressDaemon blind =
        new EgressDaemon(
            home.resolve("blind"),
            daemons,
            HEALTH + 1,
            Inspection.None,
            TOKEN,
            certificate.authority());
    List<Figure> figures = new ArrayList<>();
    Figure plain = Figure.most("start without AOT cache, median", "ms", null);
    Figure cached = Figure.most("start with AOT cache, median", "ms", 400.0);
    if (!smoke) {
      say("start");
      plain.with(Suite.EGRESS, Starts.median(daemon, amounts.starts()));
      daemon.train();
      blind.useCache(daemon.cacheFile());
      cached.with(Suite.EGRESS, Starts.median(daemon, amounts.starts()));
    }
    List<Subject> subjects = new ArrayList<>();
    try {
      subjects.add(
          new Subject(
              Suite.DIRECT, new Way(null, certificate.authority(), CREDENTIAL), null, List.of()));
      subjects.add(daemon.subject(Suite.EGRESS));
      if (tool != null) {
        subjects.add(
            Relay.before(subjects.getLast(), tool, daemon.door(), home.resolve("relay.log")));
      }
      if (mitmdump != null) {
        Mitmproxy mitmproxy =
            new Mitmproxy(mitmdump, home.resolve("mitmproxy"), CREDENTIAL, certificate.authority());
        facts.put("mitmproxy", mitmproxy.version());
        mitmproxy.start().subject().close(); // the first start makes its authority
        Mitmproxy.Started started = mitmproxy.start();
        cached.with(started.subject().name(), started.took().toNanos() / 1e6);
        subjects.add(started.subject());
      }
      Suite suite = new Suite(load, amounts, subjects);
      say("small requests");
      suite.keptAlive();
      say("new connections");
      suite.newConnections();
      say("downloads");
      suite.downloads();
      say("uploads");
      suite.uploads(conversation);
      figures.addAll(suite.figures());
      say("inspection");
      try (Subject other = blind.subject("blind")) {
        figures.addAll(
            new Inspections(load, amounts, subjects.get(1), other)
                .measure(
                    List.of(
                        conversation,
                        conversation.gzip(),
                        Body.source(sources),
                        Body.base64(),
                        Body.form(sources))));
      }
    } finally {
      for (Subject subject : subjects) {
        subject.close();
      }
    }
    say("memory");
    figures.addAll(new Memory(load, amounts, daemon).measure());
    if (!smoke) {
      figures.add(plain);
      figures.add(cached);
    }
    Report report = new Report(facts, names(), figures);
    System.out.println(report.table());
    if (json != null) {
      Files.write(json, report.json());
    }
    if (page != null) {
      report.into(page);
    }
    var _ = clients.shutdownGracefully(0, 0, TimeUnit.SECONDS);
    var _ = origins.shutdownGracefully(0, 0, TimeUnit.SECONDS);
  }

  private List<String> names() {
    List<String> names = new ArrayList<>(List.of(Suite.DIRECT, Suite.EGRESS));
    if (tool != null) {
      names.add(Relay.NAME);
    }
    if (mitmdump != null) {
      names.add(Mitmproxy.NAME);
    }
    return names;
  }

  private static void say(String what) {
    System.err.println(LocalTime.now(ZoneOffset.UTC).truncatedTo(ChronoUnit.SECONDS) + " " + what);
  }
}
