package dev.bottle.operator;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;

/** The API client as the operator needs it. */
public final class OperatorClient {
  /** The reconciler's own backoff takes over: a thread that waits serves no other Bottle. */
  private static final int HTTP_RETRIES = 3;

  private OperatorClient() {}

  /**
   * A client that leaves out nulls: in a server-side apply a null field is one that we claim, and
   * the agent's fields of a status are null in what we send.
   */
  public static KubernetesClient create(Config config) {
    return new KubernetesClientBuilder()
        .withConfig(new ConfigBuilder(config).withRequestRetryBackoffLimit(HTTP_RETRIES).build())
        .withKubernetesSerialization(serialization())
        .build();
  }

  /** Serialization without nulls. */
  public static KubernetesSerialization serialization() {
    return new KubernetesSerialization(
        new ObjectMapper().setDefaultPropertyInclusion(JsonInclude.Include.NON_NULL), true);
  }
}
