/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef FLANCTL_REGISTRY_LEASE_H
#define FLANCTL_REGISTRY_LEASE_H

#include <stdbool.h>
#include <stddef.h>

#include "../netlink/kernel.h"
#include "key.h"
#include "registry.h"
#include "schema.h"

/**
 * struct lease_half - What a lease says about one address family.
 * @there: It says something that the network config has use for.
 * @prefix: The node's subnet.
 * @via: Its underlay address.
 * @has_mac: @mac is there.
 * @mac: Its VTEP MAC.
 * @refused: Why it is refused, NULL: it is not.
 * @other: The lease that it conflicts with, if that is why.
 */
struct lease_half {
	bool there;
	struct prefix prefix;
	struct addr via;
	bool has_mac;
	struct mac mac;
	const char *refused;
	const struct lease *other;
};

/**
 * struct lease - A lease, parsed and judged.
 * @entry: How the registry has it.
 * @bad_key: The key is none.
 * @bad_value: The key is good, the value is not.
 * @why: What is wrong, in these cases.
 * @type: BackendType.
 * @own: It is this node's.
 * @refused: Why it is refused as a whole, NULL: it is not.
 * @half: IPv4 and IPv6.
 */
struct lease {
	const struct registry_entry *entry;
	bool bad_key;
	bool bad_value;
	char why[JSON_WHY];
	char type[BACKEND_TYPE];
	bool own;
	const char *refused;
	struct lease_half half[2];
};

/**
 * struct lease_list - All leases of a registry.
 * @v: The leases.
 * @n: How many.
 */
struct lease_list {
	struct lease *v;
	size_t n;
};

/**
 * struct place - Where this node is, as far as leases can be wrong about it.
 * @local: Underlay addresses of the device by half, none where it has none.
 * @addr: Addresses of the host, the device's own left out.
 * @addrs: How many.
 * @underlay: Interfaces of the underlay, 0: none.
 * @table: The device's table, NULL: none.
 * @owner: Owner tag of what comes from the registry.
 * @endpoint: Addresses of the registry.
 * @endpoints: How many.
 * @own_key: Key of this node's lease, where that is known better than from its
 *	public address; NULL: it is not.
 */
struct place {
	struct addr local[2];
	const struct host_addr *addr;
	size_t addrs;
	uint32_t underlay[3];
	const struct subnet_list *table;
	const char *owner;
	const struct addr *endpoint;
	size_t endpoints;
	const char *own_key;
};

void place_hosts(struct place *p, struct host_addr_list *addrs, uint32_t dev);

int lease_list_parse(struct lease_list *list, const struct registry_data *data,
		     const struct net_config *config);
void lease_list_free(struct lease_list *list);
int lease_list_judge(struct lease_list *list, const struct net_config *config,
		     const struct place *place);
char *lease_why(const struct lease *l, int half, char buf[static JSON_WHY]);

#endif /* FLANCTL_REGISTRY_LEASE_H */
