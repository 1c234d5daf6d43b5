/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef FLANCTL_KERNEL_H
#define FLANCTL_KERNEL_H

/*
 * What the tool asks the kernel. libnl is behind this header.
 *
 * Functions that return an int return 0 or a negative errno; netlink_why()
 * then says what went wrong, in words for the user.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../link.h"
#include "../subnet.h"

struct netlink;

/**
 * struct vtep - A VTEP as the kernel tells.
 * @ifindex: Its device.
 * @at: via, lladdr, encap and src; nothing else is set.
 * @subnets: How many subnets are reached through it.
 * @tx_packets: Packets sent to it.
 * @tx_bytes: Inner bytes sent to it.
 * @rx_packets: Packets received from it.
 * @rx_bytes: Inner bytes received from it.
 */
struct vtep {
	uint32_t ifindex;
	struct subnet at;
	uint32_t subnets;
	uint64_t tx_packets;
	uint64_t tx_bytes;
	uint64_t rx_packets;
	uint64_t rx_bytes;
};

/* Reasons beyond the ones that we know are kept as well. */
#define DROP_REASONS	64

/**
 * struct table_stats - Size of a table and its drops.
 * @ifindex: Its device.
 * @subnets: Entries.
 * @vteps: VTEPs.
 * @max_subnets: Limit of entries.
 * @drops: How many reasons the kernel told, at most DROP_REASONS.
 * @drop: Packets by enum flannel_drop.
 */
struct table_stats {
	uint32_t ifindex;
	uint32_t subnets;
	uint32_t vteps;
	uint32_t max_subnets;
	uint32_t drops;
	uint64_t drop[DROP_REASONS];
};

/**
 * struct host_addr - An address of this host.
 * @ifindex: Where it is.
 * @addr: The address.
 * @net: Its connected prefix.
 * @scope: RT_SCOPE_*.
 * @flags: IFA_F_*.
 */
struct host_addr {
	uint32_t ifindex;
	struct addr addr;
	struct prefix net;
	uint8_t scope;
	uint32_t flags;
};

/**
 * struct vtep_list - Many VTEPs.
 * @v: The VTEPs.
 * @n: How many.
 * @room: For how many there is memory.
 */
struct vtep_list {
	struct vtep *v;
	size_t n;
	size_t room;
};

/**
 * struct stats_list - Figures of many devices.
 * @v: The figures.
 * @n: How many.
 * @room: For how many there is memory.
 */
struct stats_list {
	struct table_stats *v;
	size_t n;
	size_t room;
};

/**
 * struct host_addr_list - Many addresses.
 * @v: The addresses.
 * @n: How many.
 * @room: For how many there is memory.
 */
struct host_addr_list {
	struct host_addr *v;
	size_t n;
	size_t room;
};

struct netlink *netlink_new(void);
void netlink_free(struct netlink *nl);
const char *netlink_why(const struct netlink *nl);
long netlink_entry(const struct netlink *nl);

int table_write(struct netlink *nl, uint32_t ifindex, const struct subnet *v,
		size_t n, bool exclusive, struct counts *c);
size_t table_batch(const struct subnet *v, size_t n);
int table_delete(struct netlink *nl, uint32_t ifindex, const struct subnet *v,
		 size_t n, struct counts *c);
int table_get(struct netlink *nl, uint32_t ifindex, const struct addr *addr,
	      struct subnet *s);
int table_dump(struct netlink *nl, uint32_t ifindex, const char *owner,
	       struct subnet_list *list);
int table_flush(struct netlink *nl, uint32_t ifindex, const char *owner,
		struct counts *c);
int table_sweep(struct netlink *nl, uint32_t ifindex, const char *owner,
		uint32_t generation, struct counts *c);
int table_vteps(struct netlink *nl, uint32_t ifindex, struct vtep_list *list);
int table_stats(struct netlink *nl, uint32_t ifindex, struct stats_list *list);

int link_create(struct netlink *nl, const struct link *l);
int link_change(struct netlink *nl, const struct link *l);
int link_delete(struct netlink *nl, uint32_t ifindex);
int link_get(struct netlink *nl, const char *name, struct link *l);
int link_dump(struct netlink *nl, struct link_list *list);
int host_addrs(struct netlink *nl, struct host_addr_list *list);

/**
 * struct monitor_ops - Who is told what happens in the kernel.
 * @subnets: Entries of one device were written, or (@gone) removed.
 * @miss: A packet found no subnet for @addr.
 * @link: A flannel device was made, changed or (@gone) removed.
 * @overrun: Messages were lost.
 *
 * A function that returns something other than 0 ends the monitor.
 */
struct monitor_ops {
	int (*subnets)(void *arg, const struct subnet_list *list, bool gone);
	int (*miss)(void *arg, uint32_t ifindex, const struct addr *addr);
	int (*link)(void *arg, const struct link *l, bool gone);
	int (*overrun)(void *arg);
};

/**
 * enum monitor_group - What can be listened to, to be or-ed.
 * @MONITOR_SUBNET: Entries.
 * @MONITOR_LINK: Devices.
 * @MONITOR_MISS: Misses.
 */
enum monitor_group {
	MONITOR_SUBNET = 1,
	MONITOR_LINK = 2,
	MONITOR_MISS = 4,
};

int monitor_run(struct netlink *nl, unsigned int groups,
		const struct monitor_ops *ops, void *arg);

#endif /* FLANCTL_KERNEL_H */
