// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The file that "subnet load" reads: lines of text here, JSON in load_json.c,
 * then checks of the file as a whole. It is good as a whole or not used.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "args.h"
#include "array.h"
#include "error.h"
#include "load.h"

/**
 * load_add - Append an entry
 * @l: The file.
 * @s: The entry, copied.
 * @line: Its line.
 *
 * Return: 0, or EXIT_REFUSED without memory.
 */
int load_add(struct load *l, const struct subnet *s, unsigned int line)
{
	unsigned int *more;

	more = array_grow(l->line, l->list.n, &l->room, sizeof(*more));
	if (!more)
		return fail(EXIT_REFUSED, "out of memory");
	l->line = more;
	l->line[l->list.n] = line;
	if (subnet_list_add(&l->list, s))
		return fail(EXIT_REFUSED, "out of memory");
	return 0;
}

/* Words that "subnet show" prints but that say nothing here. */
static bool skip_word(struct args *a)
{
	static const char *const skipped[] = { "dev", "owner", "generation" };
	size_t i;

	for (i = 0; i < sizeof(skipped) / sizeof(skipped[0]); i++)
		if (args_accept(a, skipped[i]))
			return args_next(a);
	return false;
}

static int parse_words(struct args *a, struct subnet *s)
{
	bool done;

	if (subnet_parse_prefix(a, &s->prefix))
		return EXIT_WRONG;
	while (args_peek(a)) {
		if (skip_word(a))
			continue;
		if (subnet_parse_word(a, s, &done))
			return EXIT_WRONG;
		if (!done)
			return args_unknown(a);
	}
	return subnet_check(s);
}

static int parse_line(struct load *l, char *line, unsigned int number)
{
	struct subnet s = {};
	struct args a = {};
	int err;

	a.count = args_split(line, &a.word);
	if (a.count == -2)
		return fail(EXIT_WRONG, "a quote is not closed");
	if (a.count < 0)
		return fail(EXIT_REFUSED, "out of memory");
	err = a.count ? parse_words(&a, &s) : 0;
	if (!err && a.count)
		err = load_add(l, &s, number);
	free(a.word);
	return err;
}

static int parse_lines(struct load *l, char *text, size_t len)
{
	struct error_place before = error_place(NULL, 0);
	char *end = text + len, *next;
	unsigned int number = 0;
	int errors = 0;

	for (; text < end && errors < LOAD_ERRORS_MAX; text = next) {
		next = memchr(text, '\n', (size_t)(end - text));
		next = next ? next + 1 : end;
		error_place(l->file, ++number);
		if (memchr(text, '\0', (size_t)(next - text)))
			errors += !!fail(EXIT_WRONG, "a NUL byte");
		if (next[-1] == '\n')
			next[-1] = '\0';
		errors += !!parse_line(l, text, number);
	}
	error_place(before.file, before.line);
	return errors ? EXIT_WRONG : 0;
}

static int by_prefix(const void *a, const void *b, void *arg)
{
	const size_t *i = a, *k = b;
	const struct load *l = arg;
	int diff = prefix_cmp(&l->list.v[*i].prefix, &l->list.v[*k].prefix);

	return diff ? diff : *i < *k ? -1 : 1;
}

static int vtep_cmp(const struct subnet *a, const struct subnet *b)
{
	if (a->local != b->local)
		return a->local - b->local;
	if (a->encap != b->encap)
		return a->encap - b->encap;
	return addr_cmp(&a->via, &b->via);
}

static int by_vtep(const void *a, const void *b, void *arg)
{
	const size_t *i = a, *k = b;
	const struct load *l = arg;
	int diff = vtep_cmp(&l->list.v[*i], &l->list.v[*k]);

	return diff ? diff : *i < *k ? -1 : 1;
}

static int check_prefix(const struct load *l, size_t first, size_t second)
{
	char text[PREFIX_TEXT];

	if (prefix_cmp(&l->list.v[first].prefix, &l->list.v[second].prefix))
		return 0;
	return fail(EXIT_WRONG, "%s:%u: %s is there already, in line %u",
		    l->file, l->line[second],
		    prefix_text(&l->list.v[second].prefix, text),
		    l->line[first]);
}

static int check_vtep(const struct load *l, size_t first, size_t second)
{
	const struct subnet *a = &l->list.v[first], *b = &l->list.v[second];
	char via[ADDR_TEXT];

	if (a->local || vtep_cmp(a, b) || subnet_same(a, b))
		return 0;
	return fail(EXIT_WRONG, "%s:%u: the VTEP %s has another lladdr or src in line %u",
		    l->file, l->line[second], addr_text(&a->via, via),
		    l->line[first]);
}

/* Sort the entries and compare each with the one before it. */
static int check_sorted(const struct load *l, size_t *index,
			int (*order)(const void *, const void *, void *),
			int (*check)(const struct load *, size_t, size_t))
{
	int errors = 0;
	size_t i;

	for (i = 0; i < l->list.n; i++)
		index[i] = i;
	qsort_r(index, l->list.n, sizeof(*index), order, (void *)l);
	for (i = 1; i < l->list.n && errors < LOAD_ERRORS_MAX; i++)
		errors += !!check(l, index[i - 1], index[i]);
	return errors;
}

static int check_whole(const struct load *l)
{
	size_t *index = calloc(l->list.n + 1, sizeof(*index));
	int errors;

	if (!index)
		return fail(EXIT_REFUSED, "out of memory");
	errors = check_sorted(l, index, by_prefix, check_prefix);
	errors += check_sorted(l, index, by_vtep, check_vtep);
	free(index);
	return errors ? EXIT_WRONG : 0;
}

/**
 * load_parse - Read a load file
 * @l: Where the entries go; all zero but for the name, freed by the caller.
 * @text: The content, changed; a NUL follows it.
 * @len: Its length.
 *
 * Says what is wrong, with lines.
 *
 * Return: 0 or EXIT_WRONG; EXIT_REFUSED without memory.
 */
int load_parse(struct load *l, char *text, size_t len)
{
	size_t space = strspn(text, " \t\r\n");
	int err;

	if (text[space] == '[' || text[space] == '{')
		err = load_json(l, text, len);
	else
		err = parse_lines(l, text, len);
	return err ? err : check_whole(l);
}

/**
 * load_free - Free the entries
 * @l: The file.
 */
void load_free(struct load *l)
{
	subnet_list_free(&l->list);
	free(l->line);
	l->line = NULL;
	l->room = 0;
}
