/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef FLANCTL_HOST_H
#define FLANCTL_HOST_H

/*
 * What the tool asks the kernel about the host's own network: interfaces of
 * any kind, addresses, nexthops, routes, and what changes about them.
 *
 * Functions that return an int return 0 or a negative errno; netlink_why()
 * then says what went wrong, in words for the user.
 */
#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel.h"

/*
 * Who wrote a route or a nexthop, for the kernel and for "ip route". It is
 * not in iproute2's own list; deploy/rt_protos.d/flannel.conf gives it a name.
 */
#define ROUTE_PROTOCOL	102

/* Our nexthops have these ids, unless somebody else has taken them. */
#define NEXTHOP_FIRST	0x66000000u
#define NEXTHOP_LAST	0x66ffffffu

/**
 * struct refusals - Who is told which of many requests the kernel refused.
 * @refused: Is told its index, a negative errno and why in words.
 * @arg: For @refused.
 */
struct refusals {
	void (*refused)(void *arg, size_t i, int err, const char *why);
	void *arg;
};

/**
 * struct route - A route.
 * @dst: Where to; a default route has a length of 0 and still a family.
 * @gateway: Next hop, none: @dst is on the link. May be of the other family.
 * @ifindex: Outgoing interface, 0: the kernel finds it by @gateway.
 * @nexthop: Id of a nexthop object; then @gateway and @ifindex are not asked
 *	for, and the kernel tells them for information only, or not at all.
 * @protocol: Who wrote it; 0 in a request: ROUTE_PROTOCOL.
 * @scope: RT_SCOPE_*, of IPv4. Without a gateway RT_SCOPE_LINK is usual.
 * @type: RTN_*; 0 in a request: RTN_UNICAST.
 * @onlink: @gateway is believed to be on the link.
 * @several: It has more than one next hop, which are not told.
 * @special: It has metrics such as an MTU, a realm or an encapsulation, which
 *	are not told.
 * @dead: The kernel does not use it now, or its link has no carrier.
 * @table: Its table; 0 in a request: RT_TABLE_MAIN.
 * @metric: Its priority; IPv6 makes 1024 of 0.
 * @prefsrc: Source address of packets of this host, none: not given.
 */
struct route {
	struct prefix dst;
	struct addr gateway;
	uint32_t ifindex;
	uint32_t nexthop;
	uint8_t protocol;
	uint8_t scope;
	uint8_t type;
	bool onlink;
	bool several;
	bool special;
	bool dead;
	uint32_t table;
	uint32_t metric;
	struct addr prefsrc;
};

/**
 * struct route_list - Many routes.
 * @v: The routes.
 * @n: How many.
 * @room: For how many there is memory.
 */
struct route_list {
	struct route *v;
	size_t n;
	size_t room;
};

/**
 * struct route_filter - Which routes are asked for.
 * @family: AF_INET, AF_INET6, or 0: both.
 * @protocol: Who wrote them, 0: anybody.
 * @table: Their table, 0: RT_TABLE_MAIN.
 * @all_tables: Of all tables instead.
 */
struct route_filter {
	uint8_t family;
	uint8_t protocol;
	uint32_t table;
	bool all_tables;
};

/**
 * struct route_query - How does the kernel send to an address?
 * @to: The address.
 * @oif: Only over this interface, 0: any.
 * @mark: With this mark.
 * @entry: The answer is the route itself, with its prefix, protocol and metric.
 * @err: Answer: 0, or negative errno: there is no way.
 * @route: Answer: gateway (none: @to is on the link), ifindex, type, prefsrc
 *	and table. Its type can be RTN_UNREACHABLE with no error.
 */
struct route_query {
	struct addr to;
	uint32_t oif;
	uint32_t mark;
	bool entry;
	int err;
	struct route route;
};

/**
 * struct nexthop - A nexthop object.
 * @id: Its number, one a network namespace.
 * @gateway: The next hop.
 * @ifindex: Outgoing interface.
 * @protocol: Who wrote it; 0 in a request: ROUTE_PROTOCOL.
 * @onlink: @gateway is believed to be on the link.
 * @other: It is a group or a blackhole; @gateway and @ifindex are not set.
 * @dead: The kernel does not use it now, or its link has no carrier.
 */
struct nexthop {
	uint32_t id;
	struct addr gateway;
	uint32_t ifindex;
	uint8_t protocol;
	bool onlink;
	bool other;
	bool dead;
};

/**
 * struct nexthop_list - Many nexthops.
 * @v: The nexthops.
 * @n: How many.
 * @room: For how many there is memory.
 */
struct nexthop_list {
	struct nexthop *v;
	size_t n;
	size_t room;
};

/**
 * struct iface_vxlan - What an interface of kind "vxlan" does.
 * @vni: Its VNI.
 * @port: UDP port, host order.
 * @local: Underlay address of this host, or none.
 * @underlay: Underlay interface, 0: none.
 */
struct iface_vxlan {
	uint32_t vni;
	uint16_t port;
	struct addr local;
	uint32_t underlay;
};

#define IFACE_KIND	32	/* size of a kind's name */

/**
 * struct iface - An interface of any kind.
 * @ifindex: Its index.
 * @name: Its name.
 * @kind: "vxlan", "bridge", "flannel" ...; empty: hardware or loopback.
 * @master: Bridge, bond or VRF that it belongs to, 0: none.
 * @mtu: Its MTU.
 * @flags: IFF_*.
 * @has_mac: @mac is there.
 * @mac: Its Ethernet address.
 * @vxlan: Set for kind "vxlan" only.
 */
struct iface {
	uint32_t ifindex;
	char name[IF_NAMESIZE];
	char kind[IFACE_KIND];
	uint32_t master;
	uint32_t mtu;
	uint32_t flags;
	bool has_mac;
	struct mac mac;
	struct iface_vxlan vxlan;
};

/**
 * struct iface_list - Many interfaces.
 * @v: The interfaces.
 * @n: How many.
 * @room: For how many there is memory.
 */
struct iface_list {
	struct iface *v;
	size_t n;
	size_t room;
};

int route_add(struct netlink *nl, const struct route *v, size_t n,
	      const struct refusals *refusals);
int route_replace(struct netlink *nl, const struct route *v, size_t n,
		  const struct refusals *refusals);
int route_delete(struct netlink *nl, const struct route *v, size_t n,
		 const struct refusals *refusals);
int route_dump(struct netlink *nl, const struct route_filter *filter,
	       struct route_list *list);
int route_lookup(struct netlink *nl, const struct addr *to, uint32_t oif,
		 uint32_t mark, struct route *r);
int route_lookups(struct netlink *nl, struct route_query *v, size_t n);

int nexthop_add(struct netlink *nl, const struct nexthop *v, size_t n,
		const struct refusals *refusals);
int nexthop_delete(struct netlink *nl, const struct nexthop *v, size_t n,
		   const struct refusals *refusals);
int nexthop_dump(struct netlink *nl, struct nexthop_list *list);

int host_addr_add(struct netlink *nl, uint32_t ifindex, const struct addr *a,
		  uint8_t len, bool nodad);
int host_addr_delete(struct netlink *nl, uint32_t ifindex,
		     const struct addr *a, uint8_t len);

int iface_find(struct netlink *nl, const char *name, struct iface *i);
int iface_dump(struct netlink *nl, const char *kind, struct iface_list *list);
int iface_rename(struct netlink *nl, uint32_t ifindex, const char *name);
int iface_set_up(struct netlink *nl, uint32_t ifindex, bool up);
int iface_set_rp_filter(struct netlink *nl, uint32_t ifindex, uint32_t mode);

/**
 * enum watch_kind - What is watched, to be or-ed.
 * @WATCH_LINK: Interfaces, and their IPv4 settings such as rp_filter.
 * @WATCH_ADDR: IPv4 and IPv6 addresses.
 * @WATCH_ROUTE: IPv4 and IPv6 routes.
 * @WATCH_NEXTHOP: Nexthops; with one the kernel removes its routes silently.
 * @WATCH_SUBNET: Entries of flannel devices; needs the module.
 */
enum watch_kind {
	WATCH_LINK = 1,
	WATCH_ADDR = 2,
	WATCH_ROUTE = 4,
	WATCH_NEXTHOP = 8,
	WATCH_SUBNET = 16,
};

/**
 * struct watch_event - Something has changed.
 * @kind: What.
 * @gone: It was removed.
 * @ifindex: Interface, 0: none, or not told.
 * @protocol: Who wrote the route or nexthop.
 * @prefix: The route's destination, the address, or no address.
 */
struct watch_event {
	enum watch_kind kind;
	bool gone;
	uint32_t ifindex;
	uint8_t protocol;
	struct prefix prefix;
};

/**
 * struct watch_ops - Who is told.
 * @changed: Something has changed.
 * @overrun: Events were lost: anything may have changed.
 */
struct watch_ops {
	void (*changed)(void *arg, const struct watch_event *e);
	void (*overrun)(void *arg);
};

struct watch;

struct watch *watch_open(struct netlink *nl, unsigned int kinds);
void watch_close(struct watch *w);
int watch_fd(const struct watch *w);
int watch_drain(struct watch *w, const struct watch_ops *ops, void *arg);

#endif /* FLANCTL_HOST_H */
