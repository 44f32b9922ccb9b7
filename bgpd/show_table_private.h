/* Between show_table.c and show_table_frame.c: a table being shown. */
#ifndef WEFT_BGPD_SHOW_TABLE_PRIVATE_H
#define WEFT_BGPD_SHOW_TABLE_PRIVATE_H

#include "bgpd/show_table.h"

struct table_gen {
	struct bgp_core *core;
	struct table_spec spec;
	bool json;
	enum family family;
	VEC(uint16_t) instances;  /* still to be shown; the first is under way */
	uint16_t peer_source;	  /* TABLE_ADVERTISED: the peer may go away */
	bool started;		  /* the header of this instance is out */
	bool begun;		  /* the document is */
	struct rib_order *order;
	uint32_t n;		  /* destinations of this instance, so far */
	struct jsonw j;
	bool rd_open, header_out;
	struct rd_value rd;
	struct strbuf text; /* of the destination at hand */
	struct row_tail tail;
	uint32_t routes, paths, filtered; /* shown; paths: of the table */
};

/* Above the first row, and below the last one of an instance. */
void table_legend_text(struct table_gen *g, const struct bgp_instance *i, struct strbuf *out);
void table_head_json(struct table_gen *g, const struct bgp_instance *i);
void table_foot_json(struct table_gen *g);
void table_foot_text(struct table_gen *g, struct strbuf *out);

#endif
