/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef FLANCTL_AGENT_HEALTH_H
#define FLANCTL_AGENT_HEALTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

/**
 * struct health_drop - Packets that a device has dropped.
 * @device: Its name.
 * @reason: Why.
 * @packets: How many.
 */
struct health_drop {
	const char *device;
	const char *reason;
	uint64_t packets;
};

/**
 * struct health_figures - What /metrics tells. All of it starts as zero.
 * @ready: As /readyz tells.
 * @module: The kernel module is there.
 * @peers: Nodes in the registry, without this one.
 * @subnets: Entries of the device's table.
 * @vteps: VTEPs of the device's table.
 * @routes: Routes that we keep.
 * @refused: Leases that are refused now.
 * @held_back: Deletions that are held back now.
 * @config_ignored: The network config in the registry is not the one in use.
 * @registry_up: The registry can be read now.
 * @registry_revision: Its revision, as far as it is known.
 * @registry_age: Seconds since it was last known to be unchanged, or changed.
 * @registry_errors: Times it could not be read.
 * @reconciles: Times kernel and registry were compared.
 * @reconcile_errors: Times that did not work out.
 * @reconcile_seconds: How long the last one took.
 * @changes: Entries added, changed or removed.
 * @rule_writes: Times packet filter rules were written.
 * @rule_errors: Times they could not be.
 * @drop: Dropped packets by device and reason; valid until the callback is
 *	called again.
 * @drops: How many of them there are.
 */
struct health_figures {
	bool ready;
	bool module;
	uint64_t peers;
	uint64_t subnets;
	uint64_t vteps;
	uint64_t routes;
	uint64_t refused;
	uint64_t held_back;
	bool config_ignored;
	bool registry_up;
	uint64_t registry_revision;
	double registry_age;
	uint64_t registry_errors;
	uint64_t reconciles;
	uint64_t reconcile_errors;
	double reconcile_seconds;
	uint64_t changes;
	uint64_t rule_writes;
	uint64_t rule_errors;
	const struct health_drop *drop;
	size_t drops;
};

/**
 * struct health_ops - Who knows how we are.
 * @ready: Are we ready? Why not, and what else is wrong, goes to @why, one a
 *	line.
 * @figures: Fills in what is known.
 */
struct health_ops {
	bool (*ready)(void *priv, char *why, size_t size);
	void (*figures)(void *priv, struct health_figures *f);
};

struct health;

struct health *health_new(uv_loop_t *loop, const char *ip, uint16_t port,
			  const struct health_ops *ops, void *priv, char *why,
			  size_t size);
void health_free(struct health *h);

#endif /* FLANCTL_AGENT_HEALTH_H */
