package dev.bottle.agent.seal;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bottle.agent.host.CommandResult;
import dev.bottle.agent.smolvm.MachineRuntime;
import dev.bottle.agent.smolvm.RuntimeFailure;
import dev.bottle.crd.api.ProbeResult;
import dev.bottle.crd.api.ProbeResult.Verdict;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Runs the probes in the guest and checks with egress that the guest really reached it. */
public final class GuestProbe {
  private static final Duration DEADLINE = Duration.ofSeconds(60);
  private static final Duration CONFIRMATION = Duration.ofSeconds(5);
  private static final int MAX_DETAIL = 200;
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Probes that are always there, beside those named in the targets. */
  private static final List<String> ALWAYS =
      List.of("interfaces", "routes", "loopback-9099", "proxy-nonce", "proxy-refusal");

  /** What the guest asks egress for to be refused; a name that never resolves (RFC 6761, 6.4). */
  public static final String NOT_ALLOWED = "not-allowed.bottle.invalid";

  private final MachineRuntime runtime;
  private final ProbeTargets targets;
  private final Nonces nonces;

  /** Probes by that runtime; the nonces are those that the control connections feed. */
  public GuestProbe(MachineRuntime runtime, ProbeTargets targets, Nonces nonces) {
    this.runtime = runtime;
    this.targets = targets;
    this.nonces = nonces;
  }

  /** Every probe's verdict; a probe without an answer has Failed. */
  public List<ProbeResult> run(SealSubject subject) throws InterruptedException {
    Nonces.Expectation expectation = nonces.expect();
    try {
      List<ProbeTargets.Target> tcp = targets.tcp();
      List<ProbeTargets.Target> udp = targets.udp();
      ObjectNode request = request(expectation.nonce(), tcp, udp);
      CommandResult result =
          runtime.exec(
              subject.machine(),
              List.of("/opt/bottle/bin/bottle-tool", "probe"),
              DEADLINE,
              stdin -> stdin.write(JSON.writeValueAsBytes(request)));
      List<String> names = new ArrayList<>(ALWAYS);
      tcp.forEach(target -> names.add(target.name()));
      udp.forEach(target -> names.add(target.name()));
      List<ProbeResult> probes = new ArrayList<>(parse(result, names));
      probes.add(confirmation(expectation, subject.podUid()));
      return List.copyOf(probes);
    } catch (RuntimeFailure | IOException e) {
      return List.of(new ProbeResult("guest", Verdict.Failed, shortened(e.toString())));
    } finally {
      nonces.forget(expectation);
    }
  }

  private static ObjectNode request(
      String nonce, List<ProbeTargets.Target> tcp, List<ProbeTargets.Target> udp) {
    ObjectNode request = JSON.createObjectNode();
    request.put("proxy", "127.0.0.1:8888").put("nonce", nonce);
    request.set("tcp", JSON.valueToTree(tcp));
    request.set("udp", JSON.valueToTree(udp));
    request.putArray("refused").add("127.0.0.1:9099");
    request.put("notAllowed", NOT_ALLOWED);
    return request;
  }

  /** The guest's word is enough to find a leak, never enough to hide one that the host sees. */
  private static List<ProbeResult> parse(CommandResult result, List<String> names)
      throws IOException {
    if (!result.succeeded()) {
      throw new IOException("the probe failed: " + result.complaint());
    }
    JsonNode answer;
    try {
      answer = JSON.readTree(result.stdout());
    } catch (JsonProcessingException e) {
      throw new IOException("the probe did not answer: " + result.complaint());
    }
    Map<String, ProbeResult> probes = new LinkedHashMap<>();
    for (JsonNode probe : answer.path("probes")) {
      String name = probe.path("name").asText();
      if (names.contains(name)) {
        String detail = shortened(probe.path("detail").asText(""));
        probes.merge(
            name,
            new ProbeResult(name, verdict(probe.path("verdict").asText()), detail),
            GuestProbe::worse);
      }
    }
    for (String name : names) {
      probes.putIfAbsent(name, new ProbeResult(name, Verdict.Failed, "no answer"));
    }
    return List.copyOf(probes.values());
  }

  /** A guest that answers twice is believed the worse. */
  private static ProbeResult worse(ProbeResult one, ProbeResult other) {
    return weight(one) >= weight(other) ? one : other;
  }

  private static int weight(ProbeResult probe) {
    return switch (probe.verdict()) {
      case Sealed -> 0;
      case Failed -> 1;
      case Leaked -> 2;
    };
  }

  private ProbeResult confirmation(Nonces.Expectation expectation, String podUid)
      throws InterruptedException {
    String name = "egress-confirmed";
    try {
      String confirmedBy =
          expectation.confirmed().get(CONFIRMATION.toMillis(), TimeUnit.MILLISECONDS);
      return confirmedBy.equals(podUid)
          ? new ProbeResult(name, Verdict.Sealed, "egress of this Pod saw the nonce")
          : new ProbeResult(
              name, Verdict.Leaked, "egress of Pod " + confirmedBy + " saw the nonce");
    } catch (TimeoutException | ExecutionException e) {
      return new ProbeResult(name, Verdict.Failed, "egress did not see the nonce");
    }
  }

  private static Verdict verdict(String word) {
    return Optional.of(word)
        .filter(Set.of("Sealed", "Leaked", "Failed")::contains)
        .map(Verdict::valueOf)
        .orElse(Verdict.Failed);
  }

  private static String shortened(String text) {
    String line = text.replaceAll("\\p{Cntrl}", " ");
    return line.length() <= MAX_DETAIL ? line : line.substring(0, MAX_DETAIL) + "…";
  }
}
