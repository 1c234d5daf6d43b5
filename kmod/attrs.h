/* SPDX-License-Identifier: GPL-2.0 */
/* Reading and writing netlink attributes. See attrs.c. */
#ifndef _FLANNEL_ATTRS_H
#define _FLANNEL_ATTRS_H

#include <linux/types.h>

struct flannel_addr;
struct flannel_dev;
struct flannel_subnet;
struct flannel_subnet_req;
struct flannel_table;
struct flannel_vtep;
struct genl_info;
struct netlink_ext_ack;
struct nlattr;
struct sk_buff;

int flannel_parse_addr(const struct nlattr *attr, struct flannel_addr *addr,
		       struct netlink_ext_ack *extack);
int flannel_parse_owner(const struct nlattr *attr, char *owner,
			struct netlink_ext_ack *extack);
struct flannel_subnet_req *
flannel_parse_subnets(const struct flannel_dev *fl, struct genl_info *info,
		      bool prefix_only, unsigned int *n);

int flannel_put_addr(struct sk_buff *msg, int type,
		     const struct flannel_addr *addr);
int flannel_put_subnet(struct sk_buff *msg, const struct flannel_table *table,
		       const struct flannel_subnet *subnet);
int flannel_put_vtep(struct sk_buff *msg, const struct flannel_table *table,
		     const struct flannel_vtep *vtep);
int flannel_put_stats(struct sk_buff *msg, const struct flannel_dev *fl);

#endif /* _FLANNEL_ATTRS_H */
