package dev.bottle.agent.host;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Runs programs in the namespaces of the host: the runtime, its machines and mounts must outlive
 * the agent's container.
 *
 * <p>The PID namespace is not entered: the agent's Pod has {@code hostPID} and is in it already,
 * and entering it would put a forked process, which passes no signals on, between us and the
 * program.
 */
public final class HostCommand implements CommandRunner {
  private final CommandRunner runner;
  private final List<String> prefix;

  /**
   * Where programs run.
   *
   * @param namespaces {@link HostNamespaces#NONE} when the agent itself runs on the host
   * @param hostPid a process of the host, 1 on an ordinary node
   */
  public HostCommand(CommandRunner runner, HostNamespaces namespaces, long hostPid) {
    this.runner = runner;
    this.prefix =
        switch (namespaces) {
          case NONE -> List.of();
          case NSENTER ->
              List.of("nsenter", "-t", Long.toString(hostPid), "-m", "-n", "-u", "-i", "--");
        };
  }

  @Override
  public CommandResult run(Command command) throws IOException, InterruptedException {
    return runner.run(inHost(command));
  }

  @Override
  public RunningCommand start(Command command) throws IOException {
    return runner.start(inHost(command));
  }

  private Command inHost(Command command) {
    List<String> argv = new ArrayList<>(prefix);
    argv.addAll(command.argv());
    return new Command(argv, command.environment(), command.deadline(), command.input());
  }
}
