// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Nexthop objects: a gateway that many routes share by its id.
 */
#include <errno.h>
#include <linux/nexthop.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <string.h>

#include "../array.h"
#include "request.h"

static struct nl_msg *make_nexthop(const struct writes *w, size_t i)
{
	const struct nexthop *n = (const struct nexthop *)w->v + i;
	struct nhmsg nhm = {
		.nh_family = n->gateway.len == 16 ? AF_INET6 : AF_INET,
		.nh_protocol = n->protocol ? n->protocol : ROUTE_PROTOCOL,
		.nh_flags = n->onlink ? RTNH_F_ONLINK : 0,
	};
	struct nhmsg none = {};
	bool gone = w->type == RTM_DELNEXTHOP;
	struct nl_msg *msg;
	int err;

	msg = request_make(w->type, w->flags, gone ? &none : &nhm,
			   sizeof(nhm));
	if (!msg)
		return NULL;
	err = nla_put_u32(msg, NHA_ID, n->id);
	if (!gone)
		err += nla_put(msg, NHA_GATEWAY, n->gateway.len, n->gateway.b) +
		       nla_put_u32(msg, NHA_OIF, n->ifindex);
	if (!err)
		return msg;
	nlmsg_free(msg);
	return NULL;
}

static int write_nexthops(struct netlink *nl, int type, int flags,
			  const struct nexthop *v, size_t n,
			  const struct refusals *refusals)
{
	struct writes w = {
		.nl = nl, .make = make_nexthop, .v = v, .type = type,
		.flags = flags, .refusals = refusals,
	};

	return request_writes(&w, n);
}

/**
 * nexthop_add - Add nexthops; an id that is taken is a refusal
 * @nl: The connection.
 * @v: The nexthops: id, gateway and interface are needed.
 * @n: How many.
 * @refusals: Who is told of each that the kernel refuses; NULL: the first one
 *	is the error, the others are added all the same.
 *
 * Return: 0 or negative errno.
 */
int nexthop_add(struct netlink *nl, const struct nexthop *v, size_t n,
		const struct refusals *refusals)
{
	return write_nexthops(nl, RTM_NEWNEXTHOP, NLM_F_CREATE | NLM_F_EXCL, v,
			      n, refusals);
}

/**
 * nexthop_delete - Remove nexthops, and with them all routes that use them
 * @nl: The connection.
 * @v: The nexthops, only the ids matter.
 * @n: How many.
 * @refusals: As for nexthop_add().
 *
 * Return: 0 or negative errno.
 */
int nexthop_delete(struct netlink *nl, const struct nexthop *v, size_t n,
		   const struct refusals *refusals)
{
	return write_nexthops(nl, RTM_DELNEXTHOP, 0, v, n, refusals);
}

static int parse_nexthop(const struct nlmsghdr *h, struct nexthop *n)
{
	const struct nhmsg *nhm = nlmsg_data(h);
	struct nlattr *tb[NHA_MAX + 1], *gateway;

	memset(n, 0, sizeof(*n));
	if (nlmsg_parse((struct nlmsghdr *)h, sizeof(*nhm), tb, NHA_MAX, NULL))
		return -EBADMSG;
	gateway = tb[NHA_GATEWAY];
	n->id = get_u32(tb[NHA_ID]);
	n->ifindex = get_u32(tb[NHA_OIF]);
	n->protocol = nhm->nh_protocol;
	n->onlink = nhm->nh_flags & RTNH_F_ONLINK;
	n->dead = nhm->nh_flags & (RTNH_F_DEAD | RTNH_F_LINKDOWN);
	n->other = tb[NHA_GROUP] || tb[NHA_BLACKHOLE] || tb[NHA_FDB];
	if (gateway)
		addr_set(&n->gateway, nla_data(gateway),
			 (size_t)nla_len(gateway));
	return n->id ? 0 : -EBADMSG;
}

static int answer_nexthop(const struct nlmsghdr *h, void *arg)
{
	struct nexthop_list *list = arg;
	struct nexthop one;

	if (h->nlmsg_type != RTM_NEWNEXTHOP)
		return 0;
	if (parse_nexthop(h, &one))
		return -EBADMSG;
	return array_add(list, &one);
}

static void restart_nexthops(void *arg)
{
	((struct nexthop_list *)arg)->n = 0;
}

/**
 * nexthop_dump - All nexthops, of all writers, ordered by id
 * @nl: The connection.
 * @list: Where they go; @list->v is freed by the caller, also after an error.
 *
 * Return: 0 or negative errno.
 */
int nexthop_dump(struct netlink *nl, struct nexthop_list *list)
{
	struct nhmsg nhm = {};
	struct exchange x;
	int err;

	err = request_begin(nl, &x, RTM_GETNEXTHOP, NLM_F_DUMP, &nhm,
			    sizeof(nhm));
	if (err)
		return err;
	x.valid = answer_nexthop;
	x.arg = list;
	return request_dump(&x, 0, restart_nexthops);
}
