package dev.bottle.agent.device;

import io.grpc.CallOptions;
import io.grpc.Context;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import io.k8s.kubelet.deviceplugin.v1beta1.AllocateRequest;
import io.k8s.kubelet.deviceplugin.v1beta1.AllocateResponse;
import io.k8s.kubelet.deviceplugin.v1beta1.Device;
import io.k8s.kubelet.deviceplugin.v1beta1.DevicePluginOptions;
import io.k8s.kubelet.deviceplugin.v1beta1.Empty;
import io.k8s.kubelet.deviceplugin.v1beta1.ListAndWatchResponse;
import io.k8s.kubelet.deviceplugin.v1beta1.RegisterRequest;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * What kubelet's device manager does: at its start it removes what is in the directory and binds
 * its socket; it dials who registers and watches the devices.
 */
final class FakeKubelet implements AutoCloseable {
  final List<RegisterRequest> registrations = new CopyOnWriteArrayList<>();

  /** Every list that any plugin sent, as the healths of its devices. */
  final List<List<String>> lists = new CopyOnWriteArrayList<>();

  final List<String> ends = new CopyOnWriteArrayList<>();
  volatile boolean refusing;

  private final UnixGrpc grpc = new UnixGrpc();
  private final List<ManagedChannel> channels = new CopyOnWriteArrayList<>();
  private final Path directory;
  private final Server server;

  FakeKubelet(Path directory) throws IOException {
    this.directory = directory;
    Files.createDirectories(directory);
    try (DirectoryStream<Path> left = Files.newDirectoryStream(directory)) {
      for (Path one : left) {
        Files.delete(one);
      }
    }
    server =
        grpc.server(
                directory.resolve("kubelet.sock"),
                () ->
                    ServerServiceDefinition.builder(DeviceApi.REGISTRATION)
                        .addMethod(DeviceApi.REGISTER, ServerCalls.asyncUnaryCall(this::register))
                        .build())
            .start();
  }

  private void register(RegisterRequest request, StreamObserver<Empty> answer) {
    registrations.add(request);
    if (refusing) {
      answer.onError(Status.UNKNOWN.withDescription("unsupported version").asException());
      return;
    }
    answer.onNext(Empty.getDefaultInstance());
    answer.onCompleted();
    // A call within a call ends with it, and this one outlives the registration.
    Context.ROOT.run(() -> watch(request.getEndpoint()));
  }

  private void watch(String endpoint) {
    ClientCalls.asyncServerStreamingCall(
        plugin(endpoint).newCall(DeviceApi.LIST_AND_WATCH, CallOptions.DEFAULT),
        Empty.getDefaultInstance(),
        new StreamObserver<ListAndWatchResponse>() {
          @Override
          public void onNext(ListAndWatchResponse list) {
            lists.add(list.getDevicesList().stream().map(Device::getHealth).toList());
          }

          @Override
          public void onError(Throwable end) {
            ends.add(String.valueOf(end.getMessage()));
          }

          @Override
          public void onCompleted() {
            ends.add("completed");
          }
        });
  }

  private ManagedChannel plugin(String endpoint) {
    ManagedChannel channel = grpc.channel(directory.resolve(endpoint));
    channels.add(channel);
    return channel;
  }

  AllocateResponse allocate(AllocateRequest request) {
    return ClientCalls.blockingUnaryCall(
        plugin(registrations.getLast().getEndpoint()),
        DeviceApi.ALLOCATE,
        CallOptions.DEFAULT,
        request);
  }

  DevicePluginOptions options() {
    return ClientCalls.blockingUnaryCall(
        plugin(registrations.getLast().getEndpoint()),
        DeviceApi.OPTIONS,
        CallOptions.DEFAULT,
        Empty.getDefaultInstance());
  }

  /** Ends what it watches, and keeps its socket. */
  void forget() {
    channels.forEach(ManagedChannel::shutdownNow);
  }

  /** Its socket is gone when this returns. */
  void stop() throws InterruptedException {
    forget();
    server.shutdownNow().awaitTermination();
  }

  @Override
  public void close() {
    forget();
    server.shutdownNow();
    grpc.close();
  }
}
