package dev.bottle.bundle.address;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bottle.crd.policy.EgressPolicy;
import dev.bottle.crd.policy.PrivateDestination;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AddressRulesTest {
  private static final AddressRules NONE = rules(List.of(), List.of());

  /** The worst that an admin may write. */
  private static final AddressRules EVERYTHING = rules(List.of("0.0.0.0/0", "::/0"), List.of());

  @ParameterizedTest
  @ValueSource(
      strings = {
        "93.184.216.34",
        "1.1.1.1",
        "11.0.0.1",
        "172.15.255.255",
        "172.32.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "192.167.255.255",
        "198.20.0.0",
        "223.255.255.255",
        "2606:4700::1111",
        "2001:4860:4860::8888",
        "64:ff9b::5db8:d822",
        "2002:5db8:d822::1",
      })
  void publicAddressesMayBeDialled(String address) {
    assertThat(NONE.refusal(ip(address))).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "127.0.0.1, Loopback",
    "127.255.255.255, Loopback",
    "::1, Loopback",
    "::ffff:127.0.0.1, Loopback",
    "64:ff9b::7f00:1, Loopback",
    "2002:7f00:1::, Loopback",
    "0.0.0.0, Unspecified",
    "0.1.2.3, Unspecified",
    "::, Unspecified",
    "169.254.1.1, LinkLocal",
    "fe80::1, LinkLocal",
    "febf::1, LinkLocal",
    "169.254.169.254, Metadata",
    "169.254.170.2, Metadata",
    "fd00:ec2::254, Metadata",
    "100.100.100.200, Metadata",
    "168.63.129.16, Metadata",
    "64:ff9b::a9fe:a9fe, Metadata",
    "::ffff:169.254.169.254, Metadata",
    "fd20:ce::254, Metadata",
    "224.0.0.1, Multicast",
    "239.255.255.255, Multicast",
    "ff02::1, Multicast",
    "255.255.255.255, Broadcast",
  })
  void someAreRefusedWhateverIsSaid(String address, String rule) {
    assertThat(NONE.refusal(ip(address))).hasValue(rule);
    assertThat(EVERYTHING.refusal(ip(address))).hasValue(rule);
  }

  @ParameterizedTest
  @CsvSource({
    "10.0.0.1, Private",
    "172.16.0.1, Private",
    "172.31.255.255, Private",
    "192.168.1.1, Private",
    "100.64.0.1, Private",
    "100.127.255.255, Private",
    "fc00::1, Private",
    "fdff::1, Private",
    "fec0::1, Private",
    "::ffff:10.0.0.1, Private",
    "64:ff9b::a00:1, Private",
    "2002:a00:1::, Private",
    "192.0.2.1, Reserved",
    "198.51.100.1, Reserved",
    "203.0.113.1, Reserved",
    "198.18.0.1, Reserved",
    "198.19.255.255, Reserved",
    "192.0.0.1, Reserved",
    "240.0.0.1, Reserved",
    "255.255.255.254, Reserved",
    "2001:db8::1, Reserved",
    "2001::1, Reserved",
    "3fff::1, Reserved",
    "::7f00:1, Reserved",
    "64:ff9b:1::1, Reserved",
    "100::1, Reserved",
    "4000::1, Reserved",
    "fe00::1, Reserved",
  })
  void othersAreRefusedUntilAnAdminNamesThem(String address, String rule) {
    assertThat(NONE.refusal(ip(address))).hasValue(rule);
    assertThat(EVERYTHING.refusal(ip(address))).isEmpty();
  }

  @Test
  void aDestinationIsItsRangeAndPort443() {
    AddressRules rules =
        AddressRules.of(
            new EgressPolicy(
                List.of(),
                List.of(
                    new PrivateDestination("10.98.1.0/30", List.of(22, 443)),
                    new PrivateDestination("10.99.0.0/16", List.of(22))),
                List.of(),
                ""));

    assertThat(rules.refusal(ip("10.98.1.3"))).isEmpty();
    assertThat(rules.refusal(ip("10.98.1.4"))).hasValue("Private");
    assertThat(rules.refusal(ip("10.99.0.1"))).as("port 22 only").hasValue("Private");
  }

  @Test
  void anAddressRefusedByNameIsRefusedInEverySpelling() {
    AddressRules rules =
        rules(List.of("10.0.0.0/8"), List.of("10.98.0.1", "198.41.0.4", "2001:503:ba3e::2:30"));

    assertThat(rules.refusal(ip("10.98.0.1"))).hasValue("NamedAddress");
    assertThat(rules.refusal(ip("10.98.0.2"))).isEmpty();
    assertThat(rules.refusal(ip("198.41.0.4"))).hasValue("NamedAddress");
    assertThat(rules.refusal(ip("64:ff9b::c629:4"))).hasValue("NamedAddress");
    assertThat(rules.refusal(ip("2002:c629:4::1"))).hasValue("NamedAddress");
    assertThat(rules.refusal(ip("2001:503:ba3e:0:0:0:2:30"))).hasValue("NamedAddress");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "10.0.0.0", "10.0.0.0/33", "10.0.0/8", "x/8", "::/129", "10.0.0.0/-1"})
  void whatIsNoRangeIsSaid(String cidr) {
    assertThatThrownBy(() -> rules(List.of(cidr), List.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("privateDestinations[0].cidr is not a range");
  }

  @Test
  void whatIsNoAddressIsSaid() {
    assertThatThrownBy(() -> rules(List.of(), List.of("10.0.0.1", "node")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("refusedAddresses[1] is not an address");
  }

  /** Java's own predicates know less than the registries, but what they know must be refused. */
  @Property
  void whatJavaCallsSpecialIsRefused(@ForAll @Size(4) byte[] bytes) throws UnknownHostException {
    InetAddress address = InetAddress.getByAddress(bytes);
    boolean special =
        address.isLoopbackAddress()
            || address.isAnyLocalAddress()
            || address.isLinkLocalAddress()
            || address.isMulticastAddress();
    if (special) {
      assertThat(EVERYTHING.refusal(address)).isPresent();
    }
    if (special || address.isSiteLocalAddress()) {
      assertThat(NONE.refusal(address)).isPresent();
    }
  }

  @Property
  void anEmbeddedAddressIsJudgedAsItself(@ForAll @Size(4) byte[] bytes)
      throws UnknownHostException {
    InetAddress plain = InetAddress.getByAddress(bytes);
    String hex = "%02x%02x:%02x%02x".formatted(bytes[0], bytes[1], bytes[2], bytes[3]);

    assertThat(NONE.refusal(ip("64:ff9b::" + hex))).isEqualTo(NONE.refusal(plain));
    assertThat(NONE.refusal(ip("2002:" + hex + "::1"))).isEqualTo(NONE.refusal(plain));
    assertThat(NONE.refusal(ip("::ffff:" + hex))).isEqualTo(NONE.refusal(plain));
  }

  @Property
  void nothingOutsideTheGivenOutThirdOfIpv6IsPublic(@ForAll @Size(16) byte[] bytes)
      throws UnknownHostException {
    InetAddress address = InetAddress.getByAddress(bytes);
    boolean given = (bytes[0] & 0xe0) == 0x20;
    if (!given) {
      assertThat(NONE.refusal(address)).isPresent();
    }
  }

  private static AddressRules rules(List<String> destinations, List<String> refused) {
    return AddressRules.of(
        new EgressPolicy(
            List.of(),
            destinations.stream().map(c -> new PrivateDestination(c, List.of(443))).toList(),
            refused,
            ""));
  }

  private static InetAddress ip(String literal) {
    try {
      return InetAddress.getByName(literal);
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException(e);
    }
  }
}
