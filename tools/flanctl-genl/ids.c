// SPDX-License-Identifier: GPL-2.0 OR MIT
/* Sets of numbers, which are the nodes of a tree themselves. */
#include <errno.h>
#include <search.h>
#include <stddef.h>

#include "ids.h"

static int by_id(const void *a, const void *b)
{
	uintptr_t i = (uintptr_t)a, j = (uintptr_t)b;

	return i < j ? -1 : i > j;
}

/**
 * ids_add - Put a number into a set
 * @ids: The set.
 * @id: The number, which may be there.
 *
 * Return: 0 or -ENOMEM.
 */
int ids_add(struct ids *ids, uint32_t id)
{
	void *node = (void *)(uintptr_t)id;

	return tsearch(node, &ids->tree, by_id) ? 0 : -ENOMEM;
}

/**
 * ids_has - Is a number in a set?
 * @ids: The set.
 * @id: The number.
 *
 * Return: Whether it is.
 */
bool ids_has(const struct ids *ids, uint32_t id)
{
	return tfind((void *)(uintptr_t)id, &ids->tree, by_id);
}

static void keep_node(void *node)
{
	(void)node;
}

/**
 * ids_free - Make a set empty
 * @ids: The set.
 */
void ids_free(struct ids *ids)
{
	tdestroy(ids->tree, keep_node);
	ids->tree = NULL;
}
