// Package registry talks to registries and to nothing else: every connection, whether for a registry, its token service
// or a redirect of either, passes one guard. See docs/adr/0043.
package registry

import "net/netip"

// Services of cloud providers that give credentials to whoever asks from the node; those at link-local addresses are
// refused with the range.
var metadata = []netip.Addr{
	netip.MustParseAddr("100.100.100.200"),
	netip.MustParseAddr("168.63.129.16"),
	netip.MustParseAddr("192.0.0.192"),
	netip.MustParseAddr("fd00:ec2::254"),
	netip.MustParseAddr("fd20:ce::254"),
}

var (
	thisNetwork  = netip.MustParsePrefix("0.0.0.0/8")
	broadcast    = netip.MustParseAddr("255.255.255.255")
	translated   = netip.MustParsePrefix("64:ff9b::/96") // RFC 6052: an IPv4 address at the end
	v4Compatible = netip.MustParsePrefix("::/96")        // RFC 4291, deprecated: the same
)

// isForbidden says whether no registry can be at this address unless an admin says so. Private addresses are no reason:
// many registries have one.
func isForbidden(address netip.Addr) bool {
	address = address.Unmap().WithZone("")
	if translated.Contains(address) || v4Compatible.Contains(address) {
		bytes := address.As16()
		if isForbidden(netip.AddrFrom4([4]byte(bytes[12:]))) {
			return true
		}
	}
	if address.IsLoopback() || address.IsUnspecified() || address.IsLinkLocalUnicast() || address.IsMulticast() {
		return true
	}
	if thisNetwork.Contains(address) || address == broadcast {
		return true
	}
	for _, service := range metadata {
		if address == service {
			return true
		}
	}
	return false
}
