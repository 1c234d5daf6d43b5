// SPDX-License-Identifier: GPL-2.0
/* Attributes of the generic netlink family: requests are parsed into struct
 * flannel_subnet_req, entries, VTEPs and counters put into messages. What the
 * policies generated from uapi/flannel.yaml cannot say is checked here, each
 * refusal with a message and the attribute that it is about.
 */
#include <linux/etherdevice.h>
#include <linux/slab.h>
#include <net/genetlink.h>
#include <net/ipv6.h>

#include "attrs.h"
#include "device.h"
#include "martian.h"
#include "netlink-gen.h"
#include "socket.h"
#include "subnets.h"
#include "vtep.h"

/**
 * flannel_parse_addr - read an address of either family
 * @attr: the attribute, 4 or 16 bytes long
 * @addr: where to
 * @extack: for error messages
 *
 * Return: 0 or -EINVAL.
 */
int flannel_parse_addr(const struct nlattr *attr, struct flannel_addr *addr,
		       struct netlink_ext_ack *extack)
{
	struct in6_addr ip6;

	switch (nla_len(attr)) {
	case sizeof(__be32):
		*addr = flannel_addr4(nla_get_in_addr(attr));
		return 0;
	case sizeof(struct in6_addr):
		ip6 = nla_get_in6_addr(attr);
		*addr = flannel_addr6(&ip6);
		return 0;
	}
	NL_SET_ERR_MSG_ATTR(extack, attr, "address is not 4 or 16 bytes long");
	return -EINVAL;
}

/* An address that a peer can have on the underlay. */
static int parse_underlay(const struct nlattr *attr, struct flannel_addr *addr,
			  struct netlink_ext_ack *extack)
{
	int err;

	err = flannel_parse_addr(attr, addr, extack);
	if (err || !flannel_addr_martian(addr))
		return err;
	NL_SET_ERR_MSG_ATTR(extack, attr,
			    "underlay address is not global unicast");
	return -EINVAL;
}

static int parse_prefix(struct nlattr **tb, const struct nlattr *nest,
			struct flannel_prefix *prefix,
			struct netlink_ext_ack *extack)
{
	struct flannel_addr masked;
	int err;

	if (NL_REQ_ATTR_CHECK(extack, nest, tb, FLANNEL_A_SUBNET_PREFIX) ||
	    NL_REQ_ATTR_CHECK(extack, nest, tb, FLANNEL_A_SUBNET_PREFIX_LEN)) {
		NL_SET_ERR_MSG(extack, "prefix or prefix-len is missing");
		return -EINVAL;
	}
	err = flannel_parse_addr(tb[FLANNEL_A_SUBNET_PREFIX], &prefix->addr,
				 extack);
	if (err)
		return err;
	prefix->len = nla_get_u8(tb[FLANNEL_A_SUBNET_PREFIX_LEN]);
	if (prefix->len > flannel_addr_bits(&prefix->addr)) {
		NL_SET_ERR_MSG_ATTR(extack, tb[FLANNEL_A_SUBNET_PREFIX_LEN],
				    "prefix-len is over 32 (IPv4) or 128 (IPv6)");
		return -ERANGE;
	}
	masked = flannel_addr_masked(&prefix->addr, prefix->len);
	if (!flannel_addr_equal(&masked, &prefix->addr)) {
		NL_SET_ERR_MSG_ATTR(extack, tb[FLANNEL_A_SUBNET_PREFIX],
				    "prefix has host bits set");
		return -EINVAL;
	}
	return 0;
}

static int parse_src(const struct nlattr *nest, struct flannel_subnet_req *req,
		     struct netlink_ext_ack *extack)
{
	const struct nlattr *attr;
	int rem, err;

	nla_for_each_nested(attr, nest, rem) {
		if (nla_type(attr) != FLANNEL_A_SUBNET_SRC)
			continue;
		if (req->n_src == FLANNEL_SRC_MAX) {
			NL_SET_ERR_MSG_ATTR(extack, attr,
					    "more than 8 src addresses");
			return -ERANGE;
		}
		err = parse_underlay(attr, &req->src[req->n_src], extack);
		if (err)
			return err;
		req->n_src++;
	}
	return 0;
}

static int parse_local(struct nlattr **tb, struct flannel_subnet_req *req,
		       struct netlink_ext_ack *extack)
{
	if (tb[FLANNEL_A_SUBNET_VIA] || tb[FLANNEL_A_SUBNET_LLADDR] ||
	    tb[FLANNEL_A_SUBNET_ENCAP] || tb[FLANNEL_A_SUBNET_SRC]) {
		NL_SET_ERR_MSG_ATTR(extack, tb[FLANNEL_A_SUBNET_LOCAL],
				    "local excludes via, lladdr, encap and src");
		return -EINVAL;
	}
	req->local = true;
	return 0;
}

static int parse_encap(const struct flannel_dev *fl, struct nlattr **tb,
		       const struct nlattr *nest,
		       struct flannel_subnet_req *req,
		       struct netlink_ext_ack *extack)
{
	const struct nlattr *attr = tb[FLANNEL_A_SUBNET_ENCAP];

	req->encap = attr ? nla_get_u8(attr) : FLANNEL_ENCAP_VXLAN;
	if (flannel_device_speaks(fl, req->encap))
		return 0;
	if (req->encap == FLANNEL_ENCAP_UDP)
		NL_SET_ERR_MSG_ATTR(extack, attr,
				    "encap is udp, but the link has no udp-port");
	else
		NL_SET_ERR_MSG_ATTR(extack, attr ?: nest,
				    "encap is vxlan, but the link has no port for it");
	return -EOPNOTSUPP;
}

static int parse_lladdr(struct nlattr **tb, const struct nlattr *nest,
			struct flannel_subnet_req *req,
			struct netlink_ext_ack *extack)
{
	const struct nlattr *attr = tb[FLANNEL_A_SUBNET_LLADDR];

	if (req->encap == FLANNEL_ENCAP_UDP) {
		if (!attr)
			return 0;
		NL_SET_ERR_MSG_ATTR(extack, attr,
				    "lladdr is for encap vxlan, udp has no MACs");
		return -EINVAL;
	}
	if (!attr) {
		NL_SET_ERR_MSG_ATTR(extack, nest, "lladdr is missing");
		return -EINVAL;
	}
	nla_memcpy(req->lladdr, attr, ETH_ALEN);
	if (is_valid_ether_addr(req->lladdr))
		return 0;
	NL_SET_ERR_MSG_ATTR(extack, attr, "lladdr is zero or multicast");
	return -EINVAL;
}

static int parse_vtep(const struct flannel_dev *fl, struct nlattr **tb,
		      const struct nlattr *nest,
		      struct flannel_subnet_req *req,
		      struct netlink_ext_ack *extack)
{
	int err;

	if (!tb[FLANNEL_A_SUBNET_VIA]) {
		NL_SET_ERR_MSG_ATTR(extack, nest, "via or local is missing");
		return -EINVAL;
	}
	err = parse_underlay(tb[FLANNEL_A_SUBNET_VIA], &req->via, extack) ?:
	      parse_encap(fl, tb, nest, req, extack) ?:
	      parse_lladdr(tb, nest, req, extack);
	return err ?: parse_src(nest, req, extack);
}

/**
 * flannel_parse_owner - read an owner tag
 * @attr: the attribute
 * @owner: where to, FLANNEL_OWNER_MAX + 1 bytes
 * @extack: for error messages
 *
 * Return: 0 or -EINVAL.
 */
int flannel_parse_owner(const struct nlattr *attr, char *owner,
			struct netlink_ext_ack *extack)
{
	const char *p;

	nla_strscpy(owner, attr, FLANNEL_OWNER_MAX + 1);
	for (p = owner; *p > ' ' && *p < 0x7f; p++)
		;
	if (*owner && !*p)
		return 0;
	NL_SET_ERR_MSG_ATTR(extack, attr,
			    "owner is empty or not printable ASCII");
	return -EINVAL;
}

static int parse_subnet(const struct flannel_dev *fl, const struct nlattr *nest,
			struct flannel_subnet_req *req, bool prefix_only,
			struct netlink_ext_ack *extack)
{
	struct nlattr *tb[FLANNEL_A_SUBNET_MAX + 1];
	int err;

	err = nla_parse_nested(tb, FLANNEL_A_SUBNET_MAX, nest,
			       flannel_subnet_nl_policy, extack);
	if (err)
		return err;
	req->attr = nest;
	err = parse_prefix(tb, nest, &req->prefix, extack);
	if (err || prefix_only)
		return err;

	strscpy(req->owner, "manual", sizeof(req->owner));
	if (tb[FLANNEL_A_SUBNET_OWNER])
		err = flannel_parse_owner(tb[FLANNEL_A_SUBNET_OWNER],
					  req->owner, extack);
	if (err)
		return err;
	if (tb[FLANNEL_A_SUBNET_GENERATION])
		req->generation = nla_get_u32(tb[FLANNEL_A_SUBNET_GENERATION]);
	if (tb[FLANNEL_A_SUBNET_LOCAL])
		return parse_local(tb, req, extack);
	return parse_vtep(fl, tb, nest, req, extack);
}

static unsigned int count_subnets(const struct genl_info *info)
{
	const struct nlattr *attr;
	unsigned int n = 0;
	int rem;

	nlmsg_for_each_attr(attr, info->nlhdr, GENL_HDRLEN, rem)
		n += nla_type(attr) == FLANNEL_A_SUBNET;
	return n;
}

/**
 * flannel_parse_subnets - read all subnets of a request
 * @fl: the device
 * @info: the request
 * @prefix_only: whether only prefixes are wanted
 * @n: set to how many there are
 *
 * Context: process context.
 * Return: them, to be freed by kvfree(); or an ERR_PTR.
 */
struct flannel_subnet_req *
flannel_parse_subnets(const struct flannel_dev *fl, struct genl_info *info,
		      bool prefix_only, unsigned int *n)
{
	struct flannel_subnet_req *reqs;
	const struct nlattr *attr;
	unsigned int i = 0;
	int rem, err;

	*n = count_subnets(info);
	if (!*n) {
		GENL_SET_ERR_MSG(info, "subnet is missing");
		return ERR_PTR(-EINVAL);
	}
	if (*n > FLANNEL_BATCH_MAX) {
		GENL_SET_ERR_MSG(info, "more than 1024 subnets in one request");
		return ERR_PTR(-ERANGE);
	}
	reqs = kvcalloc(*n, sizeof(*reqs), GFP_KERNEL_ACCOUNT);
	if (!reqs)
		return ERR_PTR(-ENOMEM);

	nlmsg_for_each_attr(attr, info->nlhdr, GENL_HDRLEN, rem) {
		if (nla_type(attr) != FLANNEL_A_SUBNET)
			continue;
		err = parse_subnet(fl, attr, &reqs[i++], prefix_only,
				   info->extack);
		if (err) {
			kvfree(reqs);
			return ERR_PTR(err);
		}
	}
	return reqs;
}

/**
 * flannel_put_addr - write an address of either family
 * @msg: the message
 * @type: attribute type
 * @addr: the address
 *
 * Return: 0 or -EMSGSIZE.
 */
int flannel_put_addr(struct sk_buff *msg, int type,
		     const struct flannel_addr *addr)
{
	return addr->family == FLANNEL_V4 ?
	       nla_put_in_addr(msg, type, addr->ip4) :
	       nla_put_in6_addr(msg, type, &addr->ip6);
}

static int put_lladdr(struct sk_buff *msg, int type,
		      const struct flannel_vtep *vtep)
{
	if (vtep->encap == FLANNEL_ENCAP_UDP)
		return 0;
	return nla_put(msg, type, ETH_ALEN, vtep->lladdr);
}

static int put_srcs(struct sk_buff *msg, int type,
		    const struct flannel_table *table,
		    const struct flannel_vtep *vtep)
{
	const struct flannel_vtep_addrs *addrs;
	unsigned int i;

	addrs = rcu_dereference_protected(vtep->addrs,
					  lockdep_is_held(&table->lock));
	for (i = 1; i < addrs->n; i++) {
		if (flannel_put_addr(msg, type, &addrs->addr[i].addr))
			return -EMSGSIZE;
	}
	return 0;
}

static int put_subnet_vtep(struct sk_buff *msg,
			   const struct flannel_table *table,
			   const struct flannel_vtep *vtep)
{
	if (flannel_put_addr(msg, FLANNEL_A_SUBNET_VIA, &vtep->via) ||
	    put_lladdr(msg, FLANNEL_A_SUBNET_LLADDR, vtep) ||
	    nla_put_u8(msg, FLANNEL_A_SUBNET_ENCAP, vtep->encap))
		return -EMSGSIZE;
	return put_srcs(msg, FLANNEL_A_SUBNET_SRC, table, vtep);
}

/**
 * flannel_put_subnet - write an entry
 * @msg: the message
 * @table: its table
 * @subnet: the entry
 *
 * Context: table->lock held.
 * Return: 0 or -EMSGSIZE, nothing written.
 */
int flannel_put_subnet(struct sk_buff *msg, const struct flannel_table *table,
		       const struct flannel_subnet *subnet)
{
	const struct flannel_prefix *prefix = &subnet->lpm.prefix;
	const struct flannel_vtep *vtep;
	struct nlattr *nest;
	int err;

	nest = nla_nest_start(msg, FLANNEL_A_SUBNET);
	if (!nest)
		return -EMSGSIZE;
	vtep = rcu_dereference_protected(subnet->vtep,
					 lockdep_is_held(&table->lock));
	if (flannel_put_addr(msg, FLANNEL_A_SUBNET_PREFIX, &prefix->addr) ||
	    nla_put_u8(msg, FLANNEL_A_SUBNET_PREFIX_LEN, prefix->len) ||
	    nla_put_string(msg, FLANNEL_A_SUBNET_OWNER, subnet->owner) ||
	    nla_put_u32(msg, FLANNEL_A_SUBNET_GENERATION, subnet->generation))
		goto cancel;
	err = vtep ? put_subnet_vtep(msg, table, vtep) :
		     nla_put_flag(msg, FLANNEL_A_SUBNET_LOCAL);
	if (err)
		goto cancel;
	nla_nest_end(msg, nest);
	return 0;

cancel:
	nla_nest_cancel(msg, nest);
	return -EMSGSIZE;
}

/**
 * flannel_put_vtep - write a VTEP with its counters
 * @msg: the message
 * @table: its table
 * @vtep: the VTEP
 *
 * Context: table->lock held.
 * Return: 0 or -EMSGSIZE, nothing written.
 */
int flannel_put_vtep(struct sk_buff *msg, const struct flannel_table *table,
		     const struct flannel_vtep *vtep)
{
	struct flannel_vtep_stats stats;
	struct nlattr *nest;

	nest = nla_nest_start(msg, FLANNEL_A_VTEP);
	if (!nest)
		return -EMSGSIZE;
	flannel_vtep_read_stats(vtep, &stats);
	if (flannel_put_addr(msg, FLANNEL_A_VTEP_VIA, &vtep->via) ||
	    put_lladdr(msg, FLANNEL_A_VTEP_LLADDR, vtep) ||
	    nla_put_u8(msg, FLANNEL_A_VTEP_ENCAP, vtep->encap) ||
	    put_srcs(msg, FLANNEL_A_VTEP_SRC, table, vtep) ||
	    nla_put_u32(msg, FLANNEL_A_VTEP_SUBNETS, vtep->subnets) ||
	    nla_put_u64_64bit(msg, FLANNEL_A_VTEP_TX_PACKETS, stats.tx_packets,
			      FLANNEL_A_VTEP_PAD) ||
	    nla_put_u64_64bit(msg, FLANNEL_A_VTEP_TX_BYTES, stats.tx_bytes,
			      FLANNEL_A_VTEP_PAD) ||
	    nla_put_u64_64bit(msg, FLANNEL_A_VTEP_RX_PACKETS, stats.rx_packets,
			      FLANNEL_A_VTEP_PAD) ||
	    nla_put_u64_64bit(msg, FLANNEL_A_VTEP_RX_BYTES, stats.rx_bytes,
			      FLANNEL_A_VTEP_PAD)) {
		nla_nest_cancel(msg, nest);
		return -EMSGSIZE;
	}
	nla_nest_end(msg, nest);
	return 0;
}

/* What a device dropped, and what its sockets dropped before they knew whose
 * it was.
 */
static u64 read_drops(const struct flannel_dev *fl, enum flannel_drop why)
{
	u64 sum = flannel_drop_read(fl->drops, why);
	unsigned int encap, family;

	rcu_read_lock();
	for (encap = 0; encap <= FLANNEL_ENCAP_MAX; encap++) {
		for (family = 0; family < FLANNEL_FAMILIES; family++) {
			const struct flannel_sock_dev *dev;

			dev = rcu_dereference(fl->sock_dev[encap][family]);
			if (dev)
				sum += flannel_drop_read(dev->fs->drops, why);
		}
	}
	rcu_read_unlock();
	return sum;
}

static int put_drop(struct sk_buff *msg, enum flannel_drop why, u64 packets)
{
	struct nlattr *nest = nla_nest_start(msg, FLANNEL_A_DROP);

	if (!nest)
		return -EMSGSIZE;
	if (nla_put_u32(msg, FLANNEL_A_DROP_REASON, why) ||
	    nla_put_u64_64bit(msg, FLANNEL_A_DROP_PACKETS, packets,
			      FLANNEL_A_DROP_PAD)) {
		nla_nest_cancel(msg, nest);
		return -EMSGSIZE;
	}
	nla_nest_end(msg, nest);
	return 0;
}

/**
 * flannel_put_stats - write the size of a table and the counters of a device
 * @msg: the message
 * @fl: the device
 *
 * Context: table->lock held.
 * Return: 0 or -EMSGSIZE.
 */
int flannel_put_stats(struct sk_buff *msg, const struct flannel_dev *fl)
{
	unsigned int i;

	if (nla_put_u32(msg, FLANNEL_A_SUBNETS, fl->table.n_subnets) ||
	    nla_put_u32(msg, FLANNEL_A_VTEPS, fl->table.n_vteps) ||
	    nla_put_u32(msg, FLANNEL_A_MAX_SUBNETS,
			flannel_defaults.max_subnets))
		return -EMSGSIZE;
	for (i = 0; i <= FLANNEL_DROP_MAX; i++) {
		if (put_drop(msg, i, read_drops(fl, i)))
			return -EMSGSIZE;
	}
	return 0;
}
