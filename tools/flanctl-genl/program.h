/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef FLANCTL_PROGRAM_H
#define FLANCTL_PROGRAM_H

struct object;

int program_run(int argc, char **argv, const struct object *const *objects);

#endif /* FLANCTL_PROGRAM_H */
