/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef FLANCTL_NETLINK_REQUEST_H
#define FLANCTL_NETLINK_REQUEST_H

/* Between the files of this directory only. */
#include "host.h"
#include "socket.h"

/**
 * struct many - Requests that go to the kernel together.
 * @nl: The connection.
 * @n: How many requests there are.
 * @make: Makes the message of a request; NULL without memory.
 * @valid: Is told of an answer to a request. May be NULL.
 * @refused: Is told of a request that the kernel refused; netlink_why() says
 *	why. May be NULL.
 * @arg: For all three.
 */
struct many {
	struct netlink *nl;
	size_t n;
	struct nl_msg *(*make)(void *arg, size_t i);
	void (*valid)(void *arg, size_t i, const struct nlmsghdr *h);
	void (*refused)(void *arg, size_t i, int err);
	void *arg;
};

struct nl_msg *request_make(int type, int flags, const void *header,
			    size_t len);
int request_begin(struct netlink *nl, struct exchange *x, int type, int flags,
		  const void *header, size_t len);
int request_finish(struct exchange *x, int put);
int request_dump(struct exchange *x, int put, void (*restart)(void *arg));
int request_many(struct many *m);

/**
 * struct writes - Many requests that have no answer.
 * @nl: The connection.
 * @make: Makes the message of a request; NULL without memory.
 * @v: What is written, for @make.
 * @type: Message type, for @make.
 * @flags: Message flags, for @make.
 * @refusals: Who is told, NULL: nobody.
 * @err: The first refusal.
 * @why: Why.
 */
struct writes {
	struct netlink *nl;
	struct nl_msg *(*make)(const struct writes *w, size_t i);
	const void *v;
	int type;
	int flags;
	const struct refusals *refusals;
	int err;
	char why[NETLINK_WHY];
};

int request_writes(struct writes *w, size_t n);

#endif /* FLANCTL_NETLINK_REQUEST_H */
