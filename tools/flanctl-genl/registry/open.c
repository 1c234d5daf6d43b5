// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Registries by name, and what they have told so far.
 */
#include <stdlib.h>
#include <string.h>

#include "../error.h"
#include "../text.h"
#include "registry.h"

static const char *after(const char *name, const char *scheme)
{
	size_t len = strlen(scheme);

	return strncmp(name, scheme, len) ? NULL : name + len;
}

static bool any_option(const struct registry_options *o)
{
	return o->cafile || o->certfile || o->keyfile || o->username ||
	       o->password;
}

/**
 * registry_load - Read a whole registry
 * @name: file:PATH, etcd://HOST:PORT[,HOST:PORT]...[/PREFIX] or etcds://...
 * @options: How to get in.
 * @data: Where it goes; all zero before, registry_clear() frees it, also
 *	after an error.
 *
 * Return: 0; EXIT_WRONG or EXIT_REFUSED after it said why.
 */
int registry_load(const char *name, const struct registry_options *options,
		  struct registry_data *data)
{
	const char *rest;
	char quoted[80];

	rest = after(name, "etcd://");
	if (rest)
		return registry_etcd_load(rest, false, options, data);
	rest = after(name, "etcds://");
	if (rest)
		return registry_etcd_load(rest, true, options, data);
	rest = after(name, "file:");
	if (rest && any_option(options))
		return fail(EXIT_WRONG, "the --etcd options are for etcd registries");
	if (rest)
		return registry_file_load(rest, data);
	return fail(EXIT_WRONG, "'%s' is not a registry: file:PATH, etcd://HOST:PORT/PREFIX or etcds://HOST:PORT/PREFIX",
		    text_quote(quoted, sizeof(quoted), name, strlen(name)));
}

/**
 * registry_add - Append a lease
 * @data: The registry.
 * @e: The lease, which is taken over, also in case of an error.
 *
 * Return: 0, or EXIT_REFUSED after it said why.
 */
int registry_add(struct registry_data *data, const struct registry_entry *e)
{
	size_t room = data->room ? 2 * data->room : 64;
	struct registry_entry *v = data->v;

	if (data->n == REGISTRY_ENTRIES_MAX) {
		free(e->key);
		free(e->value);
		return fail(EXIT_REFUSED, "the registry has more than %d leases",
			    REGISTRY_ENTRIES_MAX);
	}
	if (data->n == data->room)
		v = reallocarray(data->v, room, sizeof(*v));
	if (!v) {
		free(e->key);
		free(e->value);
		return fail(EXIT_REFUSED, "out of memory");
	}
	if (data->n == data->room)
		data->room = room;
	data->v = v;
	data->v[data->n++] = *e;
	return 0;
}

/**
 * registry_add_endpoint - Note an address of the registry
 * @data: The registry.
 * @a: The address.
 */
void registry_add_endpoint(struct registry_data *data, const struct addr *a)
{
	if (data->endpoints < REGISTRY_ENDPOINTS_MAX)
		data->endpoint[data->endpoints++] = *a;
}

/**
 * registry_clear - Free what a registry told
 * @data: The registry, empty and usable afterwards.
 */
void registry_clear(struct registry_data *data)
{
	size_t i;

	for (i = 0; i < data->n; i++) {
		free(data->v[i].key);
		free(data->v[i].value);
	}
	free(data->v);
	free(data->config);
	memset(data, 0, sizeof(*data));
}
