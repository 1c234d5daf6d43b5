// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * flannel's backends, as far as they differ: whom each takes for a peer, what
 * a peer becomes on this node, and what room it leaves for packets.
 */
#include <string.h>

#include <linux/flannel.h>

#include "backend.h"

/* Outer headers over IPv6 are so much longer. */
#define IPV6_EXTRA	20

static const struct backend backends[] = {
	{
		.name = "vxlan", .type = "vxlan", .table = true,
		.encap = FLANNEL_ENCAP_VXLAN, .mac = true,
		.overhead = 50,
	},
	{
		.name = "host-gw", .type = "host-gw",
		.routes = true,
	},
	{
		.name = "udp", .table = true,
		.encap = FLANNEL_ENCAP_UDP, .overhead = 28,
	},
	{ .name = "alloc" },
};

/**
 * backend_of - Which backend a cluster uses
 * @config: Its network config.
 *
 * Return: The backend, NULL: one that we do not know.
 */
const struct backend *backend_of(const struct net_config *config)
{
	size_t i;

	for (i = 0; i < sizeof(backends) / sizeof(backends[0]); i++)
		if (!strcmp(backends[i].name, config->backend))
			return &backends[i];
	return NULL;
}

/**
 * backend_mtu - MTU of pods
 * @config: The network config.
 * @mtu: MTU of the underlay interface.
 *
 * As stock flannel has it; but where all nodes are reached over IPv6 it leaves
 * room for that.
 *
 * Return: The MTU, 0: there is no room, or the backend is not known.
 */
uint32_t backend_mtu(const struct net_config *config, uint32_t mtu)
{
	const struct backend *b = backend_of(config);
	uint32_t overhead;

	if (!b)
		return 0;
	overhead = b->overhead;
	if (overhead && !config->ipv4)
		overhead += IPV6_EXTRA;
	if (config->mtu)
		mtu = config->mtu;
	return mtu > overhead ? mtu - overhead : 0;
}
