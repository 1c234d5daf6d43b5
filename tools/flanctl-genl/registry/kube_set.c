// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * A set of Nodes by name: a sorted array. A node may be in two sets, that of a
 * list that is coming in and the one before it.
 */
#include <stdlib.h>
#include <string.h>

#include "../array.h"
#include "kube.h"

/* The first place whose name is not below @name. */
static size_t place(const struct kube_set *s, const char *name)
{
	size_t low = 0, high = s->n, middle;

	/* Lists come in this very order. */
	if (s->n && strcmp(s->v[s->n - 1]->name, name) < 0)
		return s->n;
	while (low < high) {
		middle = low + (high - low) / 2;
		if (strcmp(s->v[middle]->name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool is_at(const struct kube_set *s, size_t i, const char *name)
{
	return i < s->n && !strcmp(s->v[i]->name, name);
}

/**
 * kube_set_find - Look for a node
 * @s: Where.
 * @name: Its name.
 *
 * Return: The node, which still belongs to the set, or NULL.
 */
struct kube_node *kube_set_find(const struct kube_set *s, const char *name)
{
	size_t i = place(s, name);

	return is_at(s, i, name) ? s->v[i] : NULL;
}

static bool make_room(struct kube_set *s)
{
	struct kube_node **v;

	if (s->n == REGISTRY_ENTRIES_MAX)
		return false;
	v = array_grow(s->v, s->n, &s->room, sizeof(struct kube_node *));
	if (!v)
		return false;
	s->v = v;
	return true;
}

/**
 * kube_set_put - Put in a node, instead of one of that name
 * @s: Where.
 * @n: The node; the set takes over the caller's reference if it succeeds.
 *
 * Return: false without memory, and if there are too many.
 */
bool kube_set_put(struct kube_set *s, struct kube_node *n)
{
	size_t i = place(s, n->name);

	if (is_at(s, i, n->name)) {
		kube_node_put(s->v[i]);
		s->v[i] = n;
		return true;
	}
	if (!make_room(s))
		return false;
	memmove(s->v + i + 1, s->v + i, (s->n - i) * sizeof(*s->v));
	s->v[i] = n;
	s->n++;
	return true;
}

/**
 * kube_set_remove - Take out a node
 * @s: From where.
 * @name: Its name.
 *
 * Return: false if it was not there.
 */
bool kube_set_remove(struct kube_set *s, const char *name)
{
	size_t i = place(s, name);

	if (!is_at(s, i, name))
		return false;
	kube_node_put(s->v[i]);
	s->n--;
	memmove(s->v + i, s->v + i + 1, (s->n - i) * sizeof(*s->v));
	return true;
}

/**
 * kube_set_equal - Do two sets say the same?
 * @a: A set.
 * @b: Another one.
 *
 * Return: true if they do.
 */
bool kube_set_equal(const struct kube_set *a, const struct kube_set *b)
{
	size_t i;

	if (a->n != b->n)
		return false;
	for (i = 0; i < a->n; i++)
		if (strcmp(a->v[i]->name, b->v[i]->name) ||
		    !kube_node_equal(a->v[i], b->v[i]))
			return false;
	return true;
}

/**
 * kube_set_free - Empty a set
 * @s: The set.
 */
void kube_set_free(struct kube_set *s)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		kube_node_put(s->v[i]);
	free(s->v);
	memset(s, 0, sizeof(*s));
}
