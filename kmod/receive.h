/* SPDX-License-Identifier: GPL-2.0 */
/* From datagram to inner packet. See receive.c. */
#ifndef _FLANNEL_RECEIVE_H
#define _FLANNEL_RECEIVE_H

#include <linux/skbuff.h>

#include "addr.h"
#include "drop.h"

struct flannel_conf;
struct flannel_dev;
struct flannel_vtep;

/**
 * struct flannel_rx - a packet on its way in
 * @fl: the device, NULL while unknown
 * @conf: its configuration
 * @vtep: who sent it, NULL while unknown
 * @outer: outer source address
 * @dsfield: outer TOS or traffic class
 * @proto: protocol of the inner packet, network byte order
 * @hlen: bytes between the outer IP header and the inner one
 * @src: inner source address
 * @dst: inner destination address
 */
struct flannel_rx {
	struct flannel_dev *fl;
	const struct flannel_conf *conf;
	struct flannel_vtep *vtep;
	struct flannel_addr outer;
	u8 dsfield;
	__be16 proto;
	unsigned int hlen;
	struct flannel_addr src;
	struct flannel_addr dst;
};

int flannel_receive(struct sock *sk, struct sk_buff *skb);
int flannel_err_lookup(struct sock *sk, struct sk_buff *skb);

#endif /* _FLANNEL_RECEIVE_H */
