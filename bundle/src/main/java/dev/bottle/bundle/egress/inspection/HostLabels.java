package dev.bottle.bundle.egress.inspection;

import dev.bottle.bundle.egress.policy.Enforcement;
import dev.bottle.crd.policy.HostPattern;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Whether a host's name carries data: every resolver on the way reads it, before any request. Only
 * for hosts of a wildcard, for a name that the policy spells out says nothing new.
 */
final class HostLabels {
  /** What is left of a name that is spelled out by nobody; 40 bytes of data and more. */
  private static final int MAX_VARIABLE = 64;

  private static final int MIN_LABEL = 20;
  private static final double MIN_ENTROPY = 3.5;
  private static final int MIN_CHANGES = 4;

  private HostLabels() {}

  /**
   * Judges a name of a wildcard of this policy; one that it spells out, or does not allow any more,
   * carries nothing.
   *
   * @param host in lower case
   */
  static boolean carryData(String host, Enforcement policy) {
    List<String> allow = policy.policy().allow();
    if (!policy.routes().routes(host).isEmpty()
        || allow.contains(host)
        || policy.grants().allows(host)) {
      return false;
    }
    List<HostPattern> wildcards =
        allow.stream()
            .map(HostPattern::parse)
            .flatMap(Optional::stream)
            .filter(pattern -> pattern.wildcard() && pattern.matches(host))
            .toList();
    return !wildcards.isEmpty()
        && wildcards.stream().allMatch(pattern -> carryData(host, pattern.host()));
  }

  /**
   * Judges the name.
   *
   * @param host in lower case
   * @param suffix of the wildcard that allows it
   */
  static boolean carryData(String host, String suffix) {
    String variable = host.substring(0, Math.max(0, host.length() - suffix.length() - 1));
    List<String> labels = Arrays.asList(variable.split("\\.", -1));
    // A secret that is cut into short labels is as random as in one.
    String joined = String.join("", labels);
    return variable.length() > MAX_VARIABLE
        || (labels.size() > 2 && isRandom(joined))
        || labels.stream().anyMatch(HostLabels::isRandom);
  }

  /**
   * Letters and digits that change often, as in hexadecimal or Base32 and not in words. Hyphens, as
   * in dates, are no change and hide none.
   */
  private static boolean isRandom(String name) {
    String label = name.replace("-", "");
    if (label.length() < MIN_LABEL
        || isUuid(name)
        || Entropy.of(label) < MIN_ENTROPY - slack(label)) {
      return false;
    }
    int changes = 0;
    for (int i = 1; i < label.length(); i++) {
      if (Character.isDigit(label.charAt(i)) != Character.isDigit(label.charAt(i - 1))) {
        changes++;
      }
    }
    return changes >= MIN_CHANGES;
  }

  /** Sixteen digits have at most 4 bits each, and a short text repeats some by chance. */
  private static double slack(String label) {
    return label.matches("[0-9a-f]+") ? 0.5 : 0;
  }

  /** 122 bits at most, and common names of tenants. */
  private static boolean isUuid(String label) {
    return label.matches("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}");
  }
}
