package dev.bottle.agent;

import dev.bottle.agent.device.DevicePlugin;
import dev.bottle.agent.device.MachineCapacity;
import dev.bottle.agent.host.CommandRunner;
import dev.bottle.agent.host.HostCommand;
import dev.bottle.agent.host.MountTable;
import dev.bottle.agent.host.NodePaths;
import dev.bottle.agent.host.PodBinds;
import dev.bottle.agent.host.ProcessRunner;
import dev.bottle.agent.host.ProcessTable;
import dev.bottle.agent.image.DiskSpace;
import dev.bottle.agent.image.ImageFailure;
import dev.bottle.agent.image.ImageLimits;
import dev.bottle.agent.image.ImageStore;
import dev.bottle.agent.image.NamedRegistries;
import dev.bottle.agent.image.RegistrySource;
import dev.bottle.agent.image.StoreDirectory;
import dev.bottle.agent.image.StoreMount;
import dev.bottle.agent.lease.HealthServer;
import dev.bottle.agent.lease.Heartbeat;
import dev.bottle.agent.lease.PreflightAnnotations;
import dev.bottle.agent.machine.BottleReconciler;
import dev.bottle.agent.machine.Journal;
import dev.bottle.agent.machine.Node;
import dev.bottle.agent.machine.WishReader;
import dev.bottle.agent.preflight.BootTrial;
import dev.bottle.agent.preflight.Fitness;
import dev.bottle.agent.preflight.NodeSurvey;
import dev.bottle.agent.preflight.Preflight;
import dev.bottle.agent.preflight.RuntimeFiles;
import dev.bottle.agent.provision.Provisioner;
import dev.bottle.agent.report.AgentStatus;
import dev.bottle.agent.report.ApplyStatus;
import dev.bottle.agent.report.ClusterEvents;
import dev.bottle.agent.report.StatusBoard;
import dev.bottle.agent.seal.GuestProbe;
import dev.bottle.agent.seal.HostAndGuestSeal;
import dev.bottle.agent.seal.HostFacts;
import dev.bottle.agent.seal.Nonces;
import dev.bottle.agent.seal.ProbeTargets;
import dev.bottle.agent.smolvm.SmolvmRuntime;
import dev.bottle.agent.volume.VolumeWatch;
import dev.bottle.crd.api.Bottle;
import dev.bottle.crd.names.Names;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.concurrent.Executors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The node agent's process: wires everything and runs until it is told to stop. */
public final class AgentMain {
  private static final Logger LOG = LoggerFactory.getLogger(AgentMain.class);
  private static final int PARALLEL_PULLS = 2;
  private static final int PARALLEL_STARTS =
      Math.max(2, Runtime.getRuntime().availableProcessors() / 2);

  private AgentMain() {}

  /** Takes no arguments; see {@link AgentConfig} for the environment. */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    AgentConfig config;
    try {
      config = AgentConfig.of(System.getenv());
    } catch (IllegalArgumentException e) {
      LOG.atError().log("{}", e.getMessage());
      System.exit(2);
      return;
    }
    Clock clock = Clock.systemUTC();
    NodePaths paths = config.paths();
    CommandRunner runner = new ProcessRunner();
    CommandRunner host = new HostCommand(runner, config.namespaces(), config.hostPid());
    ProcessTable processes = new ProcessTable(Path.of("/proc"), config.hostProcess());
    MountTable mounts = new MountTable(Path.of("/proc", config.hostProcess(), "mountinfo"));
    PodBinds binds = new PodBinds(host, mounts, paths);
    SmolvmRuntime runtime =
        new SmolvmRuntime(host, paths, config.machineCgroups(), PARALLEL_STARTS);
    StoreDirectory store = new StoreDirectory(paths.imageStore(), paths.images(), runner);
    store.sweep();
    ImageStore images =
        new ImageStore(
            store,
            new RegistrySource(
                runner,
                bottleImage(paths),
                new NamedRegistries(config.adminConfig()),
                ImageLimits.USUAL),
            mount(host, mounts, store, paths),
            runtime,
            DiskSpace.of(paths.imageStore()),
            clock,
            Executors.newFixedThreadPool(PARALLEL_PULLS, Thread.ofVirtual().factory()));
    binds.prepareNode();
    Files.createDirectories(paths.machines());
    images.collectAlways();

    KubernetesClient client = new KubernetesClientBuilder().build();
    PrometheusMeterRegistry meters = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    Preflight preflight =
        new Preflight(
            new NodeSurvey(runtime, host, paths),
            new BootTrial(
                SmolvmRuntime.forTrials(
                    host,
                    paths,
                    config.machineCgroups(),
                    BootTrial.data(paths.trial()),
                    config.podUid().isPresent()),
                paths,
                paths.trial(),
                config.podUid().orElse("")),
            new RuntimeFiles(paths, Path.of("/proc/sys/kernel/random/boot_id")),
            paths.trialProof(),
            meters,
            clock);
    Nonces nonces = new Nonces();
    ProbeTargets targets =
        new ProbeTargets(
            processes, config.nodeAddresses(), config.apiServer(), Path.of("/etc/resolv.conf"));
    Node node =
        new Node(
            paths,
            runtime,
            preflight::current,
            processes,
            binds,
            images,
            new Journal(paths.journal()),
            new Provisioner(runtime),
            new HostAndGuestSeal(
                new HostFacts(processes), new GuestProbe(runtime, targets, nonces), runtime),
            nonces,
            new VolumeWatch(FileSystems.getDefault().newWatchService()),
            new ClusterEvents(client, config.node(), clock),
            meters,
            clock);

    WishReader wishes = new WishReader(config.node());
    ApplyStatus status = new ApplyStatus(client);
    ServerLookup lookup = new ServerLookup(client);
    SecureRandom random = new SecureRandom();
    MainLoop loop =
        new MainLoop(
            seen ->
                new BottleReconciler(
                    seen.bottle(), node, wishes, lookup, board(seen, status), random),
            clock);
    Heartbeat heartbeat =
        new Heartbeat(
            client,
            config.node(),
            loop::isAlive,
            () -> PreflightAnnotations.of(preflight.current()),
            clock);
    DevicePlugin machines =
        new DevicePlugin(
            config.devicePlugins(),
            Names.MACHINE_RESOURCE,
            MachineCapacity.of(Path.of("/proc/meminfo"), config.machinesMax()),
            () -> preflight.current() instanceof Fitness.Fit && loop.isAlive(),
            clock);
    SharedIndexInformer<Bottle> informer =
        client
            .resources(Bottle.class)
            .inAnyNamespace()
            .withField("status.placement.nodeName", config.node())
            .runnableInformer(0)
            .exceptionHandler((started, error) -> true) // the API server may come later
            .addEventHandler(loop);
    HealthServer health =
        new HealthServer(config.healthPort(), loop::isAlive, informer::hasSynced, meters);
    var _ = informer.start();
    machines.start();
    preflight.start(heartbeat::announce);
    new OrphanSearch(runtime, node.journal(), informer, loop).start();
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(() -> {
              // Machines live on: only the agent's own things are closed.
              informer.stop();
              preflight.close();
              machines.close();
              heartbeat.close();
              health.close();
            }));
    LOG.atInfo().addKeyValue("node", config.node()).log("the agent runs");
    loop.run();
  }

  private static StatusBoard board(MainLoop.Seen seen, ApplyStatus writer) {
    AgentStatus known =
        seen.current() == null ? AgentStatus.none() : AgentStatus.of(seen.current());
    return new StatusBoard(seen.bottle(), known, writer);
  }

  /** Machines that run already need the mount, too; without it no image is given out. */
  private static StoreMount mount(
      CommandRunner host, MountTable mounts, StoreDirectory store, NodePaths paths)
      throws InterruptedException {
    StoreMount mount = new StoreMount(host, mounts, store.unpacked(), paths.images());
    try {
      mount.ensure();
    } catch (ImageFailure e) {
      LOG.atError().addKeyValue("error", e.getMessage()).log("no image can be used");
    }
    return mount;
  }

  private static String bottleImage(NodePaths paths) {
    Path installed = paths.program("bottle-image");
    return Files.isExecutable(installed) ? installed.toString() : "bottle-image";
  }
}
