// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Where this node is, as far as its own addresses say: which of them a lease
 * must leave alone, and which interfaces are the underlay.
 */
#include "lease.h"

static uint32_t interface_of(const struct host_addr_list *addrs,
			     const struct addr *a)
{
	size_t i;

	for (i = 0; i < addrs->n; i++)
		if (a->len && !addr_cmp(&addrs->v[i].addr, a))
			return addrs->v[i].ifindex;
	return 0;
}

/**
 * place_hosts - Fill in what follows from the addresses of the host
 * @p: The place; its underlay addresses are known.
 * @addrs: Addresses of the host, which have to stay; those of @dev are left
 *	out from now on.
 * @dev: The flannel device, 0: none.
 */
void place_hosts(struct place *p, struct host_addr_list *addrs, uint32_t dev)
{
	size_t i, n = 0;

	for (i = 0; i < addrs->n; i++)
		if (addrs->v[i].ifindex != dev)
			addrs->v[n++] = addrs->v[i];
	addrs->n = n;
	p->addr = addrs->v;
	p->addrs = n;
	p->underlay[1] = interface_of(addrs, &p->local[0]);
	p->underlay[2] = interface_of(addrs, &p->local[1]);
}
