// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * What the agent does for the rest of the node beside the data plane: packet
 * filter rules, answers over HTTP, and words to systemd.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../drops.h"
#include "../error.h"
#include "service.h"

/**
 * struct reasons - Lines for /readyz.
 * @text: Where they go.
 * @size: Its size.
 * @used: How much of it is.
 */
struct reasons {
	char *text;
	size_t size;
	size_t used;
};

static void add_reason(struct reasons *r, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void add_reason(struct reasons *r, const char *format, ...)
{
	va_list ap;

	if (r->used + 1 < r->size && r->used)
		r->text[r->used++] = '\n';
	va_start(ap, format);
	r->used += (size_t)vsnprintf(r->text + r->used, r->size - r->used,
				     format, ap);
	va_end(ap);
	if (r->used >= r->size)
		r->used = r->size - 1;
}

/*
 * A registry that is away or talks nonsense is no reason to take a node out of
 * service that works: it is said, like all that an operator should know of.
 */
static bool is_ready(void *priv, char *why, size_t size)
{
	const struct service *s = priv;
	const struct agent *a = s->agent;
	const struct figures *f = &a->figures;
	struct reasons r = { .text = why, .size = size };

	if (!a->ready)
		add_reason(&r, "%s", a->why);
	if (a->registry && *a->registry->failing)
		add_reason(&r, "registry: %s", a->registry->failing);
	if (a->config_seen)
		add_reason(&r, "%s", a->config_why);
	if (f->refused)
		add_reason(&r, "%llu leases are refused",
			   (unsigned long long)f->refused);
	if (f->held_back)
		add_reason(&r, "%llu deletions are held back",
			   (unsigned long long)f->held_back);
	return a->ready;
}

static void read_table(struct service *s, struct health_figures *f)
{
	const struct agent *a = s->agent;
	struct stats_list list = {};
	const struct table_stats *t;
	uint32_t i;

	f->module = !table_stats(a->nl, a->link.ifindex, &list);
	if (f->module && list.n && a->link.ifindex) {
		t = &list.v[0];
		f->subnets = t->subnets;
		f->vteps = t->vteps;
		for (i = 1; i < t->drops && i < DROP_REASONS; i++)
			if (drop_name(i))
				s->drop[f->drops++] = (struct health_drop){
					.device = a->device.name,
					.reason = drop_name(i),
					.packets = t->drop[i],
				};
		f->drop = s->drop;
	}
	free(list.v);
}

static uint64_t count_routes(struct netlink *nl)
{
	struct route_filter ours = { .protocol = ROUTE_PROTOCOL };
	struct route_list list = {};
	uint64_t n = route_dump(nl, &ours, &list) ? 0 : list.n;

	free(list.v);
	return n;
}

static void tell_figures(void *priv, struct health_figures *f)
{
	struct service *s = priv;
	const struct agent *a = s->agent;
	const struct figures *from = &a->figures;
	struct masquerade_figures rules = {};

	masquerade_figures(s->masquerade, &rules);
	f->ready = a->ready;
	f->peers = from->peers;
	f->routes = count_routes(a->nl);
	f->refused = from->refused;
	f->held_back = from->held_back;
	f->registry_up = from->registry_told && !*a->registry->failing;
	f->config_ignored = a->config_seen;
	f->registry_age = from->registry_told ?
		(double)(uv_now(a->loop) - from->registry_told) / 1000 : 0;
	f->registry_revision = a->data ? a->data->revision : 0;
	f->registry_errors = from->registry_errors;
	f->reconciles = from->steps;
	f->reconcile_errors = from->errors;
	f->reconcile_seconds = from->step_seconds;
	f->changes = from->added + from->changed + from->removed;
	f->rule_writes = rules.writes;
	f->rule_errors = rules.errors;
	read_table(s, f);
}

static const struct health_ops health_ops = {
	.ready = is_ready,
	.figures = tell_figures,
};

static bool wants_rules(const struct agent_options *o)
{
	return o->ip_masq || o->iptables_forward_rules || o->guard;
}

static void on_rules(void *priv, enum masquerade_state state, const char *why)
{
	struct service *s = priv;

	s->rules = state;
	snprintf(s->why, sizeof(s->why), "%s", why ? why : "");
	if (why && !wants_rules(&s->agent->o))
		warning("agent: packet filter rules of an earlier agent may be left: %s",
			why);
	s->changed(s->priv);
}

static int open_health(struct service *s)
{
	const struct agent_options *o = &s->agent->o;
	char why[JSON_WHY];

	if (!o->healthz_port)
		return 0;
	s->health = health_new(s->agent->loop, o->healthz_ip,
			       (uint16_t)o->healthz_port, &health_ops, s, why,
			       sizeof(why));
	return s->health ? 0 : fail(EXIT_WRONG, "agent: -healthz-ip %s -healthz-port %u: %s",
				    o->healthz_ip, o->healthz_port, why);
}

/**
 * service_open - Begin to serve
 * @s: The service; service_close() ends it, also after an error.
 * @a: The agent.
 * @changed: Is told when the rules have changed.
 * @priv: For @changed.
 *
 * Return: 0, or an enum exit_code after it said why.
 */
int service_open(struct service *s, struct agent *a,
		 void (*changed)(void *priv), void *priv)
{
	*s = (struct service){
		.agent = a, .changed = changed, .priv = priv,
	};
	s->notify = notify_new(a->loop);
	if (!s->notify)
		return fail(EXIT_REFUSED, "out of memory");
	s->masquerade = masquerade_new(a->loop, on_rules, s);
	if (!s->masquerade)
		return fail(EXIT_REFUSED, "out of memory");
	return open_health(s);
}

/**
 * service_close - End serving; rules stay
 * @s: The service.
 */
void service_close(struct service *s)
{
	if (s->health)
		health_free(s->health);
	if (s->masquerade)
		masquerade_free(s->masquerade);
	if (s->notify) {
		notify_stopping(s->notify);
		notify_free(s->notify);
	}
	memset(s, 0, sizeof(*s));
}

/**
 * service_vteps - Say which VTEPs pods must not send to
 * @s: The service.
 * @peers: The table.
 *
 * Return: 0, or -1 without memory.
 */
int service_vteps(struct service *s, const struct subnet_list *peers)
{
	struct addr *v;
	size_t i, n = 0;
	int err;

	if (!s->agent->o.guard)
		return 0;
	v = calloc(peers->n + 1, sizeof(*v));
	if (!v)
		return -1;
	for (i = 0; i < peers->n; i++)
		if (!peers->v[i].local)
			v[n++] = peers->v[i].via;
	err = masquerade_vteps(s->masquerade, v, n);
	free(v);
	return err;
}

/**
 * service_instance - Which of several agents of a node this is, for its rules
 * @o: Its flags.
 * @instance: Where the name goes; empty for the one with the usual subnet.env.
 */
void service_instance(const struct agent_options *o, char *instance)
{
	instance[0] = '\0';
	if (strcmp(o->subnet_file, AGENT_SUBNET_FILE))
		masquerade_instance(instance, o->subnet_file);
}

/* flanneld ends where this is missing; but not every CNI plugin has a bridge. */
static void say_bridge(struct service *s, const struct masquerade_setup *setup)
{
	char why[MASQUERADE_WHY];

	if (s->bridge_said)
		return;
	s->bridge_said = true;
	if (masquerade_bridge_missing(setup, why, sizeof(why)))
		warning("agent: %s, if pods are attached to a bridge: else they do not reach services whose pods are there too",
			why);
}

/**
 * service_rules - Have the packet filter rules as they should be
 * @s: The service.
 *
 * Where none are wanted, those of an earlier agent are removed, but that is
 * not waited for.
 *
 * Return: STEP_DONE if they are; STEP_WAIT until they are.
 */
enum step service_rules(struct service *s)
{
	struct agent *a = s->agent;
	const struct net_config *c = &a->config;
	struct masquerade_setup setup = {
		.nftables = c->nftables,
		.masq = a->o.ip_masq,
		.forward = a->o.iptables_forward_rules,
		.random_fully = !a->o.ip_masq_fully_random_disable,
		.guard = a->o.guard,
		.port = { c->port ? c->port : BACKEND_VXLAN_PORT,
			  BACKEND_UDP_PORT },
		.network = { c->network, c->network6 },
		.subnet = { a->own.v4, a->own.v6 },
		.resync = a->o.iptables_resync,
	};

	service_instance(&a->o, setup.instance);
	say_bridge(s, &setup);
	s->rules = masquerade_set(s->masquerade, &setup);
	if (s->rules == MASQUERADE_INSTALLED || !wants_rules(&a->o))
		return STEP_DONE;
	if (s->rules == MASQUERADE_FAILED)
		return agent_stop(a, STEP_FAILED, "packet filter rules: %s",
				  s->why);
	return agent_stop(a, STEP_WAIT, "waiting for the packet filter rules");
}

/**
 * service_ready - The agent is ready
 * @s: The service.
 */
void service_ready(struct service *s)
{
	notify_ready(s->notify);
	notify_status(s->notify, "%llu peers",
		      (unsigned long long)s->agent->figures.peers);
}

/**
 * service_not_ready - The agent is not ready
 * @s: The service.
 */
void service_not_ready(struct service *s)
{
	notify_status(s->notify, "%s", s->agent->why);
}
