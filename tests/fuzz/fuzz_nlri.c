/* Fields of NLRIs.  The first byte: family in the low bits, 0x40 withdraw,
 * 0x80 path ids. */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "bgpd/core/nlri.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void again_check(enum family f, bool add_path, bool withdraw, const struct nlri *n)
{
	const struct nlri_info *info =
			f == FAM_IPV4_UNICAST || f == FAM_IPV6_UNICAST ? NULL : &n->info;
	struct strbuf text = { 0 };
	struct nlri back;
	uint8_t buf[128];
	struct wr w = wr_init(buf, sizeof(buf));
	struct evpn_key k;
	uint8_t key[NLRI_KEY_MAX];
	struct rd r;

	memset(&back, 0, sizeof(back));
	nlri_encode(&w, f, add_path, n->key, n->path_id, info, withdraw);
	assert(!w.failed && wr_len(&w) == nlri_encoded_size(f, add_path, n->key, info));
	r = rd_init(buf, wr_len(&w));
	assert(nlri_decode(&r, f, add_path, withdraw, &back) == 0 && rd_left(&r) == 0);
	assert(memcmp(back.key, n->key, families[f].key_size) == 0);
	assert(back.path_id == n->path_id);
	assert(nlri_compare(f, back.key, n->key) == 0);
	nlri_key_text(f, n->key, &text);
	sb_free(&text);
	if (f == FAM_EVPN) {
		nlri_evpn_key(n->key, &k);
		nlri_key_evpn(&k, key);
		assert(memcmp(key, n->key, NLRI_KEY_MAX) == 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum family f;
	struct nlri n;
	struct rd r;
	int rc = 0;

	if (size < 1)
		return 0;
	f = (enum family)((data[0] & 0x0f) % FAM_COUNT);
	r = rd_init(data + 1, size - 1);
	while (rd_left(&r) && rc != -EPROTO) {
		memset(&n, 0, sizeof(n));
		rc = nlri_decode(&r, f, data[0] & 0x80, data[0] & 0x40, &n);
		if (rc == 0)
			again_check(f, data[0] & 0x80, data[0] & 0x40, &n);
	}
	return 0;
}
