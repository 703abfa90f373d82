package dev.bottle.agent.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bottle.agent.host.Command;
import dev.bottle.agent.host.CommandResult;
import dev.bottle.agent.host.CommandRunner;
import dev.bottle.agent.host.ProcessRunner;
import dev.bottle.agent.host.RunningCommand;
import dev.bottle.agent.testing.FakeProc;
import dev.bottle.agent.testing.FakeRuntime;
import dev.bottle.agent.testing.Mounted;
import dev.bottle.crd.condition.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** The whole image store with the real program, on a disk that is as large as the test says. */
final class StoreBench {
  final Path temp;
  final Path adminConfig;
  final StoreDirectory directory;
  final FakeRuntime runtime;
  final List<Command> commands = new CopyOnWriteArrayList<>();
  final ImageStore store;
  volatile DiskSpace.Space space = new DiskSpace.Space(1L << 40, 1L << 39);

  StoreBench(Path temp) throws IOException, InterruptedException {
    this(temp, temp.resolve("store"), ImageLimits.USUAL);
  }

  StoreBench(Path temp, Path root, ImageLimits limits) throws IOException, InterruptedException {
    this.temp = temp;
    adminConfig = temp.resolve("admin/config.yaml");
    CommandRunner runner = new Recording();
    directory = new StoreDirectory(root, temp.resolve("view"), runner);
    runtime = new FakeRuntime(new FakeProc(temp.resolve("proc")));
    store =
        new ImageStore(
            directory,
            new RegistrySource(
                runner,
                Programs.bottleImage().toString(),
                new NamedRegistries(adminConfig),
                limits),
            Mounted.store(temp.resolve("mountinfo"), directory.unpacked(), temp.resolve("view")),
            runtime,
            () -> space,
            Clock.systemUTC(),
            Executors.newVirtualThreadPerTaskExecutor());
    store.sweep();
  }

  /** An admin names it. */
  void name(String registry) throws IOException {
    admin("registries: [\"" + registry + "\"]\n");
  }

  void admin(String document) throws IOException {
    Files.createDirectories(temp.resolve("admin"));
    Files.writeString(adminConfig, document);
  }

  /** Pulls for a Bottle with these rights; returns the digest. */
  String pull(String reference, PullCredentials credentials) throws Exception {
    try (ImageHold hold = begin(reference, credentials).get(60, TimeUnit.SECONDS)) {
      return hold.image().digest();
    }
  }

  CompletableFuture<ImageHold> begin(String reference, PullCredentials credentials) {
    return store.pull(reference, credentials);
  }

  /** The message with which the pull is refused for this reason. */
  String refused(String reference, PullCredentials credentials, Reason reason) {
    ImageFailure[] failure = new ImageFailure[1];
    assertThatThrownBy(() -> pull(reference, credentials))
        .isInstanceOf(ExecutionException.class)
        .cause()
        .isInstanceOfSatisfying(
            ImageFailure.class,
            e -> {
              assertThat(e.reason()).as(e.getMessage()).isEqualTo(reason);
              failure[0] = e;
            });
    return String.valueOf(failure[0].getMessage());
  }

  Path rootfs(String digest) {
    return directory.unpacked().resolve(StoreDirectory.name(digest)).resolve("rootfs");
  }

  /** Names below {@code unpacked} and {@code incoming}. */
  List<String> unpacked() throws IOException {
    return names(directory.unpacked());
  }

  List<String> incoming() throws IOException {
    return names(directory.unpacked().resolveSibling("incoming"));
  }

  private static List<String> names(Path directory) throws IOException {
    try (Stream<Path> entries = Files.list(directory)) {
      return entries.map(entry -> entry.getFileName().toString()).sorted().toList();
    }
  }

  private final class Recording implements CommandRunner {
    private final CommandRunner real = new ProcessRunner();

    @Override
    public CommandResult run(Command command) throws IOException, InterruptedException {
      commands.add(command);
      return real.run(command);
    }

    @Override
    public RunningCommand start(Command command) throws IOException {
      throw new IOException("nothing is started so");
    }
  }
}
