/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef FLANCTL_AGENT_NFTABLES_H
#define FLANCTL_AGENT_NFTABLES_H

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "../addr.h"

struct masquerade_setup;
struct nftables;

struct nftables *nftables_new(uv_loop_t *loop,
			      void (*done)(void *priv, const char *why,
					   unsigned int writes),
			      void *priv);
void nftables_apply(struct nftables *t, const struct masquerade_setup *s,
		    bool fresh, const struct addr *vtep, size_t vteps);
void nftables_free(struct nftables *t);

#endif /* FLANCTL_AGENT_NFTABLES_H */
