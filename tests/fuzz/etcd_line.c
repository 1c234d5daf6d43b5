// SPDX-License-Identifier: GPL-2.0
/* Lines of a watch of etcd, and the mirror that they change. */
#include "fuzz.h"
#include "registry/etcd_watch.h"

static const struct etcd_name name = {
	.prefix = "/coreos.com/network",
	.all = "/coreos.com/network/",
	.all_end = "/coreos.com/network0",
	.subnets = "/coreos.com/network/subnets/",
	.subnets_end = "/coreos.com/network/subnets0",
};

static void check(const struct registry_data *mirror)
{
	const struct registry_entry *e;
	size_t i;

	CHECK(!mirror->config || !mirror->config[mirror->config_len]);
	for (i = 0; i < mirror->n; i++) {
		e = &mirror->v[i];
		CHECK(etcd_mirror_find(mirror, e->key, e->key_len) == e);
		CHECK(!e->key[e->key_len] && !e->value[e->value_len]);
	}
}

static void take(struct registry_data *mirror, const char *text, size_t len)
{
	struct etcd_line line;

	etcd_line_parse(&line, text, len, &name);
	if (line.result == ETCD_OK)
		CHECK(!etcd_mirror_apply(mirror, &line.events));
	else
		fuzz_check_why(line.why);
	etcd_events_clear(&line.events);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size), *line = text;
	struct registry_data mirror = {};
	char *end;

	while ((end = memchr(line, '\n', size - (size_t)(line - text)))) {
		take(&mirror, line, (size_t)(end - line));
		line = end + 1;
	}
	check(&mirror);
	registry_clear(&mirror);
	free(text);
	return 0;
}
