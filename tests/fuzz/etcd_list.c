// SPDX-License-Identifier: GPL-2.0
/* Answers to a listing of etcd, one a line: the config's, then pages. */
#include "fuzz.h"
#include "registry/etcd_list.h"

static struct etcd_server server = {
	.name = {
		.prefix = "/coreos.com/network",
		.all = "/coreos.com/network/",
		.all_end = "/coreos.com/network0",
		.subnets = "/coreos.com/network/subnets/",
		.subnets_end = "/coreos.com/network/subnets0",
	},
};

/* Return: whether there is more to take. */
static bool take(struct etcd_list *list, const char *line, size_t len)
{
	char why[JSON_WHY];
	json_t *answer = json_parse(line, len, why, NULL);
	const char *wrong;
	bool more = false;

	if (!json_is_object(answer)) {
		json_decref(answer);
		return false;
	}
	wrong = etcd_list_take(list, answer, &more);
	json_decref(answer);
	if (wrong)
		fuzz_check_why(wrong);
	return !wrong && more;
}

/* Keys are sorted, and whatever has a length is that long. */
static void check(const struct registry_data *data)
{
	const struct registry_entry *e;
	size_t i;

	CHECK(!data->config || !data->config[data->config_len]);
	for (i = 0; i < data->n; i++) {
		e = &data->v[i];
		CHECK(!e->key[e->key_len] && !e->value[e->value_len]);
		CHECK(e->value_len <= REGISTRY_VALUE_MAX + 1);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct etcd_list list = { .call.server = &server };
	char *text = fuzz_text(data, size), *line = text;
	bool more = true;
	char *end;

	while (more && (end = memchr(line, '\n', size - (size_t)(line - text)))) {
		more = take(&list, line, (size_t)(end - line));
		line = end + 1;
	}
	check(&list.data);
	etcd_list_cancel(&list);
	free(text);
	return 0;
}
