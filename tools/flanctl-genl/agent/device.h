/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef FLANCTL_AGENT_DEVICE_H
#define FLANCTL_AGENT_DEVICE_H

#include "../json.h"
#include "../netlink/host.h"

/**
 * struct device_wish - The device that a node should have.
 * @name: Its name.
 * @link: Its attributes: what is set has to be so.
 * @base: First addresses of this node's subnets, which it carries; by family.
 * @network: Cluster networks: other addresses in them are removed.
 */
struct device_wish {
	char name[IF_NAMESIZE];
	struct link link;
	struct addr base[2];
	struct prefix network[2];
};

/**
 * enum device_state - What there is instead of the device.
 * @DEVICE_THERE: It is there, and is as it should be.
 * @DEVICE_MADE: It was not there, and is now: down and empty.
 * @DEVICE_STOCK: Stock flannel's device has its name; ours is there under
 *	another one, down and empty.
 * @DEVICE_FAILED: It cannot be had now.
 * @DEVICE_REFUSED: It cannot be had before somebody has made way for it.
 */
enum device_state {
	DEVICE_THERE,
	DEVICE_MADE,
	DEVICE_STOCK,
	DEVICE_FAILED,
	DEVICE_REFUSED,
};

enum device_state device_ensure(struct netlink *nl,
				const struct device_wish *wish,
				struct link *now, char why[static JSON_WHY]);
int device_finish(struct netlink *nl, const struct device_wish *wish,
		  const struct link *now, char why[static JSON_WHY]);
bool device_has_mac(struct netlink *nl, const char *name,
		    struct mac mac[static 2]);

int loose_ensure(struct netlink *nl, const char *name, uint32_t ifindex);

/* Stock flannel's devices: takeover.c. */
int takeover_flanneld(void);
int takeover_preflight(struct netlink *nl, const struct device_wish *wish,
		       char why[static JSON_WHY]);
int takeover_finish(struct netlink *nl, const struct device_wish *wish,
		    uint32_t ifindex, char why[static JSON_WHY]);
int takeover_stock_mac(struct netlink *nl, const char *name,
		       struct mac mac[static 2]);

#endif /* FLANCTL_AGENT_DEVICE_H */
