// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Our own key: claimed, renewed before its lease ends, created again when it is
 * gone. It is only ever written in a transaction that fails where somebody
 * else's value stands, and a key that somebody has put there without a lease
 * stays without one.
 */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "etcd_kv.h"
#include "etcd_lease.h"
#include "etcd_mirror.h"

#define TTL_TEXT	"86400"		/* flannel's, in seconds */
#define TTL_MAX		0x7fffffff
#define TURNS_MAX	6
#define MARGIN_MIN_MS	60000U
#define AGAIN_MS	1000U
#define AGAIN_MAX_MS	60000U

static void grant(struct etcd_lease *lease);
static void look(struct etcd_lease *lease);

static void tell(struct etcd_lease *lease, enum registry_claimed how,
		 const char *why)
{
	const struct registry *r = lease->registry;

	lease->busy = false;
	r->events->claimed(r->priv, how, why);
}

static void on_revoked(struct etcd_call *call, enum etcd_result result,
		       const json_t *answer)
{
	(void)call;
	(void)result;
	(void)answer;
}

/* If that fails, it ends by itself. */
static void give_back(struct etcd_lease *lease)
{
	if (!*lease->grant)
		return;
	etcd_ask_cancel(&lease->revoke);
	lease->revoke.done = on_revoked;
	etcd_ask(&lease->revoke, "/v3/lease/revoke",
		 json_pack("{ss}", "ID", lease->grant));
	lease->grant[0] = '\0';
}

static void lose(struct etcd_lease *lease, const char *why)
{
	char whole[2 * JSON_WHY];

	lease->held = false;
	lease->kept = false;
	uv_timer_stop(&lease->timer);
	give_back(lease);
	snprintf(whole, sizeof(whole), "%.100s: %s", lease->key, why);
	tell(lease, REGISTRY_TAKEN, whole);
}

static void renew(struct etcd_lease *lease)
{
	lease->turns = 0;
	grant(lease);
}

static void on_time(uv_timer_t *timer)
{
	char *start = (char *)timer - offsetof(struct etcd_lease, timer);
	struct etcd_lease *lease = (struct etcd_lease *)start;

	if (lease->busy)
		return;
	if (lease->kept)
		renew(lease);
	else
		look(lease);
}

static void again_later(struct etcd_lease *lease)
{
	uint64_t ms = AGAIN_MS << (lease->tries < 6 ? lease->tries : 6);

	lease->tries++;
	uv_timer_start(&lease->timer, on_time,
		       ms < AGAIN_MAX_MS ? ms : AGAIN_MAX_MS, 0);
}

/*
 * A key that is ours is not given up: it may have been written all the same,
 * with a lease that must not be revoked then.
 */
static void fail_now(struct etcd_lease *lease, const char *why)
{
	char whole[2 * JSON_WHY];

	lease->busy = false;
	if (lease->kept || lease->before) {
		lease->grant[0] = '\0';
		again_later(lease);
	} else {
		give_back(lease);
	}
	if (!lease->kept) {
		tell(lease, REGISTRY_NOT_CLAIMED, why);
		return;
	}
	snprintf(whole, sizeof(whole), "the lease of %.100s cannot be renewed: %s",
		 lease->key, why);
	registry_tell_failing(lease->registry, whole);
}

/*
 * It is not known whether the key was written. Where there was none, it may go
 * again with its lease; where it was ours, it stays.
 */
static void not_known(struct etcd_lease *lease, const char *why)
{
	if (lease->when != ETCD_IF_ABSENT)
		lease->grant[0] = '\0';
	fail_now(lease, why);
}

/* Renew @margin_ms before the end: not too late, and not at once again. */
static void renew_in_time(struct etcd_lease *lease, uint64_t seconds)
{
	uint64_t margin = lease->margin_ms, wait;

	if (margin < MARGIN_MIN_MS)
		margin = MARGIN_MIN_MS;
	if (margin >= lease->ttl * 1000)
		margin = lease->ttl * 500;
	wait = seconds * 1000 > margin ? seconds * 1000 - margin : 0;
	uv_timer_start(&lease->timer, on_time, wait > AGAIN_MS ? wait :
							    AGAIN_MS, 0);
}

static bool is_ours(const struct etcd_lease *lease, const char *value,
		    size_t len)
{
	return len == strlen(lease->value) && !memcmp(value, lease->value, len);
}

/* What was told before the key was written says nothing about it. */
static void check(struct etcd_lease *lease)
{
	const struct registry_entry *e;

	if (!lease->held || lease->busy || lease->told_at < lease->revision)
		return;
	e = etcd_mirror_find(lease->told, lease->key, strlen(lease->key));
	if (!e) {
		lease->held = false;
		renew(lease);
	} else if (!is_ours(lease, e->value, e->value_len)) {
		lease->grant[0] = '\0';
		lose(lease, "somebody else has it");
	}
}

static void have(struct etcd_lease *lease, uint64_t revision)
{
	bool news = !lease->held, failed = lease->kept && lease->tries;

	lease->held = true;
	lease->kept = true;
	lease->busy = false;
	lease->revision = revision;
	lease->tries = 0;
	if (*lease->grant)
		renew_in_time(lease, lease->ttl);
	else
		uv_timer_stop(&lease->timer);
	/* That it could not be renewed is over when something else is told. */
	if (failed)
		lease->registry->ops->relist(lease->registry);
	if (news)
		tell(lease, REGISTRY_CLAIMED, "");
	check(lease);
}

static json_t *compare(const struct etcd_lease *lease)
{
	json_t *c = json_pack("{ssss}", "result", "EQUAL", "target",
			      lease->when == ETCD_IF_ABSENT ? "CREATE" :
			      lease->when == ETCD_IF_OURS ? "VALUE" : "MOD");
	bool good = c && etcd_put_text(c, "key", lease->path);
	char text[24];

	snprintf(text, sizeof(text), "%llu",
		 (unsigned long long)lease->modified);
	if (good && lease->when == ETCD_IF_ABSENT)
		good = !json_object_set_new(c, "create_revision",
					    json_string("0"));
	else if (good && lease->when == ETCD_IF_OURS)
		good = etcd_put_text(c, "value", lease->value);
	else if (good)
		good = !json_object_set_new(c, "mod_revision",
					    json_string(text));
	if (good)
		return c;
	json_decref(c);
	return NULL;
}

static json_t *put_request(const struct etcd_lease *lease)
{
	json_t *put = json_object();

	if (put && etcd_put_text(put, "key", lease->path) &&
	    etcd_put_text(put, "value", lease->value) &&
	    (!*lease->grant ||
	     !json_object_set_new(put, "lease", json_string(lease->grant))))
		return put;
	json_decref(put);
	return NULL;
}

static json_t *range_request(const struct etcd_lease *lease)
{
	json_t *range = json_object();

	if (range && etcd_put_text(range, "key", lease->path))
		return range;
	json_decref(range);
	return NULL;
}

static void on_written(struct etcd_call *call, enum etcd_result result,
		       const json_t *answer);

static void write_key(struct etcd_lease *lease, enum etcd_if when)
{
	json_t *request;

	lease->when = when;
	lease->call.done = on_written;
	request = json_pack("{s[o]s[{so}]s[{so}]}", "compare", compare(lease),
			    "success", "request_put", put_request(lease),
			    "failure", "request_range", range_request(lease));
	etcd_ask(&lease->call, "/v3/kv/txn", request);
}

/* The transaction did nothing, because of what is there: @value or nothing. */
static void not_written(struct etcd_lease *lease, const json_t *kv,
			const char *value, size_t len)
{
	const json_t *id = json_object_get(kv, "lease");

	if (!kv)
		lease->held = false;
	if (++lease->turns > TURNS_MAX) {
		fail_now(lease, "the key changes all the time");
	} else if (!kv && !*lease->grant) {
		grant(lease);
	} else if (!kv) {
		write_key(lease, ETCD_IF_ABSENT);
	} else if (is_ours(lease, value, len)) {
		if (!id)
			give_back(lease);
		write_key(lease, ETCD_IF_OURS);
	} else if (lease->when == ETCD_IF_UNCHANGED) {
		fail_now(lease, "the key has just changed");
	} else {
		lose(lease, "somebody else has it");
	}
}

static const json_t *first_kv(const json_t *range)
{
	return json_array_get(json_object_get(range, "kvs"), 0);
}

static void on_written(struct etcd_call *call, enum etcd_result result,
		       const json_t *answer)
{
	struct etcd_lease *lease = (struct etcd_lease *)call;
	const json_t *kv, *first;
	uint64_t revision;
	char *value;
	size_t len;

	if (result != ETCD_OK) {
		not_known(lease, call->why);
		return;
	}
	if (json_is_true(json_object_get(answer, "succeeded"))) {
		if (etcd_get_revision(answer, &revision))
			have(lease, revision);
		else
			not_known(lease, "an answer has no revision");
		return;
	}
	first = json_array_get(json_object_get(answer, "responses"), 0);
	first = json_object_get(first, "response_range");
	kv = first_kv(first);
	value = etcd_get_bytes(kv, "value", &len);
	if (!first || !value)
		not_known(lease, "an answer that is none");
	else
		not_written(lease, kv, value, len);
	free(value);
}

static void on_granted(struct etcd_call *call, enum etcd_result result,
		       const json_t *answer)
{
	struct etcd_lease *lease = (struct etcd_lease *)call;
	const char *id = json_string_value(json_object_get(answer, "ID"));

	if (result != ETCD_OK) {
		fail_now(lease, call->why);
		return;
	}
	if (!id || !*id || strlen(id) >= sizeof(lease->grant) ||
	    strspn(id, "0123456789") != strlen(id) ||
	    !etcd_get_number(answer, "TTL", &lease->ttl) || !lease->ttl ||
	    lease->ttl > TTL_MAX) {
		fail_now(lease, "a lease that is none");
		return;
	}
	strcpy(lease->grant, id);
	write_key(lease, lease->when);
}

/* A new lease each time, as flannel does it: the old one is left to end. */
static void grant(struct etcd_lease *lease)
{
	lease->busy = true;
	lease->grant[0] = '\0';
	if (lease->kept)
		lease->when = ETCD_IF_OURS;
	else if (lease->when == ETCD_IF_OURS)
		lease->when = ETCD_IF_ABSENT;
	lease->call.done = on_granted;
	etcd_ask(&lease->call, "/v3/lease/grant",
		 json_pack("{ss}", "TTL", TTL_TEXT));
}

/* Does etcd still have what the claim was made for? */
static bool as_told(const struct etcd_lease *lease, const char *value,
		    size_t len)
{
	const struct registry_entry *e;

	if (is_ours(lease, value, len) ||
	    (lease->before && len == strlen(lease->before) &&
	     !memcmp(value, lease->before, len)))
		return true;
	e = etcd_mirror_find(lease->told, lease->key, strlen(lease->key));
	return e && e->value_len == len && !memcmp(e->value, value, len);
}

static void reuse(struct etcd_lease *lease, const json_t *kv,
		  const char *value, size_t len)
{
	if (!etcd_get_number(kv, "mod_revision", &lease->modified)) {
		fail_now(lease, "a key has no mod_revision");
	} else if (!as_told(lease, value, len)) {
		fail_now(lease, "the key has just changed");
	} else if (json_object_get(kv, "lease")) {
		lease->when = ETCD_IF_UNCHANGED;
		grant(lease);
	} else if (is_ours(lease, value, len)) {
		have(lease, lease->modified);
	} else {
		write_key(lease, ETCD_IF_UNCHANGED);
	}
}

static void on_found(struct etcd_call *call, enum etcd_result result,
		     const json_t *answer)
{
	struct etcd_lease *lease = (struct etcd_lease *)call;
	const json_t *kv = first_kv(answer);
	char *value;
	size_t len;

	if (result != ETCD_OK) {
		fail_now(lease, call->why);
		return;
	}
	if (!kv) {
		lease->when = ETCD_IF_ABSENT;
		grant(lease);
		return;
	}
	value = etcd_get_bytes(kv, "value", &len);
	if (value)
		reuse(lease, kv, value, len);
	else
		fail_now(lease, "a value is not base64");
	free(value);
}

static void look(struct etcd_lease *lease)
{
	lease->busy = true;
	lease->turns = 0;
	lease->call.done = on_found;
	etcd_ask(&lease->call, "/v3/kv/range", range_request(lease));
}

static void forget(struct etcd_lease *lease)
{
	etcd_ask_cancel(&lease->call);
	uv_timer_stop(&lease->timer);
	free(lease->key);
	free(lease->path);
	free(lease->value);
	free(lease->before);
	lease->key = NULL;
	lease->path = NULL;
	lease->value = NULL;
	lease->before = NULL;
	lease->busy = false;
	lease->held = false;
	lease->kept = false;
	lease->tries = 0;
	lease->turns = 0;
	lease->grant[0] = '\0';
}

/**
 * etcd_lease_claim - Claim a key, instead of what was claimed before
 * @lease: The lease.
 * @claim: The key.
 */
void etcd_lease_claim(struct etcd_lease *lease,
		      const struct registry_claim *claim)
{
	const char *subnets = lease->call.server->name.subnets;
	char *before = NULL;

	if (lease->kept && !strcmp(lease->key, claim->key)) {
		before = lease->value;
		lease->value = NULL;
	}
	forget(lease);
	lease->before = before;
	lease->busy = true;
	lease->key = strdup(claim->key);
	lease->value = strdup(claim->value);
	if (asprintf(&lease->path, "%s%s", subnets, claim->key) < 0)
		lease->path = NULL;
	if (!lease->key || !lease->value || !lease->path) {
		forget(lease);
		tell(lease, REGISTRY_NOT_CLAIMED, "out of memory");
		return;
	}
	if (claim->create) {
		lease->when = ETCD_IF_ABSENT;
		grant(lease);
		return;
	}
	look(lease);
}

/**
 * etcd_lease_told - See whether our key is still there
 * @lease: The lease.
 * @revision: At which revision @lease->told is now.
 */
void etcd_lease_told(struct etcd_lease *lease, uint64_t revision)
{
	lease->told_at = revision;
	check(lease);
}

/* For a lease that has ended there is an answer too, with no time in it. */
static void on_verified(struct etcd_call *call, enum etcd_result result,
			const json_t *answer)
{
	struct etcd_lease *lease = (struct etcd_lease *)call;
	uint64_t seconds;

	lease->busy = false;
	if (result == ETCD_OK && etcd_get_number(answer, "TTL", &seconds) &&
	    seconds && seconds <= TTL_MAX)
		renew_in_time(lease, seconds);
	else if (result == ETCD_OK)
		renew(lease);
	check(lease);
}

/**
 * etcd_lease_verify - Ask whether our lease lives, and for how long
 * @lease: The lease.
 */
void etcd_lease_verify(struct etcd_lease *lease)
{
	if (!lease->held || lease->busy || !*lease->grant)
		return;
	lease->busy = true;
	lease->call.done = on_verified;
	etcd_ask(&lease->call, "/v3/lease/timetolive",
		 json_pack("{ss}", "ID", lease->grant));
}

/**
 * etcd_lease_drop - Let it be; the key stays
 * @lease: The lease.
 */
void etcd_lease_drop(struct etcd_lease *lease)
{
	etcd_ask_cancel(&lease->revoke);
	forget(lease);
}
