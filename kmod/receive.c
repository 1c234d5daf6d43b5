// SPDX-License-Identifier: GPL-2.0
/* The receive path: datagram -> checks -> inner packet.
 *
 * Checks come in the order of the headers on the wire, cheap ones first, and
 * each has its own drop reason. What outer headers say is copied before
 * anything is pulled; no pointer into the packet is kept over a call that may
 * move it. Everything runs under RCU in softirq.
 */
#include <linux/inetdevice.h>
#include <net/addrconf.h>
#include <net/inet_ecn.h>
#include <net/ip_tunnels.h>
#include <net/ipv6.h>
#include <net/route.h>

#include "device.h"
#include "martian.h"
#include "receive.h"
#include "socket.h"
#include "udp.h"
#include "vtep.h"
#include "vxlan.h"

/* How many tunnels may be unwrapped on one stack. */
#define DEPTH_MAX 4

static DEFINE_PER_CPU(unsigned int, receive_depth);

static void read_outer(const struct flannel_sock *fs, const struct sk_buff *skb,
		       struct flannel_rx *rx)
{
	if (fs->family == FLANNEL_V4) {
		rx->outer = flannel_addr4(ip_hdr(skb)->saddr);
		rx->dsfield = ip_hdr(skb)->tos;
	} else {
		rx->outer = flannel_addr6(&ipv6_hdr(skb)->saddr);
		rx->dsfield = ipv6_get_dsfield(ipv6_hdr(skb));
	}
}

static int parse(const struct flannel_sock *fs, struct sk_buff *skb,
		 struct flannel_rx *rx)
{
	switch (fs->encap) {
	case FLANNEL_ENCAP_UDP:
		return flannel_udp_parse(fs, skb, rx);
	default:
		return flannel_vxlan_parse(fs, skb, rx);
	}
}

/* Since rx-udp-gro-forwarding, aggregates of plain UDP or TCP segments reach
 * tunnel sockets; in-tree drivers had to learn to refuse them (3d010c8031e3).
 */
static bool bad_aggregate(const struct sk_buff *skb)
{
	return skb_is_gso(skb) &&
	       !(skb_shinfo(skb)->gso_type & (SKB_GSO_UDP_TUNNEL |
					      SKB_GSO_UDP_TUNNEL_CSUM));
}

/* The transport header is the outer one still, before the data now. The core
 * measures the headers of an aggregate by it before IP sets it again.
 */
static void reset_transport(struct sk_buff *skb)
{
	skb_reset_transport_header(skb);
	if (skb_is_gso(skb) && skb_inner_transport_offset(skb) > 0)
		skb->transport_header = skb->inner_transport_header;
}

/* Make the inner packet what the skb is about, and read its addresses. */
static int open_inner(struct sk_buff *skb, struct flannel_rx *rx)
{
	if (iptunnel_pull_header(skb, rx->hlen, rx->proto, false))
		return flannel_refuse(FLANNEL_DROP_RX_NO_MEMORY);
	skb->dev = rx->fl->dev;
	skb_reset_network_header(skb);
	skb_reset_mac_header(skb);
	reset_transport(skb);
	skb->pkt_type = PACKET_HOST;

	if (rx->proto == htons(ETH_P_IP)) {
		if (!pskb_may_pull(skb, sizeof(struct iphdr)) ||
		    ip_hdr(skb)->version != 4 || ip_hdr(skb)->ihl < 5)
			return flannel_refuse(FLANNEL_DROP_RX_INNER);
		rx->src = flannel_addr4(ip_hdr(skb)->saddr);
		rx->dst = flannel_addr4(ip_hdr(skb)->daddr);
	} else {
		if (!pskb_may_pull(skb, sizeof(struct ipv6hdr)) ||
		    ipv6_hdr(skb)->version != 6)
			return flannel_refuse(FLANNEL_DROP_RX_INNER);
		rx->src = flannel_addr6(&ipv6_hdr(skb)->saddr);
		rx->dst = flannel_addr6(&ipv6_hdr(skb)->daddr);
	}
	return 0;
}

static bool local_to_host(const struct flannel_rx *rx,
			  const struct flannel_addr *addr)
{
	struct net *net = dev_net(rx->fl->dev);

	if (addr->family == FLANNEL_V4)
		return inet_addr_type_dev_table(net, rx->fl->dev,
						addr->ip4) == RTN_LOCAL;
#if IS_ENABLED(CONFIG_IPV6)
	/* Without IPv6 there is no list of addresses to look into. */
	return ipv6_mod_enabled() &&
	       ipv6_chk_addr_and_flags(net, &addr->ip6, rx->fl->dev, true, 0,
				       IFA_F_TENTATIVE);
#else
	return false;
#endif
}

/* While no cluster network is set, the union of the table stands for it, and
 * that the address is in none of its entries is known here already.
 */
static bool in_network(const struct flannel_rx *rx,
		       const struct flannel_addr *addr)
{
	return rx->conf->has_network[addr->family] &&
	       flannel_prefix_holds(&rx->conf->network[addr->family], addr);
}

/* The inner source is in no entry: is it one of the sending VTEP's own
 * addresses, or from outside the cluster network?
 */
static int check_unowned(struct flannel_rx *rx, u8 mode)
{
	if (local_to_host(rx, &rx->src))
		return flannel_refuse(FLANNEL_DROP_RX_MARTIAN);
	if (flannel_vtep_by_source(&rx->fl->table, &rx->outer, &rx->src))
		return 0;
	if (in_network(rx, &rx->src))
		return flannel_refuse(FLANNEL_DROP_RX_OWNER);
	if (mode == FLANNEL_SOURCE_CHECK_STRICT)
		return flannel_refuse(FLANNEL_DROP_RX_STRICT);
	return 0;
}

static int check_source(struct flannel_rx *rx, u8 mode)
{
	const struct flannel_subnet *subnet;
	struct flannel_vtep *owner;

	subnet = flannel_table_lookup(&rx->fl->table, &rx->src);
	owner = subnet ? rcu_dereference(subnet->vtep) : NULL;
	if (likely(owner && flannel_vtep_speaks_from(owner, &rx->outer))) {
		rx->vtep = owner;
		return 0;
	}
	if (mode == FLANNEL_SOURCE_CHECK_OFF)
		return 0;

	rx->vtep = flannel_vtep_by_source(&rx->fl->table, &rx->outer, NULL);
	if (!rx->vtep)
		return flannel_refuse(FLANNEL_DROP_RX_VTEP);
	if (mode == FLANNEL_SOURCE_CHECK_VTEP)
		return 0;
	if (!subnet)
		return check_unowned(rx, mode);
	/* A node's own address may lie in another's subnet. */
	if (owner && flannel_vtep_by_source(&rx->fl->table, &rx->outer,
					    &rx->src))
		return 0;
	return flannel_refuse(FLANNEL_DROP_RX_OWNER);
}

static int check_destination(const struct flannel_rx *rx)
{
	const struct flannel_subnet *subnet;

	subnet = flannel_table_lookup(&rx->fl->table, &rx->dst);
	if (likely(subnet && !rcu_access_pointer(subnet->vtep)))
		return 0;
	if (local_to_host(rx, &rx->dst))
		return 0;
	return flannel_refuse(FLANNEL_DROP_RX_DESTINATION);
}

static int check_addresses(struct flannel_rx *rx, u8 mode)
{
	int err;

	if (mode == FLANNEL_SOURCE_CHECK_OFF)
		return check_source(rx, mode);
	if (flannel_addr_martian(&rx->src) || flannel_addr_martian(&rx->dst))
		return flannel_refuse(FLANNEL_DROP_RX_MARTIAN);
	err = check_source(rx, mode);
	return err ?: check_destination(rx);
}

static int check(struct flannel_rx *rx)
{
	u8 mode = rx->conf->source_check;
	enum flannel_drop why;
	int err;

	if (mode != FLANNEL_SOURCE_CHECK_LOG)
		return check_addresses(rx, mode);

	err = check_addresses(rx, FLANNEL_SOURCE_CHECK_OWNER);
	if (err) {
		why = flannel_why(err);
		flannel_drop_note(rx->fl->drops, rx->fl->dev, why, &rx->outer,
				  why == FLANNEL_DROP_RX_DESTINATION ?
				  &rx->dst : &rx->src);
	}
	return 0;
}

/* RFC 6040. The header is written only if it must be, and only to a copy of
 * our own: taps may hold a clone.
 */
static int decap_ecn(struct sk_buff *skb, const struct flannel_rx *rx)
{
	bool v4 = rx->proto == htons(ETH_P_IP);
	u8 inner;

	if (likely(!INET_ECN_is_ce(rx->dsfield) &&
		   (rx->dsfield & INET_ECN_MASK) != INET_ECN_ECT_1))
		return 0;
	if (skb_ensure_writable(skb, v4 ? sizeof(struct iphdr) :
					  sizeof(struct ipv6hdr)))
		return flannel_refuse(FLANNEL_DROP_RX_NO_MEMORY);
	inner = v4 ? ip_hdr(skb)->tos : ipv6_get_dsfield(ipv6_hdr(skb));
	if (INET_ECN_decapsulate(skb, rx->dsfield, inner) > 1)
		return flannel_refuse(FLANNEL_DROP_RX_ECN);
	return 0;
}

static int deliver(struct sk_buff *skb, const struct flannel_rx *rx)
{
	unsigned int len = skb->len;

	if (rx->conf->rx_mode == FLANNEL_RX_DIRECT &&
	    unlikely(__this_cpu_read(receive_depth) >= DEPTH_MAX))
		return flannel_refuse(FLANNEL_DROP_RX_DEPTH);

	dev_sw_netstats_rx_add(rx->fl->dev, len);
	if (rx->vtep)
		flannel_vtep_count_rx(rx->vtep, len);
	if (rx->conf->rx_mode == FLANNEL_RX_GRO) {
		gro_cells_receive(&rx->fl->gro_cells, skb);
		return 0;
	}
	__this_cpu_inc(receive_depth);
	netif_receive_skb(skb);
	__this_cpu_dec(receive_depth);
	return 0;
}

static void drop(const struct flannel_sock *fs, struct sk_buff *skb,
		 const struct flannel_rx *rx, enum flannel_drop why)
{
	const struct flannel_addr *inner = &rx->src;

	if (why == FLANNEL_DROP_RX_DESTINATION)
		inner = &rx->dst;
	if (rx->fl) {
		DEV_STATS_INC(rx->fl->dev, rx_dropped);
		flannel_drop_note(rx->fl->drops, rx->fl->dev, why, &rx->outer,
				  inner);
	} else {
		flannel_drop_note(fs->drops, NULL, why, &rx->outer, NULL);
	}
	flannel_drop_free(skb, why);
}

/**
 * flannel_receive - take a datagram from one of our sockets
 * @sk: the socket
 * @skb: the datagram, data at its UDP header
 *
 * Context: softirq, RCU read lock held.
 * Return: 0, the datagram is ours.
 */
int flannel_receive(struct sock *sk, struct sk_buff *skb)
{
	const struct flannel_sock *fs = rcu_dereference_sk_user_data(sk);
	struct flannel_rx rx = {};
	int err;

	/* What UDP had to segment for us comes off a list, still linked to the
	 * next. Drivers that queue unlink it so; we hand it on as it is.
	 */
	skb_mark_not_on_list(skb);
	if (unlikely(!fs)) {
		kfree_skb(skb);
		return 0;
	}
	read_outer(fs, skb, &rx);
	err = parse(fs, skb, &rx);
	if (!err && unlikely(bad_aggregate(skb)))
		err = flannel_refuse(FLANNEL_DROP_RX_GSO);
	err = err ?: open_inner(skb, &rx);
	err = err ?: check(&rx);
	err = err ?: decap_ecn(skb, &rx);
	err = err ?: deliver(skb, &rx);
	if (unlikely(err))
		drop(fs, skb, &rx, flannel_why(err));
	return 0;
}

static bool quotes_us(const struct flannel_sock *fs, struct sk_buff *skb,
		      const struct flannel_addr *outer)
{
	switch (fs->encap) {
	case FLANNEL_ENCAP_UDP:
		return flannel_udp_quotes(fs, outer);
	default:
		return flannel_vxlan_quotes(fs, skb, outer);
	}
}

/**
 * flannel_err_lookup - whether to believe an ICMP error
 * @sk: the socket that sent, as the quoted packet says
 * @skb: the error, network and transport headers at the quoted ones
 *
 * It must quote a packet to a VTEP of ours.
 *
 * Return: 0 to believe it, or -EINVAL.
 */
int flannel_err_lookup(struct sock *sk, struct sk_buff *skb)
{
	const struct flannel_sock *fs = rcu_dereference_sk_user_data(sk);
	struct flannel_addr outer;

	if (!fs)
		return -EINVAL;
	/* What quotes our port as its source only is somebody else's. */
	if (udp_hdr(skb)->dest != fs->port)
		return -EINVAL;
	if (fs->family == FLANNEL_V4)
		outer = flannel_addr4(ip_hdr(skb)->daddr);
	else
		outer = flannel_addr6(&ipv6_hdr(skb)->daddr);
	if (quotes_us(fs, skb, &outer))
		return 0;
	flannel_drop_note(fs->drops, NULL, FLANNEL_DROP_ICMP_IGNORED, &outer,
			  NULL);
	return -EINVAL;
}
