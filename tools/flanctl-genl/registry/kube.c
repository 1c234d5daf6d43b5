// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * A registry in Kubernetes: each Node is a lease, the network config a file.
 * kube_read.c keeps k->have, kube_write.c our own Node, kube_config.c the
 * config; here they become what the rest of the program knows of a registry.
 *
 * What was told stays as it is until the next time: it holds its own
 * references to the nodes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "../error.h"
#include "../text.h"
#include "kube.h"

#define FIRST_MS	500
#define LONGEST_MS	15000
#define TOGETHER_MS	5

static struct kube *of(struct registry *r)
{
	return (struct kube *)r;
}

/**
 * kube_handle_closed - One of the loop's handles is gone
 * @handle: The handle; its data is the registry.
 */
void kube_handle_closed(uv_handle_t *handle)
{
	struct kube *k = handle->data;

	if (!--k->handles)
		free(k);
}

/**
 * kube_timer_new - Prepare a timer
 * @k: The registry.
 * @t: The timer, which kube_close() ends.
 *
 * Return: 0, or an error of libuv.
 */
int kube_timer_new(struct kube *k, uv_timer_t *t)
{
	int err = uv_timer_init(k->loop, t);

	if (err)
		return err;
	t->data = k;
	k->handles++;
	return 0;
}

/**
 * kube_retry - Do something again, the later the more often it was in vain
 * @k: The registry.
 * @t: When.
 * @again: What.
 *
 * A whole cluster does this when the API server was away: each node waits for
 * a time of its own.
 */
void kube_retry(struct kube *k, struct kube_timer *t, uv_timer_cb again)
{
	unsigned int ms = LONGEST_MS, n = 0;

	if (k->closed)
		return;
	if (t->tries < 5)
		ms = FIRST_MS << t->tries;
	t->tries++;
	getrandom(&n, sizeof(n), 0);
	uv_timer_start(&t->timer, again, ms / 2 + n % (ms / 2), 0);
}

/**
 * kube_failing - Note what fails, and tell it
 * @k: The registry.
 * @source: What.
 * @why: Why, fit to be printed; empty: it does not.
 *
 * What was told last stands as long as something fails; that nothing does any
 * more is told by telling what there is.
 */
void kube_failing(struct kube *k, enum kube_source source, const char *why)
{
	const char *first = "";
	int i;

	if (k->closed)
		return;
	snprintf(k->failing[source], JSON_WHY, "%s", why);
	for (i = KUBE_SOURCES - 1; i >= 0; i--)
		if (*k->failing[i])
			first = k->failing[i];
	if (registry_same_reason(k->told, first))
		return;
	strcpy(k->told, first);
	if (*first)
		registry_tell_failing(&k->r, first);
	else
		kube_changed(k);
}

/**
 * kube_complain - Warn of something that harms nothing else
 * @k: The registry.
 * @why: What it is; the same is said once.
 */
void kube_complain(struct kube *k, const char *why)
{
	if (!strcmp(k->complaint, why))
		return;
	snprintf(k->complaint, sizeof(k->complaint), "%s", why);
	warning("%s", why);
}

/**
 * kube_own - Our own node
 * @k: The registry.
 *
 * Return: NULL if it is not there, or we do not know which it is.
 */
const struct kube_node *kube_own(const struct kube *k)
{
	return k->node ? kube_set_find(&k->have, k->node) : NULL;
}

static bool is_own(const struct kube *k, const struct kube_node *n)
{
	return k->node && !strcmp(k->node, n->name);
}

static int by_age(const void *a, const void *b)
{
	const struct kube_node *x = *(struct kube_node *const *)a;
	const struct kube_node *y = *(struct kube_node *const *)b;

	if (x->created != y->created)
		return x->created < y->created ? -1 : 1;
	return strcmp(x->name, y->name);
}

static void put_shown(struct kube_node **shown, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		kube_node_put(shown[i]);
	free(shown);
}

/* The nodes that take part, oldest first; ours is always there. */
static struct kube_node **show(const struct kube *k, size_t *n)
{
	struct kube_node **shown = calloc(k->have.n + 1, sizeof(*shown));
	size_t i;

	*n = 0;
	for (i = 0; shown && i < k->have.n; i++)
		if (k->have.v[i]->managed || is_own(k, k->have.v[i]))
			shown[(*n)++] = kube_node_get(k->have.v[i]);
	if (*n)
		qsort(shown, *n, sizeof(*shown), by_age);
	return shown;
}

static void fill_node(struct registry_data *d, const struct kube_node *own)
{
	struct registry_node *to = &d->node;

	to->public_ip[0] = (char *)kube_node_said(own, "node-public-ip");
	to->public_ip[1] = (char *)kube_node_said(own, "node-public-ipv6");
	to->overwrite[0] = (char *)kube_node_said(own, "public-ip-overwrite");
	to->overwrite[1] = (char *)kube_node_said(own, "public-ipv6-overwrite");
}

static void fill(struct kube *k, struct registry_data *d)
{
	struct registry_entry *e;
	struct kube_node *n;
	size_t i;

	for (i = 0; i < k->shown_n; i++) {
		n = k->shown[i];
		if (is_own(k, n))
			fill_node(d, n);
		if (!n->key)
			continue;
		e = &d->v[d->n++];
		e->key = n->key;
		e->key_len = n->key_len;
		e->value = n->value;
		e->value_len = n->value_len;
		e->created = d->n;
		e->own = is_own(k, n);
	}
}

static bool fill_config(const struct kube *k, struct registry_data *d)
{
	if (!k->config.text)
		return true;
	d->config = malloc(k->config.len + 1);
	if (!d->config)
		return false;
	memcpy(d->config, k->config.text, k->config.len + 1);
	d->config_len = k->config.len;
	return true;
}

static void check_self(struct kube *k)
{
	const struct kube_node *own = kube_own(k);
	char why[JSON_WHY] = "";

	if (k->node && !own)
		snprintf(why, sizeof(why), "node %.100s: the API server does not know it",
			 k->node);
	else if (own && !own->key)
		snprintf(why, sizeof(why), "node %.100s has no podCIDR: does kube-controller-manager run with --allocate-node-cidrs?",
			 k->node);
	kube_failing(k, KUBE_SELF, why);
}

static void free_data(struct registry_data *d)
{
	free(d->v);
	free(d->config);
}

/* Without memory it is tried again, and what was told stands. */
static void on_publish(uv_timer_t *timer)
{
	struct kube *k = timer->data;
	struct registry_data before = k->data, now = {};
	struct kube_node **shown = k->shown;
	size_t n, shown_n = k->shown_n;

	k->shown = show(k, &n);
	now.v = calloc(n + 1, sizeof(*now.v));
	if (!k->shown || !now.v || !fill_config(k, &now)) {
		put_shown(k->shown, n);
		free_data(&now);
		k->shown = shown;
		uv_timer_start(&k->publish, on_publish, LONGEST_MS, 0);
		return;
	}
	k->shown_n = n;
	now.room = n + 1;
	memcpy(now.endpoint, before.endpoint, sizeof(now.endpoint));
	now.endpoints = before.endpoints;
	fill(k, &now);
	now.revision = strtoull(k->read.version, NULL, 10);
	k->data = now;
	put_shown(shown, shown_n);
	free_data(&before);
	check_self(k);
	if (k->closed)
		return;
	/* News of one source do not mend another. */
	if (*k->told)
		k->r.events->changed(k->r.priv, &k->data);
	else
		registry_tell_changed(&k->r, &k->data);
}

/**
 * kube_changed - Tell what there is, soon
 * @k: The registry.
 */
void kube_changed(struct kube *k)
{
	if (k->closed || !k->listed ||
	    uv_is_active((uv_handle_t *)&k->publish))
		return;
	uv_timer_start(&k->publish, on_publish, TOGETHER_MS, 0);
}

/* Which node this is, or which pod: NULL in both where nobody says. */
static int find_node(struct kube *k, const struct registry_setup *setup)
{
	const char *pod = getenv("POD_NAME"), *space = getenv("POD_NAMESPACE");
	const char *given = setup->node_name;
	const char *node = given ? given : getenv("NODE_NAME");
	char quoted[KUBE_NAME];

	if (node && *node) {
		if (!kube_name_good(node))
			return fail(EXIT_WRONG, "'%s' cannot be the name of a node",
				    text_quote(quoted, sizeof(quoted), node,
					       strlen(node)));
		k->node = strdup(node);
		return k->node ? 0 : fail(EXIT_REFUSED, "out of memory");
	}
	if (!pod || !*pod || !space || !*space)
		return !setup->is_node ? 0 :
			fail(EXIT_WRONG, "kube: nobody says which node this is: set NODE_NAME, or POD_NAME and POD_NAMESPACE");
	if (!kube_name_good(pod) || !kube_name_good(space))
		return fail(EXIT_WRONG, "POD_NAME and POD_NAMESPACE are not names");
	if (asprintf(&k->pod, "/api/v1/namespaces/%s/pods/%s", space, pod) >= 0)
		return 0;
	k->pod = NULL;
	return fail(EXIT_REFUSED, "out of memory");
}

static int set_up(struct kube *k, const char *rest,
		  const struct registry_setup *setup)
{
	const char *why;
	int err;

	why = kube_prefix(setup->annotations, k->prefix);
	if (why)
		return fail(EXIT_WRONG, "the prefix of annotations: %s", why);
	err = find_node(k, setup);
	if (!err)
		err = kube_access_find(&k->access, rest, setup->api_url);
	if (err)
		return err;
	kube_access_tls(&k->access, &k->tls);
	k->http = http_new(k->loop);
	if (!k->http || kube_timer_new(k, &k->publish) ||
	    kube_config_open(k, setup->config_path) || kube_write_open(k) ||
	    kube_read_open(k))
		return fail(EXIT_REFUSED, "out of memory");
	return 0;
}

static void close_timer(uv_timer_t *t)
{
	if (t->data)
		uv_close((uv_handle_t *)t, kube_handle_closed);
}

static void kube_close(struct registry *r)
{
	struct kube *k = of(r);

	k->closed = true;
	kube_read_close(k);
	kube_write_close(k);
	kube_config_close(k);
	http_free(k->http);
	kube_access_free(&k->access);
	kube_set_free(&k->have);
	put_shown(k->shown, k->shown_n);
	free_data(&k->data);
	free(k->node);
	free(k->pod);
	k->node = NULL;
	close_timer(&k->publish);
	close_timer(&k->config.timer);
	close_timer(&k->read.timer.timer);
	close_timer(&k->write.timer.timer);
	if (!--k->handles)
		free(k);
}

static struct registry *kube_open(uv_loop_t *loop, const char *rest,
				  const struct registry_setup *setup,
				  const struct registry_events *events,
				  void *priv)
{
	struct kube *k = calloc(1, sizeof(*k));

	if (!k) {
		fail(EXIT_REFUSED, "out of memory");
		return NULL;
	}
	k->r.ops = &registry_kube;
	k->r.events = events;
	k->r.priv = priv;
	k->loop = loop;
	k->handles = 1; /* until it is closed */
	if (!set_up(k, rest, setup))
		return &k->r;
	kube_close(&k->r);
	return NULL;
}

static void kube_relist(struct registry *r)
{
	kube_read_relist(of(r));
}

static void kube_claim(struct registry *r, const struct registry_claim *claim)
{
	kube_write_claim(of(r), claim);
}

static void kube_reachable(struct registry *r, const char *why)
{
	kube_write_condition(of(r), why);
}

const struct registry_ops registry_kube = {
	.scheme = "kube:",
	.gives = true,
	.open = kube_open,
	.close = kube_close,
	.relist = kube_relist,
	.claim = kube_claim,
	.reachable = kube_reachable,
};
