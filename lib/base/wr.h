/* Bounded writer of network-order bytes into a caller's buffer.  A write that
 * does not fit writes nothing and sets `failed` for good. */
#ifndef WEFT_BASE_WR_H
#define WEFT_BASE_WR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct wr {
	uint8_t *start, *p, *end;
	bool failed;
};

static inline struct wr wr_init(void *buf, size_t size)
{
	return (struct wr){ (uint8_t *)buf, (uint8_t *)buf, (uint8_t *)buf + size, false };
}

static inline size_t wr_len(const struct wr *w)
{
	return (size_t)(w->p - w->start);
}

static inline size_t wr_left(const struct wr *w)
{
	return (size_t)(w->end - w->p);
}

/* Room for n bytes, or NULL (and failed). */
static inline uint8_t *wr_reserve(struct wr *w, size_t n)
{
	uint8_t *p = w->p;

	if (w->failed || wr_left(w) < n) {
		w->failed = true;
		return NULL;
	}
	w->p += n;
	return p;
}

static inline void wr_u8(struct wr *w, uint8_t v)
{
	uint8_t *p = wr_reserve(w, 1);

	if (p)
		p[0] = v;
}

static inline void wr_put16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static inline void wr_put32(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 24);
	p[1] = (uint8_t)(v >> 16);
	p[2] = (uint8_t)(v >> 8);
	p[3] = (uint8_t)v;
}

static inline void wr_u16(struct wr *w, uint16_t v)
{
	uint8_t *p = wr_reserve(w, 2);

	if (p)
		wr_put16(p, v);
}

static inline void wr_u24(struct wr *w, uint32_t v)
{
	uint8_t *p = wr_reserve(w, 3);

	if (p) {
		p[0] = (uint8_t)(v >> 16);
		wr_put16(p + 1, (uint16_t)v);
	}
}

static inline void wr_u32(struct wr *w, uint32_t v)
{
	uint8_t *p = wr_reserve(w, 4);

	if (p)
		wr_put32(p, v);
}

static inline void wr_u64(struct wr *w, uint64_t v)
{
	wr_u32(w, (uint32_t)(v >> 32));
	wr_u32(w, (uint32_t)v);
}

static inline void wr_bytes(struct wr *w, const void *src, size_t n)
{
	uint8_t *p = wr_reserve(w, n);

	if (p && n)
		memcpy(p, src, n);
}

#endif
