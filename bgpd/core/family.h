/* The address families that bgpd speaks, one row each. */
#ifndef WEFT_BGPD_CORE_FAMILY_H
#define WEFT_BGPD_CORE_FAMILY_H

#include <stdint.h>

enum family {
	FAM_IPV4_UNICAST,
	FAM_IPV6_UNICAST,
	FAM_IPV4_VPN,
	FAM_IPV6_VPN,
	FAM_EVPN,
	FAM_COUNT,
	FAM_NONE = FAM_COUNT,
};
#define FAM_UNICAST_COUNT 2 /* they come first */

struct family_info {
	uint16_t afi;	    /* IANA */
	uint8_t safi;
	uint8_t key_size;   /* bytes of a canonical key: see nlri.h */
	const char *name;   /* "IPv4 Unicast", as in text output */
	const char *json;   /* "ipv4Unicast", FRR's key */
	const char *cli;    /* "ipv4 unicast" */
};

extern const struct family_info families[FAM_COUNT];

enum family family_find(uint16_t afi, uint8_t safi); /* FAM_NONE if not ours */

#endif
