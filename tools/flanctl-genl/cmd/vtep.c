// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * flanctl-genl vtep: the nodes behind the table, with their counters.
 */
#include <stdlib.h>

#include "cmd.h"

static void print_src(struct printer *p, const struct subnet *s)
{
	unsigned int i;

	if (!s->src_count)
		return;
	print_array(p, "src");
	for (i = 0; i < s->src_count; i++)
		print_addr(p, NULL, &s->src[i]);
	print_array_end(p);
}

static void show_one(struct context *c, const struct vtep *v)
{
	struct printer *p = &c->out;

	print_object(p, NULL);
	print_addr(p, "via", &v->at.via);
	if (v->at.has_lladdr)
		print_mac(p, "lladdr", &v->at.lladdr);
	p->hidden = c->brief;
	print_word(p, "encap", encap_name(v->at.encap));
	print_src(p, &v->at);
	print_number(p, "subnets", v->subnets);
	print_number(p, "tx-packets", v->tx_packets);
	print_number(p, "tx-bytes", v->tx_bytes);
	print_number(p, "rx-packets", v->rx_packets);
	print_number(p, "rx-bytes", v->rx_bytes);
	p->hidden = false;
	print_dev(p, "dev", device_name(p, v->ifindex));
	print_object_end(p);
}

static int show_list(struct context *c, const struct vtep_list *list)
{
	size_t i;

	print_start(&c->out);
	for (i = 0; i < list->n; i++)
		show_one(c, &list->v[i]);
	return context_finish(c);
}

static int vtep_show(struct context *c, struct args *a)
{
	struct vtep_list list = {};
	uint32_t ifindex;
	int err;

	if (device_only(a, &ifindex))
		return EXIT_WRONG;
	if (table_vteps(c->nl, ifindex, &list))
		err = refused(c, "vtep", "show");
	else
		err = show_list(c, &list);
	free(list.v);
	return err;
}

static const struct command commands[] = {
	{ "show", vtep_show },
	{ "list", vtep_show },
	{ "lst", vtep_show },
	{}
};

const struct object vtep_object = {
	.name = "vtep",
	.commands = commands,
	.usage = "flanctl-genl vtep show [dev NAME]\n",
};
