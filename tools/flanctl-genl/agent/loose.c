// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The reverse path filter of a device whose peers may have a route past it
 * (DirectRouting). Both ends do not see at once that they are on one link, and
 * may never agree: then packets come in over the device from a subnet that
 * this node reaches by the route, and a strict filter drops them. Who may speak
 * for a subnet is what the device's own source check knows better. Where the
 * filter is off it stays off.
 */
#include <stdio.h>

#include "device.h"

#define STRICT	1
#define LOOSE	2

static int filter_of(const char *name)
{
	char path[64 + IF_NAMESIZE];
	int mode = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/sys/net/ipv4/conf/%s/rp_filter",
		 name);
	f = fopen(path, "re");
	if (!f)
		return 0;
	if (fscanf(f, "%d", &mode) != 1)
		mode = 0;
	fclose(f);
	return mode;
}

/**
 * loose_ensure - Have no strict reverse path filter on a device
 * @nl: The kernel.
 * @name: The device.
 * @ifindex: Its index.
 *
 * The kernel goes by the larger one of the device's value and that of "all".
 *
 * Return: 0 or negative errno.
 */
int loose_ensure(struct netlink *nl, const char *name, uint32_t ifindex)
{
	int mode = filter_of(name), all = filter_of("all");

	if ((mode > all ? mode : all) != STRICT)
		return 0;
	return iface_set_rp_filter(nl, ifindex, LOOSE);
}
