/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef FLANCTL_BATCH_H
#define FLANCTL_BATCH_H

struct context;
struct object;

int batch_run(struct context *c, const struct object *const *objects);

#endif /* FLANCTL_BATCH_H */
