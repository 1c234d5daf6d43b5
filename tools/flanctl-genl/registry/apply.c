// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * A plan into the kernel: what is to be written in large requests with a new
 * generation, then a sweep of the rest. An entry that the kernel refuses is
 * found and left out, so that it does not take a whole request with it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apply.h"

/**
 * struct work - A plan that is being applied.
 * @plan: The plan.
 * @nl: The kernel.
 * @ifindex: The device.
 * @list: What is to be written.
 * @item: The item of each entry of @list.
 * @made_room: What is gone has been removed already.
 */
struct work {
	struct plan *plan;
	struct netlink *nl;
	uint32_t ifindex;
	struct subnet_list list;
	struct plan_item **item;
	bool made_room;
};

/* Errors that are about an entry, not about the request or the device. */
static bool entry_is_bad(int err)
{
	return err == -EINVAL || err == -ERANGE || err == -EOPNOTSUPP ||
	       err == -EAFNOSUPPORT || err == -EADDRNOTAVAIL ||
	       err == -EEXIST;
}

/* The entry that was refused keeps its old value, if it has one. */
static int refuse(struct work *w, size_t i)
{
	struct plan_item *item = w->item[i];
	uint32_t generation = item->new.generation;
	struct counts ignored = {};

	item->sign = PLAN_REFUSE;
	item->why = strdup(netlink_why(w->nl));
	if (!item->why)
		return -ENOMEM;
	if (!item->has_old)
		return 0;
	item->new = item->old;
	item->new.generation = generation;
	return table_write(w->nl, w->ifindex, &item->new, 1, false, &ignored);
}

/* The table is full: what is to be removed goes first. */
static int make_room(struct work *w)
{
	struct subnet_list gone = {};
	struct counts ignored = {};
	size_t i, done, n;
	int err = 0;

	w->made_room = true;
	for (i = 0; i < w->plan->n && !err; i++)
		if (w->plan->v[i].sign == PLAN_REMOVE &&
		    subnet_list_add(&gone, &w->plan->v[i].old))
			err = -ENOMEM;
	for (done = 0; done < gone.n && !err; done += n) {
		n = table_batch(gone.v + done, gone.n - done);
		err = table_delete(w->nl, w->ifindex, gone.v + done, n,
				   &ignored);
	}
	subnet_list_free(&gone);
	return err;
}

static int write_range(struct work *w, size_t first, size_t n)
{
	struct counts ignored = {};
	long entry;
	int err;

	if (!n)
		return 0;
	err = table_write(w->nl, w->ifindex, w->list.v + first, n, false,
			  &ignored);
	if (err == -ENOSPC && !w->made_room)
		return make_room(w) ? err : write_range(w, first, n);
	if (!entry_is_bad(err))
		return err;
	if (n == 1)
		return refuse(w, first);
	entry = netlink_entry(w->nl);
	if (entry >= 0 && (size_t)entry < n) {
		err = refuse(w, first + (size_t)entry);
		if (!err)
			err = write_range(w, first, (size_t)entry);
		if (!err)
			err = write_range(w, first + (size_t)entry + 1,
					  n - (size_t)entry - 1);
		return err;
	}
	err = write_range(w, first, n / 2);
	return err ? err : write_range(w, first + n / 2, n - n / 2);
}

static int collect(struct work *w, bool (*wanted)(const struct plan_item *),
		   const char *owner, uint32_t generation)
{
	struct plan_item *item;
	size_t i;

	w->item = calloc(w->plan->n + 1, sizeof(struct plan_item *));
	if (!w->item)
		return -ENOMEM;
	for (i = 0; i < w->plan->n; i++) {
		item = &w->plan->v[i];
		if (!wanted(item))
			continue;
		snprintf(item->new.owner, sizeof(item->new.owner), "%s",
			 owner);
		item->new.generation = generation;
		w->item[w->list.n] = item;
		if (subnet_list_add(&w->list, &item->new))
			return -ENOMEM;
	}
	return 0;
}

static int write_all(struct work *w)
{
	size_t done, n;
	int err = 0;

	for (done = 0; done < w->list.n && !err; done += n) {
		n = table_batch(w->list.v + done, w->list.n - done);
		err = write_range(w, done, n);
	}
	return err;
}

/**
 * plan_apply - Make the table what a plan says
 * @plan: The plan; items that the kernel refuses become PLAN_REFUSE.
 * @nl: The kernel.
 * @ifindex: The device.
 * @owner: Whose entries they are.
 * @generation: One that none of the owner's entries has.
 *
 * Nothing is removed unless everything else was written.
 *
 * Return: 0 or negative errno with netlink_why().
 */
int plan_apply(struct plan *plan, struct netlink *nl, uint32_t ifindex,
	       const char *owner, uint32_t generation)
{
	struct work w = { .plan = plan, .nl = nl, .ifindex = ifindex };
	struct counts ignored = {};
	int err;

	err = collect(&w, plan_writes, owner, generation);
	if (!err)
		err = write_all(&w);
	if (!err)
		err = table_sweep(nl, ifindex, owner, generation, &ignored);
	subnet_list_free(&w.list);
	free(w.item);
	return err;
}

static bool is_change(const struct plan_item *item)
{
	return item->sign == PLAN_ADD || item->sign == PLAN_CHANGE;
}

/**
 * plan_apply_changes - Write only what a plan changes
 * @plan: The plan, made from the table as it is; items that the kernel refuses
 *	become PLAN_REFUSE.
 * @nl: The kernel.
 * @ifindex: The device.
 * @owner: Whose entries they are.
 * @generation: Of what is written.
 *
 * Nothing is removed unless everything else was written.
 *
 * Return: 0 or negative errno with netlink_why().
 */
int plan_apply_changes(struct plan *plan, struct netlink *nl, uint32_t ifindex,
		       const char *owner, uint32_t generation)
{
	struct work w = { .plan = plan, .nl = nl, .ifindex = ifindex };
	int err;

	err = collect(&w, is_change, owner, generation);
	if (!err)
		err = write_all(&w);
	if (!err && !w.made_room)
		err = make_room(&w);
	subnet_list_free(&w.list);
	free(w.item);
	return err;
}
