// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Notifications of the kernel: from the sockets to whoever wants to know. All
 * messages of each datagram are told; lost ones are told as an overrun.
 */
#include <errno.h>
#include <linux/genetlink.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include <linux/flannel.h>

#include "answer.h"
#include "socket.h"

/**
 * struct monitor - A running monitor.
 * @nl: Its own connection.
 * @ops: Who is told.
 * @arg: For @ops.
 */
struct monitor {
	struct netlink *nl;
	const struct monitor_ops *ops;
	void *arg;
};

/* Notifications would be taken for answers: all is asked before joining. */
static int join_table(struct netlink *nl, unsigned int groups)
{
	int err = genl_open(nl), subnet = 0, miss = 0;

	if (!err && (groups & MONITOR_SUBNET))
		err = genl_group(nl, FLANNEL_MCGRP_SUBNET, &subnet);
	if (!err && (groups & MONITOR_MISS))
		err = genl_group(nl, FLANNEL_MCGRP_MISS, &miss);
	if (!err && subnet)
		err = socket_join(nl, nl->genl, subnet);
	if (!err && miss)
		err = socket_join(nl, nl->genl, miss);
	return err;
}

static int join_links(struct netlink *nl)
{
	int err = socket_open(nl, NETLINK_ROUTE, &nl->route);

	return err ? err : socket_join(nl, nl->route, RTNLGRP_LINK);
}

static int tell_subnets(const struct monitor *m, const struct nlmsghdr *h,
			bool gone)
{
	struct subnet_list list = {};
	int err = 0;

	if (!answer_subnets(h, &list) && list.n)
		err = m->ops->subnets(m->arg, &list, gone);
	subnet_list_free(&list);
	return err;
}

static int tell_miss(const struct monitor *m, const struct nlmsghdr *h)
{
	uint32_t ifindex;
	struct addr a;

	if (answer_miss(h, &ifindex, &a))
		return 0;
	return m->ops->miss(m->arg, ifindex, &a);
}

static int tell_table(const struct monitor *m, const struct nlmsghdr *h)
{
	const struct genlmsghdr *g = nlmsg_data(h);

	if (h->nlmsg_type != m->nl->family ||
	    !nlmsg_valid_hdr(h, GENL_HDRLEN))
		return 0;
	switch (g->cmd) {
	case FLANNEL_CMD_SUBNET_NEW_NTF:
		return tell_subnets(m, h, false);
	case FLANNEL_CMD_SUBNET_DEL_NTF:
		return tell_subnets(m, h, true);
	case FLANNEL_CMD_MISS_NTF:
		return tell_miss(m, h);
	}
	return 0;
}

static int tell(const struct monitor *m, const struct nl_sock *sk,
		const struct nlmsghdr *h)
{
	if (sk == m->nl->genl)
		return tell_table(m, h);
	return route_event(h, m->ops, m->arg);
}

/* libnl has one code for ENOBUFS and ENOMEM: both mean that we lost some. */
static int receive_failed(const struct monitor *m, int err)
{
	if (err == -NLE_NOMEM)
		return m->ops->overrun(m->arg);
	if (err == -NLE_AGAIN || err == -NLE_INTR || err == 0)
		return 0;
	return netlink_fail(m->nl, -EIO, "cannot receive from the kernel: %s",
			    nl_geterror(err));
}

static int receive(const struct monitor *m, struct nl_sock *sk)
{
	unsigned char *buf = NULL;
	struct sockaddr_nl who;
	struct nlmsghdr *h;
	int n, err = 0;

	n = nl_recv(sk, &who, &buf, NULL);
	if (n <= 0) {
		free(buf);
		return receive_failed(m, n);
	}
	for (h = (struct nlmsghdr *)buf;
	     !err && who.nl_pid == 0 && nlmsg_ok(h, n);
	     h = nlmsg_next(h, &n))
		err = tell(m, sk, h);
	free(buf);
	return err;
}

static int loop(const struct monitor *m)
{
	struct nl_sock *sk[] = { m->nl->genl, m->nl->route };
	struct pollfd fds[2];
	int err = 0, i;

	for (i = 0; i < 2; i++) {
		fds[i].fd = sk[i] ? nl_socket_get_fd(sk[i]) : -1;
		fds[i].events = POLLIN;
		if (sk[i])
			nl_socket_set_nonblocking(sk[i]);
	}
	while (!err) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			return netlink_fail(m->nl, -errno, "poll: %s",
					    strerror(errno));
		for (i = 0; i < 2 && !err; i++)
			if (fds[i].revents)
				err = receive(m, sk[i]);
	}
	return err;
}

/**
 * monitor_run - Tell what happens, until @ops want no more or an error
 * @nl: A connection that is used for nothing else, before or afterwards.
 * @groups: What to listen to, enum monitor_group.
 * @ops: Who is told.
 * @arg: For @ops.
 *
 * Return: Negative errno, or what a function of @ops returned.
 */
int monitor_run(struct netlink *nl, unsigned int groups,
		const struct monitor_ops *ops, void *arg)
{
	struct monitor m = { .nl = nl, .ops = ops, .arg = arg };
	int err = 0;

	if (groups & (MONITOR_SUBNET | MONITOR_MISS))
		err = join_table(nl, groups);
	if (!err && (groups & MONITOR_LINK))
		err = join_links(nl);
	return err ? err : loop(&m);
}
