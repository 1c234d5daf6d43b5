/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef FLANCTL_REGISTRY_APPLY_H
#define FLANCTL_REGISTRY_APPLY_H

#include "../netlink/kernel.h"
#include "plan.h"

int plan_apply(struct plan *plan, struct netlink *nl, uint32_t ifindex,
	       const char *owner, uint32_t generation);

int plan_apply_changes(struct plan *plan, struct netlink *nl, uint32_t ifindex,
		       const char *owner, uint32_t generation);

#endif /* FLANCTL_REGISTRY_APPLY_H */
