/* SPDX-License-Identifier: GPL-2.0 */
/* UDP sockets, shared by the devices of a netns. See socket.c. */
#ifndef _FLANNEL_SOCKET_H
#define _FLANNEL_SOCKET_H

#include <linux/list.h>
#include <net/udp_tunnel.h>

#include "addr.h"
#include "drop.h"

#define FLANNEL_SOCK_HASH_BITS	4

struct flannel_dev;
struct netlink_ext_ack;

/**
 * struct flannel_sock - a UDP socket, one per netns, family, port and VRF
 * @list: in flannel_net.socks; RTNL
 * @sock: the kernel socket
 * @sk: its sock, for readers under RCU
 * @family: enum flannel_family of the underlay
 * @port: UDP port
 * @encap: enum flannel_encap, what it is that comes and goes here
 * @bind: ifindex of the VRF it is bound to, 0: none
 * @users: devices; RTNL
 * @drops: counters of what belongs to no device
 * @devs: struct flannel_sock_dev by VNI; written under RTNL, readers RCU
 * @rcu: defers freeing
 */
struct flannel_sock {
	struct list_head list;
	struct socket *sock;
	struct sock *sk;
	u32 family;
	__be16 port;
	u8 encap;
	int bind;
	unsigned int users;
	struct flannel_drops __percpu *drops;
	struct hlist_head devs[1 << FLANNEL_SOCK_HASH_BITS];
	struct rcu_head rcu;
};

/**
 * struct flannel_sock_dev - a device that uses a socket, from up to down
 * @node: in flannel_sock.devs
 * @fl: the device
 * @fs: the socket
 * @vni: its VNI, host byte order; 0 for the udp backend
 * @rcu: defers freeing
 */
struct flannel_sock_dev {
	struct hlist_node node;
	struct flannel_dev *fl;
	struct flannel_sock *fs;
	u32 vni;
	struct rcu_head rcu;
};

int flannel_sock_probe(struct flannel_dev *fl, struct netlink_ext_ack *extack);
int flannel_sock_open(struct flannel_dev *fl);
void flannel_sock_close(struct flannel_dev *fl);
int flannel_sock_rebind(struct flannel_dev *fl);
void flannel_sock_update(struct flannel_dev *fl);
void flannel_sock_offload(struct net_device *nic, bool push);
struct flannel_dev *flannel_sock_find_dev(const struct flannel_sock *fs,
					  u32 vni);

#endif /* _FLANNEL_SOCKET_H */
