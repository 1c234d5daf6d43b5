// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Routes to peers over the underlay's own link: a plan (direct.c) is carried
 * out.
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
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "direct.h"
#include "ids.h"

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

static int used_ids(struct netlink *nl, struct ids *ids)
{
	const struct route_filter all = { .all_tables = true };
	struct route_list list = {};
	int err = route_dump(nl, &all, &list);
	size_t i;

	for (i = 0; i < list.n && !err; i++)
		if (list.v[i].nexthop)
			err = ids_add(ids, list.v[i].nexthop);
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
	struct ids used = {};
	size_t i, n = 0;

	if (err || !p->hops.n)
		return err;
	err = used_ids(nl, &used);
	for (i = 0; i < p->hops.n && !err; i++)
		if (!ids_has(&used, p->hops.v[i].id))
			p->hops.v[n++] = p->hops.v[i];
	if (!err && n)
		err = nexthop_delete(nl, p->hops.v, n, &refusals);
	ids_free(&used);
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
	int err = nexthop_dump(nl, &p.hops);

	direct_keep_ours(&p.hops);
	if (!err)
		err = sweep_hops(&p, nl);
	direct_free(&p);
	return err;
}
