// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * -batch: commands from a file, in one process and over the same sockets. A
 * backslash at the end continues a line.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "batch.h"
#include "cmd/cmd.h"

/**
 * struct batch - The file.
 * @file: The open file.
 * @name: Its name, for messages.
 * @line: A line, with those that continue it.
 * @room: Memory at @line.
 * @len: Length of @line.
 * @number: Where @line begins.
 * @last: Number of the last line read.
 */
struct batch {
	FILE *file;
	const char *name;
	char *line;
	size_t room;
	size_t len;
	unsigned int number;
	unsigned int last;
};

static int append(struct batch *b, const char *text, size_t len)
{
	char *more = realloc(b->line, b->len + len + 1);

	if (!more)
		return -1;
	b->line = more;
	memcpy(b->line + b->len, text, len);
	b->len += len;
	b->line[b->len] = '\0';
	return 0;
}

/* 1: a line was read; 0: the file ends; -1: no memory. */
static int next_line(struct batch *b)
{
	char *part = NULL;
	size_t room = 0;
	bool more = true;
	ssize_t len;

	b->len = 0;
	b->number = b->last + 1;
	while (more && (len = getline(&part, &room, b->file)) > 0) {
		b->last++;
		if (part[len - 1] == '\n')
			len--;
		/* A comment ends with its line, whatever it ends with. */
		more = len && part[len - 1] == '\\' &&
		       part[strspn(part, " \t")] != '#';
		if (append(b, part, (size_t)(more ? len - 1 : len))) {
			free(part);
			return -1;
		}
	}
	free(part);
	return b->last >= b->number;
}

static int run_line(struct context *c, const struct object *const *objects,
		    struct batch *b)
{
	struct context here = *c;
	struct args a = {};
	int err;

	a.count = args_split(b->line, &a.word);
	if (a.count == -2)
		return fail(EXIT_WRONG, "a quote is not closed");
	if (a.count < 0)
		return fail(EXIT_REFUSED, "out of memory");
	err = a.count ? context_run(&here, objects, &a) : 0;
	free(a.word);
	return err;
}

static int run_file(struct context *c, const struct object *const *objects,
		    struct batch *b)
{
	int failed = 0, got = 0, err;

	while (!(failed && !c->force) && (got = next_line(b)) > 0) {
		error_place(b->name, b->number);
		if (run_line(c, objects, b))
			failed++;
	}
	err = errno;
	error_place(NULL, 0);
	free(b->line);
	if (got < 0)
		return fail(EXIT_REFUSED, "out of memory");
	if (ferror(b->file))
		return fail(EXIT_WRONG, "%s: %s", b->name, strerror(err));
	return failed ? EXIT_REFUSED : EXIT_DONE;
}

/**
 * batch_run - Run the commands of a file
 * @c: The context.
 * @objects: What there is, up to NULL.
 *
 * Return: EXIT_DONE; EXIT_WRONG: the file cannot be read; EXIT_REFUSED: a
 * command failed, whatever the reason.
 */
int batch_run(struct context *c, const struct object *const *objects)
{
	struct batch b = { .name = c->batch };
	int err;

	if (!strcmp(c->batch, "-"))
		return run_file(c, objects,
				&(struct batch){ .name = "-", .file = stdin });
	b.file = fopen(c->batch, "re");
	if (!b.file)
		return fail(EXIT_WRONG, "%s: %s", c->batch, strerror(errno));
	err = run_file(c, objects, &b);
	fclose(b.file);
	return err;
}
