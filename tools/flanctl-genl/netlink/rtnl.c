// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Links of kind "flannel", over rtnetlink.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <stdlib.h>
#include <string.h>

#include <linux/if_flannel.h>

#include "request.h"

#define KIND		"flannel"

/* Words of link_attrs by the kernel's attribute number. */
static void fill_names(struct attr_name *data)
{
	size_t i;

	memset(data, 0, (IFLA_FLANNEL_MAX + 1) * sizeof(*data));
	for (i = 0; i < LINK_ROWS; i++) {
		data[link_attrs[i].attr].name = link_attrs[i].word;
		if (link_attrs[i].type == LINK_NETWORK)
			data[link_attrs[i].attr + 1].name = link_attrs[i].word;
	}
}

static int begin(struct netlink *nl, struct exchange *x, int type, int flags,
		 const struct link *l)
{
	struct ifinfomsg info = {
		.ifi_index = (int)l->ifindex,
		.ifi_change = l->set_up ? IFF_UP : 0,
		.ifi_flags = l->up ? IFF_UP : 0,
	};

	return request_begin(nl, x, type, flags, &info, sizeof(info));
}

static int put_network(struct nl_msg *msg, const struct link_attr *attr,
		       const struct prefix *p)
{
	return nla_put(msg, attr->attr, p->addr.len, p->addr.b) +
	       nla_put_u8(msg, attr->attr + 1, p->len);
}

static int put_value(struct nl_msg *msg, const struct link_attr *attr,
		     const struct link_value *v)
{
	switch (attr->type) {
	case LINK_U8:
	case LINK_NAMED:
		return nla_put_u8(msg, attr->attr, (uint8_t)v->number);
	case LINK_U32:
	case LINK_MARK:
	case LINK_DEV:
		return nla_put_u32(msg, attr->attr, v->number);
	case LINK_PORT:
		return nla_put_u16(msg, attr->attr,
				   htons((uint16_t)v->number));
	case LINK_IP4:
	case LINK_IP6:
		return nla_put(msg, attr->attr, v->addr.len, v->addr.b);
	case LINK_MAC:
		return nla_put(msg, attr->attr, sizeof(v->mac), &v->mac);
	case LINK_NETWORK:
		return put_network(msg, attr, &v->prefix);
	}
	return -1;
}

static bool has_data(const struct link *l)
{
	size_t i;

	for (i = 0; i < LINK_ROWS; i++)
		if (l->value[i].set)
			return true;
	return false;
}

static int put_data(struct nl_msg *msg, const struct link *l)
{
	struct nlattr *data;
	int err = 0;
	size_t i;

	if (!has_data(l))
		return 0;
	data = nla_nest_start(msg, IFLA_INFO_DATA | NLA_F_NESTED);
	if (!data)
		return -1;
	for (i = 0; i < LINK_ROWS; i++)
		if (l->value[i].set)
			err += put_value(msg, &link_attrs[i], &l->value[i]);
	nla_nest_end(msg, data);
	return err;
}

static int put_linkinfo(struct nl_msg *msg, const struct link *l)
{
	struct nlattr *info = nla_nest_start(msg, IFLA_LINKINFO |
						  NLA_F_NESTED);
	int err;

	if (!info)
		return -1;
	err = nla_put_string(msg, IFLA_INFO_KIND, KIND);
	err += put_data(msg, l);
	nla_nest_end(msg, info);
	return err;
}

static int put_link(struct exchange *x, const struct link *l)
{
	int err = 0;

	if (!l->ifindex)
		err += nla_put_string(x->request, IFLA_IFNAME, l->name);
	if (l->mtu)
		err += nla_put_u32(x->request, IFLA_MTU, l->mtu);
	return err + put_linkinfo(x->request, l);
}

/* Send a request about a link, with names for what the kernel points at. */
static int finish(struct exchange *x, int put)
{
	struct attr_name data[IFLA_FLANNEL_MAX + 1];
	struct attr_name info[] = {
		[IFLA_INFO_DATA] = {
			.nested = data,
			.count = sizeof(data) / sizeof(data[0]),
		},
	};
	struct attr_name top[] = {
		[IFLA_IFNAME] = { .name = "name" },
		[IFLA_MTU] = { .name = "mtu" },
		[IFLA_LINKINFO] = {
			.nested = info,
			.count = sizeof(info) / sizeof(info[0]),
		},
	};

	fill_names(data);
	x->names = top;
	x->count = sizeof(top) / sizeof(top[0]);
	return request_finish(x, put);
}

/**
 * link_create - Make a flannel device
 * @nl: The connection.
 * @l: Its name, and what is set of the rest.
 *
 * Return: 0 or negative errno.
 */
int link_create(struct netlink *nl, const struct link *l)
{
	struct exchange x;
	int err = begin(nl, &x, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, l);

	if (err)
		return err;
	err = finish(&x, put_link(&x, l));
	if (err == -EOPNOTSUPP && (!nl->why[0] ||
				   strstr(nl->why, "Unknown device type") ||
				   !strcmp(nl->why, strerror(EOPNOTSUPP))))
		netlink_fail(nl, err, "kernel module 'flannel' is not loaded: modprobe flannel");
	return err;
}

/**
 * link_change - Change a flannel device
 * @nl: The connection.
 * @l: Its index, and what is set of the rest.
 *
 * Return: 0 or negative errno.
 */
int link_change(struct netlink *nl, const struct link *l)
{
	struct exchange x;
	int err = begin(nl, &x, RTM_NEWLINK, 0, l);

	return err ? err : finish(&x, put_link(&x, l));
}

/**
 * link_delete - Remove a device
 * @nl: The connection.
 * @ifindex: The device.
 *
 * Return: 0 or negative errno.
 */
int link_delete(struct netlink *nl, uint32_t ifindex)
{
	struct link l = { .ifindex = ifindex };
	struct exchange x;
	int err = begin(nl, &x, RTM_DELLINK, 0, &l);

	return err ? err : finish(&x, 0);
}

static void get_network(struct nlattr *const *tb, const struct link_attr *attr,
			struct link_value *v)
{
	const struct nlattr *a = tb[attr->attr], *len = tb[attr->attr + 1];

	if (!addr_set(&v->prefix.addr, nla_data(a), (size_t)nla_len(a)) ||
	    !len || nla_len(len) < 1)
		v->set = false;
	else
		v->prefix.len = nla_get_u8(len);
}

static void get_name(struct nlattr *const *tb, struct link_value *v)
{
	const struct nlattr *name = tb[IFLA_FLANNEL_LINK_NAME];

	if (name)
		nla_strlcpy(v->name, name, sizeof(v->name));
	else if (v->number)
		if_indextoname(v->number, v->name);
}

static uint32_t get_number(const struct nlattr *a)
{
	uint16_t port;

	if (nla_len(a) >= 4)
		return nla_get_u32(a);
	if (nla_len(a) < 2)
		return nla_len(a) ? nla_get_u8(a) : 0;
	memcpy(&port, nla_data(a), sizeof(port));
	return ntohs(port);
}

static void get_value(struct nlattr *const *tb, const struct link_attr *attr,
		      struct link_value *v)
{
	const struct nlattr *a = tb[attr->attr];

	v->set = true;
	switch (attr->type) {
	case LINK_IP4:
	case LINK_IP6:
		v->set = addr_set(&v->addr, nla_data(a), (size_t)nla_len(a));
		break;
	case LINK_MAC:
		v->set = nla_len(a) == sizeof(v->mac);
		if (v->set)
			memcpy(&v->mac, nla_data(a), sizeof(v->mac));
		break;
	case LINK_NETWORK:
		get_network(tb, attr, v);
		break;
	case LINK_DEV:
		v->number = get_number(a);
		get_name(tb, v);
		break;
	default:
		v->number = get_number(a);
		break;
	}
}

static void get_data(struct nlattr *nest, struct link *l)
{
	struct nlattr *tb[IFLA_FLANNEL_MAX + 1];
	size_t i;

	if (nla_parse_nested(tb, IFLA_FLANNEL_MAX, nest, NULL))
		return;
	for (i = 0; i < LINK_ROWS; i++)
		if (tb[link_attrs[i].attr])
			get_value(tb, &link_attrs[i], &l->value[i]);
}

static void get_linkinfo(struct nlattr *nest, struct link *l)
{
	struct nlattr *tb[IFLA_INFO_MAX + 1];

	if (nla_parse_nested(tb, IFLA_INFO_MAX, nest, NULL) ||
	    !tb[IFLA_INFO_KIND])
		return;
	l->flannel = !nla_strcmp(tb[IFLA_INFO_KIND], KIND);
	if (l->flannel && tb[IFLA_INFO_DATA])
		get_data(tb[IFLA_INFO_DATA], l);
}

static void get_stats(const struct nlattr *a, struct link_stats *s)
{
	struct rtnl_link_stats64 all = {};
	size_t len = (size_t)nla_len(a);

	memcpy(&all, nla_data(a), len < sizeof(all) ? len : sizeof(all));
	s->rx_packets = all.rx_packets;
	s->rx_bytes = all.rx_bytes;
	s->rx_errors = all.rx_errors;
	s->rx_dropped = all.rx_dropped;
	s->tx_packets = all.tx_packets;
	s->tx_bytes = all.tx_bytes;
	s->tx_errors = all.tx_errors;
	s->tx_dropped = all.tx_dropped;
}

static int parse_link(const struct nlmsghdr *h, struct link *l)
{
	const struct ifinfomsg *info = nlmsg_data(h);
	struct nlattr *tb[IFLA_MAX + 1];

	memset(l, 0, sizeof(*l));
	if (nlmsg_parse((struct nlmsghdr *)h, sizeof(*info), tb, IFLA_MAX,
			NULL))
		return -EBADMSG;
	l->ifindex = (uint32_t)info->ifi_index;
	l->up = info->ifi_flags & IFF_UP;
	if (tb[IFLA_IFNAME])
		nla_strlcpy(l->name, tb[IFLA_IFNAME], sizeof(l->name));
	if (tb[IFLA_MTU] && nla_len(tb[IFLA_MTU]) >= 4)
		l->mtu = nla_get_u32(tb[IFLA_MTU]);
	if (tb[IFLA_STATS64])
		get_stats(tb[IFLA_STATS64], &l->stats);
	if (tb[IFLA_LINKINFO])
		get_linkinfo(tb[IFLA_LINKINFO], l);
	return 0;
}

static int answer_link(const struct nlmsghdr *h, void *link)
{
	return h->nlmsg_type == RTM_NEWLINK ? parse_link(h, link) : 0;
}

static int answer_links(const struct nlmsghdr *h, void *list)
{
	struct link l;
	int err;

	if (h->nlmsg_type != RTM_NEWLINK)
		return 0;
	err = parse_link(h, &l);
	if (err || !l.flannel)
		return err;
	return link_list_add(list, &l);
}

/**
 * link_get - Look up a link by name, of any kind
 * @nl: The connection.
 * @name: Its name.
 * @l: Where it goes.
 *
 * Return: 0 or negative errno.
 */
int link_get(struct netlink *nl, const char *name, struct link *l)
{
	struct link none = {};
	struct exchange x;
	int err = begin(nl, &x, RTM_GETLINK, 0, &none);

	if (err)
		return err;
	memset(l, 0, sizeof(*l));
	x.valid = answer_link;
	x.arg = l;
	err = finish(&x, nla_put_string(x.request, IFLA_IFNAME, name));
	if (err == -ENODEV || (!err && !l->ifindex))
		err = netlink_fail(nl, -ENODEV, "no such device");
	return err;
}

static void restart_links(void *arg)
{
	((struct link_list *)arg)->n = 0;
}

/**
 * link_dump - All flannel devices
 * @nl: The connection.
 * @list: Where they go; freed by the caller, also after an error.
 *
 * Return: 0 or negative errno.
 */
int link_dump(struct netlink *nl, struct link_list *list)
{
	struct link none = {};
	struct exchange x;
	int err = begin(nl, &x, RTM_GETLINK, NLM_F_DUMP, &none);

	if (err)
		return err;
	x.valid = answer_links;
	x.arg = list;
	return request_dump(&x, 0, restart_links);
}

/**
 * route_event - Tell about a link
 * @h: A message of RTNLGRP_LINK.
 * @ops: Who is told.
 * @arg: For @ops.
 *
 * Return: 0, or what @ops returns.
 */
int route_event(const struct nlmsghdr *h, const struct monitor_ops *ops,
		void *arg)
{
	struct link l;

	if (h->nlmsg_type != RTM_NEWLINK && h->nlmsg_type != RTM_DELLINK)
		return 0;
	if (parse_link(h, &l) || !l.flannel)
		return 0;
	return ops->link(arg, &l, h->nlmsg_type == RTM_DELLINK);
}
