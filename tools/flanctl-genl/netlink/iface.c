// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Interfaces of any kind, as far as it matters for all of them; of vxlan
 * devices also what it takes to stand in for one.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_link.h>
#include <linux/ip.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <string.h>

#include "../array.h"
#include "request.h"

static void get_vxlan(struct nlattr *nest, struct iface_vxlan *v)
{
	struct nlattr *tb[IFLA_VXLAN_MAX + 1], *local;

	if (nla_parse_nested(tb, IFLA_VXLAN_MAX, nest, NULL))
		return;
	v->vni = get_u32(tb[IFLA_VXLAN_ID]);
	v->underlay = get_u32(tb[IFLA_VXLAN_LINK]);
	if (tb[IFLA_VXLAN_PORT] && nla_len(tb[IFLA_VXLAN_PORT]) >= 2)
		v->port = ntohs(nla_get_u16(tb[IFLA_VXLAN_PORT]));
	local = tb[IFLA_VXLAN_LOCAL6] ? tb[IFLA_VXLAN_LOCAL6] :
					tb[IFLA_VXLAN_LOCAL];
	if (local)
		addr_set(&v->local, nla_data(local), (size_t)nla_len(local));
}

static void get_linkinfo(struct nlattr *nest, struct iface *i)
{
	struct nlattr *tb[IFLA_INFO_MAX + 1];

	if (nla_parse_nested(tb, IFLA_INFO_MAX, nest, NULL) ||
	    !tb[IFLA_INFO_KIND])
		return;
	nla_strlcpy(i->kind, tb[IFLA_INFO_KIND], sizeof(i->kind));
	if (!strcmp(i->kind, "vxlan") && tb[IFLA_INFO_DATA])
		get_vxlan(tb[IFLA_INFO_DATA], &i->vxlan);
}

static int parse_iface(const struct nlmsghdr *h, struct iface *i)
{
	const struct ifinfomsg *info = nlmsg_data(h);
	struct nlattr *tb[IFLA_MAX + 1], *mac;

	memset(i, 0, sizeof(*i));
	if (nlmsg_parse((struct nlmsghdr *)h, sizeof(*info), tb, IFLA_MAX,
			NULL))
		return -EBADMSG;
	mac = tb[IFLA_ADDRESS];
	i->ifindex = (uint32_t)info->ifi_index;
	i->flags = info->ifi_flags;
	i->master = get_u32(tb[IFLA_MASTER]);
	i->mtu = get_u32(tb[IFLA_MTU]);
	i->has_mac = mac && nla_len(mac) == sizeof(i->mac);
	if (i->has_mac)
		memcpy(&i->mac, nla_data(mac), sizeof(i->mac));
	if (tb[IFLA_IFNAME])
		nla_strlcpy(i->name, tb[IFLA_IFNAME], sizeof(i->name));
	if (tb[IFLA_LINKINFO])
		get_linkinfo(tb[IFLA_LINKINFO], i);
	return 0;
}

static int answer_iface(const struct nlmsghdr *h, void *iface)
{
	return h->nlmsg_type == RTM_NEWLINK ? parse_iface(h, iface) : 0;
}

/**
 * iface_find - Look up an interface by name
 * @nl: The connection.
 * @name: Its name.
 * @i: Where it goes.
 *
 * Return: 0 or negative errno, -ENODEV: there is none.
 */
int iface_find(struct netlink *nl, const char *name, struct iface *i)
{
	struct ifinfomsg info = {};
	struct exchange x;
	int err;

	memset(i, 0, sizeof(*i));
	err = request_begin(nl, &x, RTM_GETLINK, 0, &info, sizeof(info));
	if (err)
		return err;
	x.valid = answer_iface;
	x.arg = i;
	err = request_finish(&x, nla_put_string(x.request, IFLA_IFNAME, name));
	if (err == -ENODEV || (!err && !i->ifindex))
		err = netlink_fail(nl, -ENODEV, "no such device");
	return err;
}

/**
 * struct iface_answers - Where a dump goes.
 * @kind: Only interfaces of this kind, NULL: all.
 * @list: The interfaces.
 */
struct iface_answers {
	const char *kind;
	struct iface_list *list;
};

static int answer_ifaces(const struct nlmsghdr *h, void *arg)
{
	const struct iface_answers *to = arg;
	struct iface one;

	if (h->nlmsg_type != RTM_NEWLINK)
		return 0;
	if (parse_iface(h, &one))
		return -EBADMSG;
	if (to->kind && strcmp(to->kind, one.kind))
		return 0;
	return array_add(to->list, &one);
}

static void restart_ifaces(void *arg)
{
	((struct iface_answers *)arg)->list->n = 0;
}

/**
 * iface_dump - All interfaces, or all of one kind
 * @nl: The connection.
 * @kind: The kind, NULL: all.
 * @list: Where they go; @list->v is freed by the caller, also after an error.
 *
 * Return: 0 or negative errno.
 */
int iface_dump(struct netlink *nl, const char *kind, struct iface_list *list)
{
	struct iface_answers to = { kind, list };
	struct ifinfomsg info = {};
	struct exchange x;
	int err;

	err = request_begin(nl, &x, RTM_GETLINK, NLM_F_DUMP, &info,
			    sizeof(info));
	if (err)
		return err;
	x.valid = answer_ifaces;
	x.arg = &to;
	return request_dump(&x, 0, restart_ifaces);
}

/**
 * iface_rename - Give an interface another name
 * @nl: The connection.
 * @ifindex: The interface. Before Linux 6.2 it has to be down (-EBUSY).
 * @name: The name.
 *
 * Return: 0 or negative errno.
 */
int iface_rename(struct netlink *nl, uint32_t ifindex, const char *name)
{
	struct ifinfomsg info = { .ifi_index = (int)ifindex };
	struct exchange x;
	int err;

	err = request_begin(nl, &x, RTM_NEWLINK, 0, &info, sizeof(info));
	if (err)
		return err;
	return request_finish(&x, nla_put_string(x.request, IFLA_IFNAME, name));
}

/**
 * iface_set_up - Set an interface up or down
 * @nl: The connection.
 * @ifindex: The interface.
 * @up: Up?
 *
 * Return: 0 or negative errno.
 */
int iface_set_up(struct netlink *nl, uint32_t ifindex, bool up)
{
	struct ifinfomsg info = {
		.ifi_index = (int)ifindex,
		.ifi_change = IFF_UP,
		.ifi_flags = up ? IFF_UP : 0,
	};
	struct exchange x;
	int err;

	err = request_begin(nl, &x, RTM_NEWLINK, 0, &info, sizeof(info));
	return err ? err : request_finish(&x, 0);
}

static int put_conf(struct nl_msg *msg, int what, uint32_t value)
{
	struct nlattr *spec = nla_nest_start(msg, IFLA_AF_SPEC);
	struct nlattr *inet = spec ? nla_nest_start(msg, AF_INET) : NULL;
	struct nlattr *conf = inet ? nla_nest_start(msg, IFLA_INET_CONF) : NULL;

	if (!conf || nla_put_u32(msg, what, value))
		return -1;
	nla_nest_end(msg, conf);
	nla_nest_end(msg, inet);
	nla_nest_end(msg, spec);
	return 0;
}

/**
 * iface_set_rp_filter - Set the reverse path filter of an interface
 * @nl: The connection.
 * @ifindex: The interface.
 * @mode: As net.ipv4.conf.NAME.rp_filter.
 *
 * Works where /proc/sys is read-only.
 *
 * Return: 0 or negative errno.
 */
int iface_set_rp_filter(struct netlink *nl, uint32_t ifindex, uint32_t mode)
{
	struct ifinfomsg info = { .ifi_index = (int)ifindex };
	struct exchange x;
	int err;

	err = request_begin(nl, &x, RTM_NEWLINK, 0, &info, sizeof(info));
	if (err)
		return err;
	return request_finish(&x, put_conf(x.request, IPV4_DEVCONF_RP_FILTER,
					   mode));
}
