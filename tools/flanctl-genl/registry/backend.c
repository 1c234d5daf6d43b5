// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * flannel's backends, as far as they differ: whom each takes for a peer, what
 * a peer becomes on this node, and what room it leaves for packets; and what
 * another network config would change.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <linux/flannel.h>

#include "backend.h"

/* Outer headers over IPv6 are so much longer. */
#define IPV6_EXTRA	20

static const struct backend backends[] = {
	{
		.name = "vxlan", .type = "vxlan", .table = true,
		.encap = FLANNEL_ENCAP_VXLAN, .mac = true,
		.overhead = 50, .port = BACKEND_VXLAN_PORT,
	},
	{
		.name = "host-gw", .type = "host-gw",
		.routes = true,
	},
	{
		.name = "udp", .table = true,
		.encap = FLANNEL_ENCAP_UDP,
		.overhead = 28, .port = BACKEND_UDP_PORT,
	},
	{ .name = "alloc" },
};

/**
 * backend_of - Which backend a cluster uses
 * @config: Its network config.
 *
 * Return: The backend, NULL: one that we do not know.
 */
const struct backend *backend_of(const struct net_config *config)
{
	size_t i;

	for (i = 0; i < sizeof(backends) / sizeof(backends[0]); i++)
		if (!strcmp(backends[i].name, config->backend))
			return &backends[i];
	return NULL;
}

/**
 * backend_mtu - MTU of pods
 * @config: The network config.
 * @mtu: MTU of the underlay interface.
 *
 * As stock flannel has it; but where all nodes are reached over IPv6 it leaves
 * room for that.
 *
 * Return: The MTU, 0: there is no room, or the backend is not known.
 */
uint32_t backend_mtu(const struct net_config *config, uint32_t mtu)
{
	const struct backend *b = backend_of(config);
	uint32_t overhead;

	if (!b)
		return 0;
	overhead = b->overhead;
	if (overhead && !config->ipv4)
		overhead += IPV6_EXTRA;
	if (config->mtu)
		mtu = config->mtu;
	return mtu > overhead ? mtu - overhead : 0;
}

/**
 * backend_port - UDP port of the cluster
 * @config: The network config.
 *
 * Return: The port in host order, 0: the backend has none, or is not known.
 */
uint16_t backend_port(const struct net_config *config)
{
	const struct backend *b = backend_of(config);

	if (!b || !b->port)
		return 0;
	return config->port ? config->port : b->port;
}

static void __attribute__((format(printf, 2, 3)))
append(char buf[static JSON_WHY], const char *format, ...)
{
	size_t len = strlen(buf);
	va_list ap;

	if (len && len + 2 < JSON_WHY) {
		strcpy(buf + len, ", ");
		len += 2;
	}
	va_start(ap, format);
	vsnprintf(buf + len, JSON_WHY - len, format, ap);
	va_end(ap);
}

static void number_changes(char buf[static JSON_WHY], const char *name,
			   uint32_t old, uint32_t new)
{
	if (old != new)
		append(buf, "%s from %u to %u", name, old, new);
}

static void bool_changes(char buf[static JSON_WHY], const char *name, bool old,
			 bool new)
{
	if (old != new)
		append(buf, "%s from %s to %s", name, old ? "true" : "false",
		       new ? "true" : "false");
}

static void network_changes(char buf[static JSON_WHY], const char *name,
			    const struct prefix *old, const struct prefix *new)
{
	char a[PREFIX_TEXT] = "none", b[PREFIX_TEXT] = "none";

	if (!prefix_cmp(old, new))
		return;
	if (old->addr.len)
		prefix_text(old, a);
	if (new->addr.len)
		prefix_text(new, b);
	append(buf, "%s from %s to %s", name, a, b);
}

/**
 * config_changes - What is different in another network config
 * @old: The one that is in use.
 * @new: The other one.
 * @buf: Where the text goes: nothing, if nothing that we use is different.
 *
 * Return: @buf.
 */
char *config_changes(const struct net_config *old, const struct net_config *new,
		     char buf[static JSON_WHY])
{
	buf[0] = '\0';
	if (strcmp(old->backend, new->backend))
		append(buf, "backend from %s to %s", old->backend,
		       new->backend);
	number_changes(buf, "VNI", old->vni, new->vni);
	if (!strcmp(old->backend, new->backend))
		number_changes(buf, "Port", backend_port(old),
			       backend_port(new));
	number_changes(buf, "MTU", old->mtu, new->mtu);
	bool_changes(buf, "GBP", old->gbp, new->gbp);
	bool_changes(buf, "DirectRouting", old->direct, new->direct);
	network_changes(buf, "Network", &old->network, &new->network);
	network_changes(buf, "IPv6Network", &old->network6, &new->network6);
	number_changes(buf, "SubnetLen", old->subnet_len, new->subnet_len);
	number_changes(buf, "IPv6SubnetLen", old->subnet_len6,
		       new->subnet_len6);
	bool_changes(buf, "EnableIPv4", old->ipv4, new->ipv4);
	bool_changes(buf, "EnableIPv6", old->ipv6, new->ipv6);
	bool_changes(buf, "EnableNFTables", old->nftables, new->nftables);
	return buf;
}
