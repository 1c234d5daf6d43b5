/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef FLANCTL_REGISTRY_PLAN_H
#define FLANCTL_REGISTRY_PLAN_H

#include "../json.h"
#include "../subnet.h"

/**
 * enum plan_sign - What is to be done about a prefix.
 * @PLAN_ADD: It is new.
 * @PLAN_REMOVE: It is gone.
 * @PLAN_CHANGE: It has another value.
 * @PLAN_REFUSE: It cannot be done; the present entry stays.
 * @PLAN_SAME: It has this value; it is written with the new generation.
 * @PLAN_LEAVE: Another owner wrote this value already.
 */
enum plan_sign {
	PLAN_ADD = '+',
	PLAN_REMOVE = '-',
	PLAN_CHANGE = '~',
	PLAN_REFUSE = '!',
	PLAN_SAME = '=',
	PLAN_LEAVE = '.',
};

/**
 * struct plan_item - What is to be done about a prefix, and why.
 * @sign: What.
 * @has_old: The table has the prefix now.
 * @old: That entry.
 * @new: What is to be written; @old for PLAN_REMOVE.
 * @why: Why it has its sign, fit to be printed; NULL: that is plain. Is there
 *	for PLAN_REFUSE.
 */
struct plan_item {
	enum plan_sign sign;
	bool has_old;
	struct subnet old;
	struct subnet new;
	char *why;
};

/**
 * struct plan - All of it, ordered by prefix.
 * @v: The items.
 * @n: How many.
 */
struct plan {
	struct plan_item *v;
	size_t n;
};

int plan_make(struct plan *plan, struct subnet_list *want,
	      struct subnet_list *have, const struct subnet_list *keep,
	      const char *owner);
void plan_free(struct plan *plan);
bool plan_writes(const struct plan_item *item);
char *plan_reason(const struct plan_item *item, char buf[static JSON_WHY]);

#endif /* FLANCTL_REGISTRY_PLAN_H */
