// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Reading the Nodes: a list in pages, then a watch from where the list ended.
 * Only a complete list replaces what is known; only a list or an event says
 * that a node is gone. A watch that ends goes on where it was, and a list
 * follows where that is not possible, and from time to time.
 *
 * One request runs at a time; without one the timer does.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "../text.h"
#include "kube.h"

#define PAGE_MAX	500
#define NEXT_MAX	(64 << 10)
#define WATCH_SECONDS	300	/* and up to as much again, as client-go has it */
#define SILENCE_SECONDS	60	/* beyond the time at which a watch must end */
#define BELIEVED_MS	3000	/* a watch that is alive for so long works */
#define RELIST_MS	(30 * 60 * 1000)
#define TRIES_MAX	3	/* watches in vain before a list */

static void step(struct kube *k);

static void on_timer(uv_timer_t *timer)
{
	struct kube *k = timer->data;

	if (!k->read.call) {
		step(k);
		return;
	}
	k->read.timer.tries = 0;
	kube_failing(k, KUBE_API, "");
}

static void retry(struct kube *k)
{
	kube_retry(k, &k->read.timer, on_timer);
}

static void failed(struct kube *k, const char *why)
{
	kube_failing(k, KUBE_API, why);
	retry(k);
}

static void ask(struct kube *k, const struct kube_request *q)
{
	char why[JSON_WHY];

	k->read.call = kube_send(k, q, why);
	if (!k->read.call)
		failed(k, why);
}

static void note_server(struct kube *k, const struct addr *a)
{
	size_t before = k->data.endpoints;

	registry_add_endpoint(&k->data, a);
	if (k->data.endpoints > before)
		kube_changed(k);
}

/* The body of an answer that is one; NULL after it was said why it is not. */
static json_t *body_of(struct kube *k, const struct http_answer *answer)
{
	char why[JSON_WHY];
	json_t *body = NULL;

	if (answer->status == 200 && !*answer->why)
		body = json_parse(answer->body, answer->len, why, NULL);
	else
		kube_explain(answer, why);
	if (!body)
		failed(k, why);
	else
		note_server(k, &answer->from);
	return body;
}

static const char *version_of(const json_t *object)
{
	const json_t *metadata = json_object_get(object, "metadata");
	const char *version = json_string_value(json_object_get(metadata,
						"resourceVersion"));

	return version && *version && strlen(version) < KUBE_VERSION ?
	       version : NULL;
}

static bool is_kind(const json_t *object, const char *kind)
{
	const char *its = json_string_value(json_object_get(object, "kind"));

	return its && !strcmp(its, kind);
}

static void list_begin(struct kube *k)
{
	kube_set_free(&k->read.coming);
	free(k->read.next);
	k->read.next = NULL;
}

/*
 * A node that makes no sense stays what it was: whatever it is, it is there.
 * Return: NULL, or why the list cannot be used.
 */
static const char *list_node(struct kube *k, const json_t *object)
{
	const char *name = kube_node_name(object);
	struct kube_node *n;
	char why[JSON_WHY];

	if (!name)
		return "API server: a node without a name";
	n = kube_node_new(object, k->prefix, why);
	if (!n) {
		kube_complain(k, why);
		n = kube_set_find(&k->have, name);
		if (!n)
			return NULL;
		kube_node_get(n);
	}
	if (kube_set_put(&k->read.coming, n))
		return NULL;
	kube_node_put(n);
	return "API server: cannot hold all nodes";
}

static const char *list_items(struct kube *k, const json_t *list)
{
	const json_t *items = json_object_get(list, "items");
	size_t before = k->read.coming.n, i;
	const char *why = NULL;

	if (!is_kind(list, "NodeList") || !version_of(list) ||
	    (items && !json_is_array(items) && !json_is_null(items)))
		return "API server: an answer that is no list of nodes";
	for (i = 0; i < json_array_size(items) && !why; i++)
		why = list_node(k, json_array_get(items, i));
	if (!why && k->read.next && k->read.coming.n == before)
		why = "API server: a page without a new node";
	return why;
}

/* How the list goes on; it ends where there is nothing. */
static const char *list_next(struct kube *k, const json_t *list)
{
	const json_t *metadata = json_object_get(list, "metadata");
	const char *next = json_string_value(json_object_get(metadata,
							     "continue"));

	free(k->read.next);
	k->read.next = NULL;
	if (!next || !*next)
		return NULL;
	if (strlen(next) > NEXT_MAX)
		return "API server: continue is too long";
	k->read.next = kube_escape(next);
	return k->read.next ? NULL : "out of memory";
}

static void list_complete(struct kube *k)
{
	struct kube_read *r = &k->read;
	bool same = k->listed && kube_set_equal(&k->have, &r->coming);
	struct kube_set before = k->have;

	k->have = r->coming;
	memset(&r->coming, 0, sizeof(r->coming));
	kube_set_free(&before);
	k->listed = true;
	r->list = false;
	r->timer.tries = 0;
	r->relist = uv_now(k->loop) + RELIST_MS;
	kube_failing(k, KUBE_API, "");
	if (!same)
		kube_changed(k);
	kube_write_check(k);
	step(k);
}

static void take_page(struct kube *k, const json_t *list)
{
	const char *why = list_items(k, list);

	if (!why)
		why = list_next(k, list);
	if (why) {
		list_begin(k);
		failed(k, why);
		return;
	}
	strcpy(k->read.version, version_of(list));
	if (k->read.next)
		step(k);
	else
		list_complete(k);
}

/**
 * kube_read_page - Take the answer to a request for a page
 * @priv: The registry.
 * @answer: The answer.
 */
void kube_read_page(void *priv, const struct http_answer *answer)
{
	struct kube *k = priv;
	json_t *list;

	k->read.call = NULL;
	/* A few large nodes make a page too long: ask for less of them. */
	if (answer->too_long && k->read.page > 1) {
		k->read.page = k->read.page > 10 ? k->read.page / 10 : 1;
		list_begin(k);
		step(k);
		return;
	}
	/* The list took so long that its beginning is forgotten. */
	if (answer->status == 410)
		list_begin(k);
	list = body_of(k, answer);
	if (list)
		take_page(k, list);
	json_decref(list);
}

static void list_page(struct kube *k)
{
	struct kube_request q = {
		.method = "GET",
		.seconds = KUBE_SECONDS,
		.max = KUBE_ANSWER_MAX,
		.done = kube_read_page,
	};
	const char *next = k->read.next;
	char *path;

	if (asprintf(&path, "/api/v1/nodes?limit=%u%s%s", k->read.page,
		     next ? "&continue=" : "", next ? next : "") < 0) {
		failed(k, "out of memory");
		return;
	}
	q.path = path;
	ask(k, &q);
	free(path);
}

/* What cannot be followed has to be read again as a whole. */
static void lost(struct kube *k, const char *why)
{
	http_cancel(k->read.call);
	k->read.call = NULL;
	k->read.list = true;
	list_begin(k);
	if (why)
		kube_failing(k, KUBE_API, why);
	retry(k);
}

static void watch_node(struct kube *k, const json_t *object)
{
	const char *name = kube_node_name(object);
	struct kube_node *n, *have;
	char why[JSON_WHY];
	bool own;

	n = kube_node_new(object, k->prefix, why);
	if (!n) {
		kube_complain(k, why);
		return;
	}
	own = k->node && !strcmp(k->node, name);
	have = kube_set_find(&k->have, name);
	if (have && kube_node_equal(have, n)) {
		kube_node_put(n);
		return;
	}
	if (!kube_set_put(&k->have, n)) {
		kube_node_put(n);
		lost(k, "cannot hold all nodes");
		return;
	}
	kube_changed(k);
	if (own)
		kube_write_check(k);
}

static void watch_deleted(struct kube *k, const json_t *object)
{
	const char *name = kube_node_name(object);

	if (!name)
		kube_complain(k, "API server: a node without a name is deleted");
	else if (kube_set_remove(&k->have, name))
		kube_changed(k);
}

static void watch_error(struct kube *k, const json_t *status)
{
	const char *message = json_string_value(json_object_get(status,
								"message"));
	char whole[JSON_WHY], why[JSON_WHY];

	if (json_integer_value(json_object_get(status, "code")) == 410) {
		lost(k, NULL);
		return;
	}
	snprintf(whole, sizeof(whole), "API server: %s",
		 message ? message : "the watch failed");
	lost(k, text_quote(why, sizeof(why), whole, strlen(whole)));
}

static void watch_event(struct kube *k, const char *type,
			const json_t *object)
{
	const char *version = version_of(object);

	if (!strcmp(type, "ERROR")) {
		watch_error(k, object);
		return;
	}
	if (!is_kind(object, "Node") || !version) {
		lost(k, "API server: an event that is not about a node");
		return;
	}
	strcpy(k->read.version, version);
	if (!strcmp(type, "ADDED") || !strcmp(type, "MODIFIED"))
		watch_node(k, object);
	else if (!strcmp(type, "DELETED"))
		watch_deleted(k, object);
	else if (strcmp(type, "BOOKMARK"))
		lost(k, "API server: an event of an unknown type");
}

/**
 * kube_read_line - Take an event
 * @priv: The registry.
 * @line: A line of the watch.
 * @len: Its length.
 */
void kube_read_line(void *priv, char *line, size_t len)
{
	struct kube *k = priv;
	char why[JSON_WHY];
	const char *type;
	json_t *event;

	if (!len)
		return;
	event = json_parse(line, len, why, NULL);
	type = json_string_value(json_object_get(event, "type"));
	if (!event)
		lost(k, why);
	else if (!type)
		lost(k, "API server: an event without a type");
	else
		watch_event(k, type, json_object_get(event, "object"));
	json_decref(event);
}

static void watch_failed(struct kube *k, const struct http_answer *answer)
{
	char why[JSON_WHY];

	if (answer->status == 410) {
		lost(k, NULL);
		return;
	}
	/* A line that is too long would come again. */
	if (answer->too_long || k->read.timer.tries >= TRIES_MAX) {
		k->read.list = true;
		list_begin(k);
	}
	failed(k, kube_explain(answer, why));
}

static void on_watch_end(void *priv, const struct http_answer *answer)
{
	struct kube *k = priv;
	struct kube_read *r = &k->read;
	uint64_t now = uv_now(k->loop);

	r->call = NULL;
	uv_timer_stop(&r->timer.timer);
	if (answer->status != 200 || *answer->why) {
		watch_failed(k, answer);
		return;
	}
	if (now >= r->relist) {
		r->list = true;
		list_begin(k);
	}
	if (now - r->began < BELIEVED_MS)
		retry(k);
	else
		step(k);
}

static void watch(struct kube *k)
{
	struct kube_request q = {
		.method = "GET",
		.max = KUBE_OBJECT_MAX,
		.line = kube_read_line,
		.done = on_watch_end,
	};
	char *version = kube_escape(k->read.version), *path = NULL;
	uint32_t n = 0;

	getrandom(&n, sizeof(n), 0);
	n = WATCH_SECONDS + n % WATCH_SECONDS;
	q.seconds = n + SILENCE_SECONDS;
	if (!version ||
	    asprintf(&path, "/api/v1/nodes?watch=true&allowWatchBookmarks=true&resourceVersion=%s&timeoutSeconds=%u",
		     version, n) < 0)
		path = NULL;
	free(version);
	if (!path) {
		failed(k, "out of memory");
		return;
	}
	q.path = path;
	k->read.began = uv_now(k->loop);
	ask(k, &q);
	free(path);
	if (k->read.call)
		uv_timer_start(&k->read.timer.timer, on_timer, BELIEVED_MS, 0);
}

static void on_pod(void *priv, const struct http_answer *answer)
{
	struct kube *k = priv;
	const char *name;
	json_t *pod;

	k->read.call = NULL;
	pod = body_of(k, answer);
	if (!pod)
		return;
	name = json_string_value(json_object_get(json_object_get(pod, "spec"),
						 "nodeName"));
	if (name && kube_name_good(name))
		k->node = strdup(name);
	json_decref(pod);
	if (k->node)
		step(k);
	else
		failed(k, "API server: our pod is on no node");
}

/* Until it is known, our own subnet would be taken for another node's. */
static void ask_pod(struct kube *k)
{
	struct kube_request q = {
		.method = "GET",
		.path = k->pod,
		.seconds = KUBE_SECONDS,
		.max = KUBE_OBJECT_MAX,
		.done = on_pod,
	};

	ask(k, &q);
}

static void step(struct kube *k)
{
	if (!k->node && k->pod)
		ask_pod(k);
	else if (k->read.list)
		list_page(k);
	else
		watch(k);
}

/**
 * kube_read_open - Begin to read
 * @k: The registry.
 *
 * Return: 0, or -1 without memory.
 */
int kube_read_open(struct kube *k)
{
	if (kube_timer_new(k, &k->read.timer.timer))
		return -1;
	k->read.list = true;
	k->read.page = PAGE_MAX;
	uv_timer_start(&k->read.timer.timer, on_timer, 0, 0);
	return 0;
}

/**
 * kube_read_close - End reading
 * @k: The registry.
 */
void kube_read_close(struct kube *k)
{
	http_cancel(k->read.call);
	k->read.call = NULL;
	list_begin(k);
}

/**
 * kube_read_relist - Read everything now
 * @k: The registry.
 */
void kube_read_relist(struct kube *k)
{
	http_cancel(k->read.call);
	k->read.call = NULL;
	k->read.list = true;
	list_begin(k);
	uv_timer_start(&k->read.timer.timer, on_timer, 0, 0);
}
