package dev.bottle.agent.seal;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.bottle.agent.host.CommandResult;
import dev.bottle.agent.host.ProcessIdentity;
import dev.bottle.agent.smolvm.MachineCgroups;
import dev.bottle.agent.smolvm.MachineDefinition;
import dev.bottle.agent.smolvm.MachineLabels;
import dev.bottle.agent.smolvm.MachineSize;
import dev.bottle.agent.testing.FakeProc;
import dev.bottle.agent.testing.FakeRuntime;
import dev.bottle.crd.api.ProbeResult;
import dev.bottle.crd.api.ProbeResult.Verdict;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GuestProbeTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String POD = "pod-1";

  @TempDir Path temp;
  private final Nonces nonces = new Nonces();
  private FakeRuntime runtime;
  private GuestProbe probe;
  private SealSubject subject;

  @BeforeEach
  void prepare() throws Exception {
    FakeProc proc = new FakeProc(temp.resolve("proc"));
    runtime = new FakeRuntime(proc);
    Path rootfs = temp.resolve("rootfs");
    runtime.create(
        new MachineDefinition(
            "m", new MachineLabels("u", 1, "s"), new MachineSize(1, 1, 1), rootfs, temp));
    runtime.start("m", POD, temp);
    ProbeTargets targets =
        new ProbeTargets(
            proc.table(),
            List.of("10.0.0.7"),
            Optional.of("10.96.0.1:443"),
            temp.resolve("resolv.conf"));
    probe = new GuestProbe(runtime, targets, nonces);
    subject = new SealSubject("m", new ProcessIdentity(101, 1010), POD, "h", "b", temp, true);
  }

  /** A guest that answers so; egress of that Pod confirms. */
  private void guest(Optional<String> confirmingPod, Function<JsonNode, String> answer) {
    runtime.guest((argv, stdin) -> {
      assertThat(argv).containsExactly("/opt/bottle/bin/bottle-tool", "probe");
      JsonNode request = read(stdin);
      confirmingPod.ifPresent(pod -> nonces.seen(pod, request.path("nonce").asText()));
      return new CommandResult(0, answer.apply(request), "");
    });
  }

  private static JsonNode read(byte[] json) {
    try {
      return JSON.readTree(json);
    } catch (IOException e) {
      throw new AssertionError(new String(json, UTF_8), e);
    }
  }

  private static List<String> names(JsonNode request) {
    Stream<String> always =
        Stream.of("interfaces", "routes", "loopback-9099", "proxy-nonce", "proxy-refusal");
    Stream<String> targets =
        Stream.of("tcp", "udp")
            .flatMap(kind -> StreamSupport.stream(request.path(kind).spliterator(), false))
            .map(target -> target.path("name").asText());
    return Stream.concat(always, targets).toList();
  }

  private static String entry(String name, String verdict) {
    return "{\"name\":\"" + name + "\",\"verdict\":\"" + verdict + "\",\"detail\":\"d\"}";
  }

  private static String answer(List<String> entries) {
    return "{\"probes\":[" + String.join(",", entries) + "]}";
  }

  private static String allSealed(JsonNode request) {
    return answer(names(request).stream().map(name -> entry(name, "Sealed")).toList());
  }

  private SealOutcome outcome() throws InterruptedException {
    return SealOutcome.of(
        List.of(new ProbeResult("host", Verdict.Sealed, "fine")), probe.run(subject));
  }

  @Test
  void everythingSealedAndConfirmedIsProven() throws Exception {
    guest(Optional.of(POD), GuestProbeTest::allSealed);
    SealOutcome outcome = outcome();
    assertThat(outcome).isInstanceOf(SealOutcome.Proven.class);
    assertThat(outcome.probes())
        .extracting(ProbeResult::name)
        .contains(
            "public",
            "public-v6",
            "metadata",
            "api-server",
            "node-10.0.0.7",
            "node-10.244.0.1",
            "dns",
            "egress-confirmed");
  }

  @Test
  void theRequestIsWhatTheToolReads() throws Exception {
    List<JsonNode> asked = new ArrayList<>();
    guest(
        Optional.of(POD),
        request -> {
          asked.add(request);
          return allSealed(request);
        });
    var _ = probe.run(subject);
    JsonNode request = asked.getFirst();
    assertThat(request.path("proxy").asText()).isEqualTo("127.0.0.1:8888");
    assertThat(request.path("nonce").asText()).matches("[0-9a-f]{32}");
    assertThat(request.path("refused").path(0).asText()).isEqualTo("127.0.0.1:9099");
    assertThat(request.path("notAllowed").asText()).endsWith(".invalid");
    assertThat(request.properties())
        .extracting(field -> field.getKey())
        .containsExactlyInAnyOrder("proxy", "nonce", "tcp", "udp", "refused", "notAllowed");
  }

  @Test
  void anyOneProbeThatIsMissingFailsOrLeaksIsNoProof() throws Exception {
    List<String> all = new ArrayList<>();
    guest(
        Optional.of(POD),
        request -> {
          all.addAll(names(request));
          return allSealed(request);
        });
    var _ = probe.run(subject);

    for (String victim : all) {
      guest(
          Optional.of(POD),
          request ->
              answer(
                  names(request).stream()
                      .filter(name -> !name.equals(victim))
                      .map(name -> entry(name, "Sealed"))
                      .toList()));
      assertThat(outcome()).as("without %s", victim).isInstanceOf(SealOutcome.Unproven.class);

      guest(
          Optional.of(POD),
          request ->
              answer(
                  names(request).stream()
                      .map(name -> entry(name, name.equals(victim) ? "Leaked" : "Sealed"))
                      .toList()));
      assertThat(outcome()).as("%s leaks", victim).isInstanceOf(SealOutcome.Leaked.class);

      guest(
          Optional.of(POD),
          request ->
              answer(
                  names(request).stream()
                      .map(name -> entry(name, name.equals(victim) ? "sealed" : "Sealed"))
                      .toList()));
      assertThat(outcome())
          .as("%s in no known word", victim)
          .isInstanceOf(SealOutcome.Unproven.class);
    }
  }

  @Test
  void theGuestsWordWithoutEgresssIsNoProof() throws Exception {
    guest(Optional.empty(), GuestProbeTest::allSealed);
    assertThat(outcome())
        .isInstanceOfSatisfying(
            SealOutcome.Unproven.class,
            unproven -> assertThat(unproven.message()).contains("egress did not see the nonce"));
  }

  @Test
  void aGuestThatConfirmsInEgresssNameIsNotBelieved() throws Exception {
    guest(
        Optional.empty(),
        request ->
            answer(
                Stream.concat(names(request).stream(), Stream.of("egress-confirmed"))
                    .map(name -> entry(name, "Sealed"))
                    .toList()));
    assertThat(outcome()).isInstanceOf(SealOutcome.Unproven.class);
  }

  @Test
  void anotherPodsEgressThatSawTheNonceIsALeak() throws Exception {
    guest(Optional.of("pod-2"), GuestProbeTest::allSealed);
    assertThat(outcome()).isInstanceOf(SealOutcome.Leaked.class);
  }

  @Test
  void aGuestThatAnswersTwiceIsBelievedTheWorseAndNamedOnce() throws Exception {
    guest(
        Optional.of(POD),
        request ->
            answer(
                names(request).stream()
                    .flatMap(name ->
                        Stream.of(
                            entry(name, "Sealed"),
                            entry(name, name.equals("routes") ? "Leaked" : "Sealed"),
                            entry(name, "Sealed")))
                    .toList()));
    SealOutcome outcome = outcome();
    assertThat(outcome).isInstanceOf(SealOutcome.Leaked.class);
    assertThat(outcome.probes()).extracting(ProbeResult::name).doesNotHaveDuplicates();
  }

  @Test
  void hostileAnswersAreBoundedAndProveNothing() throws Exception {
    List<String> answers =
        new ArrayList<>(
            List.of(
                "",
                "null",
                "[]",
                "7",
                "\"x\"",
                "{}",
                "{\"probes\":{}}",
                "{\"probes\":[[[]]]}",
                "{\"probes\":",
                "[".repeat(100_000),
                "\u0000",
                "{\"probes\":[null,1,{\"name\":5,\"verdict\":[]}]}"));
    answers.add("x".repeat(4 << 20));
    answers.add(answer(java.util.Collections.nCopies(50_000, entry("invented", "Sealed"))));
    for (String hostile : answers) {
      guest(Optional.of(POD), request -> hostile);
      SealOutcome outcome = outcome();
      assertThat(outcome)
          .as(hostile.substring(0, Math.min(40, hostile.length())))
          .isInstanceOf(SealOutcome.Unproven.class);
      assertThat(outcome.probes()).hasSizeLessThan(64);
      assertThat(JSON.writeValueAsString(outcome.probes())).hasSizeLessThan(20_000);
    }
  }

  @Test
  void longAndDirtyDetailsAreCut() throws Exception {
    guest(
        Optional.of(POD),
        request ->
            answer(
                names(request).stream()
                    .map(name ->
                        "{\"name\":\""
                            + name
                            + "\",\"verdict\":\"Sealed\",\"detail\":\"\\n\\u001b"
                            + "z".repeat(10_000)
                            + "\"}")
                    .toList()));
    assertThat(probe.run(subject))
        .allSatisfy(result -> {
          assertThat(result.detail())
              .hasSizeLessThan(300)
              .doesNotContain("\n")
              .doesNotContain("\u001b");
        });
  }

  @Test
  void aProbeThatExitsBadlyIsNotBelieved() throws Exception {
    runtime.guest((argv, stdin) -> {
      nonces.seen(POD, read(stdin).path("nonce").asText());
      return new CommandResult(2, allSealed(read(stdin)), "bottle-tool probe: no");
    });
    assertThat(outcome()).isInstanceOf(SealOutcome.Unproven.class);
  }

  @Test
  void aRuntimeThatFailsIsNoProofAndNoLeak() throws Exception {
    runtime.failBefore("exec", 1);
    assertThat(outcome()).isInstanceOf(SealOutcome.Unproven.class);
  }

  @Test
  void aNonceIsUsedOnce() throws Exception {
    List<String> seen = new ArrayList<>();
    guest(
        Optional.of(POD),
        request -> {
          seen.add(request.path("nonce").asText());
          return allSealed(request);
        });
    var _ = probe.run(subject);
    guest(
        Optional.empty(),
        request -> {
          nonces.seen(POD, seen.getFirst());
          return allSealed(request);
        });
    assertThat(outcome()).isInstanceOf(SealOutcome.Unproven.class);
  }

  @Test
  void nothingOnOneSideIsNoProof() {
    List<ProbeResult> some = List.of(new ProbeResult("p", Verdict.Sealed, ""));
    assertThat(SealOutcome.of(List.of(), some)).isInstanceOf(SealOutcome.Unproven.class);
    assertThat(SealOutcome.of(some, List.of())).isInstanceOf(SealOutcome.Unproven.class);
    assertThat(SealOutcome.of(some, some)).isInstanceOf(SealOutcome.Proven.class);
  }

  @Test
  void aLeakOfTheHostSparesTheGuestTheQuestions() throws Exception {
    HostAndGuestSeal seal =
        new HostAndGuestSeal(
            new HostFacts(new FakeProc(temp.resolve("empty")).table()),
            probe,
            (machine, directory) -> CagedProcess.cage(false, MachineCgroups.POD));
    runtime.calls.clear();
    // the process is not in that table: host facts fail, which is no leak, and the guest is asked
    assertThat(seal.prove(subject)).isInstanceOf(SealOutcome.Unproven.class);
    assertThat(runtime.calls).hasSize(1);
  }

  @Test
  void targetsAreUniqueAddressesOutsideTheGuest() throws Exception {
    Files.writeString(
        temp.resolve("resolv.conf"),
        """
        search x
        nameserver 127.0.0.53
        nameserver ::1
        nameserver 10.96.0.10
        nameserver fd00::10
        nameserver no.address
        # nameserver 9.9.9.9
        """);
    FakeProc proc = new FakeProc(temp.resolve("proc"));
    ProbeTargets targets =
        new ProbeTargets(
            proc.table(),
            List.of("10.0.0.7", "fd00::7"),
            Optional.empty(),
            temp.resolve("resolv.conf"));
    assertThat(targets.udp())
        .extracting(ProbeTargets.Target::address)
        .containsExactly("203.0.113.53:53", "10.96.0.10:53", "[fd00::10]:53");
    assertThat(targets.tcp())
        .extracting(ProbeTargets.Target::address)
        .containsExactly(
            "203.0.113.1:443",
            "[2001:db8::1]:443",
            "169.254.169.254:80",
            "10.0.0.7:10250",
            "[fd00::7]:10250",
            "10.244.0.1:10250");
    assertThat(targets.tcp()).extracting(ProbeTargets.Target::name).doesNotHaveDuplicates();
  }

  @Test
  void aNodeWithThousandsOfAddressesIsProbedWithinBounds() throws Exception {
    FakeProc proc = new FakeProc(temp.resolve("proc"));
    proc.write(
        "1/net/fib_trie",
        Stream.iterate(0, i -> i + 1)
            .limit(3000)
            .map(i -> "     |-- 10." + i / 250 + ".0." + i % 250 + "\n        /32 host LOCAL\n")
            .collect(Collectors.joining()));
    ProbeTargets targets =
        new ProbeTargets(
            proc.table(), List.of("192.0.2.9"), Optional.empty(), temp.resolve("resolv.conf"));
    assertThat(targets.tcp()).hasSizeLessThan(30);
    assertThat(targets.tcp()).extracting(ProbeTargets.Target::name).contains("node-192.0.2.9");
  }
}
