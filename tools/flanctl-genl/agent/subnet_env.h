/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef FLANCTL_AGENT_SUBNET_ENV_H
#define FLANCTL_AGENT_SUBNET_ENV_H

#include <stdbool.h>
#include <stddef.h>

#include "../addr.h"

#define SUBNET_ENV_TEXT	512	/* size of the whole file as text */

/**
 * struct subnet_env - What the CNI plugin has to know.
 * @network: Network of the cluster, IPv4 and IPv6; without address: none.
 * @subnet: Subnet of this node likewise, without host bits.
 * @mtu: For pods.
 * @masq: We masquerade, the plugin needs not.
 */
struct subnet_env {
	struct prefix network[2];
	struct prefix subnet[2];
	unsigned int mtu;
	bool masq;
};

char *subnet_env_text(const struct subnet_env *e,
		      char buf[static SUBNET_ENV_TEXT]);
bool subnet_env_read(const char *path, struct subnet_env *e);
int subnet_env_write(const char *path, const struct subnet_env *e, char *why,
		     size_t size);
int subnet_env_lock(const char *path, char *why, size_t size);

#endif /* FLANCTL_AGENT_SUBNET_ENV_H */
