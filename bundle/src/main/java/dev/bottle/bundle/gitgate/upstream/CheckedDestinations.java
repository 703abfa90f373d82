package dev.bottle.bundle.gitgate.upstream;

import dev.bottle.bundle.address.AddressRules;
import dev.bottle.bundle.address.Resolver;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/**
 * Resolves a host once and gives out an address that the policy allows, which git and ssh then dial
 * without resolving again: a name that changes its mind in between gains nothing.
 */
public final class CheckedDestinations implements Destinations {
  private static final int PATIENCE_SECONDS = 10;

  private final Resolver resolver;
  private final Supplier<AddressRules> rules;

  /** By this resolver and the rules in force. */
  public CheckedDestinations(Resolver resolver, Supplier<AddressRules> rules) {
    this.resolver = resolver;
    this.rules = rules;
  }

  @Override
  public InetAddress find(String host, int port) throws UpstreamException, InterruptedException {
    List<InetAddress> addresses;
    try {
      addresses = resolver.resolve(host).get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException e) {
      throw new UpstreamException("UpstreamUnavailable", host + " has no address");
    }
    return addresses.stream()
        .filter(address -> rules.get().refusal(address, port).isEmpty())
        .min(Comparator.comparingInt(address -> address instanceof Inet4Address ? 0 : 1))
        .orElseThrow(() ->
            new UpstreamException(
                "AddressNotAllowed",
                host + " is at an address that git-gate may not dial on port " + port));
  }
}
