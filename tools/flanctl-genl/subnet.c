// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * An entry of the table: read from words, compared, printed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "args.h"
#include "array.h"
#include "error.h"
#include "print.h"
#include "subnet.h"
#include "text.h"

/**
 * subnet_list_add - Append an entry
 * @list: The list.
 * @s: The entry, copied.
 *
 * Return: 0 or -ENOMEM.
 */
int subnet_list_add(struct subnet_list *list, const struct subnet *s)
{
	return array_add(list, s);
}

/**
 * subnet_list_clear - Forget the entries, keep the memory
 * @list: The list.
 */
void subnet_list_clear(struct subnet_list *list)
{
	list->n = 0;
}

/**
 * subnet_list_free - Free the list
 * @list: The list, empty and usable afterwards.
 */
void subnet_list_free(struct subnet_list *list)
{
	free(list->v);
	memset(list, 0, sizeof(*list));
}

static bool same_src(const struct subnet *a, const struct subnet *b)
{
	unsigned int i;

	if (a->src_count != b->src_count)
		return false;
	for (i = 0; i < a->src_count; i++)
		if (addr_cmp(&a->src[i], &b->src[i]))
			return false;
	return true;
}

/**
 * subnet_same - Do two entries have the same value?
 * @a: One entry.
 * @b: Another one; key, owner and generation do not matter.
 *
 * Return: true if so.
 */
bool subnet_same(const struct subnet *a, const struct subnet *b)
{
	if (a->local || b->local)
		return a->local == b->local;
	return a->encap == b->encap && !addr_cmp(&a->via, &b->via) &&
	       a->has_lladdr == b->has_lladdr &&
	       (!a->has_lladdr ||
		!memcmp(&a->lladdr, &b->lladdr, sizeof(a->lladdr))) &&
	       same_src(a, b);
}

static const char *const encap_names[] = {
	[FLANNEL_ENCAP_VXLAN] = "vxlan",
	[FLANNEL_ENCAP_UDP] = "udp",
};

_Static_assert(sizeof(encap_names) / sizeof(encap_names[0]) ==
	       FLANNEL_ENCAP_MAX + 1, "a wire format has no name");

/**
 * encap_name - Name of a wire format
 * @encap: enum flannel_encap.
 *
 * Return: The name; "unknown" for one of a newer kernel.
 */
const char *encap_name(unsigned int encap)
{
	if (encap >= sizeof(encap_names) / sizeof(encap_names[0]))
		return "unknown";
	return encap_names[encap];
}

/**
 * encap_parse - Set the wire format of an entry
 * @s: The entry.
 * @text: Name of the format.
 *
 * Return: 0 or EXIT_WRONG.
 */
int encap_parse(struct subnet *s, const char *text)
{
	size_t i;

	for (i = 0; i < sizeof(encap_names) / sizeof(encap_names[0]); i++) {
		if (!strcmp(text, encap_names[i])) {
			s->encap = (uint8_t)i;
			return 0;
		}
	}
	return fail(EXIT_WRONG, "encap is 'vxlan' or 'udp'");
}

/**
 * src_parse - Add outer source addresses to an entry
 * @s: The entry.
 * @text: Addresses with commas between them.
 *
 * Return: 0 or EXIT_WRONG.
 */
int src_parse(struct subnet *s, const char *text)
{
	char one[ADDR_TEXT];
	size_t len;

	for (;; text += len + 1) {
		len = strcspn(text, ",");
		if (s->src_count == FLANNEL_SRC_MAX)
			return fail(EXIT_WRONG, "src: more than %d addresses",
				    FLANNEL_SRC_MAX);
		if (len >= sizeof(one))
			return fail(EXIT_WRONG, "src: not an IP address");
		memcpy(one, text, len);
		one[len] = '\0';
		if (!addr_parse(&s->src[s->src_count], one))
			return fail(EXIT_WRONG, "src: not an IP address");
		s->src_count++;
		if (!text[len])
			return 0;
	}
}

/**
 * subnet_parse_prefix - Take the key of an entry
 * @a: The words.
 * @prefix: Where it goes.
 *
 * Return: 0 or EXIT_WRONG.
 */
int subnet_parse_prefix(struct args *a, struct prefix *prefix)
{
	char quoted[80], canonical[PREFIX_TEXT];
	const char *text, *why;
	struct prefix masked;

	if (args_value(a, "subnet", &text))
		return EXIT_WRONG;
	why = prefix_parse(prefix, text);
	if (!why)
		return 0;
	text_quote(quoted, sizeof(quoted), text, strlen(text));
	if (prefix_parse_masked(&masked, text))
		return fail(EXIT_WRONG, "'%s' is not a subnet: %s", quoted,
			    why);
	return fail(EXIT_WRONG, "'%s' is not a subnet: %s; %s would be one",
		    quoted, why, prefix_text(&masked, canonical));
}

static int parse_lladdr(struct args *a, struct subnet *s)
{
	s->has_lladdr = true;
	return args_mac(a, "lladdr", &s->lladdr);
}

static int parse_text(struct args *a, struct subnet *s, const char *key,
		      int (*parse)(struct subnet *, const char *))
{
	const char *text;

	if (args_value(a, key, &text))
		return EXIT_WRONG;
	return parse(s, text);
}

/**
 * subnet_parse_word - Take one word, and its value, that describes an entry
 * @a: The words.
 * @s: The entry.
 * @done: Set to whether the next word was one of them.
 *
 * Return: 0 or EXIT_WRONG.
 */
int subnet_parse_word(struct args *a, struct subnet *s, bool *done)
{
	uint64_t generation;
	int err = 0;

	*done = true;
	if (args_accept(a, "local")) {
		s->local = true;
	} else if (args_accept(a, "via")) {
		err = args_addr(a, "via", &s->via);
	} else if (args_accept(a, "lladdr")) {
		err = parse_lladdr(a, s);
	} else if (args_accept(a, "encap")) {
		err = parse_text(a, s, "encap", encap_parse);
	} else if (args_accept(a, "src")) {
		err = parse_text(a, s, "src", src_parse);
	} else if (args_accept(a, "owner")) {
		err = args_owner(a, "owner", s->owner, sizeof(s->owner));
	} else if (args_accept(a, "generation")) {
		err = args_number(a, "generation", 0, UINT32_MAX, &generation);
		s->generation = err ? 0 : (uint32_t)generation;
	} else {
		*done = false;
	}
	return err;
}

/**
 * subnet_check - Is an entry complete?
 * @s: The entry as the user described it.
 *
 * Return: 0 or EXIT_WRONG.
 */
int subnet_check(const struct subnet *s)
{
	if (s->local && (s->via.len || s->has_lladdr || s->src_count ||
			 s->encap != FLANNEL_ENCAP_VXLAN))
		return fail(EXIT_WRONG,
			    "'local' goes without via, lladdr, encap and src");
	if (s->local)
		return 0;
	if (!s->via.len)
		return fail(EXIT_WRONG, "either 'local' or 'via IP' is needed");
	if (s->encap == FLANNEL_ENCAP_VXLAN && !s->has_lladdr)
		return fail(EXIT_WRONG, "'lladdr MAC' is needed");
	if (s->encap == FLANNEL_ENCAP_UDP && s->has_lladdr)
		return fail(EXIT_WRONG, "'encap udp' goes without lladdr");
	return 0;
}

static void print_vtep(struct printer *p, const struct subnet *s)
{
	unsigned int i;

	print_addr(p, "via", &s->via);
	if (s->has_lladdr)
		print_mac(p, "lladdr", &s->lladdr);
	print_word(p, "encap", encap_name(s->encap));
	if (!s->src_count)
		return;
	print_array(p, "src");
	for (i = 0; i < s->src_count; i++)
		print_addr(p, NULL, &s->src[i]);
	print_array_end(p);
}

/**
 * subnet_print - Print the members of an entry
 * @p: The printer, in an object.
 * @s: The entry.
 * @dev: Name of its device.
 * @details: In text as well, what only a few need.
 */
void subnet_print(struct printer *p, const struct subnet *s, const char *dev,
		  bool details)
{
	print_prefix(p, "prefix", &s->prefix);
	if (s->local)
		print_flag(p, "local");
	else
		print_vtep(p, s);
	print_word(p, "owner", s->owner);
	p->hidden = !details;
	print_number(p, "generation", s->generation);
	p->hidden = false;
	print_dev(p, "dev", dev);
}

/**
 * counts_print - Print the summary of a resync
 * @p: The printer, in an object.
 * @c: The figures.
 */
void counts_print(struct printer *p, const struct counts *c)
{
	print_count(p, "added", c->added);
	print_count(p, "changed", c->changed);
	print_count(p, "removed", c->removed);
	print_count(p, "unchanged", c->unchanged);
}
