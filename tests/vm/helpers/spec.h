/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Netlink requests written down as text.
 *
 *   COMMAND DEVICE [+FLAG]... [ATTRIBUTE]...
 *
 * COMMAND is newlink, setlink, dellink, getlink or a command of the flannel
 * family (subnet-new, subnet-del, subnet-get, subnet-flush, subnet-sweep,
 * vtep-get, stats-get); DEVICE "-" names none. Flags: dump excl create replace.
 * An attribute is NAME=VALUE, NAME (a flag), NAME{ ... } (a nest), or with its
 * type given NAME:TYPE=VALUE; NAME may be a number. TYPE is one of u8 u16 u32
 * u64 be16 addr hex str nstr (without NUL) flag. Of a link, "up" and "down" are
 * its flags, netns=NAME is where it goes, kind=KIND is another one than flannel,
 * data{ } is what flannel defines.
 * fill=N stands for N subnets, from 10.0.0.0/24 on, via 192.168.77.2.
 *
 *   newaddr DEVICE ADDRESS/LENGTH
 *   newroute DEVICE PREFIX/LENGTH [GATEWAY]
 */

#ifndef SPEC_H
#define SPEC_H

#include "nl.h"

struct request {
	struct nl_msg msg;
	/* NETLINK_ROUTE or NETLINK_GENERIC. */
	int protocol;
	bool has_info;
	/* Which attribute starts where. */
	unsigned int marks;
	struct {
		unsigned int offset;
		char name[24];
	} mark[256];
};

/* FAMILY is the id of the generic netlink family. TEXT is taken apart. */
void request_build(struct request *request, char *text, unsigned int family);

/* The attribute at an offset of the request, or "?". */
const char *request_attr(const struct request *request, unsigned int offset);

#endif
