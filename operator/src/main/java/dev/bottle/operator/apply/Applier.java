package dev.bottle.operator.apply;

import dev.bottle.crd.api.Bottle;
import dev.bottle.crd.names.Names;
import dev.bottle.operator.decide.Plan;
import dev.bottle.operator.decide.PodStep;
import dev.bottle.operator.observe.Observation;
import dev.bottle.operator.render.Identity;
import dev.bottle.operator.status.Outcome;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.DeleteOptions;
import io.fabric8.kubernetes.api.model.DeleteOptionsBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Carries out a plan on the objects of a Bottle. Nothing that is not ours is ever written: what the
 * cache does not hold is looked up first, a Pod is created and never overwritten, and every later
 * write names the UID that it means.
 */
public final class Applier {
  private static final int CONFLICT = 409;
  private static final int NOT_FOUND = 404;
  private static final int TOO_MANY_REQUESTS = 429;

  private static final PatchContext APPLY =
      new PatchContext.Builder()
          .withPatchType(PatchType.SERVER_SIDE_APPLY)
          .withFieldManager(Names.OPERATOR_FIELD_MANAGER)
          .withForce(true)
          .build();

  private final KubernetesClient client;

  public Applier(KubernetesClient client) {
    this.client = client;
  }

  /**
   * Applies the objects in their order, then takes the Pod's step.
   *
   * @return what a person has to see
   * @throws KubernetesClientException when trying again may help without anybody's doing
   */
  public Outcome converge(Observation observation, Plan.Converge plan) {
    for (HasMetadata desired : plan.apply()) {
      Optional<Outcome> hindrance = guarded(desired, () -> apply(observation, desired));
      if (hindrance.isPresent()) {
        return hindrance.get();
      }
    }
    return pod(observation.bottle(), plan.pod());
  }

  /** Takes the Pod's step alone. */
  public Outcome pod(Bottle bottle, PodStep step) {
    return switch (step) {
      case PodStep.Create(Pod pod) ->
          guarded(pod, () -> create(bottle, pod)).orElse(new Outcome.Done());
      case PodStep.Annotate annotate ->
          guarded(annotate.pod(), () -> annotate(bottle, annotate.pod(), annotate.annotations()))
              .orElse(new Outcome.Done());
      case PodStep.Delete delete ->
          guarded(delete.pod(), () -> delete(delete)).orElse(new Outcome.Done());
      case PodStep.Keep keep -> new Outcome.Done();
      case PodStep.AwaitGone await -> new Outcome.Done();
      case PodStep.Hold hold -> new Outcome.Done();
    };
  }

  private Optional<Outcome> apply(Observation observation, HasMetadata desired) {
    Optional<HasMetadata> found = cached(observation, desired);
    if (found.isEmpty()) {
      found = Optional.ofNullable(client.resource(desired).get());
    }
    if (found.isPresent() && !Identity.owns(observation.bottle(), found.get())) {
      return Optional.of(taken(desired));
    }
    client.resource(found.map(object -> meaning(desired, object)).orElse(desired)).patch(APPLY);
    return Optional.empty();
  }

  /** With the UID of what was found: the API server refuses when it is another object by now. */
  private static HasMetadata meaning(HasMetadata desired, HasMetadata found) {
    ObjectMeta metadata =
        new ObjectMetaBuilder(desired.getMetadata()).withUid(found.getMetadata().getUid()).build();
    return switch (desired) {
      case ConfigMap map -> new ConfigMapBuilder(map).withMetadata(metadata).build();
      case NetworkPolicy policy -> new NetworkPolicyBuilder(policy).withMetadata(metadata).build();
      case HasMetadata other -> throw new IllegalArgumentException(other.getKind());
    };
  }

  private static Optional<HasMetadata> cached(Observation observation, HasMetadata desired) {
    return Stream.of(
            Optional.<HasMetadata>ofNullable(observation.policy()),
            Optional.<HasMetadata>ofNullable(observation.guest()),
            Optional.<HasMetadata>ofNullable(observation.networkPolicy()))
        .flatMap(Optional::stream)
        .filter(found -> found.getKind().equals(desired.getKind()))
        .filter(found -> found.getMetadata().getName().equals(desired.getMetadata().getName()))
        .findFirst();
  }

  private Optional<Outcome> create(Bottle bottle, Pod pod) {
    try {
      // By POST, which alone is atomic: it makes the Pod or says that one exists.
      client.raw(
          "/api/v1/namespaces/"
              + pod.getMetadata().getNamespace()
              + "/pods?fieldManager="
              + Names.OPERATOR_FIELD_MANAGER,
          "POST",
          pod);
      return Optional.empty();
    } catch (KubernetesClientException e) {
      if (e.getCode() != CONFLICT) {
        throw e;
      }
      Pod found = client.resource(pod).get();
      if (found == null) {
        throw e;
      }
      if (!Identity.owns(bottle, found)) {
        return Optional.of(taken(pod));
      }
      // Ours: the cache lags behind our own creation, or somebody took the labels it is found by.
      if (!Identity.isLabelled(bottle, found)) {
        annotate(bottle, found, hashes(found));
      }
      return Optional.empty();
    }
  }

  /**
   * Only labels and annotations are applied: admission may have changed the spec, and may not be
   * undone. Always both, since what one apply of a manager leaves out, the API server takes away.
   */
  private Optional<Outcome> annotate(Bottle bottle, Pod pod, Map<String, String> annotations) {
    client
        .resource(
            new PodBuilder()
                .withNewMetadata()
                .withNamespace(pod.getMetadata().getNamespace())
                .withName(pod.getMetadata().getName())
                .withUid(pod.getMetadata().getUid())
                .withLabels(Identity.labels(bottle))
                .withAnnotations(annotations)
                .endMetadata()
                .build())
        .patch(APPLY);
    return Optional.empty();
  }

  /** The hashes that this Pod has now. */
  private static Map<String, String> hashes(Pod pod) {
    Map<String, String> hashes = new TreeMap<>(pod.getMetadata().getAnnotations());
    hashes.keySet().retainAll(List.of(Names.POLICY_HASH_ANNOTATION, Names.GUEST_HASH_ANNOTATION));
    return hashes;
  }

  private Optional<Outcome> delete(PodStep.Delete step) {
    DeleteOptions options =
        new DeleteOptionsBuilder()
            .withNewPreconditions()
            .withUid(step.pod().getMetadata().getUid())
            .endPreconditions()
            .build();
    if (step.force()) {
      options.setGracePeriodSeconds(0L);
    }
    try {
      client.raw(
          "/api/v1/namespaces/"
              + step.pod().getMetadata().getNamespace()
              + "/pods/"
              + step.pod().getMetadata().getName(),
          "DELETE",
          options);
    } catch (KubernetesClientException e) {
      // Gone already. A conflict says that it is another Pod by now: decided anew from a newer
      // cache.
      if (e.getCode() != NOT_FOUND) {
        throw e;
      }
    }
    return Optional.empty();
  }

  private interface Effect {
    Optional<Outcome> run();
  }

  /** A refusal that stays one until somebody acts is an outcome; everything else is tried again. */
  private static Optional<Outcome> guarded(HasMetadata object, Effect effect) {
    try {
      return effect.run();
    } catch (KubernetesClientException e) {
      int code = e.getCode();
      boolean refused = code >= 400 && code < 500 && code != CONFLICT && code != TOO_MANY_REQUESTS;
      if (!refused) {
        throw e;
      }
      String message = e.getStatus() == null ? e.getMessage() : e.getStatus().getMessage();
      return Optional.of(
          new Outcome.Refused(
              object.getKind() + " " + object.getMetadata().getName() + ": " + message));
    }
  }

  private static Outcome taken(HasMetadata object) {
    return new Outcome.Taken(
        object.getKind()
            + " "
            + object.getMetadata().getName()
            + " exists and does not belong to this Bottle: delete or rename it");
  }
}
