// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The packet filter rules that flannel is asked for, in iptables or nftables:
 * whoever removes or changes one sees it back at the next look, and what is
 * left of the other kind goes. The kind that is wanted is made first, so that
 * there is always one.
 *
 * One look at a time: a change that comes meanwhile is for the next one.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "iptables.h"
#include "masquerade.h"
#include "nftables.h"

/* VTEPs come and go in crowds. */
#define GATHER_MS	500

/**
 * struct masquerade - The rules.
 * @timer: The next look.
 * @changed: Who is told.
 * @priv: For @changed.
 * @iptables: One kind.
 * @nftables: The other kind.
 * @setup: What there has to be.
 * @asked_for: The same, as it was asked for.
 * @asked: There is a setup.
 * @fresh: It has not been looked at since it changed.
 * @vtep: VTEPs for the guard, ordered.
 * @vteps: How many.
 * @running: We are looking.
 * @again: Something changed meanwhile.
 * @first: The kind that is wanted is being looked at.
 * @pass_fresh: @fresh, as it was when this look began.
 * @state: What was told last.
 * @why: Why, likewise.
 * @trouble: What went wrong in this look.
 * @figures: What we did so far.
 */
struct masquerade {
	uv_timer_t timer;
	void (*changed)(void *priv, enum masquerade_state state,
			const char *why);
	void *priv;
	struct iptables *iptables;
	struct nftables *nftables;
	struct masquerade_setup setup;
	struct masquerade_setup asked_for;
	bool asked;
	bool fresh;
	struct addr *vtep;
	size_t vteps;
	bool running;
	bool again;
	bool first;
	bool pass_fresh;
	enum masquerade_state state;
	char why[MASQUERADE_WHY];
	char trouble[MASQUERADE_WHY];
	struct masquerade_figures figures;
};

static void on_timer(uv_timer_t *t);

/* Look in so many milliseconds, unless that happens earlier anyway. */
static void look(struct masquerade *m, uint64_t ms)
{
	if (m->running)
		m->again = true;
	else if (!uv_is_active((uv_handle_t *)&m->timer) ||
		 uv_timer_get_due_in(&m->timer) > ms)
		uv_timer_start(&m->timer, on_timer, ms, 0);
}

static void report(struct masquerade *m, const char *why)
{
	enum masquerade_state state = why ? MASQUERADE_FAILED :
					    MASQUERADE_INSTALLED;

	if (state == m->state && !strcmp(why ? why : "", m->why))
		return;
	m->state = state;
	snprintf(m->why, sizeof(m->why), "%s", why ? why : "");
	m->changed(m->priv, state, why);
}

static void finish(struct masquerade *m)
{
	m->running = false;
	m->figures.checks++;
	/* About an older setup nothing is told. */
	if (!m->fresh)
		report(m, m->trouble[0] ? m->trouble : NULL);
	look(m, m->again ? GATHER_MS : 1000 * (uint64_t)m->setup.resync);
	m->again = false;
}

static void apply(struct masquerade *m, bool nftables)
{
	if (nftables)
		nftables_apply(m->nftables, &m->setup, m->pass_fresh, m->vtep,
			       m->vteps);
	else
		iptables_apply(m->iptables, &m->setup, m->pass_fresh);
}

static void on_applied(void *priv, const char *why, unsigned int writes)
{
	struct masquerade *m = priv;

	m->figures.writes += writes;
	if (why) {
		m->figures.errors++;
		if (!m->trouble[0])
			snprintf(m->trouble, sizeof(m->trouble), "%s", why);
	}
	if (!m->first) {
		finish(m);
		return;
	}
	m->first = false;
	/* A setup that came meanwhile is looked at from its begin. */
	if (m->fresh)
		finish(m);
	else
		apply(m, !m->setup.nftables);
}

static void on_timer(uv_timer_t *t)
{
	struct masquerade *m = t->data;

	m->running = true;
	m->first = !m->setup.guard_only;
	m->pass_fresh = m->fresh;
	m->fresh = false;
	m->trouble[0] = '\0';
	apply(m, m->setup.nftables || m->setup.guard_only);
}

static bool same_prefixes(const struct prefix *a, const struct prefix *b)
{
	return !prefix_cmp(&a[0], &b[0]) && !prefix_cmp(&a[1], &b[1]);
}

static bool same(const struct masquerade_setup *a,
		 const struct masquerade_setup *b)
{
	return !strcmp(a->instance, b->instance) &&
	       a->nftables == b->nftables && a->masq == b->masq &&
	       a->forward == b->forward && a->guard == b->guard &&
	       a->guard_only == b->guard_only &&
	       a->random_fully == b->random_fully &&
	       a->port[0] == b->port[0] && a->port[1] == b->port[1] &&
	       a->resync == b->resync &&
	       same_prefixes(a->network, b->network) &&
	       same_prefixes(a->subnet, b->subnet);
}

/* What is wrong with it; all of it becomes part of a command. */
static const char *wrong(const struct masquerade_setup *s)
{
	const char *c;
	size_t i;

	if (!memchr(s->instance, '\0', sizeof(s->instance)))
		return "the instance's name is too long";
	for (c = s->instance; *c; c++)
		if (!isalnum((unsigned char)*c))
			return "the instance's name is not of letters and digits";
	for (i = 0; i < 2; i++)
		if (s->network[i].addr.len && s->masq &&
		    s->subnet[i].addr.len != s->network[i].addr.len)
			return "there is a network without a subnet";
	return NULL;
}

/**
 * masquerade_set - Say what there has to be
 * @m: The rules.
 * @s: What; what is no longer part of it is removed. The same again does
 *	nothing. Who was told is told once more when it is done.
 *
 * Return: What is known about it now: MASQUERADE_PENDING where it is new.
 */
enum masquerade_state masquerade_set(struct masquerade *m,
				     const struct masquerade_setup *s)
{
	const char *why = wrong(s);

	if (why) {
		report(m, why);
		return m->state;
	}
	if (m->asked && same(&m->asked_for, s))
		return m->state;
	m->asked_for = *s;
	m->setup = *s;
	if (!m->setup.resync)
		m->setup.resync = 1;
	m->asked = true;
	m->fresh = true;
	m->state = MASQUERADE_PENDING;
	look(m, 0);
	return m->state;
}

/**
 * masquerade_instance - A name for the rules of a second agent
 * @buf: Where it goes, for struct masquerade_setup.
 * @name: What tells it from others, of any length: its subnet file.
 */
void masquerade_instance(char buf[static MASQUERADE_INSTANCE],
			 const char *name)
{
	uint32_t hash = 2166136261u;

	for (; *name; name++)
		hash = (hash ^ (unsigned char)*name) * 16777619u;
	snprintf(buf, MASQUERADE_INSTANCE, "%08x", hash);
}

static int compare(const void *a, const void *b)
{
	return addr_cmp(a, b);
}

/* Ordered, and each one once. */
static size_t order(struct addr *v, size_t n)
{
	size_t i, kept = 0;

	if (n)
		qsort(v, n, sizeof(*v), compare);
	for (i = 0; i < n; i++)
		if (!kept || addr_cmp(&v[kept - 1], &v[i]))
			v[kept++] = v[i];
	return kept;
}

/**
 * masquerade_vteps - Say which VTEPs the guard protects
 * @m: The rules.
 * @v: Their addresses, in any order; it is copied.
 * @n: How many.
 *
 * Return: 0, or -ENOMEM.
 */
int masquerade_vteps(struct masquerade *m, const struct addr *v, size_t n)
{
	struct addr *copy = calloc(n ? n : 1, sizeof(*copy));

	if (!copy)
		return -ENOMEM;
	if (n)
		memcpy(copy, v, n * sizeof(*copy));
	n = order(copy, n);
	if (n == m->vteps && (!n || !memcmp(copy, m->vtep,
					    n * sizeof(*copy)))) {
		free(copy);
		return 0;
	}
	free(m->vtep);
	m->vtep = copy;
	m->vteps = n;
	if (m->asked && m->setup.guard)
		look(m, GATHER_MS);
	return 0;
}

/**
 * masquerade_remove - Have none of our rules, of either kind
 * @m: The rules; it is told when they are gone: MASQUERADE_INSTALLED.
 * @instance: Whose rules, as in struct masquerade_setup.
 * @guard_only: Likewise.
 */
void masquerade_remove(struct masquerade *m, const char *instance,
		       bool guard_only)
{
	struct masquerade_setup none = {
		.guard_only = guard_only,
		.resync = 60,
	};

	snprintf(none.instance, sizeof(none.instance), "%s", instance);
	masquerade_set(m, &none);
}

/**
 * masquerade_figures - What was done so far
 * @m: The rules.
 * @f: Where it goes.
 */
void masquerade_figures(const struct masquerade *m,
			struct masquerade_figures *f)
{
	*f = m->figures;
}

static void on_closed(uv_handle_t *h)
{
	struct masquerade *m = h->data;

	free(m->vtep);
	free(m);
}

/**
 * masquerade_new - Begin to care for rules; nothing happens before there is a
 * setup
 * @loop: The loop.
 * @changed: Told when all is there, and when and why it is not; from the loop,
 *	and it must not free @m.
 * @priv: For @changed.
 *
 * Return: The rules, NULL without memory.
 */
struct masquerade *masquerade_new(uv_loop_t *loop,
				  void (*changed)(void *priv,
						  enum masquerade_state state,
						  const char *why),
				  void *priv)
{
	struct masquerade *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->iptables = iptables_new(loop, on_applied, m);
	m->nftables = nftables_new(loop, on_applied, m);
	if (!m->iptables || !m->nftables) {
		iptables_free(m->iptables);
		nftables_free(m->nftables);
		free(m);
		return NULL;
	}
	m->changed = changed;
	m->priv = priv;
	uv_timer_init(loop, &m->timer);
	m->timer.data = m;
	return m;
}

/**
 * masquerade_free - Care no longer; the rules stay
 * @m: The rules, or NULL. The loop has to run on until its handles are closed.
 */
void masquerade_free(struct masquerade *m)
{
	if (!m)
		return;
	iptables_free(m->iptables);
	nftables_free(m->nftables);
	uv_close((uv_handle_t *)&m->timer, on_closed);
}

/**
 * masquerade_bridge_missing - Do packets of a bridge come to iptables?
 * @s: What is asked for.
 * @why: Where to say what is missing, and what to do.
 * @size: Its size.
 *
 * Return: true if they do not, and would have to: a service's address does not
 * work between pods of one node then.
 */
bool masquerade_bridge_missing(const struct masquerade_setup *s, char *why,
			       size_t size)
{
	static const char *const path[] = {
		"/proc/sys/net/bridge/bridge-nf-call-iptables",
		"/proc/sys/net/bridge/bridge-nf-call-ip6tables",
	};
	size_t i;

	for (i = 0; i < 2 && !s->nftables; i++) {
		if (!s->network[i].addr.len || !access(path[i], F_OK))
			continue;
		snprintf(why, size, "%s is missing: modprobe br_netfilter",
			 path[i]);
		return true;
	}
	return false;
}
