// SPDX-License-Identifier: GPL-2.0
/*
 * A registry, followed: what it tells is printed, a line of JSON each time, and
 * lines of standard input are commands: "claim KEY VALUE create|put",
 * "relist", "reachable [WHY]", "memory", "quit".
 *   follow [--NAME VALUE]... REGISTRY
 */
#include <curl/curl.h>
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "registry/registry.h"

#define FEW	64

static const char *const how_names[] = {
	[REGISTRY_CLAIMED] = "claimed",
	[REGISTRY_TAKEN] = "taken",
	[REGISTRY_NOT_CLAIMED] = "not-claimed",
};

static struct registry *registry;
static uv_loop_t *loop;
static uv_pipe_t input;
static char line[65536];
static size_t used;

static void say(json_t *event)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	json_object_set_new(event, "t", json_real((double)now.tv_sec +
						  (double)now.tv_nsec / 1e9));
	json_dumpf(event, stdout, JSON_COMPACT);
	putchar('\n');
	fflush(stdout);
	json_decref(event);
}

static json_t *leases(const struct registry_data *data)
{
	json_t *all = json_object(), *text;
	char key[256];
	size_t i;

	for (i = 0; i < data->n && data->n <= FEW; i++) {
		snprintf(key, sizeof(key), "%s%s", data->v[i].key,
			 data->v[i].own ? " own" : "");
		text = json_stringn(data->v[i].value, data->v[i].value_len);
		json_object_set_new(all, key, text ? text : json_null());
	}
	return all;
}

static json_t *endpoints(const struct registry_data *data)
{
	json_t *all = json_array();
	char text[ADDR_TEXT];
	size_t i;

	for (i = 0; i < data->endpoints; i++) {
		addr_text(&data->endpoint[i], text);
		json_array_append_new(all, json_string(text));
	}
	return all;
}

static json_t *said(const struct registry_node *node)
{
	return json_pack("[s?s?s?s?]", node->public_ip[0], node->public_ip[1],
			 node->overwrite[0], node->overwrite[1]);
}

static void on_changed(void *priv, const struct registry_data *data)
{
	(void)priv;
	say(json_pack("{sssIss?sososo}", "event", "changed", "n",
		      (json_int_t)data->n, "config", data->config, "leases",
		      leases(data), "endpoints", endpoints(data), "node",
		      said(&data->node)));
}

static void on_failing(void *priv, const char *why)
{
	(void)priv;
	say(json_pack("{ssss}", "event", "failing", "why", why));
}

static void on_claimed(void *priv, enum registry_claimed how, const char *why)
{
	(void)priv;
	say(json_pack("{ssssss?}", "event", "claimed", "how", how_names[how],
		      "why", why));
}

static const struct registry_events events = {
	.changed = on_changed,
	.failing = on_failing,
	.claimed = on_claimed,
};

static void quit(void)
{
	registry->ops->close(registry);
	uv_close((uv_handle_t *)&input, NULL);
}

static void memory(void)
{
	long pages = 0;
	FILE *f = fopen("/proc/self/statm", "r");

	if (f && fscanf(f, "%*d %ld", &pages) != 1)
		pages = 0;
	if (f)
		fclose(f);
	say(json_pack("{sssI}", "event", "memory", "kb",
		      (json_int_t)(pages * (sysconf(_SC_PAGESIZE) / 1024))));
}

static void claim_key(char *words)
{
	struct registry_claim c = { .key = words };
	char *value = strchr(words, ' '), *how = strrchr(words, ' ');

	if (!value || how == value) {
		fprintf(stderr, "follow: KEY VALUE create|put are wanted\n");
		return;
	}
	*value = '\0';
	*how = '\0';
	c.value = value + 1;
	c.create = !strcmp(how + 1, "create");
	registry->ops->claim(registry, &c);
}

static void command(char *text)
{
	const struct registry_ops *ops = registry->ops;

	if (!strncmp(text, "claim ", 6))
		claim_key(text + 6);
	else if (!strcmp(text, "relist"))
		ops->relist(registry);
	else if (!strncmp(text, "reachable", 9) && ops->reachable)
		ops->reachable(registry, text[9] ? text + 10 : NULL);
	else if (!strcmp(text, "memory"))
		memory();
	else if (!strcmp(text, "quit"))
		quit();
	else
		fprintf(stderr, "follow: what is '%s'?\n", text);
}

static void on_room(uv_handle_t *handle, size_t size, uv_buf_t *buf)
{
	(void)handle;
	(void)size;
	*buf = uv_buf_init(line + used, (unsigned int)(sizeof(line) - used));
}

static void on_input(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	char *end, *text = line;

	(void)buf;
	if (n < 0) {
		quit();
		return;
	}
	used += (size_t)n;
	while (!uv_is_closing((uv_handle_t *)stream) &&
	       (end = memchr(text, '\n', used))) {
		*end = '\0';
		used -= (size_t)(end + 1 - text);
		command(text);
		text = end + 1;
	}
	memmove(line, text, used);
}

static bool option(struct registry_setup *s, const char *name,
		   const char *value)
{
	const struct {
		const char *name;
		const char **value;
	} options[] = {
		{ "--etcd-cafile", &s->options.cafile },
		{ "--etcd-certfile", &s->options.certfile },
		{ "--etcd-keyfile", &s->options.keyfile },
		{ "--etcd-username", &s->options.username },
		{ "--etcd-password", &s->options.password },
		{ "--node-name", &s->node_name },
		{ "--annotations", &s->annotations },
		{ "--config-path", &s->config_path },
		{ "--api-url", &s->api_url },
	};
	size_t i;

	for (i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		if (strcmp(name, options[i].name))
			continue;
		*options[i].value = value;
		return true;
	}
	if (strcmp(name, "--renew-margin"))
		return false;
	s->renew_margin = (unsigned int)atoi(value);
	return true;
}

int main(int argc, char **argv)
{
	struct registry_setup setup = {};

	for (argv++; argc > 2 && argv[0] && argv[1]; argv += 2)
		if (!option(&setup, argv[0], argv[1]))
			return 1;
	setup.name = argv[0];
	if (!setup.name)
		return 1;
	curl_global_init(CURL_GLOBAL_DEFAULT);
	loop = uv_default_loop();
	registry = registry_open(loop, &setup, &events, NULL);
	if (!registry)
		return 1;
	uv_pipe_init(loop, &input, 0);
	uv_pipe_open(&input, STDIN_FILENO);
	uv_read_start((uv_stream_t *)&input, on_room, on_input);
	uv_run(loop, UV_RUN_DEFAULT);
	if (uv_loop_close(loop)) {
		fprintf(stderr, "follow: something stays in the loop\n");
		return 3;
	}
	curl_global_cleanup();
	return 0;
}
