/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef FLANCTL_WAY_H
#define FLANCTL_WAY_H

#include "netlink/host.h"

struct printer;

/**
 * struct way - Which way packets to a subnet go now.
 * @inner: How the kernel sends to an address in it.
 * @outer: How it sends to the VTEP's.
 */
struct way {
	struct route_query inner;
	struct route_query outer;
};

struct way *ways_ask(struct netlink *nl, const struct subnet_list *list);
void way_print(struct printer *p, const struct way *w, const struct subnet *s,
	       bool details);
void way_print_route(struct printer *p, const struct route *r, bool details);

#endif /* FLANCTL_WAY_H */
