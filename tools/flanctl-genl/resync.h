/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef FLANCTL_RESYNC_H
#define FLANCTL_RESYNC_H

#include <stdint.h>

#include "subnet.h"

struct netlink;

int resync_lock(void);
uint32_t resync_generation(const struct subnet_list *have, const char *owner);
void resync_mark(struct subnet_list *list, const char *owner,
		 uint32_t generation);
int resync_write(struct netlink *nl, uint32_t ifindex,
		 const struct subnet_list *list, size_t *done,
		 struct counts *c);

#endif /* FLANCTL_RESYNC_H */
