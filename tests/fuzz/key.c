// SPDX-License-Identifier: GPL-2.0
/* Keys of leases. */
#include "fuzz.h"
#include "registry/key.h"

static void check_half(const struct prefix *p)
{
	struct prefix masked = *p;

	if (!p->addr.len)
		return;
	CHECK(p->len <= 8 * p->addr.len);
	prefix_mask(&masked);
	CHECK(!prefix_cmp(&masked, p));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);
	struct lease_key key;
	const char *why = key_parse(text, size, &key);

	if (why) {
		fuzz_check_why(why);
	} else {
		CHECK(key.v4.addr.len == 4 || key.v6.addr.len == 16);
		check_half(&key.v4);
		check_half(&key.v6);
	}
	free(text);
	return 0;
}
