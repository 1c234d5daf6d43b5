/* SPDX-License-Identifier: GPL-2.0 */
/* VTEPs: to whom a device sends, and whom it hears. See vtep.c. */
#ifndef _FLANNEL_VTEP_H
#define _FLANNEL_VTEP_H

#include <linux/if_ether.h>
#include <linux/rbtree.h>
#include <linux/rhashtable.h>
#include <linux/spinlock.h>
#include <linux/u64_stats_sync.h>
#include <uapi/linux/flannel.h>

#include "addr.h"

struct flannel_path;
struct flannel_subnet_req;
struct flannel_table;
struct netlink_ext_ack;

/**
 * struct flannel_vtep_pcpu - what a CPU knows about a VTEP
 * @tx_packets: packets sent
 * @tx_bytes: their inner bytes
 * @rx_packets: packets received
 * @rx_bytes: their inner bytes
 * @syncp: makes the counters readable on 32 bit
 * @id: next outer IPv4 identification
 * @ids: how many more of them this CPU may use
 */
struct flannel_vtep_pcpu {
	u64_stats_t tx_packets;
	u64_stats_t tx_bytes;
	u64_stats_t rx_packets;
	u64_stats_t rx_bytes;
	struct u64_stats_sync syncp;
	u16 id;
	u16 ids;
};

/**
 * struct flannel_vtep_addr - an outer source address of a VTEP
 * @node: in flannel_table.addrs
 * @addr: the address
 * @set: the set that it is part of
 */
struct flannel_vtep_addr {
	struct rhlist_head node;
	struct flannel_addr addr;
	struct flannel_vtep_addrs *set;
};

/**
 * struct flannel_vtep_addrs - all outer source addresses of a VTEP
 * @rcu: defers freeing
 * @vtep: the VTEP
 * @n: how many
 * @addr: them; the first is flannel_vtep.via
 */
struct flannel_vtep_addrs {
	struct rcu_head rcu;
	struct flannel_vtep *vtep;
	unsigned int n;
	struct flannel_vtep_addr addr[];
};

/**
 * struct flannel_vtep - a tunnel endpoint of another node
 * @path: the way to it, NULL until used
 * @pcpu: counters, NULL until used
 * @via: underlay address; constant
 * @encap: enum flannel_encap; constant
 * @addrs: source addresses; NULL while no request has committed the VTEP
 * @ids: next block of outer IPv4 identifications
 * @lock: serialises changes of @path, @lladdr and @dead
 * @lladdr: its MAC, zero for the udp backend
 * @dead: set when it has left the table: takes no path any more
 * @subnets: entries that point to it; the table's lock
 * @changed: a request has changed @lladdr or @addrs; the table's lock
 * @node: in flannel_table.vteps; the table's lock
 * @req: the request that is being prepared; the table's lock
 * @new_addrs: what that request will make @addrs
 * @rcu: defers freeing
 */
struct flannel_vtep {
	struct flannel_path __rcu *path;
	struct flannel_vtep_pcpu __percpu *pcpu;
	struct flannel_addr via;
	u8 encap;
	struct flannel_vtep_addrs __rcu *addrs;
	atomic_t ids;

	spinlock_t lock; /* protects path, lladdr, dead */
	u8 lladdr[ETH_ALEN];
	bool dead;

	u32 subnets;
	bool changed;
	struct rb_node node;
	const struct flannel_subnet_req *req;
	struct flannel_vtep_addrs *new_addrs;
	struct rcu_head rcu;
};

/**
 * struct flannel_vtep_stats - counters of a VTEP, summed up
 * @tx_packets: packets sent
 * @tx_bytes: their inner bytes
 * @rx_packets: packets received
 * @rx_bytes: their inner bytes
 */
struct flannel_vtep_stats {
	u64 tx_packets;
	u64 tx_bytes;
	u64 rx_packets;
	u64 rx_bytes;
};

extern const struct rhashtable_params flannel_vtep_addr_params;

struct flannel_vtep *flannel_vtep_prepare(struct flannel_table *table,
					  const struct flannel_subnet_req *req,
					  struct netlink_ext_ack *extack);
void flannel_vtep_commit(struct flannel_table *table,
			 struct flannel_vtep *vtep);
void flannel_vtep_abort(struct flannel_table *table, struct flannel_vtep *vtep);
void flannel_vtep_put(struct flannel_table *table, struct flannel_vtep *vtep);

struct flannel_vtep *flannel_vtep_next(const struct flannel_table *table,
				       const struct flannel_addr *via,
				       u8 encap);
struct flannel_vtep *flannel_vtep_find(const struct flannel_table *table,
				       const struct flannel_addr *via,
				       u8 encap);
void flannel_vtep_read_stats(const struct flannel_vtep *vtep,
			     struct flannel_vtep_stats *stats);

__be16 flannel_vtep_ip_id(struct flannel_vtep *vtep, unsigned int segs);
void flannel_vtep_count_tx(struct flannel_vtep *vtep, unsigned int bytes);
void flannel_vtep_count_rx(struct flannel_vtep *vtep, unsigned int bytes);

bool flannel_vtep_speaks_from(const struct flannel_vtep *vtep,
			      const struct flannel_addr *outer);
struct flannel_vtep *flannel_vtep_by_source(struct flannel_table *table,
					    const struct flannel_addr *outer,
					    const struct flannel_addr *inner);

#endif /* _FLANNEL_VTEP_H */
