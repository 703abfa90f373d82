package dev.bottle.operator.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bottle.operator.admin.AdminConfig;
import dev.bottle.operator.admin.Cidr;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ClusterFactsTest {
  private static final ClusterFacts FACTS =
      new ClusterFacts(
          Map.of(
              "a", new NodeFacts("a", "1", List.of("192.168.7.1", "198.51.100.7")),
              "b", new NodeFacts("b", "2", List.of("10.0.0.5", "2600::5"))),
          Set.of("10.96.0.1", "203.0.113.9", "nonsense"),
          new AdminConfig.Valid(AdminConfig.NONE));

  @Test
  void privateAddressesAreRefusedAnywayAndNotListed() {
    assertThat(FACTS.refusedAddresses(AdminConfig.NONE))
        .containsExactly("198.51.100.7", "203.0.113.9", "2600::5");
  }

  @Test
  void whatTheAdminOpensAroundANodeStaysRefusedForTheNode() {
    assertThat(
            FACTS.refusedAddresses(
                new AdminConfig(
                    List.of(new AdminConfig.Destination(Cidr.parse("10.0.0.0/8"), List.of(443))),
                    "",
                    List.of(),
                    false,
                    null)))
        .contains("10.0.0.5", "10.96.0.1")
        .doesNotContain("192.168.7.1");
  }

  @Test
  void aNodeIsItsNameItsUidAndItsAddressesThatAreAddresses() {
    NodeFacts facts =
        NodeFacts.of(
            new NodeBuilder()
                .withNewMetadata()
                .withName("n")
                .withUid("u")
                .endMetadata()
                .withNewStatus()
                .addNewAddress("192.168.7.2", "InternalIP")
                .addNewAddress("192.168.7.2", "ExternalIP")
                .addNewAddress("2001:db8:0:0:0:0:0:1", "InternalIP")
                .addNewAddress("not-an-address", "InternalIP")
                .addNewAddress("n.cluster", "Hostname")
                .endStatus()
                .build());

    assertThat(facts).isEqualTo(new NodeFacts("n", "u", List.of("192.168.7.2", "2001:db8::1")));
  }

  @Test
  void aNodeWithoutStatusHasNoAddress() {
    assertThat(
            NodeFacts.of(
                    new NodeBuilder()
                        .withNewMetadata()
                        .withName("n")
                        .withUid("u")
                        .endMetadata()
                        .build())
                .addresses())
        .isEmpty();
  }
}
