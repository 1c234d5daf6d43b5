/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef FLANCTL_REGISTRY_ETCD_NAME_H
#define FLANCTL_REGISTRY_ETCD_NAME_H

#include <stdbool.h>
#include <stddef.h>

#include "registry.h"

/**
 * struct etcd_name - What the name of an etcd registry says.
 * @tls: With TLS.
 * @endpoint: HOST:PORT each, fit for a URL.
 * @n: How many.
 * @prefix: What keys begin with, without a slash at the end.
 * @all: What they begin with, with it.
 * @all_end: The first key behind them.
 * @subnets: What keys of leases begin with.
 * @subnets_end: The first key behind them.
 */
struct etcd_name {
	bool tls;
	char *endpoint[REGISTRY_ENDPOINTS_MAX];
	size_t n;
	char *prefix;
	char *all;
	char *all_end;
	char *subnets;
	char *subnets_end;
};

int etcd_name_parse(struct etcd_name *name, const char *text,
		    const struct registry_options *options);
bool etcd_name_address(const struct etcd_name *name, size_t i,
		       struct addr *a);
void etcd_name_addresses(const struct etcd_name *name,
			 struct registry_data *data);
void etcd_name_free(struct etcd_name *name);

#endif /* FLANCTL_REGISTRY_ETCD_NAME_H */
