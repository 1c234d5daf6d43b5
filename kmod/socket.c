// SPDX-License-Identifier: GPL-2.0
/* UDP sockets.
 *
 * A device that is up holds one kernel socket for each backend that it has and
 * each underlay family, bound to any address; that of vxlan it shares with
 * devices of other VNIs on its port. The list of a netns' sockets and their
 * users belong to RTNL. The receive path finds the socket in sk_user_data and
 * the device in the socket's hash, both under RCU; whatever leaves is freed
 * after a grace period of our own, as udp_tunnel_sock_release() waits for one
 * in some kernels only.
 */
#include <linux/hash.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>
#include <net/ipv6.h>
#include <net/l3mdev.h>

#include "device.h"
#include "receive.h"
#include "socket.h"
#include "udp.h"
#include "vxlan.h"

static struct flannel_sock *find_sock(struct net *net, u8 encap, u32 family,
				      __be16 port, int bind)
{
	struct flannel_sock *fs;

	list_for_each_entry(fs, &flannel_net(net)->socks, list) {
		if (fs->encap == encap && fs->family == family &&
		    fs->port == port && fs->bind == bind)
			return fs;
	}
	return NULL;
}

static int create_sock(struct net *net, u32 family, __be16 port, int bind,
		       struct socket **sock)
{
	struct udp_port_cfg cfg = {
		.family = family == FLANNEL_V4 ? AF_INET : AF_INET6,
		.local_udp_port = port,
		.bind_ifindex = bind,
		.use_udp6_rx_checksums = true,
		.ipv6_v6only = true,
	};

	if (family == FLANNEL_V6 && !ipv6_mod_enabled())
		return -EAFNOSUPPORT;
	return udp_sock_create(net, &cfg, sock);
}

static void free_sock_rcu(struct rcu_head *rcu)
{
	struct flannel_sock *fs = container_of(rcu, struct flannel_sock, rcu);

	free_percpu(fs->drops);
	kfree(fs);
}

static void set_gro(struct udp_tunnel_sock_cfg *cfg, u8 encap)
{
	switch (encap) {
	case FLANNEL_ENCAP_VXLAN:
		cfg->gro_receive = flannel_vxlan_gro_receive;
		cfg->gro_complete = flannel_vxlan_gro_complete;
		break;
	case FLANNEL_ENCAP_UDP:
		cfg->gro_receive = flannel_udp_gro_receive;
		cfg->gro_complete = flannel_udp_gro_complete;
		break;
	}
}

static struct flannel_sock *new_sock(struct net *net, u8 encap, u32 family,
				     __be16 port, int bind)
{
	struct udp_tunnel_sock_cfg cfg = {
		.encap_type = 1,
		.encap_rcv = flannel_receive,
		.encap_err_lookup = flannel_err_lookup,
	};
	struct flannel_sock *fs;
	int err = -ENOMEM;

	fs = kzalloc(sizeof(*fs), GFP_KERNEL);
	if (!fs)
		return ERR_PTR(-ENOMEM);
	fs->drops = alloc_percpu(struct flannel_drops);
	if (!fs->drops)
		goto free_fs;
	err = create_sock(net, family, port, bind, &fs->sock);
	if (err)
		goto free_drops;

	fs->sk = fs->sock->sk;
	fs->family = family;
	fs->port = port;
	fs->encap = encap;
	fs->bind = bind;
	cfg.sk_user_data = fs;
	set_gro(&cfg, encap);
	setup_udp_tunnel_sock(net, flannel_compat_udp_sock(fs->sock), &cfg);
	if (encap == FLANNEL_ENCAP_VXLAN)
		udp_tunnel_notify_add_rx_port(flannel_compat_udp_sock(fs->sock),
					      UDP_TUNNEL_TYPE_VXLAN);
	list_add(&fs->list, &flannel_net(net)->socks);
	return fs;

free_drops:
	free_percpu(fs->drops);
free_fs:
	kfree(fs);
	return ERR_PTR(err);
}

static struct flannel_sock *get_sock(struct net *net, u8 encap, u32 family,
				     __be16 port, int bind)
{
	struct flannel_sock *fs = find_sock(net, encap, family, port, bind);

	if (!fs)
		fs = new_sock(net, encap, family, port, bind);
	if (!IS_ERR(fs))
		fs->users++;
	return fs;
}

static void put_sock(struct flannel_sock *fs)
{
	if (--fs->users)
		return;
	list_del(&fs->list);
	if (fs->encap == FLANNEL_ENCAP_VXLAN)
		udp_tunnel_notify_del_rx_port(flannel_compat_udp_sock(fs->sock),
					      UDP_TUNNEL_TYPE_VXLAN);
	udp_tunnel_sock_release(flannel_compat_udp_sock(fs->sock));
	call_rcu(&fs->rcu, free_sock_rcu);
}

static struct hlist_head *bucket(struct flannel_sock *fs, u32 vni)
{
	return &fs->devs[hash_32(vni, FLANNEL_SOCK_HASH_BITS)];
}

/* Who sends without UDP checksums takes such datagrams, over IPv6 too, where
 * they are refused otherwise (RFC 6935).
 */
static void update_csum(struct flannel_sock *fs)
{
	const struct flannel_sock_dev *dev;
	bool without = false;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(fs->devs); i++) {
		hlist_for_each_entry(dev, &fs->devs[i], node)
			without |= !rtnl_dereference(dev->fl->conf)->udp_csum;
	}
	udp_set_no_check6_rx(fs->sk, without);
}

/* Under a VRF the socket is bound to it, like those of the vxlan driver. */
static int bind_ifindex(const struct flannel_dev *fl,
			const struct flannel_conf *conf)
{
	if (!conf->link)
		return 0;
	return l3mdev_master_upper_ifindex_by_index(dev_net(fl->dev),
						    conf->link);
}

static int open_one(struct flannel_dev *fl, const struct flannel_conf *conf,
		    u8 encap, u32 family)
{
	__be16 port = flannel_conf_port(conf, encap);
	struct flannel_sock_dev *dev;
	struct flannel_sock *fs;

	if (!port)
		return 0;
	dev = kzalloc(sizeof(*dev), GFP_KERNEL);
	if (!dev)
		return -ENOMEM;
	fs = get_sock(dev_net(fl->dev), encap, family, port,
		      bind_ifindex(fl, conf));
	if (IS_ERR(fs)) {
		kfree(dev);
		return PTR_ERR(fs);
	}
	dev->fl = fl;
	dev->fs = fs;
	dev->vni = encap == FLANNEL_ENCAP_VXLAN ? conf->vni : 0;
	hlist_add_head_rcu(&dev->node, bucket(fs, dev->vni));
	rcu_assign_pointer(fl->sock_dev[encap][family], dev);
	update_csum(fs);
	return 0;
}

static void close_one(struct flannel_dev *fl, u8 encap, u32 family)
{
	struct flannel_sock_dev *dev;

	dev = rtnl_dereference(fl->sock_dev[encap][family]);
	if (!dev)
		return;
	RCU_INIT_POINTER(fl->sock_dev[encap][family], NULL);
	hlist_del_rcu(&dev->node);
	update_csum(dev->fs);
	put_sock(dev->fs);
	kfree_rcu(dev, rcu);
}

static int open_backend(struct flannel_dev *fl, const struct flannel_conf *conf,
			u8 encap)
{
	int err;

	err = open_one(fl, conf, encap, FLANNEL_V4);
	if (err)
		return err;
	err = open_one(fl, conf, encap, FLANNEL_V6);
	return err == -EAFNOSUPPORT || err == -EPFNOSUPPORT ? 0 : err;
}

/**
 * flannel_sock_open - open the sockets of a device that comes up
 * @fl: the device
 *
 * A kernel or netns without IPv6 is no error.
 *
 * Context: process context, RTNL held.
 * Return: 0 or why not, -EADDRINUSE among others.
 */
int flannel_sock_open(struct flannel_dev *fl)
{
	const struct flannel_conf *conf = rtnl_dereference(fl->conf);
	int err = 0;
	u8 encap;

	for (encap = 0; encap <= FLANNEL_ENCAP_MAX && !err; encap++)
		err = open_backend(fl, conf, encap);
	if (err)
		flannel_sock_close(fl);
	return err;
}

/**
 * flannel_sock_close - leave the sockets of a device that goes down
 * @fl: the device
 *
 * Context: process context, RTNL held.
 */
void flannel_sock_close(struct flannel_dev *fl)
{
	u8 encap;

	for (encap = 0; encap <= FLANNEL_ENCAP_MAX; encap++) {
		close_one(fl, encap, FLANNEL_V4);
		close_one(fl, encap, FLANNEL_V6);
	}
}

/**
 * flannel_sock_rebind - follow the underlay link into or out of a VRF
 * @fl: a device that is up
 *
 * While the link is away, the sockets stay where they are. A socket bound to a
 * VRF and one bound to none cannot have one port, so the old ones are closed
 * first; where the new ones cannot be opened, the device has none.
 *
 * Context: process context, RTNL held.
 * Return: 0 or an error.
 */
int flannel_sock_rebind(struct flannel_dev *fl)
{
	const struct flannel_conf *conf = rtnl_dereference(fl->conf);
	const struct flannel_sock_dev *dev;
	int err;

	/* All of a device's sockets are open, and bound alike, or none is. */
	dev = rtnl_dereference(fl->sock_dev[FLANNEL_ENCAP_VXLAN][FLANNEL_V4]) ?:
	      rtnl_dereference(fl->sock_dev[FLANNEL_ENCAP_UDP][FLANNEL_V4]);
	if (dev && ((conf->link_name[0] && !conf->link) ||
		    dev->fs->bind == bind_ifindex(fl, conf)))
		return 0;
	flannel_sock_close(fl);
	err = flannel_sock_open(fl);
	if (err && net_ratelimit())
		netdev_err(fl->dev, "cannot open UDP port %u or %u: error %d\n",
			   ntohs(conf->port), ntohs(conf->udp_port), err);
	return err;
}

/**
 * flannel_sock_update - the configuration of a device has changed
 * @fl: a device that is up
 *
 * Context: process context, RTNL held.
 */
void flannel_sock_update(struct flannel_dev *fl)
{
	const struct flannel_sock_dev *dev;
	unsigned int encap, family;

	for (encap = 0; encap <= FLANNEL_ENCAP_MAX; encap++) {
		for (family = 0; family < FLANNEL_FAMILIES; family++) {
			dev = rtnl_dereference(fl->sock_dev[encap][family]);
			if (dev)
				update_csum(dev->fs);
		}
	}
}

/**
 * flannel_sock_offload - a NIC wants to know our ports, or has forgotten them
 * @nic: the NIC
 * @push: it wants to know them
 *
 * NICs look into datagrams to the VXLAN ports that they were told of; some
 * segment and checksum nothing that is sent to any other port. Of the udp
 * backend's format none knows anything.
 *
 * Context: process context, RTNL held; the NIC's list of ports may be locked.
 */
void flannel_sock_offload(struct net_device *nic, bool push)
{
	struct flannel_sock *fs;

	list_for_each_entry(fs, &flannel_net(dev_net(nic))->socks, list) {
		if (fs->encap != FLANNEL_ENCAP_VXLAN)
			continue;
		if (push)
			udp_tunnel_push_rx_port(nic,
						flannel_compat_udp_sock(fs->sock),
						UDP_TUNNEL_TYPE_VXLAN);
		else
			udp_tunnel_drop_rx_port(nic,
						flannel_compat_udp_sock(fs->sock),
						UDP_TUNNEL_TYPE_VXLAN);
	}
}

static int probe_backend(struct flannel_dev *fl,
			 const struct flannel_conf *conf, u8 encap,
			 struct netlink_ext_ack *extack)
{
	__be16 port = flannel_conf_port(conf, encap);
	struct net *net = dev_net(fl->dev);
	int bind = bind_ifindex(fl, conf);
	struct socket *sock;
	u32 family;
	int err;

	if (!port)
		return 0;
	for (family = 0; family < FLANNEL_FAMILIES; family++) {
		if (find_sock(net, encap, family, port, bind))
			continue;
		err = create_sock(net, family, port, bind, &sock);
		if (!err)
			sock_release(sock);
		if (err == -EADDRINUSE) {
			flannel_compat_extack(extack,
					      "UDP port is in use in this netns",
					      "UDP port %u is in use in this netns",
					      ntohs(port));
			netdev_err(fl->dev, "UDP port %u is in use\n",
				   ntohs(port));
			return err;
		}
	}
	return 0;
}

/**
 * flannel_sock_probe - whether the sockets of a device could be opened
 * @fl: a device that is about to come up
 * @extack: for the message that ndo_open has no way to give
 *
 * Context: process context, RTNL held.
 * Return: 0 or -EADDRINUSE.
 */
int flannel_sock_probe(struct flannel_dev *fl, struct netlink_ext_ack *extack)
{
	const struct flannel_conf *conf = rtnl_dereference(fl->conf);
	int err = 0;
	u8 encap;

	for (encap = 0; encap <= FLANNEL_ENCAP_MAX && !err; encap++)
		err = probe_backend(fl, conf, encap, extack);
	return err;
}

/**
 * flannel_sock_find_dev - find the device of a VNI
 * @fs: the socket
 * @vni: the VNI, host byte order; 0 for the udp backend
 *
 * Context: RCU read lock held.
 * Return: the device, which is up, or NULL.
 */
struct flannel_dev *flannel_sock_find_dev(const struct flannel_sock *fs,
					  u32 vni)
{
	const struct flannel_sock_dev *dev;
	const struct hlist_head *head;

	head = &fs->devs[hash_32(vni, FLANNEL_SOCK_HASH_BITS)];
	hlist_for_each_entry_rcu(dev, head, node) {
		if (dev->vni == vni)
			return dev->fl;
	}
	return NULL;
}
