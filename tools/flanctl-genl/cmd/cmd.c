// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * What the commands have in common: finding the one that is meant, devices by
 * name, and how a refusal is reported.
 */
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "../text.h"
#include "cmd.h"

static int usage(const struct object *const *objects,
		 const struct object *only)
{
	const char *head = "Usage: ";

	for (; *objects; objects++) {
		if (only && *objects != only)
			continue;
		printf("%s%s", head, (*objects)->usage);
		head = "       ";
	}
	if (!only)
		printf("Options: -j[son] -p[retty] -s[tatistics] -d[etails] -c[olor] -o[neline]\n"
		       "         -br[ief] -n[etns] NAME -b[atch] FILE|- -force -t[imestamp]\n"
		       "         -V[ersion] -h[elp]\n");
	return EXIT_DONE;
}

static int unknown(const char *kind, const char *word, const char *help)
{
	char quoted[80];

	text_quote(quoted, sizeof(quoted), word, strlen(word));
	return fail(EXIT_WRONG, "unknown %s '%s': see flanctl-genl %s%shelp",
		    kind, quoted, help, *help ? " " : "");
}

static int run_object(struct context *c, const struct object *const *objects,
		      const struct object *o, struct args *a)
{
	const struct command *cmd = o->commands;
	const char *word = args_peek(a);

	if (word && text_matches(word, "help"))
		return usage(objects, o);
	if (!cmd)
		return o->run(c, a);
	if (!word)
		return cmd->run(c, a);
	for (; cmd->name; cmd++) {
		if (text_matches(word, cmd->name)) {
			args_next(a);
			return cmd->run(c, a);
		}
	}
	return unknown("command", word, o->name);
}

/**
 * context_run - Run one command
 * @c: The context.
 * @objects: What there is, up to NULL.
 * @a: The words.
 *
 * Return: enum exit_code.
 */
int context_run(struct context *c, const struct object *const *objects,
		struct args *a)
{
	const char *word = args_next(a);
	size_t i;

	for (i = 0; word && objects[i]; i++)
		if (text_matches(word, objects[i]->name))
			return run_object(c, objects, objects[i], a);
	if (!word || text_matches(word, "help"))
		return usage(objects, NULL);
	return unknown("object", word, "");
}

/**
 * context_finish - End an answer
 * @c: The context.
 *
 * Return: EXIT_DONE, or EXIT_REFUSED if not all could be written.
 */
int context_finish(struct context *c)
{
	if (print_finish(&c->out))
		return fail(EXIT_REFUSED, "cannot write the output");
	return EXIT_DONE;
}

/**
 * refused - Report what the kernel said
 * @c: The context.
 * @what: The command.
 * @name: What it was about.
 *
 * Return: EXIT_REFUSED.
 */
int refused(const struct context *c, const char *what, const char *name)
{
	return fail(EXIT_REFUSED, "%s %s: %s", what, name,
		    netlink_why(c->nl));
}

/**
 * device_word - Take a device's name
 * @a: The words after "dev".
 * @ifindex: Where its index goes.
 * @name: Where its name goes, may be NULL.
 *
 * Return: 0 or EXIT_WRONG.
 */
int device_word(struct args *a, uint32_t *ifindex, const char **name)
{
	const char *text;
	char quoted[80];

	if (args_value(a, "dev", &text))
		return EXIT_WRONG;
	*ifindex = if_nametoindex(text);
	if (name)
		*name = text;
	if (*ifindex)
		return 0;
	text_quote(quoted, sizeof(quoted), text, strlen(text));
	return fail(EXIT_WRONG, "no device '%s': see flanctl-genl link show",
		    quoted);
}

/**
 * device_only - Take "[dev NAME]" and nothing else
 * @a: The words.
 * @ifindex: Where the index goes, 0: no device is named.
 *
 * Return: 0 or EXIT_WRONG.
 */
int device_only(struct args *a, uint32_t *ifindex)
{
	*ifindex = 0;
	if (args_accept(a, "dev") && device_word(a, ifindex, NULL))
		return EXIT_WRONG;
	return args_end(a);
}
