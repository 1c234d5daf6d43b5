// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Which leases can be believed. Each is judged by itself and against those
 * that are older: a new lease can be refused because of an old one, never the
 * other way round, and a bad one does no harm to any other. Our own lease
 * comes before all others.
 *
 * A pure function of its arguments: no kernel, no registry, no clock.
 */
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../error.h"
#include "../text.h"
#include "backend.h"
#include "lease.h"

/**
 * struct node - A member of a tree of disjoint prefixes.
 * @prefix: A subnet, or an underlay address as a prefix.
 * @lease: Whose it is; NULL: an entry of another owner in the table.
 * @has_mac: @mac is there.
 * @mac: The VTEP's MAC.
 */
struct node {
	struct prefix prefix;
	const struct lease *lease;
	bool has_mac;
	struct mac mac;
};

/**
 * struct court - What has been believed so far.
 * @config: The network config.
 * @backend: Its backend, NULL: one that we do not know.
 * @place: Where this node is.
 * @subnets: Tree of subnets.
 * @vias: Tree of underlay addresses.
 * @node: Memory of the nodes.
 * @nodes: How many are used.
 * @home: Interfaces of our own lease's public addresses, 0: none.
 * @own: There is a lease of this node.
 */
struct court {
	const struct net_config *config;
	const struct backend *backend;
	const struct place *place;
	void *subnets;
	void *vias;
	struct node *node;
	size_t nodes;
	uint32_t home[2];
	bool own;
};

static int by_prefix(const void *a, const void *b)
{
	return prefix_cmp_disjoint(a, b);
}

static const struct node *find(void *const *tree, const struct prefix *p)
{
	struct node *const *found = tfind(p, tree, by_prefix);

	return found ? *found : NULL;
}

static bool refuse(struct lease_half *h, const char *why,
		   const struct lease *other)
{
	h->refused = why;
	h->other = other;
	return false;
}

static const struct host_addr *find_host_addr(const struct place *p,
					      const struct addr *a)
{
	size_t i;

	for (i = 0; i < p->addrs; i++)
		if (!addr_cmp(&p->addr[i].addr, a))
			return &p->addr[i];
	return NULL;
}

static bool is_underlay(const struct court *c, uint32_t ifindex)
{
	const struct place *p = c->place;
	size_t i;

	for (i = 0; i < sizeof(p->underlay) / sizeof(p->underlay[0]); i++)
		if (p->underlay[i] == ifindex)
			return true;
	return c->home[0] == ifindex || c->home[1] == ifindex;
}

static bool good_subnet(struct lease_half *h, const struct prefix *network)
{
	const char *why = prefix_not_unicast(&h->prefix);

	if (why)
		return refuse(h, why, NULL);
	if (!prefix_within(&h->prefix, network))
		return refuse(h, "outside the cluster network", NULL);
	if (h->prefix.len < network->len + 2)
		return refuse(h, "takes half the cluster network or more",
			      NULL);
	return true;
}

/* A subnet must not swallow what its own traffic needs. */
static bool leaves_underlay(const struct court *c, struct lease_half *h,
			    bool own)
{
	const struct place *p = c->place;
	const struct host_addr *a;
	size_t i;

	for (i = 0; i < p->addrs; i++) {
		a = &p->addr[i];
		if (addr_not_unicast(&a->addr))
			continue;
		if (is_underlay(c, a->ifindex) &&
		    prefix_overlaps(&h->prefix, &a->net))
			return refuse(h, "overlaps the underlay network",
				      NULL);
		if (!own && prefix_contains(&h->prefix, &a->addr))
			return refuse(h, "holds an address of this host",
				      NULL);
	}
	for (i = 0; i < p->endpoints; i++)
		if (prefix_contains(&h->prefix, &p->endpoint[i]))
			return refuse(h, "holds the registry's address", NULL);
	return true;
}

static bool good_via(struct lease_half *h, const struct place *p)
{
	const char *why;

	if (!h->via.len || addr_is_zero(&h->via))
		return refuse(h, "has no public address of this family", NULL);
	why = addr_not_unicast(&h->via);
	if (why)
		return refuse(h, why, NULL);
	if (find_host_addr(p, &h->via))
		return refuse(h, "the public address is one of this host",
			      NULL);
	if (prefix_contains(&h->prefix, &h->via))
		return refuse(h, "holds its own public address", NULL);
	return true;
}

static bool good_mac(const struct court *c, struct lease_half *h)
{
	if (!c->backend->mac)
		return true;
	if (!h->has_mac)
		return refuse(h, "has no VtepMAC of this family", NULL);
	if (mac_not_unicast(&h->mac))
		return refuse(h, mac_not_unicast(&h->mac), NULL);
	return true;
}

static bool no_conflict(struct court *c, struct lease_half *h)
{
	const struct node *n = find(&c->subnets, &h->prefix);

	if (n)
		return refuse(h, "overlaps the older lease", n->lease);
	n = find(&c->vias, &h->prefix);
	if (n)
		return refuse(h, n->lease ? "holds the public address of the older lease" :
					    "holds the via of an entry of another owner",
			      n->lease);
	return true;
}

static bool no_via_conflict(struct court *c, struct lease_half *h)
{
	const struct node *n;
	struct prefix via;

	prefix_of_addr(&via, &h->via);
	n = find(&c->subnets, &via);
	if (n)
		return refuse(h, "the public address lies in the older lease",
			      n->lease);
	if (!c->backend->mac)
		return true;
	n = find(&c->vias, &via);
	if (n && (!n->has_mac || memcmp(&n->mac, &h->mac, sizeof(h->mac))))
		return refuse(h, n->lease ?
			      "the public address has another VtepMAC in the older lease" :
			      "the public address has another lladdr in an entry of another owner",
			      n->lease);
	return true;
}

static bool insert(struct court *c, void **tree, const struct prefix *p,
		   const struct lease *l, bool has_mac, const struct mac *mac)
{
	struct node *n = &c->node[c->nodes++];

	*n = (struct node){ .prefix = *p, .lease = l, .has_mac = has_mac,
			    .mac = *mac };
	return tsearch(n, tree, by_prefix);
}

static bool believe(struct court *c, const struct lease *l,
		    struct lease_half *h)
{
	struct prefix via;

	if (!insert(c, &c->subnets, &h->prefix, l, h->has_mac, &h->mac))
		return false;
	if (!h->via.len || addr_is_zero(&h->via))
		return true;
	prefix_of_addr(&via, &h->via);
	return insert(c, &c->vias, &via, l, h->has_mac, &h->mac);
}

static bool is_others(const struct court *c, const struct subnet *s)
{
	return strcmp(s->owner, c->place->owner);
}

/* What others wrote keeps its VTEPs, and our own subnets stay ours. */
static bool believe_table(struct court *c)
{
	const struct subnet_list *t = c->place->table;
	struct prefix via;
	size_t i;

	for (i = 0; t && i < t->n; i++) {
		if (t->v[i].local || !is_others(c, &t->v[i]) ||
		    t->v[i].encap != FLANNEL_ENCAP_VXLAN)
			continue;
		prefix_of_addr(&via, &t->v[i].via);
		if (!insert(c, &c->vias, &via, NULL, t->v[i].has_lladdr,
			    &t->v[i].lladdr))
			return false;
	}
	return true;
}

static bool leaves_own(const struct court *c, struct lease_half *h)
{
	const struct subnet_list *t = c->place->table;
	size_t i;

	for (i = 0; t && i < t->n; i++)
		if (t->v[i].local && (!c->own || is_others(c, &t->v[i])) &&
		    prefix_overlaps(&h->prefix, &t->v[i].prefix))
			return refuse(h, "overlaps this node's own subnet",
				      NULL);
	return true;
}

/* False only without memory. */
static bool judge_half(struct court *c, struct lease *l, int i)
{
	const struct prefix *network = i ? &c->config->network6 :
					   &c->config->network;
	struct lease_half *h = &l->half[i];

	if (!h->there)
		return true;
	if (!good_subnet(h, network) ||
	    !leaves_underlay(c, h, l->own) || !no_conflict(c, h))
		return true;
	if (!l->own && (!leaves_own(c, h) || !good_via(h, c->place) ||
			!good_mac(c, h) || !no_via_conflict(c, h)))
		return true;
	return believe(c, l, h);
}

/* As stock flannel: what it does not ask for does not matter. */
static const char *wrong_type(const struct court *c, struct lease *l)
{
	char type[BACKEND_TYPE];

	if (!c->backend)
		return "the network config's backend is not known";
	if (!c->backend->type || !strcmp(l->type, c->backend->type))
		return NULL;
	if (!*l->type)
		return "has no BackendType";
	text_quote(type, sizeof(type), l->type, strlen(l->type));
	snprintf(l->why, sizeof(l->why), "BackendType is \"%s\", not \"%s\"",
		 type, c->backend->type);
	return l->why;
}

static bool judge(struct court *c, struct lease *l)
{
	if (l->refused)
		return true;
	if (!l->own)
		l->refused = wrong_type(c, l);
	if (l->refused)
		return true;
	if (!l->half[0].there && !l->half[1].there) {
		l->refused = "has no subnet of an enabled family";
		return true;
	}
	return judge_half(c, l, 0) && judge_half(c, l, 1);
}

static bool is_local(const struct place *p, const struct lease_half *h)
{
	int i = h->via.len == 16;

	if (!h->there || !h->via.len || addr_not_unicast(&h->via))
		return false;
	if (p->local[i].len && !addr_is_zero(&p->local[i]))
		return !addr_cmp(&p->local[i], &h->via);
	return find_host_addr(p, &h->via);
}

/* As stock flannel: PublicIP says whose it is, PublicIPv6 if there is none. */
static bool is_own(const struct place *p, const struct lease *l)
{
	const struct registry_entry *e = l->entry;
	const struct lease_half *h = l->half;
	int i;

	if (e->own || p->own_key)
		return e->own || (strlen(p->own_key) == e->key_len &&
				  !memcmp(p->own_key, e->key, e->key_len));
	i = h[0].there && h[0].via.len && !addr_is_zero(&h[0].via) ? 0 : 1;
	return is_local(p, &h[i]);
}

static int by_age(const void *a, const void *b)
{
	const struct lease *const *l = a, *const *m = b;

	if ((*l)->own != (*m)->own)
		return (*l)->own ? -1 : 1;
	if ((*l)->entry->created != (*m)->entry->created)
		return (*l)->entry->created < (*m)->entry->created ? -1 : 1;
	return *l < *m ? -1 : *l > *m;
}

/* This node has one lease, the oldest. */
static void one_own(struct lease **order, size_t n)
{
	size_t i;

	for (i = 1; i < n && order[i]->own; i++) {
		order[i]->own = false;
		order[i]->refused = "a second lease of this node";
	}
}

/* Where our own lease says that we are is underlay as well. */
static void find_home(struct court *c, const struct lease *own)
{
	const struct host_addr *a;
	int i;

	for (i = 0; i < 2; i++) {
		a = find_host_addr(c->place, &own->half[i].via);
		c->home[i] = a ? a->ifindex : 0;
	}
}

static bool judge_all(struct court *c, struct lease_list *list,
		      struct lease **order)
{
	size_t i;

	for (i = 0; i < list->n; i++) {
		struct lease *l = &list->v[i];

		l->own = !l->refused && is_own(c->place, l);
		order[i] = l;
	}
	qsort(order, list->n, sizeof(*order), by_age);
	one_own(order, list->n);
	c->own = list->n && order[0]->own;
	if (c->own)
		find_home(c, order[0]);
	if (!believe_table(c))
		return false;
	for (i = 0; i < list->n; i++)
		if (!judge(c, order[i]))
			return false;
	return true;
}

static void keep(void *node)
{
	(void)node;
}

/**
 * lease_list_judge - Decide which leases are believed
 * @list: The leases; own and refused are set.
 * @config: The network config.
 * @place: Where this node is.
 *
 * Return: 0, or EXIT_REFUSED without memory.
 */
int lease_list_judge(struct lease_list *list, const struct net_config *config,
		     const struct place *place)
{
	struct court c = {
		.config = config,
		.backend = backend_of(config),
		.place = place,
	};
	struct lease **order;
	bool done = false;

	order = calloc(list->n + 1, sizeof(struct lease *));
	c.node = calloc(4 * list->n + (place->table ? place->table->n : 0) + 1,
			sizeof(*c.node));
	if (order && c.node)
		done = judge_all(&c, list, order);
	tdestroy(c.subnets, keep);
	tdestroy(c.vias, keep);
	free(c.node);
	free(order);
	return done ? 0 : fail(EXIT_REFUSED, "out of memory");
}
