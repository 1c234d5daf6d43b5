/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef FLANCTL_AGENT_CHILD_H
#define FLANCTL_AGENT_CHILD_H

#include <stddef.h>
#include <uv.h>

/**
 * struct child_result - The end of a program.
 * @code: Its exit code; -1: it was killed, or printed too much.
 * @out: What it printed, NUL-terminated.
 * @err: First line of what it complained about, fit to be printed.
 */
struct child_result {
	int code;
	const char *out;
	const char *err;
};

struct child;

int child_start(uv_loop_t *loop, const char *const *argv, const char *input,
		void (*done)(void *priv, const struct child_result *r),
		void *priv, struct child **child);
void child_cancel(struct child *c);

#endif /* FLANCTL_AGENT_CHILD_H */
