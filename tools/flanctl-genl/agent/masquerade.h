/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef FLANCTL_AGENT_MASQUERADE_H
#define FLANCTL_AGENT_MASQUERADE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "../addr.h"

#define MASQUERADE_INSTANCE	12	/* size of an instance's name */
#define MASQUERADE_WHY		512

/**
 * struct masquerade_setup - Which packet filter rules there have to be.
 * @instance: Empty for the agent of the node; a second agent has a name of
 *	letters and digits, which is part of its chains' and tables' names.
 * @nftables: nftables' tables rather than iptables' rules.
 * @masq: Masquerade what leaves the cluster network (--ip-masq).
 * @forward: Accept what is forwarded to or from it (--iptables-forward-rules).
 * @random_fully: Masquerade to random ports.
 * @guard: Drop what pods send to tunnel ports of VTEPs.
 * @guard_only: What has flanneld's names is flanneld's now: leave it alone.
 * @port: Those ports, 0: none.
 * @network: Network of the cluster, IPv4 and IPv6; without address: none.
 * @subnet: Subnet of this node likewise; where there is a network there has to
 *	be a subnet.
 * @resync: So often it is looked whether they are still there, in seconds.
 */
struct masquerade_setup {
	char instance[MASQUERADE_INSTANCE];
	bool nftables;
	bool masq;
	bool forward;
	bool random_fully;
	bool guard;
	bool guard_only;
	uint16_t port[2];
	struct prefix network[2];
	struct prefix subnet[2];
	unsigned int resync;
};

/**
 * enum masquerade_state - How far it has come.
 * @MASQUERADE_PENDING: It has not looked yet.
 * @MASQUERADE_INSTALLED: All rules are there, and no others of ours.
 * @MASQUERADE_FAILED: They are not; it is tried again.
 */
enum masquerade_state {
	MASQUERADE_PENDING,
	MASQUERADE_INSTALLED,
	MASQUERADE_FAILED,
};

/**
 * struct masquerade_figures - What it has done.
 * @checks: Times it has looked.
 * @writes: Times it has written.
 * @errors: Times something did not work.
 */
struct masquerade_figures {
	uint64_t checks;
	uint64_t writes;
	uint64_t errors;
};

struct masquerade;

struct masquerade *masquerade_new(uv_loop_t *loop,
				  void (*changed)(void *priv,
						  enum masquerade_state state,
						  const char *why),
				  void *priv);
enum masquerade_state masquerade_set(struct masquerade *m,
				     const struct masquerade_setup *s);
void masquerade_instance(char buf[static MASQUERADE_INSTANCE],
			 const char *name);
int masquerade_vteps(struct masquerade *m, const struct addr *v, size_t n);
void masquerade_remove(struct masquerade *m, const char *instance,
		       bool guard_only);
void masquerade_figures(const struct masquerade *m,
			struct masquerade_figures *f);
void masquerade_free(struct masquerade *m);
bool masquerade_bridge_missing(const struct masquerade_setup *s, char *why,
			       size_t size);

#endif /* FLANCTL_AGENT_MASQUERADE_H */
