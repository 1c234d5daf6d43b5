/* SPDX-License-Identifier: GPL-2.0 */
/* From inner packet to datagram. See xmit.c. */
#ifndef _FLANNEL_XMIT_H
#define _FLANNEL_XMIT_H

#include <linux/netdevice.h>

netdev_tx_t flannel_xmit(struct sk_buff *skb, struct net_device *dev);

#endif /* _FLANNEL_XMIT_H */
