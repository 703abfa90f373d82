package dev.bottle.operator.observe;

import dev.bottle.crd.api.Bottle;
import dev.bottle.crd.api.BottleApproval;
import dev.bottle.crd.names.Names;
import dev.bottle.operator.cluster.ClusterFacts;
import dev.bottle.operator.lease.AgentState;
import dev.bottle.operator.render.Identity;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.javaoperatorsdk.operator.api.config.informer.InformerEventSourceConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import io.javaoperatorsdk.operator.processing.event.source.informer.InformerEventSource;
import io.javaoperatorsdk.operator.processing.event.source.informer.Mappers;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The caches of what belongs to Bottles, found by our labels, and the observations made of them.
 */
public final class BundleInformers {
  private final InformerEventSource<Pod, Bottle> pods;
  private final InformerEventSource<ConfigMap, Bottle> configMaps;
  private final InformerEventSource<NetworkPolicy, Bottle> networkPolicies;
  private final InformerEventSource<BottleApproval, Bottle> approvals;

  /** Not started; the controller starts {@link #sources()}. */
  public BundleInformers(EventSourceContext<Bottle> context) {
    pods = informer(Pod.class, context);
    configMaps = informer(ConfigMap.class, context);
    networkPolicies = informer(NetworkPolicy.class, context);
    approvals = approvals(context);
  }

  /** For the controller to start. */
  public List<EventSource<?, Bottle>> sources() {
    return List.of(pods, configMaps, networkPolicies, approvals);
  }

  /** Everything known about this Bottle now. Reads caches only. */
  public Observation observe(
      Bottle bottle, ClusterFacts cluster, Map<String, AgentState> agents, Instant now) {
    String name = bottle.getMetadata().getName();
    String namespace = bottle.getMetadata().getNamespace();
    return new Observation(
        bottle,
        find(pods, Names.pod(name), namespace),
        find(configMaps, Names.policyConfigMap(name), namespace),
        find(configMaps, Names.guestConfigMap(name), namespace),
        find(networkPolicies, Names.pod(name), namespace),
        approvals.getSecondaryResources(bottle).stream()
            .sorted(Comparator.comparing(approval -> approval.getMetadata().getName()))
            .toList(),
        cluster,
        agents,
        now);
  }

  private static <R extends HasMetadata> @Nullable R find(
      InformerEventSource<R, Bottle> informer, String name, String namespace) {
    return informer.get(new ResourceID(name, namespace)).orElse(null);
  }

  /** By label and not by owner: an object of a former Bottle of this name is news too. */
  private static <R extends HasMetadata> InformerEventSource<R, Bottle> informer(
      Class<R> type, EventSourceContext<Bottle> context) {
    return new InformerEventSource<>(
        InformerEventSourceConfiguration.from(type, Bottle.class)
            .withLabelSelector(Identity.MANAGED_SELECTOR)
            .withSecondaryToPrimaryMapper(BundleInformers::bottle)
            .build(),
        context);
  }

  /** By owner: people may edit these objects, and a grant must not outlive a label. */
  private static InformerEventSource<BottleApproval, Bottle> approvals(
      EventSourceContext<Bottle> context) {
    return new InformerEventSource<>(
        InformerEventSourceConfiguration.from(BottleApproval.class, Bottle.class)
            .withSecondaryToPrimaryMapper(Mappers.fromOwnerReferences(Bottle.class))
            .build(),
        context);
  }

  private static Set<ResourceID> bottle(HasMetadata object) {
    Map<String, String> labels = object.getMetadata().getLabels();
    String name = labels == null ? null : labels.get(Names.BOTTLE_LABEL);
    return name == null
        ? Set.of()
        : Set.of(new ResourceID(name, object.getMetadata().getNamespace()));
  }
}
