package dev.bottle.system.emulated;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bottle.crd.api.Bottle;
import dev.bottle.crd.api.BottleStatus;
import dev.bottle.crd.api.ProbeResult;
import dev.bottle.crd.names.Names;
import dev.bottle.system.endtoend.LocalCluster;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.Pod;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * A Bottle whose machine is a real microVM: smolvm 1.32.2 in the emulated node, driven by the node
 * agent's own image, sealed by the bundle's, all of it as the operator rendered it.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Tag("emulated") // src/pom.xml
class EmulatedNodeIT {
  private static final String SMOLVM = "/var/lib/bottle/smolvm/current/smolvm";
  private static final Path DIRECTORY = Path.of("src/target/emulated").toAbsolutePath();
  private static final String PROMPT = "You are on a real machine.\n";

  private final List<AutoCloseable> open = new ArrayList<>();
  private LocalCluster cluster;
  private EmulatedNode node;
  private PlayedPod agent;

  @BeforeAll
  void aNodeWithOurAgent() throws IOException, InterruptedException {
    cluster = new LocalCluster("emulated");
    open.add(cluster);
    open.add(this::release);
    cluster
        .kubectl("create", "secret", "generic", "prompt", "--from-literal=text=" + PROMPT)
        .orThrow();
    node = new EmulatedNode(DIRECTORY, 2299);
    open.add(node);
    NodeObject object = new NodeObject(cluster.client());
    open.add(object);
    object.register();

    Progress.say("the agent, as the Pod of its DaemonSet");
    agent = new PlayedPod(cluster.client(), node, bound(object, "bottle-agent"), "agent");
    agent.start(
        "agent",
        "NODE_NAME=" + NodeObject.NAME,
        "NODE_IPS=" + NodeObject.ADDRESS,
        "POD_UID=" + agent.uid(),
        "KUBERNETES_SERVICE_HOST=" + EmulatedNode.SERVER,
        "KUBERNETES_SERVICE_PORT=" + EmulatedNode.API_PORT,
        "/var/lib/bottle:/var/lib/bottle",
        "/run/bottle:/run/bottle",
        "/var/lib/kubelet/pods:/var/lib/kubelet/pods",
        "/var/lib/kubelet/device-plugins:/var/lib/kubelet/device-plugins");
    await("preflight")
        .untilAsserted(() ->
            assertThat(preflight())
                .containsEntry(Names.PREFLIGHT_ANNOTATION, "Fit")
                .containsEntry(Names.RUNTIME_VERSION_ANNOTATION, "1.32.2"));
    Progress.say("the preflight booted a machine: the node is fit");
    object.offer(2);
  }

  @AfterAll
  void end() throws Exception {
    try {
      if (agent != null) {
        assertThat(agent.terminate("agent")).isEqualTo(143); // SIGTERM's code of a JVM
      }
    } finally {
      for (AutoCloseable one : open.reversed()) {
        one.close();
      }
    }
  }

  @Test
  void aRealMachineIsProvisionedAndSealedAndGoesWithoutATrace()
      throws IOException, InterruptedException {
    String bottle = "real";
    int before = agent.log("agent").length();
    PlayedPod bundle = ready(bottle);
    theStatusIsOfARealMachine(bottle, bundle);
    theGuestObeysItsUser(bottle, bundle);
    itGoes(bottle, bundle);
    assertThat(agent.log("agent").substring(before)).doesNotContain("did not sync");
  }

  @Test
  void aBrokenWallEndsARealMachine() throws IOException, InterruptedException {
    String bottle = "leaking";
    PlayedPod bundle = ready(bottle);
    String monitor = node.run("pgrep", "-f", "_boot-vm").orThrow().strip();
    assertThat(monitor).matches("\\d+");
    node.run("ip", "link", "add", "leak", "type", "veth", "peer", "name", "leak0", "netns", monitor)
        .orThrow();
    // How fast, an emulated machine cannot say; SealWatchIT does, on the stand-in.
    await("the end of the machine").until(() -> node.run("kill", "-0", monitor).exitCode() != 0);
    await("the status")
        .untilAsserted(() -> {
          Condition sealed = cluster.condition(bottle, "EgressSealed");
          assertThat(sealed.getStatus()).isEqualTo("False");
          assertThat(sealed.getReason()).isEqualTo("HostFactMismatch");
          assertThat(sealed.getMessage()).contains("host-network-namespace").contains("leak0");
          assertThat(cluster.condition(bottle, "Ready").getStatus()).isEqualTo("False");
        });
    Progress.say("a wall was broken, and the machine is gone");
    itGoes(bottle, bundle);
  }

  private PlayedPod ready(String bottle) throws IOException, InterruptedException {
    PlayedPod bundle = bundle(bottle);
    await("Ready")
        .untilAsserted(() -> {
          for (String type :
              List.of("Booted", "Provisioned", "EgressSealed", "BundleReady", "Ready")) {
            Condition condition = cluster.condition(bottle, type);
            assertThat(condition.getStatus())
                .as(type + ": " + condition.getReason() + ": " + condition.getMessage())
                .isEqualTo("True");
          }
        });
    Progress.say("the Bottle " + bottle + " is Ready");
    return bundle;
  }

  private PlayedPod bundle(String bottle) throws IOException, InterruptedException {
    cluster
        .apply(
            """
            apiVersion: bottle.dev/v1alpha1
            kind: Bottle
            metadata: {name: %s}
            spec:
              image: 10.98.0.1:5000/bottle/guest-node:1
              machine: {cpus: 1, memory: 512Mi, disk: 1Gi}
              nodeSelector: {kubernetes.io/hostname: %s}
              agent:
                prompt: {secretKeyRef: {name: prompt, key: text}}
              egress: {allow: [origin.bottle.test]}
            """
                .formatted(bottle, NodeObject.NAME))
        .orThrow();
    await("Pod")
        .until(() -> {
          Pod found = pod(bottle);
          return found != null && NodeObject.NAME.equals(found.getSpec().getNodeName());
        });
    Progress.say("the bundle's Pod is bound to the node");
    PlayedPod bundle =
        new PlayedPod(cluster.client(), node, Objects.requireNonNull(pod(bottle)), "bundle");
    bundle.init("tls-init");
    bundle.start("egress");
    await("egress")
        .until(() ->
            bundle
                    .exec("egress", "/usr/bin/bottle", "health", "http://127.0.0.1:9099/healthz")
                    .exitCode()
                == 0);
    bundle.start("gate");
    bundle.reportReady();
    Progress.say("egress and gate run");
    return bundle;
  }

  private void theStatusIsOfARealMachine(String bottle, PlayedPod bundle) {
    BottleStatus status = Objects.requireNonNull(cluster.bottle(bottle).getStatus());
    var machine = Objects.requireNonNull(status.machine());
    assertThat(machine.runtimeVersion()).isEqualTo("1.32.2");
    assertThat(machine.podUID()).isEqualTo(bundle.uid());
    var seal = Objects.requireNonNull(status.seal());
    assertThat(seal.podUID()).isEqualTo(bundle.uid());
    assertThat(seal.bootId()).isEqualTo(machine.bootId());
    seal.probes()
        .forEach(
            probe -> Progress.say(probe.verdict() + "  " + probe.name() + ": " + probe.detail()));
    assertThat(seal.probes())
        .allSatisfy(probe -> assertThat(probe.verdict()).isEqualTo(ProbeResult.Verdict.Sealed))
        .extracting(ProbeResult::name)
        .contains(
            "host-network-namespace",
            "host-mounts",
            "host-identity",
            "host-cgroup",
            "interfaces",
            "routes",
            "api-server",
            "proxy-nonce",
            "proxy-refusal",
            "egress-confirmed");
    assertThat(seal.probes())
        .filteredOn(probe -> probe.name().equals("host-identity"))
        .allSatisfy(probe -> assertThat(probe.detail()).contains("seccomp filter"));
  }

  private void theGuestObeysItsUser(String bottle, PlayedPod bundle) {
    // By the runtime itself: the guest has a user `node`, and its kernel is not the node's.
    String machine = Names.machine(cluster.bottle(bottle).getMetadata().getUid());
    assertThat(smolvm("machine", "exec", "--name", machine, "-i", "--", "id", "-u", "node"))
        .isEqualTo("1000\n");
    assertThat(smolvm("machine", "exec", "--name", machine, "-i", "--", "cat", "/proc/version"))
        .isNotEqualTo(node.run("cat", "/proc/version").orThrow());
    // By the door that people use.
    assertThat(bundle.exec("gate", "/usr/bin/bottle", "id", "-un").orThrow()).isEqualTo("node\n");
    assertThat(bundle.exec("gate", "/usr/bin/bottle", "cat", ".claude-bottle-prompt.txt").orThrow())
        .isEqualTo(PROMPT);
    Progress.say("the guest answers as its user");
  }

  private void itGoes(String bottle, PlayedPod bundle) throws IOException, InterruptedException {
    assertThat(smolvm("machine", "ls", "-q").lines()).hasSize(1);
    cluster.kubectl("delete", "bottle", bottle, "--wait=false").orThrow();
    await("the Pod's end").until(() -> Objects.requireNonNull(pod(bottle)).isMarkedForDeletion());
    assertThat(bundle.terminate("gate")).as(bundle.log("gate")).isZero();
    assertThat(bundle.terminate("egress")).as(bundle.log("egress")).isZero();
    bundle.remove();
    await("the finalizer")
        .until(() ->
            cluster
                    .client()
                    .resources(Bottle.class)
                    .inNamespace(cluster.namespace())
                    .withName(bottle)
                    .get()
                == null);
    Progress.say("the Bottle is gone");
    assertThat(smolvm("machine", "ls", "-q")).isEmpty();
    assertThat(node.run("pgrep", "-f", "_boot-vm").output()).isEmpty();
    assertThat(
            node.run(
                "find",
                "/var/lib/bottle/machines/.cache/smolvm/vms",
                "-mindepth",
                "1",
                "-type",
                "d"))
        .satisfies(found -> assertThat(found.orThrow()).isEmpty());
    assertThat(node.run("grep", "-c", "/run/bottle/", "/proc/mounts").output()).isEqualTo("0\n");
  }

  /** The runtime as the agent calls it. */
  private String smolvm(String... arguments) {
    List<String> command =
        new ArrayList<>(
            List.of(
                "env",
                "HOME=/var/lib/bottle/machines",
                "SMOLVM_DATA_DIR=/var/lib/bottle/machines",
                "SMOLVM_LIB_DIR=/var/lib/bottle/smolvm/real/lib",
                "LD_LIBRARY_PATH=/var/lib/bottle/smolvm/real/lib",
                "SMOLVM_AGENT_ROOTFS=/var/lib/bottle/smolvm/real/agent-rootfs",
                SMOLVM));
    command.addAll(List.of(arguments));
    return node.run(command.toArray(String[]::new)).orThrow();
  }

  private Map<String, String> preflight() {
    return cluster
        .client()
        .leases()
        .inNamespace(Names.SYSTEM_NAMESPACE)
        .withName(Names.agentLease(NodeObject.NAME))
        .require()
        .getMetadata()
        .getAnnotations();
  }

  private Pod bound(NodeObject object, String prefix) {
    await("the Pod of " + prefix)
        .until(() -> object.pods().stream().anyMatch(pod -> isNamed(pod, prefix)));
    return object.pods().stream().filter(pod -> isNamed(pod, prefix)).findFirst().orElseThrow();
  }

  private static boolean isNamed(Pod pod, String prefix) {
    return pod.getMetadata().getName().startsWith(prefix);
  }

  private @Nullable Pod pod(String bottle) {
    return cluster
        .client()
        .pods()
        .inNamespace(cluster.namespace())
        .withName(Names.pod(bottle))
        .get();
  }

  /** After a failure nobody is left who could confirm that the machine is gone; the node is. */
  private void release() {
    cluster.kubectl(
        "annotate", "bottles", "--all", Names.FORCE_RELEASE_ANNOTATION + "=" + NodeObject.NAME);
  }

  private static ConditionFactory await(String what) {
    return Awaitility.await(what)
        .atMost(Duration.ofMinutes(5))
        .pollInterval(Duration.ofSeconds(1))
        .ignoreExceptions();
  }
}
