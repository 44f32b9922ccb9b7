/* What vrf.c, vrf_export.c and vrf_import.c share. */
#ifndef WEFT_BGPD_CORE_VRF_PRIVATE_H
#define WEFT_BGPD_CORE_VRF_PRIVATE_H

#include "bgpd/core/vrf.h"
#include "lib/base/htab.h"
#include "lib/base/slab.h"

#define VRF_SLICE 1024 /* destinations per slice of work */

/* One way out of a VRF's unicast table: as EVPN type 5, or into a VPN table. */
struct vrf_out {
	bool on;
	struct rd_value rd;
	struct rt_list rt;
	uint32_t label;		  /* L3VNI, or MPLS label with the bottom-of-stack bit */
	struct ip_addr next_hop;  /* the VTEP; family 0: the speaker itself */
	struct mac_addr rmac;
	struct policy_bound *filter; /* NULL: none */
};

enum { OUT_EVPN, OUT_VPN, OUT_COUNT };

struct vrf_export {
	struct rib_reader reader; /* of the unicast table */
	struct vrf_link *link;
	int af;			  /* 0: IPv4, 1: IPv6 */
	bool needed;		  /* else the reader closes when it has read all */
	bool by_name;		  /* some instance has `import vrf` of this one */
	struct vrf_out out[OUT_COUNT];
	bool default_on;	  /* EVPN's default-originate */
	uint8_t default_key[NLRI_KEY_MAX]; /* as it was put into the table */
};

struct vrf_link {
	struct bgp_instance *instance;
	struct vrf_export export[2];
	struct work work;
	bool purge;		  /* what was exported may be out of date: walk and withdraw */
	int purge_table;
	uint32_t purge_at;
	struct vrf_importer *importer; /* in the default instance's link only */
};

/* One imported path: its slab id is the path id in the target's table. */
struct vrf_import {
	uint32_t next;		/* of the same original destination */
	uint32_t dest;		/* original */
	uint16_t instance;	/* whose table the original is in */
	uint16_t target;	/* instance imported into */
	uint8_t family;		/* of the original */
	uint8_t rank;		/* 0: from the best path, 1..: those used beside it */
	uint8_t external;	/* index of source_import that it was given */
	bool live, keep;
};

struct rt_index_entry {
	uint64_t rt;
	uint16_t instance;
	uint8_t family; /* FAM_EVPN or FAM_*_VPN */
};

struct vrf_name {
	char name[16]; /* of the VRF that is imported */
	uint8_t family;
	uint16_t instance; /* that imports it */
};

/* Which instances have `import vrf NAME`: sorted by name and family.  A change
 * concerns every VRF whose name it may hold, so all look once, in the next slice
 * of work, however many instances a configuration changed. */
struct vrf_names {
	struct bgp_core *core;
	VEC(struct vrf_name) entry;
	bool stale;
	struct work work;
};

struct vrf_in {
	struct rib_reader reader;
	struct vrf_importer *importer;
};

struct vrf_importer {
	struct bgp_core *core;
	struct slab imports;
	struct htab by_dest;
	VEC(struct rt_index_entry) index; /* sorted */
	bool index_stale;
	struct vrf_in in[FAM_COUNT]; /* of the default instance's VPN and EVPN tables */
	struct vrf_names names;
	struct work work;
	/* of the destination that is being imported */
	VEC(uint16_t) targets;	  /* instances that import the path, each once */
	VEC(uint32_t) target_of;  /* by instance: the round in which it came among them */
	uint32_t round;
	uint32_t near;		  /* the import found last: the next one is mostly behind it; 0: none */
	bool fresh;		  /* there were no imports of it: none is looked for */
};

static inline const enum family *vrf_unicast(void)
{
	static const enum family f[2] = { FAM_IPV4_UNICAST, FAM_IPV6_UNICAST };

	return f;
}

struct bgp_instance *vrf_default(const struct bgp_core *c); /* NULL while there is none */

void vrf_export_config(struct vrf_link *v);
/* Some instance's `import vrf` may have changed: is this one's name among them? */
void vrf_export_importers_changed(struct vrf_link *v, struct vrf_importer *m);
bool vrf_export_run(struct vrf_link *v); /* true: there is more */
void vrf_export_withdraw_all(struct vrf_link *v);

struct vrf_importer *vrf_importer_new(struct bgp_core *c);
void vrf_importer_free(struct vrf_importer *m);
void vrf_importer_config(struct vrf_importer *m); /* some instance's imports changed */
void vrf_importer_forget(struct vrf_importer *m, const struct bgp_instance *i);
/* Brings the copies of one destination up to date. */
void vrf_import_dest(struct vrf_importer *m, const struct bgp_instance *from, enum family f,
		uint32_t dest);
/* The way on from a destination may be another although its attributes are the
 * same: whoever uses its copies looks again. */
void vrf_import_touch(struct vrf_importer *m, const struct bgp_instance *from, enum family f,
		uint32_t dest);

void vrf_names_init(struct vrf_names *names, struct bgp_core *c);
void vrf_names_fini(struct vrf_names *names);
void vrf_names_config(struct vrf_names *names); /* some instance's `import vrf` may have changed */
/* Does any instance import this one's routes by its name? */
bool vrf_names_any(struct vrf_importer *m, const struct bgp_instance *from, enum family f);
/* All that do, into m->targets. */
void vrf_names_targets(struct vrf_importer *m, const struct bgp_instance *from, enum family f);

#endif
