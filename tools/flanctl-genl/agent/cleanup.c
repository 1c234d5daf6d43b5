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
#include "sole.h"
#include "subnet_env.h"

/**
 * struct kept - What stays, because an agent runs that has it.
 * @ifindex: Its device.
 * @network: Cluster networks of the device.
 */
struct kept {
	uint32_t ifindex;
	struct prefix network[2];
};

/**
 * struct kept_list - All that stays.
 * @v: By device.
 * @n: How many.
 * @host_gw: An agent runs that has routes and no device.
 */
struct kept_list {
	struct kept *v;
	size_t n;
	bool host_gw;
};

static int keep(struct kept_list *kept, const struct link *l)
{
	struct kept *v = reallocarray(kept->v, kept->n + 1, sizeof(*v));

	if (!v)
		return -ENOMEM;
	kept->v = v;
	v[kept->n++] = (struct kept){
		.ifindex = l->ifindex,
		.network = { l->value[LINK_NET4].prefix,
			     l->value[LINK_NET6].prefix },
	};
	note("agent: device %s and its network stay: an agent runs for it",
	     l->name);
	return 0;
}

/* A device that has an entry of an agent's is an agent's. */
static bool is_agents(struct netlink *nl, const struct link *l)
{
	struct subnet_list list = {};
	bool is = !table_dump(nl, l->ifindex, AGENT_OWNER, &list) && list.n;

	subnet_list_free(&list);
	return is;
}

static int remove_device(struct netlink *nl, const struct link *l,
			 struct kept_list *kept)
{
	bool vxlan = l->value[LINK_UDP_DST].number;
	int err, fd;

	fd = sole_hold(l->value[LINK_VNI].number, vxlan ? "vxlan" : "udp");
	if (fd < 0)
		return keep(kept, l);
	err = link_delete(nl, l->ifindex);
	close(fd);
	if (!err)
		note("agent: device %s is removed", l->name);
	return err;
}

static int remove_devices(struct netlink *nl, struct kept_list *kept)
{
	struct link_list list = {};
	int err = link_dump(nl, &list);
	size_t i;

	for (i = 0; i < list.n && !err; i++)
		if (list.v[i].flannel && is_agents(nl, &list.v[i]))
			err = remove_device(nl, &list.v[i], kept);
	link_list_free(&list);
	return err;
}

static bool is_kept(const struct kept_list *kept, const struct route *r)
{
	const struct prefix *p;
	size_t i;

	for (i = 0; i < kept->n; i++) {
		p = &kept->v[i].network[r->dst.addr.len == 16];
		if (r->ifindex == kept->v[i].ifindex ||
		    (p->addr.len && prefix_within(&r->dst, p)))
			return true;
	}
	return r->nexthop && kept->host_gw;
}

static int remove_routes(struct netlink *nl, const struct kept_list *kept)
{
	struct route_filter ours = { .protocol = ROUTE_PROTOCOL };
	struct route_list list = {};
	int err = route_dump(nl, &ours, &list);
	size_t i, n = 0;

	for (i = 0; i < list.n; i++)
		if (!is_kept(kept, &list.v[i]))
			list.v[n++] = list.v[i];
	if (!err && n) {
		err = route_delete(nl, list.v, n, NULL);
		if (!err)
			note("agent: %zu routes are removed", n);
	}
	free(list.v);
	return err;
}

static int remove_links(struct netlink *nl)
{
	int host_gw = sole_hold(0, "host-gw");
	struct kept_list kept = { .host_gw = host_gw < 0 };
	int err;

	if (kept.host_gw)
		note("agent: direct routes stay: an agent runs for host-gw");
	err = remove_devices(nl, &kept);
	if (!err)
		err = remove_routes(nl, &kept);
	/* An agent may be about to use a nexthop that it has just made. */
	if (!err && !kept.n && !kept.host_gw)
		err = direct_sweep(nl);
	free(kept.v);
	if (host_gw >= 0)
		close(host_gw);
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

static int remove_rules(const struct agent *a, bool guard_only)
{
	char instance[MASQUERADE_INSTANCE];
	struct masquerade *m;
	struct rules r = {};

	if (uv_loop_init(&r.loop))
		return fail(EXIT_REFUSED, "out of memory");
	m = masquerade_new(&r.loop, on_rules, &r);
	if (m) {
		service_instance(&a->o, instance);
		masquerade_remove(m, instance, guard_only);
		uv_run(&r.loop, UV_RUN_DEFAULT);
		masquerade_free(m);
	}
	uv_run(&r.loop, UV_RUN_DEFAULT);
	uv_loop_close(&r.loop);
	if (!m)
		return fail(EXIT_REFUSED, "out of memory");
	return r.failed ? EXIT_REFUSED : 0;
}

/* One that runs would put all of it back. */
static int check_running(const char *subnet_file)
{
	char why[JSON_WHY];
	int fd;

	if (access(subnet_file, F_OK))
		return 0;
	fd = subnet_env_lock(subnet_file, why, sizeof(why));
	if (fd < 0)
		return fail(EXIT_WRONG, "agent: %s: stop the agent first", why);
	close(fd);
	return 0;
}

static int remove_subnet_file(const char *path)
{
	if (!unlink(path))
		note("agent: %s is removed", path);
	else if (errno != ENOENT)
		return fail(EXIT_REFUSED, "agent: %s: %s", path,
			    strerror(errno));
	return 0;
}

/**
 * agent_cleanup - Remove all that an agent has left
 * @a: An agent that does not run; its flags.
 *
 * What agents have that run, for other networks, stays. So does what has
 * flanneld's names where flanneld runs again, which has written it anew.
 *
 * Return: enum exit_code.
 */
int agent_cleanup(struct agent *a)
{
	int flanneld = takeover_flanneld(), err;

	if (check_running(a->o.subnet_file))
		return EXIT_WRONG;
	err = remove_links(a->nl);
	if (err)
		return fail(EXIT_REFUSED, "agent: %s", err == -ENOMEM ?
			    "out of memory" : netlink_why(a->nl));
	if (remove_rules(a, flanneld))
		return EXIT_REFUSED;
	if (!flanneld)
		return remove_subnet_file(a->o.subnet_file);
	note("agent: %s and the packet filter rules stay: they are flanneld's, which runs as process %d",
	     a->o.subnet_file, flanneld);
	return EXIT_DONE;
}
