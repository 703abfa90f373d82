package dev.bottle.operator.render;

import dev.bottle.crd.api.Bottle;
import dev.bottle.crd.api.GrantStatus;
import dev.bottle.crd.names.Names;
import dev.bottle.crd.policy.Policy;
import dev.bottle.operator.admin.AdminConfig;
import dev.bottle.operator.cluster.ClusterFacts;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodSpec;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** From a Bottle to its objects. The same input gives the same bytes. */
public final class Renderer {
  private final BundleImage image;

  public Renderer(BundleImage image) {
    this.image = image;
  }

  /**
   * Renders everything that a running Bottle needs.
   *
   * @param grants those that are active; of the policy only, so that they change no Pod
   */
  public Rendered render(
      Bottle bottle, AdminConfig admin, ClusterFacts cluster, List<GrantStatus> grants) {
    String name = bottle.getMetadata().getName();
    byte[] policy = PolicyRenderer.render(bottle, admin, cluster, grants);
    SortedMap<String, String> guest = GuestRenderer.render(bottle);
    Pipelock pipelock = PipelockRenderer.render(bottle, admin);
    PodSpec podSpec = PodRenderer.render(bottle, image, pipelock);
    String policyHash = Policy.hash(policy);
    String guestHash = GuestRenderer.hash(guest);
    String shapeHash = ShapeHash.of(podSpec, pipelock);
    return new Rendered(
        configMap(bottle, Names.policyConfigMap(name), policyData(policy, pipelock)),
        configMap(bottle, Names.guestConfigMap(name), guest),
        NetworkPolicyRenderer.render(bottle, admin, cluster),
        pod(bottle, podSpec, policyHash, guestHash, shapeHash),
        policyHash,
        guestHash,
        shapeHash,
        TokenSlots.of(bottle),
        TokenSlots.ofGit(bottle),
        Supervision.isOn(bottle),
        pipelock != null);
  }

  /** A key for each reader: a volume shows pipelock its own only. */
  private static Map<String, String> policyData(byte[] policy, @Nullable Pipelock pipelock) {
    Map<String, String> data = new TreeMap<>();
    data.put("policy.json", new String(policy, StandardCharsets.UTF_8));
    if (pipelock != null) {
      data.put(Pipelock.DOCUMENT, pipelock.document());
      if (!pipelock.roots().isEmpty()) {
        data.put(Pipelock.ROOTS, pipelock.roots());
      }
    }
    return data;
  }

  private static Pod pod(
      Bottle bottle, PodSpec spec, String policyHash, String guestHash, String shapeHash) {
    return new PodBuilder()
        .withMetadata(Identity.metadata(bottle, Names.pod(bottle.getMetadata().getName())))
        .editMetadata()
        .addToAnnotations(Names.POLICY_HASH_ANNOTATION, policyHash)
        .addToAnnotations(Names.GUEST_HASH_ANNOTATION, guestHash)
        .addToAnnotations(Names.SHAPE_HASH_ANNOTATION, shapeHash)
        .addToAnnotations("kubectl.kubernetes.io/default-container", "gate")
        .endMetadata()
        .withSpec(spec)
        .build();
  }

  private static ConfigMap configMap(Bottle bottle, String name, Map<String, String> data) {
    return new ConfigMapBuilder()
        .withMetadata(Identity.metadata(bottle, name))
        .withData(data)
        .build();
  }
}
