// SPDX-License-Identifier: GPL-2.0
/* The subnet table.
 *
 * Entries are kept twice: in a tree, ordered as dumps show them, for those who
 * write and dump under table->lock, and in the index (lpm.c) for the data
 * path, which reads them under RCU. An entry lives from the request that adds
 * it to the one that removes it; where its subnet is (entry->vtep) is replaced
 * in place, so readers see each entry go from its old value to its new one at
 * once.
 *
 * A request is all or nothing. First every part of it is prepared: checked,
 * and whatever it takes allocated, without a reader noticing; then all of it
 * is committed, which cannot fail. What a request has changed is collected in
 * a list, reported to listeners, and freed after a grace period where it was
 * removed.
 */
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <net/netlink.h>

#include "device.h"
#include "netlink.h"
#include "subnets.h"
#include "vtep.h"

static int compare(const struct flannel_prefix *a,
		   const struct flannel_prefix *b)
{
	if (a->addr.family != b->addr.family)
		return (int)a->addr.family - (int)b->addr.family;
	return memcmp(&a->addr.ip6, &b->addr.ip6, sizeof(a->addr.ip6)) ?:
	       (int)a->len - (int)b->len;
}

static struct flannel_vtep *entry_vtep(const struct flannel_table *table,
				       const struct flannel_subnet *subnet)
{
	return rcu_dereference_protected(subnet->vtep,
					 lockdep_is_held(&table->lock));
}

/**
 * flannel_table_next - walk the entries in order
 * @table: the table
 * @after: prefix of the last one, which may be gone by now; NULL to start
 *
 * Context: process context, table->lock held.
 * Return: the entry that follows in order, or NULL.
 */
struct flannel_subnet *flannel_table_next(const struct flannel_table *table,
					  const struct flannel_prefix *after)
{
	struct rb_node *node = table->subnets.rb_node;
	struct flannel_subnet *next = NULL;

	while (node) {
		struct flannel_subnet *subnet;

		subnet = rb_entry(node, struct flannel_subnet, node);
		if (!after || compare(&subnet->lpm.prefix, after) > 0) {
			next = subnet;
			node = node->rb_left;
		} else {
			node = node->rb_right;
		}
	}
	return next;
}

static struct flannel_subnet *find(const struct flannel_table *table,
				   const struct flannel_prefix *prefix)
{
	struct rb_node *node = table->subnets.rb_node;

	while (node) {
		struct flannel_subnet *subnet;
		int order;

		subnet = rb_entry(node, struct flannel_subnet, node);
		order = compare(&subnet->lpm.prefix, prefix);
		if (!order)
			return subnet;
		node = order > 0 ? node->rb_left : node->rb_right;
	}
	return NULL;
}

static void link_subnet(struct flannel_table *table,
			struct flannel_subnet *subnet)
{
	struct rb_node **at = &table->subnets.rb_node, *parent = NULL;

	while (*at) {
		struct flannel_subnet *other;

		parent = *at;
		other = rb_entry(parent, struct flannel_subnet, node);
		at = compare(&other->lpm.prefix, &subnet->lpm.prefix) > 0 ?
		     &parent->rb_left : &parent->rb_right;
	}
	rb_link_node(&subnet->node, parent, at);
	rb_insert_color(&subnet->node, &table->subnets);
	table->n_subnets++;
}

static void unlink_subnet(struct flannel_table *table,
			  struct flannel_subnet *subnet)
{
	rb_erase(&subnet->node, &table->subnets);
	table->n_subnets--;
}

/* Make an entry that neither readers nor dumps see before it is committed. */
static struct flannel_subnet *new_subnet(struct flannel_table *table,
					 const struct flannel_prefix *prefix)
{
	struct flannel_subnet *subnet;

	subnet = kzalloc(sizeof(*subnet), GFP_KERNEL_ACCOUNT);
	if (!subnet)
		return NULL;
	subnet->lpm.prefix = *prefix;
	if (flannel_lpm_reserve(&table->lpm, &subnet->lpm)) {
		kfree(subnet);
		return NULL;
	}
	INIT_LIST_HEAD(&subnet->changed);
	link_subnet(table, subnet);
	return subnet;
}

static int prepare_subnet(struct flannel_table *table,
			  struct flannel_subnet_req *req, bool excl,
			  struct netlink_ext_ack *extack)
{
	struct flannel_subnet *subnet = find(table, &req->prefix);

	if (subnet && subnet->req) {
		NL_SET_ERR_MSG_ATTR(extack, req->attr,
				    "subnet twice in one request");
		return -EINVAL;
	}
	if (subnet && excl) {
		NL_SET_ERR_MSG_ATTR(extack, req->attr,
				    "subnet exists, replace it instead");
		return -EEXIST;
	}
	if (!subnet && table->n_subnets >= flannel_defaults.max_subnets) {
		NL_SET_ERR_MSG_ATTR(extack, req->attr,
				    "table is full, see module parameter max_subnets");
		return -ENOSPC;
	}

	req->new = !subnet;
	if (!subnet)
		subnet = new_subnet(table, &req->prefix);
	if (!subnet)
		return -ENOMEM;
	req->subnet = subnet;
	subnet->req = req;
	return 0;
}

static void abort_one(struct flannel_table *table,
		      struct flannel_subnet_req *req)
{
	struct flannel_subnet *subnet = req->subnet;

	if (req->vtep)
		flannel_vtep_abort(table, req->vtep);
	subnet->req = NULL;
	if (!req->new)
		return;
	unlink_subnet(table, subnet);
	flannel_lpm_release(&table->lpm, &subnet->lpm);
	kfree(subnet);
}

static int prepare_one(struct flannel_table *table,
		       struct flannel_subnet_req *req, bool excl,
		       struct netlink_ext_ack *extack)
{
	struct flannel_vtep *vtep;
	int err;

	req->vtep = NULL;
	err = prepare_subnet(table, req, excl, extack);
	if (err || req->local)
		return err;

	vtep = flannel_vtep_prepare(table, req, extack);
	if (IS_ERR(vtep)) {
		abort_one(table, req);
		return PTR_ERR(vtep);
	}
	req->vtep = vtep;
	return 0;
}

static void commit_one(struct flannel_table *table,
		       struct flannel_subnet_req *req,
		       struct list_head *changed,
		       struct flannel_table_result *result)
{
	struct flannel_subnet *subnet = req->subnet;
	struct flannel_vtep *old = entry_vtep(table, subnet);
	bool news = req->new || old != req->vtep ||
		    strcmp(subnet->owner, req->owner);

	if (req->vtep)
		flannel_vtep_commit(table, req->vtep);

	subnet->req = NULL;
	subnet->generation = req->generation;
	strscpy(subnet->owner, req->owner, sizeof(subnet->owner));
	rcu_assign_pointer(subnet->vtep, req->vtep);
	if (req->new) {
		flannel_lpm_insert(&table->lpm, &subnet->lpm);
		result->added++;
	} else if (old != req->vtep || (old && old->changed)) {
		result->changed++;
	} else {
		result->unchanged++;
	}
	if (news)
		list_add_tail(&subnet->changed, changed);
	if (!req->new && old)
		flannel_vtep_put(table, old);
}

/* Where a VTEP has changed, so have all entries that point to it. */
static void collect_changed_vteps(struct flannel_table *table,
				  struct list_head *changed)
{
	struct rb_node *node;

	if (!table->n_changed)
		return;
	table->n_changed = 0;
	for (node = rb_first(&table->subnets); node; node = rb_next(node)) {
		struct flannel_subnet *subnet;
		struct flannel_vtep *vtep;

		subnet = rb_entry(node, struct flannel_subnet, node);
		vtep = entry_vtep(table, subnet);
		if (vtep && vtep->changed && list_empty(&subnet->changed))
			list_add_tail(&subnet->changed, changed);
		cond_resched();
	}
	for (node = rb_first(&table->vteps); node; node = rb_next(node))
		rb_entry(node, struct flannel_vtep, node)->changed = false;
}

static void report(struct flannel_dev *fl, u8 cmd, struct list_head *changed)
{
	if (list_empty(changed))
		return;
	atomic_inc(&flannel_net(dev_net(fl->dev))->seq);
	flannel_nl_notify_subnets(fl, cmd, changed);
}

/**
 * flannel_table_write - add and replace entries
 * @fl: the device
 * @reqs: what to write; all of it or nothing
 * @n: how many
 * @excl: refuse entries that exist
 * @result: set to what was done
 * @extack: for error messages
 *
 * Context: process context, takes the table's lock.
 * Return: 0; -EEXIST with @excl; -ENOSPC over max_subnets; -EINVAL where the
 * request contradicts itself; -ENODEV where the device is going; -ENOMEM.
 */
int flannel_table_write(struct flannel_dev *fl, struct flannel_subnet_req *reqs,
			unsigned int n, bool excl,
			struct flannel_table_result *result,
			struct netlink_ext_ack *extack)
{
	struct flannel_table *table = &fl->table;
	struct flannel_subnet *subnet, *next;
	LIST_HEAD(changed);
	unsigned int i;
	int err = 0;

	memset(result, 0, sizeof(*result));
	mutex_lock(&table->lock);
	if (table->going) {
		err = -ENODEV;
		goto unlock;
	}
	for (i = 0; i < n; i++) {
		err = prepare_one(table, &reqs[i], excl, extack);
		if (err)
			goto abort;
	}

	for (i = 0; i < n; i++)
		commit_one(table, &reqs[i], &changed, result);
	collect_changed_vteps(table, &changed);
	report(fl, FLANNEL_CMD_SUBNET_NEW_NTF, &changed);
	list_for_each_entry_safe(subnet, next, &changed, changed)
		list_del_init(&subnet->changed);
	mutex_unlock(&table->lock);
	return 0;

abort:
	while (i--)
		abort_one(table, &reqs[i]);
unlock:
	mutex_unlock(&table->lock);
	return err;
}

static void remove_one(struct flannel_table *table,
		       struct flannel_subnet *subnet, struct list_head *removed)
{
	flannel_lpm_remove(&table->lpm, &subnet->lpm);
	unlink_subnet(table, subnet);
	list_add_tail(&subnet->changed, removed);
}

static u32 free_removed(struct flannel_table *table, struct list_head *removed)
{
	struct flannel_subnet *subnet, *next;
	u32 n = 0;

	list_for_each_entry_safe(subnet, next, removed, changed) {
		struct flannel_vtep *vtep = entry_vtep(table, subnet);

		if (vtep)
			flannel_vtep_put(table, vtep);
		kfree_rcu(subnet, rcu);
		n++;
		cond_resched();
	}
	return n;
}

static int check_delete(struct flannel_table *table,
			struct flannel_subnet_req *reqs, unsigned int n,
			struct netlink_ext_ack *extack)
{
	unsigned int i;
	int err = 0;

	for (i = 0; i < n && !err; i++) {
		struct flannel_subnet *subnet = find(table, &reqs[i].prefix);

		reqs[i].subnet = subnet;
		if (!subnet) {
			NL_SET_ERR_MSG_ATTR(extack, reqs[i].attr,
					    "no such subnet");
			err = -ENOENT;
		} else if (subnet->req) {
			NL_SET_ERR_MSG_ATTR(extack, reqs[i].attr,
					    "subnet twice in one request");
			reqs[i].subnet = NULL;
			err = -EINVAL;
		} else {
			subnet->req = &reqs[i];
		}
	}
	while (i--) {
		if (reqs[i].subnet)
			reqs[i].subnet->req = NULL;
	}
	return err;
}

/**
 * flannel_table_delete - remove entries by prefix
 * @fl: the device
 * @reqs: the prefixes; all of them or none
 * @n: how many
 * @result: set to what was done
 * @extack: for error messages
 *
 * Context: process context, takes the table's lock.
 * Return: 0; -ENOENT; -EINVAL for one prefix twice; -ENODEV where the device
 * is going.
 */
int flannel_table_delete(struct flannel_dev *fl,
			 struct flannel_subnet_req *reqs, unsigned int n,
			 struct flannel_table_result *result,
			 struct netlink_ext_ack *extack)
{
	struct flannel_table *table = &fl->table;
	LIST_HEAD(removed);
	unsigned int i;
	int err;

	memset(result, 0, sizeof(*result));
	mutex_lock(&table->lock);
	err = table->going ? -ENODEV : check_delete(table, reqs, n, extack);
	if (err)
		goto unlock;
	for (i = 0; i < n; i++)
		remove_one(table, reqs[i].subnet, &removed);
	report(fl, FLANNEL_CMD_SUBNET_DEL_NTF, &removed);
	result->removed = free_removed(table, &removed);
unlock:
	mutex_unlock(&table->lock);
	return err;
}

static void collect(struct flannel_table *table, const char *owner,
		    const u32 *keep, struct list_head *removed)
{
	struct rb_node *node, *next;

	for (node = rb_first(&table->subnets); node; node = next) {
		struct flannel_subnet *subnet;

		next = rb_next(node);
		subnet = rb_entry(node, struct flannel_subnet, node);
		if (owner && strcmp(owner, subnet->owner))
			continue;
		if (keep && *keep == subnet->generation)
			continue;
		remove_one(table, subnet, removed);
		cond_resched();
	}
}

/**
 * flannel_table_sweep - remove entries by owner and generation
 * @fl: the device
 * @owner: whose entries, NULL for all
 * @keep: the generation that stays, NULL for none
 * @result: set to what was done
 *
 * Context: process context, takes the table's lock.
 * Return: 0, or -ENODEV where the device is going.
 */
int flannel_table_sweep(struct flannel_dev *fl, const char *owner,
			const u32 *keep, struct flannel_table_result *result)
{
	struct flannel_table *table = &fl->table;
	LIST_HEAD(removed);
	int err = 0;

	memset(result, 0, sizeof(*result));
	mutex_lock(&table->lock);
	if (table->going) {
		err = -ENODEV;
	} else {
		collect(table, owner, keep, &removed);
		report(fl, FLANNEL_CMD_SUBNET_DEL_NTF, &removed);
		result->removed = free_removed(table, &removed);
	}
	mutex_unlock(&table->lock);
	return err;
}

/**
 * flannel_table_init - make an empty table
 * @table: the table
 *
 * Context: process context.
 * Return: 0 or -ENOMEM.
 */
int flannel_table_init(struct flannel_table *table)
{
	mutex_init(&table->lock);
	flannel_lpm_init(&table->lpm, &table->lock);
	table->subnets = RB_ROOT;
	table->vteps = RB_ROOT;
	return rhltable_init(&table->addrs, &flannel_vtep_addr_params);
}

/**
 * flannel_table_shutdown - empty the table of a device that is going
 * @fl: the device; no packet passes it any more
 *
 * Nobody is told: the link's own removal says it. Cached routes are released
 * here and now, as they must not outlive the network namespace.
 *
 * Context: process context, takes the table's lock.
 */
void flannel_table_shutdown(struct flannel_dev *fl)
{
	struct flannel_table *table = &fl->table;
	LIST_HEAD(removed);

	mutex_lock(&table->lock);
	table->going = true;
	collect(table, NULL, NULL, &removed);
	free_removed(table, &removed);
	mutex_unlock(&table->lock);
}

/**
 * flannel_table_destroy - free what an empty table still has
 * @table: the table, which flannel_table_shutdown() has emptied
 *
 * Context: process context.
 */
void flannel_table_destroy(struct flannel_table *table)
{
	mutex_lock(&table->lock);
	flannel_lpm_destroy(&table->lpm);
	mutex_unlock(&table->lock);
	rhltable_destroy(&table->addrs);
	mutex_destroy(&table->lock);
}
