// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * From the table as it is and as it should be to what is to be done. What
 * other owners wrote is not touched; what the registry cannot say (src) stays
 * as it is.
 *
 * A pure function of its arguments.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plan.h"

static int by_prefix(const void *a, const void *b)
{
	const struct subnet *s = a, *t = b;

	return prefix_cmp(&s->prefix, &t->prefix);
}

static int vtep_cmp(const struct subnet *s, const struct subnet *t)
{
	if (s->encap != t->encap)
		return s->encap - t->encap;
	return addr_cmp(&s->via, &t->via);
}

static int by_vtep(const void *a, const void *b)
{
	return vtep_cmp(*(const struct subnet *const *)a,
			*(const struct subnet *const *)b);
}

/**
 * struct vteps - Entries of a list by VTEP.
 * @v: The entries, local ones left out.
 * @n: How many.
 */
struct vteps {
	const struct subnet **v;
	size_t n;
};

static int vteps_make(struct vteps *vteps, const struct subnet_list *list)
{
	size_t i;

	vteps->v = calloc(list->n + 1, sizeof(const struct subnet *));
	vteps->n = 0;
	if (!vteps->v)
		return -1;
	for (i = 0; i < list->n; i++)
		if (!list->v[i].local)
			vteps->v[vteps->n++] = &list->v[i];
	qsort(vteps->v, vteps->n, sizeof(const struct subnet *), by_vtep);
	return 0;
}

static const struct subnet *vteps_find(const struct vteps *vteps,
				       const struct subnet *s)
{
	const struct subnet **found;

	found = bsearch(&s, vteps->v, vteps->n, sizeof(const struct subnet *),
			by_vtep);
	return found ? *found : NULL;
}

/* Outer sources that were set by hand belong to the VTEP and stay. */
static void inherit_src(struct subnet_list *want, const struct vteps *have)
{
	const struct subnet *old;
	size_t i;

	for (i = 0; i < want->n; i++) {
		old = want->v[i].local ? NULL : vteps_find(have, &want->v[i]);
		if (!old)
			continue;
		want->v[i].src_count = old->src_count;
		memcpy(want->v[i].src, old->src, sizeof(old->src));
	}
}

/* An entry that is kept has to agree with what its VTEP becomes. */
static void adopt_vtep(struct subnet *s, const struct vteps *want)
{
	const struct subnet *now = s->local ? NULL : vteps_find(want, s);

	if (!now)
		return;
	s->has_lladdr = now->has_lladdr;
	s->lladdr = now->lladdr;
}

static bool listed(const struct subnet_list *list, const struct subnet *s)
{
	size_t i;

	for (i = 0; i < list->n; i++)
		if (!prefix_cmp(&list->v[i].prefix, &s->prefix))
			return true;
	return false;
}

static int refuse(struct plan_item *item)
{
	item->sign = PLAN_REFUSE;
	return asprintf(&item->why, "held by owner '%s': subnet del it first",
			item->old.owner) < 0 ? -1 : 0;
}

static int decide_both(struct plan_item *item, const char *owner)
{
	bool same = subnet_same(&item->new, &item->old);

	if (!strcmp(item->old.owner, owner))
		item->sign = same ? PLAN_SAME : PLAN_CHANGE;
	else if (same)
		item->sign = PLAN_LEAVE;
	else
		return refuse(item);
	return 0;
}

static void decide_old(struct plan_item *item, const struct subnet_list *keep,
		       const struct vteps *want)
{
	item->new = item->old;
	if (listed(keep, &item->old)) {
		item->sign = PLAN_SAME;
		adopt_vtep(&item->new, want);
	} else {
		item->sign = PLAN_REMOVE;
	}
}

/**
 * struct tables - What is compared.
 * @want: What should be.
 * @have: What is.
 * @keep: Prefixes that stay.
 * @vteps: The VTEPs of @want.
 * @owner: Whose entries they are.
 */
struct tables {
	const struct subnet_list *want;
	const struct subnet_list *have;
	const struct subnet_list *keep;
	struct vteps vteps;
	const char *owner;
};

static bool others(const struct tables *t, const struct subnet *s)
{
	return strcmp(s->owner, t->owner);
}

/* Both lists are in order: the smaller head is next, or both if equal. */
static int merge(struct plan *plan, const struct tables *t)
{
	const struct subnet_list *want = t->want, *have = t->have;
	size_t w = 0, h = 0;
	struct plan_item *item;
	int diff;

	while (w < want->n || h < have->n) {
		diff = w == want->n ? 1 : h == have->n ? -1 :
		       by_prefix(&want->v[w], &have->v[h]);
		if (diff > 0 && others(t, &have->v[h])) {
			h++;
			continue;
		}
		item = &plan->v[plan->n++];
		item->has_old = diff >= 0;
		if (diff >= 0)
			item->old = have->v[h++];
		if (diff <= 0)
			item->new = want->v[w++];
		if (diff < 0)
			item->sign = PLAN_ADD;
		else if (diff > 0)
			decide_old(item, t->keep, &t->vteps);
		else if (decide_both(item, t->owner))
			return -1;
	}
	return 0;
}

/**
 * plan_make - Compare two tables
 * @plan: Where the result goes, plan_free() frees it.
 * @want: What @owner's entries should be, one of a prefix; is sorted and gets
 *	what the registry does not know.
 * @have: The table, of all owners; is sorted.
 * @keep: Prefixes that stay if they are there, whatever their value.
 * @owner: Whose entries they are.
 *
 * Return: 0, or -1 without memory.
 */
int plan_make(struct plan *plan, struct subnet_list *want,
	      struct subnet_list *have, const struct subnet_list *keep,
	      const char *owner)
{
	struct tables t = {
		.want = want, .have = have, .keep = keep, .owner = owner,
	};
	struct vteps old = {};
	int err = -1;

	memset(plan, 0, sizeof(*plan));
	plan->v = calloc(want->n + have->n + 1, sizeof(*plan->v));
	if (want->n)
		qsort(want->v, want->n, sizeof(*want->v), by_prefix);
	if (have->n)
		qsort(have->v, have->n, sizeof(*have->v), by_prefix);
	if (plan->v && !vteps_make(&t.vteps, want) &&
	    !vteps_make(&old, have)) {
		inherit_src(want, &old);
		err = merge(plan, &t);
	}
	free(t.vteps.v);
	free(old.v);
	return err;
}

/**
 * plan_free - Free a plan
 * @plan: The plan.
 */
void plan_free(struct plan *plan)
{
	size_t i;

	for (i = 0; i < plan->n; i++)
		free(plan->v[i].why);
	free(plan->v);
	memset(plan, 0, sizeof(*plan));
}

/**
 * plan_writes - Is an item written to the table?
 * @item: The item.
 *
 * Return: true if so.
 */
bool plan_writes(const struct plan_item *item)
{
	return item->sign == PLAN_ADD || item->sign == PLAN_CHANGE ||
	       item->sign == PLAN_SAME;
}

static void change_reason(const struct plan_item *item, char *buf)
{
	char via[ADDR_TEXT], mac[MAC_TEXT];

	if (item->old.local)
		snprintf(buf, JSON_WHY, "was local");
	else if (item->new.local ||
		 addr_cmp(&item->old.via, &item->new.via))
		snprintf(buf, JSON_WHY, "was via %s",
			 addr_text(&item->old.via, via));
	else if (item->old.encap != item->new.encap)
		snprintf(buf, JSON_WHY, "was encap %s",
			 encap_name(item->old.encap));
	else if (memcmp(&item->old.lladdr, &item->new.lladdr,
			sizeof(item->old.lladdr)))
		snprintf(buf, JSON_WHY, "was lladdr %s",
			 mac_text(&item->old.lladdr, mac));
	else
		snprintf(buf, JSON_WHY, "had other src");
}

/**
 * plan_reason - Why an item has its sign
 * @item: The item.
 * @buf: Where the text goes.
 *
 * Return: @buf.
 */
char *plan_reason(const struct plan_item *item, char buf[static JSON_WHY])
{
	buf[0] = '\0';
	if (item->why)
		snprintf(buf, JSON_WHY, "%s", item->why);
	else if (item->sign == PLAN_ADD)
		strcpy(buf, "new");
	else if (item->sign == PLAN_REMOVE)
		strcpy(buf, "no lease");
	else if (item->sign == PLAN_CHANGE)
		change_reason(item, buf);
	return buf;
}
