// SPDX-License-Identifier: GPL-2.0
/* The VXLAN wire format as the kernel's vxlan driver speaks it under flannel:
 * RFC 7348, flags 0x08 and an inner Ethernet header. Where the device has gbp,
 * also flags 0x88: a group policy identifier, which is the inner packet's mark.
 *
 * Everything here runs under RCU, in softirq or with BH off.
 */
#include <linux/etherdevice.h>
#include <net/gro.h>
#include <net/ip_tunnels.h>

#include "device.h"
#include "receive.h"
#include "socket.h"
#include "vtep.h"
#include "vxlan.h"

#define VXLAN_FLAGS	cpu_to_be32(0x08000000)
#define VXLAN_RESERVED	cpu_to_be32(0x000000ff)

/* Group policy: its flag; its bits, which the kernel's driver ignores without
 * the flag; and those of them that have a meaning, in the header as in a mark:
 * don't learn, policy applied, and 16 bits of group.
 */
#define GBP_FLAG	cpu_to_be32(0x80000000)
#define GBP_BITS	cpu_to_be32(0x80ffffff)
#define GBP_MARK	0x0048ffff

static bool valid(const struct flannel_vxlanhdr *vxlan)
{
	return (vxlan->flags & ~GBP_BITS) == VXLAN_FLAGS &&
	       !(vxlan->vni & VXLAN_RESERVED);
}

static u32 vni_of(const struct flannel_vxlanhdr *vxlan)
{
	return be32_to_cpu(vxlan->vni) >> 8;
}

/**
 * flannel_vxlan_push - put inner Ethernet and VXLAN headers before a packet
 * @skb: the packet, with writable headroom, data at its IP header
 * @outer: the headers
 * @inner: family of the packet
 * @gbp: mark of the packet, to be sent along; 0: none
 * @gso_type: what kind of tunnel segments it becomes, for offloads
 *
 * Return: 0 or -ENOMEM.
 */
int flannel_vxlan_push(struct sk_buff *skb, const struct flannel_outer *outer,
		       enum flannel_family inner, u32 gbp, int gso_type)
{
	struct flannel_vxlanhdr *vxlan;
	struct ethhdr *eth;
	int err;

	eth = __skb_push(skb, sizeof(*eth));
	*eth = outer->eth[inner];
	skb_reset_mac_header(skb);

	err = iptunnel_handle_offloads(skb, gso_type);
	if (err)
		return err;

	vxlan = __skb_push(skb, sizeof(*vxlan));
	*vxlan = outer->vxlan;
	if (unlikely(gbp))
		vxlan->flags |= GBP_FLAG | cpu_to_be32(gbp & GBP_MARK);
	skb_set_inner_protocol(skb, htons(ETH_P_TEB));
	return 0;
}

static int parse_gbp(__be32 flags, struct sk_buff *skb,
		     const struct flannel_rx *rx)
{
	if (likely(flags == VXLAN_FLAGS))
		return 0;
	if (!rx->conf->gbp)
		return flannel_refuse(flags & GBP_FLAG ?
				      FLANNEL_DROP_RX_GBP :
				      FLANNEL_DROP_RX_HEADER);
	if (flags & GBP_FLAG)
		skb->mark = be32_to_cpu(flags) & GBP_MARK;
	return 0;
}

static int parse_eth(const struct ethhdr *eth, struct flannel_rx *rx)
{
	enum flannel_family family;

	if (eth->h_proto == htons(ETH_P_IP))
		family = FLANNEL_V4;
	else if (eth->h_proto == htons(ETH_P_IPV6))
		family = FLANNEL_V6;
	else
		return flannel_refuse(FLANNEL_DROP_RX_PROTOCOL);

	/* A frame from our own MAC is one of ours that came back. */
	if (!ether_addr_equal(eth->h_dest, rx->conf->address[family]) ||
	    ether_addr_equal(eth->h_source, rx->conf->address[family]))
		return flannel_refuse(FLANNEL_DROP_RX_MAC);
	rx->proto = eth->h_proto;
	return 0;
}

/**
 * flannel_vxlan_parse - check the headers of a received datagram
 * @fs: the socket
 * @skb: the datagram, data at its UDP header
 * @rx: fl, conf, proto and hlen are set as far as it is valid
 *
 * Return: 0, or flannel_refuse() of the reason.
 */
int flannel_vxlan_parse(const struct flannel_sock *fs, struct sk_buff *skb,
			struct flannel_rx *rx)
{
	const unsigned int hlen = sizeof(struct udphdr) +
				  sizeof(struct flannel_vxlanhdr) + ETH_HLEN;
	const struct flannel_vxlanhdr *vxlan;
	int err;

	if (skb->len < hlen)
		return flannel_refuse(FLANNEL_DROP_RX_HEADER);
	if (!pskb_may_pull(skb, hlen))
		return flannel_refuse(FLANNEL_DROP_RX_NO_MEMORY);
	vxlan = (struct flannel_vxlanhdr *)(skb->data + sizeof(struct udphdr));
	if (!valid(vxlan))
		return flannel_refuse(FLANNEL_DROP_RX_HEADER);

	rx->fl = flannel_sock_find_dev(fs, vni_of(vxlan));
	if (!rx->fl)
		return flannel_refuse(FLANNEL_DROP_RX_VNI);
	rx->conf = rcu_dereference(rx->fl->conf);
	rx->hlen = hlen;
	err = parse_gbp(vxlan->flags, skb, rx);
	return err ?: parse_eth((struct ethhdr *)(vxlan + 1), rx);
}

static bool knows_vtep(const struct flannel_sock *fs,
		       const struct flannel_vxlanhdr *vxlan,
		       const struct flannel_addr *outer)
{
	const struct flannel_sock_dev *dev;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(fs->devs); i++) {
		hlist_for_each_entry_rcu(dev, &fs->devs[i], node) {
			if (vxlan && dev->vni != vni_of(vxlan))
				continue;
			if (flannel_vtep_by_source(&dev->fl->table, outer,
						   NULL))
				return true;
		}
	}
	return false;
}

/**
 * flannel_vxlan_quotes - whether an ICMP error quotes a packet of ours
 * @fs: the socket that sent it
 * @skb: the error, network and transport headers at the quoted ones
 * @outer: where to
 *
 * Return: whether it went to a VTEP of ours, with our VNI if the quote reaches
 * that far.
 */
bool flannel_vxlan_quotes(const struct flannel_sock *fs, struct sk_buff *skb,
			  const struct flannel_addr *outer)
{
	const struct flannel_vxlanhdr *vxlan = NULL;
	unsigned int need;

	need = skb_transport_offset(skb) + sizeof(struct udphdr) +
	       sizeof(*vxlan);
	if (pskb_may_pull(skb, need))
		vxlan = (struct flannel_vxlanhdr *)(udp_hdr(skb) + 1);
	return (!vxlan || valid(vxlan)) && knows_vtep(fs, vxlan, outer);
}

/**
 * flannel_vxlan_gro_receive - merge a datagram with earlier ones
 * @sk: the socket
 * @head: what is held
 * @skb: the datagram, GRO offset at its VXLAN header
 *
 * Return: a held packet to be flushed, or NULL.
 */
struct sk_buff *flannel_vxlan_gro_receive(struct sock *sk,
					  struct list_head *head,
					  struct sk_buff *skb)
{
	unsigned int off = skb_gro_offset(skb);
	const struct flannel_vxlanhdr *vxlan;
	struct sk_buff *pp = NULL, *p;
	int flush = 1;

	/* The socket may be on its way out. */
	if (!rcu_dereference_sk_user_data(sk))
		goto out;
	vxlan = skb_gro_header(skb, off + sizeof(*vxlan), off);
	if (unlikely(!vxlan) || !valid(vxlan))
		goto out;

	skb_gro_postpull_rcsum(skb, vxlan, sizeof(*vxlan));
	list_for_each_entry(p, head, list) {
		const struct flannel_vxlanhdr *held;

		if (!NAPI_GRO_CB(p)->same_flow)
			continue;
		held = (struct flannel_vxlanhdr *)(p->data + off);
		if (held->flags != vxlan->flags || held->vni != vxlan->vni)
			NAPI_GRO_CB(p)->same_flow = 0;
	}
	skb_gro_pull(skb, sizeof(*vxlan));
	pp = call_gro_receive(eth_gro_receive, head, skb);
	flush = 0;
out:
	skb_gro_flush_final(skb, pp, flush);
	return pp;
}

/**
 * flannel_vxlan_gro_complete - finish a merged packet
 * @sk: the socket
 * @skb: the packet
 * @nhoff: offset of its VXLAN header
 *
 * Return: 0 or an error.
 */
int flannel_vxlan_gro_complete(struct sock *sk, struct sk_buff *skb, int nhoff)
{
	return eth_gro_complete(skb, nhoff + sizeof(struct flannel_vxlanhdr));
}
