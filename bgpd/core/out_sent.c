/* What a group was told, by destination: 6 bytes each (10 where NLRIs carry
 * labels), in blocks that are shared between a group and those split off from
 * it until one of them changes a block. */
#include <stdlib.h>
#include <string.h>

#include "bgpd/core/out_private.h"
#include "lib/base/xalloc.h"

#define BLOCK (1u << SENT_BITS)

static size_t block_size(const struct out_sent *s)
{
	return sizeof(struct sent_block) + (s->with_info ? BLOCK * sizeof(uint32_t) : 0);
}

void out_sent_init(struct out_sent *s, const struct bgp_core *c, enum family f)
{
	*s = (struct out_sent){ .attrs = c->attrs, .infos = c->infos,
		.with_info = f != FAM_IPV4_UNICAST && f != FAM_IPV6_UNICAST };
}

static void block_unref(struct out_sent *s, struct sent_block *b)
{
	if (!b || --b->refs)
		return;
	for (unsigned i = 0; i < BLOCK; i++) {
		attrs_unref(s->attrs, b->attrs[i]);
		if (s->with_info)
			info_unref(s->infos, b->info[i]);
	}
	free(b);
}

void out_sent_fini(struct out_sent *s)
{
	for (size_t i = 0; i < s->blocks.n; i++)
		block_unref(s, s->blocks.v[i]);
	vec_free(&s->blocks);
	vec_free(&s->by_source);
}

void out_sent_copy(struct out_sent *to, const struct out_sent *from)
{
	vec_reserve(&to->blocks, from->blocks.n);
	for (size_t i = 0; i < from->blocks.n; i++) {
		if (from->blocks.v[i])
			from->blocks.v[i]->refs++;
		*vec_push(&to->blocks) = from->blocks.v[i];
	}
	for (size_t i = 0; i < from->by_source.n; i++)
		*vec_push(&to->by_source) = from->by_source.v[i];
	to->count = from->count;
}

static struct sent_block *own_block(struct out_sent *s, uint32_t n)
{
	struct sent_block *b = s->blocks.v[n], *copy;

	if (!b) {
		b = s->blocks.v[n] = xcalloc(1, block_size(s));
		b->refs = 1;
	}
	if (b->refs == 1)
		return b;
	copy = xmemdup(b, block_size(s));
	copy->refs = 1;
	for (unsigned i = 0; i < BLOCK; i++) {
		attrs_ref(s->attrs, copy->attrs[i]);
		if (s->with_info)
			info_ref(s->infos, copy->info[i]);
	}
	block_unref(s, b);
	return s->blocks.v[n] = copy;
}

static uint32_t *source_count(struct out_sent *s, uint16_t source)
{
	while (s->by_source.n <= source)
		*vec_push(&s->by_source) = 0;
	return &s->by_source.v[source];
}

void out_sent_set(struct out_sent *s, uint32_t dest, struct sent v)
{
	uint32_t n = dest >> SENT_BITS, i = dest & (BLOCK - 1);
	struct sent_block *b;

	if (!v.attrs && (n >= s->blocks.n || !s->blocks.v[n]))
		return;
	while (s->blocks.n <= n)
		*vec_push(&s->blocks) = NULL;
	b = own_block(s, n);
	if (b->attrs[i]) {
		s->count--;
		--*source_count(s, b->source[i]);
	}
	if (v.attrs) {
		s->count++;
		++*source_count(s, v.source);
	}
	if (b->attrs[i] != v.attrs) {
		attrs_ref(s->attrs, v.attrs);
		attrs_unref(s->attrs, b->attrs[i]);
		b->attrs[i] = v.attrs;
	}
	b->source[i] = v.source;
	if (s->with_info && b->info[i] != v.info) {
		info_ref(s->infos, v.info);
		info_unref(s->infos, b->info[i]);
		b->info[i] = v.info;
	}
}

uint16_t out_sent_forget_slow(struct out_sent *s, uint32_t dest)
{
	uint16_t source = out_sent_get(s, dest).source;

	out_sent_set(s, dest, (struct sent){ 0 });
	return source;
}

uint32_t out_sent_end(const struct out_sent *s)
{
	return (uint32_t)s->blocks.n << SENT_BITS;
}

uint32_t out_sent_of_source(const struct out_sent *s, uint16_t source)
{
	return source < s->by_source.n ? s->by_source.v[source] : 0;
}
