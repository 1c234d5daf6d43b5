// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The node's flannel device: made, changed where it differs, made anew where
 * the kernel cannot change it; its addresses. It is filled before it is put
 * up, so that nothing is ever lost on the way from one state to another.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device.h"

#define TEMPORARY	"flannel-new"

static bool value_differs(enum link_row row, const struct link_value *a,
			  const struct link_value *b)
{
	switch (link_attrs[row].type) {
	case LINK_IP4:
	case LINK_IP6:
		return addr_cmp(&a->addr, &b->addr);
	case LINK_MAC:
		return memcmp(&a->mac, &b->mac, sizeof(a->mac));
	case LINK_NETWORK:
		return prefix_cmp(&a->prefix, &b->prefix);
	default:
		return a->number != b->number;
	}
}

/* What of @want is not so yet: the index, and only those attributes. */
static bool difference(const struct link *want, const struct link *now,
		       struct link *change)
{
	bool any = false;
	int row;

	memset(change, 0, sizeof(*change));
	change->ifindex = now->ifindex;
	for (row = 0; row < LINK_ROWS; row++) {
		if (!want->value[row].set ||
		    (now->value[row].set &&
		     !value_differs(row, &want->value[row], &now->value[row])))
			continue;
		change->value[row] = want->value[row];
		any = true;
	}
	if (want->mtu && want->mtu != now->mtu) {
		change->mtu = want->mtu;
		any = true;
	}
	return any;
}

static enum device_state failed(struct netlink *nl, char *why,
				const char *what, const char *name)
{
	snprintf(why, JSON_WHY, "%s %s: %s", what, name, netlink_why(nl));
	return DEVICE_FAILED;
}

static enum device_state make(struct netlink *nl,
			      const struct device_wish *wish,
			      const char *name, struct link *now, char *why)
{
	struct link want = wish->link;

	snprintf(want.name, sizeof(want.name), "%s", name);
	want.ifindex = 0;
	if (link_create(nl, &want) || link_get(nl, name, now))
		return failed(nl, why, "cannot make", name);
	return DEVICE_MADE;
}

static enum device_state adapt(struct netlink *nl,
			       const struct device_wish *wish,
			       struct link *now, char *why)
{
	struct link change;
	int err;

	if (link_get(nl, wish->name, now))
		return failed(nl, why, "cannot read", wish->name);
	if (!difference(&wish->link, now, &change))
		return DEVICE_THERE;
	err = link_change(nl, &change);
	if (!err && !link_get(nl, wish->name, now))
		return DEVICE_THERE;
	/* The VNI and ports are the device's for life. Whatever else does not
	 * work, a device that does not fit is better than none.
	 */
	if (err != -EOPNOTSUPP)
		return failed(nl, why, "cannot change", wish->name);
	if (link_delete(nl, now->ifindex))
		return failed(nl, why, "cannot replace", wish->name);
	return make(nl, wish, wish->name, now, why);
}

/* One that is left from an agent that died in the middle; not another's. */
static bool find_temporary(struct netlink *nl, const struct device_wish *wish,
			   struct link *old)
{
	return !link_get(nl, TEMPORARY, old) && old->flannel &&
	       old->value[LINK_VNI].number ==
	       wish->link.value[LINK_VNI].number;
}

static void drop_temporary(struct netlink *nl, const struct device_wish *wish)
{
	struct link old;

	if (find_temporary(nl, wish, &old))
		link_delete(nl, old.ifindex);
}

/* Stock's device was deleted already: ours is filled, and only has its name. */
static enum device_state make_or_adopt(struct netlink *nl,
				       const struct device_wish *wish,
				       struct link *now, char *why)
{
	struct link old;

	if (find_temporary(nl, wish, &old) &&
	    !iface_rename(nl, old.ifindex, wish->name))
		return adapt(nl, wish, now, why);
	return make(nl, wish, wish->name, now, why);
}

/**
 * device_ensure - Make the device what it should be
 * @nl: The kernel.
 * @wish: What it should be.
 * @now: What it is, also under another name for DEVICE_STOCK.
 * @why: What is wrong, for DEVICE_FAILED and DEVICE_REFUSED.
 *
 * A device of another kind than ours and stock flannel's is left alone; so is
 * stock's as long as ours could not take its place.
 *
 * Return: How it went.
 */
enum device_state device_ensure(struct netlink *nl,
				const struct device_wish *wish,
				struct link *now, char why[static JSON_WHY])
{
	struct iface i;
	int err = iface_find(nl, wish->name, &i);

	if (err && err != -ENODEV)
		return failed(nl, why, "cannot find", wish->name);
	if (err)
		return make_or_adopt(nl, wish, now, why);
	if (!strcmp(i.kind, "flannel"))
		return adapt(nl, wish, now, why);
	if (strcmp(i.kind, "vxlan")) {
		snprintf(why, JSON_WHY, "%s is there and is not flannel's: it is of kind '%s'",
			 wish->name, i.kind);
		return DEVICE_REFUSED;
	}
	if (takeover_preflight(nl, wish, why))
		return DEVICE_REFUSED;
	drop_temporary(nl, wish);
	if (make(nl, wish, TEMPORARY, now, why) == DEVICE_FAILED)
		return DEVICE_REFUSED;
	return DEVICE_STOCK;
}

static bool in_network(const struct device_wish *wish, const struct addr *a)
{
	const struct prefix *network = &wish->network[a->len == 4 ? 0 : 1];

	return network->addr.len && prefix_contains(network, a);
}

static int fix_addresses(struct netlink *nl, const struct device_wish *wish,
			 uint32_t ifindex, const struct host_addr_list *list)
{
	bool there[2] = {};
	int err = 0, f;
	size_t i;

	for (i = 0; i < list->n; i++) {
		const struct host_addr *a = &list->v[i];

		f = a->addr.len == 4 ? 0 : 1;
		if (a->ifindex != ifindex)
			continue;
		if (wish->base[f].len && !addr_cmp(&a->addr, &wish->base[f]) &&
		    a->net.len == a->addr.len * 8)
			there[f] = true;
		else if (in_network(wish, &a->addr))
			err |= host_addr_delete(nl, ifindex, &a->addr,
						a->net.len);
	}
	for (f = 0; f < 2 && !err; f++)
		if (wish->base[f].len && !there[f])
			err = host_addr_add(nl, ifindex, &wish->base[f],
					    wish->base[f].len * 8, true);
	return err == -EEXIST ? 0 : err;
}

/**
 * device_finish - Put up a device that is filled, with its addresses
 * @nl: The kernel.
 * @wish: What it should be.
 * @now: What device_ensure() found.
 * @why: What is wrong.
 *
 * Return: 0 or negative errno.
 */
int device_finish(struct netlink *nl, const struct device_wish *wish,
		  const struct link *now, char why[static JSON_WHY])
{
	struct host_addr_list list = {};
	int err;

	err = host_addrs(nl, &list);
	if (!err)
		err = fix_addresses(nl, wish, now->ifindex, &list);
	if (!err && !now->up)
		err = iface_set_up(nl, now->ifindex, true);
	free(list.v);
	if (err)
		failed(nl, why, "cannot put up", wish->name);
	return err;
}

/**
 * device_has_mac - The VTEP MACs that a device has now
 * @nl: The kernel.
 * @name: Its name: ours, or stock flannel's.
 * @mac: Where they go, by inner family.
 *
 * Return: false if there is no such device.
 */
bool device_has_mac(struct netlink *nl, const char *name,
		    struct mac mac[static 2])
{
	struct iface i;
	struct link l;

	if (iface_find(nl, name, &i))
		return false;
	if (!strcmp(i.kind, "vxlan"))
		return !takeover_stock_mac(nl, name, mac);
	if (strcmp(i.kind, "flannel") || link_get(nl, name, &l) ||
	    !l.value[LINK_ADDRESS].set)
		return false;
	mac[0] = l.value[LINK_ADDRESS].mac;
	mac[1] = l.value[LINK_ADDRESS6].set ? l.value[LINK_ADDRESS6].mac :
					      mac[0];
	return true;
}
