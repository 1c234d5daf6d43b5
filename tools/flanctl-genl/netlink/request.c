// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Requests over the route socket: one that is answered, a dump, and many that
 * go out together, a datagram of them at a time.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "request.h"

#define REQUEST_BYTES	4096

/* So many acknowledgements, each an skb, fit any receive buffer. */
#define DATAGRAM_MESSAGES	64
#define DATAGRAM_BYTES		(32 * 1024)

/**
 * request_make - Make a message
 * @type: RTM_*.
 * @flags: NLM_F_*.
 * @header: The family's own header.
 * @len: Its length.
 *
 * Return: The message, NULL without memory.
 */
struct nl_msg *request_make(int type, int flags, const void *header,
			    size_t len)
{
	struct nl_msg *msg = nlmsg_alloc_size(REQUEST_BYTES);

	if (msg && nlmsg_put(msg, 0, 0, type, 0, NLM_F_REQUEST | flags) &&
	    !nlmsg_append(msg, (void *)header, len, NLMSG_ALIGNTO))
		return msg;
	nlmsg_free(msg);
	return NULL;
}

/**
 * request_begin - Begin a request
 * @nl: The connection.
 * @x: The exchange; request_finish() or request_dump() ends it.
 * @type: RTM_*.
 * @flags: NLM_F_*.
 * @header: The family's own header.
 * @len: Its length.
 *
 * Return: 0 or negative errno.
 */
int request_begin(struct netlink *nl, struct exchange *x, int type, int flags,
		  const void *header, size_t len)
{
	int err = socket_open(nl, NETLINK_ROUTE, &nl->route);

	memset(x, 0, sizeof(*x));
	if (err)
		return err;
	x->nl = nl;
	x->sk = nl->route;
	x->header = (int)len;
	x->request = request_make(type, flags, header, len);
	return x->request ? 0 : netlink_fail(nl, -ENOMEM, "out of memory");
}

/**
 * request_finish - Send a request and take its answers
 * @x: The exchange, its message is freed.
 * @put: What the nla_put functions returned, summed up.
 *
 * Return: 0 or negative errno.
 */
int request_finish(struct exchange *x, int put)
{
	int err;

	if (put)
		err = netlink_fail(x->nl, -EMSGSIZE,
				   "the request is too long");
	else
		err = socket_talk(x);
	nlmsg_free(x->request);
	return err;
}

/**
 * request_dump - Ask for a dump
 * @x: The exchange, its message is freed.
 * @put: What the nla_put functions returned, summed up.
 * @restart: Forgets what a dump that was interrupted has told.
 *
 * Return: 0 or negative errno.
 */
int request_dump(struct exchange *x, int put, void (*restart)(void *arg))
{
	int err;

	if (put)
		err = netlink_fail(x->nl, -EMSGSIZE,
				   "the request is too long");
	else
		err = socket_dump(x, restart);
	nlmsg_free(x->request);
	return err;
}

/**
 * struct datagram - A part of many requests, on its way.
 * @many: All of them.
 * @first: The first one in it.
 * @n: How many are in it.
 * @seq: Sequence number of the first one.
 * @done: The last one is acknowledged.
 * @len: Bytes of it.
 * @bytes: The messages.
 */
struct datagram {
	struct many *many;
	size_t first;
	size_t n;
	uint32_t seq;
	bool done;
	size_t len;
	char bytes[DATAGRAM_BYTES] __attribute__((aligned(NLMSG_ALIGNTO)));
};

_Static_assert(DATAGRAM_BYTES >= REQUEST_BYTES, "one request always fits");

static struct nlmsghdr *append(struct datagram *d, const struct nlmsghdr *h)
{
	struct nlmsghdr *copy = (struct nlmsghdr *)(d->bytes + d->len);

	memcpy(copy, h, h->nlmsg_len);
	copy->nlmsg_seq = nl_socket_use_seq(d->many->nl->route);
	if (!d->n++)
		d->seq = copy->nlmsg_seq;
	d->len += NLMSG_ALIGN(h->nlmsg_len);
	return copy;
}

/* Refusals are told in any case; that the last one is done has to be. */
static int fill(struct datagram *d, struct many *m, size_t first)
{
	struct nlmsghdr *last = NULL;
	struct nl_msg *msg;

	*d = (struct datagram){ .many = m, .first = first };
	while (d->n < DATAGRAM_MESSAGES && first + d->n < m->n &&
	       d->len + REQUEST_BYTES <= sizeof(d->bytes)) {
		msg = m->make(m->arg, first + d->n);
		if (!msg)
			return netlink_fail(m->nl, -ENOMEM, "out of memory");
		last = append(d, nlmsg_hdr(msg));
		nlmsg_free(msg);
	}
	if (last)
		last->nlmsg_flags |= NLM_F_ACK;
	return 0;
}

static void acknowledged(struct datagram *d, size_t i, struct nlmsghdr *h)
{
	struct exchange x = { .nl = d->many->nl };
	struct many *m = d->many;

	m->nl->why[0] = '\0';
	socket_acknowledged(&x, h);
	if (x.err && !m->nl->why[0])
		netlink_fail(m->nl, x.err, "%s", strerror(-x.err));
	if (x.err && m->refused)
		m->refused(m->arg, d->first + i, x.err);
	d->done = i + 1 == d->n;
}

static void on_message(void *arg, struct nlmsghdr *h)
{
	struct datagram *d = arg;
	size_t i = h->nlmsg_seq - d->seq;

	if (i >= d->n)
		return;
	if (h->nlmsg_type == NLMSG_ERROR)
		acknowledged(d, i, h);
	else if (h->nlmsg_type >= NLMSG_MIN_TYPE && d->many->valid)
		d->many->valid(d->many->arg, d->first + i, h);
}

static int talk(struct datagram *d)
{
	struct netlink *nl = d->many->nl;
	int err = nl_sendto(nl->route, d->bytes, d->len);

	if (err < 0)
		return netlink_fail(nl, -EIO, "cannot ask the kernel: %s",
				    nl_geterror(err));
	err = 0;
	while (!err && !d->done)
		err = socket_receive(nl, nl->route, on_message, d);
	return err;
}

/**
 * request_many - Send many requests and take their answers
 * @m: The requests.
 *
 * Return: 0, also if some were refused, or negative errno: of the rest nothing
 * is known.
 */
int request_many(struct many *m)
{
	int err = socket_open(m->nl, NETLINK_ROUTE, &m->nl->route);
	struct datagram *d;
	size_t done = 0;

	if (err || !m->n)
		return err;
	d = malloc(sizeof(*d));
	if (!d)
		return netlink_fail(m->nl, -ENOMEM, "out of memory");
	while (!err && done < m->n) {
		err = fill(d, m, done);
		if (!err)
			err = talk(d);
		done += d->n;
	}
	free(d);
	return err;
}

static struct nl_msg *make_write(void *arg, size_t i)
{
	const struct writes *w = arg;

	return w->make(w, i);
}

static void write_refused(void *arg, size_t i, int err)
{
	struct writes *w = arg;

	if (!w->err) {
		w->err = err;
		memcpy(w->why, w->nl->why, sizeof(w->why));
	}
	if (w->refusals)
		w->refusals->refused(w->refusals->arg, i, err, w->nl->why);
}

/**
 * request_writes - Send many requests that have no answer
 * @w: The requests.
 * @n: How many.
 *
 * Return: 0 or negative errno. Where nobody is told of refusals, the first one
 * is the error.
 */
int request_writes(struct writes *w, size_t n)
{
	struct many m = {
		.nl = w->nl, .n = n, .make = make_write,
		.refused = write_refused, .arg = w,
	};
	int err = request_many(&m);

	if (err || w->refusals || !w->err)
		return err;
	return netlink_fail(w->nl, w->err, "%s", w->why);
}
