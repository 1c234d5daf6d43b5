// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Which interface leads to the underlay, and which of its addresses is ours
 * there: in flannel's order, --iface, --iface-regex, --iface-can-reach, without
 * them --public-ip and then the default route.
 *
 * Where flannel takes the first interface that matches and then fails, because
 * it has no address of a family, the next one is tried.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <pcre2.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "iface.h"
#include "../netlink/host.h"
#include "../text.h"

/* A pattern that would take for ever does not match. */
#define MATCH_LIMIT	100000

static const char *const family_name[] = { "IPv4", "IPv6" };
static const size_t family_bytes[] = { 4, 16 };

/**
 * struct search - One search.
 * @nl: The connection.
 * @o: What is asked for.
 * @c: The choice.
 * @why: Why nothing was found.
 * @used: Length of @why.
 * @ifaces: All interfaces.
 * @addrs: All addresses, as the kernel orders them.
 */
struct search {
	struct netlink *nl;
	const struct iface_options *o;
	struct iface_choice *c;
	char *why;
	size_t used;
	struct iface_list ifaces;
	struct host_addr_list addrs;
};

static void __attribute__((format(printf, 2, 3)))
say(struct search *s, const char *format, ...)
{
	size_t left = IFACE_WHY - s->used;
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(s->why + s->used, left, format, ap);
	va_end(ap);
	s->used += n < 0 ? 0 : (size_t)n < left ? (size_t)n : left - 1;
}

static void refuse(struct search *s, const char *option, const char *value,
		   const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* One reason after another: everything that was tried is named. */
static void refuse(struct search *s, const char *option, const char *value,
		   const char *format, ...)
{
	char quoted[128], reason[256];
	va_list ap;

	va_start(ap, format);
	vsnprintf(reason, sizeof(reason), format, ap);
	va_end(ap);
	text_quote(quoted, sizeof(quoted), value, strlen(value));
	say(s, "%s%s%s%s: %s", s->used ? "; " : "", option,
	    *value ? " " : "", quoted, reason);
}

/*
 * 5: usable for good and not made up for privacy; 0: not usable. A link-local
 * IPv6 address says nothing to a peer, so it is none.
 */
static unsigned int rank(const struct host_addr *a)
{
	bool v6 = a->addr.len == 16;

	if (a->flags & (IFA_F_DEPRECATED | IFA_F_DADFAILED) ||
	    addr_not_unicast(&a->addr))
		return 0;
	if (!v6 && a->addr.b[0] == 169 && a->addr.b[1] == 254)
		return 1;
	if (v6 && (a->flags & IFA_F_TENTATIVE) &&
	    !(a->flags & IFA_F_OPTIMISTIC))
		return 2;
	if (v6 && (a->flags & IFA_F_TEMPORARY))
		return 3;
	return a->flags & IFA_F_PERMANENT ? 5 : 4;
}

static bool of(const struct host_addr *a, uint32_t ifindex, size_t family)
{
	return a->ifindex == ifindex && a->addr.len == family_bytes[family];
}

/* The best address of a family; of equal ones the kernel's first. */
static const struct addr *best_addr(const struct search *s, uint32_t ifindex,
				    size_t family)
{
	const struct host_addr *a, *best = NULL;
	size_t i;

	for (i = 0; i < s->addrs.n; i++) {
		a = &s->addrs.v[i];
		if (of(a, ifindex, family) && rank(a) &&
		    (!best || rank(a) > rank(best)))
			best = a;
	}
	return best ? &best->addr : NULL;
}

static const struct iface *by_index(const struct search *s, uint32_t ifindex)
{
	size_t i;

	for (i = 0; i < s->ifaces.n; i++)
		if (s->ifaces.v[i].ifindex == ifindex)
			return &s->ifaces.v[i];
	return NULL;
}

static const struct iface *by_name(const struct search *s, const char *name)
{
	size_t i;

	for (i = 0; i < s->ifaces.n; i++)
		if (!strcmp(s->ifaces.v[i].name, name))
			return &s->ifaces.v[i];
	return NULL;
}

static const struct iface *by_addr(const struct search *s,
				   const struct addr *a)
{
	size_t i;

	for (i = 0; i < s->addrs.n; i++)
		if (!addr_cmp(&s->addrs.v[i].addr, a))
			return by_index(s, s->addrs.v[i].ifindex);
	return NULL;
}

static void list_ifaces(struct search *s)
{
	const struct addr *a;
	char text[ADDR_TEXT];
	size_t i, family;

	say(s, "; there %s", s->ifaces.n ? "are" : "is no interface");
	for (i = 0; i < s->ifaces.n; i++) {
		say(s, "%s %s", i ? "," : "", s->ifaces.v[i].name);
		for (family = 0; family < 2; family++) {
			a = best_addr(s, s->ifaces.v[i].ifindex, family);
			if (a)
				say(s, " %s", addr_text(a, text));
		}
	}
}

/* What the interface lacks to be the one; NULL: nothing. */
static const char *lacks(const struct search *s, const struct iface *i,
			 const struct addr *given)
{
	size_t f;

	if (!i->mtu)
		return "has no MTU";
	for (f = 0; f < 2; f++) {
		if (!s->o->family[f] || given[f].len ||
		    best_addr(s, i->ifindex, f))
			continue;
		return f ? "has no usable IPv6 address" :
			   "has no usable IPv4 address";
	}
	return NULL;
}

/* Take an interface: @given addresses, the best ones of the other families. */
static void take(struct search *s, const struct iface *i,
		 const struct addr *given)
{
	size_t f;

	s->c->ifindex = i->ifindex;
	memcpy(s->c->name, i->name, sizeof(s->c->name));
	s->c->mtu = i->mtu;
	for (f = 0; f < 2; f++) {
		if (!s->o->family[f])
			continue;
		s->c->addr[f] = given[f].len ? given[f] :
					       *best_addr(s, i->ifindex, f);
	}
}

static bool try_iface(struct search *s, const char *option, const char *value,
		      const struct iface *i, const struct addr *addr)
{
	struct addr given[2] = {};
	const char *lack;

	if (addr && addr->len)
		given[addr->len == 16] = *addr;
	lack = lacks(s, i, given);
	if (lack) {
		refuse(s, option, value, "%s %s", i->name, lack);
		return false;
	}
	take(s, i, given);
	return true;
}

static bool wanted_family(struct search *s, const char *option,
			  const char *value, const struct addr *a)
{
	size_t f = a->len == 16;

	if (s->o->family[f])
		return true;
	refuse(s, option, value, "%s is not enabled in the network config",
	       family_name[f]);
	return false;
}

static bool by_name_or_addr(struct search *s, const char *option,
			    const char *value)
{
	const struct iface *i;
	struct addr a;

	if (addr_parse(&a, value)) {
		if (!wanted_family(s, option, value, &a))
			return false;
		i = by_addr(s, &a);
		if (i && !addr_not_unicast(&a))
			return try_iface(s, option, value, i, &a);
		refuse(s, option, value, "%s", i ? addr_not_unicast(&a) :
		       "no interface has this address");
		return false;
	}
	i = by_name(s, value);
	if (i)
		return try_iface(s, option, value, i, NULL);
	refuse(s, option, value, "no such interface");
	return false;
}

/**
 * struct pattern - A compiled pattern.
 * @code: The pattern.
 * @data: Where a match would be.
 * @context: Its limits.
 */
struct pattern {
	pcre2_code *code;
	pcre2_match_data *data;
	pcre2_match_context *context;
};

static void pattern_free(struct pattern *p)
{
	pcre2_match_context_free(p->context);
	pcre2_match_data_free(p->data);
	pcre2_code_free(p->code);
}

static bool pattern_make(struct search *s, struct pattern *p, const char *text)
{
	PCRE2_UCHAR8 reason[120];
	PCRE2_SIZE at;
	int err;

	memset(p, 0, sizeof(*p));
	p->code = pcre2_compile((PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED, 0,
				&err, &at, NULL);
	if (!p->code) {
		pcre2_get_error_message(err, reason, sizeof(reason));
		refuse(s, "--iface-regex", text, "%s at character %zu",
		       (char *)reason, (size_t)at + 1);
		return false;
	}
	p->data = pcre2_match_data_create_from_pattern(p->code, NULL);
	p->context = pcre2_match_context_create(NULL);
	if (p->data && p->context) {
		pcre2_set_match_limit(p->context, MATCH_LIMIT);
		return true;
	}
	pattern_free(p);
	refuse(s, "--iface-regex", text, "out of memory");
	return false;
}

static bool matches(const struct pattern *p, const char *text)
{
	return pcre2_match(p->code, (PCRE2_SPTR)text, strlen(text), 0, 0,
			   p->data, p->context) >= 0;
}

/* The best address of a family that the pattern matches. */
static void match_addr(const struct search *s, const struct pattern *p,
		       uint32_t ifindex, size_t family, struct addr *found)
{
	const struct host_addr *a, *best = NULL;
	char text[ADDR_TEXT];
	size_t i;

	for (i = 0; i < s->addrs.n; i++) {
		a = &s->addrs.v[i];
		if (of(a, ifindex, family) && rank(a) &&
		    (!best || rank(a) > rank(best)) &&
		    matches(p, addr_text(&a->addr, text)))
			best = a;
	}
	if (best)
		*found = best->addr;
}

static bool match_addrs(struct search *s, const struct pattern *p)
{
	const struct iface *i;
	size_t n, f;

	for (n = 0; n < s->ifaces.n; n++) {
		struct addr found[2] = {};

		i = &s->ifaces.v[n];
		for (f = 0; f < 2; f++)
			if (s->o->family[f])
				match_addr(s, p, i->ifindex, f, &found[f]);
		if ((found[0].len || found[1].len) && !lacks(s, i, found)) {
			take(s, i, found);
			return true;
		}
	}
	return false;
}

static bool match_names(struct search *s, const struct pattern *p)
{
	static const struct addr none[2];
	const struct iface *i;
	size_t n;

	for (n = 0; n < s->ifaces.n; n++) {
		i = &s->ifaces.v[n];
		if (matches(p, i->name) && !lacks(s, i, none)) {
			take(s, i, none);
			return true;
		}
	}
	return false;
}

static bool by_regex(struct search *s, const char *text)
{
	struct pattern p;
	bool found;

	if (!pattern_make(s, &p, text))
		return false;
	found = match_addrs(s, &p) || match_names(s, &p);
	pattern_free(&p);
	if (!found)
		refuse(s, "--iface-regex", text,
		       "no interface with a usable address matches");
	return found;
}

static bool by_reach(struct search *s, const char *value)
{
	static const char option[] = "--iface-can-reach";
	const struct iface *i;
	struct route r = {};
	struct addr to;

	if (!addr_parse(&to, value)) {
		refuse(s, option, value, "not an address");
		return false;
	}
	if (!wanted_family(s, option, value, &to))
		return false;
	if (route_lookup(s->nl, &to, 0, 0, &r)) {
		refuse(s, option, value, "%s", netlink_why(s->nl));
		return false;
	}
	i = by_index(s, r.ifindex);
	if (!i || r.type != RTN_UNICAST || (i->flags & IFF_LOOPBACK)) {
		refuse(s, option, value,
		       "no interface leads there, it is this host or unreachable");
		return false;
	}
	return try_iface(s, option, value, i, &r.prefsrc);
}

/* One hop of a default route that has several: the one that is used. */
static uint32_t used_hop(struct search *s, size_t family)
{
	struct route r = {};
	struct addr to;

	addr_parse(&to, family ? "2000::" : "192.0.0.0");
	return route_lookup(s->nl, &to, 0, 0, &r) ? 0 : r.ifindex;
}

static bool is_default(const struct route *r)
{
	return !r->dst.len && r->type == RTN_UNICAST && !r->dead;
}

/* The default route with the lowest metric, only over @ifindex unless it is 0. */
static uint32_t default_route(struct search *s, size_t family,
			      uint32_t ifindex)
{
	struct route_filter filter = {
		.family = family ? AF_INET6 : AF_INET,
	};
	struct route_list list = {};
	uint32_t metric = 0, found = 0, oif;
	size_t i;

	if (route_dump(s->nl, &filter, &list)) {
		refuse(s, "default route", "", "%s", netlink_why(s->nl));
		list.n = 0;
	}
	for (i = 0; i < list.n; i++) {
		if (!is_default(&list.v[i]))
			continue;
		oif = list.v[i].several || !list.v[i].ifindex ?
		      used_hop(s, family) : list.v[i].ifindex;
		if (!oif || (ifindex && oif != ifindex) ||
		    (found && list.v[i].metric >= metric))
			continue;
		found = oif;
		metric = list.v[i].metric;
	}
	free(list.v);
	return found;
}

static bool by_default_route(struct search *s)
{
	size_t first = s->o->family[0] ? 0 : 1;
	uint32_t ifindex = default_route(s, first, 0);
	const struct iface *i = by_index(s, ifindex);

	if (!i) {
		refuse(s, "default route", "", "there is none for %s: give --iface",
		       family_name[first]);
		return false;
	}
	if (!first && s->o->family[1] && !default_route(s, 1, ifindex)) {
		refuse(s, "default route", "",
		       "the one for IPv4 leads to %s, none for IPv6 does: give --iface",
		       i->name);
		return false;
	}
	return try_iface(s, "default route", "", i, NULL);
}

static bool by_options(struct search *s)
{
	const struct iface_options *o = s->o;
	size_t i;

	for (i = 0; i < o->ifaces; i++)
		if (by_name_or_addr(s, "--iface", o->iface[i]))
			return true;
	for (i = 0; i < o->regexes; i++)
		if (by_regex(s, o->regex[i]))
			return true;
	return o->can_reach && by_reach(s, o->can_reach);
}

static bool find(struct search *s)
{
	const struct iface_options *o = s->o;

	if (!o->family[0] && !o->family[1]) {
		say(s, "neither IPv4 nor IPv6 is enabled");
		return false;
	}
	if (o->ifaces || o->regexes || o->can_reach)
		return by_options(s);
	if (o->public_ip[0])
		return by_name_or_addr(s, "--public-ip", o->public_ip[0]);
	if (o->public_ip[1])
		return by_name_or_addr(s, "--public-ipv6", o->public_ip[1]);
	return by_default_route(s);
}

/* What peers are told; of a family that is not used it only has to be right. */
static bool take_public(struct search *s)
{
	static const char *const option[] = { "--public-ip", "--public-ipv6" };
	struct addr a;
	size_t f;

	for (f = 0; f < 2; f++) {
		s->c->public_ip[f] = s->c->addr[f];
		if (!s->o->public_ip[f])
			continue;
		if (!addr_parse(&a, s->o->public_ip[f]) ||
		    a.len != family_bytes[f]) {
			refuse(s, option[f], s->o->public_ip[f],
			       "not an %s address", family_name[f]);
			return false;
		}
		if (addr_not_unicast(&a)) {
			refuse(s, option[f], s->o->public_ip[f], "%s",
			       addr_not_unicast(&a));
			return false;
		}
		if (!s->o->family[f])
			continue;
		s->c->public_ip[f] = a;
		/* Peers expect our packets from there, unless it is a NAT's. */
		if (by_addr(s, &a))
			s->c->addr[f] = a;
	}
	return true;
}

static bool load(struct search *s)
{
	if (!iface_dump(s->nl, NULL, &s->ifaces) &&
	    !host_addrs(s->nl, &s->addrs))
		return true;
	say(s, "cannot list interfaces: %s", netlink_why(s->nl));
	return false;
}

/**
 * iface_check - Can there be such an interface at all?
 * @o: What is asked for: @o->regex and @o->can_reach.
 * @why: Where to say why there cannot.
 *
 * Return: true if there can.
 */
bool iface_check(const struct iface_options *o, char why[static IFACE_WHY])
{
	struct search s = { .o = o, .why = why };
	struct pattern p;
	struct addr to;
	size_t i;

	why[0] = '\0';
	for (i = 0; i < o->regexes; i++)
		if (pattern_make(&s, &p, o->regex[i]))
			pattern_free(&p);
	if (o->can_reach && !addr_parse(&to, o->can_reach))
		refuse(&s, "--iface-can-reach", o->can_reach, "not an address");
	return !s.used;
}

/**
 * iface_choose - Find the interface to the underlay
 * @nl: The connection.
 * @o: What is asked for.
 * @c: Where the choice goes.
 * @why: Where to say why there is none: what was asked for and what there is.
 *
 * Return: true if there is one.
 */
bool iface_choose(struct netlink *nl, const struct iface_options *o,
		  struct iface_choice *c, char why[static IFACE_WHY])
{
	struct search s = { .nl = nl, .o = o, .c = c, .why = why };
	bool found = false;

	memset(c, 0, sizeof(*c));
	why[0] = '\0';
	if (load(&s)) {
		found = find(&s);
		if (!found)
			list_ifaces(&s);
		else
			found = take_public(&s);
	}
	free(s.ifaces.v);
	free(s.addrs.v);
	return found;
}
