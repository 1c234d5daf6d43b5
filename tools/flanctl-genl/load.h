/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef FLANCTL_LOAD_H
#define FLANCTL_LOAD_H

#include "subnet.h"

/* So many bad lines are reported before we give up. */
#define LOAD_ERRORS_MAX	20

/**
 * struct load - The entries of a load file.
 * @file: Its name, for messages.
 * @list: The entries, in the order of the file.
 * @line: The line of each of them, from 1.
 * @room: For how many there is memory in @line.
 */
struct load {
	const char *file;
	struct subnet_list list;
	unsigned int *line;
	size_t room;
};

int load_parse(struct load *l, char *text, size_t len);
void load_free(struct load *l);

/* Between load.c and load_json.c. */
int load_add(struct load *l, const struct subnet *s, unsigned int line);
int load_json(struct load *l, const char *text, size_t len);

#endif /* FLANCTL_LOAD_H */
