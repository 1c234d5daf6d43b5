/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef FLANCTL_ARRAY_H
#define FLANCTL_ARRAY_H

/*
 * Arrays that grow: a structure with v, the elements, n, how many there are,
 * and room, for how many there is memory.
 */
#include <errno.h>
#include <stddef.h>

void *array_grow(void *v, size_t n, size_t *room, size_t size);

/**
 * array_add - Append an element
 * @array: The array.
 * @element: The element, copied.
 *
 * Return: 0, or -ENOMEM and the array as it was.
 */
#define array_add(array, element)					\
({									\
	__typeof__(array) to_ = (array);				\
	__typeof__(to_->v) v_ = array_grow(to_->v, to_->n, &to_->room,	\
					   sizeof(*v_));		\
									\
	if (v_) {							\
		to_->v = v_;						\
		v_[to_->n++] = *(element);				\
	}								\
	v_ ? 0 : -ENOMEM;						\
})

#endif /* FLANCTL_ARRAY_H */
