package dev.bottle.agent.device;

import com.google.protobuf.Message;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.protobuf.ProtoUtils;
import io.k8s.kubelet.deviceplugin.v1beta1.AllocateRequest;
import io.k8s.kubelet.deviceplugin.v1beta1.AllocateResponse;
import io.k8s.kubelet.deviceplugin.v1beta1.DevicePluginOptions;
import io.k8s.kubelet.deviceplugin.v1beta1.Empty;
import io.k8s.kubelet.deviceplugin.v1beta1.ListAndWatchResponse;
import io.k8s.kubelet.deviceplugin.v1beta1.RegisterRequest;

/**
 * The methods of kubelet's device plugin API that both sides use; the messages are generated from
 * its api.proto, these few lines are not (docs/adr/0051).
 */
final class DeviceApi {
  static final String VERSION = "v1beta1";
  static final String REGISTRATION = VERSION + ".Registration";
  static final String PLUGIN = VERSION + ".DevicePlugin";

  static final MethodDescriptor<RegisterRequest, Empty> REGISTER =
      method(
          REGISTRATION,
          "Register",
          MethodType.UNARY,
          RegisterRequest.getDefaultInstance(),
          Empty.getDefaultInstance());

  static final MethodDescriptor<Empty, DevicePluginOptions> OPTIONS =
      method(
          PLUGIN,
          "GetDevicePluginOptions",
          MethodType.UNARY,
          Empty.getDefaultInstance(),
          DevicePluginOptions.getDefaultInstance());

  static final MethodDescriptor<Empty, ListAndWatchResponse> LIST_AND_WATCH =
      method(
          PLUGIN,
          "ListAndWatch",
          MethodType.SERVER_STREAMING,
          Empty.getDefaultInstance(),
          ListAndWatchResponse.getDefaultInstance());

  static final MethodDescriptor<AllocateRequest, AllocateResponse> ALLOCATE =
      method(
          PLUGIN,
          "Allocate",
          MethodType.UNARY,
          AllocateRequest.getDefaultInstance(),
          AllocateResponse.getDefaultInstance());

  private DeviceApi() {}

  private static <Q extends Message, A extends Message> MethodDescriptor<Q, A> method(
      String service, String name, MethodType type, Q request, A answer) {
    return MethodDescriptor.<Q, A>newBuilder()
        .setType(type)
        .setFullMethodName(MethodDescriptor.generateFullMethodName(service, name))
        .setRequestMarshaller(ProtoUtils.marshaller(request))
        .setResponseMarshaller(ProtoUtils.marshaller(answer))
        .build();
  }
}
