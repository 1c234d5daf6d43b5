/* SPDX-License-Identifier: GPL-2.0 */
/* The VXLAN wire format, RFC 7348. See vxlan.c. */
#ifndef _FLANNEL_VXLAN_H
#define _FLANNEL_VXLAN_H

#include <linux/skbuff.h>

#include "path.h"

struct flannel_rx;
struct flannel_sock;

int flannel_vxlan_push(struct sk_buff *skb, const struct flannel_outer *outer,
		       enum flannel_family inner, u32 gbp, int gso_type);
int flannel_vxlan_parse(const struct flannel_sock *fs, struct sk_buff *skb,
			struct flannel_rx *rx);
bool flannel_vxlan_quotes(const struct flannel_sock *fs, struct sk_buff *skb,
			  const struct flannel_addr *outer);
struct sk_buff *flannel_vxlan_gro_receive(struct sock *sk,
					  struct list_head *head,
					  struct sk_buff *skb);
int flannel_vxlan_gro_complete(struct sock *sk, struct sk_buff *skb,
			       int nhoff);

#endif /* _FLANNEL_VXLAN_H */
