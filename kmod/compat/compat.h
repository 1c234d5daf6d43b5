/* SPDX-License-Identifier: GPL-2.0 */
/* What differs between the kernels this module builds for, 6.1 to 7.3.
 *
 * Included in front of every source file by Kbuild.include, which sets HAVE_*
 * by looking into the headers. Each part names what the newest kernel has;
 * the rest of the module is written for that one.
 */
#ifndef _FLANNEL_COMPAT_H
#define _FLANNEL_COMPAT_H

#include <linux/netdevice.h>
#include <linux/skbuff.h>
#include <net/flow.h>
#include <net/genetlink.h>
#include <net/inet_dscp.h>
#include <net/rtnetlink.h>
#include <net/udp_tunnel.h>
#ifdef HAVE_NET_GSO_H
#include <net/gso.h>
#endif

#ifndef NLA_POLICY_MAX_LEN
#define NLA_POLICY_MAX_LEN(_len)	NLA_POLICY_MAX(NLA_BINARY, _len)
#endif

#ifndef GENL_MCAST_CAP_NET_ADMIN
#error "multicast groups are open to everybody here, fix e03781879a0d is missing"
#endif

/* Without the reasons, a drop is still counted and traced by us. */
#ifndef HAVE_VXLAN_DROP_REASONS
#define SKB_DROP_REASON_VXLAN_INVALID_HDR	SKB_DROP_REASON_NOT_SPECIFIED
#define SKB_DROP_REASON_VXLAN_VNI_NOT_FOUND	SKB_DROP_REASON_NOT_SPECIFIED
#define SKB_DROP_REASON_NO_TX_TARGET		SKB_DROP_REASON_NOT_SPECIFIED
#define SKB_DROP_REASON_IP_TUNNEL_ECN		SKB_DROP_REASON_NOT_SPECIFIED
#define SKB_DROP_REASON_TUNNEL_TXINFO		SKB_DROP_REASON_NOT_SPECIFIED
#endif

#ifdef HAVE_ASSIGN_STR_2
#define flannel_compat_assign_str(field, src)	__assign_str(field, src)
#else
#define flannel_compat_assign_str(field, src)	__assign_str(field)
#endif

#ifdef HAVE_GENL_SPLIT_OPS
#define flannel_compat_genl_ops	genl_split_ops
#else
#define flannel_compat_genl_ops	genl_ops
#endif

/* An error message with figures in it, or without where there is no way. */
#ifdef NL_SET_ERR_MSG_FMT
#define flannel_compat_extack(extack, plain, fmt, ...)	\
	NL_SET_ERR_MSG_FMT(extack, fmt, ##__VA_ARGS__)
#else
#define flannel_compat_extack(extack, plain, fmt, ...)	\
	NL_SET_ERR_MSG(extack, plain)
#endif

/* Lockless transmit, and a device that stays in its netns. */
static inline void flannel_compat_netdev_flags(struct net_device *dev)
{
#ifdef HAVE_NETDEV_LLTX
	dev->lltx = true;
#else
	dev->features |= NETIF_F_LLTX;
#endif
#if defined(HAVE_NETDEV_NETNS_IMMUTABLE)
	dev->netns_immutable = true;
#elif defined(HAVE_NETDEV_NETNS_LOCAL)
	dev->netns_local = true;
#else
	dev->features |= NETIF_F_NETNS_LOCAL;
#endif
}

static inline void flannel_compat_flow_tos(struct flowi4 *fl4, u8 tos)
{
#ifdef HAVE_FLOWI4_DSCP
	fl4->flowi4_dscp = inet_dsfield_to_dscp(tos);
#else
	fl4->flowi4_tos = tos & INET_DSCP_MASK;
#endif
}

static inline struct nlattr **
flannel_compat_dump_attrs(struct netlink_callback *cb)
{
#ifdef HAVE_GENL_INFO_DUMP
	return genl_info_dump(cb)->attrs;
#else
	return genl_dumpit_info(cb)->attrs;
#endif
}

/* What the functions of net/udp_tunnel.h take. */
#ifdef HAVE_UDP_TUNNEL_SOCK
#define flannel_compat_udp_sock(sock)	((sock)->sk)
#else
#define flannel_compat_udp_sock(sock)	(sock)
#endif

/* What newlink() gets in front of extack: the device, dev, and attributes. */
#ifdef HAVE_RTNL_NEWLINK_PARAMS
#define FLANNEL_COMPAT_NEWLINK_ARGS					\
	struct net_device *dev, struct rtnl_newlink_params *params
#define flannel_compat_newlink_tb	(params->tb)
#define flannel_compat_newlink_data	(params->data)
#else
#define FLANNEL_COMPAT_NEWLINK_ARGS					\
	struct net *src_net, struct net_device *dev,			\
	struct nlattr *link_tb[], struct nlattr *link_data[]
#define flannel_compat_newlink_tb	link_tb
#define flannel_compat_newlink_data	link_data
#endif

#endif /* _FLANNEL_COMPAT_H */
