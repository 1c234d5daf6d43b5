// SPDX-License-Identifier: GPL-2.0
/*
 * Follow a registry: what it tells is printed, one JSON object a line; lines of
 * stdin are what is wanted of it.
 *   follow REGISTRY [node NAME] [annotations PREFIX] [config FILE] [api-url URL]
 *   claim KEY VALUE; create KEY VALUE; relist; reachable [WHY]
 * It ends with stdin.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "registry/registry.h"

static const struct registry_ops *const kinds[] = { &registry_kube };

static uv_loop_t loop;
static uv_pipe_t input;
static struct registry *registry;
static char line[256 * 1024];
static size_t line_len;

static void print(json_t *event)
{
	char *text = json_dumps(event, JSON_COMPACT);

	puts(text ? text : "{\"event\":\"unprintable\"}");
	fflush(stdout);
	free(text);
	json_decref(event);
}

static json_t *bytes(const char *text, size_t len)
{
	json_t *value = text ? json_stringn(text, len) : json_null();

	return value ? value : json_string("not UTF-8");
}

static json_t *text(const char *s)
{
	return bytes(s, s ? strlen(s) : 0);
}

static void on_changed(void *priv, const struct registry_data *d)
{
	json_t *leases = json_array(), *servers = json_array();
	const struct registry_entry *e;
	char address[ADDR_TEXT];
	size_t i;

	(void)priv;
	for (i = 0; i < d->n; i++) {
		e = &d->v[i];
		json_array_append_new(leases, json_pack("{sosososI}",
				"key", bytes(e->key, e->key_len),
				"value", bytes(e->value, e->value_len),
				"own", json_boolean(e->own),
				"created", (json_int_t)e->created));
	}
	for (i = 0; i < d->endpoints; i++)
		json_array_append_new(servers,
			json_string(addr_text(&d->endpoint[i], address)));
	print(json_pack("{sssosososososo}", "event", "changed",
			"config", bytes(d->config, d->config_len),
			"leases", leases, "endpoints", servers,
			"public_ip", text(d->node.public_ip[0]),
			"public_ip6", text(d->node.public_ip[1]),
			"overwrite", text(d->node.overwrite[0])));
}

static void on_failing(void *priv, const char *why)
{
	(void)priv;
	print(json_pack("{ssso}", "event", "failing", "why", text(why)));
}

static void on_claimed(void *priv, enum registry_claimed how, const char *why)
{
	static const char *const names[] = {
		[REGISTRY_CLAIMED] = "claimed",
		[REGISTRY_TAKEN] = "taken",
		[REGISTRY_NOT_CLAIMED] = "not claimed",
	};

	(void)priv;
	print(json_pack("{ssssso}", "event", "claimed", "how", names[how],
			"why", text(why)));
}

static const struct registry_events events = {
	.changed = on_changed,
	.failing = on_failing,
	.claimed = on_claimed,
};

static void run_claim(char *rest, bool create)
{
	struct registry_claim claim = { .create = create };

	claim.key = strtok(rest, " ");
	claim.value = strtok(NULL, "");
	if (claim.key && claim.value)
		registry->ops->claim(registry, &claim);
}

static void run(char *command)
{
	char *rest = command + strcspn(command, " ");

	if (*rest)
		*rest++ = '\0';
	if (!strcmp(command, "claim") || !strcmp(command, "create"))
		run_claim(rest, !strcmp(command, "create"));
	else if (!strcmp(command, "relist"))
		registry->ops->relist(registry);
	else if (!strcmp(command, "reachable") && registry->ops->reachable)
		registry->ops->reachable(registry, *rest ? rest : NULL);
}

static void on_room(uv_handle_t *handle, size_t size, uv_buf_t *buf)
{
	(void)handle;
	(void)size;
	*buf = uv_buf_init(line + line_len,
			   (unsigned int)(sizeof(line) - 1 - line_len));
}

static void on_input(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	char *end;

	(void)buf;
	if (n < 0) {
		registry->ops->close(registry);
		uv_close((uv_handle_t *)stream, NULL);
		return;
	}
	line_len += (size_t)n;
	while ((end = memchr(line, '\n', line_len))) {
		*end = '\0';
		run(line);
		line_len -= (size_t)(end + 1 - line);
		memmove(line, end + 1, line_len);
	}
}

static const struct registry_ops *kind_of(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strncmp(name, kinds[i]->scheme,
			     strlen(kinds[i]->scheme)))
			return kinds[i];
	return NULL;
}

static void set(struct registry_setup *setup, const char *name,
		const char *value)
{
	if (!strcmp(name, "node"))
		setup->node_name = value;
	else if (!strcmp(name, "annotations"))
		setup->annotations = value;
	else if (!strcmp(name, "config"))
		setup->config_path = value;
	else if (!strcmp(name, "api-url"))
		setup->api_url = value;
}

int main(int argc, char **argv)
{
	struct registry_setup setup = { .name = argc > 1 ? argv[1] : "" };
	const struct registry_ops *ops = kind_of(setup.name);
	int i;

	for (i = 2; i + 1 < argc; i += 2)
		set(&setup, argv[i], argv[i + 1]);
	if (!ops) {
		fprintf(stderr, "usage: follow REGISTRY [WORD VALUE]...\n");
		return 1;
	}
	uv_loop_init(&loop);
	registry = ops->open(&loop, setup.name + strlen(ops->scheme), &setup,
			     &events, NULL);
	if (registry) {
		uv_pipe_init(&loop, &input, 0);
		uv_pipe_open(&input, 0);
		uv_read_start((uv_stream_t *)&input, on_room, on_input);
	}
	uv_run(&loop, UV_RUN_DEFAULT);
	uv_loop_close(&loop);
	return registry ? 0 : 1;
}
