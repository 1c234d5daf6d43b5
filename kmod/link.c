// SPDX-License-Identifier: GPL-2.0
/* rtnetlink: links of kind "flannel", their attributes to and from struct
 * flannel_conf. All of this runs under RTNL.
 */
#include <linux/etherdevice.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>
#include <net/ipv6.h>
#include <net/netlink.h>
#include <net/rtnetlink.h>

#include "device.h"

static const struct nla_policy policy[IFLA_FLANNEL_MAX + 1] = {
	[IFLA_FLANNEL_UNSPEC] = { .strict_start_type = IFLA_FLANNEL_VNI },
	[IFLA_FLANNEL_VNI] = { .type = NLA_U32 },
	[IFLA_FLANNEL_PORT] = { .type = NLA_BE16 },
	[IFLA_FLANNEL_LOCAL] = { .type = NLA_BE32 },
	[IFLA_FLANNEL_LOCAL6] = NLA_POLICY_EXACT_LEN(sizeof(struct in6_addr)),
	[IFLA_FLANNEL_LINK] = { .type = NLA_U32 },
	[IFLA_FLANNEL_LINK_NAME] = {
		.type = NLA_NUL_STRING, .len = IFNAMSIZ - 1
	},
	[IFLA_FLANNEL_ADDRESS] = NLA_POLICY_EXACT_LEN(ETH_ALEN),
	[IFLA_FLANNEL_ADDRESS6] = NLA_POLICY_EXACT_LEN(ETH_ALEN),
	[IFLA_FLANNEL_NETWORK] = { .type = NLA_BE32 },
	[IFLA_FLANNEL_NETWORK_LEN] = NLA_POLICY_MAX(NLA_U8, 32),
	[IFLA_FLANNEL_NETWORK6] = NLA_POLICY_EXACT_LEN(sizeof(struct in6_addr)),
	[IFLA_FLANNEL_NETWORK6_LEN] = NLA_POLICY_MAX(NLA_U8, 128),
	[IFLA_FLANNEL_TTL] = { .type = NLA_U8 },
	[IFLA_FLANNEL_TOS] = { .type = NLA_U8 },
	[IFLA_FLANNEL_DF] = NLA_POLICY_MAX(NLA_U8, FLANNEL_DF_MAX),
	[IFLA_FLANNEL_UDP_CSUM] = NLA_POLICY_MAX(NLA_U8, 1),
	[IFLA_FLANNEL_SOURCE_CHECK] =
		NLA_POLICY_MAX(NLA_U8, FLANNEL_SOURCE_CHECK_MAX),
	[IFLA_FLANNEL_RX_MODE] = NLA_POLICY_MAX(NLA_U8, FLANNEL_RX_MAX),
	[IFLA_FLANNEL_FWMARK] = { .type = NLA_U32 },
	[IFLA_FLANNEL_OUTER_NOTRACK] = NLA_POLICY_MAX(NLA_U8, 1),
	[IFLA_FLANNEL_UDP_PORT] = { .type = NLA_BE16 },
	[IFLA_FLANNEL_GBP] = NLA_POLICY_MAX(NLA_U8, 1),
};

/* The device has no link layer: its VTEP MAC is an attribute of ours. */
static int validate(struct nlattr *tb[], struct nlattr *data[],
		    struct netlink_ext_ack *extack)
{
	if (tb[IFLA_ADDRESS]) {
		NL_SET_ERR_MSG_ATTR(extack, tb[IFLA_ADDRESS],
				    "a flannel link has no link-layer address, its VTEP MAC is IFLA_FLANNEL_ADDRESS");
		return -EINVAL;
	}
	return 0;
}

static int check_privilege(struct netlink_ext_ack *extack)
{
	if (capable(CAP_NET_ADMIN))
		return 0;
	NL_SET_ERR_MSG(extack,
		       "needs CAP_NET_ADMIN in the initial user namespace");
	return -EPERM;
}

/* Which backends there are, and where. */
static int parse_ports(struct flannel_conf *conf, struct nlattr *data[],
		       struct netlink_ext_ack *extack)
{
	if (data[IFLA_FLANNEL_PORT])
		conf->port = nla_get_be16(data[IFLA_FLANNEL_PORT]);
	if (data[IFLA_FLANNEL_UDP_PORT])
		conf->udp_port = nla_get_be16(data[IFLA_FLANNEL_UDP_PORT]);
	if (!conf->port && !conf->udp_port) {
		NL_SET_ERR_MSG_ATTR(extack, data[IFLA_FLANNEL_PORT],
				    "port is 0, not 1 to 65535, and there is no udp-port either");
		return -ERANGE;
	}
	if (conf->port == conf->udp_port) {
		NL_SET_ERR_MSG_ATTR(extack, data[IFLA_FLANNEL_UDP_PORT] ?:
					    data[IFLA_FLANNEL_PORT],
				    "udp-port is the port of vxlan, each needs its own");
		return -EINVAL;
	}
	return 0;
}

/* What is fixed: it names the sockets and the place in them. */
static int parse_fixed(struct flannel_conf *conf, struct nlattr *data[],
		       bool change, struct netlink_ext_ack *extack)
{
	struct flannel_conf old = *conf;
	int err;

	if (data[IFLA_FLANNEL_VNI])
		conf->vni = nla_get_u32(data[IFLA_FLANNEL_VNI]);
	if (conf->vni > 0xffffff) {
		NL_SET_ERR_MSG_ATTR(extack, data[IFLA_FLANNEL_VNI],
				    "vni is over 16777215");
		return -ERANGE;
	}
	err = parse_ports(conf, data, extack);
	if (err || !change)
		return err;
	if (conf->vni != old.vni) {
		NL_SET_ERR_MSG_ATTR(extack, data[IFLA_FLANNEL_VNI],
				    "vni cannot change, delete the link and add another");
		return -EOPNOTSUPP;
	}
	if (conf->port != old.port) {
		NL_SET_ERR_MSG_ATTR(extack, data[IFLA_FLANNEL_PORT],
				    "port cannot change, delete the link and add another");
		return -EOPNOTSUPP;
	}
	if (conf->udp_port != old.udp_port) {
		NL_SET_ERR_MSG_ATTR(extack, data[IFLA_FLANNEL_UDP_PORT],
				    "udp-port cannot change, delete the link and add another");
		return -EOPNOTSUPP;
	}
	return 0;
}

static int parse_locals(struct flannel_conf *conf, struct nlattr *data[],
			struct netlink_ext_ack *extack)
{
	if (data[IFLA_FLANNEL_LOCAL]) {
		conf->local = nla_get_in_addr(data[IFLA_FLANNEL_LOCAL]);
		if (ipv4_is_multicast(conf->local) ||
		    ipv4_is_lbcast(conf->local)) {
			NL_SET_ERR_MSG_ATTR(extack, data[IFLA_FLANNEL_LOCAL],
					    "local is not a unicast address");
			return -EINVAL;
		}
	}
	if (data[IFLA_FLANNEL_LOCAL6]) {
		conf->local6 = nla_get_in6_addr(data[IFLA_FLANNEL_LOCAL6]);
		if (ipv6_addr_is_multicast(&conf->local6) ||
		    ipv6_addr_v4mapped(&conf->local6)) {
			NL_SET_ERR_MSG_ATTR(extack, data[IFLA_FLANNEL_LOCAL6],
					    "local6 is not a unicast address");
			return -EINVAL;
		}
	}
	return 0;
}

static int parse_link(struct net_device *dev, struct flannel_conf *conf,
		      struct nlattr *data[], struct netlink_ext_ack *extack)
{
	struct nlattr *attr = data[IFLA_FLANNEL_LINK];
	struct nlattr *name = data[IFLA_FLANNEL_LINK_NAME];
	struct net *net = dev_net(dev);
	struct net_device *link;

	if (!attr && !name)
		return 0;
	if (attr && name) {
		NL_SET_ERR_MSG_ATTR(extack, name,
				    "link by ifindex and by name at once");
		return -EINVAL;
	}
	if (attr ? !nla_get_u32(attr) : !*(const char *)nla_data(name)) {
		conf->link = 0;
		conf->link_name[0] = '\0';
		return 0;
	}

	link = attr ? __dev_get_by_index(net, nla_get_u32(attr)) :
		      __dev_get_by_name(net, nla_data(name));
	if (!link) {
		NL_SET_ERR_MSG_ATTR(extack, attr ?: name,
				    "no such underlay link (dev) in this netns");
		return -ENODEV;
	}
	if (link == dev) {
		NL_SET_ERR_MSG_ATTR(extack, attr ?: name,
				    "a link cannot be its own underlay (dev)");
		return -ELOOP;
	}
	conf->link = link->ifindex;
	strscpy(conf->link_name, link->name, sizeof(conf->link_name));
	return 0;
}

static int parse_address(u8 *address, struct nlattr *attr,
			 struct netlink_ext_ack *extack)
{
	if (!attr)
		return 0;
	nla_memcpy(address, attr, ETH_ALEN);
	if (is_valid_ether_addr(address))
		return 0;
	NL_SET_ERR_MSG_ATTR(extack, attr, "address is zero or multicast");
	return -EINVAL;
}

static int parse_addresses(struct flannel_conf *conf, struct nlattr *data[],
			   struct netlink_ext_ack *extack)
{
	bool same = ether_addr_equal(conf->address[FLANNEL_V4],
				     conf->address[FLANNEL_V6]);
	int err;

	err = parse_address(conf->address[FLANNEL_V4],
			    data[IFLA_FLANNEL_ADDRESS], extack);
	if (err)
		return err;
	if (same)
		ether_addr_copy(conf->address[FLANNEL_V6],
				conf->address[FLANNEL_V4]);
	return parse_address(conf->address[FLANNEL_V6],
			     data[IFLA_FLANNEL_ADDRESS6], extack);
}

static int parse_network(struct flannel_conf *conf, u32 family,
			 struct nlattr *attr, struct nlattr *len,
			 struct netlink_ext_ack *extack)
{
	struct flannel_prefix *network = &conf->network[family];
	struct flannel_addr masked;
	struct in6_addr ip6;

	if (!attr && !len)
		return 0;
	if (!attr || !len) {
		NL_SET_ERR_MSG_ATTR(extack, attr ?: len,
				    "network and its length go together");
		return -EINVAL;
	}
	if (family == FLANNEL_V4) {
		network->addr = flannel_addr4(nla_get_in_addr(attr));
	} else {
		ip6 = nla_get_in6_addr(attr);
		network->addr = flannel_addr6(&ip6);
	}
	network->len = nla_get_u8(len);
	masked = flannel_addr_masked(&network->addr, network->len);
	if (!flannel_addr_equal(&masked, &network->addr)) {
		NL_SET_ERR_MSG_ATTR(extack, attr, "network has host bits set");
		return -EINVAL;
	}
	conf->has_network[family] = network->len;
	return 0;
}

static void parse_scalars(struct flannel_conf *conf, struct nlattr *data[])
{
	if (data[IFLA_FLANNEL_TTL])
		conf->ttl = nla_get_u8(data[IFLA_FLANNEL_TTL]);
	if (data[IFLA_FLANNEL_TOS])
		conf->tos = nla_get_u8(data[IFLA_FLANNEL_TOS]);
	if (data[IFLA_FLANNEL_DF])
		conf->df = nla_get_u8(data[IFLA_FLANNEL_DF]);
	if (data[IFLA_FLANNEL_UDP_CSUM])
		conf->udp_csum = nla_get_u8(data[IFLA_FLANNEL_UDP_CSUM]);
	if (data[IFLA_FLANNEL_SOURCE_CHECK])
		conf->source_check =
			nla_get_u8(data[IFLA_FLANNEL_SOURCE_CHECK]);
	if (data[IFLA_FLANNEL_RX_MODE])
		conf->rx_mode = nla_get_u8(data[IFLA_FLANNEL_RX_MODE]);
	if (data[IFLA_FLANNEL_FWMARK])
		conf->mark = nla_get_u32(data[IFLA_FLANNEL_FWMARK]);
	if (data[IFLA_FLANNEL_OUTER_NOTRACK])
		conf->notrack = nla_get_u8(data[IFLA_FLANNEL_OUTER_NOTRACK]);
	if (data[IFLA_FLANNEL_GBP])
		conf->gbp = nla_get_u8(data[IFLA_FLANNEL_GBP]);
}

static int parse(struct net_device *dev, struct flannel_conf *conf,
		 struct nlattr *data[], bool change,
		 struct netlink_ext_ack *extack)
{
	int err;

	err = parse_fixed(conf, data, change, extack) ?:
	      parse_locals(conf, data, extack) ?:
	      parse_link(dev, conf, data, extack) ?:
	      parse_addresses(conf, data, extack) ?:
	      parse_network(conf, FLANNEL_V4, data[IFLA_FLANNEL_NETWORK],
			    data[IFLA_FLANNEL_NETWORK_LEN], extack) ?:
	      parse_network(conf, FLANNEL_V6, data[IFLA_FLANNEL_NETWORK6],
			    data[IFLA_FLANNEL_NETWORK6_LEN], extack);
	if (!err)
		parse_scalars(conf, data);
	return err;
}

static struct flannel_conf *default_conf(void)
{
	struct flannel_conf *conf = kzalloc(sizeof(*conf), GFP_KERNEL);

	if (!conf)
		return NULL;
	conf->vni = flannel_defaults.vni;
	conf->port = htons(flannel_defaults.port);
	conf->udp_csum = true;
	conf->source_check = flannel_defaults.source_check;
	conf->rx_mode = flannel_defaults.rx_mode;
	conf->network[FLANNEL_V6].addr.family = FLANNEL_V6;
	eth_random_addr(conf->address[FLANNEL_V4]);
	ether_addr_copy(conf->address[FLANNEL_V6], conf->address[FLANNEL_V4]);
	return conf;
}

static int newlink(FLANNEL_COMPAT_NEWLINK_ARGS,
		   struct netlink_ext_ack *extack)
{
	struct nlattr **data = flannel_compat_newlink_data;
	struct nlattr **tb = flannel_compat_newlink_tb;
	struct flannel_conf *conf;
	int err;

	err = check_privilege(extack);
	if (err)
		return err;
	if (tb[IFLA_LINK_NETNSID]) {
		NL_SET_ERR_MSG_ATTR(extack, tb[IFLA_LINK_NETNSID],
				    "a flannel link and its underlay share a netns, link-netns is not supported");
		return -EOPNOTSUPP;
	}
	if (tb[IFLA_LINK]) {
		NL_SET_ERR_MSG_ATTR(extack, tb[IFLA_LINK],
				    "a flannel link has no lower link, its underlay is IFLA_FLANNEL_LINK (dev)");
		return -EOPNOTSUPP;
	}
	conf = default_conf();
	if (!conf)
		return -ENOMEM;
	err = data ? parse(dev, conf, data, false, extack) : 0;
	if (err) {
		kfree(conf);
		return err;
	}
	return flannel_device_register(dev, conf, tb[IFLA_MTU], extack);
}

static int changelink(struct net_device *dev, struct nlattr *tb[],
		      struct nlattr *data[], struct netlink_ext_ack *extack)
{
	struct flannel_dev *fl = netdev_priv(dev);
	struct flannel_conf *conf;
	int err;

	err = check_privilege(extack);
	if (err || !data)
		return err;
	conf = kmemdup(rtnl_dereference(fl->conf), sizeof(*conf), GFP_KERNEL);
	if (!conf)
		return -ENOMEM;
	err = parse(dev, conf, data, true, extack);
	if (err) {
		kfree(conf);
		return err;
	}
	return flannel_device_reconfigure(dev, conf, extack);
}

static size_t get_size(const struct net_device *dev)
{
	return nla_total_size(sizeof(u32)) +	/* IFLA_FLANNEL_VNI */
	       nla_total_size(sizeof(__be16)) +	/* IFLA_FLANNEL_PORT */
	       nla_total_size(sizeof(__be32)) +	/* IFLA_FLANNEL_LOCAL */
	       nla_total_size(sizeof(struct in6_addr)) + /* ..._LOCAL6 */
	       nla_total_size(sizeof(u32)) +	/* IFLA_FLANNEL_LINK */
	       nla_total_size(IFNAMSIZ) +	/* IFLA_FLANNEL_LINK_NAME */
	       nla_total_size(ETH_ALEN) +	/* IFLA_FLANNEL_ADDRESS */
	       nla_total_size(ETH_ALEN) +	/* IFLA_FLANNEL_ADDRESS6 */
	       nla_total_size(sizeof(__be32)) +	/* IFLA_FLANNEL_NETWORK */
	       nla_total_size(sizeof(u8)) +	/* IFLA_FLANNEL_NETWORK_LEN */
	       nla_total_size(sizeof(struct in6_addr)) + /* ..._NETWORK6 */
	       nla_total_size(sizeof(u8)) +	/* IFLA_FLANNEL_NETWORK6_LEN */
	       nla_total_size(sizeof(u8)) +	/* IFLA_FLANNEL_TTL */
	       nla_total_size(sizeof(u8)) +	/* IFLA_FLANNEL_TOS */
	       nla_total_size(sizeof(u8)) +	/* IFLA_FLANNEL_DF */
	       nla_total_size(sizeof(u8)) +	/* IFLA_FLANNEL_UDP_CSUM */
	       nla_total_size(sizeof(u8)) +	/* IFLA_FLANNEL_SOURCE_CHECK */
	       nla_total_size(sizeof(u8)) +	/* IFLA_FLANNEL_RX_MODE */
	       nla_total_size(sizeof(u32)) +	/* IFLA_FLANNEL_FWMARK */
	       nla_total_size(sizeof(u8)) +	/* IFLA_FLANNEL_OUTER_NOTRACK */
	       nla_total_size(sizeof(__be16)) +	/* IFLA_FLANNEL_UDP_PORT */
	       nla_total_size(sizeof(u8)) +	/* IFLA_FLANNEL_GBP */
	       0;
}

static int fill_networks(struct sk_buff *skb, const struct flannel_conf *conf)
{
	const struct flannel_prefix *v4 = &conf->network[FLANNEL_V4];
	const struct flannel_prefix *v6 = &conf->network[FLANNEL_V6];

	if (conf->has_network[FLANNEL_V4] &&
	    (nla_put_in_addr(skb, IFLA_FLANNEL_NETWORK, v4->addr.ip4) ||
	     nla_put_u8(skb, IFLA_FLANNEL_NETWORK_LEN, v4->len)))
		return -EMSGSIZE;
	if (conf->has_network[FLANNEL_V6] &&
	    (nla_put_in6_addr(skb, IFLA_FLANNEL_NETWORK6, &v6->addr.ip6) ||
	     nla_put_u8(skb, IFLA_FLANNEL_NETWORK6_LEN, v6->len)))
		return -EMSGSIZE;
	return 0;
}

static int fill_underlay(struct sk_buff *skb, const struct flannel_conf *conf)
{
	if (conf->local &&
	    nla_put_in_addr(skb, IFLA_FLANNEL_LOCAL, conf->local))
		return -EMSGSIZE;
	if (!ipv6_addr_any(&conf->local6) &&
	    nla_put_in6_addr(skb, IFLA_FLANNEL_LOCAL6, &conf->local6))
		return -EMSGSIZE;
	if (conf->link_name[0] &&
	    (nla_put_u32(skb, IFLA_FLANNEL_LINK, conf->link) ||
	     nla_put_string(skb, IFLA_FLANNEL_LINK_NAME, conf->link_name)))
		return -EMSGSIZE;
	return 0;
}

static int fill_info(struct sk_buff *skb, const struct net_device *dev)
{
	const struct flannel_dev *fl = netdev_priv(dev);
	const struct flannel_conf *conf;
	int err;

	rcu_read_lock();
	conf = rcu_dereference(fl->conf);
	err = nla_put_u32(skb, IFLA_FLANNEL_VNI, conf->vni) ?:
	      nla_put_be16(skb, IFLA_FLANNEL_PORT, conf->port) ?:
	      fill_underlay(skb, conf) ?:
	      nla_put(skb, IFLA_FLANNEL_ADDRESS, ETH_ALEN,
		      conf->address[FLANNEL_V4]) ?:
	      nla_put(skb, IFLA_FLANNEL_ADDRESS6, ETH_ALEN,
		      conf->address[FLANNEL_V6]) ?:
	      fill_networks(skb, conf) ?:
	      nla_put_u8(skb, IFLA_FLANNEL_TTL, conf->ttl) ?:
	      nla_put_u8(skb, IFLA_FLANNEL_TOS, conf->tos) ?:
	      nla_put_u8(skb, IFLA_FLANNEL_DF, conf->df) ?:
	      nla_put_u8(skb, IFLA_FLANNEL_UDP_CSUM, conf->udp_csum) ?:
	      nla_put_u8(skb, IFLA_FLANNEL_SOURCE_CHECK, conf->source_check) ?:
	      nla_put_u8(skb, IFLA_FLANNEL_RX_MODE, conf->rx_mode) ?:
	      nla_put_u32(skb, IFLA_FLANNEL_FWMARK, conf->mark) ?:
	      nla_put_u8(skb, IFLA_FLANNEL_OUTER_NOTRACK, conf->notrack) ?:
	      nla_put_be16(skb, IFLA_FLANNEL_UDP_PORT, conf->udp_port) ?:
	      nla_put_u8(skb, IFLA_FLANNEL_GBP, conf->gbp);
	rcu_read_unlock();
	return err;
}

static struct rtnl_link_ops flannel_link_ops __read_mostly = {
	.kind = KBUILD_MODNAME,
	.priv_size = sizeof(struct flannel_dev),
	.maxtype = IFLA_FLANNEL_MAX,
	.policy = policy,
	.validate = validate,
	.setup = flannel_device_setup,
	.newlink = newlink,
	.changelink = changelink,
	.dellink = flannel_device_unregister,
	.get_size = get_size,
	.fill_info = fill_info,
};

/**
 * flannel_link_init - register the kind of link
 *
 * Return: 0 or an error.
 */
int __init flannel_link_init(void)
{
	return rtnl_link_register(&flannel_link_ops);
}

/**
 * flannel_link_exit - unregister the kind of link, removing all devices
 */
void flannel_link_exit(void)
{
	rtnl_link_unregister(&flannel_link_ops);
}

MODULE_ALIAS_RTNL_LINK(KBUILD_MODNAME);
