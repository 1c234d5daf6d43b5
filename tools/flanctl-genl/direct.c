// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Routes to peers over the underlay's own link. A peer's route names a nexthop
 * object that all subnets behind its gateway share: with the gateway in each
 * route the kernel compares every new one with all others.
 *
 * Ours is what has our protocol number, and nothing else is touched: routes
 * are added exclusively, replaced only where the dump showed one of ours, and
 * removed by prefix, protocol and nexthop. The one exception is a route that
 * stock flannel would have written, to the last attribute: it is replaced by
 * ours, which sends packets the same way. A route is written before anything
 * is removed, and a nexthop goes only when no route of anybody uses it.
 */
#include <errno.h>
#include <linux/rtnetlink.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "direct.h"

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
 * @ids: Tree of the nexthop ids that are taken.
 * @gateway: Gateways, in order.
 * @gateways: How many.
 */
struct work {
	const struct direct *d;
	struct direct_plan *p;
	struct netlink *nl;
	struct route_list have;
	void *ids;
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

static int by_id(const void *a, const void *b)
{
	uintptr_t i = (uintptr_t)a, j = (uintptr_t)b;

	return i < j ? -1 : i > j;
}

static int add_id(void **tree, uint32_t id)
{
	return tsearch((void *)(uintptr_t)id, tree, by_id) ? 0 : -ENOMEM;
}

static bool has_id(void *const *tree, uint32_t id)
{
	return tfind((void *)(uintptr_t)id, tree, by_id);
}

static void keep_node(void *node)
{
	(void)node;
}

static void free_ids(void **tree)
{
	tdestroy(*tree, keep_node);
	*tree = NULL;
}

static bool is_ours(const struct nexthop *n)
{
	return n->protocol == ROUTE_PROTOCOL && !n->other &&
	       n->id >= NEXTHOP_FIRST && n->id <= NEXTHOP_LAST;
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
	size_t i, n = 0;

	for (i = 0; i < hops->n && !err; i++) {
		if (add_id(&w->ids, hops->v[i].id))
			err = -ENOMEM;
		if (is_ours(&hops->v[i]))
			hops->v[n++] = hops->v[i];
	}
	hops->n = n;
	if (n)
		qsort(hops->v, n, sizeof(*hops->v), by_hop);
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
		if (!has_id(&w->ids, n->id))
			return add_id(&w->ids, n->id);
	}
	return -ENOSPC;
}

static int add_hop(struct work *w, const struct nexthop *n)
{
	struct nexthop_list *hops = &w->p->hops;
	struct nexthop *v;

	if (hops->n == hops->room) {
		v = reallocarray(hops->v, 2 * hops->n + 64, sizeof(*v));
		if (!v)
			return -ENOMEM;
		hops->v = v;
		hops->room = 2 * hops->n + 64;
	}
	hops->v[hops->n++] = *n;
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
	free_ids(&w.ids);
	free(w.have.v);
	free(w.gateway);
	return err;
}

/**
 * direct_loses - How many routes go without any that is wanted?
 * @p: The plan.
 *
 * Return: How many routes are to be removed; 0 if any peer is wanted.
 */
size_t direct_loses(const struct direct_plan *p)
{
	size_t i, n = 0;

	for (i = 0; i < p->plan.n; i++) {
		if (p->plan.v[i].sign != PLAN_REMOVE &&
		    p->plan.v[i].sign != PLAN_SAME)
			return 0;
		n += p->plan.v[i].sign == PLAN_REMOVE;
	}
	return n;
}

/**
 * struct step - Routes of one kind of request.
 * @p: The plan.
 * @v: The routes.
 * @item: The item of each.
 * @n: How many.
 * @err: No memory.
 */
struct step {
	struct direct_plan *p;
	struct route *v;
	size_t *item;
	size_t n;
	int err;
};

static bool is_removed(const struct plan_item *item)
{
	return item->sign == PLAN_REMOVE ||
	       (item->sign == PLAN_REFUSE && item->has_old);
}

static bool is_added(const struct plan_item *item)
{
	return item->sign == PLAN_ADD;
}

static bool is_changed(const struct plan_item *item)
{
	return item->sign == PLAN_CHANGE;
}

static int step_make(struct step *s, struct direct_plan *p,
		     bool (*wanted)(const struct plan_item *item))
{
	size_t i;

	*s = (struct step){ .p = p };
	s->v = calloc(p->plan.n + 1, sizeof(*s->v));
	s->item = calloc(p->plan.n + 1, sizeof(*s->item));
	if (!s->v || !s->item)
		return -ENOMEM;
	for (i = 0; i < p->plan.n; i++) {
		if (!wanted(&p->plan.v[i]))
			continue;
		s->v[s->n] = p->route[i];
		s->item[s->n++] = i;
	}
	return 0;
}

static void step_free(struct step *s)
{
	free(s->v);
	free(s->item);
}

static int refuse(struct plan_item *item, const char *why)
{
	free(item->why);
	item->sign = PLAN_REFUSE;
	item->why = strdup(why);
	return item->why ? 0 : -ENOMEM;
}

static void write_refused(void *arg, size_t i, int err, const char *why)
{
	struct step *s = arg;

	(void)err;
	if (refuse(&s->p->plan.v[s->item[i]], why))
		s->err = -ENOMEM;
}

/* What has gone by itself meanwhile is gone as it should. */
static void remove_refused(void *arg, size_t i, int err, const char *why)
{
	if (err != -ESRCH)
		write_refused(arg, i, err, why);
}

static void hop_refused(void *arg, size_t i, int err, const char *why)
{
	struct step *s = arg;
	struct direct_plan *p = s->p;
	long hop = (long)(p->hops.n - p->new_hops + i);
	size_t k;

	(void)err;
	for (k = 0; k < p->plan.n; k++)
		if (p->hop[k] == hop && refuse(&p->plan.v[k], why))
			s->err = -ENOMEM;
}

static int add_hops(struct direct_plan *p, struct netlink *nl)
{
	struct step s = { .p = p };
	const struct refusals refusals = { hop_refused, &s };
	const struct nexthop *new = p->hops.v + p->hops.n - p->new_hops;
	int err = p->new_hops ? nexthop_add(nl, new, p->new_hops, &refusals) :
				0;

	return err ? err : s.err;
}

static int write_step(struct direct_plan *p, struct netlink *nl,
		      bool (*wanted)(const struct plan_item *item),
		      int (*write)(struct netlink *nl, const struct route *v,
				   size_t n, const struct refusals *refusals),
		      void (*refused)(void *arg, size_t i, int err,
				      const char *why))
{
	struct step s;
	const struct refusals refusals = { refused, &s };
	int err = step_make(&s, p, wanted);

	if (!err)
		err = write(nl, s.v, s.n, &refusals);
	if (!err)
		err = s.err;
	step_free(&s);
	return err;
}

/* The prefix has a route: what that means is seen when all are written. */
static void add_refused(void *arg, size_t i, int err, const char *why)
{
	struct step *s = arg;

	if (err == -EEXIST)
		s->p->plan.v[s->item[i]].sign = PLAN_REFUSE;
	else
		write_refused(arg, i, err, why);
}

static bool is_taken(const struct plan_item *item)
{
	return item->sign == PLAN_REFUSE && !item->why;
}

static bool same_way(const struct route *r, const struct nexthop *n)
{
	return r->type == RTN_UNICAST && !r->several &&
	       r->ifindex == n->ifindex && !addr_cmp(&r->gateway, &n->gateway);
}

/* All that flanneld gives is destination, gateway and interface; 1024 is the
 * kernel's metric for an IPv6 route without one.
 */
static bool is_stocks(const struct route *r)
{
	return r->protocol == RTPROT_BOOT && r->table == RT_TABLE_MAIN &&
	       r->scope == RT_SCOPE_UNIVERSE && !r->nexthop && !r->onlink &&
	       !r->special && !r->prefsrc.len &&
	       r->metric == (r->dst.addr.len == 4 ? 0 : 1024);
}

static int refuse_taken(struct plan_item *item, const struct route_query *q)
{
	char via[ADDR_TEXT] = "", dev[IF_NAMESIZE] = "?", why[JSON_WHY];
	const struct route *r = &q->route;

	if (q->err || prefix_cmp(&r->dst, &item->new.prefix))
		return refuse(item, "there is a route to it that is not ours: remove that first");
	if (r->gateway.len)
		addr_text(&r->gateway, via);
	if_indextoname(r->ifindex, dev);
	snprintf(why, sizeof(why),
		 "there is a route to it that is not ours, %s%s%sdev %s proto %u: remove that first",
		 *via ? "via " : "", via, *via ? " " : "", dev, r->protocol);
	return refuse(item, why);
}

/* A route that sends packets where ours would is as good, whoever wrote it. */
static int judge_taken(struct plan_item *item, const struct nexthop *n,
		       const struct route_query *q)
{
	const struct route *r = &q->route;

	if (q->err || prefix_cmp(&r->dst, &item->new.prefix) ||
	    !same_way(r, n))
		return refuse_taken(item, q);
	item->sign = is_stocks(r) ? PLAN_CHANGE : PLAN_LEAVE;
	item->why = strdup(is_stocks(r) ? "was as flanneld writes it" :
					  "another's route goes the same way");
	return item->why ? 0 : -ENOMEM;
}

static int judge_all_taken(struct direct_plan *p, struct netlink *nl,
			   const struct step *s)
{
	struct route_query *q = calloc(s->n + 1, sizeof(*q));
	size_t i, k;
	int err;

	if (!q)
		return -ENOMEM;
	for (i = 0; i < s->n; i++) {
		q[i].to = s->v[i].dst.addr;
		q[i].entry = true;
	}
	err = route_lookups(nl, q, s->n);
	for (i = 0; i < s->n && !err; i++) {
		k = s->item[i];
		err = judge_taken(&p->plan.v[k], &p->hops.v[p->hop[k]], &q[i]);
	}
	free(q);
	return err;
}

/* On a node that flanneld ran on, its routes are there. */
static int judge_others(struct direct_plan *p, struct netlink *nl)
{
	struct step s;
	int err = step_make(&s, p, is_taken);

	if (!err && s.n)
		err = judge_all_taken(p, nl, &s);
	step_free(&s);
	return err;
}

static int used_ids(struct netlink *nl, void **ids)
{
	const struct route_filter all = { .all_tables = true };
	struct route_list list = {};
	int err = route_dump(nl, &all, &list);
	size_t i;

	for (i = 0; i < list.n && !err; i++)
		if (list.v[i].nexthop)
			err = add_id(ids, list.v[i].nexthop);
	free(list.v);
	return err;
}

static void nobody_cares(void *arg, size_t i, int err, const char *why)
{
	(void)arg;
	(void)i;
	(void)err;
	(void)why;
}

/* Leave those in @p->hops that no item needs. */
static int spare_hops(struct direct_plan *p)
{
	bool *needed = calloc(p->hops.n + 1, sizeof(*needed));
	size_t i, n = 0;

	if (!needed)
		return -ENOMEM;
	for (i = 0; i < p->plan.n; i++)
		if (p->hop[i] >= 0)
			needed[p->hop[i]] = true;
	for (i = 0; i < p->hops.n; i++)
		if (!needed[i])
			p->hops.v[n++] = p->hops.v[i];
	p->hops.n = n;
	free(needed);
	return 0;
}

/* A nexthop takes its routes with it, whose ever they are. */
static int sweep_hops(struct direct_plan *p, struct netlink *nl)
{
	const struct refusals refusals = { nobody_cares, NULL };
	int err = spare_hops(p);
	void *used = NULL;
	size_t i, n = 0;

	if (err || !p->hops.n)
		return err;
	err = used_ids(nl, &used);
	for (i = 0; i < p->hops.n && !err; i++)
		if (!has_id(&used, p->hops.v[i].id))
			p->hops.v[n++] = p->hops.v[i];
	if (!err && n)
		err = nexthop_delete(nl, p->hops.v, n, &refusals);
	free_ids(&used);
	return err;
}

static int apply(struct direct_plan *p, struct netlink *nl,
		 struct step *removals)
{
	const struct refusals refusals = { remove_refused, removals };
	int err;

	err = add_hops(p, nl);
	if (!err)
		err = write_step(p, nl, is_added, route_add, add_refused);
	if (!err)
		err = judge_others(p, nl);
	if (!err)
		err = write_step(p, nl, is_changed, route_replace,
				 write_refused);
	if (!err)
		err = route_delete(nl, removals->v, removals->n, &refusals);
	if (!err)
		err = removals->err;
	return err ? err : sweep_hops(p, nl);
}

/**
 * direct_apply - Make the kernel's routes what a plan says
 * @p: The plan, once; items that the kernel refuses become PLAN_REFUSE, and
 *	what they had stays. Afterwards only @p->plan means anything.
 * @nl: The kernel.
 *
 * Return: 0 or negative errno, with netlink_why() unless it is -ENOMEM.
 */
int direct_apply(struct direct_plan *p, struct netlink *nl)
{
	struct step removals;
	int err;

	err = step_make(&removals, p, is_removed);
	if (!err)
		err = apply(p, nl, &removals);
	step_free(&removals);
	return err;
}

/**
 * direct_sweep - Remove nexthops of ours that no route uses
 * @nl: The kernel.
 *
 * Return: 0 or negative errno, with netlink_why() unless it is -ENOMEM.
 */
int direct_sweep(struct netlink *nl)
{
	struct direct_plan p = {};
	struct work w = { .p = &p, .nl = nl };
	int err = read_hops(&w);

	if (!err)
		err = sweep_hops(&p, nl);
	free_ids(&w.ids);
	direct_free(&p);
	return err;
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
