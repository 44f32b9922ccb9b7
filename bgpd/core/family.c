/* The address families, one row each: see family.h. */
#include "bgpd/core/family.h"
#include "bgpd/core/nlri.h"

const struct family_info families[FAM_COUNT] = {
	[FAM_IPV4_UNICAST] = { 1, 1, 5, "IPv4 Unicast", "ipv4Unicast", "ipv4 unicast" },
	[FAM_IPV6_UNICAST] = { 2, 1, 17, "IPv6 Unicast", "ipv6Unicast", "ipv6 unicast" },
	[FAM_IPV4_VPN] = { 1, 128, 13, "IPv4 VPN", "ipv4Vpn", "ipv4 vpn" },
	[FAM_IPV6_VPN] = { 2, 128, 25, "IPv6 VPN", "ipv6Vpn", "ipv6 vpn" },
	[FAM_EVPN] = { 25, 70, NLRI_KEY_MAX, "L2VPN EVPN", "l2VpnEvpn", "l2vpn evpn" },
};

enum family family_find(uint16_t afi, uint8_t safi)
{
	for (int f = 0; f < FAM_COUNT; f++)
		if (families[f].afi == afi && families[f].safi == safi)
			return (enum family)f;
	return FAM_NONE;
}
