// SPDX-License-Identifier: GPL-2.0
/* Keys of leases: what flannel writes, and what others might (keys.txt). */
#include "data.h"
#include "registry/key.h"
#include "tap.h"

static bool same(const struct prefix *p, const char *expected)
{
	char text[PREFIX_TEXT];

	if (!strcmp(expected, "-"))
		return !p->addr.len;
	return p->addr.len && !strcmp(prefix_text(p, text), expected);
}

static void test_line(char *line)
{
	char *text = strtok(line, " "), *v4 = strtok(NULL, " ");
	char *v6 = strtok(NULL, " "), shown[128];
	bool bad = !strcmp(v4, "-") && !strcmp(v6, "-");
	struct lease_key key;
	const char *why;
	size_t len;

	snprintf(shown, sizeof(shown), "%s", text);
	len = data_decode(text);
	why = key_parse(text, len, &key);
	ok(!!why == bad && (why || (same(&key.v4, v4) && same(&key.v6, v6))),
	   "%s: %s", shown, why ? why : "good");
}

int main(void)
{
	struct data d;

	if (!data_open(&d, "keys.txt"))
		return 1;
	while (data_line(&d))
		test_line(d.line);
	data_close(&d);
	ok(tap_count >= 60, "all keys were read");
	return done_testing();
}
