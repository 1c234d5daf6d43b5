/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef FLANCTL_OPTIONS_H
#define FLANCTL_OPTIONS_H

struct args;
struct context;

int options_parse(struct context *c, struct args *a);
int options_apply(struct context *c);
int options_repeat(const struct context *c, char **word);

/* Room that options_repeat() needs. */
#define OPTIONS_MAX	16

#endif /* FLANCTL_OPTIONS_H */
