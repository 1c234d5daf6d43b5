// SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause)
/* Do not edit directly, auto-generated from: */
/*	kmod/uapi/flannel.yaml */
/* YNL-GEN kernel source */
/* YNL-ARG --function-prefix flannel_nl */
/* To regenerate run: kmod/uapi/regen.sh LINUX_TREE */

#include <net/netlink.h>
#include <net/genetlink.h>

#include "netlink-gen.h"

#include <uapi/linux/flannel.h>

/* Common nested types */
const struct nla_policy flannel_subnet_nl_policy[FLANNEL_A_SUBNET_GENERATION + 1] = {
	[FLANNEL_A_SUBNET_PREFIX] = NLA_POLICY_MAX_LEN(16),
	[FLANNEL_A_SUBNET_PREFIX_LEN] = NLA_POLICY_MAX(NLA_U8, 128),
	[FLANNEL_A_SUBNET_LOCAL] = { .type = NLA_FLAG, },
	[FLANNEL_A_SUBNET_VIA] = NLA_POLICY_MAX_LEN(16),
	[FLANNEL_A_SUBNET_LLADDR] = NLA_POLICY_EXACT_LEN(6),
	[FLANNEL_A_SUBNET_ENCAP] = NLA_POLICY_MAX(NLA_U8, 1),
	[FLANNEL_A_SUBNET_SRC] = NLA_POLICY_MAX_LEN(16),
	[FLANNEL_A_SUBNET_OWNER] = { .type = NLA_NUL_STRING, .len = FLANNEL_OWNER_MAX, },
	[FLANNEL_A_SUBNET_GENERATION] = { .type = NLA_U32, },
};

/* FLANNEL_CMD_SUBNET_NEW - do */
const struct nla_policy flannel_subnet_new_nl_policy[FLANNEL_A_EXCL + 1] = {
	[FLANNEL_A_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
	[FLANNEL_A_SUBNET] = NLA_POLICY_NESTED(flannel_subnet_nl_policy),
	[FLANNEL_A_EXCL] = { .type = NLA_FLAG, },
};

/* FLANNEL_CMD_SUBNET_DEL - do */
const struct nla_policy flannel_subnet_del_nl_policy[FLANNEL_A_SUBNET + 1] = {
	[FLANNEL_A_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
	[FLANNEL_A_SUBNET] = NLA_POLICY_NESTED(flannel_subnet_nl_policy),
};

/* FLANNEL_CMD_SUBNET_GET - do */
const struct nla_policy flannel_subnet_get_nl_policy[FLANNEL_A_ADDRESS + 1] = {
	[FLANNEL_A_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
	[FLANNEL_A_OWNER] = { .type = NLA_NUL_STRING, .len = FLANNEL_OWNER_MAX, },
	[FLANNEL_A_ADDRESS] = NLA_POLICY_MAX_LEN(16),
};

/* FLANNEL_CMD_SUBNET_FLUSH - do */
const struct nla_policy flannel_subnet_flush_nl_policy[FLANNEL_A_OWNER + 1] = {
	[FLANNEL_A_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
	[FLANNEL_A_OWNER] = { .type = NLA_NUL_STRING, .len = FLANNEL_OWNER_MAX, },
};

/* FLANNEL_CMD_SUBNET_SWEEP - do */
const struct nla_policy flannel_subnet_sweep_nl_policy[FLANNEL_A_GENERATION + 1] = {
	[FLANNEL_A_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
	[FLANNEL_A_OWNER] = { .type = NLA_NUL_STRING, .len = FLANNEL_OWNER_MAX, },
	[FLANNEL_A_GENERATION] = { .type = NLA_U32, },
};

/* FLANNEL_CMD_VTEP_GET - do */
const struct nla_policy flannel_vtep_get_nl_policy[FLANNEL_A_ADDRESS + 1] = {
	[FLANNEL_A_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
	[FLANNEL_A_ADDRESS] = NLA_POLICY_MAX_LEN(16),
};

/* FLANNEL_CMD_STATS_GET - do */
const struct nla_policy flannel_stats_get_nl_policy[FLANNEL_A_IFINDEX + 1] = {
	[FLANNEL_A_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
};

/* Ops table for flannel */
const struct genl_ops flannel_nl_ops[7] = {
	{
		.cmd		= FLANNEL_CMD_SUBNET_NEW,
		.doit		= flannel_nl_subnet_new_doit,
		.policy		= flannel_subnet_new_nl_policy,
		.maxattr	= FLANNEL_A_EXCL,
		.flags		= GENL_ADMIN_PERM,
	},
	{
		.cmd		= FLANNEL_CMD_SUBNET_DEL,
		.doit		= flannel_nl_subnet_del_doit,
		.policy		= flannel_subnet_del_nl_policy,
		.maxattr	= FLANNEL_A_SUBNET,
		.flags		= GENL_ADMIN_PERM,
	},
	{
		.cmd		= FLANNEL_CMD_SUBNET_GET,
		.doit		= flannel_nl_subnet_get_doit,
		.dumpit		= flannel_nl_subnet_get_dumpit,
		.policy		= flannel_subnet_get_nl_policy,
		.maxattr	= FLANNEL_A_ADDRESS,
		.flags		= GENL_ADMIN_PERM,
	},
	{
		.cmd		= FLANNEL_CMD_SUBNET_FLUSH,
		.doit		= flannel_nl_subnet_flush_doit,
		.policy		= flannel_subnet_flush_nl_policy,
		.maxattr	= FLANNEL_A_OWNER,
		.flags		= GENL_ADMIN_PERM,
	},
	{
		.cmd		= FLANNEL_CMD_SUBNET_SWEEP,
		.doit		= flannel_nl_subnet_sweep_doit,
		.policy		= flannel_subnet_sweep_nl_policy,
		.maxattr	= FLANNEL_A_GENERATION,
		.flags		= GENL_ADMIN_PERM,
	},
	{
		.cmd		= FLANNEL_CMD_VTEP_GET,
		.doit		= flannel_nl_vtep_get_doit,
		.dumpit		= flannel_nl_vtep_get_dumpit,
		.policy		= flannel_vtep_get_nl_policy,
		.maxattr	= FLANNEL_A_ADDRESS,
		.flags		= GENL_ADMIN_PERM,
	},
	{
		.cmd		= FLANNEL_CMD_STATS_GET,
		.doit		= flannel_nl_stats_get_doit,
		.dumpit		= flannel_nl_stats_get_dumpit,
		.policy		= flannel_stats_get_nl_policy,
		.maxattr	= FLANNEL_A_IFINDEX,
		.flags		= GENL_ADMIN_PERM,
	},
};
