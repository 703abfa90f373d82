package dev.bottle.operator.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.UnknownHostException;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CidrTest {
  @ParameterizedTest
  @CsvSource({
    "10.0.0.0/8, 10.255.0.1, true",
    "10.0.0.0/8, 11.0.0.0, false",
    "0.0.0.0/0, 8.8.8.8, true",
    "192.168.7.9/32, 192.168.7.9, true",
    "192.168.7.9/32, 192.168.7.8, false",
    "100.64.0.0/10, 100.127.255.255, true",
    "100.64.0.0/10, 100.128.0.0, false",
    "fd00::/8, fdff::1, true",
    "::/0, 10.0.0.1, false",
    "0.0.0.0/0, ::1, false"
  })
  void membershipIsByThePrefixWithinOneFamily(String range, String address, boolean member) {
    assertThat(Cidr.parse(range).contains(InetAddress.ofLiteral(address))).isEqualTo(member);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"10.0.0.1/8", "10.0.0.0/-1", "10.0.0.0/33", "::1/0", "host/8", "/8", "10.0.0.0/"})
  void whatIsNoCanonicalRangeIsRefused(String text) {
    assertThatThrownBy(() -> Cidr.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(text);
  }

  @Property
  void anAddressIsWrittenAsKubernetesReadsIt(@ForAll @Size(16) byte[] bytes)
      throws UnknownHostException {
    InetAddress address = InetAddress.getByAddress(bytes);

    assertThat(InetAddress.ofLiteral(AddressRanges.text(address))).isEqualTo(address);
  }

  @Property
  void aRangeSurvivesItsText(@ForAll @Size(4) byte[] bytes, @ForAll @IntRange(max = 32) int prefix)
      throws UnknownHostException {
    for (int bit = prefix; bit < 32; bit++) {
      bytes[bit / 8] &= (byte) ~(0x80 >> bit % 8);
    }
    Cidr range = new Cidr(InetAddress.getByAddress(bytes), prefix);

    assertThat(Cidr.parse(range.toString())).isEqualTo(range);
    assertThat(range.contains(range)).isTrue();
  }

  @ParameterizedTest
  @CsvSource({
    "2001:db8:0:0:1:0:0:1, 2001:db8::1:0:0:1",
    "0:0:0:0:0:0:0:1, ::1",
    "fe80:0:0:0:0:0:0:0, fe80::",
    "2001:0:3:4:5:6:7:8, 2001:0:3:4:5:6:7:8",
    "10.0.0.1, 10.0.0.1"
  })
  void textIsThatOfRfc5952(String address, String text) {
    assertThat(AddressRanges.text(InetAddress.ofLiteral(address))).isEqualTo(text);
  }

  @Test
  void publicIsWhatNoSpecialRangeHolds() {
    assertThat(AddressRanges.isPublic(InetAddress.ofLiteral("8.8.8.8"))).isTrue();
    assertThat(AddressRanges.isPublic(InetAddress.ofLiteral("2600::1"))).isTrue();
    assertThat(AddressRanges.isPublic(InetAddress.ofLiteral("172.31.0.1"))).isFalse();
    assertThat(AddressRanges.isPublic(InetAddress.ofLiteral("64:ff9b::a00:1"))).isFalse();
  }
}
