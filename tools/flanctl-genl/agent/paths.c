// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The routes into the device: one for the whole cluster network of a family,
 * unless that would swallow something that the host reaches in another way;
 * then one for each peer's subnet. All go through one gateway that does not
 * exist: so there is no neighbour entry for every pod, and no route that the
 * kernel has to compare with ten thousand others.
 *
 * Routes of ours are known by their protocol number. Nobody else's are touched.
 */
#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../array.h"
#include "paths.h"

/* Below everything else that has the prefix. */
#define BLACKHOLE_METRIC	0x7fffffffu

/* Below a direct route to the same subnet, which has the kernel's metric. */
#define BELOW_DIRECT		2048

static struct addr gateway(int family)
{
	struct addr a;

	addr_parse(&a, family ? "fe80::1" : "169.254.1.1");
	return a;
}

static int add_path(struct route_list *list, uint32_t ifindex, bool below,
		    const struct prefix *to)
{
	int family = to->addr.len == 4 ? 0 : 1;
	struct route r = {
		.dst = *to,
		.gateway = gateway(family),
		.ifindex = ifindex,
		.onlink = true,
		.metric = below ? BELOW_DIRECT : family ? 1024 : 0,
	};

	return array_add(list, &r);
}

/* Is this a way of the host's into the cluster network that is not ours? */
static bool is_other_way(const struct route *r, const struct paths_wish *w,
			 int family)
{
	return r->dst.len && r->protocol != ROUTE_PROTOCOL &&
	       r->ifindex != w->ifindex && r->type == RTN_UNICAST &&
	       prefix_overlaps(&r->dst, &w->network[family]) &&
	       !(w->own[family].addr.len &&
		 prefix_within(&r->dst, &w->own[family]));
}

static bool must_split(const struct paths_wish *w, int family,
		       const struct route_list *all)
{
	size_t i;

	if (w->routes != ROUTES_AUTO)
		return w->routes == ROUTES_PER_SUBNET;
	for (i = 0; i < all->n; i++)
		if (is_other_way(&all->v[i], w, family))
			return true;
	return false;
}

static int add_peers(struct route_list *list, const struct paths_wish *w,
		     int family)
{
	const struct subnet_list *peers = w->peers;
	int err = 0;
	size_t i;

	for (i = 0; i < peers->n && !err; i++)
		if (!peers->v[i].local &&
		    peers->v[i].prefix.addr.len == (family ? 16 : 4))
			err = add_path(list, w->ifindex, w->direct,
				       &peers->v[i].prefix);
	return err;
}

static int add_blackhole(struct route_list *list, const struct prefix *own)
{
	struct route r = {
		.dst = *own,
		.type = RTN_BLACKHOLE,
		.metric = BLACKHOLE_METRIC,
	};

	return array_add(list, &r);
}

static int want(struct route_list *list, const struct paths_wish *w,
		int family, bool split)
{
	int err = 0;

	if (!w->network[family].addr.len)
		return 0;
	err = split ? add_peers(list, w, family) :
		      add_path(list, w->ifindex, false, &w->network[family]);
	if (!err && w->blackhole && w->own[family].addr.len)
		err = add_blackhole(list, &w->own[family]);
	return err;
}

static int by_dst(const void *a, const void *b)
{
	const struct route *r = a, *s = b;
	int diff = prefix_cmp(&r->dst, &s->dst);

	return diff ? diff : (r->metric > s->metric) - (r->metric < s->metric);
}

/* Which of the routes that are there are the device's paths, or blackholes. */
static bool is_path(const struct route *r, uint32_t ifindex)
{
	return r->protocol == ROUTE_PROTOCOL &&
	       (r->ifindex == ifindex ||
		(r->type == RTN_BLACKHOLE && r->metric == BLACKHOLE_METRIC));
}

static bool same(const struct route *r, const struct route *s)
{
	return !addr_cmp(&r->gateway, &s->gateway) && !s->dead &&
	       (r->type == RTN_BLACKHOLE) == (s->type == RTN_BLACKHOLE);
}

static const struct route *find(const struct route_list *list,
				const struct route *r)
{
	return list->n ? bsearch(r, list->v, list->n, sizeof(*r), by_dst) :
			 NULL;
}

/**
 * struct difference - What is to be done.
 * @have: Paths that are there.
 * @want: Paths that should be there.
 * @other: Routes of others into the cluster networks.
 * @add: To be written.
 * @gone: To be removed.
 * @blocked: The first one that cannot be written, as @other has it.
 * @blocks: How many cannot.
 */
struct difference {
	struct route_list have;
	struct route_list want;
	struct route_list other;
	struct route_list add;
	struct route_list gone;
	struct prefix blocked;
	size_t blocks;
};

static void sort(struct route_list *list)
{
	if (list->n)
		qsort(list->v, list->n, sizeof(*list->v), by_dst);
}

static int want_route(struct difference *d, const struct route *r)
{
	const struct route *found = find(&d->have, r);

	if (found && same(r, found))
		return 0;
	if (found || !find(&d->other, r))
		return array_add(&d->add, r);
	if (!d->blocks++)
		d->blocked = r->dst;
	return 0;
}

static int compare(struct difference *d)
{
	int err = 0;
	size_t i;

	sort(&d->have);
	sort(&d->want);
	sort(&d->other);
	for (i = 0; i < d->want.n && !err; i++)
		err = want_route(d, &d->want.v[i]);
	for (i = 0; i < d->have.n && !err; i++)
		if (!find(&d->want, &d->have.v[i]))
			err = array_add(&d->gone, &d->have.v[i]);
	return err;
}

static void difference_free(struct difference *d)
{
	free(d->have.v);
	free(d->want.v);
	free(d->other.v);
	free(d->add.v);
	free(d->gone.v);
}

static int select_paths(struct difference *d, const struct route_list *all,
			uint32_t ifindex)
{
	int err = 0;
	size_t i;

	for (i = 0; i < all->n && !err; i++)
		if (is_path(&all->v[i], ifindex))
			err = array_add(&d->have, &all->v[i]);
	return err;
}

static int select_others(struct difference *d, const struct route_list *all,
			 const struct prefix network[static 2])
{
	const struct prefix *p;
	int err = 0;
	size_t i;

	for (i = 0; i < all->n && !err; i++) {
		p = &network[all->v[i].dst.addr.len == 4 ? 0 : 1];
		if (all->v[i].protocol != ROUTE_PROTOCOL && p->addr.len &&
		    prefix_within(&all->v[i].dst, p))
			err = array_add(&d->other, &all->v[i]);
	}
	return err;
}

/* New ones first: between two of them there is always one. */
static int apply(struct netlink *nl, const struct difference *d)
{
	int err = 0;

	if (d->add.n)
		err = route_replace(nl, d->add.v, d->add.n, NULL);
	if (!err && d->gone.n)
		err = route_delete(nl, d->gone.v, d->gone.n, NULL);
	return err == -ESRCH ? 0 : err;
}

static void say_blocked(const struct difference *d, char why[static JSON_WHY])
{
	char prefix[PREFIX_TEXT];

	why[0] = '\0';
	if (d->blocks)
		snprintf(why, JSON_WHY, "%s has a route that is not ours, and none into the device: remove that first (%zu like that)",
			 prefix_text(&d->blocked, prefix), d->blocks);
}

/**
 * paths_ensure - Make the routes into the device what they should be
 * @nl: The kernel.
 * @wish: What they should be.
 * @per_subnet: Set to whether they are a subnet's, by family.
 * @why: What is wrong; empty: nothing. Without an error, routes of others are
 *	in the way of some.
 *
 * Return: 0 or negative errno.
 */
int paths_ensure(struct netlink *nl, const struct paths_wish *wish,
		 bool per_subnet[static 2], char why[static JSON_WHY])
{
	struct route_filter everything = {};
	struct route_list all = {};
	struct difference d = {};
	int err, f;

	err = route_dump(nl, &everything, &all);
	for (f = 0; f < 2 && !err; f++) {
		per_subnet[f] = must_split(wish, f, &all);
		err = want(&d.want, wish, f, per_subnet[f]);
	}
	if (!err)
		err = select_paths(&d, &all, wish->ifindex);
	if (!err)
		err = select_others(&d, &all, wish->network);
	if (!err)
		err = compare(&d);
	if (!err)
		err = apply(nl, &d);
	say_blocked(&d, why);
	if (err)
		snprintf(why, JSON_WHY, "cannot write routes: %s",
			 err == -ENOMEM ? "out of memory" : netlink_why(nl));
	difference_free(&d);
	free(all.v);
	return err;
}
