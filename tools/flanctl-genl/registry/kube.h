/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef FLANCTL_REGISTRY_KUBE_H
#define FLANCTL_REGISTRY_KUBE_H

/*
 * What the files of the Kubernetes registry share; nobody else includes it.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "http.h"
#include "kube_node.h"
#include "kubeconfig.h"
#include "registry.h"

#define KUBE_VERSION	256	/* size of a resourceVersion, with the NUL */
#define KUBE_ANSWER_MAX	(64U << 20)
#define KUBE_OBJECT_MAX	(4U << 20)	/* etcd's own limit is below it */
#define KUBE_SECONDS	30

struct kube;

/**
 * struct kube_set - Nodes by name.
 * @v: In the order of their names; they are shared.
 * @n: How many.
 * @room: For how many there is memory.
 */
struct kube_set {
	struct kube_node **v;
	size_t n;
	size_t room;
};

/**
 * struct kube_timer - Something that is done again later.
 * @timer: The loop's handle.
 * @tries: How often it was in vain.
 */
struct kube_timer {
	uv_timer_t timer;
	unsigned int tries;
};

/**
 * enum kube_source - What can be failing; the first one is told.
 * @KUBE_API: The API server cannot be read.
 * @KUBE_FILE: The file of the network config cannot be read.
 * @KUBE_SELF: Our node is not what it has to be.
 */
enum kube_source {
	KUBE_API,
	KUBE_FILE,
	KUBE_SELF,
	KUBE_SOURCES,
};

/**
 * struct kube_config - The network config, a file that is watched.
 * @path: Its name.
 * @event: Tells of changes in its directory: Kubernetes replaces a link.
 * @watched: @event works.
 * @timer: For changes that @event does not tell.
 * @text: What it held when it could be read, NULL: never.
 * @len: Length of @text.
 */
struct kube_config {
	char *path;
	uv_fs_event_t event;
	bool watched;
	uv_timer_t timer;
	char *text;
	size_t len;
};

/**
 * struct kube_read - How far we are with reading.
 * @call: The request that runs, or NULL.
 * @timer: When the next one is due; while a watch runs: when it is believed.
 * @list: A list is due; false: the watch goes on at @version.
 * @watching: @call is a watch.
 * @coming: Nodes of a list that is not complete.
 * @next: From where the list goes on, NULL: at its beginning.
 * @page: How many nodes to ask for at a time.
 * @version: Where the watch goes on, as the server wrote it.
 * @relist: When not to trust the watch any more, uv_now().
 * @began: When the watch began.
 */
struct kube_read {
	struct http_call *call;
	struct kube_timer timer;
	bool list;
	bool watching;
	struct kube_set coming;
	char *next;
	unsigned int page;
	char version[KUBE_VERSION];
	uint64_t relist;
	uint64_t began;
};

/**
 * struct kube_write - What we want to have written.
 * @call: The request that runs, or NULL.
 * @timer: When to look again.
 * @want: Annotations of our node, NULL: there is no claim.
 * @claimed: They have been there.
 * @written: When we wrote them last, uv_now().
 * @told: Why the claim failed when we told last, empty: it did not.
 * @condition: The condition is to be written.
 * @why: What it says: NULL: the network works.
 * @reported: It was to be written, once.
 * @uid: The node that has it; another one of that name has not.
 */
struct kube_write {
	struct http_call *call;
	struct kube_timer timer;
	json_t *want;
	bool claimed;
	uint64_t written;
	char told[JSON_WHY];
	bool condition;
	char *why;
	bool reported;
	char *uid;
};

/**
 * struct kube - A registry in Kubernetes.
 * @r: What everybody knows of it.
 * @loop: Where it runs.
 * @handles: How many of the loop's handles refer to it; the last frees it.
 * @closed: Nobody may be told anything any more.
 * @http: For all requests.
 * @access: How to get in.
 * @tls: The same for @http.
 * @prefix: Of annotations.
 * @node: Our node, NULL: not known (yet).
 * @pod: The path of our pod, which says on which node we are, or NULL.
 * @have: The nodes, as of the last complete list and what followed.
 * @listed: There was one.
 * @data: What we told; it points into @shown.
 * @shown: The nodes in it, in its order, then those that are not.
 * @shown_n: How many.
 * @publish: When changes are told: those that come together at once.
 * @failing: What is wrong, by source; empty: nothing.
 * @told: What of that we told.
 * @complaint: The last warning about a single object.
 * @config: The network config.
 * @read: Reading.
 * @write: Writing.
 */
struct kube {
	struct registry r;
	uv_loop_t *loop;
	unsigned int handles;
	bool closed;
	struct http *http;
	struct kube_access access;
	struct http_tls tls;
	char prefix[KUBE_PREFIX];
	char *node;
	char *pod;
	struct kube_set have;
	bool listed;
	struct registry_data data;
	struct kube_node **shown;
	size_t shown_n;
	uv_timer_t publish;
	char failing[KUBE_SOURCES][JSON_WHY];
	char told[JSON_WHY];
	char complaint[JSON_WHY];
	struct kube_config config;
	struct kube_read read;
	struct kube_write write;
};

/**
 * struct kube_request - A request to the API server.
 * @method: "GET", "PATCH".
 * @path: What follows the server, with the query.
 * @type: Of @body.
 * @body: What is sent, NULL: nothing.
 * @seconds: As in struct http_request, as all that follows.
 * @max: Longest body or line.
 * @line: Makes it a stream.
 * @done: Called at the end; the argument is the registry.
 */
struct kube_request {
	const char *method;
	const char *path;
	const char *type;
	const char *body;
	unsigned int seconds;
	size_t max;
	void (*line)(void *priv, char *line, size_t len);
	void (*done)(void *priv, const struct http_answer *answer);
};

/* kube.c */
int kube_timer_new(struct kube *k, uv_timer_t *t);
void kube_handle_closed(uv_handle_t *handle);
void kube_retry(struct kube *k, struct kube_timer *t, uv_timer_cb again);
void kube_failing(struct kube *k, enum kube_source source, const char *why);
void kube_complain(struct kube *k, const char *why);
void kube_changed(struct kube *k);
const struct kube_node *kube_own(const struct kube *k);

/* kube_request.c */
struct http_call *kube_send(struct kube *k, const struct kube_request *q,
			    char why[static JSON_WHY]);
char *kube_explain(const struct http_answer *answer,
		   char why[static JSON_WHY]);
char *kube_escape(const char *text);

/* kube_set.c */
struct kube_node *kube_set_find(const struct kube_set *s, const char *name);
bool kube_set_put(struct kube_set *s, struct kube_node *n);
bool kube_set_remove(struct kube_set *s, const char *name);
bool kube_set_equal(const struct kube_set *a, const struct kube_set *b);
void kube_set_free(struct kube_set *s);

/* kube_config.c */
int kube_config_open(struct kube *k, const char *path);
void kube_config_close(struct kube *k);

/* kube_read.c */
int kube_read_open(struct kube *k);
void kube_read_close(struct kube *k);
void kube_read_relist(struct kube *k);
void kube_read_page(void *priv, const struct http_answer *answer);
void kube_read_line(void *priv, char *line, size_t len);

/* kube_write.c */
int kube_write_open(struct kube *k);
void kube_write_close(struct kube *k);
void kube_write_claim(struct kube *k, const struct registry_claim *claim);
void kube_write_condition(struct kube *k, const char *why);
void kube_write_check(struct kube *k);

#endif /* FLANCTL_REGISTRY_KUBE_H */
