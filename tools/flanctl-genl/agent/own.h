/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef FLANCTL_AGENT_OWN_H
#define FLANCTL_AGENT_OWN_H

#include "../registry/lease.h"

#define OWN_KEY		128	/* size of a key as text */

/**
 * struct own_wish - What this node would like to have.
 * @config: The network config.
 * @public: Its published underlay addresses by family, or none.
 * @previous: Its subnets before, by family, or none.
 */
struct own_wish {
	const struct net_config *config;
	struct addr public[2];
	struct prefix previous[2];
};

/**
 * enum own_choice - Which lease this node takes.
 * @OWN_HAS: One that is in the registry already.
 * @OWN_PREVIOUS: The subnets that it had before.
 * @OWN_NEW: Subnets that nobody has.
 * @OWN_NONE: There are none left.
 * @OWN_NO_MEMORY: No memory.
 */
enum own_choice {
	OWN_HAS,
	OWN_PREVIOUS,
	OWN_NEW,
	OWN_NONE,
	OWN_NO_MEMORY,
};

const struct lease *own_find(const struct lease_list *leases,
			     const struct own_wish *w);
enum own_choice own_choose(const struct lease_list *leases,
			   const struct own_wish *wish,
			   struct lease_key *key, const struct lease **has);
char *own_key_text(const struct lease_key *key, char buf[static OWN_KEY]);

#endif /* FLANCTL_AGENT_OWN_H */
