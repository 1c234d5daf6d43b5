/* SPDX-License-Identifier: GPL-2.0 */
/* Addresses that nobody can be reached at from another node. */
#ifndef _FLANNEL_MARTIAN_H
#define _FLANNEL_MARTIAN_H

#include <linux/in.h>
#include <net/ipv6.h>

#include "addr.h"

/**
 * flannel_addr_martian - whether an address is no global unicast one
 * @addr: the address
 *
 * Context: any.
 * Return: whether it is multicast, broadcast, of this host or link, or none.
 */
static inline bool flannel_addr_martian(const struct flannel_addr *addr)
{
	if (addr->family == FLANNEL_V4)
		return ipv4_is_multicast(addr->ip4) ||
		       ipv4_is_lbcast(addr->ip4) ||
		       ipv4_is_loopback(addr->ip4) ||
		       ipv4_is_zeronet(addr->ip4);
	return ipv6_addr_type(&addr->ip6) &
	       (IPV6_ADDR_MULTICAST | IPV6_ADDR_LOOPBACK |
		IPV6_ADDR_LINKLOCAL | IPV6_ADDR_MAPPED) ||
	       ipv6_addr_any(&addr->ip6);
}

#endif /* _FLANNEL_MARTIAN_H */
