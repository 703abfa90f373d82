package dev.bottle.agent.device;

import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.k8s.kubelet.deviceplugin.v1beta1.RegisterRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves the devices and keeps kubelet knowing of them. A kubelet that starts removes every socket
 * of its plugins and makes its own anew: both are looked at once a second, the pulse that the
 * devices' health needs as well, so no event can be lost.
 */
public final class DevicePlugin implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(DevicePlugin.class);
  private static final Duration PULSE = Duration.ofSeconds(1);
  private static final Duration CALL = Duration.ofSeconds(5);

  /** kubelet watches within milliseconds; one that does not any more forgot us. */
  private static final Duration UNWATCHED = Duration.ofSeconds(10);

  private final Path directory;
  private final Path socket;
  private final String resource;
  private final BooleanSupplier healthy;
  private final Clock clock;
  private final MachineDevices devices;
  private final UnixGrpc grpc = new UnixGrpc();
  private final Thread thread;

  private @Nullable Server server;
  private Optional<String> ownSocket = Optional.empty();
  private Optional<String> registeredWith = Optional.empty();
  private Instant lastWatched = Instant.MIN;
  private String lastComplaint = "";

  /**
   * Does nothing before {@link #start}.
   *
   * @param directory where kubelet has its socket and looks for ours
   * @param resource the extended resource
   * @param healthy whether the devices may be used now; cheap
   */
  public DevicePlugin(
      Path directory, String resource, int capacity, BooleanSupplier healthy, Clock clock) {
    this.directory = directory;
    this.socket = directory.resolve(resource.replace('/', '_') + ".sock");
    this.resource = resource;
    this.healthy = healthy;
    this.clock = clock;
    this.devices = new MachineDevices(capacity);
    this.thread = Thread.ofPlatform().daemon().name("device-plugin-pulse").unstarted(this::run);
    LOG.atInfo().addKeyValue("resource", resource).addKeyValue("capacity", capacity).log("devices");
  }

  /** Begins serving. */
  public void start() {
    thread.start();
  }

  /** Stops serving: kubelet sees its stream end and offers none of these devices any more. */
  @Override
  public void close() {
    thread.interrupt();
    try {
      thread.join(PULSE.plus(CALL));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    grpc.close();
  }

  private void run() {
    try {
      while (true) {
        pulse();
        Thread.sleep(PULSE);
      }
    } catch (InterruptedException closed) {
      stopServing();
      Thread.currentThread().interrupt();
    }
  }

  private void pulse() throws InterruptedException {
    try {
      devices.offer(healthy.getAsBoolean());
      if (!Files.isDirectory(directory)) {
        complain("kubelet has no directory for device plugins here: " + directory);
        return;
      }
      if (server == null || !identity(socket).equals(ownSocket)) {
        serve();
      }
      keepRegistered();
    } catch (IOException | RuntimeException e) {
      if (!Thread.currentThread().isInterrupted()) {
        complain("the devices are not offered: " + e.getMessage());
      }
    }
  }

  private void serve() throws IOException, InterruptedException {
    stopServing();
    registeredWith = Optional.empty();
    Files.deleteIfExists(socket); // of an agent that was killed
    server = grpc.server(socket, devices).start();
    ownSocket = identity(socket);
  }

  private void keepRegistered() throws IOException {
    Instant now = clock.instant();
    if (devices.isWatched()) {
      lastWatched = now;
    }
    Path kubelet = directory.resolve("kubelet.sock");
    Optional<String> current = identity(kubelet);
    boolean forgotten = Duration.between(lastWatched, now).compareTo(UNWATCHED) > 0;
    if (current.isEmpty() || (current.equals(registeredWith) && !forgotten)) {
      return;
    }
    register(kubelet);
    registeredWith = current;
    lastWatched = now;
    lastComplaint = "";
    LOG.atInfo().addKeyValue("resource", resource).log("registered with kubelet");
  }

  private void register(Path kubelet) throws IOException {
    ManagedChannel channel = grpc.channel(kubelet);
    try {
      var _ =
          ClientCalls.blockingUnaryCall(
              channel,
              DeviceApi.REGISTER,
              CallOptions.DEFAULT.withDeadlineAfter(CALL.toMillis(), TimeUnit.MILLISECONDS),
              RegisterRequest.newBuilder()
                  .setVersion(DeviceApi.VERSION)
                  .setEndpoint(String.valueOf(socket.getFileName()))
                  .setResourceName(resource)
                  .build());
    } catch (StatusRuntimeException e) {
      throw new IOException("kubelet does not register them: " + words(e.getStatus()), e);
    } finally {
      channel.shutdownNow();
    }
  }

  /** One line; a status' own text has the whole stack of its cause. */
  static String words(Status status) {
    return Stream.of(
            status.getCode().toString(),
            status.getDescription(),
            status.getCause() == null ? null : status.getCause().getMessage())
        .filter(Objects::nonNull)
        .collect(Collectors.joining(", "));
  }

  private void stopServing() {
    if (server != null) {
      server.shutdownNow();
      try {
        server.awaitTermination(CALL.toMillis(), TimeUnit.MILLISECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      server = null;
    }
  }

  /** Once for each new thing that goes wrong: the pulse goes on for as long as it does. */
  private void complain(String complaint) {
    if (!complaint.equals(lastComplaint)) {
      lastComplaint = complaint;
      LOG.atWarn().addKeyValue("resource", resource).log(complaint);
    }
  }

  /** Tells a socket from a later one at the same path; inode numbers alone are used again. */
  private static Optional<String> identity(Path path) {
    try {
      BasicFileAttributes file =
          Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
      return Optional.of(file.fileKey() + " " + file.lastModifiedTime());
    } catch (IOException missing) {
      return Optional.empty();
    }
  }
}
