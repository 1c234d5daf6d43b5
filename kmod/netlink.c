// SPDX-License-Identifier: GPL-2.0
/* The generic netlink family: requests become calls of subnets.c, changes of
 * the table become events. The protocol is uapi/flannel.yaml; attrs.c reads and
 * writes the attributes, dump.c dumps.
 *
 * Requests take no RTNL. They hold a reference to the device and the table's
 * lock, under which the table says whether the device is going.
 */
#include <linux/mm.h>
#include <net/genetlink.h>

#include "attrs.h"
#include "device.h"
#include "netlink.h"
#include "netlink-gen.h"
#include "subnets.h"
#include "vtep.h"

static struct flannel_dev *info_dev(const struct genl_info *info)
{
	return info->user_ptr[0];
}

static int pre_doit(const struct flannel_compat_genl_ops *ops,
		    struct sk_buff *skb, struct genl_info *info)
{
	struct net_device *dev;
	u32 ifindex;

	if (GENL_REQ_ATTR_CHECK(info, FLANNEL_A_IFINDEX)) {
		GENL_SET_ERR_MSG(info, "ifindex is missing");
		return -EINVAL;
	}
	ifindex = nla_get_u32(info->attrs[FLANNEL_A_IFINDEX]);
	dev = ifindex <= INT_MAX ? dev_get_by_index(genl_info_net(info),
						    ifindex) : NULL;
	if (!dev) {
		NL_SET_ERR_MSG_ATTR(info->extack,
				    info->attrs[FLANNEL_A_IFINDEX],
				    "no such link in this netns");
		return -ENODEV;
	}
	if (!flannel_is_device(dev)) {
		dev_put(dev);
		NL_SET_ERR_MSG_ATTR(info->extack,
				    info->attrs[FLANNEL_A_IFINDEX],
				    "link is not of type flannel");
		return -EOPNOTSUPP;
	}
	info->user_ptr[0] = netdev_priv(dev);
	return 0;
}

static void post_doit(const struct flannel_compat_genl_ops *ops,
		      struct sk_buff *skb, struct genl_info *info)
{
	dev_put(info_dev(info)->dev);
}

static struct sk_buff *new_reply(struct genl_info *info, u8 cmd, void **hdr)
{
	struct sk_buff *msg = genlmsg_new(NLMSG_GOODSIZE, GFP_KERNEL);

	if (!msg)
		return NULL;
	*hdr = genlmsg_put_reply(msg, info, &flannel_nl_family, 0, cmd);
	if (*hdr)
		return msg;
	nlmsg_free(msg);
	return NULL;
}

/* The reply was allocated before the table was touched, and is large enough:
 * what has been done will be told.
 */
static int reply_result(struct genl_info *info, struct sk_buff *msg, void *hdr,
			bool written, const struct flannel_table_result *result)
{
	int err;

	if (written)
		err = nla_put_u32(msg, FLANNEL_A_ADDED, result->added) ?:
		      nla_put_u32(msg, FLANNEL_A_CHANGED, result->changed) ?:
		      nla_put_u32(msg, FLANNEL_A_UNCHANGED, result->unchanged);
	else
		err = nla_put_u32(msg, FLANNEL_A_REMOVED, result->removed);
	if (err) {
		nlmsg_free(msg);
		return err;
	}
	genlmsg_end(msg, hdr);
	return genlmsg_reply(msg, info);
}

static int write_or_delete(struct genl_info *info, bool write)
{
	bool excl = write && info->attrs[FLANNEL_A_EXCL];
	struct flannel_dev *fl = info_dev(info);
	struct flannel_table_result result;
	struct flannel_subnet_req *reqs;
	struct sk_buff *msg;
	unsigned int n;
	void *hdr;
	int err;

	reqs = flannel_parse_subnets(fl, info, !write, &n);
	if (IS_ERR(reqs))
		return PTR_ERR(reqs);
	msg = new_reply(info, info->genlhdr->cmd, &hdr);
	if (!msg) {
		err = -ENOMEM;
		goto free_reqs;
	}
	err = write ? flannel_table_write(fl, reqs, n, excl, &result,
					  info->extack) :
		      flannel_table_delete(fl, reqs, n, &result, info->extack);
	if (err)
		nlmsg_free(msg);
	else
		err = reply_result(info, msg, hdr, write, &result);
free_reqs:
	kvfree(reqs);
	return err;
}

/**
 * flannel_nl_subnet_new_doit - FLANNEL_CMD_SUBNET_NEW: write subnets
 * @skb: the request
 * @info: the request, parsed; pre_doit() has found the device
 *
 * Context: process context, without RTNL.
 * Return: 0 or an error, with a message.
 */
int flannel_nl_subnet_new_doit(struct sk_buff *skb, struct genl_info *info)
{
	return write_or_delete(info, true);
}

/**
 * flannel_nl_subnet_del_doit - FLANNEL_CMD_SUBNET_DEL: remove subnets
 * @skb: the request
 * @info: the request, parsed; pre_doit() has found the device
 *
 * Context: process context, without RTNL.
 * Return: 0 or an error, with a message.
 */
int flannel_nl_subnet_del_doit(struct sk_buff *skb, struct genl_info *info)
{
	return write_or_delete(info, false);
}

static int sweep(struct genl_info *info, const char *owner, const u32 *keep)
{
	struct flannel_table_result result;
	struct sk_buff *msg;
	void *hdr;
	int err;

	msg = new_reply(info, info->genlhdr->cmd, &hdr);
	if (!msg)
		return -ENOMEM;
	err = flannel_table_sweep(info_dev(info), owner, keep, &result);
	if (err) {
		nlmsg_free(msg);
		return err;
	}
	return reply_result(info, msg, hdr, false, &result);
}

/**
 * flannel_nl_subnet_flush_doit - FLANNEL_CMD_SUBNET_FLUSH: remove many
 * @skb: the request
 * @info: the request, parsed; pre_doit() has found the device
 *
 * Context: process context, without RTNL.
 * Return: 0 or an error, with a message.
 */
int flannel_nl_subnet_flush_doit(struct sk_buff *skb, struct genl_info *info)
{
	const struct nlattr *attr = info->attrs[FLANNEL_A_OWNER];
	char owner[FLANNEL_OWNER_MAX + 1];
	int err;

	if (!attr)
		return sweep(info, NULL, NULL);
	err = flannel_parse_owner(attr, owner, info->extack);
	return err ?: sweep(info, owner, NULL);
}

/**
 * flannel_nl_subnet_sweep_doit - FLANNEL_CMD_SUBNET_SWEEP: remove old ones
 * @skb: the request
 * @info: the request, parsed; pre_doit() has found the device
 *
 * Context: process context, without RTNL.
 * Return: 0 or an error, with a message.
 */
int flannel_nl_subnet_sweep_doit(struct sk_buff *skb, struct genl_info *info)
{
	char owner[FLANNEL_OWNER_MAX + 1];
	u32 keep;
	int err;

	if (GENL_REQ_ATTR_CHECK(info, FLANNEL_A_OWNER) ||
	    GENL_REQ_ATTR_CHECK(info, FLANNEL_A_GENERATION)) {
		GENL_SET_ERR_MSG(info, "owner or generation is missing");
		return -EINVAL;
	}
	err = flannel_parse_owner(info->attrs[FLANNEL_A_OWNER], owner,
				  info->extack);
	if (err)
		return err;
	keep = nla_get_u32(info->attrs[FLANNEL_A_GENERATION]);
	return sweep(info, owner, &keep);
}

static int put_match(struct sk_buff *msg, struct flannel_dev *fl,
		     const struct flannel_addr *addr)
{
	const struct flannel_subnet *subnet;
	int err = -ENOENT;

	mutex_lock(&fl->table.lock);
	rcu_read_lock();
	subnet = flannel_table_lookup(&fl->table, addr);
	rcu_read_unlock();
	/* Entries go under the lock only. */
	if (subnet)
		err = flannel_put_subnet(msg, &fl->table, subnet);
	mutex_unlock(&fl->table.lock);
	return err;
}

static int put_vtep_of(struct sk_buff *msg, struct flannel_dev *fl,
		       const struct flannel_addr *addr)
{
	const struct flannel_vtep *vtep;
	int err = -ENOENT;

	mutex_lock(&fl->table.lock);
	vtep = flannel_vtep_find(&fl->table, addr, FLANNEL_ENCAP_VXLAN) ?:
	       flannel_vtep_find(&fl->table, addr, FLANNEL_ENCAP_UDP);
	if (vtep)
		err = flannel_put_vtep(msg, &fl->table, vtep);
	mutex_unlock(&fl->table.lock);
	return err;
}

static int get_by_address(struct genl_info *info,
			  int (*put)(struct sk_buff *msg,
				     struct flannel_dev *fl,
				     const struct flannel_addr *addr))
{
	struct flannel_dev *fl = info_dev(info);
	struct flannel_addr addr;
	struct sk_buff *msg;
	void *hdr;
	int err;

	if (GENL_REQ_ATTR_CHECK(info, FLANNEL_A_ADDRESS)) {
		GENL_SET_ERR_MSG(info, "address is missing");
		return -EINVAL;
	}
	err = flannel_parse_addr(info->attrs[FLANNEL_A_ADDRESS], &addr,
				 info->extack);
	if (err)
		return err;
	msg = new_reply(info, info->genlhdr->cmd, &hdr);
	if (!msg)
		return -ENOMEM;
	err = nla_put_u32(msg, FLANNEL_A_IFINDEX, fl->dev->ifindex) ?:
	      put(msg, fl, &addr);
	if (err) {
		if (err == -ENOENT)
			NL_SET_ERR_MSG_ATTR(info->extack,
					    info->attrs[FLANNEL_A_ADDRESS],
					    "no entry holds this address");
		nlmsg_free(msg);
		return err;
	}
	genlmsg_end(msg, hdr);
	return genlmsg_reply(msg, info);
}

/**
 * flannel_nl_subnet_get_doit - FLANNEL_CMD_SUBNET_GET: the longest match
 * @skb: the request
 * @info: the request, parsed; pre_doit() has found the device
 *
 * Context: process context, without RTNL.
 * Return: 0 or an error, with a message.
 */
int flannel_nl_subnet_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	if (info->attrs[FLANNEL_A_OWNER]) {
		NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[FLANNEL_A_OWNER],
				    "an owner is for dumps");
		return -EINVAL;
	}
	return get_by_address(info, put_match);
}

/**
 * flannel_nl_vtep_get_doit - FLANNEL_CMD_VTEP_GET: the VTEP of an address
 * @skb: the request
 * @info: the request, parsed; pre_doit() has found the device
 *
 * Context: process context, without RTNL.
 * Return: 0 or an error, with a message.
 */
int flannel_nl_vtep_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	return get_by_address(info, put_vtep_of);
}

/**
 * flannel_nl_stats_get_doit - FLANNEL_CMD_STATS_GET: counters of a device
 * @skb: the request
 * @info: the request, parsed; pre_doit() has found the device
 *
 * Context: process context, without RTNL.
 * Return: 0 or an error, with a message.
 */
int flannel_nl_stats_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct flannel_dev *fl = info_dev(info);
	struct sk_buff *msg;
	void *hdr;
	int err;

	msg = new_reply(info, FLANNEL_CMD_STATS_GET, &hdr);
	if (!msg)
		return -ENOMEM;
	mutex_lock(&fl->table.lock);
	err = nla_put_u32(msg, FLANNEL_A_IFINDEX, fl->dev->ifindex) ?:
	      flannel_put_stats(msg, fl);
	mutex_unlock(&fl->table.lock);
	if (err) {
		nlmsg_free(msg);
		return err;
	}
	genlmsg_end(msg, hdr);
	return genlmsg_reply(msg, info);
}

static struct sk_buff *new_event(const struct flannel_dev *fl, u8 cmd,
				 gfp_t gfp, void **hdr)
{
	struct sk_buff *msg = genlmsg_new(NLMSG_GOODSIZE, gfp);

	if (!msg)
		return NULL;
	*hdr = genlmsg_put(msg, 0, 0, &flannel_nl_family, 0, cmd);
	if (*hdr && !nla_put_u32(msg, FLANNEL_A_IFINDEX, fl->dev->ifindex))
		return msg;
	nlmsg_free(msg);
	return NULL;
}

static void send_event(const struct flannel_dev *fl, struct sk_buff *msg,
		       void *hdr, unsigned int group, gfp_t gfp)
{
	genlmsg_end(msg, hdr);
	genlmsg_multicast_netns(&flannel_nl_family, dev_net(fl->dev), msg, 0,
				group, gfp);
}

/**
 * flannel_nl_notify_subnets - tell listeners what has changed
 * @fl: the device
 * @cmd: FLANNEL_CMD_SUBNET_NEW_NTF or FLANNEL_CMD_SUBNET_DEL_NTF
 * @changed: the entries, by flannel_subnet.changed
 *
 * As many entries a message as fit. Where memory is short, listeners get
 * ENOBUFS, as if their socket had overflown.
 *
 * Context: process context, the table's lock held.
 */
void flannel_nl_notify_subnets(struct flannel_dev *fl, u8 cmd,
			       struct list_head *changed)
{
	struct net *net = dev_net(fl->dev);
	struct flannel_subnet *subnet;
	struct sk_buff *msg = NULL;
	void *hdr = NULL;

	if (!genl_has_listeners(&flannel_nl_family, net, FLANNEL_NLGRP_SUBNET))
		return;
	list_for_each_entry(subnet, changed, changed) {
		if (msg && !flannel_put_subnet(msg, &fl->table, subnet))
			continue;
		if (msg)
			send_event(fl, msg, hdr, FLANNEL_NLGRP_SUBNET,
				   GFP_KERNEL);
		msg = new_event(fl, cmd, GFP_KERNEL, &hdr);
		if (!msg || flannel_put_subnet(msg, &fl->table, subnet)) {
			nlmsg_free(msg);
			genl_set_err(&flannel_nl_family, net, 0,
				     FLANNEL_NLGRP_SUBNET, -ENOBUFS);
			return;
		}
	}
	if (msg)
		send_event(fl, msg, hdr, FLANNEL_NLGRP_SUBNET, GFP_KERNEL);
}

/**
 * flannel_nl_notify_miss - tell listeners that a destination is unknown
 * @fl: the device
 * @dst: the destination
 *
 * Rate-limited per device.
 *
 * Context: any.
 */
void flannel_nl_notify_miss(struct flannel_dev *fl,
			    const struct flannel_addr *dst)
{
	struct sk_buff *msg;
	void *hdr;

	if (!genl_has_listeners(&flannel_nl_family, dev_net(fl->dev),
				FLANNEL_NLGRP_MISS))
		return;
	if (!__ratelimit(&fl->miss_limit))
		return;
	msg = new_event(fl, FLANNEL_CMD_MISS_NTF, GFP_ATOMIC, &hdr);
	if (!msg)
		return;
	if (flannel_put_addr(msg, FLANNEL_A_ADDRESS, dst)) {
		nlmsg_free(msg);
		return;
	}
	send_event(fl, msg, hdr, FLANNEL_NLGRP_MISS, GFP_ATOMIC);
}

static const struct genl_multicast_group groups[] = {
	[FLANNEL_NLGRP_SUBNET] = {
		.name = FLANNEL_MCGRP_SUBNET,
		.flags = GENL_MCAST_CAP_NET_ADMIN,
	},
	[FLANNEL_NLGRP_MISS] = {
		.name = FLANNEL_MCGRP_MISS,
		.flags = GENL_MCAST_CAP_NET_ADMIN,
	},
};

struct genl_family flannel_nl_family __ro_after_init = {
	.name = FLANNEL_GENL_NAME,
	.version = FLANNEL_GENL_VERSION,
	.netnsok = true,
	.parallel_ops = true,
	.module = THIS_MODULE,
	.pre_doit = pre_doit,
	.post_doit = post_doit,
	.ops = flannel_nl_ops,
	.n_ops = ARRAY_SIZE(flannel_nl_ops),
	.mcgrps = groups,
	.n_mcgrps = ARRAY_SIZE(groups),
};

/**
 * flannel_nl_init - register the family
 *
 * Return: 0 or an error.
 */
int __init flannel_nl_init(void)
{
	return genl_register_family(&flannel_nl_family);
}

/**
 * flannel_nl_exit - unregister the family
 */
void flannel_nl_exit(void)
{
	genl_unregister_family(&flannel_nl_family);
}

MODULE_ALIAS_GENL_FAMILY(FLANNEL_GENL_NAME);
