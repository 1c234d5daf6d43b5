/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef FLANCTL_AGENT_IFACE_H
#define FLANCTL_AGENT_IFACE_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../addr.h"

struct netlink;

#define IFACE_WHY	1024	/* size of a text that says why there is none */

/**
 * struct iface_options - What is asked for the interface to the underlay.
 * @family: Families of the cluster, IPv4 and IPv6.
 * @iface: Names or addresses, --iface; the first one that there is.
 * @ifaces: How many.
 * @regex: Patterns of addresses or names, --iface-regex.
 * @regexes: How many.
 * @can_reach: Address, --iface-can-reach, or NULL.
 * @public_ip: --public-ip and --public-ipv6, or NULL.
 */
struct iface_options {
	bool family[2];
	const char *const *iface;
	size_t ifaces;
	const char *const *regex;
	size_t regexes;
	const char *can_reach;
	const char *public_ip[2];
};

/**
 * struct iface_choice - The interface to the underlay.
 * @ifindex: Its index.
 * @name: Its name.
 * @mtu: Its MTU.
 * @addr: Its address, IPv4 and IPv6; none for a family that is not asked for.
 * @public_ip: Address by which peers reach us likewise.
 */
struct iface_choice {
	uint32_t ifindex;
	char name[IF_NAMESIZE];
	uint32_t mtu;
	struct addr addr[2];
	struct addr public_ip[2];
};

bool iface_check(const struct iface_options *o, char why[static IFACE_WHY]);
bool iface_choose(struct netlink *nl, const struct iface_options *o,
		  struct iface_choice *c, char why[static IFACE_WHY]);

#endif /* FLANCTL_AGENT_IFACE_H */
