// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Registries by name, and what they have told so far.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../array.h"
#include "../error.h"
#include "../text.h"
#include "registry.h"

static const struct registry_ops *const kinds[] = {
	&registry_file,
	&registry_etcd,
	&registry_etcds,
	&registry_kube,
};

#define KINDS	(sizeof(kinds) / sizeof(kinds[0]))

static bool any_option(const struct registry_options *o)
{
	return o->cafile || o->certfile || o->keyfile || o->username ||
	       o->password;
}

static const struct registry_ops *find_kind(const char *name)
{
	char quoted[80];
	size_t i;

	for (i = 0; i < KINDS; i++)
		if (!strncmp(name, kinds[i]->scheme, strlen(kinds[i]->scheme)))
			return kinds[i];
	fail(EXIT_WRONG, "'%s' is not a registry: file:PATH, etcd://HOST:PORT/PREFIX, etcds://HOST:PORT/PREFIX or kube:[KUBECONFIG]",
	     text_quote(quoted, sizeof(quoted), name, strlen(name)));
	return NULL;
}

/**
 * registry_open - Open a registry
 * @loop: Where it lives.
 * @setup: Which one, and who we are; may go when this returns.
 * @events: Whom it tells, never before this returns.
 * @priv: For them.
 *
 * Return: NULL after it said why. The loop has to run once more after it was
 * closed.
 */
struct registry *registry_open(uv_loop_t *loop,
			       const struct registry_setup *setup,
			       const struct registry_events *events,
			       void *priv)
{
	const struct registry_ops *ops = find_kind(setup->name);

	if (!ops)
		return NULL;
	if (any_option(&setup->options) && ops != &registry_etcd &&
	    ops != &registry_etcds) {
		fail(EXIT_WRONG, "the --etcd options are for etcd registries");
		return NULL;
	}
	return ops->open(loop, setup->name + strlen(ops->scheme), setup,
			 events, priv);
}

/**
 * registry_tell_changed - Tell what a registry holds, and that it can be read
 * @r: The registry.
 * @data: All that it holds.
 */
void registry_tell_changed(struct registry *r,
			   const struct registry_data *data)
{
	r->failing[0] = '\0';
	r->events->changed(r->priv, data);
}

/**
 * registry_same_reason - Do two texts say the same, but for numbers?
 * @a: One.
 * @b: The other one. Times and ports in it differ each time.
 *
 * Return: true if they do.
 */
bool registry_same_reason(const char *a, const char *b)
{
	while (*a && *b) {
		if (isdigit((unsigned char)*a) && isdigit((unsigned char)*b)) {
			a += strspn(a, "0123456789");
			b += strspn(b, "0123456789");
		} else if (*a++ != *b++) {
			return false;
		}
	}
	return *a == *b;
}

/**
 * registry_tell_failing - Tell why a registry cannot be read; once
 * @r: The registry.
 * @why: Why, fit to be printed.
 */
void registry_tell_failing(struct registry *r, const char *why)
{
	if (registry_same_reason(r->failing, why))
		return;
	snprintf(r->failing, sizeof(r->failing), "%s", why);
	r->events->failing(r->priv, r->failing);
}

static void free_entry(const struct registry_entry *e)
{
	free(e->key);
	free(e->value);
}

/**
 * registry_add - Append a lease
 * @data: The registry.
 * @e: The lease, which is taken over, also in case of an error.
 *
 * Return: 0, or -1: there are too many, or there is no memory.
 */
int registry_add(struct registry_data *data, const struct registry_entry *e)
{
	if (data->n < REGISTRY_ENTRIES_MAX && !array_add(data, e))
		return 0;
	free_entry(e);
	return -1;
}

/**
 * registry_add_endpoint - Note an address of the registry
 * @data: The registry.
 * @a: The address; nothing happens if there is none, or it is known.
 */
void registry_add_endpoint(struct registry_data *data, const struct addr *a)
{
	size_t i;

	for (i = 0; i < data->endpoints; i++)
		if (!addr_cmp(&data->endpoint[i], a))
			return;
	if (a->len && data->endpoints < REGISTRY_ENDPOINTS_MAX)
		data->endpoint[data->endpoints++] = *a;
}

static char *copy_bytes(const char *bytes, size_t len)
{
	char *copy = bytes ? malloc(len + 1) : NULL;

	if (copy) {
		memcpy(copy, bytes, len);
		copy[len] = '\0';
	}
	return copy;
}

static bool copy_entries(struct registry_data *data,
			 const struct registry_data *from)
{
	struct registry_entry e;
	size_t i;

	for (i = 0; i < from->n; i++) {
		e = from->v[i];
		e.key = copy_bytes(e.key, e.key_len);
		e.value = copy_bytes(e.value, e.value_len);
		if (!e.key || !e.value) {
			free_entry(&e);
			return false;
		}
		if (registry_add(data, &e))
			return false;
	}
	return true;
}

static bool copy_node(struct registry_node *node,
		      const struct registry_node *from)
{
	int i;

	for (i = 0; i < 2; i++) {
		if (from->public_ip[i]) {
			node->public_ip[i] = strdup(from->public_ip[i]);
			if (!node->public_ip[i])
				return false;
		}
		if (from->overwrite[i]) {
			node->overwrite[i] = strdup(from->overwrite[i]);
			if (!node->overwrite[i])
				return false;
		}
	}
	return true;
}

/**
 * registry_copy - Copy what a registry told
 * @data: Where it goes; all zero before, registry_clear() frees it, also
 *	after an error.
 * @from: What was told.
 *
 * Return: 0, or -1 without memory.
 */
int registry_copy(struct registry_data *data, const struct registry_data *from)
{
	memcpy(data->endpoint, from->endpoint, sizeof(data->endpoint));
	data->endpoints = from->endpoints;
	data->config = copy_bytes(from->config, from->config_len);
	data->config_len = from->config_len;
	if (from->config && !data->config)
		return -1;
	if (!copy_node(&data->node, &from->node) || !copy_entries(data, from))
		return -1;
	return 0;
}

/**
 * registry_clear - Free what a registry told
 * @data: The registry, empty and usable afterwards.
 */
void registry_clear(struct registry_data *data)
{
	size_t i;

	for (i = 0; i < data->n; i++)
		free_entry(&data->v[i]);
	for (i = 0; i < 2; i++) {
		free(data->node.public_ip[i]);
		free(data->node.overwrite[i]);
	}
	free(data->v);
	free(data->config);
	memset(data, 0, sizeof(*data));
}
