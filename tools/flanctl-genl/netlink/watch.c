// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * What changes about this host's network, for an event loop: a file descriptor
 * to wait for, and a function that takes all that is there.
 */
#include <errno.h>
#include <linux/genetlink.h>
#include <linux/netconf.h>
#include <linux/nexthop.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <linux/flannel.h>

#include "request.h"

/* The rest of the program has its turn between so many datagrams. */
#define DATAGRAMS_MAX	256

/**
 * struct watch - Sockets that listen.
 * @asks: The connection whose own doings are not told.
 * @listens: A connection that only listens.
 * @epoll: Waits for its sockets.
 */
struct watch {
	struct netlink *asks;
	struct netlink *listens;
	int epoll;
};

static const struct {
	unsigned int kind;
	int group;
} groups[] = {
	{ WATCH_LINK, RTNLGRP_LINK },
	{ WATCH_LINK, RTNLGRP_IPV4_NETCONF },
	{ WATCH_ADDR, RTNLGRP_IPV4_IFADDR },
	{ WATCH_ADDR, RTNLGRP_IPV6_IFADDR },
	{ WATCH_ROUTE, RTNLGRP_IPV4_ROUTE },
	{ WATCH_ROUTE, RTNLGRP_IPV6_ROUTE },
	{ WATCH_NEXTHOP, RTNLGRP_NEXTHOP },
};

static int wait_for(struct watch *w, struct nl_sock *sk)
{
	struct epoll_event e = { .events = EPOLLIN };
	int fd = nl_socket_get_fd(sk);

	nl_socket_set_nonblocking(sk);
	if (epoll_ctl(w->epoll, EPOLL_CTL_ADD, fd, &e))
		return netlink_fail(w->listens, -errno, "epoll: %s",
				    strerror(errno));
	return 0;
}

static int join_route(struct watch *w, unsigned int kinds)
{
	struct netlink *nl = w->listens;
	int err = 0;
	size_t i;

	if (!(kinds & ~(unsigned int)WATCH_SUBNET))
		return 0;
	err = socket_open(nl, NETLINK_ROUTE, &nl->route);
	for (i = 0; !err && i < sizeof(groups) / sizeof(groups[0]); i++)
		if (groups[i].kind & kinds)
			err = socket_join(nl, nl->route, groups[i].group);
	return err ? err : wait_for(w, nl->route);
}

static int join_subnet(struct watch *w, unsigned int kinds)
{
	struct netlink *nl = w->listens;
	int err, group = 0;

	if (!(kinds & WATCH_SUBNET))
		return 0;
	err = genl_open(nl);
	if (!err)
		err = genl_group(nl, FLANNEL_MCGRP_SUBNET, &group);
	if (!err)
		err = socket_join(nl, nl->genl, group);
	return err ? err : wait_for(w, nl->genl);
}

/**
 * watch_open - Begin to watch
 * @nl: The connection whose own doings need not be told, as far as the kernel
 *	says whose they are (routes, nexthops, IPv4 addresses); it has to
 *	outlive the watch. netlink_why() of it says what went wrong.
 * @kinds: What to watch, enum watch_kind.
 *
 * What changed before is not told: watch first, then look.
 *
 * Return: The watch, NULL if there is none.
 */
struct watch *watch_open(struct netlink *nl, unsigned int kinds)
{
	struct watch *w = calloc(1, sizeof(*w));
	int err;

	if (!w) {
		netlink_fail(nl, -ENOMEM, "out of memory");
		return NULL;
	}
	w->asks = nl;
	w->listens = netlink_new();
	w->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (!w->listens || w->epoll < 0) {
		netlink_fail(nl, -ENOMEM, "cannot watch the kernel: %s",
			     strerror(errno));
		watch_close(w);
		return NULL;
	}
	err = join_route(w, kinds);
	if (!err)
		err = join_subnet(w, kinds);
	if (!err)
		return w;
	netlink_fail(nl, err, "%s", netlink_why(w->listens));
	watch_close(w);
	return NULL;
}

/**
 * watch_close - End watching
 * @w: The watch, or NULL. Its descriptor must no longer be polled.
 */
void watch_close(struct watch *w)
{
	if (!w)
		return;
	netlink_free(w->listens);
	if (w->epoll >= 0)
		close(w->epoll);
	free(w);
}

/**
 * watch_fd - What to poll
 * @w: The watch.
 *
 * Return: A descriptor that is readable while there is something to drain;
 * only to be polled.
 */
int watch_fd(const struct watch *w)
{
	return w->epoll;
}

static void get_addr(struct prefix *p, const struct nlattr *a, uint8_t len)
{
	if (a && addr_set(&p->addr, nla_data(a), (size_t)nla_len(a)) &&
	    len <= 8 * p->addr.len)
		p->len = len;
}

static bool link_event(const struct nlmsghdr *h, struct watch_event *e)
{
	const struct ifinfomsg *info = nlmsg_data(h);

	if (!nlmsg_valid_hdr(h, sizeof(*info)))
		return false;
	e->kind = WATCH_LINK;
	e->gone = h->nlmsg_type == RTM_DELLINK;
	e->ifindex = (uint32_t)info->ifi_index;
	return true;
}

/* Settings of an interface, or of all of them. */
static bool conf_event(const struct nlmsghdr *h, struct watch_event *e)
{
	if (!nlmsg_valid_hdr(h, sizeof(struct netconfmsg)))
		return false;
	e->kind = WATCH_LINK;
	return true;
}

static bool addr_event(const struct nlmsghdr *h, struct watch_event *e)
{
	const struct ifaddrmsg *info = nlmsg_data(h);
	struct nlattr *tb[IFA_MAX + 1];

	if (nlmsg_parse((struct nlmsghdr *)h, sizeof(*info), tb, IFA_MAX,
			NULL))
		return false;
	e->kind = WATCH_ADDR;
	e->gone = h->nlmsg_type == RTM_DELADDR;
	e->ifindex = info->ifa_index;
	get_addr(&e->prefix, tb[IFA_LOCAL] ? tb[IFA_LOCAL] : tb[IFA_ADDRESS],
		 info->ifa_prefixlen);
	return true;
}

static bool route_changed(const struct nlmsghdr *h, struct watch_event *e)
{
	const struct rtmsg *rtm = nlmsg_data(h);
	struct nlattr *tb[RTA_MAX + 1];

	if (nlmsg_parse((struct nlmsghdr *)h, sizeof(*rtm), tb, RTA_MAX,
			NULL) || rtm->rtm_flags & RTM_F_CLONED)
		return false;
	e->kind = WATCH_ROUTE;
	e->gone = h->nlmsg_type == RTM_DELROUTE;
	e->ifindex = get_u32(tb[RTA_OIF]);
	e->protocol = rtm->rtm_protocol;
	e->prefix.addr.len = rtm->rtm_family == AF_INET6 ? 16 : 4;
	get_addr(&e->prefix, tb[RTA_DST], rtm->rtm_dst_len);
	return true;
}

static bool nexthop_event(const struct nlmsghdr *h, struct watch_event *e)
{
	const struct nhmsg *nhm = nlmsg_data(h);
	struct nlattr *tb[NHA_MAX + 1];

	if (nlmsg_parse((struct nlmsghdr *)h, sizeof(*nhm), tb, NHA_MAX,
			NULL))
		return false;
	e->kind = WATCH_NEXTHOP;
	e->gone = h->nlmsg_type == RTM_DELNEXTHOP;
	e->ifindex = get_u32(tb[NHA_OIF]);
	e->protocol = nhm->nh_protocol;
	return true;
}

static bool parse_route_event(const struct nlmsghdr *h, struct watch_event *e)
{
	switch (h->nlmsg_type) {
	case RTM_NEWLINK:
	case RTM_DELLINK:
		return link_event(h, e);
	case RTM_NEWNETCONF:
		return conf_event(h, e);
	case RTM_NEWADDR:
	case RTM_DELADDR:
		return addr_event(h, e);
	case RTM_NEWROUTE:
	case RTM_DELROUTE:
		return route_changed(h, e);
	case RTM_NEWNEXTHOP:
	case RTM_DELNEXTHOP:
		return nexthop_event(h, e);
	}
	return false;
}

static bool parse_table_event(const struct watch *w, const struct nlmsghdr *h,
			      struct watch_event *e)
{
	const struct genlmsghdr *g = nlmsg_data(h);

	if (h->nlmsg_type != w->listens->family ||
	    !nlmsg_valid_hdr(h, GENL_HDRLEN))
		return false;
	if (g->cmd != FLANNEL_CMD_SUBNET_NEW_NTF &&
	    g->cmd != FLANNEL_CMD_SUBNET_DEL_NTF)
		return false;
	e->kind = WATCH_SUBNET;
	e->gone = g->cmd == FLANNEL_CMD_SUBNET_DEL_NTF;
	e->ifindex = get_u32(nlmsg_find_attr((struct nlmsghdr *)h, GENL_HDRLEN,
					     FLANNEL_A_IFINDEX));
	return true;
}

/* Who asked for a change is in the notification, where the kernel tells. */
static bool own_doing(const struct nl_sock *asks, const struct nlmsghdr *h)
{
	return asks && h->nlmsg_pid &&
	       h->nlmsg_pid == nl_socket_get_local_port(asks);
}

static void tell(const struct watch *w, const struct nl_sock *sk,
		 const struct nlmsghdr *h, const struct watch_ops *ops,
		 void *arg)
{
	bool table = sk == w->listens->genl;
	struct watch_event e = {};

	if (own_doing(table ? w->asks->genl : w->asks->route, h))
		return;
	if (table ? parse_table_event(w, h, &e) : parse_route_event(h, &e))
		ops->changed(arg, &e);
}

/* 1: there may be more, 0: there is no more now, or negative errno. */
static int drain_one(struct watch *w, struct nl_sock *sk,
		     const struct watch_ops *ops, void *arg)
{
	unsigned char *buf = NULL;
	struct sockaddr_nl who;
	struct nlmsghdr *h;
	int n;

	n = nl_recv(sk, &who, &buf, NULL);
	/* libnl has one code for ENOBUFS and ENOMEM: we have lost some. */
	if (n == -NLE_NOMEM) {
		ops->overrun(arg);
		return 1;
	}
	if (n == 0 || n == -NLE_AGAIN || n == -NLE_INTR)
		return 0;
	if (n < 0)
		return netlink_fail(w->asks, -EIO,
				    "cannot receive from the kernel: %s",
				    nl_geterror(n));
	for (h = (struct nlmsghdr *)buf; who.nl_pid == 0 && nlmsg_ok(h, n);
	     h = nlmsg_next(h, &n))
		tell(w, sk, h, ops, arg);
	free(buf);
	return 1;
}

/**
 * watch_drain - Tell about all that has changed
 * @w: The watch; must not be closed by @ops.
 * @ops: Who is told.
 * @arg: For @ops.
 *
 * After very many events it returns early; the descriptor stays readable.
 *
 * Return: 0 or negative errno with netlink_why().
 */
int watch_drain(struct watch *w, const struct watch_ops *ops, void *arg)
{
	struct nl_sock *sk[] = { w->listens->route, w->listens->genl };
	int more, left;
	size_t i;

	for (i = 0; i < sizeof(sk) / sizeof(sk[0]); i++) {
		more = sk[i] ? 1 : 0;
		for (left = DATAGRAMS_MAX; more > 0 && left; left--)
			more = drain_one(w, sk[i], ops, arg);
		if (more < 0)
			return more;
	}
	return 0;
}
