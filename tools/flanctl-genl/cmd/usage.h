/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef FLANCTL_CMD_USAGE_H
#define FLANCTL_CMD_USAGE_H

/* Help of the objects that are in flanctl-genl-registry. flanctl-genl, which
 * starts that one, has it too.
 */
#define AGENT_USAGE							\
	"flanctl-genl agent [FLAG]...: flanneld's flags, see man flanctl-genl-agent\n"

#define SYNC_USAGE							\
	"flanctl-genl sync REGISTRY dev NAME [--strict] [--allow-empty]\n" \
	"                    [ETCD OPTION]...\n"

#define REGISTRY_USAGE							\
	"flanctl-genl registry show REGISTRY [ETCD OPTION]...\n"	\
	"       REGISTRY: file:PATH | etcd://HOST:PORT[,HOST:PORT]...[/PREFIX] | etcds://... |\n" \
	"                 kube:[KUBECONFIG]\n"				\
	"       ETCD OPTION: --etcd-cafile FILE | --etcd-certfile FILE |\n" \
	"                    --etcd-keyfile FILE | --etcd-username NAME |\n" \
	"                    --etcd-password PASSWORD\n"

#endif /* FLANCTL_CMD_USAGE_H */
