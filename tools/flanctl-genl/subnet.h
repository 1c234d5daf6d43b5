/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef FLANCTL_SUBNET_H
#define FLANCTL_SUBNET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/flannel.h>

#include "addr.h"

struct args;
struct printer;

/**
 * struct subnet - An entry of the table.
 * @ifindex: Its device, in what the kernel tells.
 * @prefix: The key.
 * @local: This node's own; then all of the next are unset.
 * @via: Underlay address of the VTEP.
 * @has_lladdr: @lladdr is known.
 * @lladdr: MAC of the VTEP.
 * @encap: enum flannel_encap.
 * @src_count: How many of @src are set.
 * @src: Further outer source addresses of the VTEP.
 * @owner: Who wrote it; empty in a request: the kernel's default.
 * @generation: Picked by the writer.
 */
struct subnet {
	uint32_t ifindex;
	struct prefix prefix;
	bool local;
	struct addr via;
	bool has_lladdr;
	struct mac lladdr;
	uint8_t encap;
	uint8_t src_count;
	struct addr src[FLANNEL_SRC_MAX];
	char owner[FLANNEL_OWNER_MAX + 1];
	uint32_t generation;
};

/**
 * struct subnet_list - Many of them.
 * @v: The entries.
 * @n: How many.
 * @room: For how many there is memory.
 */
struct subnet_list {
	struct subnet *v;
	size_t n;
	size_t room;
};

/**
 * struct counts - What a request did to the table.
 * @added: Entries that were not there before.
 * @changed: Entries that have another value now.
 * @removed: Entries that are gone.
 * @unchanged: Entries that had this value already.
 */
struct counts {
	uint64_t added;
	uint64_t changed;
	uint64_t removed;
	uint64_t unchanged;
};

int subnet_list_add(struct subnet_list *list, const struct subnet *s);
void subnet_list_clear(struct subnet_list *list);
void subnet_list_free(struct subnet_list *list);

bool subnet_same(const struct subnet *a, const struct subnet *b);
const char *encap_name(unsigned int encap);
int encap_parse(struct subnet *s, const char *text);
int src_parse(struct subnet *s, const char *text);
int subnet_parse_prefix(struct args *a, struct prefix *prefix);
int subnet_parse_word(struct args *a, struct subnet *s, bool *done);
int subnet_check(const struct subnet *s);

void subnet_print(struct printer *p, const struct subnet *s, const char *dev,
		  bool details);
void counts_print(struct printer *p, const struct counts *c);

#endif /* FLANCTL_SUBNET_H */
