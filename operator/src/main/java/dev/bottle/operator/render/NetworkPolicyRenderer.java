package dev.bottle.operator.render;

import dev.bottle.crd.api.Bottle;
import dev.bottle.crd.names.Names;
import dev.bottle.crd.policy.GitUpstream;
import dev.bottle.operator.admin.AddressRanges;
import dev.bottle.operator.admin.AdminConfig;
import dev.bottle.operator.admin.Cidr;
import dev.bottle.operator.cluster.ClusterFacts;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.LabelSelectorBuilder;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyBuilder;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyEgressRule;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyEgressRuleBuilder;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPeer;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPeerBuilder;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPort;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPortBuilder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Defence in depth around the bundle Pod: nobody connects to it; it reaches DNS, the public
 * internet on 443 and on its git upstreams' ports, and what the admin opened. What egress itself
 * refuses does not depend on it. Which resolvers it reaches and why: docs/adr/0012.
 */
final class NetworkPolicyRenderer {
  private static final int DNS = 53;
  private static final int HTTPS = 443;
  private static final Cidr ALL_V4 = Cidr.parse("0.0.0.0/0");
  private static final Cidr ALL_V6 = Cidr.parse("::/0");

  /** Where node-local DNS caches listen: upstream's and kubespray's default. */
  private static final List<String> NODE_LOCAL_DNS =
      List.of("169.254.20.10/32", "169.254.25.10/32");

  private NetworkPolicyRenderer() {}

  static NetworkPolicy render(Bottle bottle, AdminConfig admin, ClusterFacts cluster) {
    List<Cidr> refused =
        cluster.refusedAddresses(admin).stream()
            .map(address -> Cidr.parse(address + (address.contains(":") ? "/128" : "/32")))
            .toList();
    List<NetworkPolicyEgressRule> rules = new ArrayList<>();
    rules.add(dns());
    rules.add(internet(bottle, admin, refused));
    admin.privateDestinations().stream()
        .filter(opened -> !refused.contains(opened.cidr()))
        .forEach(opened -> rules.add(opened(opened, refused)));
    return new NetworkPolicyBuilder()
        .withMetadata(Identity.metadata(bottle, Names.pod(bottle.getMetadata().getName())))
        .withNewSpec()
        .withPodSelector(
            new LabelSelectorBuilder()
                .withMatchLabels(Map.of(Names.BOTTLE_LABEL, bottle.getMetadata().getName()))
                .build())
        .withPolicyTypes("Ingress", "Egress")
        .withEgress(rules)
        .endSpec()
        .build();
  }

  private static NetworkPolicyEgressRule dns() {
    List<NetworkPolicyPeer> peers = new ArrayList<>();
    peers.add(
        new NetworkPolicyPeerBuilder()
            .withNewNamespaceSelector()
            .endNamespaceSelector()
            .withNewPodSelector()
            .withMatchLabels(Map.of("k8s-app", "kube-dns"))
            .endPodSelector()
            .build());
    NODE_LOCAL_DNS.forEach(cidr -> peers.add(block(cidr, List.of())));
    return new NetworkPolicyEgressRuleBuilder()
        .withTo(peers)
        .withPorts(port("UDP", DNS), port("TCP", DNS))
        .build();
  }

  /**
   * On 443, and on the ports of the git upstreams: what git-gate dials on them it checks itself.
   */
  private static NetworkPolicyEgressRule internet(
      Bottle bottle, AdminConfig admin, List<Cidr> refused) {
    Stream<Integer> gits = GitRenderer.upstreams(bottle).stream().map(GitUpstream::port);
    return new NetworkPolicyEgressRuleBuilder()
        .withTo(
            block(ALL_V4.toString(), closed(ALL_V4, AddressRanges.NOT_PUBLIC_V4, admin, refused)),
            block("::/0", closed(ALL_V6, AddressRanges.NOT_PUBLIC_V6, admin, refused)))
        .withPorts(
            Stream.concat(Stream.of(HTTPS), gits)
                .distinct()
                .sorted()
                .map(number -> port("TCP", number))
                .toList())
        .build();
  }

  private static List<String> closed(
      Cidr within, List<Cidr> notPublic, AdminConfig admin, List<Cidr> refused) {
    return Stream.of(notPublic, admin.clusterRanges(), refused)
        .flatMap(List::stream)
        .filter(range -> range.prefix() > 0 && within.contains(range))
        .map(Cidr::toString)
        .distinct()
        .toList();
  }

  /**
   * Port 53 is DNS whoever runs it, so it is opened for UDP too: a resolver on a host's address.
   */
  private static NetworkPolicyEgressRule opened(
      AdminConfig.Destination destination, List<Cidr> refused) {
    List<NetworkPolicyPort> ports = new ArrayList<>();
    for (int number : destination.ports()) {
      ports.add(port("TCP", number));
      if (number == DNS) {
        ports.add(port("UDP", number));
      }
    }
    Cidr range = destination.cidr();
    return new NetworkPolicyEgressRuleBuilder()
        .withTo(
            block(
                range.toString(),
                Stream.concat(
                        AddressRanges.neverReachableWithin(range).stream(),
                        refused.stream().filter(range::contains))
                    .map(Cidr::toString)
                    .distinct()
                    .toList()))
        .withPorts(ports)
        .build();
  }

  private static NetworkPolicyPeer block(String cidr, List<String> except) {
    return new NetworkPolicyPeerBuilder()
        .withNewIpBlock()
        .withCidr(cidr)
        .withExcept(except)
        .endIpBlock()
        .build();
  }

  private static NetworkPolicyPort port(String protocol, int number) {
    return new NetworkPolicyPortBuilder()
        .withProtocol(protocol)
        .withPort(new IntOrString(number))
        .build();
  }
}
