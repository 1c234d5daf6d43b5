// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * What this node is in the cluster: the network config it goes by, its
 * interface to the underlay, and its own lease.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../error.h"
#include "../text.h"
#include "agent.h"

/* The rules of flannel's CheckNetworkConfig(), pkg/subnet/config.go. */
static const char *check_subnets(const struct net_config *c, int i)
{
	const struct prefix *network = i ? &c->network6 : &c->network;
	uint32_t len = i ? c->subnet_len6 : c->subnet_len;
	unsigned int longest = i ? 126 : 30;
	const struct addr *bound[] = { &c->subnet_min[i], &c->subnet_max[i] };
	struct prefix p;
	int n;

	if (!(i ? c->ipv6 : c->ipv4))
		return NULL;
	if (len && (len > longest || len < network->len + 2u))
		return "SubnetLen leaves no room, or is too long";
	for (n = 0; n < 2; n++) {
		if (!bound[n]->len)
			continue;
		if (!prefix_contains(network, bound[n]))
			return "SubnetMin or SubnetMax is outside Network";
		p.addr = *bound[n];
		p.len = (uint8_t)(len ? len : i ? 64 : 24);
		if (p.len < network->len + 2)
			p.len = network->len + 2;
		prefix_mask(&p);
		if (addr_cmp(&p.addr, bound[n]))
			return "SubnetMin or SubnetMax is not the first address of a subnet";
	}
	return NULL;
}

static enum step use_config(struct agent *a, const struct net_config *config)
{
	const struct backend *b = backend_of(config);
	const char *wrong = check_subnets(config, 0);

	if (!wrong)
		wrong = check_subnets(config, 1);
	if (wrong)
		return agent_stop(a, STEP_FATAL, "network config: %s", wrong);
	if (!b)
		return agent_stop(a, STEP_FATAL, "network config: backend '%s' is not supported: vxlan, host-gw, udp and alloc are",
				  config->backend);
	a->config_text = strndup(a->data->config, a->data->config_len);
	if (!a->config_text)
		return agent_stop(a, STEP_FAILED, "out of memory");
	a->config = *config;
	a->backend = b;
	if (config->learning)
		warning("agent: Learning has no effect: every peer is known from the registry");
	return STEP_DONE;
}

static void say_config(struct agent *a, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void say_config(struct agent *a, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(a->config_why, sizeof(a->config_why), format, ap);
	va_end(ap);
	warning("agent: %s", a->config_why);
}

/* What cannot be changed while we run is said, and what was goes on. */
static void config_is_not_used(struct agent *a, const char *changes,
			       const char *wrong)
{
	if (wrong)
		say_config(a, "the network config has changed and is wrong, the old one stays: %s",
			   wrong);
	else
		say_config(a, "the network config has changed, the old one stays until the agents are restarted: %s",
			   changes);
}

static bool is_text(const char *text, const struct registry_data *d)
{
	return text && strlen(text) == d->config_len &&
	       !memcmp(text, d->config, d->config_len);
}

/* The registry has the config in use, perhaps in other words. */
static void config_is_used(struct agent *a)
{
	if (a->config_seen)
		note("agent: the network config is what is in use");
	free(a->config_seen);
	a->config_seen = NULL;
}

/**
 * agent_config - Go by the network config
 * @a: The agent; the registry has told something.
 *
 * Return: STEP_DONE; STEP_WAIT without one; STEP_FATAL if the first one is
 * wrong.
 */
enum step agent_config(struct agent *a)
{
	const struct registry_data *d = a->data;
	struct net_config config;
	char why[JSON_WHY] = "", changes[JSON_WHY];
	char *seen;
	bool good;

	if (!d->config)
		return a->backend ? STEP_DONE :
		       agent_stop(a, STEP_WAIT, "the registry has no network config yet");
	if (is_text(a->config_text, d)) {
		config_is_used(a);
		return STEP_DONE;
	}
	if (is_text(a->config_seen, d))
		return STEP_DONE;
	good = config_parse(d->config, d->config_len, &config, why);
	if (!a->backend)
		return good ? use_config(a, &config) :
			      agent_stop(a, STEP_FATAL, "network config: %s",
					 why);
	if (good && !*config_changes(&a->config, &config, changes)) {
		config_is_used(a);
		return STEP_DONE;
	}
	seen = strndup(d->config, d->config_len);
	if (!seen)
		return agent_stop(a, STEP_FAILED, "out of memory");
	free(a->config_seen);
	a->config_seen = seen;
	config_is_not_used(a, changes, good ? NULL : why);
	return STEP_DONE;
}

static const char *public_of(const struct agent *a, int i)
{
	const char *flag = i ? a->o.public_ipv6 : a->o.public_ip;
	const char *node = a->data->node.public_ip[i];

	return node ? node : flag;
}

/**
 * agent_interface - Choose the interface to the underlay
 * @a: The agent; its config is known.
 *
 * An interface that has gone for a while is waited for, not replaced.
 *
 * Return: STEP_DONE; STEP_UNABLE where there is none.
 */
enum step agent_interface(struct agent *a)
{
	struct iface_options o = {
		.family = { a->config.ipv4, a->config.ipv6 },
		.iface = a->o.iface.v,
		.ifaces = a->o.iface.n,
		.regex = a->o.iface_regex.v,
		.regexes = a->o.iface_regex.n,
		.can_reach = a->o.iface_can_reach,
		.public_ip = { public_of(a, 0), public_of(a, 1) },
	};
	struct iface_choice c = {};
	char why[IFACE_WHY];

	if (a->iface.ifindex && !a->look_again)
		return STEP_DONE;
	if (!iface_choose(a->nl, &o, &c, why))
		return a->started ? STEP_DONE :
				    agent_stop(a, STEP_UNABLE, "%s", why);
	a->look_again = false;
	if (c.ifindex != a->iface.ifindex ||
	    addr_cmp(&c.public_ip[0], &a->iface.public_ip[0]) ||
	    addr_cmp(&c.public_ip[1], &a->iface.public_ip[1])) {
		char v4[ADDR_TEXT] = "-", v6[ADDR_TEXT] = "-";

		if (c.public_ip[0].len)
			addr_text(&c.public_ip[0], v4);
		if (c.public_ip[1].len)
			addr_text(&c.public_ip[1], v6);
		note("agent: underlay interface %s, public addresses %s %s",
		     c.name, v4, v6);
	}
	a->iface = c;
	return STEP_DONE;
}

static struct addr published(const struct agent *a, int i)
{
	const char *overwrite = a->data->node.overwrite[i];
	struct addr addr;

	if (overwrite && addr_parse(&addr, overwrite) &&
	    addr.len == (i ? 16 : 4))
		return addr;
	return a->iface.public_ip[i];
}

static char *make_value(const struct agent *a)
{
	const struct link_value *v = a->link.value;
	struct lease_value value = { .vni = a->config.vni };

	if (a->config.ipv4)
		value.public_ip = published(a, 0);
	if (a->config.ipv6)
		value.public_ip6 = published(a, 1);
	if (a->backend->type)
		strcpy(value.type, a->backend->type);
	if (a->backend->mac) {
		value.has_mac = a->config.ipv4;
		value.mac = v[LINK_ADDRESS].mac;
		value.has_mac6 = a->config.ipv6;
		value.mac6 = v[LINK_ADDRESS6].set ? v[LINK_ADDRESS6].mac :
						    v[LINK_ADDRESS].mac;
	}
	return lease_text(&value);
}

/* Kubernetes says which subnets this node has. */
static const struct registry_entry *given(const struct agent *a)
{
	size_t i;

	for (i = 0; i < a->data->n; i++)
		if (a->data->v[i].own)
			return &a->data->v[i];
	return NULL;
}

/* Of a family that the cluster does not use, nothing counts. */
static enum step check_given(struct agent *a, struct prefix *subnet,
			     const struct prefix *network)
{
	char given[PREFIX_TEXT], whole[PREFIX_TEXT];

	if (!network->addr.len)
		memset(subnet, 0, sizeof(*subnet));
	else if (!subnet->addr.len)
		return agent_stop(a, STEP_UNABLE, "this node has no podCIDR in the cluster network %s",
				  prefix_text(network, whole));
	else if (!prefix_within(subnet, network))
		return agent_stop(a, STEP_UNABLE, "this node's podCIDR %s is outside the cluster network %s",
				  prefix_text(subnet, given),
				  prefix_text(network, whole));
	return STEP_DONE;
}

static enum step take_given(struct agent *a, const struct registry_entry *e)
{
	struct lease_key own = {};
	const char *wrong = key_parse(e->key, e->key_len, &own);
	enum step step;

	if (wrong || e->key_len >= sizeof(a->key))
		return agent_stop(a, STEP_FAILED, "this node's subnets: %s",
				  wrong ? wrong : "too long");
	step = check_given(a, &own.v4, &a->config.network);
	if (!step)
		step = check_given(a, &own.v6, &a->config.network6);
	if (step)
		return step;
	a->own = own;
	a->claim = CLAIM_NONE;
	a->create = false;
	memcpy(a->key, e->key, e->key_len + 1);
	return STEP_DONE;
}

static const char *how_chosen(enum own_choice choice)
{
	return choice == OWN_HAS ? "which it has" :
	       choice == OWN_PREVIOUS ? "which it had before" : "newly chosen";
}

/* What was chosen is asked for until somebody else has it. */
static enum step choose(struct agent *a)
{
	struct own_wish wish = {
		.config = &a->config,
		.public = { published(a, 0), published(a, 1) },
		.previous = { a->previous[0], a->previous[1] },
	};
	struct lease_list leases = {};
	const struct lease *has;
	enum own_choice choice;
	char before[OWN_KEY];

	if (lease_list_parse(&leases, a->data, &a->config))
		return agent_stop(a, STEP_FAILED, "out of memory");
	choice = own_choose(&leases, &wish, &a->own, &has);
	lease_list_free(&leases);
	if (choice == OWN_NO_MEMORY)
		return agent_stop(a, STEP_FAILED, "out of memory");
	if (choice == OWN_NONE)
		return agent_stop(a, STEP_FAILED, "all subnets of the network are taken: a larger Network or SubnetLen is needed");
	a->create = choice != OWN_HAS;
	strcpy(before, a->key);
	own_key_text(&a->own, a->key);
	a->previous[0] = a->own.v4;
	a->previous[1] = a->own.v6;
	if (strcmp(before, a->key))
		note("agent: this node's lease is %s, %s", a->key,
		     how_chosen(choice));
	return STEP_DONE;
}

static enum step find_key(struct agent *a)
{
	const struct registry_entry *e = given(a);

	if (e && (strlen(a->key) != e->key_len ||
		  memcmp(a->key, e->key, e->key_len)))
		return take_given(a, e);
	if (a->claim != CLAIM_NONE || e)
		return STEP_DONE;
	if (a->registry->ops->gives)
		return agent_stop(a, STEP_WAIT, "waiting for this node's podCIDR");
	return choose(a);
}

static enum step wait_for_lease(struct agent *a)
{
	if (a->claim == CLAIM_HELD)
		return STEP_DONE;
	return agent_stop(a, STEP_WAIT, "waiting for the registry to take the lease %s%s%s",
			  a->key, *a->claim_why ? ": " : "", a->claim_why);
}

/**
 * agent_lease - Have this node's lease in the registry as it should be
 * @a: The agent; its interface and, if the backend has one, device are known.
 *
 * Return: STEP_DONE if it is ours; STEP_WAIT while the registry is asked.
 */
enum step agent_lease(struct agent *a)
{
	struct registry_claim claim = {};
	enum step step = find_key(a);
	char *value;

	if (step)
		return step;
	if (a->claim == CLAIM_LOST)
		return agent_stop(a, STEP_FAILED, "lease %s is another node's now: this node keeps its subnet until the agent is restarted",
				  a->key);
	value = make_value(a);
	if (!value)
		return agent_stop(a, STEP_FAILED, "out of memory");
	if (a->claim != CLAIM_NONE && a->value && !strcmp(value, a->value)) {
		free(value);
		return wait_for_lease(a);
	}
	free(a->value);
	a->value = value;
	claim.key = a->key;
	claim.value = a->value;
	claim.create = a->create;
	/* A lease that is only published anew is still ours meanwhile. */
	if (a->claim == CLAIM_NONE)
		a->claim = CLAIM_ASKED;
	a->registry->ops->claim(a->registry, &claim);
	return wait_for_lease(a);
}

/* What was not taken is asked for again; a step says that it is not ours. */
static void not_claimed(struct agent *a, const char *why)
{
	bool news = !registry_same_reason(a->claim_why, why);

	snprintf(a->claim_why, sizeof(a->claim_why), "%s", why);
	if (a->claim == CLAIM_HELD && news)
		warning("agent: lease %s cannot be published anew: %s", a->key,
			why);
	if (a->claim != CLAIM_HELD)
		a->claim = CLAIM_NONE;
	free(a->value);
	a->value = NULL;
}

/**
 * agent_claimed - The registry's answer to a claim
 * @a: The agent.
 * @how: The answer.
 * @why: What is wrong, if something is.
 */
void agent_claimed(struct agent *a, enum registry_claimed how,
		   const char *why)
{
	if (how == REGISTRY_CLAIMED) {
		if (a->claim != CLAIM_HELD)
			note("agent: lease %s is this node's", a->key);
		a->claim = CLAIM_HELD;
		a->create = false;
		a->claim_why[0] = '\0';
	} else if (how == REGISTRY_NOT_CLAIMED) {
		not_claimed(a, why && *why ? why : "refused");
	} else if (a->started) {
		warning("agent: lease %s is another node's now; this node keeps its subnet: %s",
			a->key, why ? why : "the key is taken");
		a->claim = CLAIM_LOST;
	} else {
		note("agent: lease %s was taken by another node: choosing again",
		     a->key);
		memset(a->previous, 0, sizeof(a->previous));
		a->claim = CLAIM_NONE;
		a->claim_why[0] = '\0';
	}
}
