// SPDX-License-Identifier: GPL-2.0
/* The wire format of flannel's udp backend: the inner packet as it is, IPv4 or
 * IPv6, is the whole payload of a datagram. The kernel's FOU speaks the same.
 *
 * Nothing in it tells devices apart: a socket has one. Everything here runs
 * under RCU, in softirq or with BH off.
 */
#include <net/gro.h>
#include <net/ip_tunnels.h>

#include "device.h"
#include "receive.h"
#include "socket.h"
#include "udp.h"
#include "vtep.h"

/* What the first nibble of a packet says it is, or 0. */
static __be16 protocol_of(const u8 *packet)
{
	switch (*packet >> 4) {
	case 4:
		return htons(ETH_P_IP);
	case 6:
		return htons(ETH_P_IPV6);
	}
	return 0;
}

/**
 * flannel_udp_push - make a packet the payload of a datagram
 * @skb: the packet, with writable headroom, data at its IP header
 * @inner: family of the packet
 * @gso_type: what kind of tunnel segments it becomes, for offloads
 *
 * Return: 0 or -ENOMEM.
 */
int flannel_udp_push(struct sk_buff *skb, enum flannel_family inner,
		     int gso_type)
{
	int err;

	/* Segmentation takes what lies before it for tunnel headers. */
	skb_reset_mac_header(skb);
	err = iptunnel_handle_offloads(skb, gso_type);
	if (err)
		return err;
	skb_set_inner_protocol(skb, inner == FLANNEL_V4 ? htons(ETH_P_IP) :
							  htons(ETH_P_IPV6));
	return 0;
}

/**
 * flannel_udp_parse - check the headers of a received datagram
 * @fs: the socket
 * @skb: the datagram, data at its UDP header
 * @rx: fl, conf, proto and hlen are set as far as it is valid
 *
 * Return: 0, or flannel_refuse() of the reason.
 */
int flannel_udp_parse(const struct flannel_sock *fs, struct sk_buff *skb,
		      struct flannel_rx *rx)
{
	const unsigned int hlen = sizeof(struct udphdr);

	if (skb->len <= hlen)
		return flannel_refuse(FLANNEL_DROP_RX_HEADER);
	if (!pskb_may_pull(skb, hlen + 1))
		return flannel_refuse(FLANNEL_DROP_RX_NO_MEMORY);

	rx->fl = flannel_sock_find_dev(fs, 0);
	if (unlikely(!rx->fl))
		return flannel_refuse(FLANNEL_DROP_RX_VNI);
	rx->conf = rcu_dereference(rx->fl->conf);
	rx->hlen = hlen;
	rx->proto = protocol_of(skb->data + hlen);
	return rx->proto ? 0 : flannel_refuse(FLANNEL_DROP_RX_PROTOCOL);
}

/**
 * flannel_udp_quotes - whether an ICMP error quotes a packet of ours
 * @fs: the socket that sent it
 * @outer: where to
 *
 * Return: whether a VTEP of ours has that address.
 */
bool flannel_udp_quotes(const struct flannel_sock *fs,
			const struct flannel_addr *outer)
{
	struct flannel_dev *fl = flannel_sock_find_dev(fs, 0);

	return fl && flannel_vtep_by_source(&fl->table, outer, NULL);
}

/**
 * flannel_udp_gro_receive - merge a datagram with earlier ones
 * @sk: the socket
 * @head: what is held
 * @skb: the datagram, GRO offset at the inner packet
 *
 * Return: a held packet to be flushed, or NULL.
 */
struct sk_buff *flannel_udp_gro_receive(struct sock *sk, struct list_head *head,
					struct sk_buff *skb)
{
	unsigned int off = skb_gro_offset(skb);
	const struct packet_offload *ptype;
	struct sk_buff *pp = NULL, *p;
	const u8 *packet;
	int flush = 1;

	/* The socket may be on its way out. */
	if (!rcu_dereference_sk_user_data(sk))
		goto out;
	packet = skb_gro_header(skb, off + 1, off);
	if (unlikely(!packet))
		goto out;
	ptype = gro_find_receive_by_type(protocol_of(packet));
	if (!ptype)
		goto out;

	/* One flow carries both families; they look at their own only. */
	list_for_each_entry(p, head, list) {
		if (NAPI_GRO_CB(p)->same_flow &&
		    protocol_of(p->data + off) != protocol_of(packet))
			NAPI_GRO_CB(p)->same_flow = 0;
	}
	pp = call_gro_receive(ptype->callbacks.gro_receive, head, skb);
	flush = 0;
out:
	skb_gro_flush_final(skb, pp, flush);
	return pp;
}

/**
 * flannel_udp_gro_complete - finish a merged packet
 * @sk: the socket
 * @skb: the packet
 * @nhoff: offset of the inner packet
 *
 * Return: 0 or an error.
 */
int flannel_udp_gro_complete(struct sock *sk, struct sk_buff *skb, int nhoff)
{
	const struct packet_offload *ptype;

	ptype = gro_find_complete_by_type(protocol_of(skb->data + nhoff));
	if (!ptype)
		return -ENOENT;
	skb_set_inner_mac_header(skb, nhoff);
	return ptype->callbacks.gro_complete(skb, nhoff);
}
