/* AS paths: see as_path.h. */
#include <string.h>

#include "bgpd/core/as_path.h"
#include "lib/base/wr.h"

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

#define for_each_segment(p, path)                                                                  \
	for (const uint8_t *p = (path).p, *end_ = (path).len ? p + (path).len : p; p < end_;       \
			p += 2 + 4 * p[1])

bool as_path_valid(struct attr_span path)
{
	const uint8_t *p = path.p;
	size_t left = path.len;

	while (left) {
		if (left < 2 || p[0] < AS_SET || p[0] > AS_CONFED_SET || p[1] == 0 ||
				left < 2 + 4u * p[1])
			return false;
		left -= 2 + 4u * p[1];
		p += 2 + 4u * p[1];
	}
	return true;
}

unsigned as_path_hops(struct attr_span path)
{
	unsigned n = 0;

	for_each_segment(p, path)
		n += p[0] == AS_SEQUENCE ? p[1] : p[0] == AS_SET;
	return n;
}

uint32_t as_path_neighbor(struct attr_span path)
{
	for_each_segment(p, path) {
		if (p[0] == AS_SEQUENCE)
			return get32(p + 2);
		if (p[0] == AS_SET)
			return 0;
	}
	return 0;
}

uint32_t as_path_first(struct attr_span path)
{
	return path.len ? get32(path.p + 2) : 0;
}

uint32_t as_path_origin_as(struct attr_span path)
{
	uint32_t as = 0;

	for_each_segment(p, path)
		as = p[0] == AS_SEQUENCE || p[0] == AS_CONFED_SEQUENCE ? get32(p + 4 * p[1] - 2) : 0;
	return as;
}

bool as_path_has_set(struct attr_span path)
{
	for (unsigned at = 0; at + 2 <= path.len; at += 2 + 4u * path.p[at + 1])
		if (path.p[at] == AS_SET || path.p[at] == AS_CONFED_SET)
			return true;
	return false;
}

unsigned as_path_count(struct attr_span path, uint32_t as)
{
	unsigned n = 0;

	as = __builtin_bswap32(as);
	for_each_segment(p, path)
		for (unsigned i = 0; i < p[1]; i++)
			n += memcmp(p + 2 + 4 * i, &as, 4) == 0;
	return n;
}

bool as_path_has_confed(struct attr_span path)
{
	for_each_segment(p, path)
		if (p[0] == AS_CONFED_SEQUENCE || p[0] == AS_CONFED_SET)
			return true;
	return false;
}

struct attr_span as_path_prepend(struct attr_span path, uint8_t type, uint32_t as, unsigned n,
		uint8_t *buf)
{
	uint8_t *p = buf;
	unsigned merge = 0;

	/* The numbers join the first segment if it is of this type, as far as it
	 * has room; others go into segments before it. */
	if (n && path.len && path.p[0] == type) {
		merge = 255u - path.p[1];
		merge = merge < n ? merge : n;
	}
	for (unsigned left = n - merge; left;) {
		unsigned k = left < 255 ? left : 255;

		*p++ = type;
		*p++ = (uint8_t)k;
		for (left -= k; k; k--, p += 4)
			wr_put32(p, as);
	}
	if (merge) {
		*p++ = type;
		*p++ = (uint8_t)(path.p[1] + merge);
		for (; merge; merge--, p += 4)
			wr_put32(p, as);
		path.p += 2;
		path.len = (uint16_t)(path.len - 2);
	}
	if (path.len)
		memcpy(p, path.p, path.len);
	return (struct attr_span){ buf, (uint16_t)(p - buf + path.len) };
}

struct attr_span as_path_replace(struct attr_span path, uint32_t from, uint32_t to, uint8_t *buf)
{
	if (path.len)
		memcpy(buf, path.p, path.len);
	path.p = buf;
	for_each_segment(p, path)
		for (unsigned i = 0; i < p[1]; i++)
			if (get32(p + 2 + 4 * i) == from)
				wr_put32(buf + (p + 2 + 4 * i - buf), to);
	return path;
}

struct attr_span as_path_strip_confed(struct attr_span path, uint8_t *buf)
{
	size_t n = 0;

	for_each_segment(p, path) {
		if (p[0] != AS_SEQUENCE && p[0] != AS_SET)
			continue;
		memcpy(buf + n, p, 2 + 4u * p[1]);
		n += 2 + 4u * p[1];
	}
	return (struct attr_span){ buf, (uint16_t)n };
}

/* Copies the path, asking of each AS what becomes of it: another number, or 0
 * to leave it out.  Segments that become empty go. */
static struct attr_span filter(struct attr_span path, uint8_t *buf,
		uint32_t (*map)(uint32_t as, const void *ctx), const void *ctx)
{
	uint8_t *out = buf;

	for_each_segment(p, path) {
		uint8_t *head = out;

		out += 2;
		for (unsigned i = 0; i < p[1]; i++) {
			uint32_t as = map(get32(p + 2 + 4 * i), ctx);

			if (as) {
				wr_put32(out, as);
				out += 4;
			}
		}
		head[0] = p[0];
		head[1] = (uint8_t)((out - head - 2) / 4);
		if (head[1] == 0)
			out = head;
	}
	return (struct attr_span){ buf, (uint16_t)(out - buf) };
}

static uint32_t map_remove(uint32_t as, const void *ctx)
{
	return as == *(const uint32_t *)ctx ? 0 : as;
}

struct attr_span as_path_remove(struct attr_span path, uint32_t as, uint8_t *buf)
{
	return filter(path, buf, map_remove, &as);
}

static uint32_t map_private(uint32_t as, const void *ctx)
{
	const uint32_t *replace_keep = ctx;

	return as_is_private(as) && as != replace_keep[1] ? replace_keep[0] : as;
}

struct attr_span as_path_remove_private(struct attr_span path, bool all, uint32_t replace_with,
		uint32_t keep, uint8_t *buf)
{
	uint32_t replace_keep[2] = { replace_with, keep };

	if (!all)
		for_each_segment(p, path)
			for (unsigned i = 0; i < p[1]; i++)
				if (!as_is_private(get32(p + 2 + 4 * i))) {
					memcpy(buf, path.p, path.len);
					return (struct attr_span){ buf, path.len };
				}
	return filter(path, buf, map_private, replace_keep);
}
