/* Questions to a table: lookups, walks.  See rib.h. */
#include <string.h>

#include "bgpd/core/nlri.h"
#include "bgpd/core/rib_private.h"

uint32_t rib_find(const struct rib *rib, const uint8_t *key)
{
	uint64_t hash = rib_key_hash(rib, key);
	uint32_t at, id = rib_hash_first(&rib->hash, hash, &at);

	while (id && memcmp(dest_at(rib, id)->key, key, rib->key_size) != 0)
		id = rib_hash_next(&rib->hash, hash, &at);
	return id;
}

uint32_t rib_match(const struct rib *rib, const struct ip_addr *a)
{
	uint8_t key[NLRI_KEY_MAX] = { 0 };

	if ((rib->family != FAM_IPV4_UNICAST || a->family != 4) &&
			(rib->family != FAM_IPV6_UNICAST || a->family != 6))
		return 0;
	for (int len = (int)family_bits(a->family); len >= 0; len--) {
		struct prefix p;
		uint32_t id;

		if (!rib->lengths[len])
			continue;
		p = prefix_make(a, (uint8_t)len);
		nlri_key_unicast(&p, key);
		id = rib_find(rib, key);
		if (id && dest_at(rib, id)->paths)
			return id;
	}
	return 0;
}

const struct dest *rib_dest(const struct rib *rib, uint32_t id)
{
	return dest_at(rib, id);
}

struct path *rib_path(const struct rib *rib, uint32_t id)
{
	return path_at(rib, id);
}

const struct path *rib_best(const struct rib *rib, uint32_t dest)
{
	uint32_t id = dest_at(rib, dest)->paths;
	const struct path *p = id ? path_at(rib, id) : NULL;

	return p && p->flags & PATH_USABLE ? p : NULL;
}

uint32_t rib_used_next(const struct rib *rib, uint32_t dest, uint32_t path)
{
	return rib_used_after(rib, dest_at(rib, dest), path);
}

uint32_t rib_dest_count(const struct rib *rib)
{
	return rib->dests.live;
}

uint32_t rib_path_count(const struct rib *rib)
{
	return rib->paths.live;
}

size_t rib_bytes(const struct rib *rib)
{
	return sizeof(*rib) + slab_bytes(&rib->dests) + slab_bytes(&rib->paths) +
	       slab_bytes(&rib->path_ids) +
	       rib_hash_bytes(&rib->hash) + rib_hash_bytes(&rib->path_id_hash) +
	       (rib->log.ring ? ((size_t)rib->log.mask + 1) * 4 : 0);
}

uint32_t rib_walk(const struct rib *rib, uint32_t after)
{
	for (uint32_t id = after + 1; id <= rib->dests.used; id++)
		if (dest_is_live(rib, dest_at(rib, id)))
			return id;
	return 0;
}

uint32_t rib_version(const struct rib *rib)
{
	return rib->log.head;
}

/* ---- words ---- */

static const char *const reasons[REASON_COUNT] = {
	[REASON_NONE] = "",
	[REASON_POLICY_DENIED] = "denied by the inbound policy",
	[REASON_NEXT_HOP_UNREACHABLE] = "next hop is not reachable",
	[REASON_AS_LOOP] = "AS path has our own AS",
	[REASON_ORIGINATOR_LOOP] = "we are its originator",
	[REASON_CLUSTER_LOOP] = "cluster list has our own cluster",
	[REASON_NEXT_HOP_SELF] = "next hop is our own address",
	[REASON_AS_SET] = "AS path has an AS_SET",
	[REASON_NOT_IMPORTED] = "not imported",
	[REASON_WEIGHT] = "lower weight",
	[REASON_LOCAL_PREF] = "lower local preference",
	[REASON_LOCAL_ORIGIN] = "not a local route",
	[REASON_AIGP] = "higher accumulated IGP metric",
	[REASON_AS_PATH_LENGTH] = "longer AS path",
	[REASON_ORIGIN] = "worse origin",
	[REASON_MED] = "higher MED",
	[REASON_PEER_TYPE] = "not from an external peer",
	[REASON_CONFED] = "not from a confederation peer",
	[REASON_IGP_METRIC] = "next hop is farther",
	[REASON_MULTIPATH] = "equal, used beside the best",
	[REASON_OLDER] = "newer than the best",
	[REASON_ROUTER_ID] = "higher router ID",
	[REASON_CLUSTER_LENGTH] = "longer cluster list",
	[REASON_NEIGHBOR_ADDRESS] = "higher neighbor address",
	[REASON_PATH_ID] = "higher path ID",
	[REASON_EVPN_MOBILITY] = "older MAC mobility sequence or higher VTEP",
};

const char *reason_text(enum path_reason r)
{
	return r < REASON_COUNT && reasons[r] ? reasons[r] : "unknown";
}
