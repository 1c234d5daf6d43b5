// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * agent --cleanup: everything that an agent has left on this node goes: its
 * devices, its routes, its packet filter rules, subnet.env.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../direct.h"
#include "../error.h"
#include "agent.h"
#include "service.h"

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

/**
 * struct rules - Rules being removed.
 * @loop: Where that happens.
 * @failed: It did not work.
 */
struct rules {
	uv_loop_t loop;
	bool failed;
};

static void on_rules(void *priv, enum masquerade_state state, const char *why)
{
	struct rules *r = priv;

	if (state == MASQUERADE_PENDING)
		return;
	r->failed = state == MASQUERADE_FAILED;
	if (r->failed)
		warning("agent: packet filter rules: %s", why);
	uv_stop(&r->loop);
}

static int remove_rules(const struct agent *a)
{
	char instance[MASQUERADE_INSTANCE];
	struct masquerade *m;
	struct rules r = {};

	if (uv_loop_init(&r.loop))
		return fail(EXIT_REFUSED, "out of memory");
	m = masquerade_new(&r.loop, on_rules, &r);
	if (m) {
		service_instance(&a->o, instance);
		masquerade_remove(m, instance);
		uv_run(&r.loop, UV_RUN_DEFAULT);
		masquerade_free(m);
	}
	uv_run(&r.loop, UV_RUN_DEFAULT);
	uv_loop_close(&r.loop);
	if (!m)
		return fail(EXIT_REFUSED, "out of memory");
	return r.failed ? EXIT_REFUSED : 0;
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
		err = direct_sweep(a->nl);
	if (err)
		return fail(EXIT_REFUSED, "agent: %s", err == -ENOMEM ?
			    "out of memory" : netlink_why(a->nl));
	if (remove_rules(a))
		return EXIT_REFUSED;
	if (!unlink(a->o.subnet_file))
		note("agent: %s is removed", a->o.subnet_file);
	else if (errno != ENOENT)
		return fail(EXIT_REFUSED, "agent: %s: %s", a->o.subnet_file,
			    strerror(errno));
	return EXIT_DONE;
}
