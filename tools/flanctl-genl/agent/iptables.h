/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef FLANCTL_AGENT_IPTABLES_H
#define FLANCTL_AGENT_IPTABLES_H

#include <stdbool.h>
#include <uv.h>

struct iptables;
struct masquerade_setup;

struct iptables *iptables_new(uv_loop_t *loop,
			      void (*done)(void *priv, const char *why,
					   unsigned int writes),
			      void *priv);
void iptables_apply(struct iptables *t, const struct masquerade_setup *s,
		    bool fresh);
void iptables_free(struct iptables *t);

#endif /* FLANCTL_AGENT_IPTABLES_H */
