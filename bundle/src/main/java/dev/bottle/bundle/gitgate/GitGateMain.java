package dev.bottle.bundle.gitgate;

import dev.bottle.bundle.address.DnsResolver;
import dev.bottle.bundle.address.Resolver;
import dev.bottle.bundle.gitgate.upstream.CheckedDestinations;
import dev.bottle.bundle.process.DaemonProcess;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The git-gate process. Runs until SIGTERM and then exits 0; exit 1 when it cannot start. */
@Command(name = "git-gate")
public final class GitGateMain implements Callable<Integer> {
  private static final Logger LOG = LoggerFactory.getLogger(GitGateMain.class);
  private static final Path RESOLV_CONF = Path.of("/etc/resolv.conf");
  private static final int THREADS = 1;

  @Option(names = "--policy", required = true, paramLabel = "FILE")
  private Path policy = Path.of("");

  @Option(names = "--credentials", required = true, paramLabel = "DIR")
  private Path credentials = Path.of("");

  @Option(names = "--tokens", paramLabel = "DIR")
  private Path tokens = Path.of("/run/bottle/tokens");

  @Option(names = "--repositories", required = true, paramLabel = "DIR")
  private Path repositories = Path.of("");

  @Option(names = "--private", required = true, paramLabel = "DIR")
  private Path privateDirectory = Path.of("");

  @Option(names = "--door", required = true, paramLabel = "SOCKET")
  private Path door = Path.of("");

  @Option(names = "--control", required = true, paramLabel = "SOCKET")
  private Path control = Path.of("");

  @Option(names = "--gitleaks", paramLabel = "FILE")
  private Path gitleaks = Path.of("/usr/bin/gitleaks");

  /** See docs/contracts.md. */
  public static void main(String[] arguments) {
    System.exit(DaemonProcess.run("git-gate", new GitGateMain(), arguments));
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    EventLoopGroup loops = new MultiThreadIoEventLoopGroup(THREADS, NioIoHandler.newFactory());
    Resolver resolver = new DnsResolver(loops.next(), RESOLV_CONF);
    GitGate gate =
        new GitGate(
            new GitGateOptions(
                policy,
                credentials,
                tokens,
                repositories,
                privateDirectory,
                door,
                control,
                gitleaks),
            GitGateLimits.DEFAULT,
            rules -> new CheckedDestinations(resolver, rules),
            loops);
    LOG.info("git-gate listens on {}", door);
    return DaemonProcess.untilTerminated(resolver, gate);
  }
}
