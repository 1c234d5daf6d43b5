/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef FLANCTL_REGISTRY_ETCD_LIST_H
#define FLANCTL_REGISTRY_ETCD_LIST_H

#include "etcd_ask.h"
#include "registry.h"

/**
 * struct etcd_list - All that a registry holds, while it is read.
 * @call: What is asked now.
 * @data: What was read so far; the whole at the end, for @done to take.
 * @revision: What all is read at, 0: the newest.
 * @from: Who answered.
 * @page: How many leases to ask for at a time.
 * @next: The key from which the next page begins, as it is in etcd; NULL: the
 *	config is read.
 * @next_len: Its length.
 * @bytes: How much @data holds.
 * @until: When to give up, by the loop's clock.
 * @tries: How often this began again.
 * @loop: The loop.
 * @runs: It has begun and not ended.
 * @owner: For @done.
 * @done: Called once at the end; etcd_list_start() may call it at once.
 */
struct etcd_list {
	struct etcd_call call;
	struct registry_data data;
	uint64_t revision;
	struct addr from;
	unsigned int page;
	char *next;
	size_t next_len;
	size_t bytes;
	uint64_t until;
	unsigned int tries;
	uv_loop_t *loop;
	bool runs;
	void *owner;
	void (*done)(struct etcd_list *list, enum etcd_result result,
		     const char *why);
};

void etcd_list_start(struct etcd_list *list);
json_t *etcd_list_probe(const struct etcd_list *list);
void etcd_list_cancel(struct etcd_list *list);
const char *etcd_list_take(struct etcd_list *list, const json_t *answer,
			   bool *more);

#endif /* FLANCTL_REGISTRY_ETCD_LIST_H */
