package dev.bottle.operator.cluster;

import dev.bottle.crd.names.Names;
import dev.bottle.operator.admin.AdminConfig;
import dev.bottle.operator.admin.AdminConfigReader;
import dev.bottle.operator.lease.AgentLeases;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.Informable;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Watches what no Bottle owns and keeps the latest {@link ClusterFacts}. A change is announced only
 * when it may concern Bottles: heartbeats of nodes do not.
 */
public final class ClusterWatch implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(ClusterWatch.class);
  private static final Duration SYNC_TIMEOUT = Duration.ofMinutes(2);

  private final KubernetesClient client;
  private final Set<String> knownApiServerAddresses;
  private final AgentLeases leases;
  private final Runnable changed;
  private final List<SharedIndexInformer<?>> informers = new ArrayList<>();
  private final TreeMap<String, NodeFacts> nodes = new TreeMap<>();
  private final TreeMap<String, Set<String>> endpoints = new TreeMap<>();
  private AdminConfig.Result admin = new AdminConfig.Valid(AdminConfig.NONE);
  private volatile ClusterFacts facts;

  /**
   * @param knownApiServerAddresses IP literals beside those of the Service's endpoints, such as the
   *     Service's own
   * @param changed is called when the facts became others
   */
  public ClusterWatch(
      KubernetesClient client,
      Set<String> knownApiServerAddresses,
      AgentLeases leases,
      Runnable changed) {
    this.client = client;
    this.knownApiServerAddresses = Set.copyOf(knownApiServerAddresses);
    this.leases = leases;
    this.changed = changed;
    this.facts = collect();
  }

  /**
   * Starts watching and returns when every cache was filled once.
   *
   * @throws IllegalStateException after two minutes, naming what could not be listed
   */
  public void start() throws InterruptedException {
    watch(
        "configmaps " + Names.ADMIN_CONFIG_MAP,
        client.configMaps().inNamespace(Names.SYSTEM_NAMESPACE).withName(Names.ADMIN_CONFIG_MAP),
        this::admin,
        gone -> admin(null));
    watch("nodes", client.nodes(), this::node, gone -> forget(gone));
    watch(
        "endpointslices of the API server",
        client
            .discovery()
            .v1()
            .endpointSlices()
            .inNamespace("default")
            .withLabel("kubernetes.io/service-name", "kubernetes"),
        this::endpoints,
        this::forget);
    watch(
        "leases of the agents",
        client
            .leases()
            .inNamespace(Names.SYSTEM_NAMESPACE)
            .withLabel(Names.AGENT_LEASE_LABEL, "true"),
        leases::seen,
        leases::gone);
  }

  /** The latest facts. */
  public ClusterFacts facts() {
    return facts;
  }

  /** Whether every watch is alive. */
  public boolean isHealthy() {
    return !informers.isEmpty() && informers.stream().allMatch(SharedIndexInformer::isWatching);
  }

  @Override
  public void close() {
    informers.forEach(SharedIndexInformer::stop);
  }

  private void admin(@Nullable ConfigMap configMap) {
    AdminConfig.Result read = AdminConfigReader.read(configMap);
    if (read instanceof AdminConfig.Invalid(String message)) {
      log.warn("ConfigMap {} cannot be used: {}", Names.ADMIN_CONFIG_MAP, message);
    }
    update(() -> admin = read);
  }

  private void node(Node node) {
    update(() -> nodes.put(node.getMetadata().getName(), NodeFacts.of(node)));
  }

  private void forget(Node node) {
    update(() -> nodes.remove(node.getMetadata().getName()));
  }

  private void endpoints(EndpointSlice slice) {
    Set<String> addresses =
        slice.getEndpoints() == null || "FQDN".equals(slice.getAddressType())
            ? Set.of()
            : slice.getEndpoints().stream()
                .flatMap(endpoint -> endpoint.getAddresses().stream())
                .collect(Collectors.toUnmodifiableSet());
    update(() -> endpoints.put(slice.getMetadata().getName(), addresses));
  }

  private void forget(EndpointSlice slice) {
    update(() -> endpoints.remove(slice.getMetadata().getName()));
  }

  private void update(Runnable change) {
    synchronized (this) {
      change.run();
      ClusterFacts collected = collect();
      if (collected.equals(facts)) {
        return;
      }
      facts = collected;
    }
    changed.run();
  }

  private ClusterFacts collect() {
    Set<String> apiServer = new TreeSet<>(knownApiServerAddresses);
    endpoints.values().forEach(apiServer::addAll);
    return new ClusterFacts(new TreeMap<>(nodes), apiServer, admin);
  }

  private <T extends HasMetadata> void watch(
      String what, Informable<T> resources, Consumer<T> seen, Consumer<T> gone)
      throws InterruptedException {
    SharedIndexInformer<T> informer = resources.runnableInformer(0);
    informer.addEventHandler(new Handler<>(seen, gone));
    // Never give up: a watch that ended for good would leave the facts stale for ever.
    informer.exceptionHandler((started, failure) -> {
      log.warn("cannot list or watch {}, trying again: {}", what, failure.getMessage());
      return true;
    });
    informers.add(informer);
    try {
      informer.start().toCompletableFuture().get(SYNC_TIMEOUT.toSeconds(), TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException e) {
      throw new IllegalStateException(
          "cannot list and watch " + what + ": does the operator's role allow it?", e);
    }
  }

  private record Handler<T extends HasMetadata>(Consumer<T> seen, Consumer<T> gone)
      implements ResourceEventHandler<T> {
    @Override
    public void onAdd(T object) {
      seen.accept(object);
    }

    @Override
    public void onUpdate(T former, T object) {
      if (!Objects.equals(
          former.getMetadata().getResourceVersion(), object.getMetadata().getResourceVersion())) {
        seen.accept(object);
      }
    }

    @Override
    public void onDelete(T object, boolean finalStateUnknown) {
      gone.accept(object);
    }
  }
}
