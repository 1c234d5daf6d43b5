/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef FLANCTL_REGISTRY_KEY_H
#define FLANCTL_REGISTRY_KEY_H

#include <stddef.h>

#include "../addr.h"

/**
 * struct lease_key - The subnets that a lease's key names.
 * @v4: The IPv4 subnet; no address: there is none.
 * @v6: The IPv6 subnet, likewise.
 */
struct lease_key {
	struct prefix v4;
	struct prefix v6;
};

const char *key_parse(const char *text, size_t len, struct lease_key *key);

#endif /* FLANCTL_REGISTRY_KEY_H */
