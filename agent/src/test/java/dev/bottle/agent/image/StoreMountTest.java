package dev.bottle.agent.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.bottle.agent.host.Command;
import dev.bottle.agent.host.CommandResult;
import dev.bottle.agent.host.CommandRunner;
import dev.bottle.agent.host.HostCommand;
import dev.bottle.agent.host.HostNamespaces;
import dev.bottle.agent.host.MountTable;
import dev.bottle.agent.host.ProcessRunner;
import dev.bottle.agent.host.RunningCommand;
import dev.bottle.agent.testing.Root;
import dev.bottle.crd.condition.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** With real mounts, in a mount namespace of its own that ends with the test. */
@Timeout(60)
class StoreMountTest {
  @TempDir Path temp;
  private Process namespace;
  private CommandRunner host;
  private MountTable mounts;
  private Path unpacked;
  private Path view;
  private StoreMount mount;

  @BeforeEach
  void enterNamespace() throws Exception {
    Root.required();
    namespace =
        new ProcessBuilder("unshare", "-m", "--propagation", "private", "sleep", "infinity")
            .start();
    Path process = Path.of("/proc/" + namespace.pid());
    await().until(() -> Files.readString(process.resolve("comm")).startsWith("sleep"));
    unpacked = Files.createDirectories(temp.resolve("store/unpacked"));
    view = temp.resolve("view");
    host = new HostCommand(new ProcessRunner(), HostNamespaces.NSENTER, namespace.pid());
    mounts = new MountTable(process.resolve("mountinfo"));
    mount = new StoreMount(host, mounts, unpacked, view);
  }

  @AfterEach
  void leaveNamespace() throws InterruptedException {
    if (namespace != null) {
      namespace.destroyForcibly().waitFor();
    }
  }

  private CommandResult onHost(String... argv) throws Exception {
    return host.run(
        Command.of(
            Duration.ofSeconds(10),
            Map.of("PATH", "/usr/sbin:/usr/bin:/sbin:/bin"),
            List.of(argv)));
  }

  @Test
  void machinesSeeTheStoreButNobodyWritesNorBecomesAnybodyThroughIt() throws Exception {
    mount.ensure();
    Files.writeString(unpacked.resolve("later"), "content");
    Root.run("cp", "/bin/true", unpacked.resolve("program").toString());
    Root.run("mknod", "-m", "666", unpacked.resolve("null").toString(), "c", "1", "3");

    assertThat(mounts.optionsAt(view)).contains("ro", "nodev", "nosuid").doesNotContain("noexec");
    assertThat(onHost("cat", view.resolve("later").toString()).stdout()).isEqualTo("content");
    assertThat(onHost("touch", view.resolve("x").toString()).stderr()).contains("Read-only");
    assertThat(onHost("chmod", "777", view.resolve("later").toString()).stderr())
        .contains("Read-only");
    assertThat(onHost("cat", view.resolve("null").toString()).stderr())
        .contains("ermission denied");
    assertThat(onHost(view.resolve("program").toString()).succeeded()).isTrue();
  }

  @Test
  void doesNothingWhenAllIsWell() throws Exception {
    mount.ensure();
    int before = mounts.below(temp).size();
    mount.ensure();
    assertThat(mounts.below(temp)).hasSize(before);
  }

  @Test
  void mendsAMountThatIsNotAsItMustBe() throws Exception {
    Files.createDirectories(view);
    assertThat(onHost("mount", "--bind", unpacked.toString(), view.toString()).succeeded())
        .isTrue();
    assertThat(mounts.optionsAt(view)).doesNotContain("ro");
    mount.ensure();
    assertThat(mounts.optionsAt(view)).contains("ro", "nodev", "nosuid");

    Path other = Files.createDirectory(temp.resolve("other"));
    assertThat(onHost("mount", "--bind", other.toString(), view.toString()).succeeded()).isTrue();
    assertThat(onHost("mount", "-o", "remount,bind,ro,nodev,nosuid", view.toString()).succeeded())
        .isTrue();
    mount.ensure();
    Files.writeString(unpacked.resolve("later"), "content");
    assertThat(onHost("cat", view.resolve("later").toString()).stdout()).isEqualTo("content");
    assertThat(mounts.below(view)).hasSize(1);
  }

  @Test
  void withoutTheMountNoImageIsGivenOut() {
    CommandRunner refusing =
        new CommandRunner() {
          @Override
          public CommandResult run(Command command) {
            return command.argv().contains("-o")
                ? new CommandResult(32, "", "mount: permission denied")
                : new CommandResult(0, "", "");
          }

          @Override
          public RunningCommand start(Command command) throws IOException {
            throw new IOException("not used");
          }
        };
    for (CommandRunner runner : List.of(refusing, doingNothing())) {
      assertThatThrownBy(() -> new StoreMount(runner, mounts, unpacked, view).ensure())
          .isInstanceOfSatisfying(
              ImageFailure.class,
              e -> {
                assertThat(e.reason()).isEqualTo(Reason.ImageStoreUnsafe);
                assertThat(e.getMessage()).contains(view.toString());
              });
    }
  }

  private static CommandRunner doingNothing() {
    return new CommandRunner() {
      @Override
      public CommandResult run(Command command) {
        return new CommandResult(0, "", "");
      }

      @Override
      public RunningCommand start(Command command) throws IOException {
        throw new IOException("not used");
      }
    };
  }
}
