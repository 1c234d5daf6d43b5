// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * From what a registry holds to what this node should do: the leases that are
 * believed become entries of the table or routes, what is not understood stays as it is.
 *
 * A pure function of its arguments.
 */
#include <string.h>

#include "../error.h"
#include "backend.h"
#include "target.h"

/* Our own subnet is in the table, where there is one. */
static int want_own(struct target *t, const struct backend *b,
		    const struct lease_half *h)
{
	struct subnet subnet = { .prefix = h->prefix, .local = true };

	return b && b->routes ? 0 : subnet_list_add(&t->want, &subnet);
}

static int want_peer(struct target *t, const struct backend *b, bool direct,
		     const struct lease_half *h)
{
	struct subnet subnet = { .prefix = h->prefix, .via = h->via };

	if ((b->routes || direct) && subnet_list_add(&t->direct, &subnet))
		return -1;
	if (!b->table)
		return 0;
	subnet.encap = b->encap;
	subnet.has_lladdr = b->mac;
	if (b->mac)
		subnet.lladdr = h->mac;
	return subnet_list_add(&t->want, &subnet);
}

static int sort_half(struct target *t, const struct net_config *config,
		     const struct lease *l, const struct lease_half *h)
{
	const struct backend *b = backend_of(config);
	struct subnet subnet = { .prefix = h->prefix };

	if (!h->there)
		return 0;
	if (l->bad_value)
		return subnet_list_add(&t->keep, &subnet);
	if (l->refused || h->refused)
		return 0;
	return l->own ? want_own(t, b, h) : want_peer(t, b, config->direct, h);
}

static bool ours(const struct place *place, const struct subnet *s)
{
	return !strcmp(s->owner, place->owner);
}

/* Without a lease of this node, the subnets that it had stay its own. */
static int keep_local(struct target *t, const struct place *place)
{
	const struct subnet_list *have = place->table;
	size_t i;

	for (i = 0; have && !t->own && i < have->n; i++)
		if (have->v[i].local && ours(place, &have->v[i]) &&
		    subnet_list_add(&t->keep, &have->v[i]))
			return -1;
	return 0;
}

static int sort_leases(struct target *t, const struct net_config *config,
		       const struct place *place)
{
	const struct lease *l;
	size_t i;

	for (i = 0; i < t->leases.n; i++) {
		l = &t->leases.v[i];
		if (l->own)
			t->own = l;
		if (sort_half(t, config, l, &l->half[0]) ||
		    sort_half(t, config, l, &l->half[1]))
			return -1;
	}
	return keep_local(t, place);
}

/**
 * target_make - Decide what this node should do
 * @t: Where the result goes; target_free() frees it, also after an error.
 * @data: The registry, which has to stay.
 * @config: Its network config.
 * @place: Where this node is; its table is known.
 *
 * Return: 0, or EXIT_REFUSED without memory.
 */
int target_make(struct target *t, const struct registry_data *data,
		const struct net_config *config, const struct place *place)
{
	int err;

	memset(t, 0, sizeof(*t));
	err = lease_list_parse(&t->leases, data, config);
	if (!err)
		err = lease_list_judge(&t->leases, config, place);
	if (!err && sort_leases(t, config, place))
		err = fail(EXIT_REFUSED, "out of memory");
	return err;
}

/**
 * target_free - Free what target_make() made
 * @t: The target.
 */
void target_free(struct target *t)
{
	lease_list_free(&t->leases);
	subnet_list_free(&t->want);
	subnet_list_free(&t->direct);
	subnet_list_free(&t->keep);
	memset(t, 0, sizeof(*t));
}

static bool listed(const struct subnet_list *list, const struct prefix *p)
{
	size_t i;

	for (i = 0; i < list->n; i++)
		if (!prefix_cmp(&list->v[i].prefix, p))
			return true;
	return false;
}

/**
 * target_loses - How much would be removed if nothing at all is wanted
 * @t: The target.
 * @place: Where this node is.
 *
 * Return: How many entries of the owner are neither wanted nor kept; 0 if
 * anything is wanted.
 */
size_t target_loses(const struct target *t, const struct place *place)
{
	const struct subnet_list *have = place->table;
	size_t i, n = 0;

	for (i = 0; have && !t->want.n && !t->direct.n && i < have->n; i++)
		n += ours(place, &have->v[i]) &&
		     !listed(&t->keep, &have->v[i].prefix);
	return n;
}

/**
 * target_each_refused - Tell about each lease, or half of one, that is refused
 * @t: The target.
 * @refused: Is told; @half is -1 for a lease as a whole. Something other than
 *	0 ends it.
 * @arg: For @refused.
 *
 * Return: 0, or what @refused returned.
 */
int target_each_refused(const struct target *t,
			int (*refused)(void *arg, const struct lease *l,
				       int half),
			void *arg)
{
	const struct lease *l;
	int half, err = 0;
	size_t i;

	for (i = 0; i < t->leases.n && !err; i++) {
		l = &t->leases.v[i];
		if (l->refused)
			err = refused(arg, l, -1);
		for (half = 0; half < 2 && !l->refused && !err; half++)
			if (l->half[half].refused)
				err = refused(arg, l, half);
	}
	return err;
}
