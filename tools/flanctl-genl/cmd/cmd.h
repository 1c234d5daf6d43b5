/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef FLANCTL_CMD_H
#define FLANCTL_CMD_H

#include <stdbool.h>
#include <stddef.h>

#include "../args.h"
#include "../error.h"
#include "../netlink/kernel.h"
#include "../print.h"

/**
 * struct context - What a command runs in.
 * @out: Where answers go.
 * @nl: The kernel.
 * @stats: -s: counters as well.
 * @details: -d: in text, what only a few need.
 * @brief: -br: in text, only the most important.
 * @force: -force: a batch goes on after an error.
 * @timestamp: -t: monitor says when.
 * @color: -c: colours as the user wants them, NULL: none.
 * @batch: -b: the file with commands, NULL: none.
 */
struct context {
	struct printer out;
	struct netlink *nl;
	bool stats;
	bool details;
	bool brief;
	bool force;
	bool timestamp;
	const char *color;
	const char *batch;
};

/**
 * struct command - A command of an object.
 * @name: In full; abbreviations find the first that matches.
 * @run: Runs it on the words that follow, returns an enum exit_code.
 */
struct command {
	const char *name;
	int (*run)(struct context *c, struct args *a);
};

/**
 * struct object - What comes first on the command line.
 * @name: In full; abbreviations find the first that matches.
 * @commands: Its commands up to one without a name, the first is the default;
 *	NULL: it has none.
 * @run: Runs it if it has no commands.
 * @usage: Lines of the synopsis.
 */
struct object {
	const char *name;
	const struct command *commands;
	int (*run)(struct context *c, struct args *a);
	const char *usage;
};

extern const struct object link_object;
extern const struct object subnet_object;
extern const struct object vtep_object;
extern const struct object stats_object;
extern const struct object monitor_object;
extern const struct object sync_object;
extern const struct object registry_object;
extern const struct object agent_object;

int context_run(struct context *c, const struct object *const *objects,
		struct args *a);
int context_finish(struct context *c);
int refused(const struct context *c, const char *what, const char *name);
int device_word(struct args *a, uint32_t *ifindex, const char **name);
int device_only(struct args *a, uint32_t *ifindex);
int subnet_load(struct context *c, struct args *a);
int subnet_sweep(struct context *c, struct args *a);

#endif /* FLANCTL_CMD_H */
