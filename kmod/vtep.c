// SPDX-License-Identifier: GPL-2.0
/* VTEPs.
 *
 * A VTEP is a wire format and an underlay address. All entries of the table
 * that name the same two share one; it appears with the first and goes with
 * the last, its memory after a grace period. What packets need, the path
 * (path.c) and counters per CPU, is allocated by the first one: ten thousand
 * idle VTEPs cost nothing per CPU.
 *
 * Requests change VTEPs in two steps like the table, see subnets.c.
 */
#include <linux/etherdevice.h>
#include <linux/random.h>

#include "path.h"
#include "subnets.h"
#include "vtep.h"

/* How many outer IPv4 identifications a CPU takes from a VTEP at a time. */
#define ID_BLOCK 64U

const struct rhashtable_params flannel_vtep_addr_params = {
	.head_offset = offsetof(struct flannel_vtep_addr, node),
	.key_offset = offsetof(struct flannel_vtep_addr, addr),
	.key_len = sizeof(struct flannel_addr),
	.automatic_shrinking = true,
};

static int compare(const struct flannel_vtep *vtep,
		   const struct flannel_addr *via, u8 encap)
{
	if (vtep->via.family != via->family)
		return (int)vtep->via.family - (int)via->family;
	return memcmp(&vtep->via.ip6, &via->ip6, sizeof(via->ip6)) ?:
	       (int)vtep->encap - (int)encap;
}

/**
 * flannel_vtep_next - walk the VTEPs in order
 * @table: the table
 * @via: underlay address of the last one, NULL to start
 * @encap: its wire format
 *
 * Context: process context, table->lock held.
 * Return: the one that follows in order, or NULL.
 */
struct flannel_vtep *flannel_vtep_next(const struct flannel_table *table,
				       const struct flannel_addr *via,
				       u8 encap)
{
	struct rb_node *node = table->vteps.rb_node;
	struct flannel_vtep *next = NULL;

	while (node) {
		struct flannel_vtep *vtep;

		vtep = rb_entry(node, struct flannel_vtep, node);
		if (!via || compare(vtep, via, encap) > 0) {
			next = vtep;
			node = node->rb_left;
		} else {
			node = node->rb_right;
		}
	}
	return next;
}

/**
 * flannel_vtep_find - find a VTEP
 * @table: the table
 * @via: underlay address
 * @encap: enum flannel_encap
 *
 * Context: process context, table->lock held.
 * Return: the VTEP, or NULL.
 */
struct flannel_vtep *flannel_vtep_find(const struct flannel_table *table,
				       const struct flannel_addr *via,
				       u8 encap)
{
	struct rb_node *node = table->vteps.rb_node;

	while (node) {
		struct flannel_vtep *vtep;
		int order;

		vtep = rb_entry(node, struct flannel_vtep, node);
		order = compare(vtep, via, encap);
		if (!order)
			return vtep;
		node = order > 0 ? node->rb_left : node->rb_right;
	}
	return NULL;
}

static void link_vtep(struct flannel_table *table, struct flannel_vtep *vtep)
{
	struct rb_node **at = &table->vteps.rb_node, *parent = NULL;

	while (*at) {
		struct flannel_vtep *other;

		parent = *at;
		other = rb_entry(parent, struct flannel_vtep, node);
		at = compare(other, &vtep->via, vtep->encap) > 0 ?
		     &parent->rb_left : &parent->rb_right;
	}
	rb_link_node(&vtep->node, parent, at);
	rb_insert_color(&vtep->node, &table->vteps);
	table->n_vteps++;
}

static void free_addrs(struct flannel_table *table,
		       struct flannel_vtep_addrs *addrs, unsigned int inserted)
{
	while (inserted--)
		rhltable_remove(&table->addrs, &addrs->addr[inserted].node,
				flannel_vtep_addr_params);
	kfree_rcu(addrs, rcu);
}

/* Make the set of source addresses that @req asks for. Readers find it, and
 * ignore it as long as vtep->addrs does not point to it.
 */
static struct flannel_vtep_addrs *
new_addrs(struct flannel_table *table, struct flannel_vtep *vtep,
	  const struct flannel_subnet_req *req)
{
	struct flannel_vtep_addrs *addrs;
	unsigned int i;
	int err;

	addrs = kzalloc(struct_size(addrs, addr, req->n_src + 1),
			GFP_KERNEL_ACCOUNT);
	if (!addrs)
		return NULL;
	addrs->vtep = vtep;
	addrs->n = req->n_src + 1;
	for (i = 0; i < addrs->n; i++) {
		addrs->addr[i].addr = i ? req->src[i - 1] : req->via;
		addrs->addr[i].set = addrs;
		err = rhltable_insert(&table->addrs, &addrs->addr[i].node,
				      flannel_vtep_addr_params);
		if (err) {
			free_addrs(table, addrs, i);
			return NULL;
		}
	}
	return addrs;
}

static bool same_src(const struct flannel_vtep_addrs *addrs,
		     const struct flannel_subnet_req *req)
{
	unsigned int i;

	if (addrs->n != req->n_src + 1)
		return false;
	for (i = 0; i < req->n_src; i++) {
		if (!flannel_addr_equal(&addrs->addr[i + 1].addr,
					&req->src[i]))
			return false;
	}
	return true;
}

static bool same_vtep(const struct flannel_subnet_req *a,
		      const struct flannel_subnet_req *b)
{
	return ether_addr_equal(a->lladdr, b->lladdr) && a->n_src == b->n_src &&
	       !memcmp(a->src, b->src, sizeof(a->src[0]) * a->n_src);
}

static struct flannel_vtep *new_vtep(struct flannel_table *table,
				     const struct flannel_subnet_req *req)
{
	struct flannel_vtep *vtep;

	vtep = kzalloc(sizeof(*vtep), GFP_KERNEL_ACCOUNT);
	if (!vtep)
		return NULL;
	vtep->via = req->via;
	vtep->encap = req->encap;
	ether_addr_copy(vtep->lladdr, req->lladdr);
	spin_lock_init(&vtep->lock);
	atomic_set(&vtep->ids, get_random_u32());
	link_vtep(table, vtep);
	return vtep;
}

static void free_vtep_rcu(struct rcu_head *rcu)
{
	struct flannel_vtep *vtep = container_of(rcu, struct flannel_vtep, rcu);

	free_percpu(vtep->pcpu);
	kfree(vtep);
}

/* Remove a VTEP that no entry points to. */
static void unlink_vtep(struct flannel_table *table, struct flannel_vtep *vtep)
{
	struct flannel_vtep_addrs *addrs;

	addrs = rcu_replace_pointer(vtep->addrs, NULL,
				    lockdep_is_held(&table->lock));
	if (addrs)
		free_addrs(table, addrs, addrs->n);
	rb_erase(&vtep->node, &table->vteps);
	table->n_vteps--;
	flannel_path_reset(vtep, NULL);
	call_rcu(&vtep->rcu, free_vtep_rcu);
}

/**
 * flannel_vtep_prepare - find or make the VTEP of a request
 * @table: the table
 * @req: the request, not for a local entry
 * @extack: for error messages
 *
 * Counts as one of vtep->subnets, so that it stays whatever else the message
 * does.
 *
 * Context: process context, table->lock held. Must be followed, once per call,
 * by flannel_vtep_commit() or flannel_vtep_abort().
 * Return: the VTEP, or an ERR_PTR: -EINVAL where an earlier part of the same
 * message wants another MAC or other source addresses for it, -ENOMEM.
 */
struct flannel_vtep *flannel_vtep_prepare(struct flannel_table *table,
					  const struct flannel_subnet_req *req,
					  struct netlink_ext_ack *extack)
{
	struct flannel_vtep_addrs *addrs;
	struct flannel_vtep *vtep;

	vtep = flannel_vtep_find(table, &req->via, req->encap);
	if (vtep && vtep->req) {
		if (same_vtep(vtep->req, req)) {
			vtep->subnets++;
			return vtep;
		}
		NL_SET_ERR_MSG_ATTR(extack, req->attr,
				    "one VTEP (via) with two lladdr or src lists in one request");
		return ERR_PTR(-EINVAL);
	}
	if (!vtep)
		vtep = new_vtep(table, req);
	if (!vtep)
		return ERR_PTR(-ENOMEM);

	addrs = rcu_dereference_protected(vtep->addrs,
					  lockdep_is_held(&table->lock));
	if (!addrs || !same_src(addrs, req)) {
		vtep->new_addrs = new_addrs(table, vtep, req);
		if (!vtep->new_addrs) {
			if (!vtep->subnets)
				unlink_vtep(table, vtep);
			return ERR_PTR(-ENOMEM);
		}
	}
	vtep->req = req;
	vtep->subnets++;
	return vtep;
}

/**
 * flannel_vtep_commit - make a prepared request true
 * @table: the table
 * @vtep: what flannel_vtep_prepare() returned
 *
 * Sets vtep->changed if the VTEP was there and is another one now.
 *
 * Context: process context, table->lock held.
 */
void flannel_vtep_commit(struct flannel_table *table, struct flannel_vtep *vtep)
{
	const struct flannel_subnet_req *req = vtep->req;
	struct flannel_vtep_addrs *old;

	if (!req)
		return;
	vtep->req = NULL;

	if (!ether_addr_equal(vtep->lladdr, req->lladdr)) {
		flannel_path_reset(vtep, req->lladdr);
		vtep->changed = true;
	}
	if (vtep->new_addrs) {
		old = rcu_replace_pointer(vtep->addrs, vtep->new_addrs,
					  lockdep_is_held(&table->lock));
		vtep->new_addrs = NULL;
		if (old) {
			free_addrs(table, old, old->n);
			vtep->changed = true;
		}
	}
	table->n_changed += vtep->changed;
}

/**
 * flannel_vtep_abort - forget a prepared request
 * @table: the table
 * @vtep: what flannel_vtep_prepare() returned; gone if the request made it
 *
 * Context: process context, table->lock held.
 */
void flannel_vtep_abort(struct flannel_table *table, struct flannel_vtep *vtep)
{
	vtep->req = NULL;
	if (vtep->new_addrs) {
		free_addrs(table, vtep->new_addrs, vtep->new_addrs->n);
		vtep->new_addrs = NULL;
	}
	flannel_vtep_put(table, vtep);
}

/**
 * flannel_vtep_put - one entry points to a VTEP no longer
 * @table: the table
 * @vtep: the VTEP; gone if it was the last
 *
 * Context: process context, table->lock held.
 */
void flannel_vtep_put(struct flannel_table *table, struct flannel_vtep *vtep)
{
	if (!--vtep->subnets)
		unlink_vtep(table, vtep);
}

static struct flannel_vtep_pcpu __percpu *make_pcpu(struct flannel_vtep *vtep)
{
	struct flannel_vtep_pcpu __percpu *pcpu;
	int cpu;

	pcpu = alloc_percpu_gfp(struct flannel_vtep_pcpu,
				GFP_ATOMIC | __GFP_NOWARN);
	if (!pcpu)
		return NULL;
	for_each_possible_cpu(cpu)
		u64_stats_init(&per_cpu_ptr(pcpu, cpu)->syncp);

	spin_lock_bh(&vtep->lock);
	if (vtep->pcpu) {
		free_percpu(pcpu);
		pcpu = vtep->pcpu;
	} else {
		/* Pairs with READ_ONCE() in this_pcpu(): an address
		 * dependency.
		 */
		smp_store_release(&vtep->pcpu, pcpu);
	}
	spin_unlock_bh(&vtep->lock);
	return pcpu;
}

static struct flannel_vtep_pcpu *this_pcpu(struct flannel_vtep *vtep)
{
	struct flannel_vtep_pcpu __percpu *pcpu = READ_ONCE(vtep->pcpu);

	if (unlikely(!pcpu))
		pcpu = make_pcpu(vtep);
	return likely(pcpu) ? this_cpu_ptr(pcpu) : NULL;
}

/**
 * flannel_vtep_ip_id - identifications for outer IPv4 packets
 * @vtep: where they go to
 * @segs: how many packets
 *
 * flannel leaves DF clear, so identifications must not repeat soon per
 * destination (RFC 6864). CPUs take them in blocks from the VTEP, which
 * touches shared memory once in a while only.
 *
 * Context: BH off.
 * Return: the first of @segs identifications in a row.
 */
__be16 flannel_vtep_ip_id(struct flannel_vtep *vtep, unsigned int segs)
{
	struct flannel_vtep_pcpu *pcpu = this_pcpu(vtep);
	unsigned int block = max(segs, ID_BLOCK);
	u16 id;

	if (unlikely(!pcpu))
		return htons((u16)(atomic_add_return(segs, &vtep->ids) - segs));
	if (pcpu->ids < segs) {
		pcpu->id = atomic_add_return(block, &vtep->ids) - block;
		pcpu->ids = min_t(unsigned int, block, U16_MAX);
	}
	id = pcpu->id;
	pcpu->id += segs;
	pcpu->ids -= min_t(unsigned int, segs, pcpu->ids);
	return htons(id);
}

/**
 * flannel_vtep_count_tx - count a packet sent to a VTEP
 * @vtep: the VTEP
 * @bytes: its inner bytes
 *
 * Context: BH off.
 */
void flannel_vtep_count_tx(struct flannel_vtep *vtep, unsigned int bytes)
{
	struct flannel_vtep_pcpu *pcpu = this_pcpu(vtep);

	if (unlikely(!pcpu))
		return;
	u64_stats_update_begin(&pcpu->syncp);
	u64_stats_inc(&pcpu->tx_packets);
	u64_stats_add(&pcpu->tx_bytes, bytes);
	u64_stats_update_end(&pcpu->syncp);
}

/**
 * flannel_vtep_count_rx - count a packet received from a VTEP
 * @vtep: the VTEP
 * @bytes: its inner bytes
 *
 * Context: BH off.
 */
void flannel_vtep_count_rx(struct flannel_vtep *vtep, unsigned int bytes)
{
	struct flannel_vtep_pcpu *pcpu = this_pcpu(vtep);

	if (unlikely(!pcpu))
		return;
	u64_stats_update_begin(&pcpu->syncp);
	u64_stats_inc(&pcpu->rx_packets);
	u64_stats_add(&pcpu->rx_bytes, bytes);
	u64_stats_update_end(&pcpu->syncp);
}

/**
 * flannel_vtep_read_stats - sum up the counters of a VTEP
 * @vtep: the VTEP
 * @stats: where to
 *
 * Context: any, as long as the VTEP stays.
 */
void flannel_vtep_read_stats(const struct flannel_vtep *vtep,
			     struct flannel_vtep_stats *stats)
{
	struct flannel_vtep_pcpu __percpu *pcpu = READ_ONCE(vtep->pcpu);
	int cpu;

	memset(stats, 0, sizeof(*stats));
	if (!pcpu)
		return;
	for_each_possible_cpu(cpu) {
		const struct flannel_vtep_pcpu *from = per_cpu_ptr(pcpu, cpu);
		struct flannel_vtep_stats one;
		unsigned int start;

		do {
			start = u64_stats_fetch_begin(&from->syncp);
			one.tx_packets = u64_stats_read(&from->tx_packets);
			one.tx_bytes = u64_stats_read(&from->tx_bytes);
			one.rx_packets = u64_stats_read(&from->rx_packets);
			one.rx_bytes = u64_stats_read(&from->rx_bytes);
		} while (u64_stats_fetch_retry(&from->syncp, start));
		stats->tx_packets += one.tx_packets;
		stats->tx_bytes += one.tx_bytes;
		stats->rx_packets += one.rx_packets;
		stats->rx_bytes += one.rx_bytes;
	}
}

/**
 * flannel_vtep_speaks_from - whether an address is one of a VTEP's
 * @vtep: the VTEP
 * @outer: an underlay address
 *
 * Context: RCU read lock held.
 * Return: whether it is.
 */
bool flannel_vtep_speaks_from(const struct flannel_vtep *vtep,
			      const struct flannel_addr *outer)
{
	const struct flannel_vtep_addrs *addrs;
	unsigned int i;

	if (likely(flannel_addr_equal(&vtep->via, outer)))
		return true;
	addrs = rcu_dereference(vtep->addrs);
	for (i = 1; addrs && i < addrs->n; i++) {
		if (flannel_addr_equal(&addrs->addr[i].addr, outer))
			return true;
	}
	return false;
}

/**
 * flannel_vtep_by_source - find a VTEP by an address that it sends from
 * @table: the table
 * @outer: the address
 * @inner: another address that must be the VTEP's too, or NULL
 *
 * Context: RCU read lock held.
 * Return: a VTEP, or NULL.
 */
struct flannel_vtep *flannel_vtep_by_source(struct flannel_table *table,
					    const struct flannel_addr *outer,
					    const struct flannel_addr *inner)
{
	struct rhlist_head *list, *pos;
	struct flannel_vtep_addr *addr;

	list = rhltable_lookup(&table->addrs, outer, flannel_vtep_addr_params);
	rhl_for_each_entry_rcu(addr, pos, list, node) {
		struct flannel_vtep *vtep = addr->set->vtep;

		/* The address may be of a set that is on its way in or out:
		 * the VTEP's present one counts.
		 */
		if (!rcu_access_pointer(vtep->addrs) ||
		    !flannel_vtep_speaks_from(vtep, outer))
			continue;
		if (!inner || flannel_vtep_speaks_from(vtep, inner))
			return vtep;
	}
	return NULL;
}
