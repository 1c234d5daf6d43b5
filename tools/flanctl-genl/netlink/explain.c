// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Why the kernel refused, in words: its extended acknowledgement, the name
 * and entry of the attribute that it points at, and what to do about it.
 */
#include <errno.h>
#include <linux/netlink.h>
#include <netlink/attr.h>
#include <stdio.h>
#include <string.h>

#include "../error.h"
#include "../text.h"
#include "socket.h"

/**
 * struct culprit - What the kernel points at.
 * @name: Word of the attribute, NULL: unknown.
 * @entry: Index of the entry it belongs to, -1: none.
 */
struct culprit {
	const char *name;
	long entry;
};

struct span {
	const char *base;
	struct nlattr *head;
	int len;
};

/* Follow byte @offset of the message through the nests. */
static void locate(const struct span *in, size_t offset,
		   const struct attr_name *names, unsigned int count,
		   struct culprit *c)
{
	const struct attr_name *row;
	struct span inside;
	struct nlattr *a;
	long index = -1;
	size_t start;
	int rem;

	nla_for_each_attr(a, in->head, in->len, rem) {
		start = (size_t)((const char *)a - in->base);
		row = (unsigned int)nla_type(a) < count ?
		      &names[nla_type(a)] : NULL;
		if (row && row->entries)
			index++;
		if (!row || offset < start ||
		    offset >= start + (size_t)nla_total_size(nla_len(a)))
			continue;
		if (row->entries)
			c->entry = index;
		if (row->name)
			c->name = row->name;
		inside = (struct span){ in->base, nla_data(a), nla_len(a) };
		if (row->nested && offset != start)
			locate(&inside, offset, row->nested, row->count, c);
		return;
	}
}

static void locate_attr(const struct exchange *x, const struct nlattr *offs,
			struct culprit *c)
{
	struct nlmsghdr *h;
	struct span all;

	if (!offs || nla_len(offs) < (int)sizeof(uint32_t) || !x->names)
		return;
	h = nlmsg_hdr(x->request);
	all = (struct span){
		.base = (const char *)h,
		.head = nlmsg_attrdata(h, x->header),
		.len = nlmsg_attrlen(h, x->header),
	};
	locate(&all, nla_get_u32(offs), x->names, x->count, c);
}

static void copy_message(char *to, size_t size, const struct nlattr *msg,
			 int err)
{
	const char *text = msg ? nla_data(msg) : strerror(-err);
	size_t len = msg ? (size_t)nla_len(msg) : strlen(text);

	text_quote(to, size, text, strnlen(text, len));
}

static const char *advice(int err)
{
	if (err == -EPERM || err == -EACCES)
		return ": needs CAP_NET_ADMIN in the initial user namespace, run as root";
	return "";
}

/**
 * netlink_explain - Note what an acknowledgement says
 * @x: The exchange that it belongs to.
 * @err: Negative errno; 0: what the kernel says is a warning.
 * @tlv: Attributes of the acknowledgement, from the kernel.
 * @len: Their length.
 */
void netlink_explain(struct exchange *x, int err, struct nlattr *tlv, int len)
{
	struct nlattr *tb[NLMSGERR_ATTR_MAX + 1] = {};
	struct culprit c = { .entry = -1 };
	char text[320], where[48] = "";

	if (len > 0)
		nla_parse(tb, NLMSGERR_ATTR_MAX, tlv, len, NULL);
	if (!err && !tb[NLMSGERR_ATTR_MSG])
		return;
	copy_message(text, sizeof(text), tb[NLMSGERR_ATTR_MSG], err);
	if (!err) {
		warning("%s", text);
		return;
	}
	locate_attr(x, tb[NLMSGERR_ATTR_OFFS], &c);
	if (c.name && !strstr(text, c.name))
		snprintf(where, sizeof(where), " (at '%s')", c.name);
	x->nl->entry = c.entry;
	netlink_fail(x->nl, err, "%s%s%s", text, where, advice(err));
}
