/* SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause) */
/* Do not edit directly, auto-generated from: */
/*	kmod/uapi/flannel.yaml */
/* YNL-GEN kernel header */
/* YNL-ARG --function-prefix flannel_nl */
/* To regenerate run: kmod/uapi/regen.sh LINUX_TREE */

#ifndef _LINUX_FLANNEL_GEN_H
#define _LINUX_FLANNEL_GEN_H

#include <net/netlink.h>
#include <net/genetlink.h>

#include <uapi/linux/flannel.h>

/* Common nested types */
extern const struct nla_policy flannel_subnet_nl_policy[FLANNEL_A_SUBNET_GENERATION + 1];

extern const struct nla_policy flannel_subnet_new_nl_policy[FLANNEL_A_EXCL + 1];

extern const struct nla_policy flannel_subnet_del_nl_policy[FLANNEL_A_SUBNET + 1];

extern const struct nla_policy flannel_subnet_get_nl_policy[FLANNEL_A_ADDRESS + 1];

extern const struct nla_policy flannel_subnet_flush_nl_policy[FLANNEL_A_OWNER + 1];

extern const struct nla_policy flannel_subnet_sweep_nl_policy[FLANNEL_A_GENERATION + 1];

extern const struct nla_policy flannel_vtep_get_nl_policy[FLANNEL_A_ADDRESS + 1];

extern const struct nla_policy flannel_stats_get_nl_policy[FLANNEL_A_IFINDEX + 1];

/* Ops table for flannel */
extern const struct genl_ops flannel_nl_ops[7];

int flannel_nl_subnet_new_doit(struct sk_buff *skb, struct genl_info *info);
int flannel_nl_subnet_del_doit(struct sk_buff *skb, struct genl_info *info);
int flannel_nl_subnet_get_doit(struct sk_buff *skb, struct genl_info *info);
int flannel_nl_subnet_get_dumpit(struct sk_buff *skb,
				 struct netlink_callback *cb);
int flannel_nl_subnet_flush_doit(struct sk_buff *skb, struct genl_info *info);
int flannel_nl_subnet_sweep_doit(struct sk_buff *skb, struct genl_info *info);
int flannel_nl_vtep_get_doit(struct sk_buff *skb, struct genl_info *info);
int flannel_nl_vtep_get_dumpit(struct sk_buff *skb,
			       struct netlink_callback *cb);
int flannel_nl_stats_get_doit(struct sk_buff *skb, struct genl_info *info);
int flannel_nl_stats_get_dumpit(struct sk_buff *skb,
				struct netlink_callback *cb);

enum {
	FLANNEL_NLGRP_SUBNET,
	FLANNEL_NLGRP_MISS,
};

#endif /* _LINUX_FLANNEL_GEN_H */
