package dev.bottle.agent.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.bottle.agent.control.Daemon;
import dev.bottle.agent.testing.FakeKubelet;
import dev.bottle.agent.testing.Root;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With real mounts, in a mount namespace of its own that ends with the test. */
class PodBindsTest {
  private static final String UID = "5f5a0d5c-0000-4000-8000-00000000000b";

  @TempDir Path temp;
  private Process namespace;
  private NodePaths paths;
  private MountTable mounts;
  private PodBinds binds;
  private static final List<String> WITHOUT_GIT_GATE =
      List.of("door-egress", "control-egress", "gate");

  private FakeKubelet kubelet;

  @BeforeEach
  void enterNamespace() throws Exception {
    Root.required();
    namespace =
        new ProcessBuilder("unshare", "-m", "--propagation", "private", "sleep", "infinity")
            .start();
    Path own = Path.of("/proc/self/ns/mnt");
    Path other = Path.of("/proc/" + namespace.pid() + "/ns/mnt");
    await().until(() -> !Files.readSymbolicLink(other).equals(Files.readSymbolicLink(own)));
    Path table = Path.of("/proc/" + namespace.pid() + "/mountinfo");
    await()
        .until(() ->
            Files.readString(Path.of("/proc/" + namespace.pid() + "/comm")).startsWith("sleep"));
    paths = new NodePaths(temp.resolve("home"), temp.resolve("run"), temp.resolve("kubelet"));
    mounts = new MountTable(table);
    kubelet = new FakeKubelet(paths.kubeletRoot());
    binds =
        new PodBinds(
            new HostCommand(new ProcessRunner(), HostNamespaces.NSENTER, namespace.pid()),
            mounts,
            paths);
    binds.prepareNode();
  }

  @AfterEach
  void leaveNamespace() throws InterruptedException {
    namespace.destroyForcibly().waitFor();
  }

  private void pod(String pod) {
    WITHOUT_GIT_GATE.forEach(volume -> kubelet.emptyDir(pod, volume));
  }

  private void podWithGitGate(String pod) {
    pod(pod);
    kubelet.emptyDir(pod, "door-git-gate");
    kubelet.emptyDir(pod, "control-git-gate");
  }

  @Test
  void aGitGateComesAndGoesWithItsPod() throws Exception {
    podWithGitGate("with");
    pod("without");

    binds.bind(UID, "without");
    assertThat(binds.has(UID, Daemon.EGRESS)).isTrue();
    assertThat(binds.has(UID, Daemon.GIT_GATE)).isFalse();
    assertThat(paths.bottleDirectory(UID).resolve("door-git-gate"))
        .as("the place of a machine's door")
        .isEmptyDirectory();

    assertThat(binds.isBound(UID, "with")).isFalse();
    binds.bind(UID, "with");
    assertThat(binds.isBound(UID, "with")).isTrue();
    assertThat(binds.has(UID, Daemon.GIT_GATE)).isTrue();

    binds.bind(UID, "without");
    assertThat(binds.isBound(UID, "without")).isTrue();
    assertThat(binds.has(UID, Daemon.GIT_GATE)).isFalse();
    assertThat(mounts.below(paths.bottleDirectory(UID))).hasSize(WITHOUT_GIT_GATE.size());
  }

  @Test
  void soDoesASupervise() throws Exception {
    pod("with");
    kubelet.emptyDir("with", "door-supervise");
    kubelet.emptyDir("with", "control-supervise");
    pod("without");

    binds.bind(UID, "with");
    assertThat(binds.isBound(UID, "with")).isTrue();
    assertThat(binds.has(UID, Daemon.SUPERVISE)).isTrue();
    assertThat(binds.has(UID, Daemon.GIT_GATE)).isFalse();

    binds.bind(UID, "without");
    assertThat(binds.has(UID, Daemon.SUPERVISE)).isFalse();
    assertThat(paths.bottleDirectory(UID).resolve("door-supervise")).isEmptyDirectory();
  }

  @Test
  void theRunDirectoryPropagatesAndStaysClosedToOthers() throws Exception {
    assertThat(mounts.holding(paths.runDirectory()))
        .hasValueSatisfying(mount -> assertThat(mount.shared()).isTrue());
    assertThat(Files.getPosixFilePermissions(paths.runDirectory()))
        .hasToString("[OWNER_READ, OWNER_WRITE, OWNER_EXECUTE, GROUP_EXECUTE, OTHERS_EXECUTE]");
    int before = mounts.below(temp).size();
    binds.prepareNode();
    assertThat(mounts.below(temp)).hasSize(before);
  }

  @Test
  void bindsThePodsVolumesOnceAndRemovesEverything() throws Exception {
    pod("pod-1");
    assertThat(binds.anyBound(UID)).isFalse();
    assertThat(binds.isBound(UID, "pod-1")).isFalse();

    binds.bind(UID, "pod-1");
    binds.bind(UID, "pod-1");

    assertThat(binds.isBound(UID, "pod-1")).isTrue();
    assertThat(binds.isBound(UID, "pod-2")).isFalse();
    assertThat(mounts.below(paths.bottleDirectory(UID))).hasSize(WITHOUT_GIT_GATE.size());

    binds.unbind(UID);
    binds.unbind(UID);
    assertThat(binds.anyBound(UID)).isFalse();
    assertThat(mounts.below(paths.bottleDirectory(UID))).isEmpty();
    assertThat(paths.bottleDirectory(UID)).doesNotExist();
  }

  @Test
  void anotherPodReplacesTheFormerOne() throws Exception {
    pod("pod-1");
    pod("pod-2");
    binds.bind(UID, "pod-1");
    binds.bind(UID, "pod-2");

    assertThat(binds.isBound(UID, "pod-2")).isTrue();
    assertThat(binds.isBound(UID, "pod-1")).isFalse();
    assertThat(mounts.below(paths.bottleDirectory(UID))).hasSize(WITHOUT_GIT_GATE.size());
  }

  @Test
  void abindThatWasInterruptedIsCompleted() throws Exception {
    pod("pod-1");
    Files.createDirectories(paths.bottleDirectory(UID).resolve("door-egress"));
    assertThat(binds.anyBound(UID)).isTrue();
    binds.bind(UID, "pod-1");
    assertThat(binds.isBound(UID, "pod-1")).isTrue();
  }

  @Test
  void aVolumeThatWasRemovedIsNotBoundAnyMore() throws Exception {
    pod("pod-1");
    binds.bind(UID, "pod-1");
    Files.delete(kubelet.emptyDir("pod-1", "gate"));
    assertThat(binds.isBound(UID, "pod-1")).isFalse();
    binds.unbind(UID);
    assertThat(binds.anyBound(UID)).isFalse();
  }

  @Test
  void aVolumeThatDoesNotExistIsAnErrorThatNamesIt() throws IOException {
    org.assertj.core.api.Assertions.assertThatThrownBy(() -> binds.bind(UID, "no-pod"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("door-egress");
  }
}
