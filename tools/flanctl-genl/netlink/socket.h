/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef FLANCTL_NETLINK_SOCKET_H
#define FLANCTL_NETLINK_SOCKET_H

/* Between the files of this directory only. */
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>

#include "kernel.h"

#define NETLINK_WHY	512

/**
 * struct netlink - The connection of a process with the kernel.
 * @genl: Socket for the table, NULL until it is needed.
 * @family: Generic netlink family number of the module.
 * @route: Socket for links and addresses, NULL until it is needed.
 * @entry: Which subnet of the last request the kernel refused, -1: it did not
 *	say.
 * @why: What went wrong last.
 */
struct netlink {
	struct nl_sock *genl;
	int family;
	struct nl_sock *route;
	long entry;
	char why[NETLINK_WHY];
};

/**
 * struct attr_name - How an attribute is called for the user.
 * @name: The word in the grammar; NULL: a container.
 * @nested: What is inside, or NULL.
 * @count: How many rows @nested has.
 * @entries: Each one is an entry of a request, to be counted.
 */
struct attr_name {
	const char *name;
	const struct attr_name *nested;
	unsigned int count;
	bool entries;
};

/**
 * struct exchange - A request and what becomes of its answers.
 * @nl: The connection.
 * @sk: The socket.
 * @request: The message.
 * @header: Length of the family's own header, before the attributes.
 * @names: Names of the request's attributes, by type.
 * @count: How many @names there are.
 * @valid: Called for each answer; a negative errno ends it. May be NULL.
 * @arg: For @valid.
 * @done: The last answer has come.
 * @interrupted: What is being dumped has changed meanwhile.
 * @err: Negative errno.
 */
struct exchange {
	struct netlink *nl;
	struct nl_sock *sk;
	struct nl_msg *request;
	int header;
	const struct attr_name *names;
	unsigned int count;
	int (*valid)(const struct nlmsghdr *h, void *arg);
	void *arg;
	bool done;
	bool interrupted;
	int err;
};

/* An attribute that is not there, or too short, is 0. */
static inline uint32_t get_u32(const struct nlattr *a)
{
	return a && nla_len(a) >= 4 ? nla_get_u32(a) : 0;
}

int socket_open(struct netlink *nl, int protocol, struct nl_sock **sk);
int socket_receive(struct netlink *nl, struct nl_sock *sk,
		   void (*each)(void *arg, struct nlmsghdr *h), void *arg);
void socket_acknowledged(struct exchange *x, struct nlmsghdr *h);
int socket_talk(struct exchange *x);
int socket_dump(struct exchange *x, void (*restart)(void *arg));
int netlink_fail(struct netlink *nl, int err, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void netlink_explain(struct exchange *x, int err, struct nlattr *tlv, int len);

int socket_join(struct netlink *nl, struct nl_sock *sk, int group);
int socket_join_failed(struct netlink *nl, int err);

int genl_open(struct netlink *nl);
int genl_group(struct netlink *nl, const char *name, int *group);
int route_event(const struct nlmsghdr *h, const struct monitor_ops *ops,
		void *arg);

#endif /* FLANCTL_NETLINK_SOCKET_H */
