package dev.bottle.bundle.egress.upstream;

import dev.bottle.bundle.address.Resolver;
import dev.bottle.bundle.egress.Limits;
import dev.bottle.bundle.egress.policy.Enforcement;
import dev.bottle.bundle.egress.policy.PolicyInForce;
import dev.bottle.bundle.egress.refusal.Refusal;
import dev.bottle.crd.condition.Reason;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Resolves a host, drops the addresses that the policy refuses, and dials exactly those that are
 * left: there is no second look-up between check and dial that an attacker's name server could
 * answer differently.
 *
 * <p>Behind pipelock the same look decides whether pipelock is asked at all; it looks the name up
 * itself, and applies rules of its own to what it finds. Nothing is dialled but pipelock then.
 */
public final class Connector {
  /** Of a host with many addresses. */
  static final int MAX_ATTEMPTS = 3;

  static final int PORT = 443;

  private final Resolver resolver;
  private final Dialer dialer;
  private final PolicyInForce policy;
  private final Limits limits;
  private final @Nullable Pipelock pipelock;

  /**
   * Uses these.
   *
   * @param pipelock the only way out, when there is one
   */
  public Connector(
      Resolver resolver,
      Dialer dialer,
      PolicyInForce policy,
      Limits limits,
      @Nullable Pipelock pipelock) {
    this.resolver = resolver;
    this.dialer = dialer;
    this.policy = policy;
    this.limits = limits;
    this.pipelock = pipelock;
  }

  /**
   * The addresses of this host that may be dialled now, never none: otherwise it fails with an
   * {@link UpstreamException}. Completes on the event loop.
   */
  public Future<List<InetAddress>> check(String host, EventLoop loop) {
    Promise<List<InetAddress>> result = loop.newPromise();
    resolver
        .resolve(host)
        .addListener((Future<List<InetAddress>> resolved) ->
            loop.execute(() -> {
              if (!resolved.isSuccess()) {
                result.setFailure(failure(host, "NameNotResolved"));
                return;
              }
              try {
                result.setSuccess(permitted(host, resolved.getNow()));
              } catch (UpstreamException refused) {
                result.setFailure(refused);
              }
            }));
    return result;
  }

  /**
   * A connection to this host, or an {@link UpstreamException}. Everything of it happens on this
   * event loop.
   *
   * @param http2 whether the upstream may choose HTTP/2
   */
  public Future<Upstream> connect(String host, EventLoop loop, boolean http2) {
    Promise<Upstream> result = loop.newPromise();
    check(host, loop)
        .addListener((Future<List<InetAddress>> checked) -> {
          Enforcement enforcement = policy.get();
          if (!checked.isSuccess() || enforcement == null) {
            result.setFailure(
                checked.cause() == null ? failure(host, "UpstreamUnreachable") : checked.cause());
            return;
          }
          if (pipelock == null) {
            new Attempt(host, loop, dialer, limits, enforcement.roots(), http2, result)
                .over(checked.getNow());
          } else {
            new PipelockAttempt(host, loop, dialer, limits, pipelock, result)
                .start(checked.getNow());
          }
        });
    return result;
  }

  private List<InetAddress> permitted(String host, List<InetAddress> addresses)
      throws UpstreamException {
    Enforcement enforcement = policy.get();
    if (enforcement == null) {
      throw new UpstreamException(new Refusal(403, Reason.PolicyInvalid, "NoPolicy", host, PORT));
    }
    List<InetAddress> permitted = new ArrayList<>();
    Optional<String> refusal = Optional.empty();
    for (InetAddress address : addresses) {
      Optional<String> fault = enforcement.refusal(address);
      if (fault.isEmpty()) {
        permitted.add(address);
      } else {
        refusal = fault;
      }
    }
    // Pipelock may dial any of them, so one that must not be reached is one too many.
    if (refusal.isPresent() && (permitted.isEmpty() || pipelock != null)) {
      throw new UpstreamException(
          new Refusal(403, Reason.AddressRefused, refusal.get(), host, PORT));
    }
    if (permitted.isEmpty()) {
      throw failure(host, "NameNotResolved");
    }
    if (pipelock != null) {
      return List.copyOf(permitted);
    }
    return List.copyOf(permitted.subList(0, Math.min(permitted.size(), MAX_ATTEMPTS)));
  }

  static UpstreamException failure(String host, String rule) {
    return new UpstreamException(new Refusal(502, Reason.UpstreamFailed, rule, host, PORT));
  }
}
