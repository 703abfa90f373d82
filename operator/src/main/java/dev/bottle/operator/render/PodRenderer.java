package dev.bottle.operator.render;

import dev.bottle.crd.api.Bottle;
import dev.bottle.crd.api.MachineSpec;
import dev.bottle.crd.names.Names;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.PodSpecBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import io.fabric8.kubernetes.api.model.ResourceRequirementsBuilder;
import io.fabric8.kubernetes.api.model.SecurityContext;
import io.fabric8.kubernetes.api.model.SecurityContextBuilder;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The spec of the bundle Pod, within the Pod Security Standard "restricted". */
final class PodRenderer {
  private static final long GATE_USER = 64_000;
  private static final long EGRESS_USER = 64_001;
  private static final long GIT_GATE_USER = 64_002;
  private static final long SUPERVISE_USER = 64_003;
  private static final long PIPELOCK_USER = 64_004;

  /** Pipelock's proxy; it listens on TCP only, and nothing but egress is in this network. */
  private static final String PIPELOCK_ADDRESS = "127.0.0.1:8888";

  /**
   * A CPU request of a tenth of what the guest sees: KubeVirt's default cpuAllocationRatio. A
   * coding agent waits for its model most of the time (docs/adr/0010).
   */
  private static final int CPU_REQUEST_MILLIS_PER_CPU = 100;

  /** A real VMM was measured to cost 76 to 124 MB beyond the guest's memory (docs/adr/0010). */
  private static final long MACHINE_OVERHEAD_BYTES = 192L << 20;

  /** Only nodes whose agent is alive and whose preflight passed offer any. */
  private static final Quantity ONE_MACHINE = new Quantity("1");

  /** The agent syncs and stops the guest within it. */
  private static final long TERMINATION_GRACE_SECONDS = 60;

  private PodRenderer() {}

  static PodSpec render(Bottle bottle, BundleImage image, @Nullable Pipelock pipelock) {
    List<Container> inits = new ArrayList<>(List.of(tlsInit(bottle, image)));
    List<Container> containers = new ArrayList<>(List.of(egress(bottle, image, pipelock)));
    if (pipelock != null) {
      inits.add(pipelockTlsInit(bottle, image));
      containers.add(pipelock(pipelock));
    }
    if (!TokenSlots.ofGit(bottle).isEmpty()) {
      containers.add(gitGate(image));
    }
    if (Supervision.isOn(bottle)) {
      containers.add(supervise(image));
    }
    containers.add(gate(bottle, image));
    Map<String, String> nodeSelector = new TreeMap<>();
    if (bottle.getSpec().nodeSelector() != null) {
      nodeSelector.putAll(bottle.getSpec().nodeSelector());
    }
    nodeSelector.put(Names.MACHINES_NODE_LABEL, "true");
    return new PodSpecBuilder()
        .withHostname(Names.pod(bottle.getMetadata().getName()))
        .withAutomountServiceAccountToken(false)
        .withEnableServiceLinks(false)
        .withRestartPolicy("Always")
        .withTerminationGracePeriodSeconds(TERMINATION_GRACE_SECONDS)
        .withNewSecurityContext()
        .withRunAsNonRoot(true)
        .withNewSeccompProfile()
        .withType("RuntimeDefault")
        .endSeccompProfile()
        .endSecurityContext()
        .withNodeSelector(nodeSelector)
        .withTolerations(bottle.getSpec().tolerations())
        .withImagePullSecrets(PodVolumes.pullSecrets(bottle))
        .withInitContainers(inits)
        .withContainers(containers)
        .withVolumes(PodVolumes.volumes(bottle, pipelock))
        .build();
  }

  private static Container tlsInit(Bottle bottle, BundleImage image) {
    return container("tls-init", image.reference(), EGRESS_USER)
        .withCommand(
            "/usr/bin/tls-init",
            "--ca-directory",
            "/run/bottle/egress-ca",
            "--certificate",
            "/run/bottle/trust/egress-ca.pem",
            "--common-name",
            // A common name holds 64 characters (RFC 5280), a Bottle's name 40.
            "Bottle " + bottle.getMetadata().getName())
        .withResources(resources("64Mi", "192Mi"))
        .withVolumeMounts(PodVolumes.tlsInitMounts())
        .build();
  }

  /**
   * As the user that reads the key: its file is for its owner alone, and egress' user has no way to
   * it (docs/adr/0087).
   */
  private static Container pipelockTlsInit(Bottle bottle, BundleImage image) {
    return container("pipelock-tls-init", image.reference(), PIPELOCK_USER)
        .withCommand(
            "/usr/bin/tls-init",
            "--ca-directory",
            "/run/bottle/pipelock",
            "--certificate",
            "/run/bottle/pipelock-trust/pipelock-ca.pem",
            "--common-name",
            "Pipelock " + bottle.getMetadata().getName())
        .withResources(resources("64Mi", "192Mi"))
        .withVolumeMounts(PodVolumes.pipelockTlsInitMounts())
        .build();
  }

  /**
   * Its image has this one file. No CPU limit, as with egress: it takes 3 ms for each KB. It was
   * measured to need 33 MB, and 146 MB while it holds a body of 16 MB.
   */
  private static Container pipelock(Pipelock pipelock) {
    return container("pipelock", pipelock.image(), PIPELOCK_USER)
        .withCommand("/pipelock", "run", "-c", PodVolumes.PIPELOCK_DOCUMENT)
        .withEnv(PodVolumes.pipelockEnvironment(pipelock))
        .withResources(resources("64Mi", "512Mi"))
        // Egress tells whether it serves; this is for one that hangs, and patient, since it is slow
        // while it scans.
        .withNewLivenessProbe()
        .withNewExec()
        .withCommand("/pipelock", "healthcheck", "--addr", PIPELOCK_ADDRESS)
        .endExec()
        .withPeriodSeconds(30)
        .withTimeoutSeconds(10)
        .withFailureThreshold(4)
        .endLivenessProbe()
        .withVolumeMounts(PodVolumes.pipelockMounts())
        .build();
  }

  private static Container egress(Bottle bottle, BundleImage image, @Nullable Pipelock pipelock) {
    List<String> command =
        new ArrayList<>(
            List.of(
                "/usr/bin/egress",
                "--policy",
                "/run/bottle/policy/policy.json",
                "--tokens",
                PodVolumes.TOKENS,
                "--ca-directory",
                "/run/bottle/egress-ca",
                "--door",
                "/run/bottle/door-egress/egress.sock",
                "--control",
                "/run/bottle/control-egress/control.sock",
                "--health",
                "127.0.0.1:9099"));
    if (pipelock != null) {
      command.addAll(
          List.of(
              "--pipelock",
              PIPELOCK_ADDRESS,
              "--pipelock-ca",
              "/run/bottle/pipelock-trust/pipelock-ca.pem"));
    }
    return container("egress", image.reference(), EGRESS_USER)
        .withCommand(command)
        // No CPU limit: throttling the only way out looks like a slow internet.
        .withResources(resources("64Mi", "192Mi"))
        .withNewReadinessProbe()
        .withNewExec()
        .withCommand("/usr/bin/bottle", "health", "http://127.0.0.1:9099/healthz")
        .endExec()
        .withPeriodSeconds(10)
        .withTimeoutSeconds(5)
        .withFailureThreshold(3)
        .endReadinessProbe()
        .withVolumeMounts(PodVolumes.egressMounts(bottle, pipelock))
        .build();
  }

  /**
   * Beside the JVM, git unpacks and gitleaks searches what is pushed. No probe: the control socket
   * says whether it serves, and a request that finds it gone is an error of git's.
   */
  private static Container gitGate(BundleImage image) {
    return container("git-gate", image.reference(), GIT_GATE_USER)
        .withCommand(
            "/usr/bin/git-gate",
            "--policy",
            "/run/bottle/policy/policy.json",
            "--credentials",
            PodVolumes.GIT_CREDENTIALS,
            "--repositories",
            "/run/bottle/git-repositories/bare",
            "--private",
            "/run/bottle/git-private/own",
            "--door",
            "/run/bottle/door-git-gate/git-gate.sock",
            "--control",
            "/run/bottle/control-git-gate/control.sock")
        .withResources(resources("96Mi", "768Mi"))
        .withVolumeMounts(PodVolumes.gitGateMounts())
        .build();
  }

  /** Holds no token and dials nobody. No probe, as with git-gate. */
  private static Container supervise(BundleImage image) {
    return container("supervise", image.reference(), SUPERVISE_USER)
        .withCommand(
            "/usr/bin/supervise",
            "--policy",
            "/run/bottle/policy/policy.json",
            "--queue",
            "/run/bottle/supervise-queue",
            "--door",
            "/run/bottle/door-supervise/supervise.sock",
            "--control",
            "/run/bottle/control-supervise/control.sock")
        .withResources(resources("64Mi", "192Mi"))
        .withVolumeMounts(PodVolumes.superviseMounts())
        .build();
  }

  /** Of a daemon or an init container, not of the machine. */
  private static ResourceRequirements resources(String memory, String memoryLimit) {
    return new ResourceRequirementsBuilder()
        .withRequests(Map.of("cpu", new Quantity("20m"), "memory", new Quantity(memory)))
        .withLimits(Map.of("memory", new Quantity(memoryLimit)))
        .build();
  }

  private static Container gate(Bottle bottle, BundleImage image) {
    MachineSpec machine = bottle.getSpec().machine();
    Quantity memory = withOverhead(machine.memory());
    return container("gate", image.reference(), GATE_USER)
        .withCommand("/usr/bin/bottle", "hold")
        .withNewResources()
        .withRequests(
            Map.of(
                "cpu",
                new Quantity(machine.cpus() * CPU_REQUEST_MILLIS_PER_CPU + "m"),
                "memory",
                memory,
                Names.MACHINE_RESOURCE,
                ONE_MACHINE))
        .withLimits(
            Map.of(
                "cpu",
                new Quantity(Integer.toString(machine.cpus())),
                "memory",
                memory,
                Names.MACHINE_RESOURCE,
                ONE_MACHINE))
        .endResources()
        .withVolumeMounts(PodVolumes.gateMounts(bottle))
        .build();
  }

  private static Quantity withOverhead(Quantity memory) {
    long bytes =
        memory.getNumericalAmount().add(BigDecimal.valueOf(MACHINE_OVERHEAD_BYTES)).longValue();
    return new Quantity(((bytes + (1 << 20) - 1) >> 20) + "Mi");
  }

  private static ContainerBuilder container(String name, String image, long user) {
    return new ContainerBuilder()
        .withName(name)
        .withImage(image)
        // A crash's last words reach the Pod's status, and from there the Bottle's.
        .withTerminationMessagePolicy("FallbackToLogsOnError")
        .withSecurityContext(restricted(user));
  }

  private static SecurityContext restricted(long user) {
    return new SecurityContextBuilder()
        .withRunAsNonRoot(true)
        .withRunAsUser(user)
        .withRunAsGroup(user)
        .withAllowPrivilegeEscalation(false)
        .withReadOnlyRootFilesystem(true)
        .withNewCapabilities()
        .withDrop("ALL")
        .endCapabilities()
        .build();
  }
}
