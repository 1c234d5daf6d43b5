/* SPDX-License-Identifier: GPL-2.0 */
/* The generic netlink family. See netlink.c. */
#ifndef _FLANNEL_NETLINK_H
#define _FLANNEL_NETLINK_H

#include <linux/list.h>
#include <linux/types.h>

struct flannel_addr;
struct flannel_dev;
struct genl_family;

extern struct genl_family flannel_nl_family;

void flannel_nl_notify_subnets(struct flannel_dev *fl, u8 cmd,
			       struct list_head *changed);
void flannel_nl_notify_miss(struct flannel_dev *fl,
			    const struct flannel_addr *dst);
int flannel_nl_init(void);
void flannel_nl_exit(void);

#endif /* _FLANNEL_NETLINK_H */
