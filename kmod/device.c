// SPDX-License-Identifier: GPL-2.0
/* The net_device: its operations, what there is once per netns, and what it
 * does when its underlay link changes.
 *
 * A device is created in one netns and stays there. Its configuration is
 * replaced as a whole under RTNL and read under RCU. There is no upper/lower
 * relation to the underlay link: it is remembered by name, so the device lives
 * on when the link goes, and takes it up again when it comes back.
 */
#include <linux/ethtool.h>
#include <linux/inetdevice.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>
#include <net/addrconf.h>
#include <net/ip_tunnels.h>
#include <net/netns/generic.h>

#include "device.h"
#include "notrack.h"
#include "socket.h"
#include "xmit.h"

/* Link headers of 14 bytes and ours, so that LL_RESERVED_SPACE() rounds up to
 * enough: one byte less, and every packet would be copied.
 */
#define HEADROOM(overhead)	(ETH_HLEN + (overhead))

/* Notifications of unknown destinations: ten a second. */
#define MISS_INTERVAL	HZ
#define MISS_BURST	10

static unsigned int flannel_net_id __read_mostly;

/**
 * flannel_net - what the module keeps for a netns
 * @net: the netns
 *
 * Return: it, as long as the netns lives.
 */
struct flannel_net *flannel_net(const struct net *net)
{
	return net_generic(net, flannel_net_id);
}

static void device_free(struct net_device *dev)
{
	struct flannel_dev *fl = netdev_priv(dev);

	flannel_table_destroy(&fl->table);
	free_percpu(dev->tstats);
	free_percpu(fl->drops);
	kfree(rcu_dereference_protected(fl->conf, true));
}

static int device_init(struct net_device *dev)
{
	struct flannel_dev *fl = netdev_priv(dev);
	int err;

	fl->drops = alloc_percpu(struct flannel_drops);
	if (!fl->drops)
		return -ENOMEM;
	dev->tstats = netdev_alloc_pcpu_stats(struct pcpu_sw_netstats);
	if (!dev->tstats) {
		err = -ENOMEM;
		goto free_drops;
	}
	err = flannel_table_init(&fl->table);
	if (err)
		goto free_tstats;
	err = gro_cells_init(&fl->gro_cells, dev);
	if (err)
		goto destroy_table;

	ratelimit_state_init(&fl->miss_limit, MISS_INTERVAL, MISS_BURST);
	ratelimit_set_flags(&fl->miss_limit, RATELIMIT_MSG_ON_RELEASE);
	netdev_lockdep_set_classes(dev);
	/* Only now is there all that it frees, the configuration included. */
	dev->priv_destructor = device_free;
	return 0;

destroy_table:
	flannel_table_destroy(&fl->table);
free_tstats:
	free_percpu(dev->tstats);
	dev->tstats = NULL;
free_drops:
	free_percpu(fl->drops);
	fl->drops = NULL;
	return err;
}

/* Runs after the last packet: the device is closed, and a grace period has
 * passed. Requests that still hold a reference find an empty table.
 */
static void device_uninit(struct net_device *dev)
{
	struct flannel_dev *fl = netdev_priv(dev);

	flannel_table_shutdown(fl);
	gro_cells_destroy(&fl->gro_cells);
}

/* The device has no link layer: no link-local address, no router to solicit.
 * Said once, when it first comes up or has got a new inet6_dev, as it does when
 * its MTU passes 1280: users may think otherwise. (If it is up then, IPv6 has
 * given it a link-local address before we are told.)
 */
static void quiet_ipv6(struct flannel_dev *fl)
{
#if IS_ENABLED(CONFIG_IPV6)
	struct inet6_dev *in6_dev = __in6_dev_get(fl->dev);

	if (in6_dev && in6_dev != fl->quiet6) {
		in6_dev->cnf.addr_gen_mode = IN6_ADDR_GEN_MODE_NONE;
		in6_dev->cnf.accept_ra = 0;
	}
	fl->quiet6 = in6_dev;
#endif
}

static int device_open(struct net_device *dev)
{
	struct flannel_dev *fl = netdev_priv(dev);
	int err;

	quiet_ipv6(fl);
	err = flannel_notrack_open(fl);
	if (err)
		return err;
	err = flannel_sock_open(fl);
	if (err)
		flannel_notrack_close(fl);
	return err;
}

static int device_stop(struct net_device *dev)
{
	struct flannel_dev *fl = netdev_priv(dev);

	flannel_sock_close(fl);
	flannel_notrack_close(fl);
	return 0;
}

static int device_change_mtu(struct net_device *dev, int mtu)
{
	struct flannel_dev *fl = netdev_priv(dev);

	if (!fl->following)
		fl->mtu_set = true;
	WRITE_ONCE(dev->mtu, mtu);
	return 0;
}

static const struct net_device_ops device_ops = {
	.ndo_init = device_init,
	.ndo_uninit = device_uninit,
	.ndo_open = device_open,
	.ndo_stop = device_stop,
	.ndo_start_xmit = flannel_xmit,
	.ndo_get_stats64 = dev_get_tstats64,
	.ndo_change_mtu = device_change_mtu,
};

static void get_drvinfo(struct net_device *dev, struct ethtool_drvinfo *info)
{
	strscpy(info->driver, KBUILD_MODNAME, sizeof(info->driver));
	strscpy(info->version, FLANNEL_VERSION, sizeof(info->version));
}

static const struct ethtool_ops device_ethtool_ops = {
	.get_drvinfo = get_drvinfo,
	.get_link = ethtool_op_get_link,
	.get_ts_info = ethtool_op_get_ts_info,
};

static const struct device_type device_type = {
	.name = KBUILD_MODNAME,
};

/**
 * flannel_is_device - whether a link is one of ours
 * @dev: the link
 *
 * Return: whether it is.
 */
bool flannel_is_device(const struct net_device *dev)
{
	return dev->netdev_ops == &device_ops;
}

/**
 * flannel_device_speaks - whether a device has a backend
 * @fl: the device
 * @encap: enum flannel_encap
 *
 * Which ones it has is fixed when the device is made.
 *
 * Context: any.
 * Return: whether it has.
 */
bool flannel_device_speaks(const struct flannel_dev *fl, u8 encap)
{
	bool speaks;

	rcu_read_lock();
	speaks = flannel_conf_port(rcu_dereference(fl->conf), encap);
	rcu_read_unlock();
	return speaks;
}

/**
 * flannel_device_setup - fill in a net_device; rtnl_link_ops.setup
 * @dev: the device
 */
void flannel_device_setup(struct net_device *dev)
{
	const netdev_features_t features = NETIF_F_SG | NETIF_F_FRAGLIST |
					   NETIF_F_HW_CSUM | NETIF_F_RXCSUM |
					   NETIF_F_GSO_SOFTWARE;
	struct flannel_dev *fl = netdev_priv(dev);

	fl->dev = dev;
	INIT_LIST_HEAD(&fl->list);

	dev->netdev_ops = &device_ops;
	dev->ethtool_ops = &device_ethtool_ops;
	dev->header_ops = &ip_tunnel_header_ops;
	dev->needs_free_netdev = true;
	SET_NETDEV_DEVTYPE(dev, &device_type);

	dev->type = ARPHRD_NONE;
	dev->flags = IFF_POINTOPOINT | IFF_NOARP;
	dev->priv_flags |= IFF_NO_QUEUE;
	dev->hard_header_len = 0;
	dev->addr_len = 0;
	dev->needed_headroom = HEADROOM(FLANNEL_VXLAN_OVERHEAD4);
	dev->mtu = ETH_DATA_LEN - FLANNEL_VXLAN_OVERHEAD4;
	dev->min_mtu = ETH_MIN_MTU;
	dev->max_mtu = IP_MAX_MTU - FLANNEL_UDP_OVERHEAD4;

	flannel_compat_netdev_flags(dev);
	dev->features |= features;
	dev->hw_features |= features;
	/* PMTU and ICMP replies need the packet's own route. */
	netif_keep_dst(dev);
}

/* Outer bytes by the device's attributes, not by its table: stock's figures
 * over IPv4 unless there is an IPv6 local address only, and those of VXLAN
 * unless it has no port.
 */
static unsigned int overhead(const struct flannel_conf *conf)
{
	bool v6 = !conf->local && !ipv6_addr_any(&conf->local6);

	if (!conf->port)
		return v6 ? FLANNEL_UDP_OVERHEAD6 : FLANNEL_UDP_OVERHEAD4;
	return v6 ? FLANNEL_VXLAN_OVERHEAD6 : FLANNEL_VXLAN_OVERHEAD4;
}

static int default_mtu(const struct net *net, const struct flannel_conf *conf)
{
	unsigned int lower = ETH_DATA_LEN, bytes = overhead(conf);
	struct net_device *link;

	link = conf->link ? __dev_get_by_index((struct net *)net, conf->link) :
			    NULL;
	if (link)
		lower = min_t(unsigned int, link->mtu, IP_MAX_MTU);
	return max_t(int, lower - min(lower, bytes), ETH_MIN_MTU);
}

/* Headroom and largest MTU; they only ever follow the configuration. */
static void set_limits(struct net_device *dev, const struct flannel_conf *conf)
{
	unsigned int bytes = overhead(conf);

	WRITE_ONCE(dev->needed_headroom, HEADROOM(bytes));
	dev->max_mtu = IP_MAX_MTU - bytes;
}

static void follow_mtu(struct flannel_dev *fl, const struct flannel_conf *conf)
{
	int mtu = default_mtu(dev_net(fl->dev), conf);
	int err;

	/* Without the underlay link, what it had stays good. */
	if (conf->link_name[0] && !conf->link)
		mtu = min_t(int, fl->dev->mtu, IP_MAX_MTU - overhead(conf));
	/* Underlays can be stacked in a circle: once around is enough. */
	if (fl->following || fl->mtu_set || fl->dev->mtu == mtu)
		return;
	fl->following = true;
	err = dev_set_mtu(fl->dev, mtu);
	fl->following = false;
	if (err)
		netdev_warn(fl->dev, "cannot follow the underlay MTU: error %d\n",
			    err);
}

/**
 * flannel_device_publish - give a device another configuration
 * @fl: the device
 * @conf: the configuration, which becomes the device's
 *
 * Context: process context, RTNL held.
 */
void flannel_device_publish(struct flannel_dev *fl, struct flannel_conf *conf)
{
	struct flannel_conf *old = rtnl_dereference(fl->conf);

	conf->gen = old ? old->gen + 1 : 1;
	rcu_assign_pointer(fl->conf, conf);
	if (old)
		kfree_rcu(old, rcu);
}

/* A port is one backend's. VNIs share the port of vxlan; nothing in the udp
 * backend's packets could tell two devices apart.
 */
static bool clash(const struct flannel_conf *a, const struct flannel_conf *b)
{
	if (a->port && a->port == b->port && a->vni == b->vni)
		return true;
	if (a->port && a->port == b->udp_port)
		return true;
	return a->udp_port && (a->udp_port == b->udp_port ||
			       a->udp_port == b->port);
}

static bool taken(struct net *net, const struct flannel_conf *conf)
{
	struct flannel_dev *fl;

	list_for_each_entry(fl, &flannel_net(net)->devices, list) {
		if (clash(conf, rtnl_dereference(fl->conf)))
			return true;
	}
	return false;
}

/**
 * flannel_device_register - make a configured device visible
 * @dev: the device
 * @conf: its configuration, which is the device's from now on, or freed
 * @mtu_set: whether dev->mtu is the user's
 * @extack: for error messages
 *
 * Context: process context, RTNL held.
 * Return: 0; -EEXIST where VNI and port, or the udp backend's, are another
 * device's; or what register_netdevice() says.
 */
int flannel_device_register(struct net_device *dev, struct flannel_conf *conf,
			    bool mtu_set, struct netlink_ext_ack *extack)
{
	struct flannel_dev *fl = netdev_priv(dev);
	struct net *net = dev_net(dev);
	int err;

	if (taken(net, conf)) {
		NL_SET_ERR_MSG(extack,
			       "vni and port are those of another flannel link, or udp-port is a port of one");
		err = -EEXIST;
		goto free_conf;
	}
	set_limits(dev, conf);
	fl->mtu_set = mtu_set;
	if (!mtu_set)
		dev->mtu = default_mtu(net, conf);
	if (dev->mtu > dev->max_mtu) {
		NL_SET_ERR_MSG(extack, "mtu is over 65535 less the headers");
		err = -ERANGE;
		goto free_conf;
	}

	flannel_device_publish(fl, conf);
	err = register_netdevice(dev);
	if (!err) {
		list_add_rcu(&fl->list, &flannel_net(net)->devices);
		return 0;
	}
	/* Where ndo_init succeeded, device_free() has the configuration. */
	if (dev->priv_destructor)
		return err;
	RCU_INIT_POINTER(fl->conf, NULL);
free_conf:
	kfree(conf);
	return err;
}

/**
 * flannel_device_reconfigure - change a visible device
 * @dev: the device
 * @conf: its configuration, which is the device's from now on, or freed
 * @extack: for error messages
 *
 * Context: process context, RTNL held.
 * Return: 0 or an error, nothing changed.
 */
int flannel_device_reconfigure(struct net_device *dev,
			       struct flannel_conf *conf,
			       struct netlink_ext_ack *extack)
{
	struct flannel_dev *fl = netdev_priv(dev);
	bool notrack = conf->notrack;
	struct flannel_conf *old;
	int err;

	if (fl->mtu_set && dev->mtu > IP_MAX_MTU - overhead(conf)) {
		NL_SET_ERR_MSG(extack, "mtu is over 65535 less the headers");
		err = -ERANGE;
		goto free_conf;
	}
	old = kmemdup(rtnl_dereference(fl->conf), sizeof(*old), GFP_KERNEL);
	if (!old) {
		err = -ENOMEM;
		goto free_conf;
	}
	err = flannel_notrack_prepare(fl, notrack);
	if (err) {
		NL_SET_ERR_MSG(extack, "cannot hook into netfilter");
		kfree(old);
		goto free_conf;
	}

	flannel_device_publish(fl, conf);
	err = netif_running(dev) ? flannel_sock_rebind(fl) : 0;
	if (err) {
		NL_SET_ERR_MSG(extack,
			       "cannot open the UDP port in the VRF of dev");
		flannel_device_publish(fl, old);
		flannel_notrack_settle(fl, notrack);
		flannel_sock_rebind(fl);
		return err;
	}
	flannel_notrack_settle(fl, old->notrack);
	kfree(old);
	flannel_sock_update(fl);
	/* The MTU may have to go down before its limit, or after it up. */
	dev->max_mtu = IP_MAX_MTU - FLANNEL_UDP_OVERHEAD4;
	follow_mtu(fl, conf);
	set_limits(dev, conf);
	return 0;

free_conf:
	kfree(conf);
	return err;
}

/**
 * flannel_device_unregister - remove a device; rtnl_link_ops.dellink
 * @dev: the device
 * @head: list of devices to be unregistered together
 *
 * Context: process context, RTNL held.
 */
void flannel_device_unregister(struct net_device *dev, struct list_head *head)
{
	struct flannel_dev *fl = netdev_priv(dev);

	list_del_rcu(&fl->list);
	atomic_inc(&flannel_net(dev_net(dev))->seq);
	unregister_netdevice_queue(dev, head);
}

/* Take up the link that has the name, or notice that it is gone. */
static int relink(struct flannel_dev *fl, int link, const char *name)
{
	const struct flannel_conf *old = rtnl_dereference(fl->conf);
	struct flannel_conf *conf;

	conf = kmemdup(old, sizeof(*conf), GFP_KERNEL);
	if (!conf)
		return -ENOMEM;
	conf->link = link;
	strscpy(conf->link_name, name, sizeof(conf->link_name));
	flannel_device_publish(fl, conf);
	follow_mtu(fl, conf);
	return 0;
}

static int follow_link(struct flannel_dev *fl, unsigned long event,
		       const struct net_device *link)
{
	const struct flannel_conf *conf = rtnl_dereference(fl->conf);
	bool ours = conf->link == link->ifindex;
	bool named = !strcmp(conf->link_name, link->name);

	switch (event) {
	case NETDEV_REGISTER:
		/* Whoever has its name now is the one. */
		return named ? relink(fl, link->ifindex, link->name) : 0;
	case NETDEV_CHANGENAME:
		return ours || (named && !conf->link) ?
		       relink(fl, link->ifindex, link->name) : 0;
	case NETDEV_UNREGISTER:
		return ours ? relink(fl, 0, conf->link_name) : 0;
	case NETDEV_CHANGEMTU:
		if (ours)
			follow_mtu(fl, conf);
		return 0;
	}
	return 0;
}

static void link_event(struct flannel_dev *fl, unsigned long event,
		       const struct net_device *link)
{
	int err = follow_link(fl, event, link);

	if (err)
		netdev_err(fl->dev, "cannot follow the underlay %s: error %d\n",
			   link->name, err);
	/* The link, or a master of it, may have come into a VRF or left it;
	 * or whoever had our port there may have gone.
	 */
	if (netif_running(fl->dev))
		flannel_sock_rebind(fl);
}

static int netdev_event(struct notifier_block *nb, unsigned long event,
			void *ptr)
{
	struct netlink_ext_ack *extack = netdev_notifier_info_to_extack(ptr);
	struct net_device *dev = netdev_notifier_info_to_dev(ptr);
	struct flannel_dev *fl;

	if (event == NETDEV_UDP_TUNNEL_PUSH_INFO ||
	    event == NETDEV_UDP_TUNNEL_DROP_INFO) {
		flannel_sock_offload(dev, event == NETDEV_UDP_TUNNEL_PUSH_INFO);
		return NOTIFY_DONE;
	}
	if (flannel_is_device(dev) && event == NETDEV_PRE_UP)
		return notifier_from_errno(flannel_sock_probe(netdev_priv(dev),
							      extack));
	if (flannel_is_device(dev) && event == NETDEV_CHANGEMTU)
		quiet_ipv6(netdev_priv(dev));
	list_for_each_entry(fl, &flannel_net(dev_net(dev))->devices, list) {
		if (fl->dev != dev)
			link_event(fl, event, dev);
	}
	return NOTIFY_DONE;
}

static struct notifier_block netdev_notifier = {
	.notifier_call = netdev_event,
};

static int __net_init net_init(struct net *net)
{
	struct flannel_net *fn = flannel_net(net);

	INIT_LIST_HEAD(&fn->devices);
	INIT_LIST_HEAD(&fn->socks);
	atomic_set(&fn->seq, 0);
	return 0;
}

/* Devices of a netns that goes are unregistered by the core through dellink,
 * which is all that is needed: they never have anything in another netns.
 */
static struct pernet_operations net_ops = {
	.init = net_init,
	.id = &flannel_net_id,
	.size = sizeof(struct flannel_net),
};

/**
 * flannel_device_init - prepare for devices, in every netns
 *
 * Return: 0 or an error.
 */
int __init flannel_device_init(void)
{
	int err;

	err = register_pernet_subsys(&net_ops);
	if (err)
		return err;
	err = register_netdevice_notifier(&netdev_notifier);
	if (err)
		unregister_pernet_subsys(&net_ops);
	return err;
}

/**
 * flannel_device_exit - undo flannel_device_init(), without any device left
 */
void flannel_device_exit(void)
{
	unregister_netdevice_notifier(&netdev_notifier);
	unregister_pernet_subsys(&net_ops);
}
