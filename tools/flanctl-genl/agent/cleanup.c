// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * agent --cleanup: everything that an agent has left on this node goes: its
 * devices, its routes, subnet.env.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../error.h"
#include "agent.h"

/* A device that has an entry of an agent's is an agent's. */
static bool is_agents(struct netlink *nl, const struct link *l)
{
	struct subnet_list list = {};
	bool is = !table_dump(nl, l->ifindex, AGENT_OWNER, &list) && list.n;

	subnet_list_free(&list);
	return is;
}

static int remove_devices(struct netlink *nl)
{
	struct link_list list = {};
	int err = link_dump(nl, &list);
	size_t i;

	for (i = 0; i < list.n && !err; i++) {
		if (!list.v[i].flannel || !is_agents(nl, &list.v[i]))
			continue;
		err = link_delete(nl, list.v[i].ifindex);
		if (!err)
			note("agent: device %s is removed", list.v[i].name);
	}
	link_list_free(&list);
	return err;
}

static int remove_routes(struct netlink *nl)
{
	struct route_filter ours = { .protocol = ROUTE_PROTOCOL };
	struct route_list list = {};
	int err = route_dump(nl, &ours, &list);

	if (!err && list.n) {
		err = route_delete(nl, list.v, list.n, NULL);
		if (!err)
			note("agent: %zu routes are removed", list.n);
	}
	free(list.v);
	return err;
}

static int remove_nexthops(struct netlink *nl)
{
	struct nexthop_list list = {};
	int err = nexthop_dump(nl, &list);
	size_t i, n = 0;

	for (i = 0; i < list.n; i++)
		if (list.v[i].protocol == ROUTE_PROTOCOL)
			list.v[n++] = list.v[i];
	if (!err && n)
		err = nexthop_delete(nl, list.v, n, NULL);
	free(list.v);
	return err;
}

/**
 * agent_cleanup - Remove all that an agent has left
 * @a: An agent that does not run; its flags.
 *
 * Return: enum exit_code.
 */
int agent_cleanup(struct agent *a)
{
	int err = remove_devices(a->nl);

	if (!err)
		err = remove_routes(a->nl);
	if (!err)
		err = remove_nexthops(a->nl);
	if (err)
		return fail(EXIT_REFUSED, "agent: %s", netlink_why(a->nl));
	if (!unlink(a->o.subnet_file))
		note("agent: %s is removed", a->o.subnet_file);
	else if (errno != ENOENT)
		return fail(EXIT_REFUSED, "agent: %s: %s", a->o.subnet_file,
			    strerror(errno));
	return EXIT_DONE;
}
