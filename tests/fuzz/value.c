// SPDX-License-Identifier: GPL-2.0
/* Values of leases. What we would write for one stays what it is. */
#include "fuzz.h"
#include "registry/schema.h"

/* We only ever write a backend of ours. */
static bool could_be_ours(const struct lease_value *lease)
{
	return strspn(lease->type, "abcdefghijklmnopqrstuvwxyz-") ==
	       strlen(lease->type);
}

static void check_written(const struct lease_value *lease)
{
	char *text = lease_text(lease), *twice, why[JSON_WHY];
	struct lease_value again = {};

	CHECK(text);
	CHECK(lease_parse(text, strlen(text), &again, why));
	twice = lease_text(&again);
	CHECK(twice && !strcmp(text, twice));
	free(twice);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size), why[JSON_WHY] = "";
	struct lease_value lease = {};

	if (!lease_parse(text, size, &lease, why))
		fuzz_check_why(why);
	else if (could_be_ours(&lease))
		check_written(&lease);
	free(text);
	return 0;
}
