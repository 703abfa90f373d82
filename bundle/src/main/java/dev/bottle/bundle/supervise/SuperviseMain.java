package dev.bottle.bundle.supervise;

import dev.bottle.bundle.alarm.LoopAlarm;
import dev.bottle.bundle.process.DaemonProcess;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.concurrent.Callable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The supervise process. Runs until SIGTERM and then exits 0; exit 1 when it cannot start. */
@Command(name = "supervise")
public final class SuperviseMain implements Callable<Integer> {
  private static final Logger LOG = LoggerFactory.getLogger(SuperviseMain.class);
  private static final int THREADS = 1;

  @Option(names = "--policy", required = true, paramLabel = "FILE")
  private Path policy = Path.of("");

  @Option(names = "--queue", required = true, paramLabel = "DIR")
  private Path queue = Path.of("");

  @Option(names = "--door", required = true, paramLabel = "SOCKET")
  private Path door = Path.of("");

  @Option(names = "--control", required = true, paramLabel = "SOCKET")
  private Path control = Path.of("");

  /** See docs/contracts.md. */
  public static void main(String[] arguments) {
    System.exit(DaemonProcess.run("supervise", new SuperviseMain(), arguments));
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    EventLoopGroup loops = new MultiThreadIoEventLoopGroup(THREADS, NioIoHandler.newFactory());
    Clock clock = Clock.systemUTC();
    Supervise supervise =
        new Supervise(
            new SuperviseOptions(policy, queue, door, control),
            loops,
            clock,
            new LoopAlarm(loops.next(), clock));
    LOG.info("supervise listens on {}", door);
    return DaemonProcess.untilTerminated(supervise);
  }
}
