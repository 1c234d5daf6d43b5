// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Arrays that grow.
 */
#include <stdlib.h>

#include "array.h"

/**
 * array_grow - Make room for one element more
 * @v: The array.
 * @n: How many elements it has.
 * @room: For how many there is memory, updated.
 * @size: Size of an element.
 *
 * Return: The array, perhaps elsewhere; NULL without memory, then @v stays.
 */
void *array_grow(void *v, size_t n, size_t *room, size_t size)
{
	size_t more = *room ? 2 * *room : 16;
	void *bigger;

	if (n < *room)
		return v;
	bigger = reallocarray(v, more, size);
	if (bigger)
		*room = more;
	return bigger;
}
