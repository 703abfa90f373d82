package dev.bottle.operator.render;

import dev.bottle.crd.api.AgentSpec;
import dev.bottle.crd.api.Bottle;
import dev.bottle.crd.api.KeyReference;
import dev.bottle.crd.api.PromptSource;
import dev.bottle.crd.api.SkillSource;
import dev.bottle.crd.names.Names;
import dev.bottle.crd.policy.TokenSlot;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.KeyToPath;
import io.fabric8.kubernetes.api.model.KeyToPathBuilder;
import io.fabric8.kubernetes.api.model.LocalObjectReference;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeBuilder;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.api.model.VolumeMountBuilder;
import io.fabric8.kubernetes.api.model.VolumeProjection;
import io.fabric8.kubernetes.api.model.VolumeProjectionBuilder;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The volumes of docs/contracts.md and who mounts them. */
final class PodVolumes {
  private static final String HOME = "/run/bottle/";

  /** Where egress reads its tokens: one file for each slot, named like it. */
  static final String TOKENS = HOME + "tokens";

  /** Where git-gate reads identities and tokens, likewise. */
  static final String GIT_CREDENTIALS = HOME + "git-credentials";

  /** What pipelock reads when it starts. */
  static final String PIPELOCK_DOCUMENT = HOME + "pipelock-config/" + Pipelock.DOCUMENT;

  private static final String PIPELOCK_ROOTS = HOME + "pipelock-config/roots";

  /**
   * Only root reads: the node agent. The gate container mounts them so that kubelet sets them up.
   */
  private static final int ROOT_ONLY = 0400;

  private static final int WORLD_READABLE = 0444;

  private PodVolumes() {}

  static List<Volume> volumes(Bottle bottle, @Nullable Pipelock pipelock) {
    AgentSpec agent = bottle.getSpec().agent();
    List<Volume> volumes = new ArrayList<>();
    volumes.add(
        new VolumeBuilder()
            .withName("policy")
            .withNewConfigMap()
            .withName(Names.policyConfigMap(bottle.getMetadata().getName()))
            .withDefaultMode(WORLD_READABLE)
            .endConfigMap()
            .build());
    List<TokenSlot> slots = TokenSlots.of(bottle);
    if (!slots.isEmpty()) {
      volumes.add(credentials("tokens", slots));
    }
    List<TokenSlot> gitSlots = TokenSlots.ofGit(bottle);
    if (!gitSlots.isEmpty()) {
      volumes.add(credentials("git-credentials", gitSlots));
      volumes.add(memory("git-private", "64Mi"));
      volumes.add(disk("git-repositories", "10Gi"));
      volumes.add(disk("door-git-gate"));
      volumes.add(disk("control-git-gate"));
    }
    if (Supervision.isOn(bottle)) {
      volumes.add(disk("supervise-queue"));
      volumes.add(disk("door-supervise"));
      volumes.add(disk("control-supervise"));
    }
    volumes.add(memory("egress-ca", "1Mi"));
    if (pipelock != null) {
      volumes.add(pipelockConfig(bottle, pipelock));
      volumes.add(memory("pipelock-ca", "1Mi"));
      volumes.add(disk("pipelock-trust"));
    }
    volumes.add(disk("trust"));
    volumes.add(disk("door-egress"));
    volumes.add(disk("control-egress"));
    volumes.add(guest(bottle, agent));
    for (SkillSource skill : GuestRenderer.skills(agent)) {
      volumes.add(
          new VolumeBuilder()
              .withName("skill-" + skill.name())
              .withNewConfigMap()
              .withName(skill.configMapRef().name())
              .withOptional(true)
              .withDefaultMode(ROOT_ONLY)
              .endConfigMap()
              .build());
    }
    List<LocalObjectReference> pullSecrets = pullSecrets(bottle);
    for (int index = 0; index < pullSecrets.size(); index++) {
      volumes.add(
          new VolumeBuilder()
              .withName("pull-" + index)
              .withNewSecret()
              .withSecretName(pullSecrets.get(index).getName())
              .withOptional(true)
              .withDefaultMode(ROOT_ONLY)
              .withItems(item(".dockerconfigjson", ".dockerconfigjson"))
              .endSecret()
              .build());
    }
    volumes.add(disk("gate"));
    volumes.add(memory("tmp", "64Mi"));
    return volumes;
  }

  static List<VolumeMount> tlsInitMounts() {
    return List.of(
        mount("egress-ca", HOME + "egress-ca", false),
        mount("trust", HOME + "trust", false),
        mount("tmp", "/tmp", false));
  }

  static List<VolumeMount> pipelockTlsInitMounts() {
    return List.of(
        mount("pipelock-ca", HOME + "pipelock", false),
        mount("pipelock-trust", HOME + "pipelock-trust", false),
        mount("tmp", "/tmp", false));
  }

  /** Neither policy nor tokens, and nothing that it could write to. */
  static List<VolumeMount> pipelockMounts() {
    return List.of(
        mount("pipelock-config", HOME + "pipelock-config", true),
        mount("pipelock-ca", HOME + "pipelock", true));
  }

  /**
   * Pipelock takes long values of its environment for secrets, and refuses requests that hold them:
   * the Pod's name is none. Go reads the certificates of SSL_CERT_DIR beside those of the image's
   * one file.
   */
  static List<EnvVar> pipelockEnvironment(Pipelock pipelock) {
    List<EnvVar> environment = new ArrayList<>();
    environment.add(new EnvVar("HOSTNAME", "pipelock", null));
    if (!pipelock.roots().isEmpty()) {
      environment.add(new EnvVar("SSL_CERT_DIR", PIPELOCK_ROOTS, null));
    }
    return environment;
  }

  /** Identities are here and nowhere else; tokens of egress are not. */
  static List<VolumeMount> gitGateMounts() {
    return List.of(
        mount("policy", HOME + "policy", true),
        mount("git-credentials", GIT_CREDENTIALS, true),
        mount("git-private", HOME + "git-private", false),
        mount("git-repositories", HOME + "git-repositories", false),
        mount("door-git-gate", HOME + "door-git-gate", false),
        mount("control-git-gate", HOME + "control-git-gate", false),
        mount("tmp", "/tmp", false));
  }

  /** The policy it only tells of. */
  static List<VolumeMount> superviseMounts() {
    return List.of(
        mount("policy", HOME + "policy", true),
        mount("supervise-queue", HOME + "supervise-queue", false),
        mount("door-supervise", HOME + "door-supervise", false),
        mount("control-supervise", HOME + "control-supervise", false),
        mount("tmp", "/tmp", false));
  }

  /** Tokens are here and nowhere else. */
  static List<VolumeMount> egressMounts(Bottle bottle, @Nullable Pipelock pipelock) {
    List<VolumeMount> mounts = new ArrayList<>();
    mounts.add(mount("policy", HOME + "policy", true));
    if (!TokenSlots.of(bottle).isEmpty()) {
      mounts.add(mount("tokens", TOKENS, true));
    }
    mounts.add(mount("egress-ca", HOME + "egress-ca", true));
    if (pipelock != null) {
      mounts.add(mount("pipelock-trust", HOME + "pipelock-trust", true));
    }
    mounts.add(mount("door-egress", HOME + "door-egress", false));
    mounts.add(mount("control-egress", HOME + "control-egress", false));
    mounts.add(mount("tmp", "/tmp", false));
    return mounts;
  }

  /** Everything that the node agent reads: kubelet sets up only what some container mounts. */
  static List<VolumeMount> gateMounts(Bottle bottle) {
    List<VolumeMount> mounts = new ArrayList<>();
    mounts.add(mount("trust", HOME + "trust", true));
    mounts.add(mount("door-egress", HOME + "door-egress", true));
    mounts.add(mount("control-egress", HOME + "control-egress", true));
    mounts.add(mount("guest", HOME + "guest", true));
    for (SkillSource skill : GuestRenderer.skills(bottle.getSpec().agent())) {
      mounts.add(mount("skill-" + skill.name(), HOME + "skills/" + skill.name(), true));
    }
    for (int index = 0; index < pullSecrets(bottle).size(); index++) {
      mounts.add(mount("pull-" + index, HOME + "pull/" + index, true));
    }
    mounts.add(mount("gate", HOME + "gate", true));
    return mounts;
  }

  static List<LocalObjectReference> pullSecrets(Bottle bottle) {
    List<LocalObjectReference> references = bottle.getSpec().imagePullSecrets();
    return references == null ? List.of() : references;
  }

  /** The whole ConfigMap, so that adding an inline prompt does not change the Pod's shape. */
  private static Volume guest(Bottle bottle, @Nullable AgentSpec agent) {
    List<VolumeProjection> sources = new ArrayList<>();
    sources.add(
        new VolumeProjectionBuilder()
            .withNewConfigMap()
            .withName(Names.guestConfigMap(bottle.getMetadata().getName()))
            .endConfigMap()
            .build());
    PromptSource prompt = agent == null ? null : agent.prompt();
    if (prompt != null && prompt.text() == null) {
      KeyReference configMap = prompt.configMapKeyRef();
      KeyReference secret = prompt.secretKeyRef();
      if (configMap != null) {
        sources.add(
            new VolumeProjectionBuilder()
                .withNewConfigMap()
                .withName(configMap.name())
                .withItems(promptItem(configMap))
                .withOptional(true)
                .endConfigMap()
                .build());
      } else if (secret != null) {
        sources.add(
            new VolumeProjectionBuilder()
                .withNewSecret()
                .withName(secret.name())
                .withItems(promptItem(secret))
                .withOptional(true)
                .endSecret()
                .build());
      }
    }
    return new VolumeBuilder()
        .withName("guest")
        .withNewProjected()
        .withDefaultMode(ROOT_ONLY)
        .withSources(sources)
        .endProjected()
        .build();
  }

  /**
   * A Secret or key that does not exist is an absent file and not a Pod that cannot start. The mode
   * is the daemon's need: without fsGroup the files are root's, and only it mounts them.
   */
  private static Volume credentials(String name, List<TokenSlot> slots) {
    List<VolumeProjection> sources = new ArrayList<>();
    for (TokenSlot slot : slots) {
      sources.add(
          new VolumeProjectionBuilder()
              .withNewSecret()
              .withName(slot.secret())
              .withItems(item(slot.key(), slot.name()))
              .withOptional(true)
              .endSecret()
              .build());
    }
    return new VolumeBuilder()
        .withName(name)
        .withNewProjected()
        .withDefaultMode(WORLD_READABLE)
        .withSources(sources)
        .endProjected()
        .build();
  }

  /** Its own keys of the policy's ConfigMap, and no others. */
  private static Volume pipelockConfig(Bottle bottle, Pipelock pipelock) {
    List<KeyToPath> items = new ArrayList<>();
    items.add(item(Pipelock.DOCUMENT, Pipelock.DOCUMENT));
    if (!pipelock.roots().isEmpty()) {
      items.add(item(Pipelock.ROOTS, "roots/" + Pipelock.ROOTS));
    }
    return new VolumeBuilder()
        .withName("pipelock-config")
        .withNewConfigMap()
        .withName(Names.policyConfigMap(bottle.getMetadata().getName()))
        .withDefaultMode(WORLD_READABLE)
        .withItems(items)
        .endConfigMap()
        .build();
  }

  private static KeyToPath promptItem(KeyReference reference) {
    return item(reference.key(), GuestRenderer.PROMPT_FILE);
  }

  private static KeyToPath item(String key, String path) {
    return new KeyToPathBuilder().withKey(key).withPath(path).build();
  }

  private static Volume memory(String name, String limit) {
    return new VolumeBuilder()
        .withName(name)
        .withNewEmptyDir()
        .withMedium("Memory")
        .withSizeLimit(new Quantity(limit))
        .endEmptyDir()
        .build();
  }

  private static Volume disk(String name) {
    return disk(name, "16Mi");
  }

  private static Volume disk(String name, String limit) {
    return new VolumeBuilder()
        .withName(name)
        .withNewEmptyDir()
        .withSizeLimit(new Quantity(limit))
        .endEmptyDir()
        .build();
  }

  private static VolumeMount mount(String volume, String path, boolean readOnly) {
    return new VolumeMountBuilder()
        .withName(volume)
        .withMountPath(path)
        .withReadOnly(readOnly ? true : null)
        .build();
  }
}
