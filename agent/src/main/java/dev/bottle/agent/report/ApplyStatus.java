package dev.bottle.agent.report;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.bottle.crd.api.Bottle;
import dev.bottle.crd.names.Names;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Writes by server-side apply under the agent's field manager: what the operator owns is not in the
 * request and cannot be touched.
 */
public final class ApplyStatus implements StatusWriter {
  private static final int NOT_FOUND = 404;
  private static final int CONFLICT = 409;
  private static final int INVALID = 422;

  private static final PatchContext APPLY =
      new PatchContext.Builder()
          .withPatchType(PatchType.SERVER_SIDE_APPLY)
          .withFieldManager(Names.AGENT_FIELD_MANAGER)
          .withForce(true)
          .build();

  /** By name alone the client would ask the API server for its resources before each write. */
  private static final ResourceDefinitionContext BOTTLES =
      ResourceDefinitionContext.fromResourceType(Bottle.class);

  // Absent, not null: a null would claim the field.
  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .defaultPropertyInclusion(
              JsonInclude.Value.construct(
                  JsonInclude.Include.NON_NULL, JsonInclude.Include.NON_NULL))
          .build();

  private final KubernetesClient client;

  /** Writes through that client. */
  public ApplyStatus(KubernetesClient client) {
    this.client = client;
  }

  @Override
  public void write(BottleRef bottle, AgentStatus status) throws BottleGoneException {
    try {
      client
          .genericKubernetesResources(BOTTLES)
          .inNamespace(bottle.namespace())
          .resource(patch(bottle, status))
          .subresource("status")
          .patch(APPLY);
    } catch (KubernetesClientException e) {
      if (e.getCode() == NOT_FOUND || isAnother(e)) {
        throw new BottleGoneException(bottle);
      }
      throw e;
    }
  }

  /**
   * The UID in the request is a precondition. Other conflicts are the API server's own: under
   * contention it gives up after a few attempts, and the write is worth another one.
   */
  private static boolean isAnother(KubernetesClientException e) {
    String message = String.valueOf(e.getMessage()).toLowerCase(Locale.ROOT);
    return (e.getCode() == CONFLICT || e.getCode() == INVALID)
        && (message.contains("uid in precondition")
            || message.contains("uid mismatch")
            || message.contains("metadata.uid"));
  }

  static GenericKubernetesResource patch(BottleRef bottle, AgentStatus status) {
    Map<String, Object> fields = new LinkedHashMap<>();
    if (!status.daemons().isEmpty()) {
      fields.put("bundle", Map.of("daemons", status.daemons()));
    }
    putIfPresent(fields, "machine", status.machine());
    putIfPresent(fields, "provisioned", status.provisioned());
    putIfPresent(fields, "seal", status.seal());
    putIfPresent(fields, "egress", status.egress());
    putIfPresent(fields, "git", status.git());
    putIfPresent(fields, "requests", status.requests());
    fields.put("conditions", status.conditions().owned(AgentStatus.CONDITIONS));
    GenericKubernetesResource patch = new GenericKubernetesResource();
    patch.setApiVersion("bottle.dev/v1alpha1");
    patch.setKind("Bottle");
    patch.setMetadata(
        new ObjectMetaBuilder()
            .withNamespace(bottle.namespace())
            .withName(bottle.name())
            .withUid(bottle.uid())
            .build());
    patch.setAdditionalProperty(
        "status", JSON.convertValue(fields, new TypeReference<Map<String, Object>>() {}));
    return patch;
  }

  private static void putIfPresent(
      Map<String, Object> fields, String name, @Nullable Object value) {
    if (value != null) {
      fields.put(name, value);
    }
  }
}
