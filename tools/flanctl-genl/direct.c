// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Routes to peers over the underlay's own link: what is to be done. A peer's
 * route names a nexthop object that all subnets behind its gateway share: with
 * the gateway in each route the kernel compares every new one with all others.
 * direct_apply.c does it.
 */
#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "direct.h"
#include "ids.h"

#define NEXTHOP_IDS	(NEXTHOP_LAST - NEXTHOP_FIRST + 1)

/**
 * struct gateway - An address that peers are behind.
 * @query: How the kernel sends to it.
 * @hop: Index of its nexthop, -1: it is not on the link.
 */
struct gateway {
	struct route_query query;
	long hop;
};

/**
 * struct work - A plan that is being made.
 * @d: What is wanted.
 * @p: The plan.
 * @nl: The kernel.
 * @have: Our routes, in order.
 * @ids: Nexthop ids that are taken.
 * @gateway: Gateways, in order.
 * @gateways: How many.
 */
struct work {
	const struct direct *d;
	struct direct_plan *p;
	struct netlink *nl;
	struct route_list have;
	struct ids ids;
	struct gateway *gateway;
	size_t gateways;
};

static int by_prefix(const void *a, const void *b)
{
	const struct subnet *s = a, *t = b;

	return prefix_cmp(&s->prefix, &t->prefix);
}

static int by_dst(const void *a, const void *b)
{
	const struct route *r = a, *s = b;

	return prefix_cmp(&r->dst, &s->dst);
}

static int by_address(const void *a, const void *b)
{
	const struct gateway *g = a, *h = b;

	return addr_cmp(&g->query.to, &h->query.to);
}

static int by_hop(const void *a, const void *b)
{
	const struct nexthop *n = a, *m = b;

	if (n->ifindex != m->ifindex)
		return n->ifindex < m->ifindex ? -1 : 1;
	return addr_cmp(&n->gateway, &m->gateway);
}

static bool is_ours(const struct nexthop *n)
{
	return n->protocol == ROUTE_PROTOCOL && !n->other &&
	       n->id >= NEXTHOP_FIRST && n->id <= NEXTHOP_LAST;
}

/**
 * direct_keep_ours - Leave out nexthops that we did not make
 * @hops: The nexthops.
 */
void direct_keep_ours(struct nexthop_list *hops)
{
	size_t i, n = 0;

	for (i = 0; i < hops->n; i++)
		if (is_ours(&hops->v[i]))
			hops->v[n++] = hops->v[i];
	hops->n = n;
}

/* Routes of ours without a nexthop lead into a flannel device. */
static bool is_direct(const struct direct *d, const struct route *r)
{
	const struct prefix *p = &d->network[r->dst.addr.len == 16];

	return r->nexthop && p->addr.len && prefix_within(&r->dst, p);
}

static int read_routes(struct work *w)
{
	const struct route_filter ours = { .protocol = ROUTE_PROTOCOL };
	int err = route_dump(w->nl, &ours, &w->have);
	size_t i, n = 0;

	for (i = 0; i < w->have.n; i++)
		if (is_direct(w->d, &w->have.v[i]))
			w->have.v[n++] = w->have.v[i];
	w->have.n = n;
	if (n)
		qsort(w->have.v, n, sizeof(*w->have.v), by_dst);
	return err;
}

static int read_hops(struct work *w)
{
	struct nexthop_list *hops = &w->p->hops;
	int err = nexthop_dump(w->nl, hops);
	size_t i;

	for (i = 0; i < hops->n && !err; i++)
		err = ids_add(&w->ids, hops->v[i].id);
	direct_keep_ours(hops);
	if (hops->n)
		qsort(hops->v, hops->n, sizeof(*hops->v), by_hop);
	return err;
}

static int ask_gateways(struct work *w)
{
	const struct subnet_list *want = w->d->want;
	struct route_query *q;
	size_t i, n = 0;
	int err;

	w->gateway = calloc(want->n + 1, sizeof(*w->gateway));
	q = calloc(want->n + 1, sizeof(*q));
	if (!w->gateway || !q) {
		free(q);
		return -ENOMEM;
	}
	for (i = 0; i < want->n; i++)
		w->gateway[i].query.to = want->v[i].via;
	qsort(w->gateway, want->n, sizeof(*w->gateway), by_address);
	for (i = 0; i < want->n; i++)
		if (!n || by_address(&w->gateway[n - 1], &w->gateway[i]))
			w->gateway[n++] = w->gateway[i];
	w->gateways = n;
	for (i = 0; i < n; i++)
		q[i] = w->gateway[i].query;
	err = route_lookups(w->nl, q, n);
	for (i = 0; i < n; i++)
		w->gateway[i].query = q[i];
	free(q);
	return err;
}

static bool right_interface(const struct direct *d, uint32_t ifindex)
{
	size_t i, named = 0;

	if (!ifindex || ifindex == d->dev)
		return false;
	for (i = 0; i < sizeof(d->underlay) / sizeof(d->underlay[0]); i++) {
		named += d->underlay[i] != 0;
		if (d->underlay[i] == ifindex)
			return true;
	}
	return !named;
}

static bool on_link(const struct direct *d, const struct route_query *q)
{
	return !q->err && q->route.type == RTN_UNICAST &&
	       !q->route.gateway.len && right_interface(d, q->route.ifindex);
}

static uint32_t hash(const struct nexthop *n)
{
	uint32_t h = 2166136261u ^ n->ifindex;
	size_t i;

	for (i = 0; i < n->gateway.len; i++)
		h = (h ^ n->gateway.b[i]) * 16777619u;
	return (h ^ h >> 24) % NEXTHOP_IDS;
}

/* An id that stays the same for a gateway, unless somebody has taken it. */
static int pick_id(struct work *w, struct nexthop *n)
{
	uint32_t first = hash(n), i;

	for (i = 0; i < NEXTHOP_IDS; i++) {
		n->id = NEXTHOP_FIRST + (first + i) % NEXTHOP_IDS;
		if (!ids_has(&w->ids, n->id))
			return ids_add(&w->ids, n->id);
	}
	return -ENOSPC;
}

static int add_hop(struct work *w, const struct nexthop *n)
{
	if (array_add(&w->p->hops, n))
		return -ENOMEM;
	w->p->new_hops++;
	return 0;
}

static int find_hop(struct work *w, struct gateway *g)
{
	struct nexthop_list *hops = &w->p->hops;
	struct nexthop n = {
		.gateway = g->query.to,
		.ifindex = g->query.route.ifindex,
		.protocol = ROUTE_PROTOCOL,
	};
	size_t old = hops->n - w->p->new_hops;
	const struct nexthop *found;

	g->hop = -1;
	if (!on_link(w->d, &g->query))
		return 0;
	found = old ? bsearch(&n, hops->v, old, sizeof(n), by_hop) : NULL;
	if (!found && (pick_id(w, &n) || add_hop(w, &n)))
		return -ENOMEM;
	g->hop = found ? found - hops->v : (long)hops->n - 1;
	return 0;
}

static int find_hops(struct work *w)
{
	size_t i;
	int err = 0;

	for (i = 0; i < w->gateways && !err; i++)
		err = find_hop(w, &w->gateway[i]);
	return err;
}

static char *not_on_link(const struct direct *d, const struct route_query *q)
{
	char to[ADDR_TEXT], via[ADDR_TEXT], dev[IF_NAMESIZE] = "?";
	const struct route *r = &q->route;
	char *why = NULL;
	int n;

	addr_text(&q->to, to);
	if_indextoname(r->ifindex, dev);
	if (q->err)
		n = asprintf(&why, "%s is not on the link: %s", to,
			     strerror(-q->err));
	else if (r->gateway.len)
		n = asprintf(&why, "%s is not on the link but behind %s dev %s",
			     to, addr_text(&r->gateway, via), dev);
	else if (r->type == RTN_UNICAST)
		n = asprintf(&why, "%s is on the link of %s, not of the underlay%s",
			     to, dev, r->ifindex == d->dev ?
			     ": its own traffic would go through itself" : "");
	else
		n = asprintf(&why, "%s cannot be a gateway: it is no unicast address here",
			     to);
	return n < 0 ? NULL : why;
}

static struct gateway *gateway_of(struct work *w, const struct addr *a)
{
	struct gateway key = { .query.to = *a };

	return bsearch(&key, w->gateway, w->gateways, sizeof(key), by_address);
}

static struct plan_item *add_item(struct work *w, const struct route *old)
{
	struct direct_plan *p = w->p;
	struct plan_item *item = &p->plan.v[p->plan.n++];

	p->hop[p->plan.n - 1] = -1;
	item->has_old = old;
	if (!old)
		return item;
	item->old.prefix = old->dst;
	item->old.via = old->gateway;
	item->new = item->old;
	p->route[p->plan.n - 1] = *old;
	return item;
}

/* Away from the link, a peer is reached over the overlay or not at all. */
static int decide_away(struct work *w, struct plan_item *item,
		       const struct gateway *g)
{
	item->sign = !w->d->overlay ? PLAN_REFUSE :
		     item->has_old ? PLAN_REMOVE : PLAN_LEAVE;
	item->why = not_on_link(w->d, &g->query);
	return item->why ? 0 : -ENOMEM;
}

static int decide_peer(struct work *w, const struct subnet *s,
		       const struct route *old)
{
	const struct gateway *g = gateway_of(w, &s->via);
	struct plan_item *item = add_item(w, old);
	size_t i = w->p->plan.n - 1;
	uint32_t id;

	item->new.prefix = s->prefix;
	item->new.via = s->via;
	if (g->hop < 0)
		return decide_away(w, item, g);
	id = w->p->hops.v[g->hop].id;
	item->sign = !old ? PLAN_ADD :
		     old->nexthop == id ? PLAN_SAME : PLAN_CHANGE;
	w->p->hop[i] = g->hop;
	if (item->sign != PLAN_SAME)
		w->p->route[i] = (struct route){
			.dst = s->prefix, .nexthop = id,
			.metric = old ? old->metric : 0,
		};
	return 0;
}

static bool kept(const struct direct *d, const struct route *r)
{
	size_t i;

	for (i = 0; d->keep && i < d->keep->n; i++)
		if (!prefix_cmp(&d->keep->v[i].prefix, &r->dst))
			return true;
	return false;
}

static void decide_stale(struct work *w, const struct route *old)
{
	struct plan_item *item = add_item(w, old);

	item->sign = kept(w->d, old) ? PLAN_SAME : PLAN_REMOVE;
}

/* Both are in order; of two routes to one prefix the second one is stale. */
static int merge(struct work *w)
{
	const struct subnet_list *want = w->d->want;
	const struct route_list *have = &w->have;
	size_t i = 0, h = 0;
	int diff, err = 0;

	while (!err && (i < want->n || h < have->n)) {
		diff = i == want->n ? 1 : h == have->n ? -1 :
		       prefix_cmp(&want->v[i].prefix, &have->v[h].dst);
		if (diff > 0) {
			decide_stale(w, &have->v[h++]);
			continue;
		}
		err = decide_peer(w, &want->v[i++],
				  diff ? NULL : &have->v[h]);
		h += !diff;
	}
	return err;
}

static int compare(struct work *w)
{
	size_t n = w->d->want->n + w->have.n + 1;
	struct direct_plan *p = w->p;

	p->plan.v = calloc(n, sizeof(*p->plan.v));
	p->route = calloc(n, sizeof(*p->route));
	p->hop = calloc(n, sizeof(*p->hop));
	if (!p->plan.v || !p->route || !p->hop)
		return -ENOMEM;
	return merge(w);
}

/**
 * direct_make - Compare what is wanted with what the kernel has
 * @p: Where the result goes; direct_free() frees it, also after an error.
 * @nl: The kernel, which is only asked.
 * @d: What is wanted.
 *
 * Return: 0 or negative errno, with netlink_why() unless it is -ENOMEM.
 */
int direct_make(struct direct_plan *p, struct netlink *nl,
		const struct direct *d)
{
	struct work w = { .d = d, .p = p, .nl = nl };
	int err;

	memset(p, 0, sizeof(*p));
	if (d->want->n)
		qsort(d->want->v, d->want->n, sizeof(*d->want->v), by_prefix);
	err = read_routes(&w);
	if (!err && (w.have.n || d->want->n))
		err = read_hops(&w);
	if (!err)
		err = ask_gateways(&w);
	if (!err)
		err = find_hops(&w);
	if (!err)
		err = compare(&w);
	ids_free(&w.ids);
	free(w.have.v);
	free(w.gateway);
	return err;
}

/**
 * direct_loses - How many routes go without any that is wanted?
 * @p: The plan.
 *
 * Return: How many routes are to be removed; 0 if any peer is wanted. (A route
 * that merely stays has no nexthop in the plan.)
 */
size_t direct_loses(const struct direct_plan *p)
{
	size_t i, n = 0;

	for (i = 0; i < p->plan.n; i++) {
		if (p->plan.v[i].sign != PLAN_REMOVE &&
		    (p->plan.v[i].sign != PLAN_SAME || p->hop[i] >= 0))
			return 0;
		n += p->plan.v[i].sign == PLAN_REMOVE;
	}
	return n;
}

/**
 * direct_free - Free a plan
 * @p: The plan.
 */
void direct_free(struct direct_plan *p)
{
	plan_free(&p->plan);
	free(p->route);
	free(p->hop);
	free(p->hops.v);
	memset(p, 0, sizeof(*p));
}
