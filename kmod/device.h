/* SPDX-License-Identifier: GPL-2.0 */
/* The overlay device and its configuration. See device.c and link.c. */
#ifndef _FLANNEL_DEVICE_H
#define _FLANNEL_DEVICE_H

#include <linux/if.h>
#include <linux/if_ether.h>
#include <linux/netdevice.h>
#include <linux/ratelimit.h>
#include <net/gro_cells.h>
#include <uapi/linux/flannel.h>
#include <uapi/linux/if_flannel.h>

#include "addr.h"
#include "drop.h"
#include "subnets.h"

struct flannel_sock_dev;

/* Outer bytes that a packet gets: IP, UDP, VXLAN, inner Ethernet. */
#define FLANNEL_VXLAN_OVERHEAD4	(20 + 8 + 8 + 14)
#define FLANNEL_VXLAN_OVERHEAD6	(40 + 8 + 8 + 14)
/* By the udp backend: IP, UDP. */
#define FLANNEL_UDP_OVERHEAD4	(20 + 8)
#define FLANNEL_UDP_OVERHEAD6	(40 + 8)

/**
 * struct flannel_conf - configuration of a device
 * @rcu: defers freeing
 * @gen: changes with every configuration of the device
 * @vni: VXLAN network identifier, host byte order
 * @port: UDP port of the vxlan backend, 0: none
 * @udp_port: UDP port of the udp backend, 0: none
 * @local: outer IPv4 source, 0: the route's
 * @local6: outer IPv6 source, ::: the route's
 * @link: ifindex of the underlay link, 0: none, or it does not exist now
 * @link_name: its name, "": none
 * @address: VTEP MAC by inner family
 * @network: cluster network by family
 * @has_network: which of them are set
 * @ttl: outer TTL, 0: the route's
 * @tos: outer TOS, 1: the inner packet's
 * @df: enum flannel_df
 * @source_check: enum flannel_source_check
 * @rx_mode: enum flannel_rx_mode
 * @udp_csum: outer UDP checksum
 * @notrack: outer packets bypass conntrack
 * @gbp: the vxlan backend carries group policy identifiers
 * @mark: of outer packets
 *
 * Never changed once published; replaced as a whole, under RTNL.
 */
struct flannel_conf {
	struct rcu_head rcu;
	u32 gen;
	u32 vni;
	__be16 port;
	__be16 udp_port;
	__be32 local;
	struct in6_addr local6;
	int link;
	char link_name[IFNAMSIZ];
	u8 address[FLANNEL_FAMILIES][ETH_ALEN];
	struct flannel_prefix network[FLANNEL_FAMILIES];
	bool has_network[FLANNEL_FAMILIES];
	u8 ttl;
	u8 tos;
	u8 df;
	u8 source_check;
	u8 rx_mode;
	bool udp_csum;
	bool notrack;
	bool gbp;
	u32 mark;
};

/**
 * struct flannel_dev - private data of the net_device
 * @dev: the net_device
 * @conf: configuration; written under RTNL
 * @sock_dev: entries in the sockets, by backend and underlay family; written
 *	under RTNL, NULL while down or without that backend or family
 * @drops: counters
 * @table: subnets
 * @gro_cells: for rx mode gro
 * @list: in flannel_net.devices; written under RTNL
 * @miss_limit: limits miss notifications
 * @mtu_set: the user has set the MTU, it follows nothing; RTNL
 * @following: we are setting the MTU, not the user; RTNL
 * @quiet6: the inet6_dev in which its IPv6 settings have been made; RTNL
 */
struct flannel_dev {
	struct net_device *dev;
	struct flannel_conf __rcu *conf;
	struct flannel_sock_dev __rcu *sock_dev[FLANNEL_ENCAP_MAX + 1][FLANNEL_FAMILIES];
	struct flannel_drops __percpu *drops;
	struct flannel_table table;

	struct gro_cells gro_cells;
	struct list_head list;
	struct ratelimit_state miss_limit;
	bool mtu_set;
	bool following;
	const void *quiet6;
};

/**
 * struct flannel_net - what there is once per network namespace
 * @devices: all devices; RTNL, readers RCU
 * @socks: all sockets; RTNL
 * @notracks: how many devices want outer packets untracked; RTNL
 * @seq: changes with every table in here, for NLM_F_DUMP_INTR
 */
struct flannel_net {
	struct list_head devices;
	struct list_head socks;
	unsigned int notracks;
	atomic_t seq;
};

/**
 * struct flannel_defaults - module parameters
 * @port: UDP port, host byte order
 * @vni: VNI
 * @max_subnets: limit of a table
 * @source_check: enum flannel_source_check
 * @rx_mode: enum flannel_rx_mode
 */
struct flannel_defaults {
	unsigned int port;
	unsigned int vni;
	unsigned int max_subnets;
	unsigned int source_check;
	unsigned int rx_mode;
};

extern struct flannel_defaults flannel_defaults;

/**
 * flannel_conf_port - UDP port of a backend
 * @conf: the configuration
 * @encap: enum flannel_encap
 *
 * Return: the port, 0 where the device does not have that backend.
 */
static inline __be16 flannel_conf_port(const struct flannel_conf *conf,
				       u8 encap)
{
	switch (encap) {
	case FLANNEL_ENCAP_VXLAN:
		return conf->port;
	case FLANNEL_ENCAP_UDP:
		return conf->udp_port;
	}
	return 0;
}

struct flannel_net *flannel_net(const struct net *net);
bool flannel_is_device(const struct net_device *dev);
bool flannel_device_speaks(const struct flannel_dev *fl, u8 encap);
void flannel_device_setup(struct net_device *dev);
void flannel_device_publish(struct flannel_dev *fl, struct flannel_conf *conf);
int flannel_device_register(struct net_device *dev, struct flannel_conf *conf,
			    bool mtu_set, struct netlink_ext_ack *extack);
int flannel_device_reconfigure(struct net_device *dev,
			       struct flannel_conf *conf,
			       struct netlink_ext_ack *extack);
void flannel_device_unregister(struct net_device *dev, struct list_head *head);
int flannel_device_init(void);
void flannel_device_exit(void);

int flannel_link_init(void);
void flannel_link_exit(void);

#endif /* _FLANNEL_DEVICE_H */
