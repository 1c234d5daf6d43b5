/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef FLANCTL_CMD_REGISTRY_ARGS_H
#define FLANCTL_CMD_REGISTRY_ARGS_H

#include "../args.h"
#include "../registry/lease.h"

int registry_option(struct args *a, struct registry_options *o, bool *done);
int registry_read(const char *name, struct registry_options *o,
		  struct registry_data *data, struct net_config *config);

#endif /* FLANCTL_CMD_REGISTRY_ARGS_H */
