// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Which subnets this node gets, in stock flannel's order: those of a lease
 * that has its public address already, those that it had before, and else some
 * that nobody has.
 *
 * A function of its arguments and of chance. Source: flannel's
 * pkg/subnet/etcd/local_manager.go.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "own.h"

typedef unsigned __int128 wide;

/* One of the first so many free subnets is taken, so that nodes that start at
 * the same time seldom want the same.
 */
#define CANDIDATES	100

/* So many subnets are looked at. */
#define SLOTS_MAX	(1u << 20)

static wide to_number(const struct addr *a)
{
	wide n = 0;
	size_t i;

	for (i = 0; i < a->len; i++)
		n = n << 8 | a->b[i];
	return n;
}

static struct addr to_addr(wide n, uint8_t len)
{
	struct addr a = { .len = len };
	size_t i;

	for (i = len; i--; n >>= 8)
		a.b[i] = (uint8_t)n;
	return a;
}

/**
 * struct range - Where subnets are given out.
 * @family: 4 or 16.
 * @len: Their prefix length.
 * @shift: Bits of an address behind it.
 * @first: The first one.
 * @last: The last one.
 */
struct range {
	uint8_t family;
	uint8_t len;
	unsigned int shift;
	wide first;
	wide last;
};

static uint8_t subnet_length(const struct net_config *c, int i)
{
	const struct prefix *network = i ? &c->network6 : &c->network;
	uint32_t len = i ? c->subnet_len6 : c->subnet_len;
	uint8_t usual = i ? 64 : 24;

	if (len)
		return (uint8_t)len;
	return network->len + 2 <= usual ? usual : network->len + 2;
}

static struct range range_of(const struct net_config *c, int i)
{
	const struct prefix *network = i ? &c->network6 : &c->network;
	struct range r = { .family = network->addr.len };
	wide start = to_number(&network->addr);
	unsigned int bits = r.family * 8u;

	r.len = subnet_length(c, i);
	r.shift = bits - r.len;
	/* The first subnet of the network is nobody's. */
	r.first = start + ((wide)1 << r.shift);
	r.last = start + ((((wide)1 << (r.len - network->len)) - 1) <<
			  r.shift);
	if (c->subnet_min[i].len)
		r.first = to_number(&c->subnet_min[i]);
	if (c->subnet_max[i].len)
		r.last = to_number(&c->subnet_max[i]);
	return r;
}

static bool enabled(const struct net_config *c, int i)
{
	return i ? c->ipv6 : c->ipv4;
}

static bool compatible_half(const struct net_config *c, int i,
			    const struct prefix *p)
{
	const struct prefix *network = i ? &c->network6 : &c->network;
	struct range r;
	wide n;

	if (!enabled(c, i))
		return true;
	if (!p->addr.len || !prefix_within(p, network))
		return false;
	r = range_of(c, i);
	n = to_number(&p->addr);
	return p->len == r.len && n >= r.first && n <= r.last;
}

static bool compatible(const struct net_config *c, const struct prefix *v4,
		       const struct prefix *v6)
{
	return compatible_half(c, 0, v4) && compatible_half(c, 1, v6);
}

/**
 * own_find - The lease that this node has already
 * @leases: The leases that there are, parsed.
 * @w: What the node would like to have.
 *
 * As stock flannel: PublicIP says whose it is; with IPv6 alone, PublicIPv6.
 *
 * Return: The lease, NULL: none that fits the network config.
 */
const struct lease *own_find(const struct lease_list *leases,
			     const struct own_wish *w)
{
	int i = w->config->ipv4 ? 0 : 1;
	const struct lease *l;
	size_t n;

	for (n = 0; n < leases->n; n++) {
		l = &leases->v[n];
		if (!l->bad_key && !l->bad_value &&
		    l->half[i].there && w->public[i].len &&
		    !addr_cmp(&l->half[i].via, &w->public[i]) &&
		    compatible(w->config, &l->half[0].prefix,
			       &l->half[1].prefix))
			return l;
	}
	return NULL;
}

static bool taken(const struct lease_list *leases, int i,
		  const struct prefix *p)
{
	size_t n;

	for (n = 0; n < leases->n; n++)
		if (leases->v[n].half[i].there &&
		    prefix_overlaps(&leases->v[n].half[i].prefix, p))
			return true;
	return false;
}

static bool previous_free(const struct lease_list *leases,
			  const struct own_wish *w)
{
	int i;

	if (!compatible(w->config, &w->previous[0], &w->previous[1]))
		return false;
	for (i = 0; i < 2; i++)
		if (enabled(w->config, i) &&
		    taken(leases, i, &w->previous[i]))
			return false;
	return true;
}

/* Mark the slots that a lease overlaps. */
static void mark(bool *used, wide slots, const struct range *r,
		 const struct prefix *p)
{
	wide first = to_number(&p->addr), n, last;
	unsigned int shift = r->family * 8u - p->len;

	last = first + (((wide)1 << shift) - 1);
	if (last < r->first || first > r->last + (((wide)1 << r->shift) - 1))
		return;
	n = first < r->first ? 0 : (first - r->first) >> r->shift;
	last = (last - r->first) >> r->shift;
	for (; n <= last && n < slots; n++)
		used[n] = true;
}

static uint32_t chance(uint32_t below)
{
	uint32_t n = 0;

	if (getrandom(&n, sizeof(n), 0) != sizeof(n))
		n = 0;
	return n % below;
}

static enum own_choice pick(const bool *used, wide slots,
			    const struct range *r, struct prefix *p)
{
	wide candidate[CANDIDATES], n;
	uint32_t found = 0;

	for (n = 0; n < slots && found < CANDIDATES; n++)
		if (!used[n])
			candidate[found++] = n;
	if (!found)
		return OWN_NONE;
	p->addr = to_addr(r->first + (candidate[chance(found)] << r->shift),
			  r->family);
	p->len = r->len;
	return OWN_NEW;
}

static enum own_choice allocate(const struct lease_list *leases,
				const struct net_config *c, int i,
				struct prefix *p)
{
	struct range r = range_of(c, i);
	enum own_choice choice;
	wide slots;
	bool *used;
	size_t n;

	if (r.first > r.last)
		return OWN_NONE;
	slots = ((r.last - r.first) >> r.shift) + 1;
	if (slots > SLOTS_MAX)
		slots = SLOTS_MAX;
	used = calloc((size_t)slots, sizeof(*used));
	if (!used)
		return OWN_NO_MEMORY;
	for (n = 0; n < leases->n; n++)
		if (leases->v[n].half[i].there)
			mark(used, slots, &r, &leases->v[n].half[i].prefix);
	choice = pick(used, slots, &r, p);
	free(used);
	return choice;
}

/**
 * own_choose - Choose this node's subnets
 * @leases: The leases that there are, parsed.
 * @wish: What the node would like to have.
 * @key: Where the subnets go.
 * @has: The lease for OWN_HAS.
 *
 * Return: How they were chosen.
 */
enum own_choice own_choose(const struct lease_list *leases,
			   const struct own_wish *wish,
			   struct lease_key *key, const struct lease **has)
{
	enum own_choice choice = OWN_NEW;

	memset(key, 0, sizeof(*key));
	*has = own_find(leases, wish);
	if (*has) {
		key->v4 = (*has)->half[0].prefix;
		key->v6 = (*has)->half[1].prefix;
		choice = OWN_HAS;
	} else if (previous_free(leases, wish)) {
		key->v4 = wish->previous[0];
		key->v6 = wish->previous[1];
		choice = OWN_PREVIOUS;
	} else {
		if (wish->config->ipv4)
			choice = allocate(leases, wish->config, 0, &key->v4);
		if (choice == OWN_NEW && wish->config->ipv6)
			choice = allocate(leases, wish->config, 1, &key->v6);
	}
	if (!wish->config->ipv4)
		memset(&key->v4, 0, sizeof(key->v4));
	if (!wish->config->ipv6)
		memset(&key->v6, 0, sizeof(key->v6));
	return choice;
}

/**
 * own_key_text - The key of a lease as flannel writes it
 * @key: The subnets.
 * @buf: Where the text goes.
 *
 * Return: @buf.
 */
char *own_key_text(const struct lease_key *key, char buf[static OWN_KEY])
{
	char v4[ADDR_TEXT] = "0.0.0.0", v6[ADDR_TEXT];
	int n;

	if (key->v4.addr.len)
		addr_text(&key->v4.addr, v4);
	n = snprintf(buf, OWN_KEY, "%s-%u", v4, key->v4.len);
	if (key->v6.addr.len)
		snprintf(buf + n, (size_t)(OWN_KEY - n), "&%s-%u",
			 addr_text(&key->v6.addr, v6), key->v6.len);
	return buf;
}
