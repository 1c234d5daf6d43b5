// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Routes: written many at a time, dumped, and asked for as the kernel itself
 * would look one up.
 */
#include <errno.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <string.h>

#include "../array.h"
#include "request.h"

static uint8_t family_of(const struct addr *a)
{
	return a->len == 16 ? AF_INET6 : AF_INET;
}

static int put_addr(struct nl_msg *msg, int type, const struct addr *a)
{
	return a->len ? nla_put(msg, type, a->len, a->b) : 0;
}

static int put_gateway(struct nl_msg *msg, const struct route *r)
{
	struct {
		uint16_t family;
		uint8_t b[16];
	} via = { .family = family_of(&r->gateway) };

	if (!r->gateway.len || r->gateway.len == r->dst.addr.len)
		return put_addr(msg, RTA_GATEWAY, &r->gateway);
	memcpy(via.b, r->gateway.b, sizeof(via.b));
	return nla_put(msg, RTA_VIA, (int)sizeof(via.family) + r->gateway.len,
		       &via);
}

static int put_hop(struct nl_msg *msg, const struct route *r)
{
	int err;

	if (r->nexthop)
		return nla_put_u32(msg, RTA_NH_ID, r->nexthop);
	err = put_gateway(msg, r);
	if (r->ifindex)
		err += nla_put_u32(msg, RTA_OIF, r->ifindex);
	return err;
}

static struct nl_msg *make_route(const struct writes *w, size_t i)
{
	const struct route *r = (const struct route *)w->v + i;
	bool gone = w->type == RTM_DELROUTE;
	struct rtmsg rtm = {
		.rtm_family = family_of(&r->dst.addr),
		.rtm_dst_len = r->dst.len,
		.rtm_table = RT_TABLE_UNSPEC,
		.rtm_protocol = r->protocol ? r->protocol : ROUTE_PROTOCOL,
		.rtm_scope = gone ? RT_SCOPE_NOWHERE : r->scope,
		.rtm_type = r->type || gone ? r->type : RTN_UNICAST,
		.rtm_flags = r->onlink && !r->nexthop ? RTNH_F_ONLINK : 0,
	};
	struct nl_msg *msg;
	int err;

	msg = request_make(w->type, w->flags, &rtm, sizeof(rtm));
	if (!msg)
		return NULL;
	err = put_addr(msg, RTA_DST, &r->dst.addr);
	err += nla_put_u32(msg, RTA_TABLE, r->table ? r->table : RT_TABLE_MAIN);
	if (r->metric)
		err += nla_put_u32(msg, RTA_PRIORITY, r->metric);
	err += put_addr(msg, RTA_PREFSRC, &r->prefsrc);
	err += put_hop(msg, r);
	if (!err)
		return msg;
	nlmsg_free(msg);
	return NULL;
}

static int write_routes(struct netlink *nl, int type, int flags,
			const struct route *v, size_t n,
			const struct refusals *refusals)
{
	struct writes w = {
		.nl = nl, .make = make_route, .v = v, .type = type,
		.flags = flags, .refusals = refusals,
	};

	return request_writes(&w, n);
}

/**
 * route_add - Add routes; one with the same prefix and metric is a refusal
 * @nl: The connection.
 * @v: The routes.
 * @n: How many.
 * @refusals: Who is told of each that the kernel refuses; NULL: the first one
 *	is the error, the others are added all the same.
 *
 * Return: 0 or negative errno.
 */
int route_add(struct netlink *nl, const struct route *v, size_t n,
	      const struct refusals *refusals)
{
	return write_routes(nl, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, v, n,
			    refusals);
}

/**
 * route_replace - Write routes, each in one step with what it replaces
 * @nl: The connection.
 * @v: The routes; what has the same prefix, table and metric is replaced,
 *	whoever wrote it.
 * @n: How many.
 * @refusals: As for route_add().
 *
 * Return: 0 or negative errno.
 */
int route_replace(struct netlink *nl, const struct route *v, size_t n,
		  const struct refusals *refusals)
{
	return write_routes(nl, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, v,
			    n, refusals);
}

/**
 * route_delete - Remove routes
 * @nl: The connection.
 * @v: The routes. Prefix, table and protocol have to agree, and what else is
 *	set; one that is not there is a refusal with -ESRCH.
 * @n: How many.
 * @refusals: As for route_add().
 *
 * Return: 0 or negative errno.
 */
int route_delete(struct netlink *nl, const struct route *v, size_t n,
		 const struct refusals *refusals)
{
	return write_routes(nl, RTM_DELROUTE, 0, v, n, refusals);
}

static bool get_addr(const struct nlattr *a, struct addr *addr)
{
	return a && addr_set(addr, nla_data(a), (size_t)nla_len(a));
}

static void get_gateway(struct nlattr *const *tb, struct route *r)
{
	const struct nlattr *via = tb[RTA_VIA];
	size_t skip = sizeof(uint16_t);

	get_addr(tb[RTA_GATEWAY], &r->gateway);
	if (via && (size_t)nla_len(via) > skip)
		addr_set(&r->gateway, (const char *)nla_data(via) + skip,
			 (size_t)nla_len(via) - skip);
}

/* What is neither IPv4 nor IPv6 unicast routing has no address length. */
static int parse_route(const struct nlmsghdr *h, struct route *r)
{
	const struct rtmsg *rtm = nlmsg_data(h);
	struct nlattr *tb[RTA_MAX + 1];

	memset(r, 0, sizeof(*r));
	if (nlmsg_parse((struct nlmsghdr *)h, sizeof(*rtm), tb, RTA_MAX, NULL))
		return -EBADMSG;
	if (rtm->rtm_family != AF_INET && rtm->rtm_family != AF_INET6)
		return 0;
	r->dst.addr.len = rtm->rtm_family == AF_INET ? 4 : 16;
	r->dst.len = rtm->rtm_dst_len;
	if (r->dst.len > 8 * r->dst.addr.len ||
	    (tb[RTA_DST] && !get_addr(tb[RTA_DST], &r->dst.addr)))
		return -EBADMSG;
	r->protocol = rtm->rtm_protocol;
	r->scope = rtm->rtm_scope;
	r->type = rtm->rtm_type;
	r->onlink = rtm->rtm_flags & RTNH_F_ONLINK;
	r->dead = rtm->rtm_flags & (RTNH_F_DEAD | RTNH_F_LINKDOWN);
	r->several = tb[RTA_MULTIPATH];
	r->special = tb[RTA_METRICS] || tb[RTA_FLOW] || tb[RTA_ENCAP];
	r->table = tb[RTA_TABLE] ? get_u32(tb[RTA_TABLE]) : rtm->rtm_table;
	r->metric = get_u32(tb[RTA_PRIORITY]);
	r->ifindex = get_u32(tb[RTA_OIF]);
	r->nexthop = get_u32(tb[RTA_NH_ID]);
	get_addr(tb[RTA_PREFSRC], &r->prefsrc);
	get_gateway(tb, r);
	return 0;
}

/**
 * struct route_answers - Where a dump goes.
 * @filter: What is wanted; kernels that do not filter tell all.
 * @list: The routes.
 * @before: How many of them were there before.
 */
struct route_answers {
	const struct route_filter *filter;
	struct route_list *list;
	size_t before;
};

static bool wanted(const struct route_filter *f, const struct route *r)
{
	if (!r->dst.addr.len || (f->protocol && f->protocol != r->protocol))
		return false;
	return f->all_tables ||
	       r->table == (f->table ? f->table : RT_TABLE_MAIN);
}

static int answer_route(const struct nlmsghdr *h, void *arg)
{
	const struct rtmsg *rtm = nlmsg_data(h);
	struct route_answers *to = arg;
	struct route one;
	int err;

	if (h->nlmsg_type != RTM_NEWROUTE)
		return 0;
	err = parse_route(h, &one);
	if (err || !wanted(to->filter, &one) ||
	    rtm->rtm_flags & RTM_F_CLONED)
		return err;
	return array_add(to->list, &one);
}

static void restart_routes(void *arg)
{
	struct route_answers *to = arg;

	to->list->n = to->before;
}

static int dump_family(struct netlink *nl, uint8_t family,
		       const struct route_filter *f, struct route_list *list)
{
	struct route_answers to = { f, list, list->n };
	struct rtmsg rtm = {
		.rtm_family = family,
		.rtm_protocol = f->protocol,
	};
	struct exchange x;
	int err;

	err = request_begin(nl, &x, RTM_GETROUTE, NLM_F_DUMP, &rtm,
			    sizeof(rtm));
	if (err)
		return err;
	x.valid = answer_route;
	x.arg = &to;
	err = f->all_tables ? 0 :
	      nla_put_u32(x.request, RTA_TABLE,
			  f->table ? f->table : RT_TABLE_MAIN);
	err = request_dump(&x, err, restart_routes);
	/* A table without any route so far. */
	return err == -ENOENT ? 0 : err;
}

/**
 * route_dump - All routes, or some
 * @nl: The connection.
 * @filter: Which.
 * @list: Where they go, behind what it holds; @list->v is freed by the caller,
 *	also after an error.
 *
 * Return: 0 or negative errno.
 */
int route_dump(struct netlink *nl, const struct route_filter *filter,
	       struct route_list *list)
{
	int err = 0;

	if (filter->family != AF_INET6)
		err = dump_family(nl, AF_INET, filter, list);
	if (!err && filter->family != AF_INET)
		err = dump_family(nl, AF_INET6, filter, list);
	return err;
}

static struct nl_msg *make_query(void *arg, size_t i)
{
	struct route_query *q = (struct route_query *)arg + i;
	struct rtmsg rtm = {
		.rtm_family = family_of(&q->to),
		.rtm_dst_len = (uint8_t)(8 * q->to.len),
		.rtm_flags = q->entry ? RTM_F_FIB_MATCH : 0,
	};
	struct nl_msg *msg;
	int err;

	q->err = -ENETUNREACH;
	memset(&q->route, 0, sizeof(q->route));
	msg = request_make(RTM_GETROUTE, 0, &rtm, sizeof(rtm));
	if (!msg)
		return NULL;
	err = put_addr(msg, RTA_DST, &q->to);
	if (q->oif)
		err += nla_put_u32(msg, RTA_OIF, q->oif);
	if (q->mark)
		err += nla_put_u32(msg, RTA_MARK, q->mark);
	if (!err)
		return msg;
	nlmsg_free(msg);
	return NULL;
}

static void query_answered(void *arg, size_t i, const struct nlmsghdr *h)
{
	struct route_query *q = (struct route_query *)arg + i;

	if (h->nlmsg_type == RTM_NEWROUTE)
		q->err = parse_route(h, &q->route);
}

static void query_refused(void *arg, size_t i, int err)
{
	struct route_query *q = (struct route_query *)arg + i;

	q->err = err;
}

/**
 * route_lookups - How does the kernel send to each of many addresses?
 * @nl: The connection.
 * @v: The questions, answered in place.
 * @n: How many.
 *
 * Return: 0, also if there is no way to some, or negative errno.
 */
int route_lookups(struct netlink *nl, struct route_query *v, size_t n)
{
	struct many m = {
		.nl = nl, .n = n, .make = make_query, .valid = query_answered,
		.refused = query_refused, .arg = v,
	};

	return request_many(&m);
}

/**
 * route_lookup - How does the kernel send to an address?
 * @nl: The connection.
 * @to: The address.
 * @oif: Only over this interface, 0: any.
 * @mark: With this mark.
 * @r: Where the answer goes: gateway (none: @to is on the link), ifindex, type
 *	(RTN_LOCAL: it is our own), prefsrc and table.
 *
 * Return: 0 or negative errno: there is no way, or it is not known.
 */
int route_lookup(struct netlink *nl, const struct addr *to, uint32_t oif,
		 uint32_t mark, struct route *r)
{
	struct route_query q = { .to = *to, .oif = oif, .mark = mark };
	int err = route_lookups(nl, &q, 1);

	*r = q.route;
	return err ? err : q.err;
}
