// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Which way packets to an entry's subnet go, and why: the kernel is asked as
 * it asks itself. The table alone does not say, as a route above the device's
 * (DirectRouting, or somebody else's) goes first.
 */
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "print.h"
#include "way.h"

static struct addr first_host(const struct prefix *p)
{
	struct addr a = p->addr;

	if (p->len < 8 * a.len)
		a.b[a.len - 1] |= 1;
	return a;
}

/**
 * ways_ask - Which way do packets to each of many entries go?
 * @nl: The kernel.
 * @list: The entries.
 *
 * Return: One way for each, freed by the caller; NULL: it is not known.
 */
struct way *ways_ask(struct netlink *nl, const struct subnet_list *list)
{
	struct route_query *q = calloc(2 * list->n + 1, sizeof(*q));
	struct way *v = calloc(list->n + 1, sizeof(*v));
	size_t i, n = 0;

	if (!q || !v)
		goto failed;
	for (i = 0; i < list->n; i++) {
		if (list->v[i].local)
			continue;
		q[n++].to = first_host(&list->v[i].prefix);
		q[n++].to = list->v[i].via;
	}
	if (route_lookups(nl, q, n))
		goto failed;
	for (i = 0, n = 0; i < list->n; i++) {
		if (list->v[i].local)
			continue;
		v[i].inner = q[n++];
		v[i].outer = q[n++];
	}
	free(q);
	return v;
failed:
	free(q);
	free(v);
	return NULL;
}

static bool found(const struct route_query *q)
{
	return !q->err && q->route.type == RTN_UNICAST;
}

static const char *way_name(const struct way *w, const struct subnet *s)
{
	if (!found(&w->inner))
		return "none";
	if (w->inner.route.ifindex == s->ifindex)
		return encap_name(s->encap);
	if (!addr_cmp(&w->inner.route.gateway, &s->via))
		return "direct";
	return "other";
}

static void print_hop(struct printer *p, const struct route *r)
{
	if (r->gateway.len)
		print_addr(p, "way-via", &r->gateway);
	print_dev(p, "way-dev", device_name(p, r->ifindex));
}

static void overlay_why(struct printer *p, const struct route_query *outer,
			char buf[static JSON_WHY])
{
	char via[ADDR_TEXT];

	if (!found(outer))
		strcpy(buf, "there is no way to the VTEP");
	else if (outer->route.gateway.len)
		snprintf(buf, JSON_WHY, "the VTEP is behind %s dev %s",
			 addr_text(&outer->route.gateway, via),
			 device_name(p, outer->route.ifindex));
	else
		snprintf(buf, JSON_WHY,
			 "the VTEP is on the link of %s, without a direct route",
			 device_name(p, outer->route.ifindex));
}

/**
 * way_print_route - Print a peer that has a route of ours and no entry: host-gw
 * @p: The printer, in an object.
 * @r: The route.
 * @details: In text as well, why that is its way.
 */
void way_print_route(struct printer *p, const struct route *r, bool details)
{
	print_prefix(p, "prefix", &r->dst);
	if (r->gateway.len)
		print_addr(p, "via", &r->gateway);
	print_word(p, "way", "direct");
	print_hop(p, r);
	p->hidden = !details;
	print_word(p, "why", "host-gw: there is no entry for it");
	p->hidden = false;
}

/**
 * way_print - Print which way is in use, and why
 * @p: The printer, in an object.
 * @w: The way.
 * @s: The entry.
 * @details: In text as well, what goes the way that the entry says.
 */
void way_print(struct printer *p, const struct way *w, const struct subnet *s,
	       bool details)
{
	const char *name = way_name(w, s);
	bool direct = !strcmp(name, "direct"), other = !strcmp(name, "other");
	char why[JSON_WHY];

	p->hidden = !details && !direct && !other;
	print_word(p, "way", name);
	if (direct || other)
		print_hop(p, &w->inner.route);
	p->hidden = !details;
	if (direct)
		strcpy(why, "on the link");
	else if (other)
		strcpy(why, "another route to it comes first");
	else if (!strcmp(name, "none"))
		strcpy(why, "no route leads to the device");
	else
		overlay_why(p, &w->outer, why);
	print_word(p, "why", why);
	p->hidden = false;
}
