// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Leases from what a registry holds: key and value parsed, and cut into an
 * IPv4 and an IPv6 half, for each is a subnet behind a VTEP of its own.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../error.h"
#include "../text.h"
#include "backend.h"
#include "lease.h"

/* An IPv4 subnet can be routed over an IPv6 next hop, not the reverse. */
static const struct addr *via_of(const struct lease_value *v,
				 const struct net_config *config)
{
	const struct backend *b = backend_of(config);

	if (b && b->routes && (!v->public_ip.len || addr_is_zero(&v->public_ip)) &&
	    v->public_ip6.len)
		return &v->public_ip6;
	return &v->public_ip;
}

static void fill_half(struct lease_half *h, bool there,
		      const struct prefix *prefix, const struct addr *via)
{
	h->there = there;
	h->prefix = *prefix;
	h->via = *via;
}

static void fill(struct lease *l, const struct lease_key *key,
		 const struct lease_value *v, const struct net_config *config)
{
	strcpy(l->type, v->type);
	fill_half(&l->half[0], config->ipv4 && key->v4.addr.len, &key->v4,
		  via_of(v, config));
	l->half[0].has_mac = v->has_mac;
	l->half[0].mac = v->mac;
	fill_half(&l->half[1], config->ipv6 && key->v6.addr.len, &key->v6,
		  &v->public_ip6);
	l->half[1].has_mac = v->has_mac6;
	l->half[1].mac = v->mac6;
}

static void parse(struct lease *l, const struct registry_entry *e,
		  const struct net_config *config)
{
	struct lease_value value;
	struct lease_key key;
	const char *why;

	l->entry = e;
	why = key_parse(e->key, e->key_len, &key);
	if (why) {
		l->bad_key = true;
		snprintf(l->why, sizeof(l->why), "bad key: %s", why);
		l->refused = l->why;
		return;
	}
	if (lease_parse(e->value, e->value_len, &value, l->why)) {
		fill(l, &key, &value, config);
		return;
	}
	l->bad_value = true;
	l->refused = l->why;
	memset(&value, 0, sizeof(value));
	fill(l, &key, &value, config);
}

/**
 * lease_list_parse - Parse all leases
 * @list: Where they go, lease_list_free() frees it.
 * @data: The registry, which has to stay.
 * @config: The network config.
 *
 * Return: 0, or EXIT_REFUSED without memory.
 */
int lease_list_parse(struct lease_list *list, const struct registry_data *data,
		     const struct net_config *config)
{
	size_t i;

	list->v = calloc(data->n + 1, sizeof(*list->v));
	if (!list->v)
		return fail(EXIT_REFUSED, "out of memory");
	list->n = data->n;
	for (i = 0; i < data->n; i++)
		parse(&list->v[i], &data->v[i], config);
	return 0;
}

/**
 * lease_list_free - Free the leases
 * @list: The list.
 */
void lease_list_free(struct lease_list *list)
{
	free(list->v);
	memset(list, 0, sizeof(*list));
}

/**
 * lease_why - Why a lease is refused, as a whole or a half of it
 * @l: The lease.
 * @half: Which half, -1: the lease as a whole.
 * @buf: Where the text goes, fit to be printed.
 *
 * Return: @buf.
 */
char *lease_why(const struct lease *l, int half, char buf[static JSON_WHY])
{
	const struct lease_half *h = half < 0 ? NULL : &l->half[half];
	char key[80] = "";

	if (h && h->other)
		text_quote(key, sizeof(key), h->other->entry->key,
			   h->other->entry->key_len);
	snprintf(buf, JSON_WHY, "%s%s%s", h ? h->refused : l->refused,
		 *key ? " " : "", key);
	return buf;
}
