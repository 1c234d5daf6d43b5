// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * A flannel device: one table row an attribute says how its word is parsed,
 * sent, received and printed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/if_flannel.h>

#include "args.h"
#include "array.h"
#include "error.h"
#include "link.h"
#include "print.h"
#include "text.h"

static const char *const off_on[] = { "off", "on" };

static const char *const df_names[] = {
	[FLANNEL_DF_UNSET] = "unset",
	[FLANNEL_DF_SET] = "set",
	[FLANNEL_DF_INHERIT] = "inherit",
};

static const char *const source_check_names[] = {
	[FLANNEL_SOURCE_CHECK_OFF] = "off",
	[FLANNEL_SOURCE_CHECK_LOG] = "log",
	[FLANNEL_SOURCE_CHECK_VTEP] = "vtep",
	[FLANNEL_SOURCE_CHECK_OWNER] = "owner",
	[FLANNEL_SOURCE_CHECK_STRICT] = "strict",
};

static const char *const rx_names[] = {
	[FLANNEL_RX_DIRECT] = "direct",
	[FLANNEL_RX_GRO] = "gro",
};

_Static_assert(sizeof(df_names) / sizeof(df_names[0]) ==
	       FLANNEL_DF_MAX + 1, "a df mode has no name");
_Static_assert(sizeof(source_check_names) / sizeof(source_check_names[0]) ==
	       FLANNEL_SOURCE_CHECK_MAX + 1, "a source check has no name");
_Static_assert(sizeof(rx_names) / sizeof(rx_names[0]) ==
	       FLANNEL_RX_MAX + 1, "an rx mode has no name");

const struct link_attr link_attrs[LINK_ROWS] = {
	[LINK_VNI] = { "vni", LINK_U32, IFLA_FLANNEL_VNI,
		       0, (1 << 24) - 1, NULL },
	[LINK_UDP_DST] = { "port", LINK_PORT, IFLA_FLANNEL_PORT,
			   0, 65535, NULL },
	[LINK_LOCAL] = { "local", LINK_IP4, IFLA_FLANNEL_LOCAL,
			 0, 0, NULL },
	[LINK_LOCAL6] = { "local6", LINK_IP6, IFLA_FLANNEL_LOCAL6,
			  0, 0, NULL },
	[LINK_UNDERLAY] = { "dev", LINK_DEV, IFLA_FLANNEL_LINK,
			    0, 0, NULL },
	[LINK_ADDRESS] = { "address", LINK_MAC, IFLA_FLANNEL_ADDRESS,
			   0, 0, NULL },
	[LINK_ADDRESS6] = { "address6", LINK_MAC, IFLA_FLANNEL_ADDRESS6,
			    0, 0, NULL },
	[LINK_NET4] = { "network", LINK_NETWORK, IFLA_FLANNEL_NETWORK,
			0, 0, NULL },
	[LINK_NET6] = { "network", LINK_NETWORK, IFLA_FLANNEL_NETWORK6,
			0, 0, NULL },
	[LINK_TTL] = { "ttl", LINK_U8, IFLA_FLANNEL_TTL,
		       0, 255, NULL },
	[LINK_TOS] = { "tos", LINK_U8, IFLA_FLANNEL_TOS,
		       0, 255, NULL },
	[LINK_DF] = { "df", LINK_NAMED, IFLA_FLANNEL_DF,
		      0, FLANNEL_DF_MAX, df_names },
	[LINK_UDPCSUM] = { "udpcsum", LINK_NAMED, IFLA_FLANNEL_UDP_CSUM,
			   0, 1, off_on },
	[LINK_SOURCE_CHECK] = { "source-check", LINK_NAMED,
				IFLA_FLANNEL_SOURCE_CHECK, 0,
				FLANNEL_SOURCE_CHECK_MAX, source_check_names },
	[LINK_RX] = { "rx", LINK_NAMED, IFLA_FLANNEL_RX_MODE,
		      0, FLANNEL_RX_MAX, rx_names },
	[LINK_FWMARK] = { "fwmark", LINK_MARK, IFLA_FLANNEL_FWMARK,
			  0, UINT32_MAX, NULL },
	[LINK_OUTER_NOTRACK] = { "outer-notrack", LINK_NAMED,
				 IFLA_FLANNEL_OUTER_NOTRACK, 0, 1, off_on },
	[LINK_UDP_BACKEND] = { "udp-port", LINK_PORT, IFLA_FLANNEL_UDP_PORT,
			       0, 65535, NULL },
	[LINK_GBP] = { "gbp", LINK_NAMED, IFLA_FLANNEL_GBP,
		       0, 1, off_on },
};

/**
 * link_list_add - Append a link
 * @list: The list.
 * @l: The link, copied.
 *
 * Return: 0 or -ENOMEM.
 */
int link_list_add(struct link_list *list, const struct link *l)
{
	return array_add(list, l);
}

/**
 * link_list_free - Free the list
 * @list: The list, empty and usable afterwards.
 */
void link_list_free(struct link_list *list)
{
	free(list->v);
	memset(list, 0, sizeof(*list));
}

/**
 * link_list_find - Look up a link
 * @list: The list.
 * @ifindex: Its index.
 *
 * Return: The link, NULL if it is not in the list.
 */
const struct link *link_list_find(const struct link_list *list,
				  uint32_t ifindex)
{
	size_t i;

	for (i = 0; i < list->n; i++)
		if (list->v[i].ifindex == ifindex)
			return &list->v[i];
	return NULL;
}

static int parse_named(struct args *a, const struct link_attr *attr,
		       struct link_value *v)
{
	char choice[64] = "";
	const char *text;
	uint32_t i;

	if (args_value(a, attr->word, &text))
		return EXIT_WRONG;
	for (i = 0; i <= attr->max; i++) {
		v->number = i;
		if (!strcmp(text, attr->names[i]))
			return 0;
		strcat(strcat(choice, i ? "|" : ""), attr->names[i]);
	}
	return fail(EXIT_WRONG, "%s is one of %s", attr->word, choice);
}

static int parse_family_addr(struct args *a, const struct link_attr *attr,
			     struct link_value *v)
{
	int want = attr->type == LINK_IP4 ? 4 : 16;

	if (args_addr(a, attr->word, &v->addr))
		return EXIT_WRONG;
	if (v->addr.len == want)
		return 0;
	return fail(EXIT_WRONG, "%s: expected an IPv%d address", attr->word,
		    want == 4 ? 4 : 6);
}

static int parse_dev(struct args *a, const struct link_attr *attr,
		     struct link_value *v)
{
	const char *name;
	char quoted[80];

	if (args_value(a, attr->word, &name))
		return EXIT_WRONG;
	text_quote(quoted, sizeof(quoted), name, strlen(name));
	if (strlen(name) >= sizeof(v->name))
		return fail(EXIT_WRONG, "dev '%s': the name is too long",
			    quoted);
	strcpy(v->name, name);
	v->number = if_nametoindex(name);
	if (!v->number)
		return fail(EXIT_WRONG, "dev '%s': no such interface", quoted);
	return 0;
}

static int parse_number(struct args *a, const struct link_attr *attr,
			struct link_value *v)
{
	uint64_t number;

	if (args_number(a, attr->word, attr->min, attr->max, &number))
		return EXIT_WRONG;
	v->number = (uint32_t)number;
	return 0;
}

static int parse_value(struct args *a, const struct link_attr *attr,
		       struct link_value *v)
{
	switch (attr->type) {
	case LINK_NAMED:
		return parse_named(a, attr, v);
	case LINK_IP4:
	case LINK_IP6:
		return parse_family_addr(a, attr, v);
	case LINK_MAC:
		return args_mac(a, attr->word, &v->mac);
	case LINK_DEV:
		return parse_dev(a, attr, v);
	default:
		return parse_number(a, attr, v);
	}
}

static int parse_network(struct args *a, struct link *l)
{
	struct link_value *v;
	struct prefix prefix;
	const char *text;
	const char *why;
	char quoted[80];

	if (args_value(a, "network", &text))
		return EXIT_WRONG;
	why = prefix_parse(&prefix, text);
	text_quote(quoted, sizeof(quoted), text, strlen(text));
	if (why)
		return fail(EXIT_WRONG, "network '%s': %s", quoted, why);
	v = &l->value[prefix.addr.len == 4 ? LINK_NET4 : LINK_NET6];
	v->set = true;
	v->prefix = prefix;
	return 0;
}

static int parse_mtu(struct args *a, struct link *l)
{
	uint64_t mtu;

	if (args_number(a, "mtu", 68, 65535, &mtu))
		return EXIT_WRONG;
	l->mtu = (uint32_t)mtu;
	return 0;
}

static int parse_row(struct args *a, struct link *l)
{
	const struct link_attr *attr;
	struct link_value *v;
	size_t i;

	for (i = 0; i < LINK_ROWS; i++) {
		attr = &link_attrs[i];
		v = &l->value[i];
		if (attr->type == LINK_NETWORK || !args_accept(a, attr->word))
			continue;
		memset(v, 0, sizeof(*v));
		v->set = true;
		return parse_value(a, attr, v);
	}
	return args_unknown(a);
}

static void set_up(struct link *l, bool up)
{
	l->set_up = true;
	l->up = up;
}

static int parse_word(struct args *a, struct link *l)
{
	if (args_accept(a, "network"))
		return parse_network(a, l);
	if (args_accept(a, "mtu"))
		return parse_mtu(a, l);
	if (args_accept(a, "up"))
		set_up(l, true);
	else if (args_accept(a, "down"))
		set_up(l, false);
	else if (args_accept(a, "nodev"))
		l->value[LINK_UNDERLAY] = (struct link_value){ .set = true };
	else
		return parse_row(a, l);
	return 0;
}

/**
 * link_parse_words - Read what the words say about a device
 * @a: The words, to the end; of a word that is repeated the last one counts.
 * @l: The request they are written to.
 *
 * Return: 0 or EXIT_WRONG.
 */
int link_parse_words(struct args *a, struct link *l)
{
	int err = 0;

	while (!err && args_peek(a))
		err = parse_word(a, l);
	return err;
}

static void print_named(struct printer *p, const struct link_attr *attr,
			const struct link_value *v)
{
	if (v->number <= attr->max)
		print_word(p, attr->word, attr->names[v->number]);
	else
		print_word(p, attr->word, "unknown");
}

static void print_attr(struct printer *p, const struct link_attr *attr,
		       const struct link_value *v)
{
	switch (attr->type) {
	case LINK_NAMED:
		print_named(p, attr, v);
		break;
	case LINK_IP4:
	case LINK_IP6:
		if (!addr_is_zero(&v->addr))
			print_addr(p, attr->word, &v->addr);
		break;
	case LINK_MAC:
		print_mac(p, attr->word, &v->mac);
		break;
	case LINK_DEV:
		if (*v->name)
			print_dev(p, attr->word, v->name);
		break;
	case LINK_MARK:
		print_hex(p, attr->word, v->number);
		break;
	default:
		print_number(p, attr->word, v->number);
		break;
	}
}

static void print_networks(struct printer *p, const struct link *l)
{
	const struct link_value *v4 = &l->value[LINK_NET4];
	const struct link_value *v6 = &l->value[LINK_NET6];

	if (!(v4->set && v4->prefix.len) && !(v6->set && v6->prefix.len))
		return;
	print_array(p, "network");
	if (v4->set && v4->prefix.len)
		print_prefix(p, NULL, &v4->prefix);
	if (v6->set && v6->prefix.len)
		print_prefix(p, NULL, &v6->prefix);
	print_array_end(p);
}

/**
 * link_print - Print the members of a device
 * @p: The printer, in an object.
 * @l: The device.
 * @brief: In text, only the most important ones.
 */
void link_print(struct printer *p, const struct link *l, bool brief)
{
	size_t i;

	print_name(p, "ifname", l->name);
	print_state(p, "up", l->up, "up", "down");
	p->hidden = brief;
	print_number(p, "ifindex", l->ifindex);
	print_number(p, "mtu", l->mtu);
	for (i = 0; i < LINK_ROWS; i++) {
		p->hidden = brief && i > LINK_UDP_DST;
		if (i == LINK_LOCAL || i == LINK_TTL)
			print_break(p);
		if (i == LINK_NET4)
			print_networks(p, l);
		else if (i != LINK_NET6 && l->value[i].set)
			print_attr(p, &link_attrs[i], &l->value[i]);
	}
	p->hidden = false;
}

/**
 * link_print_stats - Print a device's counters
 * @p: The printer, in an object.
 * @s: The counters.
 */
void link_print_stats(struct printer *p, const struct link_stats *s)
{
	print_break(p);
	print_number(p, "rx-packets", s->rx_packets);
	print_number(p, "rx-bytes", s->rx_bytes);
	print_number(p, "rx-errors", s->rx_errors);
	print_number(p, "rx-dropped", s->rx_dropped);
	print_break(p);
	print_number(p, "tx-packets", s->tx_packets);
	print_number(p, "tx-bytes", s->tx_bytes);
	print_number(p, "tx-errors", s->tx_errors);
	print_number(p, "tx-dropped", s->tx_dropped);
}
