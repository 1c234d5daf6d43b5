// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Reading all that etcd holds: the config, then the leases in pages, all at one
 * revision and from one endpoint. An answer that is not exactly what was asked
 * for ends it: what comes out is the whole, or nothing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "etcd_kv.h"
#include "etcd_list.h"

#define PAGE_MAX	500
#define WHOLE_MS	60000
#define BYTES_MAX	((size_t)256 << 20)

/* How often a listing starts again because its revision was compacted. */
#define COMPACTED_TRIES	3

static void ask(struct etcd_list *list);

static void end(struct etcd_list *list, enum etcd_result result,
		const char *why)
{
	list->runs = false;
	free(list->next);
	list->next = NULL;
	if (result != ETCD_OK)
		registry_clear(&list->data);
	list->done(list, result, why);
}

/* The next page begins with the smallest key after @key. */
static bool advance(struct etcd_list *list, const char *key, size_t len)
{
	char *next = malloc(len + 1);

	if (!next)
		return false;
	memcpy(next, key, len);
	next[len] = '\0';
	free(list->next);
	list->next = next;
	list->next_len = len + 1;
	return true;
}

/* Keys come in order, so each is above the last one; ours begin alike. */
static bool expected_key(const struct etcd_list *list, const char *key,
			 size_t len)
{
	const char *subnets = list->call.server->name.subnets;
	size_t n = len < list->next_len ? len : list->next_len;
	int diff = memcmp(key, list->next, n);

	return len >= strlen(subnets) &&
	       !memcmp(key, subnets, strlen(subnets)) &&
	       (diff > 0 || (!diff && len >= list->next_len));
}

static const char *take_key(struct etcd_list *list, const json_t *object)
{
	const char *why = NULL;
	size_t len;
	char *key;

	key = etcd_get_bytes(object, "key", &len);
	if (!key)
		return "a key is not base64";
	if (!expected_key(list, key, len))
		why = "a key that was not asked for";
	else if (!advance(list, key, len))
		why = "out of memory";
	free(key);
	return why;
}

static const char *take_lease(struct etcd_list *list, const json_t *object)
{
	const char *why = take_key(list, object);
	struct etcd_kv kv;

	if (why)
		return why;
	why = etcd_kv_parse(&kv, object, &list->call.server->name, false);
	if (why) {
		etcd_kv_free(&kv);
		return why;
	}
	list->bytes += kv.entry.key_len + kv.entry.value_len;
	if (list->bytes > BYTES_MAX) {
		etcd_kv_free(&kv);
		return "the leases are too long altogether";
	}
	return registry_add(&list->data, &kv.entry) ?
	       "cannot hold all leases" : NULL;
}

/* Each answer says how many keys there are from its first one on. */
static bool is_whole(const json_t *answer, size_t n, bool more)
{
	uint64_t count = 0;

	if (json_object_get(answer, "count") &&
	    !etcd_get_number(answer, "count", &count))
		return false;
	return json_object_get(answer, "header") &&
	       (more ? count > n : count == n);
}

static const char *take_page(struct etcd_list *list, const json_t *answer,
			     bool *more)
{
	const json_t *kvs = json_object_get(answer, "kvs");
	const char *why = NULL;
	size_t i;

	if (kvs && !json_is_array(kvs))
		return "kvs is not an array";
	*more = json_is_true(json_object_get(answer, "more"));
	if (*more && !json_array_size(kvs))
		return "an empty page that is not the last";
	for (i = 0; i < json_array_size(kvs) && !why; i++)
		why = take_lease(list, json_array_get(kvs, i));
	if (!why && !is_whole(answer, json_array_size(kvs), *more))
		why = "an answer that is not whole";
	return why;
}

/* It also fixes the revision at which all else is read. */
static const char *take_config(struct etcd_list *list, const json_t *answer)
{
	const json_t *kvs = json_object_get(answer, "kvs");
	const struct etcd_name *name = &list->call.server->name;
	struct etcd_kv kv = {};
	const char *why = NULL;

	if (!etcd_get_revision(answer, &list->revision))
		return "an answer has no revision";
	if (json_array_size(kvs)) {
		why = etcd_kv_parse(&kv, json_array_get(kvs, 0), name, false);
		if (!why && kv.kind != ETCD_CONFIG)
			why = "a key that was not asked for";
	}
	if (!why) {
		list->data.config = kv.entry.value;
		list->data.config_len = kv.entry.value_len;
		kv.entry.value = NULL;
		list->next = strdup(name->subnets);
		list->next_len = strlen(name->subnets);
		if (!list->next)
			why = "out of memory";
	}
	etcd_kv_free(&kv);
	return why;
}

/**
 * etcd_list_take - Take what was asked for last
 * @list: The listing.
 * @answer: What etcd says.
 * @more: Set to whether there is more to ask for.
 *
 * Return: NULL, or what is wrong.
 */
const char *etcd_list_take(struct etcd_list *list, const json_t *answer,
			   bool *more)
{
	if (list->next)
		return take_page(list, answer, more);
	*more = true;
	return take_config(list, answer);
}

static json_t *config_request(const struct etcd_list *list)
{
	const struct etcd_name *name = &list->call.server->name;
	json_t *request = json_object();
	char *key = NULL;
	bool good;

	good = asprintf(&key, "%s/config", name->prefix) >= 0 && request &&
	       etcd_put_text(request, "key", key);
	free(key);
	if (good)
		return request;
	json_decref(request);
	return NULL;
}

/**
 * etcd_list_probe - A question that costs next to nothing
 * @list: The listing; maybe nothing runs.
 *
 * A member answers it alone and from memory, and whoever may list may ask it.
 *
 * Return: The question, NULL without memory.
 */
json_t *etcd_list_probe(const struct etcd_list *list)
{
	json_t *request = config_request(list);

	if (request &&
	    !json_object_set_new(request, "serializable", json_true()) &&
	    !json_object_set_new(request, "keys_only", json_true()))
		return request;
	json_decref(request);
	return NULL;
}

static json_t *page_request(const struct etcd_list *list)
{
	const char *end = list->call.server->name.subnets_end;
	json_t *request = json_object();
	char revision[24];

	snprintf(revision, sizeof(revision), "%llu",
		 (unsigned long long)list->revision);
	if (request &&
	    etcd_put_bytes(request, "key", list->next, list->next_len) &&
	    etcd_put_text(request, "range_end", end) &&
	    !json_object_set_new(request, "limit", json_integer(list->page)) &&
	    !json_object_set_new(request, "revision", json_string(revision)))
		return request;
	json_decref(request);
	return NULL;
}

static void begin(struct etcd_list *list)
{
	registry_clear(&list->data);
	free(list->next);
	list->next = NULL;
	list->revision = 0;
	list->bytes = 0;
	list->page = PAGE_MAX;
	ask(list);
}

static void take_answer(struct etcd_list *list, const json_t *answer)
{
	const char *why;
	bool more;

	why = etcd_list_take(list, answer, &more);
	if (why)
		end(list, ETCD_FAILED, why);
	else if (more)
		ask(list);
	else
		end(list, ETCD_OK, NULL);
}

/* A few long values make a page too long: ask for less of them. */
static void on_answer(struct etcd_call *call, enum etcd_result result,
		      const json_t *answer)
{
	struct etcd_list *list = (struct etcd_list *)call;

	list->from = call->from;
	if (result == ETCD_OK) {
		take_answer(list, answer);
	} else if (result == ETCD_TOO_LONG && list->next && list->page > 1) {
		list->page = list->page > 10 ? list->page / 10 : 1;
		ask(list);
	} else if (result == ETCD_COMPACTED &&
		   ++list->tries < COMPACTED_TRIES) {
		begin(list);
	} else {
		end(list, result, call->why);
	}
}

static void ask(struct etcd_list *list)
{
	json_t *request;

	if (uv_now(list->loop) > list->until) {
		end(list, ETCD_FAILED, "takes too long");
		return;
	}
	request = list->next ? page_request(list) : config_request(list);
	etcd_ask(&list->call, "/v3/kv/range", request);
}

/**
 * etcd_list_start - Begin to read all
 * @list: @list->call.server, @list->loop and @list->done are set; the rest is
 *	zero, or of the last time.
 */
void etcd_list_start(struct etcd_list *list)
{
	etcd_list_cancel(list);
	list->call.done = on_answer;
	list->until = uv_now(list->loop) + WHOLE_MS;
	list->tries = 0;
	list->runs = true;
	begin(list);
}

/**
 * etcd_list_cancel - End it without calling anybody
 * @list: The listing; maybe nothing runs.
 */
void etcd_list_cancel(struct etcd_list *list)
{
	etcd_ask_cancel(&list->call);
	registry_clear(&list->data);
	free(list->next);
	list->next = NULL;
	list->runs = false;
}
