package dev.bottle.operator.render;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.bottle.crd.api.Bottle;
import dev.bottle.crd.api.KeyReference;
import dev.bottle.crd.api.Route;
import dev.bottle.crd.guest.GuestFiles;
import dev.bottle.crd.json.MalformedDocumentException;
import dev.bottle.crd.names.Names;
import dev.bottle.crd.policy.EgressPolicy;
import dev.bottle.crd.policy.Policy;
import dev.bottle.crd.policy.RoutePolicy;
import dev.bottle.crd.policy.TokenSlot;
import dev.bottle.operator.OperatorClient;
import dev.bottle.operator.admin.AdminConfig;
import dev.bottle.operator.admin.Cidr;
import dev.bottle.operator.fixture.Tree;
import dev.bottle.operator.fixture.World;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeMount;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.PropertyDefaults;
import net.jqwik.api.Provide;

/** What holds of the objects of every Bottle. */
@PropertyDefaults(tries = 60)
class RendererPropertiesTest {

  @Provide
  Arbitrary<Bottle> bottles() {
    Arbitrary<List<String>> hosts =
        Arbitraries.of("a.example.org", "*.b.example.org", "c.test", "*.d.test")
            .list()
            .uniqueElements()
            .ofMaxSize(4);
    Arbitrary<Map<String, Object>> prompts =
        Arbitraries.of(
            Map.of(),
            Map.of("text", "You are \"careful\".\n"),
            Map.of("secretKeyRef", Map.of("name", "hidden", "key", "text")),
            Map.of("configMapKeyRef", Map.of("name", "shown", "key", "text")));
    Arbitrary<List<Map<String, Object>>> skills =
        Arbitraries.of("review", "deploy", "test")
            .map(name ->
                Map.<String, Object>of(
                    "name", name, "configMapRef", Map.of("name", name + "-skill")))
            .list()
            .uniqueElements()
            .ofMaxSize(3);
    Arbitrary<List<Map<String, String>>> secrets =
        Arbitraries.of("one", "two")
            .map(name -> Map.of("name", name))
            .list()
            .uniqueElements()
            .ofMaxSize(2);
    return Combinators.combine(
            hosts, prompts, skills, secrets, routes(), Arbitraries.integers().between(1, 64))
        .as((allow, prompt, skill, secret, route, cpus) -> {
          Bottle bottle = World.demo();
          bottle = with(bottle, "/spec/egress/routes", route);
          bottle = with(bottle, "/spec/egress/allow", allow);
          bottle = with(bottle, "/spec/machine/cpus", cpus);
          bottle = with(bottle, "/spec/agent/skills", skill);
          bottle = with(bottle, "/spec/imagePullSecrets", secret);
          return prompt.isEmpty() ? bottle : with(bottle, "/spec/agent/prompt", prompt);
        });
  }

  private static Arbitrary<List<Map<String, Object>>> routes() {
    Arbitrary<Map<String, String>> keys =
        Combinators.combine(Arbitraries.of("forge", "llm"), Arbitraries.of("token", "api-key"))
            .as((secret, key) -> Map.of("name", secret, "key", key));
    Arbitrary<Map<String, Object>> auths =
        keys.flatMap(key ->
            Arbitraries.of(
                Map.of("type", "Bearer", "secretKeyRef", key),
                Map.of("type", "Basic", "username", "me", "secretKeyRef", key),
                Map.of("type", "Header", "header", "X-Api-Key", "secretKeyRef", key)));
    Arbitrary<List<String>> paths =
        Arbitraries.of("/", "/v1", "/v1/messages/")
            .list()
            .uniqueElements()
            .ofMaxSize(2)
            .map(some -> some.stream().sorted().toList()); // their order has no meaning
    return Combinators.combine(
            Arbitraries.of("a.example.org", "r.test"),
            paths,
            Arbitraries.of(true, false),
            Arbitraries.of("Block", "Redact", "Observe"),
            auths)
        .as((host, path, webSocket, onMatch, auth) ->
            Map.<String, Object>of(
                "host",
                host,
                "paths",
                path,
                "webSocket",
                webSocket,
                "onMatch",
                onMatch,
                "auth",
                auth))
        .list()
        .ofMaxSize(4);
  }

  @Property
  void theSameBottleGivesTheSameBytes(@ForAll("bottles") Bottle bottle) {
    Rendered once = render(bottle);
    Rendered again = render(Tree.copy(bottle, Bottle.class));

    assertThat(json(again)).isEqualTo(json(once));
    assertThat(List.of(again.policyHash(), again.guestHash(), again.shapeHash()))
        .containsExactly(once.policyHash(), once.guestHash(), once.shapeHash());
  }

  @Property
  void theOrderOfListsHasNoMeaning(@ForAll("bottles") Bottle bottle, @ForAll Random random) {
    List<String> allow = new ArrayList<>(allowed(bottle));
    List<Object> skills = new ArrayList<>();
    Tree.of(bottle).at("/spec/agent/skills").forEach(skills::add);
    Collections.shuffle(allow, random);
    Collections.shuffle(skills, random);

    assertThat(
            json(
                render(
                    with(with(bottle, "/spec/egress/allow", allow), "/spec/agent/skills", skills))))
        .isEqualTo(json(render(bottle)));
  }

  @Property
  void thePolicyHashChangesExactlyWithThePolicy(
      @ForAll("bottles") Bottle one, @ForAll("bottles") Bottle other) {
    Set<String> allowOne = Set.copyOf(allowed(one));
    Set<String> allowOther = Set.copyOf(allowed(other));

    assertThat(render(one).policyHash().equals(render(other).policyHash()))
        .isEqualTo(allowOne.equals(allowOther) && routes(one).equals(routes(other)));
  }

  @Property
  void whatTheAdminOpensIsPolicyAndNotShape(@ForAll("bottles") Bottle bottle) {
    World world = World.of(bottle);
    Rendered closed = world.rendered();
    world.admin =
        new AdminConfig.Valid(
            new AdminConfig(
                List.of(new AdminConfig.Destination(Cidr.parse("10.0.0.0/8"), List.of(443))),
                "",
                List.of(),
                false,
                null));

    assertThat(world.rendered().policyHash()).isNotEqualTo(closed.policyHash());
    assertThat(world.rendered().shapeHash()).isEqualTo(closed.shapeHash());
    assertThat(world.rendered().guestHash()).isEqualTo(closed.guestHash());
  }

  @Property
  void theShapeIsImagesVolumesAndSizes(
      @ForAll("bottles") Bottle one, @ForAll("bottles") Bottle other) {
    boolean sameShape =
        one.getSpec().machine().cpus() == other.getSpec().machine().cpus()
            && names(one, "/spec/agent/skills").equals(names(other, "/spec/agent/skills"))
            && Tree.of(one)
                .at("/spec/imagePullSecrets")
                .equals(Tree.of(other).at("/spec/imagePullSecrets"))
            && keys(one).equals(keys(other))
            && referenced(one).equals(referenced(other));

    assertThat(render(one).shapeHash().equals(render(other).shapeHash())).isEqualTo(sameShape);
  }

  @Property
  void anEditOfRoutesThatNamesTheSameKeysKeepsThePod(
      @ForAll("bottles") Bottle bottle, @ForAll Random random) {
    List<Object> shuffled = new ArrayList<>();
    Tree.of(bottle).at("/spec/egress/routes").forEach(shuffled::add);
    Collections.shuffle(shuffled, random);
    Bottle edited = with(bottle, "/spec/egress/routes", shuffled);

    assertThat(render(edited).shapeHash()).isEqualTo(render(bottle).shapeHash());
    assertThat(render(edited).slots()).isEqualTo(render(bottle).slots());
  }

  @Property
  void aSlotIsTheSameKeyInEveryPolicyAndPod(
      @ForAll("bottles") Bottle one, @ForAll("bottles") Bottle other) {
    // A Pod may meet the policy of another generation; its files must not be taken for others.
    Set<TokenSlot> all =
        Stream.of(one, other)
            .flatMap(bottle -> render(bottle).slots().stream())
            .collect(Collectors.toSet());

    assertThat(all).extracting(TokenSlot::name).doesNotHaveDuplicates();
  }

  @Property
  void tokensAreFilesOfEgressAlone(@ForAll("bottles") Bottle bottle)
      throws MalformedDocumentException {
    Rendered rendered = render(bottle);
    PodSpec pod = rendered.pod().getSpec();
    EgressPolicy policy = Policy.parse(bytes(rendered.policy(), "policy.json")).egress();
    Map<String, List<String>> files = new TreeMap<>();
    pod.getVolumes().stream()
        .filter(volume -> volume.getName().equals("tokens"))
        .flatMap(volume -> volume.getProjected().getSources().stream())
        .map(source -> source.getSecret())
        .forEach(secret -> {
          assertThat(secret.getOptional()).isTrue();
          secret
              .getItems()
              .forEach(item -> files.put(item.getPath(), List.of(secret.getName(), item.getKey())));
        });

    assertThat(files).hasSameSizeAs(keys(bottle)).hasSameSizeAs(policy.slots());
    assertThat(policy.slots()).isEqualTo(rendered.slots());
    assertThat(policy.slots())
        .allSatisfy(slot ->
            assertThat(files).containsEntry(slot.name(), List.of(slot.secret(), slot.key())));
    assertThat(
            containers(pod).stream()
                .filter(container ->
                    container.getVolumeMounts().stream()
                        .anyMatch(mount -> mount.getName().equals("tokens")))
                .map(Container::getName))
        .isEqualTo(files.isEmpty() ? List.of() : List.of("egress"));
  }

  @Property
  void routesAreInTheOrderOfTheSpecEachWithItsOwnKey(@ForAll("bottles") Bottle bottle)
      throws MalformedDocumentException {
    Rendered rendered = render(bottle);
    Map<String, List<String>> slots = new TreeMap<>();
    rendered.slots().forEach(slot -> slots.put(slot.name(), List.of(slot.secret(), slot.key())));

    assertThat(Policy.parse(bytes(rendered.policy(), "policy.json")).egress().routes())
        .extracting(route -> route.host() + slots.get(route.auth().slot()), RoutePolicy::webSocket)
        .containsExactlyElementsOf(
            routes(bottle).stream()
                .map(route ->
                    tuple(
                        route.host()
                            + List.of(
                                route.auth().secretKeyRef().name(),
                                route.auth().secretKeyRef().key()),
                        route.webSocket()))
                .toList());
  }

  @Property
  void thePodIsRestrictedAndHasNoToken(@ForAll("bottles") Bottle bottle) {
    PodSpec pod = render(bottle).pod().getSpec();

    assertThat(Restricted.violations(pod)).isEmpty();
    assertThat(pod.getAutomountServiceAccountToken()).isFalse();
    assertThat(pod.getServiceAccountName()).isNull();
    assertThat(pod.getNodeName()).isNull();
    assertThat(pod.getContainers())
        .allMatch(container -> container.getSecurityContext().getReadOnlyRootFilesystem());
    assertThat(pod.getVolumes())
        .filteredOn(volume -> volume.getProjected() != null)
        .flatExtracting(volume -> volume.getProjected().getSources())
        .allMatch(source -> source.getServiceAccountToken() == null);
  }

  @Property
  void everyVolumeIsMountedAndWhatTheAgentReadsIsInGate(@ForAll("bottles") Bottle bottle) {
    PodSpec pod = render(bottle).pod().getSpec();
    Map<String, List<VolumeMount>> mounts = new TreeMap<>();
    for (Container container : containers(pod)) {
      mounts.put(container.getName(), container.getVolumeMounts());
    }

    assertThat(pod.getVolumes())
        .extracting(Volume::getName)
        .doesNotHaveDuplicates()
        .containsExactlyInAnyOrderElementsOf(
            mounts.values().stream()
                .flatMap(List::stream)
                .map(VolumeMount::getName)
                .distinct()
                .toList());
    // Whatever no daemon mounts is there for the agent, and so in gate, where it is read-only.
    assertThat(mounts.get("gate")).allMatch(VolumeMount::getReadOnly);
    Set<String> inGate =
        Objects.requireNonNull(mounts.get("gate")).stream()
            .map(VolumeMount::getName)
            .collect(Collectors.toSet());
    assertThat(inGate).contains("trust", "door-egress", "control-egress", "guest", "gate");
    assertThat(inGate).doesNotContain("egress-ca", "policy", "tokens");
    assertThat(pod.getVolumes())
        .extracting(Volume::getName)
        .filteredOn(name -> name.startsWith("skill-") || name.startsWith("pull-"))
        .allMatch(inGate::contains);
  }

  @Property
  void secretsAreNamedAndNeverTheirValues(@ForAll("bottles") Bottle bottle) {
    Rendered rendered = render(bottle);

    // The operator cannot read one; what it renders says only where kubelet finds it.
    assertThat(objects(rendered)).noneMatch(object -> object.getKind().equals("Secret"));
    assertThat(containers(rendered.pod().getSpec()))
        .allMatch(container -> container.getEnv().isEmpty() && container.getEnvFrom().isEmpty());
    assertThat(rendered.pod().getSpec().getVolumes())
        .filteredOn(volume -> volume.getSecret() != null)
        .allMatch(volume -> volume.getSecret().getOptional());
  }

  @Property
  void theDaemonsCanReadWhatIsRendered(@ForAll("bottles") Bottle bottle)
      throws MalformedDocumentException {
    Rendered rendered = render(bottle);
    byte[] policy = bytes(rendered.policy(), "policy.json");
    byte[] guest = bytes(rendered.guest(), "guest.json");
    String prompt = rendered.guest().getData().getOrDefault("prompt.text", "");

    assertThat(Policy.parse(policy).egress().allow())
        .containsExactlyInAnyOrderElementsOf(allowed(bottle));
    assertThat(Policy.hash(policy)).isEqualTo(rendered.policyHash());
    assertThat(GuestFiles.parse(guest).environment())
        .containsEntry("HTTPS_PROXY", "http://127.0.0.1:8888")
        .containsEntry("https_proxy", "http://127.0.0.1:8888");
    assertThat(GuestFiles.hash(guest, prompt.getBytes(StandardCharsets.UTF_8)))
        .isEqualTo(rendered.guestHash());
  }

  /** Pipelock reads its configuration once: what it reads is a part of the Pod's shape. */
  @Property
  void withPipelockTheShapeIsWhatPipelockReadsToo(
      @ForAll("bottles") Bottle one, @ForAll("bottles") Bottle other) {
    Rendered first = inspected(one);
    Rendered second = inspected(other);
    boolean sameReading =
        Arrays.equals(
            bytes(first.policy(), "pipelock.json"), bytes(second.policy(), "pipelock.json"));

    assertThat(first.shapeHash().equals(second.shapeHash()))
        .isEqualTo(sameReading && render(one).shapeHash().equals(render(other).shapeHash()));
    assertThat(first.shapeHash()).isNotEqualTo(render(one).shapeHash());
    assertThat(first.policyHash()).isNotEqualTo(render(one).policyHash());
  }

  @Property
  void withPipelockThePodIsRestrictedAndEachKeyHasOneReader(@ForAll("bottles") Bottle bottle) {
    PodSpec pod = inspected(bottle).pod().getSpec();

    assertThat(Restricted.violations(pod)).isEmpty();
    assertThat(mounting(pod, "tokens")).isSubsetOf("egress");
    assertThat(mounting(pod, "policy")).containsExactly("egress");
    assertThat(mounting(pod, "egress-ca")).containsExactly("tls-init", "egress");
    assertThat(mounting(pod, "pipelock-ca")).containsExactly("pipelock-tls-init", "pipelock");
    assertThat(mounting(pod, "pipelock-trust")).containsExactly("pipelock-tls-init", "egress");
    assertThat(mounting(pod, "pipelock-config")).containsExactly("pipelock");
    assertThat(mounting(pod, "trust")).containsExactly("tls-init", "gate");
    assertThat(containers(pod))
        .filteredOn(container -> container.getName().startsWith("pipelock"))
        .allMatch(container -> container.getSecurityContext().getRunAsUser() == 64_004L)
        .flatExtracting(Container::getVolumeMounts)
        .filteredOn(mount -> mount.getName().equals("pipelock-ca"))
        .extracting(VolumeMount::getReadOnly)
        .containsExactly(null, true);
  }

  private static List<String> mounting(PodSpec pod, String volume) {
    return containers(pod).stream()
        .filter(container ->
            container.getVolumeMounts().stream().anyMatch(mount -> mount.getName().equals(volume)))
        .map(Container::getName)
        .toList();
  }

  private static Rendered inspected(Bottle bottle) {
    World world = World.of(with(bottle, "/spec/egress/inspection", "Pipelock"));
    world.admin =
        new AdminConfig.Valid(
            new AdminConfig(List.of(), "", List.of(), false, "registry.test/pipelock:2.3.0"));
    return world.rendered();
  }

  @Property
  void everyObjectIsOwnedAndFound(@ForAll("bottles") Bottle bottle) {
    for (HasMetadata object : objects(render(bottle))) {
      assertThat(Identity.owns(bottle, object)).isTrue();
      assertThat(Identity.isLabelled(bottle, object)).isTrue();
      assertThat(object.getMetadata().getName()).startsWith("bottle-demo");
    }
  }

  @Property
  void aBottleOfTheSameNameElsewhereSharesNothing(@ForAll("bottles") Bottle bottle) {
    String uid = "0b0e6f3c-5f0e-4a53-9d4c-3c6d8f1f9a02";
    Bottle other = with(with(bottle, "/metadata/namespace", "elsewhere"), "/metadata/uid", uid);
    Rendered own = render(bottle);
    Rendered its = render(other);

    // What a Pod names (Secrets, ConfigMaps) is of its own namespace.
    assertThat(objects(its))
        .allMatch(object -> object.getMetadata().getNamespace().equals("elsewhere"))
        .allMatch(object -> Identity.owns(other, object))
        .noneMatch(object -> Identity.owns(bottle, object));
    assertThat(objects(own)).noneMatch(object -> Identity.owns(other, object));
    assertThat(json(its)).noneMatch(text -> text.contains(World.UID));
    assertThat(json(its)).noneMatch(text -> text.contains(Canary.of(bottle)));
    assertThat(its.policyHash()).isNotEqualTo(own.policyHash());
    assertThat(Names.machine(uid)).isNotEqualTo(Names.machine(World.UID));
  }

  @Property
  void gatePaysForTheMachineAndItsOverhead(@ForAll("bottles") Bottle bottle) {
    Container gate =
        render(bottle).pod().getSpec().getContainers().stream()
            .filter(container -> container.getName().equals("gate"))
            .findFirst()
            .orElseThrow();
    int cpus = bottle.getSpec().machine().cpus();

    assertThat(cpu(gate.getResources().getLimits())).isEqualByComparingTo(Integer.toString(cpus));
    assertThat(cpu(gate.getResources().getRequests()).movePointRight(1))
        .isEqualByComparingTo(Integer.toString(cpus));
    assertThat(gate.getResources().getRequests().get("memory"))
        .isEqualTo(gate.getResources().getLimits().get("memory"))
        .extracting(memory -> memory.getNumericalAmount().longValueExact() >> 20)
        .isEqualTo(2048L + 192);
  }

  private static List<String> allowed(Bottle bottle) {
    return Objects.requireNonNull(Objects.requireNonNull(bottle.getSpec().egress()).allow());
  }

  private static byte[] bytes(ConfigMap map, String key) {
    return Objects.requireNonNull(map.getData().get(key)).getBytes(StandardCharsets.UTF_8);
  }

  private static BigDecimal cpu(Map<String, Quantity> resources) {
    return Objects.requireNonNull(resources.get("cpu")).getNumericalAmount();
  }

  private static Rendered render(Bottle bottle) {
    return World.of(bottle).rendered();
  }

  private static List<HasMetadata> objects(Rendered rendered) {
    return List.of(rendered.networkPolicy(), rendered.policy(), rendered.guest(), rendered.pod());
  }

  private static List<String> json(Rendered rendered) {
    return objects(rendered).stream().map(OperatorClient.serialization()::asJson).toList();
  }

  private static List<Container> containers(PodSpec pod) {
    return Stream.concat(pod.getInitContainers().stream(), pod.getContainers().stream()).toList();
  }

  private static Set<String> names(Bottle bottle, String list) {
    return Tree.of(bottle)
        .at(list)
        .valueStream()
        .map(item -> item.get("name").asText())
        .collect(Collectors.toSet());
  }

  private static List<Route> routes(Bottle bottle) {
    return Objects.requireNonNull(Objects.requireNonNull(bottle.getSpec().egress()).routes());
  }

  private static Set<KeyReference> keys(Bottle bottle) {
    return routes(bottle).stream()
        .map(route -> route.auth().secretKeyRef())
        .collect(Collectors.toSet());
  }

  /** Only a referenced prompt has a volume of its own. */
  private static String referenced(Bottle bottle) {
    var prompt = Tree.of(bottle).at("/spec/agent/prompt");
    return prompt.has("text") || prompt.isMissingNode() ? "" : prompt.toString();
  }

  private static Bottle with(Bottle bottle, String pointer, Object value) {
    return Tree.with(bottle, Bottle.class, pointer, value);
  }
}
