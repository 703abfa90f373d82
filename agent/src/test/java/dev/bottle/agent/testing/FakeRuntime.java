package dev.bottle.agent.testing;

import dev.bottle.agent.host.Command;
import dev.bottle.agent.host.CommandResult;
import dev.bottle.agent.host.RunningCommand;
import dev.bottle.agent.smolvm.MachineDefinition;
import dev.bottle.agent.smolvm.MachineRecord;
import dev.bottle.agent.smolvm.MachineRecord.State;
import dev.bottle.agent.smolvm.MachineRuntime;
import dev.bottle.agent.smolvm.MachineSize;
import dev.bottle.agent.smolvm.RuntimeFailure;
import dev.bottle.crd.condition.Reason;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Machines in memory, with processes in a {@link FakeProc}. Every call is written down, and any can
 * be made to fail before or after its effect.
 */
public final class FakeRuntime implements MachineRuntime {
  /** Every call as {@code verb machine}, guest commands as {@code exec machine argv…}. */
  public final List<String> calls = new CopyOnWriteArrayList<>();

  /** What ran more than once at a time for one machine; must stay empty. */
  public final List<String> breaches = new CopyOnWriteArrayList<>();

  private final FakeProc proc;
  private final Map<String, MachineRecord> machines = new HashMap<>();
  private final Map<String, Integer> failBefore = new HashMap<>();
  private final Map<String, Integer> failAfter = new HashMap<>();

  /** Above the highest possible pid (proc(5), pid_max): a kill of one of these hits nobody. */
  private final AtomicInteger pids = new AtomicInteger(1 << 23);

  private volatile Guest guest = (argv, stdin) -> new CommandResult(0, "", "");
  private volatile Optional<String> version = Optional.of("1.32.2+fake");

  /** Processes appear there. */
  public FakeRuntime(FakeProc proc) {
    this.proc = proc;
  }

  /** What commands in the guest answer. */
  @FunctionalInterface
  public interface Guest {
    /** To one command with its whole input. */
    CommandResult answer(List<String> argv, byte[] stdin);
  }

  /** Sets the guest. */
  public void guest(Guest newGuest) {
    guest = newGuest;
  }

  /** The runtime does not answer any more, or again. */
  public void version(Optional<String> newVersion) {
    version = newVersion;
  }

  /** The next so many calls of that verb fail and have no effect. */
  public synchronized void failBefore(String verb, int times) {
    failBefore.put(verb, times);
  }

  /** The next so many calls of that verb have their effect and fail nonetheless. */
  public synchronized void failAfter(String verb, int times) {
    failAfter.put(verb, times);
  }

  /** The machine's process dies by itself. */
  public synchronized void crash(String name) {
    MachineRecord record = machines.get(name);
    if (record != null) {
      record.pid().ifPresent(proc::ended);
      machines.put(name, with(record, State.Stopped, record.pid()));
    }
  }

  /** Its process lives and does not answer. */
  public synchronized void freeze(String name) {
    MachineRecord record = machines.get(name);
    if (record != null) {
      machines.put(name, with(record, State.Unreachable, record.pid()));
    }
  }

  /** How many machines exist. */
  public synchronized int machines() {
    return machines.size();
  }

  /** How many run. */
  public synchronized long running() {
    return machines.values().stream().filter(m -> m.state() != State.Stopped).count();
  }

  /** The calls that change a machine's life, without the looks and the guest commands. */
  public List<String> lifecycle() {
    return calls.stream()
        .filter(call -> call.matches("(create|start|stop|delete|resize) .*"))
        .map(call -> call.substring(0, call.indexOf(' ')))
        .toList();
  }

  @Override
  public String version() throws RuntimeFailure {
    return version.orElseThrow(() -> new RuntimeFailure(Reason.RuntimeMissing, "no such program"));
  }

  @Override
  public synchronized List<MachineRecord> list() throws RuntimeFailure {
    version();
    return List.copyOf(machines.values());
  }

  @Override
  public synchronized Optional<MachineRecord> status(String name) throws RuntimeFailure {
    version();
    before("status", name);
    return Optional.ofNullable(machines.get(name));
  }

  @Override
  public synchronized void create(MachineDefinition machine) throws RuntimeFailure {
    before("create", machine.name());
    if (machines.containsKey(machine.name())) {
      breaches.add("created twice");
      throw new RuntimeFailure(Reason.MachineStartFailed, "already exists or is being created");
    }
    machines.put(
        machine.name(),
        new MachineRecord(
            machine.name(),
            State.Stopped,
            Optional.of(machine.labels()),
            Optional.empty(),
            machine.size(),
            machine.rootfs().toString(),
            true));
    after("create");
  }

  @Override
  public synchronized void resize(String name, MachineSize size) throws RuntimeFailure {
    before("resize", name);
    MachineRecord record = known(name);
    if (record.state() != State.Stopped) {
      breaches.add("resized while it ran");
    }
    machines.put(
        name,
        new MachineRecord(
            name, State.Stopped, record.labels(), record.pid(), size, record.image(), true));
    after("resize");
  }

  @Override
  public synchronized void start(String name, String podUid, Path bottleDirectory)
      throws RuntimeFailure {
    before("start", name);
    MachineRecord record = known(name);
    if (record.state() != State.Stopped) {
      breaches.add("started while it ran");
    }
    long pid = pids.incrementAndGet();
    proc.machine(pid, pid * 10, podUid, bottleDirectory.resolve("boot-config.json"));
    machines.put(name, with(record, State.Running, Optional.of(pid)));
    after("start");
  }

  @Override
  public synchronized void stop(String name) throws RuntimeFailure {
    before("stop", name);
    crash(name);
    after("stop");
  }

  @Override
  public synchronized void delete(String name) throws RuntimeFailure {
    before("delete", name);
    MachineRecord record = machines.get(name);
    if (record != null && record.state() != State.Stopped) {
      breaches.add("deleted while it ran");
    }
    machines.remove(name);
    after("delete");
  }

  @Override
  public CommandResult exec(String name, List<String> argv, Duration deadline, Command.Input input)
      throws RuntimeFailure {
    synchronized (this) {
      before("exec", name + " " + String.join(" ", argv));
      if (Optional.ofNullable(machines.get(name))
          .filter(found -> found.state() != State.Stopped)
          .isEmpty()) {
        return new CommandResult(1, "", "Error: machine '" + name + "' is not running");
      }
    }
    ByteArrayOutputStream stdin = new ByteArrayOutputStream();
    try {
      input.writeTo(stdin);
    } catch (IOException e) {
      throw new RuntimeFailure(Reason.MachineUnreachable, String.valueOf(e.getMessage()));
    }
    return guest.answer(argv, stdin.toByteArray());
  }

  @Override
  public RunningCommand open(String name, List<String> argv) throws RuntimeFailure {
    before("open", name + " " + String.join(" ", argv));
    return new FakeCommand();
  }

  private synchronized void before(String verb, String what) throws RuntimeFailure {
    if (!verb.equals("status")) {
      calls.add(verb + " " + what);
    }
    if (count(failBefore, verb)) {
      throw new RuntimeFailure(Reason.MachineStartFailed, verb + " was made to fail");
    }
  }

  private synchronized void after(String verb) throws RuntimeFailure {
    if (count(failAfter, verb)) {
      throw new RuntimeFailure(Reason.MachineStartFailed, verb + " was made to fail late");
    }
  }

  private static boolean count(Map<String, Integer> failures, String verb) {
    int left = failures.getOrDefault(verb, 0);
    failures.put(verb, Math.max(0, left - 1));
    return left > 0;
  }

  private MachineRecord known(String name) throws RuntimeFailure {
    MachineRecord record = machines.get(name);
    if (record == null) {
      throw new RuntimeFailure(Reason.MachineStartFailed, "vm not found: " + name);
    }
    return record;
  }

  private static MachineRecord with(MachineRecord record, State state, Optional<Long> pid) {
    return new MachineRecord(
        record.name(),
        state,
        record.labels(),
        pid,
        record.size(),
        record.image(),
        record.networkless());
  }
}
