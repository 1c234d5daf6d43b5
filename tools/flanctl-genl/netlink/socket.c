// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Sockets, and the one way in which requests and answers go over them. The
 * answers are walked here and not by libnl: extended acknowledgements, errors
 * at the end of a dump and interrupted dumps need the raw messages.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "../error.h"
#include "socket.h"

/* A dump is repeated so often when the table keeps changing under it. */
#define DUMP_TRIES	5

#define RECEIVE_BUFFER	(1 << 20)
#define SEND_BUFFER	(1 << 19)
#define EVENT_BUFFER	(8 << 20)
#define MESSAGE_BUFFER	(1 << 16)

/**
 * netlink_new - Make a connection; sockets are opened when they are needed
 *
 * Return: The connection, NULL without memory.
 */
struct netlink *netlink_new(void)
{
	struct netlink *nl = calloc(1, sizeof(*nl));

	if (nl)
		nl->entry = -1;
	return nl;
}

/**
 * netlink_free - Close a connection
 * @nl: The connection, or NULL.
 */
void netlink_free(struct netlink *nl)
{
	if (!nl)
		return;
	nl_socket_free(nl->genl);
	nl_socket_free(nl->route);
	free(nl);
}

/**
 * netlink_why - What went wrong last
 * @nl: The connection.
 *
 * Return: Text for the user, valid until the next request.
 */
const char *netlink_why(const struct netlink *nl)
{
	return nl->why;
}

/**
 * netlink_entry - Which subnet of the last request was refused
 * @nl: The connection.
 *
 * Return: Its index, -1 if the kernel did not say.
 */
long netlink_entry(const struct netlink *nl)
{
	return nl->entry;
}

/**
 * netlink_fail - Note why something does not work
 * @nl: The connection.
 * @err: Negative errno.
 * @format: printf format for netlink_why().
 *
 * Return: @err.
 */
int netlink_fail(struct netlink *nl, int err, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(nl->why, sizeof(nl->why), format, ap);
	va_end(ap);
	return err;
}

static void set_option(struct nl_sock *sk, int option)
{
	int on = 1;

	/* Without them messages are poorer, nothing else. */
	(void)setsockopt(nl_socket_get_fd(sk), SOL_NETLINK, option, &on,
			 sizeof(on));
}

/**
 * socket_open - Open a socket unless it is open
 * @nl: The connection.
 * @protocol: NETLINK_GENERIC or NETLINK_ROUTE.
 * @sk: Where the socket is kept.
 *
 * Return: 0 or negative errno.
 */
int socket_open(struct netlink *nl, int protocol, struct nl_sock **sk)
{
	struct nl_sock *new;
	int err;

	if (*sk)
		return 0;
	new = nl_socket_alloc();
	if (!new)
		return netlink_fail(nl, -ENOMEM, "out of memory");
	err = nl_connect(new, protocol);
	if (err) {
		nl_socket_free(new);
		return netlink_fail(nl, -EIO, "cannot open a netlink socket: %s",
				    nl_geterror(err));
	}
	nl_socket_set_buffer_size(new, RECEIVE_BUFFER, SEND_BUFFER);
	nl_socket_set_msg_buf_size(new, MESSAGE_BUFFER);
	set_option(new, NETLINK_EXT_ACK);
	set_option(new, NETLINK_CAP_ACK);
	set_option(new, NETLINK_GET_STRICT_CHK);
	*sk = new;
	return 0;
}

/**
 * socket_join_failed - Note why notifications do not come
 * @nl: The connection.
 * @err: Error of libnl.
 *
 * Return: Negative errno.
 */
int socket_join_failed(struct netlink *nl, int err)
{
	if (err == -NLE_PERM)
		return netlink_fail(nl, -EPERM, "cannot listen to the kernel: needs CAP_NET_ADMIN in the initial user namespace, run as root");
	return netlink_fail(nl, -EIO, "cannot listen to the kernel: %s",
			    nl_geterror(err));
}

/**
 * socket_join - Listen to the notifications of a group
 * @nl: The connection.
 * @sk: The socket.
 * @group: The group.
 *
 * Return: 0 or negative errno.
 */
int socket_join(struct netlink *nl, struct nl_sock *sk, int group)
{
	int size = EVENT_BUFFER, err;

	/* Above the system's limit if we may; else what was set before. */
	(void)setsockopt(nl_socket_get_fd(sk), SOL_SOCKET, SO_RCVBUFFORCE,
			 &size, sizeof(size));
	err = nl_socket_add_membership(sk, group);
	return err ? socket_join_failed(nl, err) : 0;
}

/* Attributes of an acknowledgement, behind @skip bytes of payload. */
static void explain_at(struct exchange *x, int err, struct nlmsghdr *h,
		       int skip)
{
	int len = nlmsg_datalen(h) - NLMSG_ALIGN(skip);

	if (!(h->nlmsg_flags & NLM_F_ACK_TLVS) || len < 0)
		len = 0;
	netlink_explain(x, err, (struct nlattr *)((char *)nlmsg_data(h) +
						  NLMSG_ALIGN(skip)), len);
}

/**
 * socket_acknowledged - Take an acknowledgement
 * @x: The exchange that it ends.
 * @h: The message, of type NLMSG_ERROR.
 */
void socket_acknowledged(struct exchange *x, struct nlmsghdr *h)
{
	struct nlmsgerr *e = nlmsg_data(h);
	int skip = sizeof(*e);

	x->done = true;
	if (nlmsg_datalen(h) < skip) {
		x->err = netlink_fail(x->nl, -EBADMSG,
				      "the kernel's answer is truncated");
		return;
	}
	if (!(h->nlmsg_flags & NLM_F_CAPPED) && e->error)
		skip += (int)e->msg.nlmsg_len - NLMSG_HDRLEN;
	/* An answer that was not understood stays an error. */
	if (e->error || !x->err)
		x->err = e->error;
	explain_at(x, x->err, h, skip);
}

static void on_done(struct exchange *x, struct nlmsghdr *h)
{
	int err = 0;

	x->done = true;
	if (nlmsg_datalen(h) >= (int)sizeof(err))
		memcpy(&err, nlmsg_data(h), sizeof(err));
	if (err >= 0)
		return;
	x->err = err;
	explain_at(x, err, h, sizeof(err));
}

static void on_message(void *arg, struct nlmsghdr *h)
{
	struct exchange *x = arg;

	if (h->nlmsg_seq != nlmsg_hdr(x->request)->nlmsg_seq)
		return;
	if (h->nlmsg_flags & NLM_F_DUMP_INTR)
		x->interrupted = true;
	if (h->nlmsg_type == NLMSG_ERROR)
		socket_acknowledged(x, h);
	else if (h->nlmsg_type == NLMSG_DONE)
		on_done(x, h);
	else if (h->nlmsg_type >= NLMSG_MIN_TYPE && x->valid && !x->err)
		x->err = x->valid(h, x->arg);
}

/**
 * socket_receive - Take one datagram of answers
 * @nl: The connection.
 * @sk: The socket.
 * @each: Called for each message.
 * @arg: For @each.
 *
 * Return: 0 or negative errno.
 */
int socket_receive(struct netlink *nl, struct nl_sock *sk,
		   void (*each)(void *arg, struct nlmsghdr *h), void *arg)
{
	unsigned char *buf = NULL;
	struct sockaddr_nl who;
	struct nlmsghdr *h;
	int n;

	n = nl_recv(sk, &who, &buf, NULL);
	if (n <= 0) {
		free(buf);
		return netlink_fail(nl, -EIO,
				    "cannot receive from the kernel: %s",
				    nl_geterror(n));
	}
	for (h = (struct nlmsghdr *)buf; who.nl_pid == 0 && nlmsg_ok(h, n);
	     h = nlmsg_next(h, &n))
		each(arg, h);
	free(buf);
	return 0;
}

/**
 * socket_talk - Send a request and take its answers
 * @x: The exchange; the message stays the caller's.
 *
 * Return: 0 or negative errno.
 */
int socket_talk(struct exchange *x)
{
	int err;

	x->done = false;
	x->interrupted = false;
	x->err = 0;
	x->nl->entry = -1;
	x->nl->why[0] = '\0';
	nlmsg_hdr(x->request)->nlmsg_seq = nl_socket_use_seq(x->sk);
	err = nl_send_auto(x->sk, x->request);
	if (err < 0)
		return netlink_fail(x->nl, -EIO, "cannot ask the kernel: %s",
				    nl_geterror(err));
	while (!x->done) {
		err = socket_receive(x->nl, x->sk, on_message, x);
		if (err)
			return err;
	}
	if (x->err && !x->nl->why[0])
		netlink_fail(x->nl, x->err, "%s", strerror(-x->err));
	return x->err;
}

/**
 * socket_dump - Ask for a dump until it is a consistent one
 * @x: The exchange.
 * @restart: Forgets what a dump that was interrupted has told.
 *
 * Return: 0 or negative errno.
 */
int socket_dump(struct exchange *x, void (*restart)(void *arg))
{
	int tries, err;

	for (tries = 0; tries < DUMP_TRIES; tries++) {
		restart(x->arg);
		err = socket_talk(x);
		if (err || !x->interrupted)
			return err;
	}
	return netlink_fail(x->nl, -EINTR,
			    "changed during each of %d dumps: try again",
			    DUMP_TRIES);
}
