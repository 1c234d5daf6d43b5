// SPDX-License-Identifier: GPL-2.0
/* outer-notrack, the receiving half: a netfilter hook before conntrack marks
 * datagrams to our ports as untracked. (The sending half is a line in xmit.c.)
 * The hooks exist in a netns while a device that wants them is up there.
 */
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/rtnetlink.h>
#include <linux/udp.h>
#include <net/ip.h>

#include "device.h"
#include "notrack.h"

#if IS_ENABLED(CONFIG_NF_CONNTRACK)
static bool is_ours(const struct net *net, struct sk_buff *skb,
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
		if (conf->notrack && udp->dest &&
		    (conf->port == udp->dest || conf->udp_port == udp->dest))
			return true;
	}
	return false;
}

static unsigned int untrack(struct sk_buff *skb,
			    const struct nf_hook_state *state,
			    unsigned int off)
{
	if (!skb_nfct(skb) && is_ours(state->net, skb, off))
		skb_set_nfct(skb, IP_CT_UNTRACKED);
	return NF_ACCEPT;
}

static unsigned int hook4(void *priv, struct sk_buff *skb,
			  const struct nf_hook_state *state)
{
	const struct iphdr *iph = ip_hdr(skb);

	if (iph->protocol != IPPROTO_UDP || ip_is_fragment(iph))
		return NF_ACCEPT;
	return untrack(skb, state, skb_network_offset(skb) + iph->ihl * 4);
}

#if IS_ENABLED(CONFIG_IPV6)
static unsigned int hook6(void *priv, struct sk_buff *skb,
			  const struct nf_hook_state *state)
{
	if (ipv6_hdr(skb)->nexthdr != IPPROTO_UDP)
		return NF_ACCEPT;
	return untrack(skb, state,
		       skb_network_offset(skb) + sizeof(struct ipv6hdr));
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
 * flannel_notrack_change - a device is about to want hooks or not
 * @fl: the device, still with its old configuration
 * @notrack: what it will want
 *
 * Context: process context, RTNL held.
 * Return: 0 or an error.
 */
int flannel_notrack_change(struct flannel_dev *fl, bool notrack)
{
	if (!netif_running(fl->dev) || wanted(fl) == notrack)
		return 0;
	if (notrack)
		return get_hooks(dev_net(fl->dev));
	put_hooks(dev_net(fl->dev));
	return 0;
}
