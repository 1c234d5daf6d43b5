// SPDX-License-Identifier: GPL-2.0
/* Network configs. */
#include "fuzz.h"
#include "registry/schema.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size), why[JSON_WHY] = "";
	struct net_config config = {};

	if (!config_parse(text, size, &config, why)) {
		fuzz_check_why(why);
	} else {
		CHECK(config.ipv4 || config.ipv6);
		CHECK(!config.ipv4 || config.network.addr.len == 4);
		CHECK(!config.ipv6 || config.network6.addr.len == 16);
		CHECK(config.vni < 1 << 24);
	}
	free(text);
	return 0;
}
