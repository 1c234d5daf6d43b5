/* SPDX-License-Identifier: GPL-2.0 */
/* The wire format of flannel's udp backend. See udp.c. */
#ifndef _FLANNEL_UDP_H
#define _FLANNEL_UDP_H

#include <linux/skbuff.h>

#include "addr.h"

struct flannel_rx;
struct flannel_sock;

int flannel_udp_push(struct sk_buff *skb, enum flannel_family inner,
		     int gso_type);
int flannel_udp_parse(const struct flannel_sock *fs, struct sk_buff *skb,
		      struct flannel_rx *rx);
bool flannel_udp_quotes(const struct flannel_sock *fs,
			const struct flannel_addr *outer);
struct sk_buff *flannel_udp_gro_receive(struct sock *sk, struct list_head *head,
					struct sk_buff *skb);
int flannel_udp_gro_complete(struct sock *sk, struct sk_buff *skb, int nhoff);

#endif /* _FLANNEL_UDP_H */
