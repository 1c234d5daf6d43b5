// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * What etcd holds, kept up to date by what happens there: leases sorted by
 * their keys, as a listing has them. Most events replace a value, which moves
 * nothing.
 */
#include <stdlib.h>
#include <string.h>

#include "../array.h"
#include "etcd_mirror.h"

/**
 * etcd_events_add - Append an event
 * @events: The events.
 * @e: The event, which is taken over, also without memory.
 *
 * Return: false without memory.
 */
bool etcd_events_add(struct etcd_events *events, struct etcd_event *e)
{
	if (!array_add(events, e))
		return true;
	etcd_kv_free(&e->kv);
	return false;
}

/**
 * etcd_events_clear - Free all events
 * @events: The events, none afterwards.
 */
void etcd_events_clear(struct etcd_events *events)
{
	size_t i;

	for (i = 0; i < events->n; i++)
		etcd_kv_free(&events->v[i].kv);
	free(events->v);
	memset(events, 0, sizeof(*events));
}

static int compare(const struct registry_entry *e, const char *key, size_t len)
{
	int diff = memcmp(e->key, key, e->key_len < len ? e->key_len : len);

	return diff ? diff : (e->key_len > len) - (e->key_len < len);
}

/* Where a key is, or would be. */
static size_t position(const struct registry_data *mirror, const char *key,
		       size_t len)
{
	size_t low = 0, high = mirror->n, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (compare(&mirror->v[middle], key, len) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool is_at(const struct registry_data *mirror, size_t i,
		  const char *key, size_t len)
{
	return i < mirror->n && !compare(&mirror->v[i], key, len);
}

/**
 * etcd_mirror_find - Look up a lease
 * @mirror: The mirror.
 * @key: Its key.
 * @len: The key's length.
 *
 * Return: The lease, NULL: there is none.
 */
struct registry_entry *etcd_mirror_find(const struct registry_data *mirror,
					const char *key, size_t len)
{
	size_t i = position(mirror, key, len);

	return is_at(mirror, i, key, len) ? &mirror->v[i] : NULL;
}

static void apply_config(struct registry_data *mirror, struct etcd_event *e)
{
	free(mirror->config);
	mirror->config = e->kv.entry.value;
	mirror->config_len = e->kv.entry.value_len;
	e->kv.entry.value = NULL;
}

static void del_lease(struct registry_data *mirror, size_t i)
{
	free(mirror->v[i].key);
	free(mirror->v[i].value);
	mirror->n--;
	memmove(&mirror->v[i], &mirror->v[i + 1],
		(mirror->n - i) * sizeof(*mirror->v));
}

static bool put_lease(struct registry_data *mirror, size_t i,
		      struct registry_entry *e)
{
	struct registry_entry taken = *e;
	bool good;

	memset(e, 0, sizeof(*e));
	good = !registry_add(mirror, &taken);
	if (!good)
		return false;
	memmove(&mirror->v[i + 1], &mirror->v[i],
		(mirror->n - 1 - i) * sizeof(*mirror->v));
	mirror->v[i] = taken;
	return true;
}

static bool apply_lease(struct registry_data *mirror, struct etcd_event *e)
{
	struct registry_entry *entry = &e->kv.entry, old;
	size_t i = position(mirror, entry->key, entry->key_len);
	bool there = is_at(mirror, i, entry->key, entry->key_len);

	if (there && e->gone) {
		del_lease(mirror, i);
	} else if (there) {
		old = mirror->v[i];
		mirror->v[i] = *entry;
		*entry = old;
	} else if (!e->gone) {
		return put_lease(mirror, i, entry);
	}
	return true;
}

/**
 * etcd_mirror_apply - Let happen what happened in etcd
 * @mirror: The mirror.
 * @events: The events, none afterwards.
 *
 * Return: NULL, or why the mirror no longer shows what is there.
 */
const char *etcd_mirror_apply(struct registry_data *mirror,
			      struct etcd_events *events)
{
	const char *why = NULL;
	size_t i;

	for (i = 0; i < events->n && !why; i++) {
		if (events->v[i].kv.kind == ETCD_CONFIG)
			apply_config(mirror, &events->v[i]);
		else if (!apply_lease(mirror, &events->v[i]))
			why = "cannot hold all leases";
	}
	etcd_events_clear(events);
	return why;
}
