// SPDX-License-Identifier: GPL-2.0
/* The way to a VTEP: one cached route, shared by all CPUs, with the headers of
 * its packets made in advance. It is made by the first packet, and made anew
 * when the route, the VTEP's MAC or the device's configuration has changed.
 * Where memory is short, a packet goes by a route looked up for it alone.
 *
 * The route is used without taking a reference, as the routes of the FIB are:
 * dst_release() frees after a grace period only.
 */
#include <linux/etherdevice.h>
#include <linux/slab.h>
#include <net/dst.h>
#include <net/ip.h>
#include <net/ip6_route.h>
#include <net/ipv6.h>
#include <net/route.h>

#include "device.h"
#include "path.h"
#include "vtep.h"

static void free_path(struct flannel_path *path)
{
	if (!path)
		return;
	dst_release(path->dst);
	kfree_rcu(path, rcu);
}

/**
 * flannel_path_reset - forget the path to a VTEP
 * @vtep: the VTEP
 * @lladdr: its MAC from now on; NULL: it is leaving and takes no path any more
 *
 * Context: process context.
 */
void flannel_path_reset(struct flannel_vtep *vtep, const u8 *lladdr)
{
	struct flannel_path *path;

	spin_lock_bh(&vtep->lock);
	if (lladdr)
		ether_addr_copy(vtep->lladdr, lladdr);
	else
		vtep->dead = true;
	path = rcu_replace_pointer(vtep->path, NULL,
				   lockdep_is_held(&vtep->lock));
	spin_unlock_bh(&vtep->lock);
	free_path(path);
}

static void fill_vxlan(struct flannel_outer *outer,
		       const struct flannel_conf *conf)
{
	outer->vxlan.flags = cpu_to_be32(0x08000000);
	outer->vxlan.vni = cpu_to_be32(conf->vni << 8);
	ether_addr_copy(outer->eth[FLANNEL_V4].h_source,
			conf->address[FLANNEL_V4]);
	ether_addr_copy(outer->eth[FLANNEL_V6].h_source,
			conf->address[FLANNEL_V6]);
	outer->eth[FLANNEL_V4].h_proto = htons(ETH_P_IP);
	outer->eth[FLANNEL_V6].h_proto = htons(ETH_P_IPV6);
}

static void fill_tail(struct flannel_outer *outer,
		      const struct flannel_conf *conf, u8 encap)
{
	outer->udp.source = 0;
	outer->udp.dest = flannel_conf_port(conf, encap);
	outer->udp.len = 0;
	outer->udp.check = 0;
	switch (encap) {
	case FLANNEL_ENCAP_VXLAN:
		fill_vxlan(outer, conf);
		break;
	case FLANNEL_ENCAP_UDP:
		/* As flannel has it; nobody is asked for another one. */
		outer->udp.source = outer->udp.dest;
		break;
	}
}

static struct dst_entry *route4(struct net *net,
				const struct flannel_conf *conf,
				const struct flannel_vtep *vtep,
				struct iphdr *ip4)
{
	struct flowi4 fl4 = {
		.flowi4_oif = conf->link,
		.flowi4_mark = conf->mark,
		.flowi4_proto = IPPROTO_UDP,
		.daddr = vtep->via.ip4,
		.saddr = conf->local,
		.fl4_dport = flannel_conf_port(conf, vtep->encap),
	};
	struct rtable *rt;

	if (conf->tos != 1)
		flannel_compat_flow_tos(&fl4, conf->tos);
	rt = ip_route_output_flow(net, &fl4, NULL);
	if (IS_ERR(rt))
		return ERR_CAST(rt);

	*ip4 = (struct iphdr){
		.version = 4,
		.ihl = sizeof(*ip4) / 4,
		.ttl = conf->ttl ?: ip4_dst_hoplimit(&rt->dst),
		.protocol = IPPROTO_UDP,
		.saddr = fl4.saddr,
		.daddr = fl4.daddr,
	};
	return &rt->dst;
}

#if IS_ENABLED(CONFIG_IPV6)
static struct dst_entry *route6(struct net *net,
				const struct flannel_conf *conf,
				const struct flannel_vtep *vtep,
				struct ipv6hdr *ip6)
{
	u8 tos = conf->tos == 1 ? 0 : conf->tos;
	struct flowi6 fl6 = {
		.flowi6_oif = conf->link,
		.flowi6_mark = conf->mark,
		.flowi6_proto = IPPROTO_UDP,
		.flowlabel = ip6_make_flowinfo(tos, 0),
		.daddr = vtep->via.ip6,
		.saddr = conf->local6,
		.fl6_dport = flannel_conf_port(conf, vtep->encap),
	};
	struct dst_entry *dst;

	/* Without IPv6 there are no routing tables to look into. */
	if (!ipv6_mod_enabled())
		return ERR_PTR(-EAFNOSUPPORT);
	dst = ip6_dst_lookup_flow(net, NULL, &fl6, NULL);
	if (IS_ERR(dst))
		return dst;

	*ip6 = (struct ipv6hdr){
		.version = 6,
		.nexthdr = IPPROTO_UDP,
		.hop_limit = conf->ttl ?: ip6_dst_hoplimit(dst),
		.saddr = fl6.saddr,
		.daddr = fl6.daddr,
	};
	return dst;
}
#else
static struct dst_entry *route6(struct net *net,
				const struct flannel_conf *conf,
				const struct flannel_vtep *vtep,
				struct ipv6hdr *ip6)
{
	return ERR_PTR(-EAFNOSUPPORT);
}
#endif

/* Look up the route and make the headers, except for the VTEP's MAC. */
static bool fill_path(struct flannel_path *path, struct flannel_dev *fl,
		      const struct flannel_conf *conf,
		      const struct flannel_vtep *vtep, enum flannel_drop *why)
{
	struct net *net = dev_net(fl->dev);
	struct dst_entry *dst;

	*why = FLANNEL_DROP_TX_NO_ROUTE;
	/* The underlay link has gone: another way would be a wrong way. */
	if (conf->link_name[0] && !conf->link)
		return false;

	dst = vtep->via.family == FLANNEL_V4 ?
	      route4(net, conf, vtep, &path->outer.ip4) :
	      route6(net, conf, vtep, &path->outer.ip6);
	if (IS_ERR(dst))
		return false;
	if (dst->dev == fl->dev) {
		dst_release(dst);
		*why = FLANNEL_DROP_TX_LOOP;
		return false;
	}

	path->dst = dst;
	path->cookie = 0;
#if IS_ENABLED(CONFIG_IPV6)
	if (vtep->via.family == FLANNEL_V6)
		path->cookie = rt6_get_cookie(container_of(dst, struct rt6_info,
							   dst));
#endif
	path->conf_gen = conf->gen;
	fill_tail(&path->outer, conf, vtep->encap);
	return true;
}

static void fill_lladdr(struct flannel_path *path,
			const struct flannel_vtep *vtep)
{
	ether_addr_copy(path->outer.eth[FLANNEL_V4].h_dest, vtep->lladdr);
	ether_addr_copy(path->outer.eth[FLANNEL_V6].h_dest, vtep->lladdr);
}

static const struct flannel_path *renew_path(struct flannel_dev *fl,
					     const struct flannel_conf *conf,
					     struct flannel_vtep *vtep,
					     struct flannel_path *spare,
					     enum flannel_drop *why)
{
	struct flannel_path *path, *old;

	if (!fill_path(spare, fl, conf, vtep, why))
		return NULL;
	path = kmalloc(sizeof(*path), GFP_ATOMIC | __GFP_NOWARN);

	spin_lock_bh(&vtep->lock);
	fill_lladdr(spare, vtep);
	if (!path || vtep->dead) {
		spin_unlock_bh(&vtep->lock);
		kfree(path);
		return spare;
	}
	*path = *spare;
	old = rcu_replace_pointer(vtep->path, path,
				  lockdep_is_held(&vtep->lock));
	spin_unlock_bh(&vtep->lock);
	free_path(old);
	return path;
}

/**
 * flannel_path_get - the way to a VTEP
 * @fl: the device
 * @conf: its configuration
 * @vtep: the VTEP
 * @spare: memory for a path where none can be cached
 * @why: set to the drop reason where there is no way
 *
 * Context: softirq or BH off, RCU read lock held, which what is returned lives
 * for. If it is @spare, the caller must release its dst.
 * Return: the path, or NULL.
 */
const struct flannel_path *flannel_path_get(struct flannel_dev *fl,
					    const struct flannel_conf *conf,
					    struct flannel_vtep *vtep,
					    struct flannel_path *spare,
					    enum flannel_drop *why)
{
	const struct flannel_path *path = rcu_dereference(vtep->path);

	if (likely(path && path->conf_gen == conf->gen &&
		   dst_check(path->dst, path->cookie)))
		return path;
	return renew_path(fl, conf, vtep, spare, why);
}
