package dev.bottle.bundle.egress.inspection;

import dev.bottle.bundle.egress.guard.BodyVerdict;
import dev.bottle.bundle.egress.guard.ExchangeGuard;
import dev.bottle.bundle.egress.guard.Opcode;
import dev.bottle.bundle.egress.guard.Verdict;
import dev.bottle.bundle.egress.policy.Enforcement;
import dev.bottle.bundle.egress.refusal.Refusal;
import dev.bottle.bundle.egress.route.RouteDecision;
import dev.bottle.crd.condition.Reason;
import dev.bottle.crd.policy.OnMatch;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Looks at what the guest sends in one exchange. */
final class InspectedExchange implements ExchangeGuard {
  private static final int PORT = 443;

  private final String host;
  private final Enforcement policy;
  private final Needles needles;
  private final Sighting sighting;
  private final Frames messages;
  private final Frames controls;
  private final Set<String> told = new HashSet<>();
  private OnMatch action = OnMatch.Block;
  private @Nullable BodyInspection body;

  InspectedExchange(String host, Enforcement policy, Needles needles, Sighting sighting) {
    this.host = host;
    this.policy = policy;
    this.needles = needles;
    this.sighting = sighting;
    this.messages = new Frames(new StreamScanner(needles));
    this.controls = new Frames(new StreamScanner(needles));
  }

  @Override
  public Verdict requestHead(HttpRequest head) {
    RouteDecision decision = policy.routes().decide(host, head.method().name(), head.uri());
    action =
        decision instanceof RouteDecision.Matched matched
            ? matched.route().onMatch()
            : OnMatch.Block;
    if (HostLabels.carryData(host, policy)) { // the tunnel may be older than the inspection
      return new Verdict.Refuse(
          refusal(403, Reason.SecretFound, InspectionGuard.HOST_RULE, "Head"));
    }
    if (action == OnMatch.Redact) {
      maskValues(head.headers());
    }
    Optional<Refusal> refusal = refusal(search(text(head)), "Head", false);
    if (refusal.isPresent()) {
      return new Verdict.Refuse(refusal.get());
    }
    List<String> codings = codings(head.headers());
    if (codings.size() > 1) {
      return notInspectable();
    }
    BodyDecoder decoder = null;
    if (codings.size() == 1) {
      Optional<BodyDecoder> known = BodyDecoder.of(codings.getFirst());
      if (known.isEmpty()) {
        return notInspectable();
      }
      decoder = known.get();
    }
    body = new BodyInspection(needles, decoder);
    return Verdict.PASS;
  }

  private Verdict notInspectable() {
    return new Verdict.Refuse(refusal(415, Reason.ContentCodingUnsupported, "BodyCoding", "Head"));
  }

  private static List<String> codings(HttpHeaders headers) {
    return headers.getAll(HttpHeaderNames.CONTENT_ENCODING).stream()
        .flatMap(value -> Arrays.stream(value.split(",", -1)))
        .map(String::strip)
        .filter(coding -> !coding.isEmpty() && !coding.equalsIgnoreCase("identity"))
        .toList();
  }

  /** Everything that the guest chose, method and header names too. */
  private static String text(HttpRequest head) {
    StringBuilder text = new StringBuilder();
    text.append(head.method().name()).append('\n').append(head.uri()).append('\n');
    for (Map.Entry<String, String> header : head.headers()) {
      text.append(header.getKey()).append(": ").append(header.getValue()).append('\n');
    }
    return text.toString();
  }

  private List<Finding> search(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
    return new StreamScanner(needles).next(bytes, true);
  }

  private void maskValues(HttpHeaders headers) {
    for (String name : headers.names()) {
      List<String> values = new ArrayList<>();
      for (String value : headers.getAll(name)) {
        StringBuilder masked = new StringBuilder(value);
        for (Finding finding : search(value)) {
          tell(finding.rule(), "Head", OnMatch.Redact);
          for (int i = (int) finding.start(); i < finding.end(); i++) {
            masked.setCharAt(i, '*');
          }
        }
        values.add(masked.toString());
      }
      headers.set(name, values);
    }
  }

  @Override
  public BodyVerdict requestBody(ByteBuf chunk, boolean last) {
    BodyInspection inspected = body;
    byte[] part = ByteBufUtil.getBytes(chunk);
    chunk.release();
    if (inspected == null) {
      throw new IllegalStateException("a body without a head");
    }
    try {
      List<Finding> findings = inspected.next(part, last);
      Optional<Refusal> refusal =
          refusal(findings, "Body", action == OnMatch.Redact && inspected.mask());
      return refusal.isPresent()
          ? new BodyVerdict.Refuse(refusal.get())
          : new BodyVerdict.Forward(Unpooled.wrappedBuffer(inspected.release(last)));
    } catch (BodyDecoder.UndecodableException e) {
      return new BodyVerdict.Refuse(
          e.isBomb()
              ? refusal(415, Reason.DecompressionBomb, "BodyBomb", "Body")
              : refusal(415, Reason.ContentCodingUnsupported, "BodyCoding", "Body"));
    }
  }

  /**
   * Payloads that follow each other, as one stream: a message, or a secret, may be cut into many.
   */
  private static final class Frames {
    private final StreamScanner scanner;
    private long start;
    private long end;

    Frames(StreamScanner scanner) {
      this.scanner = scanner;
    }

    List<Finding> next(byte[] payload) {
      start = end;
      end += payload.length;
      return scanner.next(payload, true);
    }

    /** Where the last payload begins in the stream. */
    long start() {
      return start;
    }
  }

  /**
   * Control frames stand between the frames of a message (RFC 6455, section 5.4) without being part
   * of it, so they are a stream of their own: neither cuts what the other carries.
   */
  @Override
  public BodyVerdict guestFrame(Opcode opcode, ByteBuf payload, boolean last) {
    byte[] bytes = ByteBufUtil.getBytes(payload);
    payload.release();
    Frames frames = opcode.isControl() ? controls : messages;
    List<Finding> findings = frames.next(bytes);
    long start = frames.start();
    boolean masked =
        action == OnMatch.Redact && findings.stream().allMatch(finding -> finding.start() >= start);
    if (masked) {
      for (Finding finding : findings) {
        Arrays.fill(
            bytes, (int) (finding.start() - start), (int) (finding.end() - start), (byte) '*');
      }
    }
    Optional<Refusal> refusal = refusal(findings, "Frame", masked);
    return refusal.isPresent()
        ? new BodyVerdict.Refuse(refusal.get())
        : new BodyVerdict.Forward(Unpooled.wrappedBuffer(bytes));
  }

  /**
   * Whether the exchange ends by what was found. The canary and the Bottle's own tokens go out
   * under no action: {@code Observe} refuses them, {@code Redact} masks them as everything else.
   *
   * @param masked whether nothing of it is left in what goes on
   */
  private Optional<Refusal> refusal(List<Finding> findings, String place, boolean masked) {
    Optional<Finding> worst =
        findings.stream().max(Comparator.comparing(Finding::kind).thenComparing(Finding::rule));
    if (worst.isEmpty()) {
      return Optional.empty();
    }
    Finding finding = worst.get();
    if (masked || (action == OnMatch.Observe && finding.kind() == Finding.Kind.FORMAT)) {
      findings.forEach(each -> tell(each.rule(), place, action));
      return Optional.empty();
    }
    Reason reason = finding.kind() == Finding.Kind.CANARY ? Reason.CanaryFound : Reason.SecretFound;
    return Optional.of(refusal(403, reason, finding.rule(), place));
  }

  private Refusal refusal(int status, Reason reason, String rule, String place) {
    tell(rule, place, OnMatch.Block);
    return new Refusal(status, reason, rule, host, PORT);
  }

  private void tell(String rule, String place, OnMatch done) {
    if (told.add(rule)) {
      sighting.tell(host, rule, place, done);
    }
  }

  @Override
  public void close() {
    if (body != null) {
      body.close();
    }
  }
}
