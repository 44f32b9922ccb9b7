/* Questions to a table: lookups, walks, order for shows.  See rib.h. */
#define _GNU_SOURCE /* qsort_r */
#include <stdlib.h>
#include <string.h>

#include "bgpd/core/nlri.h"
#include "bgpd/core/rib_private.h"
#include "lib/base/xalloc.h"

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
	       (rib->hash.slots ? ((size_t)rib->hash.mask + 1) * 4 : 0) +
	       (rib->path_id_hash.slots ? ((size_t)rib->path_id_hash.mask + 1) * 4 : 0) +
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

/* ---- show order ---- */

struct sort_item {
	uint64_t first; /* what the order looks at first, as a number */
	uint32_t id;
};

static int item_compare(const void *a, const void *b, void *ctx)
{
	const struct sort_item *x = a, *y = b;
	const struct rib *rib = ctx;

	if (x->first != y->first)
		return x->first < y->first ? -1 : 1;
	return nlri_compare(rib->family, dest_at(rib, x->id)->key, dest_at(rib, y->id)->key);
}

/* By address, then length: for IPv4 unicast the number is the whole key. */
static uint64_t item_first(const struct rib *rib, const uint8_t *key)
{
	uint64_t v = 0;

	if (!rib_is_unicast(rib))
		return 0;
	for (unsigned i = 0; i < (rib->family == FAM_IPV4_UNICAST ? 5u : 8u); i++)
		v = v << 8 | key[i];
	return v;
}

/* One counting pass per byte that is not the same in all. */
static struct sort_item *radix_sort(struct sort_item *v, struct sort_item *tmp, uint32_t n)
{
	for (unsigned shift = 0; shift < 64; shift += 8) {
		uint32_t count[256] = { 0 }, sum = 0;
		struct sort_item *t = v;

		for (uint32_t i = 0; i < n; i++)
			count[v[i].first >> shift & 255]++;
		if (count[v[0].first >> shift & 255] == n)
			continue;
		for (unsigned b = 0; b < 256; b++) {
			uint32_t c = count[b];

			count[b] = sum;
			sum += c;
		}
		for (uint32_t i = 0; i < n; i++)
			tmp[count[v[i].first >> shift & 255]++] = v[i];
		v = tmp;
		tmp = t;
	}
	return v;
}

uint32_t *rib_sorted(const struct rib *rib, uint32_t *ret_n)
{
	uint32_t n = 0, live = rib->dests.live, *ids = xmalloc(sizeof(*ids) * (live + 1));
	struct sort_item *both = xmalloc(2 * sizeof(*both) * (live + 1)), *v = both;

	for (uint32_t id = 0; n < live && (id = rib_walk(rib, id));)
		if (dest_at(rib, id)->paths)
			v[n++] = (struct sort_item){ item_first(rib, dest_at(rib, id)->key), id };
	if (n && rib_is_unicast(rib)) {
		v = radix_sort(v, both + live + 1, n);
		/* IPv6: runs with the same first 8 bytes. */
		for (uint32_t i = 0, j; i < n; i = j) {
			for (j = i + 1; j < n && v[j].first == v[i].first; j++)
				;
			if (j - i > 1)
				qsort_r(v + i, j - i, sizeof(*v), item_compare, (void *)rib);
		}
	} else if (n) {
		qsort_r(v, n, sizeof(*v), item_compare, (void *)rib);
	}
	for (uint32_t i = 0; i < n; i++)
		ids[i] = v[i].id;
	free(both);
	*ret_n = n;
	return ids;
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
