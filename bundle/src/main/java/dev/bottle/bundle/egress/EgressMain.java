package dev.bottle.bundle.egress;

import dev.bottle.bundle.address.DnsResolver;
import dev.bottle.bundle.alarm.LoopAlarm;
import dev.bottle.bundle.authority.SecurityProviders;
import dev.bottle.bundle.egress.EgressOptions.PipelockOptions;
import dev.bottle.bundle.egress.guard.Guard;
import dev.bottle.bundle.egress.upstream.Dialer;
import dev.bottle.bundle.process.DaemonProcess;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Clock;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The egress process. Runs until SIGTERM and then exits 0; exit 1 when it cannot start. */
@Command(name = "egress")
public final class EgressMain implements Callable<Integer> {
  private static final Logger LOG = LoggerFactory.getLogger(EgressMain.class);
  private static final Path RESOLV_CONF = Path.of("/etc/resolv.conf");

  /** Event loops: as many as run at once on the smallest node. */
  static final int THREADS = 2;

  @Option(names = "--policy", required = true, paramLabel = "FILE")
  private Path policy = Path.of("");

  @Option(names = "--tokens", paramLabel = "DIR")
  private Path tokens = Path.of("/run/bottle/tokens");

  @Option(names = "--ca-directory", required = true, paramLabel = "DIR")
  private Path caDirectory = Path.of("");

  @Option(names = "--door", required = true, paramLabel = "SOCKET")
  private Path door = Path.of("");

  @Option(names = "--control", required = true, paramLabel = "SOCKET")
  private Path control = Path.of("");

  @Option(names = "--health", paramLabel = "ADDRESS:PORT")
  private String health = "127.0.0.1:9099";

  @ArgGroup(exclusive = false)
  private @Nullable Behind behind;

  /** Both or neither. */
  static final class Behind {
    @Option(names = "--pipelock", required = true, paramLabel = "ADDRESS:PORT")
    private String address = "";

    @Option(names = "--pipelock-ca", required = true, paramLabel = "FILE")
    private Path certificate = Path.of("");
  }

  /** See docs/contracts.md. */
  public static void main(String[] arguments) {
    SecurityProviders.narrow();
    System.exit(DaemonProcess.run("egress", new EgressMain(), arguments));
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    EventLoopGroup loops = new MultiThreadIoEventLoopGroup(THREADS, NioIoHandler.newFactory());
    Clock clock = Clock.systemUTC();
    Egress egress =
        new Egress(
            new EgressOptions(
                policy,
                tokens,
                caDirectory,
                door,
                control,
                address("--health", health),
                pipelock()),
            Limits.DEFAULT,
            loops,
            new DnsResolver(loops.next(), RESOLV_CONF),
            Dialer.DIRECT,
            Guard.NONE,
            clock,
            new LoopAlarm(loops.next(), clock));
    LOG.info("egress listens on {}", door);
    return DaemonProcess.untilTerminated(egress);
  }

  private @Nullable PipelockOptions pipelock() {
    return behind == null
        ? null
        : new PipelockOptions(address("--pipelock", behind.address), behind.certificate);
  }

  private static InetSocketAddress address(String option, String text) {
    int colon = text.lastIndexOf(':');
    try {
      return new InetSocketAddress(
          text.substring(0, colon), Integer.parseInt(text.substring(colon + 1)));
    } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
      throw new IllegalArgumentException(option + " must be ADDRESS:PORT");
    }
  }
}
