/* Hashing of short keys.  Seeded, so that a peer can't choose collisions: the
 * seed is handed to a core once, at birth. */
#ifndef WEFT_BASE_HASH_H
#define WEFT_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline uint64_t hash_mix(uint64_t a, uint64_t b)
{
	__uint128_t m = (__uint128_t)(a ^ 0x9e3779b97f4a7c15u) * (b ^ 0xe7037ed1a0b428dbu);

	return (uint64_t)m ^ (uint64_t)(m >> 64);
}

/* Small numbers differ in their low bits only, of which one multiplication makes
 * a row at even distances: so first they are spread over all 64. */
static inline uint64_t hash_u64(uint64_t seed, uint64_t v)
{
	return hash_mix(seed, v * 0x9e3779b97f4a7c15u);
}

/* The seed goes into both factors: whoever could make one of them 0 would take
 * away all that came before it. */
static inline uint64_t hash_words(uint64_t seed, uint64_t a, uint64_t b)
{
	return hash_mix(seed ^ a, seed ^ b);
}

static inline uint64_t hash_bytes(uint64_t seed, const void *data, size_t len)
{
	const uint8_t *p = data;
	uint64_t h = seed ^ (len * 0x9e3779b97f4a7c15u), v;

	for (; len >= 8; len -= 8, p += 8) {
		memcpy(&v, p, 8);
		h = hash_mix(h, seed ^ v);
	}
	if (len) {
		v = 0;
		memcpy(&v, p, len);
		h = hash_mix(h, seed ^ v);
	}
	return hash_mix(h, seed);
}

#endif
