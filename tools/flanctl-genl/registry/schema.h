/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef FLANCTL_REGISTRY_SCHEMA_H
#define FLANCTL_REGISTRY_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../addr.h"
#include "../json.h"

#define BACKEND_TYPE	32	/* size of a backend's name */

/**
 * struct net_config - flannel's network config.
 * @ipv4: IPv4 is enabled.
 * @ipv6: IPv6 is enabled.
 * @network: Cluster network, IPv4; no address: none.
 * @network6: Cluster network, IPv6, likewise.
 * @subnet_len: Prefix length of a node's subnet, 0: not given.
 * @subnet_len6: The same for IPv6.
 * @backend: Name of the backend, lower case.
 * @vni: VNI, 1 unless given.
 * @port: UDP port in host order, 0: not given.
 * @mtu: MTU to be used instead of the underlay interface's, 0: not given.
 * @direct: DirectRouting: peers on the link are reached by routes.
 * @gbp: GBP: the group policy extension is on.
 * @subnet_min: First subnet that is given out, no address: not given; by family.
 * @subnet_max: Last one, likewise.
 * @nftables: EnableNFTables: masquerading by nftables instead of iptables.
 * @learning: Learning, which has no effect: the table knows every peer.
 */
struct net_config {
	bool ipv4;
	bool ipv6;
	struct prefix network;
	struct prefix network6;
	uint32_t subnet_len;
	uint32_t subnet_len6;
	char backend[BACKEND_TYPE];
	uint32_t vni;
	uint16_t port;
	uint32_t mtu;
	bool direct;
	bool gbp;
	bool learning;
	struct addr subnet_min[2];
	struct addr subnet_max[2];
	bool nftables;
};

/**
 * struct lease_value - What a lease says.
 * @public_ip: Underlay address, IPv4; none, or 0.0.0.0, where there is none.
 * @public_ip6: Underlay address, IPv6, likewise.
 * @type: Name of the backend, as it is written; empty: none.
 * @has_mac: @mac is there.
 * @mac: VTEP MAC that goes with @public_ip.
 * @has_mac6: @mac6 is there.
 * @mac6: VTEP MAC that goes with @public_ip6.
 * @vni: VNI that goes with the MACs; written only, never read.
 */
struct lease_value {
	struct addr public_ip;
	struct addr public_ip6;
	char type[BACKEND_TYPE];
	bool has_mac;
	struct mac mac;
	bool has_mac6;
	struct mac mac6;
	uint32_t vni;
};

bool config_parse(const char *text, size_t len, struct net_config *config,
		  char why[static JSON_WHY]);
bool lease_parse(const char *text, size_t len, struct lease_value *lease,
		 char why[static JSON_WHY]);

char *lease_text(const struct lease_value *lease);

#endif /* FLANCTL_REGISTRY_SCHEMA_H */
