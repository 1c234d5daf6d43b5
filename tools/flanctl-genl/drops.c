// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Why a packet was dropped, in words.
 */
#include <stddef.h>

#include <linux/flannel.h>

#include "drops.h"
#include "netlink/kernel.h"

static const char *const reasons[] = {
	[FLANNEL_DROP_TX_PROTOCOL] = "tx-protocol",
	[FLANNEL_DROP_TX_MULTICAST] = "tx-multicast",
	[FLANNEL_DROP_TX_MISS] = "tx-miss",
	[FLANNEL_DROP_TX_LOCAL] = "tx-local",
	[FLANNEL_DROP_TX_LOOP] = "tx-loop",
	[FLANNEL_DROP_TX_NO_ROUTE] = "tx-no-route",
	[FLANNEL_DROP_TX_NO_SOCKET] = "tx-no-socket",
	[FLANNEL_DROP_TX_TOO_BIG] = "tx-too-big",
	[FLANNEL_DROP_TX_NO_MEMORY] = "tx-no-memory",
	[FLANNEL_DROP_RX_HEADER] = "rx-header",
	[FLANNEL_DROP_RX_VNI] = "rx-vni",
	[FLANNEL_DROP_RX_MAC] = "rx-mac",
	[FLANNEL_DROP_RX_PROTOCOL] = "rx-protocol",
	[FLANNEL_DROP_RX_INNER] = "rx-inner",
	[FLANNEL_DROP_RX_VTEP] = "rx-vtep",
	[FLANNEL_DROP_RX_OWNER] = "rx-owner",
	[FLANNEL_DROP_RX_STRICT] = "rx-strict",
	[FLANNEL_DROP_RX_MARTIAN] = "rx-martian",
	[FLANNEL_DROP_RX_DESTINATION] = "rx-destination",
	[FLANNEL_DROP_RX_ECN] = "rx-ecn",
	[FLANNEL_DROP_RX_GSO] = "rx-gso",
	[FLANNEL_DROP_RX_DEPTH] = "rx-depth",
	[FLANNEL_DROP_RX_NO_MEMORY] = "rx-no-memory",
	[FLANNEL_DROP_ICMP_IGNORED] = "icmp-ignored",
	[FLANNEL_DROP_RX_GBP] = "rx-gbp",
};

_Static_assert(sizeof(reasons) / sizeof(reasons[0]) == FLANNEL_DROP_MAX + 1,
	       "a drop reason has no name");
_Static_assert(FLANNEL_DROP_MAX < DROP_REASONS, "too many drop reasons");

/**
 * drop_name - Name of a reason
 * @reason: enum flannel_drop.
 *
 * Return: The name, NULL: a newer module has more than we know.
 */
const char *drop_name(unsigned int reason)
{
	return reason <= FLANNEL_DROP_MAX ? reasons[reason] : NULL;
}
