/* SPDX-License-Identifier: GPL-2.0 */
/* Why a packet was dropped: one reason of the uapi's enum flannel_drop, one
 * counter, one tracepoint, and the core's own reason where it has one.
 */
#ifndef _FLANNEL_DROP_H
#define _FLANNEL_DROP_H

#include <linux/percpu.h>
#include <linux/skbuff.h>
#include <uapi/linux/flannel.h>

#include "addr.h"

struct flannel_dev;
struct net_device;

/* NAME of FLANNEL_DROP_NAME, and the reason that the core knows. */
#define FLANNEL_DROPS(X)					\
	X(TX_PROTOCOL,		UNHANDLED_PROTO)		\
	X(TX_MULTICAST,		NOT_SPECIFIED)			\
	X(TX_MISS,		NO_TX_TARGET)			\
	X(TX_LOCAL,		NO_TX_TARGET)			\
	X(TX_LOOP,		NOT_SPECIFIED)			\
	X(TX_NO_ROUTE,		IP_OUTNOROUTES)			\
	X(TX_NO_SOCKET,		TUNNEL_TXINFO)			\
	X(TX_TOO_BIG,		PKT_TOO_BIG)			\
	X(TX_NO_MEMORY,		NOMEM)				\
	X(RX_HEADER,		VXLAN_INVALID_HDR)		\
	X(RX_VNI,		VXLAN_VNI_NOT_FOUND)		\
	X(RX_MAC,		OTHERHOST)			\
	X(RX_PROTOCOL,		UNHANDLED_PROTO)		\
	X(RX_INNER,		IP_INHDR)			\
	X(RX_VTEP,		IP_RPFILTER)			\
	X(RX_OWNER,		IP_RPFILTER)			\
	X(RX_STRICT,		IP_RPFILTER)			\
	X(RX_MARTIAN,		IP_RPFILTER)			\
	X(RX_DESTINATION,	OTHERHOST)			\
	X(RX_ECN,		IP_TUNNEL_ECN)			\
	X(RX_GSO,		NOT_SPECIFIED)			\
	X(RX_DEPTH,		NOT_SPECIFIED)			\
	X(RX_NO_MEMORY,		NOMEM)				\
	X(ICMP_IGNORED,		NOT_SPECIFIED)		\
	X(RX_GBP,		VXLAN_INVALID_HDR)

/**
 * struct flannel_drops - counters of a CPU
 * @count: packets, by enum flannel_drop
 */
struct flannel_drops {
	unsigned long count[FLANNEL_DROP_MAX + 1];
};

/* Drop reasons start at 0. Functions that can refuse a packet return 0 where
 * they do not, and a reason as a negative number.
 */
static inline int flannel_refuse(enum flannel_drop why)
{
	return -1 - (int)why;
}

static inline enum flannel_drop flannel_why(int refusal)
{
	return -1 - refusal;
}

void flannel_drop_note(struct flannel_drops __percpu *drops,
		       const struct net_device *dev, enum flannel_drop why,
		       const struct flannel_addr *outer,
		       const struct flannel_addr *inner);
void flannel_drop_free(struct sk_buff *skb, enum flannel_drop why);
u64 flannel_drop_read(const struct flannel_drops __percpu *drops,
		      enum flannel_drop why);

#endif /* _FLANNEL_DROP_H */
