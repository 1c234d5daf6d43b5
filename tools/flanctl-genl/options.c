// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Global options, spelled as iproute2 spells them: one dash or two, and any
 * abbreviation down to the shortest that is theirs.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "options.h"
#include "text.h"

#define NETNS_DIR	"/run/netns"

/* options_parse() is done and there is nothing to run. */
#define DONE_HERE	-1

static int set_json(struct context *c, const char *value)
{
	(void)value;
	c->out.json = true;
	return 0;
}

static int set_pretty(struct context *c, const char *value)
{
	(void)value;
	c->out.pretty = true;
	return 0;
}

static int set_stats(struct context *c, const char *value)
{
	(void)value;
	c->stats = true;
	return 0;
}

static int set_details(struct context *c, const char *value)
{
	(void)value;
	c->details = true;
	return 0;
}

static int set_color(struct context *c, const char *value)
{
	c->color = value ? value : "always";
	if (!strcmp(c->color, "always") || !strcmp(c->color, "auto") ||
	    !strcmp(c->color, "never"))
		return 0;
	return fail(EXIT_WRONG, "-color is always, auto or never");
}

static int set_oneline(struct context *c, const char *value)
{
	(void)value;
	c->out.oneline = true;
	return 0;
}

static int set_brief(struct context *c, const char *value)
{
	(void)value;
	c->brief = true;
	return 0;
}

static int set_force(struct context *c, const char *value)
{
	(void)value;
	c->force = true;
	return 0;
}

static int set_timestamp(struct context *c, const char *value)
{
	(void)value;
	c->timestamp = true;
	return 0;
}

static int set_batch(struct context *c, const char *value)
{
	c->batch = value;
	return 0;
}

static int netns_error(const char *name)
{
	const char *why = errno == ENOENT ? "no such network namespace" :
			  strerror(errno);
	char quoted[80];

	text_quote(quoted, sizeof(quoted), name, strlen(name));
	return fail(EXIT_WRONG, "-netns %s: %s", quoted, why);
}

static int set_netns(struct context *c, const char *value)
{
	char path[4096];
	int fd, err;

	(void)c;
	if (strchr(value, '/'))
		snprintf(path, sizeof(path), "%s", value);
	else
		snprintf(path, sizeof(path), "%s/%s", NETNS_DIR, value);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return netns_error(value);
	err = setns(fd, CLONE_NEWNET);
	close(fd);
	return err ? netns_error(value) : 0;
}

static int show_version(struct context *c, const char *value)
{
	(void)c;
	(void)value;
	printf("flanctl-genl %s\n", FLANNEL_VERSION);
	return DONE_HERE;
}

/**
 * struct option - A global option.
 * @name: In full, without dashes; any prefix of it finds the first that fits.
 * @set: Takes note of it.
 * @value: It has one: the next word, or behind '='.
 * @only_equals: It may have one, behind '='.
 */
struct option {
	const char *name;
	int (*set)(struct context *c, const char *value);
	bool value;
	bool only_equals;
};

static const struct option options[] = {
	{ "json", set_json, false, false },
	{ "pretty", set_pretty, false, false },
	{ "statistics", set_stats, false, false },
	{ "stats", set_stats, false, false },
	{ "details", set_details, false, false },
	{ "color", set_color, false, true },
	{ "colour", set_color, false, true },
	{ "oneline", set_oneline, false, false },
	{ "batch", set_batch, true, false },
	{ "brief", set_brief, false, false },
	{ "netns", set_netns, true, false },
	{ "force", set_force, false, false },
	{ "timestamp", set_timestamp, false, false },
	{ "Version", show_version, false, false },
};

static bool option_is(const char *word, size_t len, const struct option *o)
{
	return len && len <= strlen(o->name) && !strncmp(word, o->name, len);
}

static const struct option *option_find(const char *word, size_t len)
{
	size_t i;

	for (i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (option_is(word, len, &options[i]))
			return &options[i];
	return NULL;
}

static int take_option(struct context *c, struct args *a, const char *given)
{
	const char *word = given + (given[1] == '-' ? 2 : 1);
	size_t len = strcspn(word, "=");
	const char *value = word[len] ? word + len + 1 : NULL;
	const struct option *o = option_find(word, len);
	char quoted[80];

	text_quote(quoted, sizeof(quoted), given, strlen(given));
	if (!o)
		return fail(EXIT_WRONG, "unknown option '%s': see flanctl-genl help",
			    quoted);
	if (value && !o->value && !o->only_equals)
		return fail(EXIT_WRONG, "option '%s' has no value", quoted);
	if (o->value && !value && args_value(a, quoted, &value))
		return EXIT_WRONG;
	return o->set(c, value);
}

static bool is_help(const char *word)
{
	word += word[1] == '-' ? 2 : 1;
	return text_matches(word, "help") || !strcmp(word, "?");
}

/**
 * options_parse - Take the options that come before the object
 * @c: The context that they change.
 * @a: The words.
 *
 * Return: 0, EXIT_WRONG, or negative: all is done.
 */
int options_parse(struct context *c, struct args *a)
{
	const char *word;
	int err;

	while ((word = args_peek(a)) && word[0] == '-' && word[1]) {
		if (is_help(word)) {
			a->word[a->next] = (char *)"help";
			return 0;
		}
		args_next(a);
		if (!strcmp(word, "--"))
			return 0;
		err = take_option(c, a, word);
		if (err)
			return err;
	}
	return 0;
}

/**
 * options_apply - Draw the conclusions of all options
 * @c: The context.
 *
 * Return: 0.
 */
int options_apply(struct context *c)
{
	c->out.color = c->color && !c->out.json &&
		       (!strcmp(c->color, "always") ||
			(!strcmp(c->color, "auto") && isatty(STDOUT_FILENO)));
	return 0;
}

/* execv() takes words that may be changed, and leaves them as they are. */
static void add(char **word, int *n, bool yes, const char *text)
{
	if (yes)
		word[(*n)++] = (char *)text;
}

/**
 * options_repeat - The options again, for another executable
 * @c: The context; its network namespace is inherited.
 * @word: Where the words go, OPTIONS_MAX at most.
 *
 * Return: How many.
 */
int options_repeat(const struct context *c, char **word)
{
	int n = 0;

	add(word, &n, c->out.json, "-json");
	add(word, &n, c->out.pretty, "-pretty");
	add(word, &n, c->stats, "-stats");
	add(word, &n, c->details, "-details");
	add(word, &n, c->out.color, "-color");
	add(word, &n, c->out.oneline, "-oneline");
	add(word, &n, c->brief, "-brief");
	return n;
}
