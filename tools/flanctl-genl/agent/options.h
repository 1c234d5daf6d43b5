/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef FLANCTL_AGENT_OPTIONS_H
#define FLANCTL_AGENT_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "../args.h"

#define AGENT_SUBNET_FILE	"/run/flannel/subnet.env"

/**
 * struct words - Values of a flag that can be given more than once.
 * @v: The values.
 * @n: How many.
 */
struct words {
	const char **v;
	size_t n;
};

/**
 * enum agent_routes - Which routes lead into the device.
 * @ROUTES_AUTO: One a family, or one a subnet where that would swallow more.
 * @ROUTES_AGGREGATE: One a family.
 * @ROUTES_PER_SUBNET: One a subnet.
 */
enum agent_routes {
	ROUTES_AUTO,
	ROUTES_AGGREGATE,
	ROUTES_PER_SUBNET,
};

/**
 * struct agent_options - flanneld's flags, and ours.
 *
 * The fields are called as the flags; numbers are in the flags' units. What is
 * not given is NULL, or the default of options.c.
 */
struct agent_options {
	const char *etcd_endpoints;
	const char *etcd_prefix;
	const char *etcd_cafile;
	const char *etcd_certfile;
	const char *etcd_keyfile;
	const char *etcd_username;
	const char *etcd_password;
	struct words iface;
	struct words iface_regex;
	const char *iface_can_reach;
	const char *public_ip;
	const char *public_ipv6;
	const char *subnet_file;
	unsigned int subnet_lease_renew_margin;
	bool ip_masq;
	bool ip_masq_fully_random_disable;
	bool kube_subnet_mgr;
	const char *kube_api_url;
	const char *kubeconfig_file;
	const char *kube_annotation_prefix;
	const char *net_config_path;
	bool set_node_network_unavailable;
	const char *healthz_ip;
	unsigned int healthz_port;
	unsigned int iptables_resync;
	bool iptables_forward_rules;
	bool ip_blackhole_route;
	bool version;

	const char *registry;
	const char *routes_name;
	enum agent_routes routes;
	const char *source_check_name;
	unsigned int source_check;
	unsigned int resync;
	unsigned int hold;
	bool guard;
	bool cleanup;
};

int agent_options_parse(struct agent_options *o, struct args *a);
char *agent_options_registry(const struct agent_options *o);
void agent_options_free(struct agent_options *o);

#endif /* FLANCTL_AGENT_OPTIONS_H */
