/* SPDX-License-Identifier: GPL-2.0 */
/* The subnet table: prefix -> VTEP or local. See subnets.c. */
#ifndef _FLANNEL_SUBNETS_H
#define _FLANNEL_SUBNETS_H

#include <linux/if_ether.h>
#include <linux/list.h>
#include <linux/rbtree.h>
#include <linux/rhashtable.h>
#include <uapi/linux/flannel.h>

#include "addr.h"
#include "lpm.h"

struct flannel_dev;
struct flannel_vtep;
struct netlink_ext_ack;
struct nlattr;

#define FLANNEL_SUBNETS_DEFAULT	65536U
#define FLANNEL_SUBNETS_LIMIT	1048576U

/**
 * struct flannel_table - the subnets of a device
 * @lpm: what the data path looks up
 * @addrs: struct flannel_vtep_addr by address, several VTEPs may share one
 * @lock: what writers and dumps hold; taken after RTNL, never before it
 * @subnets: all entries, in the order of dumps
 * @vteps: all VTEPs, in the order of dumps
 * @n_subnets: how many entries
 * @n_vteps: how many VTEPs
 * @n_changed: how many of them the request at hand has changed
 * @going: the device is being removed, no more writes
 */
struct flannel_table {
	struct flannel_lpm lpm;
	struct rhltable addrs;

	struct mutex lock; /* protects everything below, and writes above */
	struct rb_root subnets;
	struct rb_root vteps;
	u32 n_subnets;
	u32 n_vteps;
	u32 n_changed;
	bool going;
};

/**
 * struct flannel_subnet - an entry of the table
 * @vtep: where the subnet is, NULL for one of our own
 * @lpm: prefix, and the entry in the index
 * @generation: as the last writer picked it; the table's lock
 * @owner: as the last writer called itself; the table's lock
 * @node: in flannel_table.subnets; the table's lock
 * @req: the request that is being prepared; the table's lock
 * @changed: entries that a request added, changed or removed; the table's lock
 * @rcu: defers freeing
 */
struct flannel_subnet {
	struct flannel_vtep __rcu *vtep;
	struct flannel_lpm_node lpm;
	u32 generation;
	char owner[FLANNEL_OWNER_MAX + 1];
	struct rb_node node;
	struct flannel_subnet_req *req;
	struct list_head changed;
	struct rcu_head rcu;
};

/**
 * struct flannel_subnet_req - a subnet that somebody wants written
 * @prefix: the subnet, canonical
 * @local: it is ours; what follows up to @src is not set
 * @via: underlay address of the VTEP
 * @lladdr: its MAC
 * @encap: enum flannel_encap
 * @n_src: how many further source addresses it has
 * @src: them
 * @owner: who writes
 * @generation: picked by the writer
 * @attr: the netlink attribute, for error messages
 * @subnet: the entry; set and used by flannel_table_write()
 * @vtep: the VTEP, NULL for a local entry; likewise
 * @new: whether the request made @subnet; likewise
 */
struct flannel_subnet_req {
	struct flannel_prefix prefix;
	bool local;
	struct flannel_addr via;
	u8 lladdr[ETH_ALEN];
	u8 encap;
	u8 n_src;
	struct flannel_addr src[FLANNEL_SRC_MAX];
	char owner[FLANNEL_OWNER_MAX + 1];
	u32 generation;
	const struct nlattr *attr;

	struct flannel_subnet *subnet;
	struct flannel_vtep *vtep;
	bool new;
};

/**
 * struct flannel_table_result - what a request did
 * @added: entries that were not there before
 * @changed: entries with a new value
 * @unchanged: entries that had that value
 * @removed: entries that are gone
 */
struct flannel_table_result {
	u32 added;
	u32 changed;
	u32 unchanged;
	u32 removed;
};

int flannel_table_init(struct flannel_table *table);
void flannel_table_shutdown(struct flannel_dev *fl);
void flannel_table_destroy(struct flannel_table *table);

int flannel_table_write(struct flannel_dev *fl, struct flannel_subnet_req *reqs,
			unsigned int n, bool excl,
			struct flannel_table_result *result,
			struct netlink_ext_ack *extack);
int flannel_table_delete(struct flannel_dev *fl,
			 struct flannel_subnet_req *reqs, unsigned int n,
			 struct flannel_table_result *result,
			 struct netlink_ext_ack *extack);
int flannel_table_sweep(struct flannel_dev *fl, const char *owner,
			const u32 *keep, struct flannel_table_result *result);

struct flannel_subnet *flannel_table_next(const struct flannel_table *table,
					  const struct flannel_prefix *after);

/**
 * flannel_table_lookup - find the entry that an address matches longest
 * @table: the table
 * @addr: an inner address
 *
 * Context: RCU read lock held.
 * Return: the entry, or NULL.
 */
static inline struct flannel_subnet *
flannel_table_lookup(const struct flannel_table *table,
		     const struct flannel_addr *addr)
{
	struct flannel_lpm_node *node = flannel_lpm_lookup(&table->lpm, addr);

	return node ? container_of(node, struct flannel_subnet, lpm) : NULL;
}

#endif /* _FLANNEL_SUBNETS_H */
