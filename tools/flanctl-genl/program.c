// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * What both executables do: options, then one command or a file of them.
 */
#include <stdio.h>

#include "batch.h"
#include "cmd/cmd.h"
#include "options.h"
#include "program.h"

static int run(struct context *c, const struct object *const *objects,
	       struct args *a)
{
	int err;

	c->nl = netlink_new();
	if (!c->nl)
		return fail(EXIT_REFUSED, "out of memory");
	if (c->batch && args_peek(a))
		err = args_unknown(a);
	else if (c->batch)
		err = batch_run(c, objects);
	else
		err = context_run(c, objects, a);
	netlink_free(c->nl);
	return err;
}

/**
 * program_run - The whole of main()
 * @argc: As main() has it.
 * @argv: As main() has it.
 * @objects: What there is, up to NULL.
 *
 * Return: enum exit_code.
 */
int program_run(int argc, char **argv, const struct object *const *objects)
{
	struct args a = { .word = argv, .count = argc, .next = 1 };
	struct context c = { .out = { .file = stdout } };
	int err;

	err = options_parse(&c, &a);
	if (!err) {
		options_apply(&c);
		err = run(&c, objects, &a);
	}
	if (fflush(stdout) && err <= 0)
		err = fail(EXIT_REFUSED, "cannot write the output");
	return err < 0 ? EXIT_DONE : err;
}
