package dev.bottle.agent.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.grpc.Status;
import io.k8s.kubelet.deviceplugin.v1beta1.AllocateRequest;
import io.k8s.kubelet.deviceplugin.v1beta1.ContainerAllocateRequest;
import io.k8s.kubelet.deviceplugin.v1beta1.ContainerAllocateResponse;
import io.k8s.kubelet.deviceplugin.v1beta1.DevicePluginOptions;
import io.k8s.kubelet.deviceplugin.v1beta1.RegisterRequest;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DevicePluginTest {
  private static final String RESOURCE = "bottle.dev/machine-test";
  private static final String SOCKET = "bottle.dev_machine-test.sock";
  private static final List<String> WELL = List.of("Healthy", "Healthy");
  private static final List<String> ILL = List.of("Unhealthy", "Unhealthy");

  @TempDir Path base;

  private final AtomicBoolean healthy = new AtomicBoolean(true);
  private final AtomicReference<Duration> passed = new AtomicReference<>(Duration.ZERO);
  private Path directory;

  @BeforeEach
  void place() {
    directory = base.resolve("device-plugins");
  }

  private DevicePlugin started() {
    Clock clock =
        new Clock() {
          private final Clock real = Clock.systemUTC();

          @Override
          public ZoneId getZone() {
            return real.getZone();
          }

          @Override
          public Clock withZone(ZoneId zone) {
            return this;
          }

          @Override
          public Instant instant() {
            return real.instant().plus(passed.get());
          }
        };
    DevicePlugin plugin = new DevicePlugin(directory, RESOURCE, 2, healthy::get, clock);
    plugin.start();
    return plugin;
  }

  private static void awaitLists(FakeKubelet kubelet, List<List<String>> lists) {
    await().untilAsserted(() -> assertThat(kubelet.lists).isEqualTo(lists));
  }

  @Test
  void registersAndListsItsDevices() throws Exception {
    try (FakeKubelet kubelet = new FakeKubelet(directory);
        var _ = started()) {
      awaitLists(kubelet, List.of(WELL));
      assertThat(kubelet.registrations)
          .containsExactly(
              RegisterRequest.newBuilder()
                  .setVersion("v1beta1")
                  .setEndpoint(SOCKET)
                  .setResourceName(RESOURCE)
                  .build());
      assertThat(kubelet.options()).isEqualTo(DevicePluginOptions.getDefaultInstance());
    }
  }

  @Test
  void changesOfHealthReachKubeletAndNothingElseDoes() throws Exception {
    healthy.set(false);
    try (FakeKubelet kubelet = new FakeKubelet(directory);
        var _ = started()) {
      awaitLists(kubelet, List.of(ILL));
      healthy.set(true);
      awaitLists(kubelet, List.of(ILL, WELL));
      healthy.set(false);
      awaitLists(kubelet, List.of(ILL, WELL, ILL));
      assertThat(kubelet.registrations).hasSize(1);
    }
  }

  @Test
  void anAllocationGivesTheContainerNothing() throws Exception {
    try (FakeKubelet kubelet = new FakeKubelet(directory);
        var _ = started()) {
      awaitLists(kubelet, List.of(WELL));
      AllocateRequest two =
          AllocateRequest.newBuilder()
              .addContainerRequests(
                  ContainerAllocateRequest.newBuilder().addDevicesIds("machine-0"))
              .addContainerRequests(
                  ContainerAllocateRequest.newBuilder().addDevicesIds("machine-1"))
              .build();
      assertThat(kubelet.allocate(two).getContainerResponsesList())
          .containsExactly(
              ContainerAllocateResponse.getDefaultInstance(),
              ContainerAllocateResponse.getDefaultInstance());
    }
  }

  @Test
  void aKubeletThatStartsAgainIsToldAgain() throws Exception {
    try (FakeKubelet before = new FakeKubelet(directory);
        var _ = started()) {
      awaitLists(before, List.of(WELL));
      before.stop();
      try (FakeKubelet after = new FakeKubelet(directory)) {
        awaitLists(after, List.of(WELL));
        healthy.set(false);
        awaitLists(after, List.of(WELL, ILL));
        assertThat(after.registrations).hasSize(1);
      }
    }
  }

  @Test
  void aKubeletThatComesLaterIsFound() throws Exception {
    try (var _ = started();
        FakeKubelet kubelet = new FakeKubelet(directory)) {
      awaitLists(kubelet, List.of(WELL));
    }
  }

  @Test
  void aRefusalIsSaidInOneLine() {
    assertThat(
            DevicePlugin.words(
                Status.UNAVAILABLE
                    .withDescription("io exception")
                    .withCause(new IOException("Connection refused: /x/kubelet.sock"))))
        .isEqualTo("UNAVAILABLE, io exception, Connection refused: /x/kubelet.sock");
    assertThat(DevicePlugin.words(Status.CANCELLED)).isEqualTo("CANCELLED");
  }

  @Test
  void aRefusalIsTriedAgain() throws Exception {
    try (FakeKubelet kubelet = new FakeKubelet(directory)) {
      kubelet.refusing = true;
      try (var _ = started()) {
        await().untilAsserted(() -> assertThat(kubelet.registrations).isNotEmpty());
        kubelet.refusing = false;
        awaitLists(kubelet, List.of(WELL));
      }
    }
  }

  @Test
  void aKubeletThatStoppedWatchingIsToldAgain() throws Exception {
    try (FakeKubelet kubelet = new FakeKubelet(directory);
        var _ = started()) {
      awaitLists(kubelet, List.of(WELL));
      kubelet.forget();
      await().untilAsserted(() -> assertThat(kubelet.ends).hasSize(1));
      await()
          .untilAsserted(() -> {
            passed.updateAndGet(time -> time.plusSeconds(11));
            assertThat(kubelet.lists).hasSizeGreaterThan(1);
          });
    }
  }

  @Test
  void theSocketOfAKilledAgentIsReplaced() throws Exception {
    try (FakeKubelet kubelet = new FakeKubelet(directory)) {
      leave(directory.resolve(SOCKET));
      try (var _ = started()) {
        awaitLists(kubelet, List.of(WELL));
      }
    }
  }

  /** Bound and closed: the file stays, nobody listens. */
  private static void leave(Path socket) throws IOException {
    try (ServerSocketChannel dead = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      dead.bind(UnixDomainSocketAddress.of(socket));
    }
    assertThat(socket).exists();
  }

  @Test
  void anAgentThatStopsEndsKubeletsStreamAndLeavesNoSocket() throws Exception {
    try (FakeKubelet kubelet = new FakeKubelet(directory)) {
      DevicePlugin plugin = started();
      awaitLists(kubelet, List.of(WELL));
      plugin.close();
      await().untilAsserted(() -> assertThat(kubelet.ends).hasSize(1));
      assertThat(Files.exists(directory.resolve(SOCKET))).isFalse();
    }
  }
}
