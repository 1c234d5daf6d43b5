// SPDX-License-Identifier: GPL-2.0
/* Dumps of the generic netlink family: of one device, or of all in a netns in
 * order of their ifindex, and in each of what is asked for in the order of the
 * table. A dump goes on behind the last thing it has shown, which may be gone
 * by then; whoever reads it is told if anything has changed in between
 * (NLM_F_DUMP_INTR).
 */
#include <linux/rbtree.h>
#include <net/genetlink.h>

#include "attrs.h"
#include "device.h"
#include "netlink.h"
#include "netlink-gen.h"
#include "subnets.h"
#include "vtep.h"

/**
 * struct dump - where a dump is
 * @ifindex: the device it is at
 * @started: @prefix, or @via and @encap, is the last thing dumped of it
 * @encap: wire format of the last VTEP
 * @prefix: the last entry; or its address, that of the last VTEP
 */
struct dump {
	unsigned int ifindex;
	bool started;
	u8 encap;
	struct flannel_prefix prefix;
};

typedef int (*dump_fn)(struct sk_buff *skb, struct netlink_callback *cb,
		       struct flannel_dev *fl);

/* Find the device with the lowest ifindex from @from on, which may be one more
 * than an ifindex can be. The caller puts it.
 */
static struct flannel_dev *next_dev(struct net *net, unsigned int from)
{
	struct flannel_dev *fl, *next = NULL;

	rcu_read_lock();
	list_for_each_entry_rcu(fl, &flannel_net(net)->devices, list) {
		if ((unsigned int)fl->dev->ifindex >= from &&
		    (!next || fl->dev->ifindex < next->dev->ifindex))
			next = fl;
	}
	if (next)
		dev_hold(next->dev);
	rcu_read_unlock();
	return next;
}

static int check_ifindex(struct netlink_callback *cb, unsigned int *only)
{
	const struct nlattr *attr;
	struct net_device *dev;
	bool ok;

	attr = flannel_compat_dump_attrs(cb)[FLANNEL_A_IFINDEX];
	*only = attr ? nla_get_u32(attr) : 0;
	if (!attr)
		return 0;

	rcu_read_lock();
	dev = *only <= INT_MAX ?
	      dev_get_by_index_rcu(sock_net(cb->skb->sk), *only) : NULL;
	ok = dev && flannel_is_device(dev);
	rcu_read_unlock();
	if (ok)
		return 0;
	NL_SET_ERR_MSG_ATTR(cb->extack, attr, "no such link of type flannel");
	return -ENODEV;
}

/* Dump one device, or all in order of their ifindex. */
static int dump_devs(struct sk_buff *skb, struct netlink_callback *cb,
		     dump_fn dump_dev)
{
	struct dump *dump = (struct dump *)cb->ctx;
	struct net *net = sock_net(cb->skb->sk);
	struct flannel_dev *fl;
	unsigned int only;
	int err;

	BUILD_BUG_ON(sizeof(*dump) > sizeof(cb->ctx));

	/* 0 would mean "do not check". */
	cb->seq = (unsigned int)atomic_read(&flannel_net(net)->seq) ?: 1;
	err = check_ifindex(cb, &only);
	if (err)
		return dump->ifindex ? 0 : err;
	if (!dump->ifindex)
		dump->ifindex = only;

	while ((fl = next_dev(net, dump->ifindex))) {
		if (only && fl->dev->ifindex != only) {
			dev_put(fl->dev);
			break;
		}
		if (fl->dev->ifindex != dump->ifindex)
			dump->started = false;
		dump->ifindex = fl->dev->ifindex;

		mutex_lock(&fl->table.lock);
		err = dump_dev(skb, cb, fl);
		mutex_unlock(&fl->table.lock);
		dev_put(fl->dev);
		if (err == -EMSGSIZE)
			return skb->len ?: err;
		if (err)
			return err;
		dump->started = false;
		dump->ifindex++;
	}
	return skb->len;
}

static void *put_dump_header(struct sk_buff *skb, struct netlink_callback *cb,
			     const struct flannel_dev *fl, u8 cmd)
{
	void *hdr;

	hdr = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
			  &flannel_nl_family, NLM_F_MULTI, cmd);
	if (!hdr)
		return NULL;
	genl_dump_check_consistent(cb, hdr);
	if (!nla_put_u32(skb, FLANNEL_A_IFINDEX, fl->dev->ifindex))
		return hdr;
	genlmsg_cancel(skb, hdr);
	return NULL;
}

static int dump_subnets(struct sk_buff *skb, struct netlink_callback *cb,
			struct flannel_dev *fl)
{
	const struct nlattr *attr;
	struct dump *dump = (struct dump *)cb->ctx;
	char owner[FLANNEL_OWNER_MAX + 1];
	struct flannel_subnet *subnet;
	struct rb_node *node;
	void *hdr;

	attr = flannel_compat_dump_attrs(cb)[FLANNEL_A_OWNER];
	if (attr)
		nla_strscpy(owner, attr, sizeof(owner));

	subnet = flannel_table_next(&fl->table,
				    dump->started ? &dump->prefix : NULL);
	for (node = subnet ? &subnet->node : NULL; node; node = rb_next(node)) {
		subnet = rb_entry(node, struct flannel_subnet, node);
		if (attr && strcmp(owner, subnet->owner))
			continue;
		hdr = put_dump_header(skb, cb, fl, FLANNEL_CMD_SUBNET_GET);
		if (!hdr)
			return -EMSGSIZE;
		if (flannel_put_subnet(skb, &fl->table, subnet)) {
			genlmsg_cancel(skb, hdr);
			return -EMSGSIZE;
		}
		genlmsg_end(skb, hdr);
		dump->prefix = subnet->lpm.prefix;
		dump->started = true;
	}
	return 0;
}

static int dump_vteps(struct sk_buff *skb, struct netlink_callback *cb,
		      struct flannel_dev *fl)
{
	struct dump *dump = (struct dump *)cb->ctx;
	struct flannel_vtep *vtep;
	struct rb_node *node;
	void *hdr;

	vtep = flannel_vtep_next(&fl->table,
				 dump->started ? &dump->prefix.addr : NULL,
				 dump->encap);
	for (node = vtep ? &vtep->node : NULL; node; node = rb_next(node)) {
		vtep = rb_entry(node, struct flannel_vtep, node);
		hdr = put_dump_header(skb, cb, fl, FLANNEL_CMD_VTEP_GET);
		if (!hdr)
			return -EMSGSIZE;
		if (flannel_put_vtep(skb, &fl->table, vtep)) {
			genlmsg_cancel(skb, hdr);
			return -EMSGSIZE;
		}
		genlmsg_end(skb, hdr);
		dump->prefix.addr = vtep->via;
		dump->encap = vtep->encap;
		dump->started = true;
	}
	return 0;
}

static int dump_stats(struct sk_buff *skb, struct netlink_callback *cb,
		      struct flannel_dev *fl)
{
	void *hdr = put_dump_header(skb, cb, fl, FLANNEL_CMD_STATS_GET);

	if (!hdr)
		return -EMSGSIZE;
	if (flannel_put_stats(skb, fl)) {
		genlmsg_cancel(skb, hdr);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, hdr);
	return 0;
}

/* The generated policy is that of the request for one. */
static int refuse_address(struct netlink_callback *cb)
{
	const struct nlattr *attr;

	attr = flannel_compat_dump_attrs(cb)[FLANNEL_A_ADDRESS];
	if (!attr)
		return 0;
	NL_SET_ERR_MSG_ATTR(cb->extack, attr, "an address is not for dumps");
	return -EINVAL;
}

/**
 * flannel_nl_subnet_get_dumpit - FLANNEL_CMD_SUBNET_GET: all entries in order
 * @skb: the message to fill
 * @cb: where the dump is
 *
 * Context: process context, without RTNL.
 * Return: bytes filled, 0 at the end, or an error.
 */
int flannel_nl_subnet_get_dumpit(struct sk_buff *skb,
				 struct netlink_callback *cb)
{
	return refuse_address(cb) ?: dump_devs(skb, cb, dump_subnets);
}

/**
 * flannel_nl_vtep_get_dumpit - FLANNEL_CMD_VTEP_GET: all VTEPs in order
 * @skb: the message to fill
 * @cb: where the dump is
 *
 * Context: process context, without RTNL.
 * Return: bytes filled, 0 at the end, or an error.
 */
int flannel_nl_vtep_get_dumpit(struct sk_buff *skb,
			       struct netlink_callback *cb)
{
	return refuse_address(cb) ?: dump_devs(skb, cb, dump_vteps);
}

/**
 * flannel_nl_stats_get_dumpit - FLANNEL_CMD_STATS_GET: counters of all devices
 * @skb: the message to fill
 * @cb: where the dump is
 *
 * Context: process context, without RTNL.
 * Return: bytes filled, 0 at the end, or an error.
 */
int flannel_nl_stats_get_dumpit(struct sk_buff *skb,
				struct netlink_callback *cb)
{
	return dump_devs(skb, cb, dump_stats);
}
