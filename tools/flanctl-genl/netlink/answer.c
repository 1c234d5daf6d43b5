// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * What the table's answers and notifications say. A message that does not
 * parse is -EBADMSG; attributes of a newer kernel are passed over.
 */
#include <errno.h>
#include <linux/genetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <stdlib.h>
#include <string.h>

#include <linux/flannel.h>

#include "../array.h"
#include "answer.h"
#include "socket.h"

static uint64_t get_u64(const struct nlattr *a)
{
	uint64_t value = 0;

	if (a && nla_len(a) >= 8)
		memcpy(&value, nla_data(a), sizeof(value));
	return value;
}

static uint8_t get_u8(const struct nlattr *a)
{
	return a && nla_len(a) >= 1 ? nla_get_u8(a) : 0;
}

static int get_addr(const struct nlattr *a, struct addr *addr)
{
	return addr_set(addr, nla_data(a), (size_t)nla_len(a)) ? 0 : -EBADMSG;
}

static bool get_mac(const struct nlattr *a, struct mac *m)
{
	if (!a || nla_len(a) < (int)sizeof(*m))
		return false;
	memcpy(m, nla_data(a), sizeof(*m));
	return true;
}

static int add_src(struct subnet *s, const struct nlattr *a)
{
	if (s->src_count == FLANNEL_SRC_MAX)
		return 0;
	return get_addr(a, &s->src[s->src_count++]);
}

static int check(const struct nlmsghdr *h)
{
	return nlmsg_valid_hdr(h, GENL_HDRLEN) ? 0 : -EBADMSG;
}

static int parse_top(const struct nlmsghdr *h, struct nlattr **tb)
{
	if (check(h))
		return -EBADMSG;
	return nla_parse(tb, FLANNEL_A_MAX, nlmsg_attrdata(h, GENL_HDRLEN),
			 nlmsg_attrlen(h, GENL_HDRLEN), NULL) ? -EBADMSG : 0;
}

/**
 * answer_counts - Add up what a request did
 * @h: The message.
 * @counts: A struct counts.
 *
 * Return: 0 or negative errno.
 */
int answer_counts(const struct nlmsghdr *h, void *counts)
{
	struct nlattr *tb[FLANNEL_A_MAX + 1];
	struct counts *c = counts;

	if (parse_top(h, tb))
		return -EBADMSG;
	c->added += get_u32(tb[FLANNEL_A_ADDED]);
	c->changed += get_u32(tb[FLANNEL_A_CHANGED]);
	c->unchanged += get_u32(tb[FLANNEL_A_UNCHANGED]);
	c->removed += get_u32(tb[FLANNEL_A_REMOVED]);
	return 0;
}

static int subnet_attr(struct subnet *s, const struct nlattr *a)
{
	switch (nla_type(a)) {
	case FLANNEL_A_SUBNET_PREFIX:
		return get_addr(a, &s->prefix.addr);
	case FLANNEL_A_SUBNET_PREFIX_LEN:
		s->prefix.len = get_u8(a);
		return 0;
	case FLANNEL_A_SUBNET_LOCAL:
		s->local = true;
		return 0;
	case FLANNEL_A_SUBNET_VIA:
		return get_addr(a, &s->via);
	case FLANNEL_A_SUBNET_LLADDR:
		s->has_lladdr = get_mac(a, &s->lladdr);
		return 0;
	case FLANNEL_A_SUBNET_ENCAP:
		s->encap = get_u8(a);
		return 0;
	case FLANNEL_A_SUBNET_SRC:
		return add_src(s, a);
	case FLANNEL_A_SUBNET_OWNER:
		nla_strlcpy(s->owner, a, sizeof(s->owner));
		return 0;
	case FLANNEL_A_SUBNET_GENERATION:
		s->generation = get_u32(a);
		return 0;
	}
	return 0;
}

static int parse_subnet(const struct nlattr *nest, uint32_t ifindex,
			struct subnet *s)
{
	struct nlattr *a;
	int rem, err;

	memset(s, 0, sizeof(*s));
	s->ifindex = ifindex;
	nla_for_each_nested(a, nest, rem) {
		err = subnet_attr(s, a);
		if (err)
			return err;
	}
	if (!s->prefix.addr.len || s->prefix.len > 8 * s->prefix.addr.len)
		return -EBADMSG;
	return 0;
}

static uint32_t message_ifindex(const struct nlmsghdr *h)
{
	return get_u32(nlmsg_find_attr((struct nlmsghdr *)h, GENL_HDRLEN,
				       FLANNEL_A_IFINDEX));
}

/**
 * answer_subnets - Append the entries of a message
 * @h: The message.
 * @subnet_list: A struct subnet_list.
 *
 * Return: 0 or negative errno.
 */
int answer_subnets(const struct nlmsghdr *h, void *subnet_list)
{
	uint32_t ifindex;
	struct subnet s;
	struct nlattr *a;
	int rem, err;

	if (check(h))
		return -EBADMSG;
	ifindex = message_ifindex(h);
	nlmsg_for_each_attr(a, h, GENL_HDRLEN, rem) {
		if (nla_type(a) != FLANNEL_A_SUBNET)
			continue;
		err = parse_subnet(a, ifindex, &s);
		if (err)
			return err;
		if (subnet_list_add(subnet_list, &s))
			return -ENOMEM;
	}
	return 0;
}

static int vtep_attr(struct vtep *v, const struct nlattr *a)
{
	switch (nla_type(a)) {
	case FLANNEL_A_VTEP_VIA:
		return get_addr(a, &v->at.via);
	case FLANNEL_A_VTEP_LLADDR:
		v->at.has_lladdr = get_mac(a, &v->at.lladdr);
		return 0;
	case FLANNEL_A_VTEP_ENCAP:
		v->at.encap = get_u8(a);
		return 0;
	case FLANNEL_A_VTEP_SRC:
		return add_src(&v->at, a);
	case FLANNEL_A_VTEP_SUBNETS:
		v->subnets = get_u32(a);
		return 0;
	case FLANNEL_A_VTEP_TX_PACKETS:
		v->tx_packets = get_u64(a);
		return 0;
	case FLANNEL_A_VTEP_TX_BYTES:
		v->tx_bytes = get_u64(a);
		return 0;
	case FLANNEL_A_VTEP_RX_PACKETS:
		v->rx_packets = get_u64(a);
		return 0;
	case FLANNEL_A_VTEP_RX_BYTES:
		v->rx_bytes = get_u64(a);
		return 0;
	}
	return 0;
}

/**
 * answer_vteps - Append the VTEPs of a message
 * @h: The message.
 * @vtep_list: A struct vtep_list.
 *
 * Return: 0 or negative errno.
 */
int answer_vteps(const struct nlmsghdr *h, void *vtep_list)
{
	struct vtep_list *list = vtep_list;
	struct nlattr *a, *inner;
	int rem, rem_inner, err;
	struct vtep one;

	if (check(h))
		return -EBADMSG;
	nlmsg_for_each_attr(a, h, GENL_HDRLEN, rem) {
		if (nla_type(a) != FLANNEL_A_VTEP)
			continue;
		one = (struct vtep){ .ifindex = message_ifindex(h) };
		nla_for_each_nested(inner, a, rem_inner) {
			err = vtep_attr(&one, inner);
			if (err)
				return err;
		}
		if (array_add(list, &one))
			return -ENOMEM;
	}
	return 0;
}

static void take_drop(struct table_stats *s, struct nlattr *nest)
{
	struct nlattr *tb[FLANNEL_A_DROP_MAX + 1];
	uint32_t reason;

	if (nla_parse_nested(tb, FLANNEL_A_DROP_MAX, nest, NULL) ||
	    !tb[FLANNEL_A_DROP_REASON])
		return;
	reason = get_u32(tb[FLANNEL_A_DROP_REASON]);
	if (reason >= DROP_REASONS)
		return;
	s->drop[reason] = get_u64(tb[FLANNEL_A_DROP_PACKETS]);
	if (s->drops <= reason)
		s->drops = reason + 1;
}

/**
 * answer_stats - Append the figures of a table
 * @h: The message.
 * @stats_list: A struct stats_list.
 *
 * Return: 0 or negative errno.
 */
int answer_stats(const struct nlmsghdr *h, void *stats_list)
{
	struct stats_list *list = stats_list;
	struct nlattr *tb[FLANNEL_A_MAX + 1], *a;
	struct table_stats one = {};
	int rem;

	if (parse_top(h, tb))
		return -EBADMSG;
	one.ifindex = get_u32(tb[FLANNEL_A_IFINDEX]);
	one.subnets = get_u32(tb[FLANNEL_A_SUBNETS]);
	one.vteps = get_u32(tb[FLANNEL_A_VTEPS]);
	one.max_subnets = get_u32(tb[FLANNEL_A_MAX_SUBNETS]);
	nlmsg_for_each_attr(a, h, GENL_HDRLEN, rem)
		if (nla_type(a) == FLANNEL_A_DROP)
			take_drop(&one, a);
	return array_add(list, &one);
}

/**
 * answer_miss - What a miss notification says
 * @h: The message.
 * @ifindex: Where the device goes.
 * @a: Where the address goes that no subnet holds.
 *
 * Return: 0 or negative errno.
 */
int answer_miss(const struct nlmsghdr *h, uint32_t *ifindex, struct addr *a)
{
	struct nlattr *tb[FLANNEL_A_MAX + 1];

	if (parse_top(h, tb) || !tb[FLANNEL_A_ADDRESS])
		return -EBADMSG;
	*ifindex = get_u32(tb[FLANNEL_A_IFINDEX]);
	return get_addr(tb[FLANNEL_A_ADDRESS], a);
}
