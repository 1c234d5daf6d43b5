// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Addresses of the host.
 */
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <string.h>

#include "../array.h"
#include "request.h"

static int write_addr(struct netlink *nl, int type, int flags,
		      const struct host_addr *a)
{
	struct ifaddrmsg info = {
		.ifa_family = a->addr.len == 16 ? AF_INET6 : AF_INET,
		.ifa_prefixlen = a->net.len,
		.ifa_index = a->ifindex,
	};
	struct exchange x;
	int err;

	err = request_begin(nl, &x, type, flags, &info, sizeof(info));
	if (err)
		return err;
	err = nla_put(x.request, IFA_LOCAL, a->addr.len, a->addr.b);
	err += nla_put(x.request, IFA_ADDRESS, a->addr.len, a->addr.b);
	if (a->flags)
		err += nla_put_u32(x.request, IFA_FLAGS, a->flags);
	return request_finish(&x, err);
}

/**
 * host_addr_add - Give an address to an interface; it may have it already
 * @nl: The connection.
 * @ifindex: The interface.
 * @a: The address.
 * @len: Length of the connected prefix.
 * @nodad: Do not probe whether it is in use elsewhere (IPv6).
 *
 * Return: 0 or negative errno.
 */
int host_addr_add(struct netlink *nl, uint32_t ifindex, const struct addr *a,
		  uint8_t len, bool nodad)
{
	struct host_addr one = {
		.ifindex = ifindex,
		.addr = *a,
		.net.len = len,
		.flags = nodad && a->len == 16 ? IFA_F_NODAD : 0,
	};

	return write_addr(nl, RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, &one);
}

/**
 * host_addr_delete - Take an address from an interface
 * @nl: The connection.
 * @ifindex: The interface.
 * @a: The address.
 * @len: Length of the connected prefix.
 *
 * Return: 0 or negative errno; -EADDRNOTAVAIL: it is not there.
 */
int host_addr_delete(struct netlink *nl, uint32_t ifindex,
		     const struct addr *a, uint8_t len)
{
	struct host_addr one = {
		.ifindex = ifindex,
		.addr = *a,
		.net.len = len,
	};

	return write_addr(nl, RTM_DELADDR, 0, &one);
}

static int answer_addr(const struct nlmsghdr *h, void *arg)
{
	const struct ifaddrmsg *info = nlmsg_data(h);
	struct host_addr_list *list = arg;
	struct nlattr *tb[IFA_MAX + 1], *a, *net;
	struct host_addr one = {};

	if (h->nlmsg_type != RTM_NEWADDR)
		return 0;
	if (nlmsg_parse((struct nlmsghdr *)h, sizeof(*info), tb, IFA_MAX,
			NULL))
		return -EBADMSG;
	a = tb[IFA_LOCAL] ? tb[IFA_LOCAL] : tb[IFA_ADDRESS];
	net = tb[IFA_ADDRESS] ? tb[IFA_ADDRESS] : a;
	if (!a || !addr_set(&one.addr, nla_data(a), (size_t)nla_len(a)) ||
	    !addr_set(&one.net.addr, nla_data(net), (size_t)nla_len(net)) ||
	    info->ifa_prefixlen > 8 * one.net.addr.len)
		return 0;
	one.ifindex = info->ifa_index;
	one.scope = info->ifa_scope;
	one.flags = info->ifa_flags;
	if (tb[IFA_FLAGS] && nla_len(tb[IFA_FLAGS]) >= 4)
		one.flags = nla_get_u32(tb[IFA_FLAGS]);
	one.net.len = info->ifa_prefixlen;
	prefix_mask(&one.net);
	return array_add(list, &one);
}

static void restart_addrs(void *arg)
{
	((struct host_addr_list *)arg)->n = 0;
}

/**
 * host_addrs - All addresses of this host
 * @nl: The connection.
 * @list: Where they go; @list->v is freed by the caller, also after an error.
 *
 * Return: 0 or negative errno.
 */
int host_addrs(struct netlink *nl, struct host_addr_list *list)
{
	struct ifaddrmsg info = { .ifa_family = AF_UNSPEC };
	struct exchange x;
	int err;

	err = request_begin(nl, &x, RTM_GETADDR, NLM_F_DUMP, &info,
			    sizeof(info));
	if (err)
		return err;
	x.valid = answer_addr;
	x.arg = list;
	return request_dump(&x, 0, restart_addrs);
}
