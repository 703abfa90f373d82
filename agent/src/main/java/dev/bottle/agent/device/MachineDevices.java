package dev.bottle.agent.device;

import io.grpc.BindableService;
import io.grpc.ServerServiceDefinition;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import io.k8s.kubelet.deviceplugin.v1beta1.AllocateRequest;
import io.k8s.kubelet.deviceplugin.v1beta1.AllocateResponse;
import io.k8s.kubelet.deviceplugin.v1beta1.ContainerAllocateResponse;
import io.k8s.kubelet.deviceplugin.v1beta1.Device;
import io.k8s.kubelet.deviceplugin.v1beta1.DevicePluginOptions;
import io.k8s.kubelet.deviceplugin.v1beta1.Empty;
import io.k8s.kubelet.deviceplugin.v1beta1.ListAndWatchResponse;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * The plugin's side of the API: a number of devices, all healthy or all not. They stand for nothing
 * that a container could be given, so an allocation is empty.
 */
final class MachineDevices implements BindableService {
  private final int capacity;
  private final Set<ServerCallStreamObserver<ListAndWatchResponse>> watchers =
      new LinkedHashSet<>();
  private boolean healthy;

  /** Unhealthy until {@link #offer} says otherwise. */
  MachineDevices(int capacity) {
    this.capacity = capacity;
  }

  @Override
  public ServerServiceDefinition bindService() {
    return ServerServiceDefinition.builder(DeviceApi.PLUGIN)
        .addMethod(DeviceApi.OPTIONS, ServerCalls.asyncUnaryCall(this::options))
        .addMethod(DeviceApi.LIST_AND_WATCH, ServerCalls.asyncServerStreamingCall(this::watch))
        .addMethod(DeviceApi.ALLOCATE, ServerCalls.asyncUnaryCall(this::allocate))
        .build();
  }

  /** Tells every watcher when this is another verdict than before. */
  synchronized void offer(boolean nowHealthy) {
    if (healthy == nowHealthy) {
      return;
    }
    healthy = nowHealthy;
    ListAndWatchResponse devices = devices();
    watchers.removeIf(ServerCallStreamObserver::isCancelled);
    watchers.forEach(watcher -> watcher.onNext(devices));
  }

  /** Whether kubelet watches. */
  synchronized boolean isWatched() {
    watchers.removeIf(ServerCallStreamObserver::isCancelled);
    return !watchers.isEmpty();
  }

  private void options(Empty request, StreamObserver<DevicePluginOptions> answer) {
    answer.onNext(DevicePluginOptions.getDefaultInstance());
    answer.onCompleted();
  }

  private synchronized void watch(Empty request, StreamObserver<ListAndWatchResponse> answer) {
    var watcher = (ServerCallStreamObserver<ListAndWatchResponse>) answer;
    watcher.setOnCancelHandler(() -> {}); // else a message to a watcher that just left would throw
    watchers.add(watcher);
    watcher.onNext(devices());
  }

  private void allocate(AllocateRequest request, StreamObserver<AllocateResponse> answer) {
    AllocateResponse.Builder response = AllocateResponse.newBuilder();
    request
        .getContainerRequestsList()
        .forEach(container ->
            response.addContainerResponses(ContainerAllocateResponse.getDefaultInstance()));
    answer.onNext(response.build());
    answer.onCompleted();
  }

  private ListAndWatchResponse devices() {
    ListAndWatchResponse.Builder list = ListAndWatchResponse.newBuilder();
    for (int i = 0; i < capacity; i++) {
      list.addDevices(
          Device.newBuilder()
              .setID("machine-" + i)
              .setHealth(healthy ? "Healthy" : "Unhealthy")
              .build());
    }
    return list.build();
  }
}
