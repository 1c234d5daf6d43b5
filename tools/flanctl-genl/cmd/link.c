// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * flanctl-genl link: devices.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../text.h"
#include "cmd.h"

static int take_name(struct args *a, struct link *l)
{
	const char *name;
	char quoted[80];

	args_accept(a, "name");
	if (args_value(a, "link", &name))
		return EXIT_WRONG;
	text_quote(quoted, sizeof(quoted), name, strlen(name));
	if (strlen(name) >= sizeof(l->name))
		return fail(EXIT_WRONG, "'%s': a device name has at most %zu characters",
			    quoted, sizeof(l->name) - 1);
	if (!*name || strpbrk(name, "/% \t\n"))
		return fail(EXIT_WRONG, "'%s' is not a device name", quoted);
	strcpy(l->name, name);
	return 0;
}

/* A device is not made or brought up because its port is taken. */
static int port_in_use(const struct context *c, const char *what,
		       const struct link *l, const struct link *asked)
{
	const struct link_value *port = &asked->value[LINK_UDP_DST];
	const struct link_value *udp = &asked->value[LINK_UDP_BACKEND];
	uint32_t number = port->number;
	char other[32] = "";

	if (!port->set)
		return fail(EXIT_REFUSED, "%s %s: %s: find out by what with ss -lunp, or take another port",
			    what, l->name, netlink_why(c->nl));
	if (!number)
		number = udp->number;
	else if (udp->set && udp->number)
		snprintf(other, sizeof(other), " or %u", udp->number);
	return fail(EXIT_REFUSED, "%s %s: UDP port %u%s is in use by something else: find it with ss -lunp, or take another port",
		    what, l->name, number, other);
}

static int link_add(struct context *c, struct args *a)
{
	struct link l = {};
	int err;

	if (take_name(a, &l) || link_parse_words(a, &l))
		return EXIT_WRONG;
	err = link_create(c->nl, &l);
	if (err == -EADDRINUSE)
		return port_in_use(c, "link add", &l, &l);
	return err ? refused(c, "link add", l.name) : EXIT_DONE;
}

/* Find the device; one of another kind is not ours to change. */
static int find(struct context *c, const char *what, struct link *l)
{
	struct link found;
	char name[80];

	if (link_get(c->nl, l->name, &found))
		return refused(c, what, text_quote(name, sizeof(name), l->name,
						   strlen(l->name)));
	if (!found.flannel)
		return fail(EXIT_REFUSED, "%s %s: not a flannel device",
			    what, l->name);
	*l = found;
	return 0;
}

static int link_set(struct context *c, struct args *a)
{
	struct link wanted = {}, l;
	int err;

	if (take_name(a, &wanted) || link_parse_words(a, &wanted))
		return EXIT_WRONG;
	l = wanted;
	err = find(c, "link set", &l);
	if (err)
		return err;
	wanted.ifindex = l.ifindex;
	err = link_change(c->nl, &wanted);
	if (err == -EADDRINUSE)
		return port_in_use(c, "link set", &wanted, &l);
	return err ? refused(c, "link set", wanted.name) : EXIT_DONE;
}

static int link_del(struct context *c, struct args *a)
{
	struct link l = {};
	int err;

	if (take_name(a, &l) || args_end(a))
		return EXIT_WRONG;
	err = find(c, "link del", &l);
	if (err)
		return err;
	if (link_delete(c->nl, l.ifindex))
		return refused(c, "link del", l.name);
	return EXIT_DONE;
}

static void show_one(struct context *c, const struct link *l)
{
	print_object(&c->out, NULL);
	link_print(&c->out, l, c->brief);
	if (c->stats)
		link_print_stats(&c->out, &l->stats);
	print_object_end(&c->out);
}

static int show_all(struct context *c)
{
	struct link_list list = {};
	size_t i;
	int err;

	if (link_dump(c->nl, &list)) {
		err = refused(c, "link", "show");
	} else {
		print_start(&c->out);
		for (i = 0; i < list.n; i++)
			show_one(c, &list.v[i]);
		err = context_finish(c);
	}
	link_list_free(&list);
	return err;
}

static int link_show(struct context *c, struct args *a)
{
	struct link l = {};
	int err;

	args_accept(a, "dev");
	if (!args_peek(a))
		return show_all(c);
	if (take_name(a, &l) || args_end(a))
		return EXIT_WRONG;
	err = find(c, "link show", &l);
	if (err)
		return err;
	print_start(&c->out);
	show_one(c, &l);
	return context_finish(c);
}

static const struct command commands[] = {
	{ "show", link_show },
	{ "add", link_add },
	{ "set", link_set },
	{ "delete", link_del },
	{ "list", link_show },
	{ "lst", link_show },
	{}
};

const struct object link_object = {
	.name = "link",
	.commands = commands,
	.usage =
	"flanctl-genl link add NAME [ATTRIBUTE]... [up]\n"
	"       flanctl-genl link set NAME [ATTRIBUTE]... [up|down]\n"
	"       flanctl-genl link del NAME\n"
	"       flanctl-genl link show [NAME]\n"
	"       ATTRIBUTE: vni N | port N | local IP | local6 IP | dev UNDERLAY | nodev |\n"
	"                  address MAC | address6 MAC | network PREFIX | mtu N | ttl N |\n"
	"                  tos N | df set|unset|inherit | udpcsum on|off |\n"
	"                  source-check off|log|vtep|owner|strict | rx direct|gro |\n"
	"                  fwmark N | outer-notrack on|off | udp-port N | gbp on|off\n",
};
