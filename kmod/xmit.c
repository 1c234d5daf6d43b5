// SPDX-License-Identifier: GPL-2.0
/* The transmit path: inner packet -> table -> backend -> outer IP output.
 *
 * The outer packet takes the host's ordinary output path with all its hooks,
 * transformations and filters. What is saved against the generic tunnel code
 * is work per packet that is the same for all packets to a VTEP: it is in the
 * path's headers (path.c). Everything runs with BH off, under RCU; no pointer
 * into the packet is kept over a call that may move it.
 */
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/jhash.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <net/addrconf.h>
#include <net/dst_metadata.h>
#include <net/icmp.h>
#include <net/inet_ecn.h>
#include <net/ip.h>
#include <net/ip6_checksum.h>
#include <net/ip_tunnels.h>
#include <net/ipv6.h>
#include <net/udp.h>

#include "device.h"
#include "netlink.h"
#include "path.h"
#include "socket.h"
#include "udp.h"
#include "vtep.h"
#include "vxlan.h"
#include "xmit.h"

/* How many tunnels of ours may be wrapped on one stack. */
#define DEPTH_MAX 4

static DEFINE_PER_CPU(unsigned int, xmit_depth);

/**
 * struct flannel_tx - a packet on its way out
 * @fl: the device
 * @conf: its configuration
 * @vtep: where to
 * @path: the way there
 * @sk: our socket of the backend and the underlay's family
 * @dst: inner destination
 * @len: inner bytes
 * @hlen: outer bytes
 * @dsfield: outer TOS or traffic class, ECN included
 * @df: outer Don't Fragment, network byte order
 * @sport: outer source port
 */
struct flannel_tx {
	struct flannel_dev *fl;
	const struct flannel_conf *conf;
	struct flannel_vtep *vtep;
	const struct flannel_path *path;
	struct sock *sk;
	struct flannel_addr dst;
	unsigned int len;
	unsigned int hlen;
	u8 dsfield;
	__be16 df;
	__be16 sport;
};

/* What the header itself says counts; whoever injected the packet and claimed
 * something else is wrong.
 */
static bool parse(struct sk_buff *skb, struct flannel_tx *tx)
{
	if (skb_network_offset(skb) ||
	    !pskb_network_may_pull(skb, sizeof(struct iphdr)))
		return false;
	if (skb->protocol == htons(ETH_P_IP) && ip_hdr(skb)->version == 4) {
		tx->dst = flannel_addr4(ip_hdr(skb)->daddr);
		return ip_hdr(skb)->ihl >= 5;
	}
	if (skb->protocol != htons(ETH_P_IPV6) || ip_hdr(skb)->version != 6 ||
	    !pskb_network_may_pull(skb, sizeof(struct ipv6hdr)))
		return false;
	tx->dst = flannel_addr6(&ipv6_hdr(skb)->daddr);
	return true;
}

static bool for_many(const struct flannel_addr *dst)
{
	if (dst->family == FLANNEL_V4)
		return ipv4_is_multicast(dst->ip4) || ipv4_is_lbcast(dst->ip4);
	return ipv6_addr_is_multicast(&dst->ip6) ||
	       ipv6_addr_type(&dst->ip6) & IPV6_ADDR_LINKLOCAL;
}

static void icmpv6_error(struct sk_buff *skb, u8 type, u8 code, u32 info)
{
	/* icmp6_send() looks into tables that a host without IPv6 lacks. */
	if (ipv6_mod_enabled())
		icmpv6_ndo_send(skb, type, code, info);
}

static void report_miss(struct sk_buff *skb, const struct flannel_tx *tx)
{
	if (tx->dst.family == FLANNEL_V4)
		icmp_ndo_send(skb, ICMP_DEST_UNREACH, ICMP_HOST_UNREACH, 0);
	else
		icmpv6_error(skb, ICMPV6_DEST_UNREACH, ICMPV6_ADDR_UNREACH, 0);
	flannel_nl_notify_miss(tx->fl, &tx->dst);
}

/* Find the VTEP and the way to it. */
static int route(struct sk_buff *skb, struct flannel_tx *tx,
		 struct flannel_path *spare)
{
	const struct flannel_sock_dev *sock_dev;
	const struct flannel_subnet *subnet;
	enum flannel_drop why;

	if (unlikely(for_many(&tx->dst)))
		return flannel_refuse(FLANNEL_DROP_TX_MULTICAST);
	subnet = flannel_table_lookup(&tx->fl->table, &tx->dst);
	if (unlikely(!subnet)) {
		report_miss(skb, tx);
		return flannel_refuse(FLANNEL_DROP_TX_MISS);
	}
	tx->vtep = rcu_dereference(subnet->vtep);
	if (unlikely(!tx->vtep))
		return flannel_refuse(FLANNEL_DROP_TX_LOCAL);

	sock_dev = rcu_dereference(tx->fl->sock_dev[tx->vtep->encap]
						   [tx->vtep->via.family]);
	if (unlikely(!sock_dev))
		return flannel_refuse(FLANNEL_DROP_TX_NO_SOCKET);
	tx->sk = sock_dev->fs->sk;
	tx->path = flannel_path_get(tx->fl, tx->conf, tx->vtep, spare, &why);
	return likely(tx->path) ? 0 : flannel_refuse(why);
}

static bool fits(const struct sk_buff *skb, unsigned int room)
{
	if (skb_is_gso(skb))
		return skb_gso_validate_network_len(skb, room);
	return skb->len <= room;
}

static bool inner_df(const struct sk_buff *skb, const struct flannel_tx *tx)
{
	return tx->dst.family == FLANNEL_V6 ||
	       ip_hdr(skb)->frag_off & htons(IP_DF);
}

/* A packet larger than the path: tell its sender if it may not be fragmented,
 * else let the outer packet be fragmented, as stock flannel does always. The
 * exception on the packet's own route makes local senders do better next time.
 * IPv6 senders need not go below 1280 (RFC 2473 section 7.1).
 */
static int too_big(struct sk_buff *skb, struct flannel_tx *tx,
		   unsigned int room)
{
	bool refuse = inner_df(skb, tx);

	if (tx->dst.family == FLANNEL_V6 && room < IPV6_MIN_MTU) {
		room = IPV6_MIN_MTU;
		refuse = !fits(skb, room);
	}
	if (tx->df && tx->vtep->via.family == FLANNEL_V4)
		refuse = true;
	if (skb_valid_dst(skb))
		skb_dst_update_pmtu_no_confirm(skb, room);
	if (!refuse)
		return 0;

	if (tx->dst.family == FLANNEL_V6)
		icmpv6_error(skb, ICMPV6_PKT_TOOBIG, 0, room);
	else if (inner_df(skb, tx))
		icmp_ndo_send(skb, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED,
			      htonl(room));
	return flannel_refuse(FLANNEL_DROP_TX_TOO_BIG);
}

static int check_size(struct sk_buff *skb, struct flannel_tx *tx)
{
	unsigned int mtu = dst_mtu(tx->path->dst);
	unsigned int room;

	/* A UDP length has 16 bits; segments of an aggregate are shorter. */
	if (unlikely(tx->len + tx->hlen > IP_MAX_MTU && !skb_is_gso(skb)))
		return flannel_refuse(FLANNEL_DROP_TX_TOO_BIG);
	/* An underlay smaller than the headers has room for no payload. */
	room = mtu > tx->hlen ? mtu - tx->hlen : 0;
	if (likely(fits(skb, room)))
		return 0;
	return too_big(skb, tx, max_t(unsigned int, room, IPV4_MIN_MTU));
}

static void read_inner(struct sk_buff *skb, struct flannel_tx *tx)
{
	bool v4 = tx->dst.family == FLANNEL_V4;
	u8 inner, outer;

	inner = v4 ? ip_hdr(skb)->tos : ipv6_get_dsfield(ipv6_hdr(skb));
	outer = tx->conf->tos == 1 ? inner : tx->conf->tos;
	tx->dsfield = INET_ECN_encapsulate(outer, inner);

	tx->df = 0;
	if (tx->conf->df == FLANNEL_DF_SET ||
	    (tx->conf->df == FLANNEL_DF_INHERIT && inner_df(skb, tx)))
		tx->df = htons(IP_DF);
}

/* A hash for packets that have none, of what the flow dissector would use.
 * That one is general, and costs a fifth of the whole way through here.
 */
static void set_hash(struct sk_buff *skb, const struct flannel_tx *tx)
{
	static u32 seed __read_mostly;
	unsigned int off;
	__be32 buf = 0;
	const __be32 *ports = NULL;
	u32 hash;
	u8 proto;

	if (skb->l4_hash || skb->sw_hash)
		return;
	net_get_random_once(&seed, sizeof(seed));
	if (tx->dst.family == FLANNEL_V4) {
		const struct iphdr *iph = ip_hdr(skb);

		proto = ip_is_fragment(iph) ? 0 : iph->protocol;
		off = iph->ihl * 4;
		hash = jhash_3words((__force u32)iph->saddr,
				    (__force u32)iph->daddr, iph->protocol,
				    seed);
	} else {
		const struct ipv6hdr *ip6h = ipv6_hdr(skb);

		proto = ip6h->nexthdr;
		off = sizeof(*ip6h);
		hash = jhash2((const u32 *)&ip6h->saddr, 8,
			      seed ^ (__force u32)ip6_flowlabel(ip6h));
	}
	if (proto == IPPROTO_TCP || proto == IPPROTO_UDP ||
	    proto == IPPROTO_SCTP)
		ports = skb_header_pointer(skb, off, sizeof(buf), &buf);
	if (ports)
		hash = jhash_1word((__force u32)*ports, hash);
	__skb_set_sw_hash(skb, hash, true);
}

/* Room for all headers and the link's, in memory that is ours alone. */
static int make_room(struct sk_buff *skb, const struct flannel_tx *tx)
{
	const struct dst_entry *dst = tx->path->dst;

	if (unlikely(skb_cow_head(skb, LL_RESERVED_SPACE(dst->dev) +
				       dst->header_len + tx->hlen)))
		return flannel_refuse(FLANNEL_DROP_TX_NO_MEMORY);
	return 0;
}

static int push_backend(struct sk_buff *skb, const struct flannel_tx *tx)
{
	int gso_type = tx->conf->udp_csum ? SKB_GSO_UDP_TUNNEL_CSUM :
					    SKB_GSO_UDP_TUNNEL;
	int err = -EOPNOTSUPP;

	switch (tx->vtep->encap) {
	case FLANNEL_ENCAP_VXLAN:
		err = flannel_vxlan_push(skb, &tx->path->outer, tx->dst.family,
					 tx->conf->gbp ? skb->mark : 0,
					 gso_type);
		break;
	case FLANNEL_ENCAP_UDP:
		err = flannel_udp_push(skb, tx->dst.family, gso_type);
		break;
	}
	return err ? flannel_refuse(FLANNEL_DROP_TX_NO_MEMORY) : 0;
}

/* Nothing of the inner packet's way through this host may stick to the outer
 * one: not its connection, mark, or route.
 */
static void scrub(struct sk_buff *skb, const struct flannel_tx *tx)
{
	skb_scrub_packet(skb, false);
	ipvs_reset(skb);
	skb_clear_hash_if_not_l4(skb);
	skb->mark = tx->conf->mark;
	if (tx->conf->notrack)
		skb_set_nfct(skb, IP_CT_UNTRACKED);
}

static struct udphdr *push_udp(struct sk_buff *skb, const struct flannel_tx *tx)
{
	struct udphdr *udp = __skb_push(skb, sizeof(*udp));

	skb_reset_transport_header(skb);
	*udp = tx->path->outer.udp;
	udp->source = tx->sport;
	udp->len = htons(skb->len);
	return udp;
}

static int output4(struct sk_buff *skb, const struct flannel_tx *tx)
{
	const struct iphdr *template = &tx->path->outer.ip4;
	struct iphdr *iph;

	push_udp(skb, tx);
	udp_set_csum(!tx->conf->udp_csum, skb, template->saddr, template->daddr,
		     skb->len);

	iph = __skb_push(skb, sizeof(*iph));
	skb_reset_network_header(skb);
	*iph = *template;
	iph->tos = tx->dsfield;
	/* A locked PMTU is larger than the path really is (min_pmtu). */
	iph->frag_off = ip_mtu_locked(tx->path->dst) ? 0 : tx->df;
	iph->id = flannel_vtep_ip_id(tx->vtep, skb_shinfo(skb)->gso_segs ?: 1);
	skb->protocol = htons(ETH_P_IP);
	memset(IPCB(skb), 0, sizeof(*IPCB(skb)));
	return ip_local_out(dev_net(tx->fl->dev), tx->sk, skb);
}

#if IS_ENABLED(CONFIG_IPV6)
static int output6(struct sk_buff *skb, const struct flannel_tx *tx)
{
	const struct ipv6hdr *template = &tx->path->outer.ip6;
	struct ipv6hdr *ip6h;

	push_udp(skb, tx);
	udp6_set_csum(!tx->conf->udp_csum, skb, &template->saddr,
		      &template->daddr, skb->len);

	ip6h = __skb_push(skb, sizeof(*ip6h));
	skb_reset_network_header(skb);
	*ip6h = *template;
	ip6_flow_hdr(ip6h, tx->dsfield, 0);
	skb->protocol = htons(ETH_P_IPV6);
	/* The size has been checked: what is too large still, may be
	 * fragmented here.
	 */
	skb->ignore_df = 1;
	memset(IP6CB(skb), 0, sizeof(*IP6CB(skb)));
	return ip6_local_out(dev_net(tx->fl->dev), tx->sk, skb);
}
#else
static int output6(struct sk_buff *skb, const struct flannel_tx *tx)
{
	kfree_skb(skb);
	return -EAFNOSUPPORT;
}
#endif

static void output(struct sk_buff *skb, const struct flannel_tx *tx)
{
	struct net_device *dev = tx->fl->dev;
	int err;

	__this_cpu_inc(xmit_depth);
	err = tx->vtep->via.family == FLANNEL_V4 ? output4(skb, tx) :
						   output6(skb, tx);
	__this_cpu_dec(xmit_depth);

	if (unlikely(net_xmit_eval(err))) {
		DEV_STATS_INC(dev, tx_dropped);
		return;
	}
	dev_sw_netstats_tx_add(dev, 1, tx->len);
	flannel_vtep_count_tx(tx->vtep, tx->len);
}

static unsigned int overhead(const struct flannel_vtep *vtep)
{
	bool v4 = vtep->via.family == FLANNEL_V4;

	switch (vtep->encap) {
	case FLANNEL_ENCAP_UDP:
		return v4 ? FLANNEL_UDP_OVERHEAD4 : FLANNEL_UDP_OVERHEAD6;
	default:
		return v4 ? FLANNEL_VXLAN_OVERHEAD4 : FLANNEL_VXLAN_OVERHEAD6;
	}
}

static __be16 source_port(struct sk_buff *skb, const struct flannel_tx *tx)
{
	switch (tx->vtep->encap) {
	case FLANNEL_ENCAP_UDP:
		return tx->path->outer.udp.source;
	default:
		set_hash(skb, tx);
		return udp_flow_src_port(dev_net(tx->fl->dev), skb, 0, 0, true);
	}
}

static int encapsulate(struct sk_buff *skb, struct flannel_tx *tx)
{
	int err;

	tx->len = skb->len;
	tx->hlen = overhead(tx->vtep);
	read_inner(skb, tx);
	err = check_size(skb, tx);
	err = err ?: make_room(skb, tx);
	if (err)
		return err;

	tx->sport = source_port(skb, tx);
	err = push_backend(skb, tx);
	if (err)
		return err;
	scrub(skb, tx);
	skb_dst_set_noref(skb, tx->path->dst);
	output(skb, tx);
	return 0;
}

static int transmit(struct sk_buff *skb, struct flannel_tx *tx)
{
	struct flannel_path spare;
	int err;

	if (unlikely(!parse(skb, tx)))
		return flannel_refuse(FLANNEL_DROP_TX_PROTOCOL);
	if (unlikely(__this_cpu_read(xmit_depth) >= DEPTH_MAX))
		return flannel_refuse(FLANNEL_DROP_TX_LOOP);
	err = route(skb, tx, &spare);
	if (unlikely(err))
		return err;
	err = encapsulate(skb, tx);
	if (unlikely(tx->path == &spare))
		dst_release(spare.dst);
	return err;
}

static void drop(struct sk_buff *skb, const struct flannel_tx *tx,
		 enum flannel_drop why)
{
	/* Multicast is not an error, and not worth alarming anybody. */
	if (why != FLANNEL_DROP_TX_MULTICAST)
		DEV_STATS_INC(tx->fl->dev, tx_dropped);
	flannel_drop_note(tx->fl->drops, tx->fl->dev, why, NULL, &tx->dst);
	flannel_drop_free(skb, why);
}

/**
 * flannel_xmit - send a packet; ndo_start_xmit
 * @skb: the packet, data at its IP header
 * @dev: the device
 *
 * Context: BH off.
 * Return: NETDEV_TX_OK, the packet is ours.
 */
netdev_tx_t flannel_xmit(struct sk_buff *skb, struct net_device *dev)
{
	struct flannel_tx tx = { .fl = netdev_priv(dev) };
	int err;

	rcu_read_lock();
	tx.conf = rcu_dereference(tx.fl->conf);
	err = transmit(skb, &tx);
	if (unlikely(err))
		drop(skb, &tx, flannel_why(err));
	rcu_read_unlock();
	return NETDEV_TX_OK;
}
