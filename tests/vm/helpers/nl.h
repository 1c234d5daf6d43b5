/* SPDX-License-Identifier: GPL-2.0 */
/* Netlink without a library: helpers say what a library would not. */

#ifndef NL_H
#define NL_H

#include <linux/netlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct nl_msg {
	size_t len;
	unsigned char data[1 << 17] __attribute__((aligned(8)));
};

struct nl_answer {
	/* 0 or a positive errno. */
	int error;
	/* Offset of the offending attribute in the request, or 0. */
	unsigned int attr_offset;
	/* Whether the attribute's policy, with its limits, came along. */
	bool policy;
	/* Whether a dump was flagged as not consistent. */
	bool interrupted;
	/* Messages that are neither acknowledgment nor end of dump. */
	unsigned int messages;
	char text[512];
};

/* What is done with each data message. */
typedef void (*nl_each)(const struct nlmsghdr *nlh, void *context);

int nl_open(int protocol);

void nl_begin(struct nl_msg *msg, unsigned int type, unsigned int flags,
	      const void *header, size_t header_len);
void nl_put(struct nl_msg *msg, unsigned int type, const void *data,
	    size_t len);
size_t nl_nest(struct nl_msg *msg, unsigned int type);
void nl_nest_end(struct nl_msg *msg, size_t nest);

/* Send and take everything up to the end of the answer. */
void nl_talk(int fd, struct nl_msg *msg, struct nl_answer *answer,
	     nl_each each, void *context);
/* The two halves of it. */
bool nl_send(int fd, struct nl_msg *msg);
void nl_receive(int fd, struct nl_msg *msg, struct nl_answer *answer,
		nl_each each, void *context);

/* The id of a generic netlink family, 0 if there is none. */
unsigned int nl_family(int fd, const char *name);

/*
 * The index of a link of the present namespace, 0 if there is none. Not
 * if_nametoindex(): for names that do not exist the kernel then tries modprobe.
 */
unsigned int nl_link(const char *name);

#define NL_FOR_EACH(attr, start, end)					\
	for (attr = (const struct nlattr *)(start);			\
	     (const char *)(end) - (const char *)attr >= NLA_HDRLEN &&	\
	     attr->nla_len >= NLA_HDRLEN;				\
	     attr = (const struct nlattr *)((const char *)attr +	\
					    NLA_ALIGN(attr->nla_len)))
#define NL_DATA(attr) ((const void *)((const char *)(attr) + NLA_HDRLEN))
#define NL_LEN(attr) ((attr)->nla_len - NLA_HDRLEN)

#endif
