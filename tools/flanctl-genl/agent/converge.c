// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * From what the kernel has to what the registry wants: device, table, routes.
 * What is there is read from the kernel each time; nothing is remembered that
 * could be wrong.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../direct.h"
#include "../error.h"
#include "../registry/apply.h"
#include "../resync.h"
#include "../text.h"
#include "agent.h"
#include "paths.h"
#include "service.h"

/* So few entries may always be removed. */
#define HOLD_MIN	10

/**
 * struct view - The kernel as it is, and what should be.
 * @table: The device's table, of all owners.
 * @addrs: Addresses of the host, the device's left out.
 * @place: Where this node is.
 * @target: What the registry makes of it.
 * @said: What is said to be refused in this step.
 */
struct view {
	struct subnet_list table;
	struct host_addr_list addrs;
	struct place place;
	struct target target;
	struct log said;
};

static void set_number(struct link *l, enum link_row row, uint32_t number)
{
	l->value[row].set = true;
	l->value[row].number = number;
}

static void set_network(struct link *l, enum link_row row,
			const struct prefix *network)
{
	l->value[row].set = network->addr.len;
	l->value[row].prefix = *network;
}

static void set_addr(struct link *l, enum link_row row, const struct addr *a)
{
	l->value[row].set = a->len;
	l->value[row].addr = *a;
}

static void set_mac(struct link *l, enum link_row row, const struct mac *mac)
{
	l->value[row].set = true;
	l->value[row].mac = *mac;
}

/* The MAC that peers know: of our lease, if the registry has it already. */
static bool stored_mac(const struct agent *a, struct mac mac[static 2])
{
	struct lease_list leases = {};
	const struct lease *l = NULL;
	struct own_wish wish = {
		.config = &a->config,
		.public = { a->iface.public_ip[0], a->iface.public_ip[1] },
	};
	bool found = false;
	size_t i;

	if (lease_list_parse(&leases, a->data, &a->config))
		return false;
	for (i = 0; i < leases.n && !l; i++)
		if (leases.v[i].entry->own)
			l = &leases.v[i];
	if (!l)
		l = own_find(&leases, &wish);
	if (l && !l->bad_value && (l->half[0].has_mac || l->half[1].has_mac)) {
		mac[0] = l->half[l->half[0].has_mac ? 0 : 1].mac;
		mac[1] = l->half[l->half[1].has_mac ? 1 : 0].mac;
		found = !mac_not_unicast(&mac[0]) && !mac_not_unicast(&mac[1]);
	}
	lease_list_free(&leases);
	return found;
}

static void choose_mac(struct agent *a, struct link *l)
{
	struct mac mac[2];

	if (!device_has_mac(a->nl, a->device.name, mac) && !stored_mac(a, mac))
		return;
	set_mac(l, LINK_ADDRESS, &mac[0]);
	set_mac(l, LINK_ADDRESS6, &mac[1]);
}

static void choose_name(struct agent *a)
{
	struct device_wish *d = &a->device;

	if (!strcmp(a->backend->name, "udp"))
		snprintf(d->name, sizeof(d->name), "flannel0");
	else
		snprintf(d->name, sizeof(d->name), "flannel.%u",
			 a->config.vni);
}

static void wish_device(struct agent *a)
{
	const struct net_config *c = &a->config;
	struct device_wish *d = &a->device;
	struct link *l = &d->link;
	bool udp = !strcmp(a->backend->name, "udp");

	memset(d, 0, sizeof(*d));
	choose_name(a);
	set_number(l, LINK_VNI, c->vni);
	set_number(l, LINK_UDP_DST, udp ? 0 : backend_port(c));
	set_number(l, LINK_UDP_BACKEND, udp ? backend_port(c) : 0);
	set_number(l, LINK_GBP, c->gbp);
	set_number(l, LINK_UNDERLAY, a->iface.ifindex);
	set_number(l, LINK_SOURCE_CHECK, a->o.source_check);
	set_addr(l, LINK_LOCAL, &a->iface.addr[0]);
	set_addr(l, LINK_LOCAL6, &a->iface.addr[1]);
	set_network(l, LINK_NET4, &c->network);
	set_network(l, LINK_NET6, &c->network6);
	l->mtu = backend_mtu(c, a->iface.mtu);
	d->network[0] = c->network;
	d->network[1] = c->network6;
	choose_mac(a, l);
}

static bool has_subnets(const struct agent *a)
{
	return a->claim == CLAIM_HELD || a->claim == CLAIM_LOST;
}

static void find_place(const struct agent *a, struct view *v)
{
	v->place = (struct place){
		.local = { a->iface.addr[0], a->iface.addr[1] },
		.underlay = { a->iface.ifindex },
		.table = &v->table,
		.owner = AGENT_OWNER,
		.endpoint = a->data->endpoint,
		.endpoints = a->data->endpoints,
		.own_key = *a->key ? a->key : NULL,
	};
	place_hosts(&v->place, &v->addrs, a->link.ifindex);
}

/* Our own subnet is ours before the registry tells us so. */
static int want_own(const struct agent *a, struct target *t)
{
	const struct prefix *own[] = { &a->own.v4, &a->own.v6 };
	struct subnet s = { .local = true };
	int i;

	if (t->own || !a->backend->table || !has_subnets(a))
		return 0;
	for (i = 0; i < 2; i++) {
		s.prefix = *own[i];
		if (own[i]->addr.len && subnet_list_add(&t->want, &s))
			return -1;
	}
	return 0;
}

static void view_free(struct view *v)
{
	target_free(&v->target);
	subnet_list_free(&v->table);
	free(v->addrs.v);
}

static enum step look(struct agent *a, struct view *v)
{
	int err = host_addrs(a->nl, &v->addrs);

	if (!err && a->link.ifindex)
		err = table_dump(a->nl, a->link.ifindex, NULL, &v->table);
	if (err)
		return agent_stop(a, STEP_FAILED, "cannot read the kernel's tables: %s",
				  netlink_why(a->nl));
	find_place(a, v);
	if (target_make(&v->target, a->data, &a->config, &v->place) ||
	    want_own(a, &v->target))
		return agent_stop(a, STEP_FAILED, "out of memory");
	return STEP_DONE;
}

/**
 * struct refusal - Refused leases being told.
 * @agent: The agent.
 * @view: What is said in this step.
 */
struct refusal {
	struct agent *agent;
	struct view *view;
};

static int tell_refused(void *arg, const struct lease *l, int half)
{
	char key[80], why[JSON_WHY], line[sizeof(key) + sizeof(why) + 32];
	struct refusal *r = arg;

	text_quote(key, sizeof(key), l->entry->key, l->entry->key_len);
	snprintf(line, sizeof(line), "lease %s is refused: %s", key,
		 lease_why(l, half, why));
	log_line(&r->agent->said, &r->view->said, line);
	r->agent->figures.refused++;
	return 0;
}

static void tell_all_refused(struct agent *a, struct view *v)
{
	struct refusal r = { .agent = a, .view = v };

	a->figures.refused = 0;
	target_each_refused(&v->target, tell_refused, &r);
}

static bool hold_is_over(struct agent *a, uint64_t removed)
{
	uint64_t now = uv_now(a->loop);

	if (a->allow_deletion || !a->o.hold ||
	    (a->hold_since && now - a->hold_since >= a->o.hold * 1000ull))
		return true;
	if (a->hold_since)
		return false;
	a->hold_since = now ? now : 1;
	warning("agent: %llu entries would be removed at once; they are held back for %u s while the registry is read again: kill -USR1 to remove them now",
		(unsigned long long)removed, a->o.hold);
	a->registry->ops->relist(a->registry);
	return false;
}

/* More than half of the table is not removed as if it were nothing. */
static void hold_deletions(struct agent *a, struct plan *plan)
{
	uint64_t removed = 0, kept = 0;
	size_t i;

	for (i = 0; i < plan->n; i++) {
		removed += plan->v[i].sign == PLAN_REMOVE;
		kept += plan->v[i].has_old && plan->v[i].sign != PLAN_REMOVE;
	}
	a->figures.held_back = 0;
	if (removed <= HOLD_MIN || removed <= kept) {
		a->hold_since = 0;
		a->allow_deletion = false;
		return;
	}
	if (hold_is_over(a, removed))
		return;
	a->figures.held_back = removed;
	for (i = 0; i < plan->n; i++)
		if (plan->v[i].sign == PLAN_REMOVE)
			plan->v[i].sign = PLAN_SAME;
}

static void count(struct agent *a, const struct plan *plan)
{
	size_t i;

	a->figures.peers = 0;
	for (i = 0; i < plan->n; i++) {
		const struct plan_item *item = &plan->v[i];

		a->figures.added += item->sign == PLAN_ADD;
		a->figures.changed += item->sign == PLAN_CHANGE;
		a->figures.removed += item->sign == PLAN_REMOVE;
		a->figures.peers += item->sign != PLAN_REMOVE &&
				    item->sign != PLAN_REFUSE &&
				    !item->new.local;
	}
}

static void item_text(const struct plan_item *item, char *buf, size_t size)
{
	char prefix[PREFIX_TEXT], via[ADDR_TEXT], why[JSON_WHY];

	snprintf(buf, size, "%c %s %s %s", item->sign,
		 prefix_text(&item->new.prefix, prefix),
		 item->new.local ? "local" : addr_text(&item->new.via, via),
		 plan_reason(item, why));
}

static bool is_change(const struct plan_item *item)
{
	return item->sign == PLAN_ADD || item->sign == PLAN_CHANGE ||
	       item->sign == PLAN_REMOVE;
}

/* What is refused stays so, and is said once. */
static void say_changes(struct agent *a, struct view *v,
			const struct plan *plan)
{
	char line[PREFIX_TEXT + ADDR_TEXT + JSON_WHY + 8];
	size_t i, n = 0;

	for (i = 0; i < plan->n; i++)
		n += is_change(&plan->v[i]);
	if (n > HOLD_MIN)
		note("agent: %zu entries of the table change", n);
	for (i = 0; i < plan->n; i++) {
		bool refused = plan->v[i].sign == PLAN_REFUSE;

		if (!refused && !(is_change(&plan->v[i]) && n <= HOLD_MIN))
			continue;
		item_text(&plan->v[i], line, sizeof(line));
		if (refused)
			log_line(&a->said, &v->said, line);
		else
			note("agent: %s", line);
		a->figures.refused += refused;
	}
}

static enum step fill_table(struct agent *a, struct view *v)
{
	enum step step = STEP_DONE;
	struct plan plan = {};
	int err;

	if (plan_make(&plan, &v->target.want, &v->table, &v->target.keep,
		      AGENT_OWNER)) {
		plan_free(&plan);
		return agent_stop(a, STEP_FAILED, "out of memory");
	}
	hold_deletions(a, &plan);
	err = plan_apply_changes(&plan, a->nl, a->link.ifindex, AGENT_OWNER,
				 1);
	if (err)
		step = agent_stop(a, STEP_FAILED, "cannot write the table: %s",
				  err == -ENOMEM ? "out of memory" :
						   netlink_why(a->nl));
	else
		count(a, &plan);
	say_changes(a, v, &plan);
	plan_free(&plan);
	return step;
}

/* Which it is can change, and is no news otherwise. */
static void say_paths(struct agent *a, int i, bool per_subnet)
{
	enum agent_routes now = per_subnet ? ROUTES_PER_SUBNET :
					     ROUTES_AGGREGATE;

	if (a->paths_said[i] == now)
		return;
	a->paths_said[i] = now;
	note("agent: %s: one route %s", i ? "IPv6" : "IPv4",
	     per_subnet ? "a subnet" : "for the cluster network");
}

static enum step make_paths(struct agent *a, struct view *v)
{
	struct paths_wish wish = {
		.ifindex = a->link.ifindex,
		.network = { a->config.network, a->config.network6 },
		.own = { a->own.v4, a->own.v6 },
		.peers = &v->target.want,
		.routes = a->o.routes,
		.blackhole = a->o.ip_blackhole_route,
		.direct = a->config.direct,
	};
	bool per_subnet[2] = {};
	char why[JSON_WHY];
	int i;

	if (paths_ensure(a->nl, &wish, per_subnet, why))
		return agent_stop(a, STEP_FAILED, "%s", why);
	if (*why)
		log_line(&a->said, &v->said, why);
	for (i = 0; i < 2; i++)
		if (wish.network[i].addr.len)
			say_paths(a, i, per_subnet[i]);
	return STEP_DONE;
}

/* Peers on the link, and with host-gw all of them; with another backend none,
 * where there may be routes of a config that there was before. Where the table
 * has the peer as well, no deletion is worth holding back.
 */
static enum step make_direct(struct agent *a, struct view *v)
{
	struct direct d = {
		.want = &v->target.direct,
		.keep = &v->target.keep,
		.network = { a->config.network, a->config.network6 },
		.underlay = { a->iface.ifindex },
		.dev = a->link.ifindex,
		.overlay = a->backend->table,
	};
	struct direct_plan p = {};
	enum step step = STEP_DONE;
	int err;

	err = direct_make(&p, a->nl, &d);
	if (!err && a->backend->routes)
		hold_deletions(a, &p.plan);
	if (!err)
		err = direct_apply(&p, a->nl);
	if (err)
		step = agent_stop(a, STEP_FAILED, "cannot write routes: %s",
				  err == -ENOMEM ? "out of memory" :
						   netlink_why(a->nl));
	else if (a->backend->routes)
		count(a, &p.plan);
	say_changes(a, v, &p.plan);
	direct_free(&p);
	return step;
}

static enum step have_device(struct agent *a, enum device_state *state)
{
	char why[JSON_WHY];

	wish_device(a);
	*state = device_ensure(a->nl, &a->device, &a->link, why);
	if (*state == DEVICE_MADE)
		note("agent: device %s is made", a->device.name);
	if (*state == DEVICE_STOCK)
		note("agent: device %s is stock flannel's: taking its place",
		     a->device.name);
	if (*state != DEVICE_FAILED && *state != DEVICE_REFUSED)
		return STEP_DONE;
	memset(&a->link, 0, sizeof(a->link));
	return agent_stop(a, *state == DEVICE_REFUSED && !a->started ?
			     STEP_FATAL : STEP_UNABLE, "%s", why);
}

static enum step put_up(struct agent *a, struct view *v,
			enum device_state state)
{
	char why[JSON_WHY];

	a->device.base[0] = a->own.v4.addr;
	a->device.base[1] = a->own.v6.addr;
	if (state == DEVICE_STOCK &&
	    takeover_finish(a->nl, &a->device, a->link.ifindex, why))
		return agent_stop(a, STEP_FAILED, "%s", why);
	if (device_finish(a->nl, &a->device, &a->link, why))
		return agent_stop(a, STEP_FAILED, "%s", why);
	if (a->config.direct &&
	    loose_ensure(a->nl, a->device.name, a->link.ifindex))
		return agent_stop(a, STEP_FAILED, "cannot loosen rp_filter of %s: %s",
				  a->device.name, netlink_why(a->nl));
	return make_paths(a, v);
}

/* This node has its subnets, also when the lease is another's by now. */
static enum step serve(struct agent *a, struct view *v,
		       enum device_state state)
{
	enum step step = STEP_DONE;

	if (a->link.ifindex)
		step = put_up(a, v, state);
	if (!step)
		step = make_direct(a, v);
	if (!step && service_vteps(a->service, &v->target.want))
		step = agent_stop(a, STEP_FAILED, "out of memory");
	return step;
}

/**
 * agent_converge - Make the kernel what the registry wants
 * @a: The agent; its config and interface are known.
 *
 * The device is filled before it is put up or takes stock's place, which waits
 * until this node's lease is ours.
 *
 * Return: STEP_DONE; STEP_WAIT until the lease is ours.
 */
enum step agent_converge(struct agent *a)
{
	enum device_state state = DEVICE_THERE;
	struct view v = {};
	enum step step = STEP_DONE, lease;

	if (a->backend->table)
		step = have_device(a, &state);
	if (step)
		return step;
	lease = agent_lease(a);
	/* What was at work before we started goes on, lease or not. */
	if (lease && a->claim != CLAIM_LOST &&
	    !(lease == STEP_WAIT && a->link.ifindex && a->link.up))
		return lease;
	if (!look(a, &v)) {
		tell_all_refused(a, &v);
		if (a->link.ifindex && fill_table(a, &v))
			step = STEP_FAILED;
		else if (!lease || a->claim == CLAIM_LOST)
			step = serve(a, &v, state);
		log_end(&a->said, &v.said);
	} else {
		step = STEP_FAILED;
	}
	view_free(&v);
	return step ? step : lease;
}
