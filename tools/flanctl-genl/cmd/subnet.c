// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * flanctl-genl subnet: entries of the table.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../text.h"
#include "../way.h"
#include "cmd.h"

static int need_dev(uint32_t ifindex)
{
	return ifindex ? 0 : fail(EXIT_WRONG, "'dev NAME' is needed");
}

static int parse_words(struct args *a, struct subnet *s, uint32_t *ifindex)
{
	bool done;

	while (args_peek(a)) {
		if (args_accept(a, "dev")) {
			if (device_word(a, ifindex, NULL))
				return EXIT_WRONG;
			continue;
		}
		if (subnet_parse_word(a, s, &done))
			return EXIT_WRONG;
		if (!done)
			return args_unknown(a);
	}
	return need_dev(*ifindex) || subnet_check(s) ? EXIT_WRONG : 0;
}

static int write_one(struct context *c, struct args *a, const char *what,
		     bool exclusive)
{
	char text[PREFIX_TEXT];
	struct subnet s = {};
	struct counts n = {};
	uint32_t ifindex = 0;

	if (subnet_parse_prefix(a, &s.prefix) || parse_words(a, &s, &ifindex))
		return EXIT_WRONG;
	if (table_write(c->nl, ifindex, &s, 1, exclusive, &n))
		return refused(c, what, prefix_text(&s.prefix, text));
	return EXIT_DONE;
}

static int subnet_add(struct context *c, struct args *a)
{
	return write_one(c, a, "subnet add", true);
}

static int subnet_replace(struct context *c, struct args *a)
{
	return write_one(c, a, "subnet replace", false);
}

static int subnet_del(struct context *c, struct args *a)
{
	char text[PREFIX_TEXT];
	struct subnet s = {};
	struct counts n = {};
	uint32_t ifindex;

	if (subnet_parse_prefix(a, &s.prefix) || device_only(a, &ifindex) ||
	    need_dev(ifindex))
		return EXIT_WRONG;
	if (table_delete(c->nl, ifindex, &s, 1, &n))
		return refused(c, "subnet del", prefix_text(&s.prefix, text));
	return EXIT_DONE;
}

static void show_one(struct context *c, const struct subnet *s,
		     const struct way *way)
{
	print_object(&c->out, NULL);
	if (c->brief)
		print_prefix(&c->out, "prefix", &s->prefix);
	else
		subnet_print(&c->out, s, device_name(&c->out, s->ifindex),
			     c->details);
	if (!c->brief && way && !s->local)
		way_print(&c->out, way, s, c->details);
	print_object_end(&c->out);
}

static int subnet_get(struct context *c, struct args *a)
{
	char text[ADDR_TEXT];
	uint32_t ifindex;
	struct subnet s;
	struct addr addr;

	if (args_addr(a, "address", &addr) || device_only(a, &ifindex) ||
	    need_dev(ifindex))
		return EXIT_WRONG;
	if (table_get(c->nl, ifindex, &addr, &s))
		return refused(c, "subnet get", addr_text(&addr, text));
	print_start(&c->out);
	show_one(c, &s, NULL);
	return context_finish(c);
}

static void show_list(struct context *c, const struct subnet_list *list)
{
	struct way *ways = c->brief ? NULL : ways_ask(c->nl, list);
	size_t i;

	for (i = 0; i < list->n; i++)
		show_one(c, &list->v[i], ways ? &ways[i] : NULL);
	free(ways);
}

static int by_prefix(const void *a, const void *b)
{
	const struct subnet *s = a, *t = b;

	return prefix_cmp(&s->prefix, &t->prefix);
}

/* Routes of ours to what the table, whose order is lost, does not have; those
 * without a nexthop lead into a device.
 */
static void show_routes(struct context *c, struct subnet_list *list,
			const struct route_list *routes)
{
	struct subnet key = {};
	size_t i;

	if (list->n)
		qsort(list->v, list->n, sizeof(*list->v), by_prefix);
	for (i = 0; i < routes->n; i++) {
		key.prefix = routes->v[i].dst;
		/* Those without a nexthop lead into a flannel device. */
		if (!routes->v[i].nexthop)
			continue;
		if (list->n && bsearch(&key, list->v, list->n, sizeof(key),
				       by_prefix))
			continue;
		print_object(&c->out, NULL);
		if (c->brief)
			print_prefix(&c->out, "prefix", &key.prefix);
		else
			way_print_route(&c->out, &routes->v[i], c->details);
		print_object_end(&c->out);
	}
}

/* [dev NAME] [owner TAG], in any order. */
static int parse_filter(struct args *a, uint32_t *ifindex, char *owner)
{
	while (args_peek(a)) {
		if (args_accept(a, "dev")) {
			if (device_word(a, ifindex, NULL))
				return EXIT_WRONG;
		} else if (args_accept(a, "owner")) {
			if (args_owner(a, "owner", owner,
				       FLANNEL_OWNER_MAX + 1))
				return EXIT_WRONG;
		} else {
			return args_unknown(a);
		}
	}
	return 0;
}

/* With host-gw alone, nobody needs the module. */
static int show_all(struct context *c, struct subnet_list *list)
{
	const struct route_filter ours = { .protocol = ROUTE_PROTOCOL };
	struct route_list routes = {};
	int err = route_dump(c->nl, &ours, &routes);

	if (!err)
		err = table_dump(c->nl, 0, NULL, list);
	if (err && !(err == -ENOENT && routes.n)) {
		free(routes.v);
		return refused(c, "subnet", "show");
	}
	print_start(&c->out);
	show_list(c, list);
	show_routes(c, list, &routes);
	free(routes.v);
	return context_finish(c);
}

static int show_some(struct context *c, uint32_t ifindex, const char *owner,
		     struct subnet_list *list)
{
	if (table_dump(c->nl, ifindex, owner, list))
		return refused(c, "subnet", "show");
	print_start(&c->out);
	show_list(c, list);
	return context_finish(c);
}

static int subnet_show(struct context *c, struct args *a)
{
	char owner[FLANNEL_OWNER_MAX + 1] = "";
	struct subnet_list list = {};
	uint32_t ifindex = 0;
	int err;

	if (parse_filter(a, &ifindex, owner))
		return EXIT_WRONG;
	err = ifindex || *owner ? show_some(c, ifindex, owner, &list) :
				  show_all(c, &list);
	subnet_list_free(&list);
	return err;
}

static int subnet_flush(struct context *c, struct args *a)
{
	char owner[FLANNEL_OWNER_MAX + 1] = "";
	struct counts n = {};
	uint32_t ifindex = 0;

	if (parse_filter(a, &ifindex, owner) || need_dev(ifindex))
		return EXIT_WRONG;
	if (table_flush(c->nl, ifindex, owner, &n))
		return refused(c, "subnet", "flush");
	return EXIT_DONE;
}

static const struct command commands[] = {
	{ "show", subnet_show },
	{ "add", subnet_add },
	{ "replace", subnet_replace },
	{ "delete", subnet_del },
	{ "get", subnet_get },
	{ "flush", subnet_flush },
	{ "sweep", subnet_sweep },
	{ "load", subnet_load },
	{ "list", subnet_show },
	{ "lst", subnet_show },
	{}
};

const struct object subnet_object = {
	.name = "subnet",
	.commands = commands,
	.usage =
	"flanctl-genl subnet add|replace PREFIX local dev NAME [owner TAG]\n"
	"                    [generation N]\n"
	"       flanctl-genl subnet add|replace PREFIX via IP lladdr MAC\n"
	"                    [encap vxlan] [src IP,...] dev NAME [owner TAG]\n"
	"                    [generation N]\n"
	"       flanctl-genl subnet add|replace PREFIX via IP encap udp [src IP,...]\n"
	"                    dev NAME [owner TAG] [generation N]\n"
	"       flanctl-genl subnet del PREFIX dev NAME\n"
	"       flanctl-genl subnet get ADDRESS dev NAME\n"
	"       flanctl-genl subnet show [dev NAME] [owner TAG]\n"
	"       flanctl-genl subnet flush dev NAME [owner TAG]\n"
	"       flanctl-genl subnet sweep owner TAG keep N dev NAME\n"
	"       flanctl-genl subnet load FILE|- dev NAME [owner TAG]\n",
};
