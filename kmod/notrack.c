// SPDX-License-Identifier: GPL-2.0
/* outer-notrack, the receiving half: a netfilter hook before conntrack marks
 * datagrams to our ports and to this host as untracked; what is forwarded to
 * somebody else's port of that number is not ours. (The sending half is a line
 * in xmit.c.) The hooks exist in a netns while a device that wants them is up
 * there.
 */
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/rtnetlink.h>
#include <linux/udp.h>
#include <net/addrconf.h>
#include <net/ip.h>
#include <net/route.h>

#include "device.h"
#include "notrack.h"

#if IS_ENABLED(CONFIG_NF_CONNTRACK)
static bool is_our_port(const struct net *net, struct sk_buff *skb,
			unsigned int off)
{
	const struct udphdr *udp;
	struct flannel_dev *fl;
	struct udphdr buf;

	udp = skb_header_pointer(skb, off, sizeof(buf), &buf);
	if (!udp)
		return false;
	list_for_each_entry_rcu(fl, &flannel_net(net)->devices, list) {
		const struct flannel_conf *conf = rcu_dereference(fl->conf);

		/* A port of 0 is none, and none is sent to. */
		if (conf->notrack && udp->dest && netif_running(fl->dev) &&
		    (conf->port == udp->dest || conf->udp_port == udp->dest))
			return true;
	}
	return false;
}

static unsigned int hook4(void *priv, struct sk_buff *skb,
			  const struct nf_hook_state *state)
{
	const struct iphdr *iph = ip_hdr(skb);

	if (!skb_nfct(skb) && iph->protocol == IPPROTO_UDP &&
	    !ip_is_fragment(iph) &&
	    is_our_port(state->net, skb,
			skb_network_offset(skb) + iph->ihl * 4) &&
	    inet_addr_type_dev_table(state->net, state->in,
				     iph->daddr) == RTN_LOCAL)
		skb_set_nfct(skb, IP_CT_UNTRACKED);
	return NF_ACCEPT;
}

#if IS_ENABLED(CONFIG_IPV6)
static unsigned int hook6(void *priv, struct sk_buff *skb,
			  const struct nf_hook_state *state)
{
	const struct ipv6hdr *ip6h = ipv6_hdr(skb);

	if (!skb_nfct(skb) && ip6h->nexthdr == IPPROTO_UDP &&
	    is_our_port(state->net, skb,
			skb_network_offset(skb) + sizeof(*ip6h)) &&
	    ipv6_chk_addr(state->net, &ip6h->daddr, NULL, 0))
		skb_set_nfct(skb, IP_CT_UNTRACKED);
	return NF_ACCEPT;
}
#endif

static const struct nf_hook_ops hooks[] = {
	{
		.hook = hook4,
		.pf = NFPROTO_IPV4,
		.hooknum = NF_INET_PRE_ROUTING,
		.priority = NF_IP_PRI_RAW,
	},
#if IS_ENABLED(CONFIG_IPV6)
	{
		.hook = hook6,
		.pf = NFPROTO_IPV6,
		.hooknum = NF_INET_PRE_ROUTING,
		.priority = NF_IP6_PRI_RAW,
	},
#endif
};

static int get_hooks(struct net *net)
{
	struct flannel_net *fn = flannel_net(net);
	int err = 0;

	if (!fn->notracks)
		err = nf_register_net_hooks(net, hooks, ARRAY_SIZE(hooks));
	if (!err)
		fn->notracks++;
	return err;
}

static void put_hooks(struct net *net)
{
	struct flannel_net *fn = flannel_net(net);

	if (!--fn->notracks)
		nf_unregister_net_hooks(net, hooks, ARRAY_SIZE(hooks));
}
#else
static int get_hooks(struct net *net)
{
	return 0;
}

static void put_hooks(struct net *net)
{
}
#endif

static bool wanted(const struct flannel_dev *fl)
{
	return rtnl_dereference(fl->conf)->notrack;
}

/**
 * flannel_notrack_open - a device comes up
 * @fl: the device
 *
 * Context: process context, RTNL held.
 * Return: 0 or an error.
 */
int flannel_notrack_open(struct flannel_dev *fl)
{
	return wanted(fl) ? get_hooks(dev_net(fl->dev)) : 0;
}

/**
 * flannel_notrack_close - a device goes down
 * @fl: the device
 *
 * Context: process context, RTNL held.
 */
void flannel_notrack_close(struct flannel_dev *fl)
{
	if (wanted(fl))
		put_hooks(dev_net(fl->dev));
}

/**
 * flannel_notrack_prepare - a device is about to be reconfigured
 * @fl: the device, still with its old configuration
 * @notrack: whether it will want hooks
 *
 * The hooks are there for either configuration until flannel_notrack_settle().
 *
 * Context: process context, RTNL held.
 * Return: 0 or an error.
 */
int flannel_notrack_prepare(struct flannel_dev *fl, bool notrack)
{
	if (!netif_running(fl->dev) || wanted(fl) || !notrack)
		return 0;
	return get_hooks(dev_net(fl->dev));
}

/**
 * flannel_notrack_settle - a device has the configuration that it will keep
 * @fl: the device
 * @other: whether the one that it had, or would have had, wants hooks
 *
 * Context: process context, RTNL held.
 */
void flannel_notrack_settle(struct flannel_dev *fl, bool other)
{
	if (netif_running(fl->dev) && other && !wanted(fl))
		put_hooks(dev_net(fl->dev));
}
