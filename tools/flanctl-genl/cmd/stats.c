// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * flanctl-genl stats: size of the table, the device's counters, and what was
 * dropped for which reason.
 */
#include <stdio.h>
#include <stdlib.h>

#include "../drops.h"
#include "cmd.h"

static void print_drops(struct context *c, const struct table_stats *s)
{
	struct printer *p = &c->out;
	char unknown[24];
	uint32_t i;

	print_break(p);
	print_object(p, "drops");
	for (i = 0; i < s->drops; i++) {
		snprintf(unknown, sizeof(unknown), "reason-%u", i);
		p->hidden = !s->drop[i] && !c->stats && !c->details;
		print_number(p, drop_name(i) ? drop_name(i) : unknown,
			     s->drop[i]);
	}
	p->hidden = false;
	print_object_end(p);
}

static void show_one(struct context *c, const struct table_stats *s,
		     const struct link *l)
{
	struct printer *p = &c->out;

	print_object(p, NULL);
	print_dev(p, "dev", device_name(p, s->ifindex));
	print_number(p, "subnets", s->subnets);
	print_number(p, "vteps", s->vteps);
	print_number(p, "max-subnets", s->max_subnets);
	if (l) {
		p->hidden = c->brief;
		link_print_stats(p, &l->stats);
		p->hidden = false;
	}
	print_drops(c, s);
	print_object_end(p);
}

static int show_list(struct context *c, const struct stats_list *list)
{
	struct link_list links = {};
	size_t i;
	int err;

	if (link_dump(c->nl, &links)) {
		err = refused(c, "stats", "show");
	} else {
		print_start(&c->out);
		for (i = 0; i < list->n; i++)
			show_one(c, &list->v[i],
				 link_list_find(&links, list->v[i].ifindex));
		err = context_finish(c);
	}
	link_list_free(&links);
	return err;
}

static int stats_show(struct context *c, struct args *a)
{
	struct stats_list list = {};
	uint32_t ifindex;
	int err;

	if (device_only(a, &ifindex))
		return EXIT_WRONG;
	if (table_stats(c->nl, ifindex, &list))
		err = refused(c, "stats", "show");
	else
		err = show_list(c, &list);
	free(list.v);
	return err;
}

static const struct command commands[] = {
	{ "show", stats_show },
	{ "list", stats_show },
	{ "lst", stats_show },
	{}
};

const struct object stats_object = {
	.name = "stats",
	.commands = commands,
	.usage = "flanctl-genl stats show [dev NAME]\n",
};
