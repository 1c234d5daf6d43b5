// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * flanctl-genl sync: the table, and routes beside it, become what the registry
 * says. All is read and judged first; what is not understood removes nothing.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/flannel.h>

#include "../direct.h"
#include "../registry/apply.h"
#include "../registry/backend.h"
#include "../registry/target.h"
#include "../resync.h"
#include "../text.h"
#include "cmd.h"
#include "registry_args.h"
#include "usage.h"

#define OWNER		"sync"
#define SHORT_VALUE	120

/**
 * struct sync - A synchronisation.
 * @registry: Name of the registry.
 * @options: How to get in.
 * @strict: A refused entry makes the exit code 2.
 * @allow_empty: The table may become empty.
 * @dev: Name of the device.
 * @data: What the registry holds.
 * @config: Its network config.
 * @backend: Its backend.
 * @link: The device; without an index: @iface is none of ours.
 * @iface: The interface that was named.
 * @addrs: Addresses of the host, the device's left out.
 * @have: The table as it is.
 * @place: Where this node is.
 * @target: What the registry makes of it.
 * @plan: What is to be done.
 * @direct: What is to be done about routes.
 * @refused: How many were refused.
 * @by_kernel: How many of them by the kernel.
 */
struct sync {
	const char *registry;
	struct registry_options options;
	bool strict;
	bool allow_empty;
	const char *dev;
	struct registry_data data;
	struct net_config config;
	const struct backend *backend;
	struct link link;
	struct iface iface;
	struct host_addr_list addrs;
	struct subnet_list have;
	struct place place;
	struct target target;
	struct plan plan;
	struct direct_plan direct;
	uint64_t refused;
	uint64_t by_kernel;
};

static int parse_word(struct args *a, struct sync *s)
{
	uint32_t ifindex;
	bool done;

	if (args_accept(a, "dev"))
		return device_word(a, &ifindex, &s->dev);
	if (args_accept(a, "--strict"))
		s->strict = true;
	else if (args_accept(a, "--allow-empty"))
		s->allow_empty = true;
	else if (registry_option(a, &s->options, &done))
		return EXIT_WRONG;
	else if (!done)
		return args_unknown(a);
	return 0;
}

static int parse(struct args *a, struct sync *s)
{
	if (args_value(a, "sync", &s->registry))
		return EXIT_WRONG;
	while (args_peek(a))
		if (parse_word(a, s))
			return EXIT_WRONG;
	return s->dev ? 0 : fail(EXIT_WRONG, "'dev NAME' is needed");
}

static int choose_backend(struct sync *s)
{
	char quoted[80];

	s->backend = backend_of(&s->config);
	if (s->backend)
		return 0;
	text_quote(quoted, sizeof(quoted), s->config.backend,
		   strlen(s->config.backend));
	return fail(EXIT_REFUSED, "%s: the cluster's backend is '%s', which is not known here",
		    s->registry, quoted);
}

/* host-gw needs no device of ours: the underlay's interface will do. */
static int read_device(struct context *c, struct sync *s)
{
	if (iface_find(c->nl, s->dev, &s->iface))
		return refused(c, "sync dev", s->dev);
	if (!strcmp(s->iface.kind, "flannel"))
		return link_get(c->nl, s->dev, &s->link) ?
		       refused(c, "sync dev", s->dev) : 0;
	if (s->backend->routes)
		return 0;
	return fail(EXIT_REFUSED, "sync: %s is not a flannel device", s->dev);
}

static int read_kernel(struct context *c, struct sync *s)
{
	int err = read_device(c, s);

	if (err)
		return err;
	if (host_addrs(c->nl, &s->addrs))
		return refused(c, "sync dev", s->dev);
	if (!s->link.ifindex)
		return 0;
	if (table_dump(c->nl, s->link.ifindex, NULL, &s->have))
		return refused(c, "sync dev", s->dev);
	return 0;
}

static void find_place(struct sync *s)
{
	const struct link_value *v = s->link.value;

	s->place = (struct place){
		.local = { v[LINK_LOCAL].addr, v[LINK_LOCAL6].addr },
		.underlay = {
			s->link.ifindex ? v[LINK_UNDERLAY].number :
					  s->iface.ifindex,
		},
		.table = &s->have,
		.owner = OWNER,
		.endpoint = s->data.endpoint,
		.endpoints = s->data.endpoints,
	};
	place_hosts(&s->place, &s->addrs, s->link.ifindex);
}

static int aim(struct sync *s)
{
	int err;

	find_place(s);
	err = target_make(&s->target, &s->data, &s->config, &s->place);
	if (!err && !s->target.own && s->data.n)
		warning("no lease has the local address of %s: this node has no subnet",
			s->dev);
	return err;
}

/* All at once is removed only if somebody says so. */
static int check_empty(const struct sync *s)
{
	size_t n = target_loses(&s->target, &s->place);

	if (s->backend->routes)
		n += direct_loses(&s->direct);
	if (!n || s->allow_empty)
		return 0;
	return fail(EXIT_REFUSED, "%s has no usable lease, and %zu would be removed: if that is meant, add --allow-empty",
		    s->registry, n);
}

static int set_network(struct context *c, struct sync *s, enum link_row row,
		       const struct prefix *network)
{
	struct link wanted = { .ifindex = s->link.ifindex };
	const struct link_value *now = &s->link.value[row];
	char ours[PREFIX_TEXT], theirs[PREFIX_TEXT];

	if (!network->addr.len || !s->link.ifindex)
		return 0;
	if (now->set && now->prefix.len) {
		if (prefix_cmp(&now->prefix, network))
			warning("%s has network %s, the registry %s: flanctl-genl link set %s network %s",
				s->dev, prefix_text(&now->prefix, ours),
				prefix_text(network, theirs), s->dev, theirs);
		return 0;
	}
	wanted.value[row].set = true;
	wanted.value[row].prefix = *network;
	return link_change(c->nl, &wanted) ? refused(c, "sync dev", s->dev) :
					     0;
}

static void compare_number(const struct sync *s, enum link_row row,
			   uint32_t wanted)
{
	const struct link_value *now = &s->link.value[row];
	uint32_t is = now->set ? now->number : 0;

	if (is != wanted)
		warning("%s has %s %u, the registry %u: its peers go by that",
			s->dev, link_attrs[row].word, is, wanted);
}

/* The device is not made anew for what the cluster's config has changed to, but
 * nobody is left to wonder why nothing comes through.
 */
static void compare_device(const struct sync *s)
{
	const struct net_config *config = &s->config;
	bool udp = s->backend->encap == FLANNEL_ENCAP_UDP;
	uint32_t mtu = backend_mtu(config, config->mtu);

	if (config->learning)
		warning("%s: Learning has no effect: every peer is in the table",
			s->registry);
	if (!s->link.ifindex || !s->backend->table)
		return;
	compare_number(s, udp ? LINK_UDP_BACKEND : LINK_UDP_DST,
		       backend_port(config));
	if (!udp) {
		compare_number(s, LINK_VNI, config->vni);
		compare_number(s, LINK_GBP, config->gbp);
	}
	if (config->mtu && s->link.mtu != mtu)
		warning("%s has mtu %u, the registry %u less what %s needs: %u",
			s->dev, s->link.mtu, config->mtu, s->backend->name,
			mtu);
}

static uint64_t count_refused(const struct plan *plan)
{
	uint64_t n = 0;
	size_t i;

	for (i = 0; i < plan->n; i++)
		n += plan->v[i].sign == PLAN_REFUSE;
	return n;
}

static int plan_routes(struct context *c, struct sync *s)
{
	struct direct d = {
		.want = &s->target.direct,
		.keep = &s->target.keep,
		.network = { s->config.network, s->config.network6 },
		.dev = s->link.ifindex,
		.overlay = !s->backend->routes,
	};
	int err;

	memcpy(d.underlay, s->place.underlay, sizeof(d.underlay));
	err = direct_make(&s->direct, c->nl, &d);
	if (err == -ENOMEM)
		return fail(EXIT_REFUSED, "out of memory");
	return err ? refused(c, "sync dev", s->dev) : 0;
}

static int apply_routes(struct context *c, struct sync *s)
{
	uint64_t before = count_refused(&s->direct.plan);
	int err = direct_apply(&s->direct, c->nl);

	if (err == -ENOMEM)
		return fail(EXIT_REFUSED, "out of memory");
	s->by_kernel += count_refused(&s->direct.plan) - before;
	return err ? refused(c, "sync dev", s->dev) : 0;
}

static int apply(struct context *c, struct sync *s)
{
	uint32_t generation = resync_generation(&s->have, OWNER);
	uint64_t before;
	int err;

	if (!s->link.ifindex)
		return 0;
	if (plan_make(&s->plan, &s->target.want, &s->have, &s->target.keep,
		      OWNER))
		return fail(EXIT_REFUSED, "out of memory");
	before = count_refused(&s->plan);
	err = plan_apply(&s->plan, c->nl, s->link.ifindex, OWNER, generation);
	if (err == -ENOMEM)
		return fail(EXIT_REFUSED, "out of memory");
	s->by_kernel += count_refused(&s->plan) - before;
	return err ? refused(c, "sync dev", s->dev) : 0;
}

static void show_item(struct printer *p, const struct plan_item *item,
		      bool direct)
{
	char sign[] = { (char)item->sign, '\0' }, why[JSON_WHY];

	print_object(p, NULL);
	print_value(p, "change", sign);
	print_prefix(p, "prefix", &item->new.prefix);
	if (item->new.local)
		print_flag(p, "local");
	else
		print_addr(p, "via", &item->new.via);
	if (direct)
		print_flag(p, "direct");
	print_value(p, "reason", plan_reason(item, why));
	print_object_end(p);
}

static void show_items(struct printer *p, struct sync *s,
		       const struct plan *plan, struct counts *n)
{
	const struct plan_item *item;
	size_t i;

	for (i = 0; i < plan->n; i++) {
		item = &plan->v[i];
		n->added += item->sign == PLAN_ADD;
		n->changed += item->sign == PLAN_CHANGE;
		n->removed += item->sign == PLAN_REMOVE;
		n->unchanged += item->sign == PLAN_SAME ||
				item->sign == PLAN_LEAVE;
		s->refused += item->sign == PLAN_REFUSE;
		if (item->sign != PLAN_SAME && item->sign != PLAN_LEAVE)
			show_item(p, item, plan == &s->direct.plan);
	}
}

static int warn_refused(void *arg, const struct lease *l, int half)
{
	char key[80], value[SHORT_VALUE], why[JSON_WHY];
	const struct sync *s = arg;

	text_quote(key, sizeof(key), l->entry->key, l->entry->key_len);
	text_quote(value, sizeof(value), l->entry->value,
		   l->entry->value_len);
	warning("%s: refused: %s: %s: %s", s->registry, key, value,
		lease_why(l, half, why));
	return 0;
}

static int show_refused(void *arg, const struct lease *l, int half)
{
	char key[80], why[JSON_WHY];
	struct printer *p = arg;

	print_object(p, NULL);
	print_value(p, "change", "!");
	print_value(p, "key", text_quote(key, sizeof(key), l->entry->key,
					 l->entry->key_len));
	if (half >= 0 && l->half[0].there && l->half[1].there)
		print_prefix(p, "prefix", &l->half[half].prefix);
	print_value(p, "reason", lease_why(l, half, why));
	print_object_end(p);
	return 0;
}

static uint64_t count_leases(const struct lease_list *leases)
{
	const struct lease *l;
	uint64_t n = 0;
	size_t i;

	for (i = 0; i < leases->n; i++) {
		l = &leases->v[i];
		n += l->refused ? 1 : !!l->half[0].refused +
				      !!l->half[1].refused;
	}
	return n;
}

static int show(struct context *c, struct sync *s)
{
	struct counts n = {};

	print_start(&c->out);
	show_items(&c->out, s, &s->plan, &n);
	show_items(&c->out, s, &s->direct.plan, &n);
	target_each_refused(&s->target, show_refused, &c->out);
	s->refused += count_leases(&s->target.leases);
	print_object(&c->out, NULL);
	counts_print(&c->out, &n);
	print_count(&c->out, "refused", s->refused);
	print_object_end(&c->out);
	if (context_finish(c))
		return EXIT_REFUSED;
	return s->by_kernel || (s->strict && s->refused) ? EXIT_REFUSED :
							   EXIT_DONE;
}

static int run(struct context *c, struct sync *s)
{
	int err;

	err = registry_read(s->registry, &s->options, &s->data, &s->config);
	if (!err)
		err = choose_backend(s);
	if (!err)
		err = read_kernel(c, s);
	if (!err)
		err = aim(s);
	if (!err)
		err = plan_routes(c, s);
	if (err)
		return err;
	target_each_refused(&s->target, warn_refused, s);
	compare_device(s);
	err = check_empty(s);
	if (err)
		return err;
	err = set_network(c, s, LINK_NET4, &s->config.network);
	if (!err)
		err = set_network(c, s, LINK_NET6, &s->config.network6);
	/* What a peer is reached by is there before what it was goes. */
	if (!err && s->backend->routes)
		err = apply_routes(c, s);
	if (!err)
		err = apply(c, s);
	if (!err && !s->backend->routes)
		err = apply_routes(c, s);
	return err ? err : show(c, s);
}

static int sync_run(struct context *c, struct args *a)
{
	struct sync s = {};
	int err, lock;

	if (parse(a, &s))
		return EXIT_WRONG;
	lock = resync_lock();
	err = lock < 0 ? EXIT_REFUSED : run(c, &s);
	if (lock >= 0)
		close(lock);
	plan_free(&s.plan);
	direct_free(&s.direct);
	subnet_list_free(&s.have);
	target_free(&s.target);
	free(s.addrs.v);
	registry_clear(&s.data);
	return err;
}

const struct object sync_object = {
	.name = "sync",
	.run = sync_run,
	.usage = SYNC_USAGE,
};
