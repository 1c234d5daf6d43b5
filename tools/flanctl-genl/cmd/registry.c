// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * flanctl-genl registry: what a cluster registry says, and what of it would
 * not be believed on any node.
 */
#include <string.h>

#include "../text.h"
#include "cmd.h"
#include "registry_args.h"
#include "usage.h"

#define SHORT_VALUE	120

static void show_networks(struct printer *p, const struct net_config *config)
{
	print_array(p, "network");
	if (config->ipv4)
		print_prefix(p, NULL, &config->network);
	if (config->ipv6)
		print_prefix(p, NULL, &config->network6);
	print_array_end(p);
}

static void show_vxlan(struct printer *p, const struct net_config *config)
{
	print_number(p, "vni", config->vni);
	if (config->mtu)
		print_number(p, "mtu", config->mtu);
	if (config->direct)
		print_flag(p, "direct");
	if (config->gbp)
		print_flag(p, "gbp");
	if (config->learning)
		print_flag(p, "learning");
}

static void show_config(struct printer *p, const struct net_config *config)
{
	print_object(p, NULL);
	print_value(p, "type", "config");
	show_networks(p, config);
	if (config->subnet_len)
		print_number(p, "subnet-len", config->subnet_len);
	if (config->subnet_len6)
		print_number(p, "subnet-len6", config->subnet_len6);
	print_word(p, "backend", config->backend);
	if (!strcmp(config->backend, "vxlan"))
		show_vxlan(p, config);
	if (config->port)
		print_number(p, "port", config->port);
	print_object_end(p);
}

static void show_half(struct printer *p, const struct lease *l,
		      const struct lease_half *h)
{
	print_object(p, NULL);
	print_value(p, "type", "lease");
	print_prefix(p, "prefix", &h->prefix);
	print_addr(p, "via", &h->via);
	if (h->has_mac)
		print_mac(p, "lladdr", &h->mac);
	print_word(p, "backend", l->type);
	print_object_end(p);
}

static void show_refused(struct printer *p, const struct lease *l, int half)
{
	char key[JSON_WHY], value[SHORT_VALUE], why[JSON_WHY];

	print_object(p, NULL);
	print_value(p, "type", "refused");
	print_value(p, "key", text_quote(key, sizeof(key), l->entry->key,
					 l->entry->key_len));
	if (half >= 0 && l->half[0].there && l->half[1].there)
		print_prefix(p, "prefix", &l->half[half].prefix);
	print_value(p, "reason", lease_why(l, half, why));
	print_word(p, "value", text_quote(value, sizeof(value),
					  l->entry->value,
					  l->entry->value_len));
	print_object_end(p);
}

static void show_lease(struct printer *p, const struct lease *l)
{
	int i;

	if (l->refused) {
		show_refused(p, l, -1);
		return;
	}
	for (i = 0; i < 2; i++) {
		if (l->half[i].refused)
			show_refused(p, l, i);
		else if (l->half[i].there)
			show_half(p, l, &l->half[i]);
	}
}

static int show_all(struct context *c, const struct registry_data *data,
		    const struct net_config *config)
{
	struct lease_list list = {};
	struct place nowhere = {};
	size_t i;
	int err;

	err = lease_list_parse(&list, data, config);
	if (!err)
		err = lease_list_judge(&list, config, &nowhere);
	if (!err) {
		print_start(&c->out);
		show_config(&c->out, config);
		for (i = 0; i < list.n; i++)
			show_lease(&c->out, &list.v[i]);
		err = context_finish(c);
	}
	lease_list_free(&list);
	return err;
}

static int registry_show(struct context *c, struct args *a)
{
	struct registry_options options = {};
	struct registry_data data = {};
	struct net_config config;
	const char *name;
	bool done;
	int err;

	if (args_value(a, "registry", &name))
		return EXIT_WRONG;
	while (args_peek(a)) {
		if (registry_option(a, &options, &done))
			return EXIT_WRONG;
		if (!done)
			return args_unknown(a);
	}
	err = registry_read(name, &options, &data, &config);
	if (!err)
		err = show_all(c, &data, &config);
	registry_clear(&data);
	return err;
}

static const struct command commands[] = {
	{ "show", registry_show },
	{ "list", registry_show },
	{ "lst", registry_show },
	{}
};

const struct object registry_object = {
	.name = "registry",
	.commands = commands,
	.usage = REGISTRY_USAGE,
};
