/* SPDX-License-Identifier: GPL-2.0 */
/* The way to a VTEP: a cached route and ready-made headers. See path.c. */
#ifndef _FLANNEL_PATH_H
#define _FLANNEL_PATH_H

#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/udp.h>
#include <uapi/linux/flannel.h>

#include "addr.h"

struct dst_entry;
struct flannel_conf;
struct flannel_dev;
struct flannel_vtep;

/**
 * struct flannel_vxlanhdr - VXLAN header, RFC 7348 section 5
 * @flags: flags and reserved bits
 * @vni: VNI in the upper 24 bits
 */
struct flannel_vxlanhdr {
	__be32 flags;
	__be32 vni;
};

/**
 * struct flannel_outer - what is put in front of every packet to a VTEP
 * @ip4: outer IPv4 header, as far as it is constant
 * @ip6: outer IPv6 header, as far as it is constant
 * @udp: outer UDP header, as far as it is constant
 * @vxlan: VXLAN header; not set for the udp backend
 * @eth: inner Ethernet header, by inner family; likewise
 */
struct flannel_outer {
	union {
		struct iphdr ip4;
		struct ipv6hdr ip6;
	};
	struct udphdr udp;
	struct flannel_vxlanhdr vxlan;
	struct ethhdr eth[FLANNEL_FAMILIES];
};

/**
 * struct flannel_path - the way to a VTEP: a route, and headers made for it
 * @rcu: defers freeing
 * @dst: the route; the path holds a reference
 * @cookie: what dst_check() wants
 * @conf_gen: generation of the device configuration that it was made with
 * @outer: headers
 */
struct flannel_path {
	struct rcu_head rcu;
	struct dst_entry *dst;
	u32 cookie;
	u32 conf_gen;
	struct flannel_outer outer;
};

const struct flannel_path *flannel_path_get(struct flannel_dev *fl,
					    const struct flannel_conf *conf,
					    struct flannel_vtep *vtep,
					    struct flannel_path *spare,
					    enum flannel_drop *why);
void flannel_path_reset(struct flannel_vtep *vtep, const u8 *lladdr);

#endif /* _FLANNEL_PATH_H */
