/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef FLANCTL_IDS_H
#define FLANCTL_IDS_H

#include <stdbool.h>
#include <stdint.h>

/**
 * struct ids - A set of numbers, empty when it is zero.
 * @tree: They themselves.
 */
struct ids {
	void *tree;
};

int ids_add(struct ids *ids, uint32_t id);
bool ids_has(const struct ids *ids, uint32_t id);
void ids_free(struct ids *ids);

#endif /* FLANCTL_IDS_H */
