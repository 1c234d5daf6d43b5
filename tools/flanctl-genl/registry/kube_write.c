// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Writing to our own Node: the claim, as annotations that stay as we want them,
 * and the condition NetworkUnavailable. Both are tried until they are there;
 * if somebody else writes our annotations, ours are written again, later and
 * later: two writers must not keep the API server busy.
 *
 * One request runs at a time.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kube.h"

#define QUIET_MS	60000	/* for so long nobody has to have interfered */

static void on_timer(uv_timer_t *timer)
{
	kube_write_check(timer->data);
}

static void retry(struct kube *k)
{
	kube_retry(k, &k->write.timer, on_timer);
}

/* Tell about the claim, each reason once. */
static void tell(struct kube *k, const char *why)
{
	struct kube_write *w = &k->write;

	if (!w->want || registry_same_reason(w->told, why))
		return;
	snprintf(w->told, sizeof(w->told), "%s", why);
	k->r.events->claimed(k->r.priv, REGISTRY_NOT_CLAIMED, why);
}

static void tell_claimed(struct kube *k)
{
	struct kube_write *w = &k->write;

	if (w->claimed)
		return;
	w->claimed = true;
	w->told[0] = '\0';
	k->r.events->claimed(k->r.priv, REGISTRY_CLAIMED, "");
}

static void patch(struct kube *k, const char *body,
		  void (*done)(void *priv, const struct http_answer *answer))
{
	struct kube_request q = {
		.method = "PATCH",
		.type = "application/strategic-merge-patch+json",
		.body = body,
		.seconds = KUBE_SECONDS,
		.max = KUBE_OBJECT_MAX,
		.done = done,
	};
	char path[KUBE_NAME + 32], why[JSON_WHY];

	snprintf(path, sizeof(path), "/api/v1/nodes/%s/status", k->node);
	q.path = path;
	k->write.call = kube_send(k, &q, why);
	if (k->write.call)
		return;
	tell(k, why);
	retry(k);
}

static bool is_done(struct kube *k, const struct http_answer *answer)
{
	char why[JSON_WHY];

	k->write.call = NULL;
	if (answer->status == 200 && !*answer->why)
		return true;
	kube_explain(answer, why);
	if (k->write.want && !k->write.claimed)
		tell(k, why);
	else
		kube_complain(k, why);
	retry(k);
	return false;
}

/* The watch tells soon that it is there; until then there is no haste. */
static void on_claimed(void *priv, const struct http_answer *answer)
{
	struct kube *k = priv;

	if (!is_done(k, answer))
		return;
	k->write.written = uv_now(k->loop);
	retry(k);
	tell_claimed(k);
}

static void on_condition(void *priv, const struct http_answer *answer)
{
	struct kube *k = priv;

	if (!is_done(k, answer)) {
		k->write.condition = true;
		return;
	}
	kube_write_check(k);
}

/* Return: true if there was something to write. */
static bool write_claim(struct kube *k, const struct kube_node *own)
{
	struct kube_write *w = &k->write;
	char *body = kube_claim_patch(w->want, own, k->prefix);

	if (!body) {
		tell(k, "out of memory");
		retry(k);
	} else if (*body) {
		if (w->claimed)
			kube_complain(k, "somebody else has changed our annotations, they are written again");
		patch(k, body, on_claimed);
	} else {
		if (uv_now(k->loop) - w->written > QUIET_MS)
			w->timer.tries = 0;
		tell_claimed(k);
		free(body);
		return false;
	}
	free(body);
	return true;
}

static void write_condition(struct kube *k)
{
	time_t now = time(NULL);
	struct tm tm;
	char text[32], *body;

	gmtime_r(&now, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	body = kube_condition_patch(k->write.why, text);
	if (body)
		patch(k, body, on_condition);
	else
		retry(k);
	/* It can change, and be wanted anew, while this is under way. */
	k->write.condition = !k->write.call;
	free(body);
}

/* A node that was made again knows nothing of what we wrote to the last one. */
static void note_uid(struct kube_write *w, const struct kube_node *own)
{
	if (w->uid && !strcmp(w->uid, own->uid))
		return;
	if (w->uid && w->uid[0])
		w->condition = w->reported;
	free(w->uid);
	w->uid = strdup(own->uid);
}

/**
 * kube_write_check - Write what is not there as it should be
 * @k: The registry; our node may have changed.
 */
void kube_write_check(struct kube *k)
{
	struct kube_write *w = &k->write;
	const struct kube_node *own = kube_own(k);

	if (k->closed || !k->listed || w->call ||
	    uv_is_active((uv_handle_t *)&w->timer.timer))
		return;
	if (!own) {
		tell(k, k->node ? "there is no such node" :
				  "which node this is has to be said: NODE_NAME");
		return;
	}
	note_uid(w, own);
	if (w->want && write_claim(k, own))
		return;
	if (w->condition)
		write_condition(k);
}

/**
 * kube_write_claim - Claim the lease, and keep it
 * @k: The registry.
 * @claim: The claim; its key is the API server's business.
 */
void kube_write_claim(struct kube *k, const struct registry_claim *claim)
{
	struct kube_write *w = &k->write;
	char why[JSON_WHY];
	json_t *want;

	want = kube_claim_annotations(claim->value, why);
	if (want && json_equal(want, w->want)) {
		/* What is being tried need not begin again. */
		json_decref(want);
		w->claimed = false;
		kube_write_check(k);
		return;
	}
	json_decref(w->want);
	w->want = want;
	w->claimed = false;
	w->told[0] = '\0';
	if (!want)
		k->r.events->claimed(k->r.priv, REGISTRY_NOT_CLAIMED, why);
	kube_write_check(k);
}

/**
 * kube_write_condition - Say whether this node's network works
 * @k: The registry.
 * @why: Why it does not, NULL: it does.
 */
void kube_write_condition(struct kube *k, const char *why)
{
	free(k->write.why);
	k->write.why = why ? strdup(why) : NULL;
	k->write.condition = true;
	k->write.reported = true;
	kube_write_check(k);
}

/**
 * kube_write_open - Prepare for writing
 * @k: The registry.
 *
 * Return: 0, or -1.
 */
int kube_write_open(struct kube *k)
{
	return kube_timer_new(k, &k->write.timer.timer);
}

/**
 * kube_write_close - End writing
 * @k: The registry.
 */
void kube_write_close(struct kube *k)
{
	struct kube_write *w = &k->write;

	http_cancel(w->call);
	w->call = NULL;
	json_decref(w->want);
	w->want = NULL;
	free(w->why);
	free(w->uid);
	w->why = NULL;
	w->uid = NULL;
}
