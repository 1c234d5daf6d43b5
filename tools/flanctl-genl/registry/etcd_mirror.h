/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef FLANCTL_REGISTRY_ETCD_MIRROR_H
#define FLANCTL_REGISTRY_ETCD_MIRROR_H

#include "etcd_kv.h"

/**
 * struct etcd_event - A key that was written or deleted.
 * @kv: The key, and its value unless it is gone.
 * @gone: It was deleted.
 */
struct etcd_event {
	struct etcd_kv kv;
	bool gone;
};

/**
 * struct etcd_events - Events in the order in which they happened.
 * @v: The events.
 * @n: How many.
 * @room: For how many there is memory.
 */
struct etcd_events {
	struct etcd_event *v;
	size_t n;
	size_t room;
};

bool etcd_events_add(struct etcd_events *events, struct etcd_event *e);
void etcd_events_clear(struct etcd_events *events);

struct registry_entry *etcd_mirror_find(const struct registry_data *mirror,
					const char *key, size_t len);
const char *etcd_mirror_apply(struct registry_data *mirror,
			      struct etcd_events *events);

#endif /* FLANCTL_REGISTRY_ETCD_MIRROR_H */
