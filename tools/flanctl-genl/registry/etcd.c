// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * A registry in etcd, over the v3 JSON gateway: the config, then the leases in
 * pages, all at one revision and from one endpoint. An endpoint that fails is
 * followed by the next one, from the beginning.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../error.h"
#include "../text.h"
#include "base64.h"
#include "etcd_http.h"
#include "etcd_name.h"
#include "registry.h"

#define PAGE_MAX	500
#define WHOLE_SECONDS	60

/* How often a listing starts again because its revision was compacted. */
#define COMPACTED_TRIES	3

/**
 * struct listing - A registry that is being read.
 * @http: The connection to one endpoint.
 * @name: What is read.
 * @data: Where it goes.
 * @revision: What all is read at, as etcd writes it; empty: the newest.
 * @page: How many leases to ask for at a time.
 * @next: The key from which the next page begins, as it is in etcd.
 * @next_len: Its length.
 * @until: When to give up, CLOCK_MONOTONIC.
 */
struct listing {
	struct etcd_http http;
	const struct etcd_name *name;
	struct registry_data *data;
	char revision[24];
	int page;
	char *next;
	size_t next_len;
	time_t until;
};

static enum etcd_result broken(struct listing *l, const char *what)
{
	snprintf(l->http.why, sizeof(l->http.why), "%s", what);
	return ETCD_FAILED;
}

static bool put_bytes(json_t *request, const char *key, const char *bytes,
		      size_t len)
{
	char *text = base64_encode(bytes, len);
	bool good = text && !json_object_set_new(request, key,
						 json_string(text));

	free(text);
	return good;
}

static enum etcd_result ask(struct listing *l, json_t *request,
			    json_t **answer)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (now.tv_sec > l->until)
		return broken(l, "takes too long");
	if (*l->revision && json_object_set_new(request, "revision",
						json_string(l->revision)))
		return broken(l, "out of memory");
	return etcd_http_post(&l->http, "/v3/kv/range", request, answer);
}

/* Fix the revision at which the first answer was given. */
static enum etcd_result take_revision(struct listing *l, const json_t *answer)
{
	const json_t *header = json_object_get(answer, "header");
	const char *text = json_string_value(json_object_get(header,
							     "revision"));
	uint64_t revision;

	if (!text || strlen(text) >= sizeof(l->revision) ||
	    !text_decimal(text, strlen(text), INT64_MAX, &revision) ||
	    !revision)
		return broken(l, "an answer has no revision");
	strcpy(l->revision, text);
	return ETCD_OK;
}

static char *get_bytes(const json_t *kv, const char *key, size_t *len)
{
	const json_t *value = json_object_get(kv, key);

	/* The gateway leaves out what is empty. */
	return base64_decode(value ? json_string_value(value) ?: "?" : "",
			     len);
}

static enum etcd_result take_config(struct listing *l, const json_t *answer)
{
	const json_t *kvs = json_object_get(answer, "kvs");
	enum etcd_result result = take_revision(l, answer);

	if (result != ETCD_OK || !json_array_size(kvs))
		return result;
	l->data->config = get_bytes(json_array_get(kvs, 0), "value",
				    &l->data->config_len);
	return l->data->config ? ETCD_OK :
	       broken(l, "the config is not base64");
}

static enum etcd_result read_config(struct listing *l)
{
	json_t *request = json_object(), *answer = NULL;
	enum etcd_result result;
	char *key;

	if (asprintf(&key, "%s/config", l->name->prefix) < 0)
		key = NULL;
	if (request && key && put_bytes(request, "key", key, strlen(key)))
		result = ask(l, request, &answer);
	else
		result = broken(l, "out of memory");
	if (result == ETCD_OK)
		result = take_config(l, answer);
	json_decref(answer);
	json_decref(request);
	free(key);
	return result;
}

/* Keys come in order, so each is above the last one; ours begin alike. */
static bool expected_key(const struct listing *l, const char *key, size_t len)
{
	size_t prefix = strlen(l->name->subnets);
	size_t n = len < l->next_len ? len : l->next_len;
	int diff = memcmp(key, l->next, n);

	return len >= prefix && !memcmp(key, l->name->subnets, prefix) &&
	       (diff > 0 || (!diff && len >= l->next_len));
}

/* The next page begins with the smallest key after @key. */
static bool advance(struct listing *l, const char *key, size_t len)
{
	char *next = malloc(len + 1);

	if (!next)
		return false;
	memcpy(next, key, len);
	next[len] = '\0';
	free(l->next);
	l->next = next;
	l->next_len = len + 1;
	return true;
}

static bool get_created(const json_t *kv, uint64_t *created)
{
	const char *text = json_string_value(json_object_get(kv,
							"create_revision"));

	return text && text_decimal(text, strlen(text), INT64_MAX, created);
}

static enum etcd_result add_lease(struct listing *l, struct registry_entry *e,
				  char *key, size_t len)
{
	size_t prefix = strlen(l->name->subnets);

	if (!expected_key(l, key, len) || !advance(l, key, len)) {
		free(e->value);
		return broken(l, "a key that was not asked for");
	}
	e->key_len = len - prefix;
	e->key = malloc(e->key_len + 1);
	if (!e->key) {
		free(e->value);
		return broken(l, "out of memory");
	}
	memcpy(e->key, key + prefix, e->key_len + 1);
	return registry_add(l->data, e) ? broken(l, "cannot hold all leases") :
					  ETCD_OK;
}

static enum etcd_result take_lease(struct listing *l, const json_t *kv)
{
	struct registry_entry e = {};
	enum etcd_result result;
	size_t len;
	char *key;

	if (!get_created(kv, &e.created))
		return broken(l, "a lease has no create_revision");
	e.value = get_bytes(kv, "value", &e.value_len);
	if (!e.value)
		return broken(l, "a value is not base64");
	key = get_bytes(kv, "key", &len);
	if (!key) {
		free(e.value);
		return broken(l, "a key is not base64");
	}
	result = add_lease(l, &e, key, len);
	free(key);
	return result;
}

/* Each answer says how many keys there are from its first one on. */
static bool is_whole(const json_t *answer, size_t n, bool more)
{
	const json_t *value = json_object_get(answer, "count");
	const char *text = value ? json_string_value(value) : "0";
	uint64_t count;

	return json_object_get(answer, "header") && text &&
	       text_decimal(text, strlen(text), INT64_MAX, &count) &&
	       (more ? count > n : count == n);
}

static enum etcd_result take_page(struct listing *l, const json_t *answer,
				  bool *more)
{
	const json_t *kvs = json_object_get(answer, "kvs");
	enum etcd_result result = ETCD_OK;
	size_t i;

	if (kvs && !json_is_array(kvs))
		return broken(l, "kvs is not an array");
	*more = json_is_true(json_object_get(answer, "more"));
	if (*more && !json_array_size(kvs))
		return broken(l, "an empty page that is not the last");
	for (i = 0; i < json_array_size(kvs) && result == ETCD_OK; i++)
		result = take_lease(l, json_array_get(kvs, i));
	if (result == ETCD_OK && !is_whole(answer, json_array_size(kvs), *more))
		result = broken(l, "an answer that is not whole");
	return result;
}

static enum etcd_result read_page(struct listing *l, bool *more)
{
	json_t *request = json_object(), *answer = NULL;
	const char *end = l->name->subnets_end;
	enum etcd_result result;

	if (request && put_bytes(request, "key", l->next, l->next_len) &&
	    put_bytes(request, "range_end", end, strlen(end)) &&
	    !json_object_set_new(request, "limit", json_integer(l->page)))
		result = ask(l, request, &answer);
	else
		result = broken(l, "out of memory");
	if (result == ETCD_OK)
		result = take_page(l, answer, more);
	json_decref(answer);
	json_decref(request);
	return result;
}

/* A few long values make a page too long: ask for less of them. */
static enum etcd_result read_pages(struct listing *l)
{
	enum etcd_result result = ETCD_OK;
	bool more = true;

	l->page = PAGE_MAX;
	free(l->next);
	l->next_len = strlen(l->name->subnets);
	l->next = strdup(l->name->subnets);
	if (!l->next)
		return broken(l, "out of memory");
	while (more && result == ETCD_OK) {
		result = read_page(l, &more);
		if (result == ETCD_TOO_LONG && l->page > 1) {
			l->page = l->page > 10 ? l->page / 10 : 1;
			result = ETCD_OK;
		}
	}
	return result;
}

static enum etcd_result read_all(struct listing *l)
{
	enum etcd_result result = ETCD_FAILED;
	int tries;

	for (tries = 0; tries < COMPACTED_TRIES; tries++) {
		registry_clear(l->data);
		l->revision[0] = '\0';
		result = read_config(l);
		if (result == ETCD_OK)
			result = read_pages(l);
		if (result != ETCD_COMPACTED)
			break;
	}
	return result;
}

static enum etcd_result log_in(struct listing *l,
			       const struct registry_options *o)
{
	json_t *request, *answer = NULL;
	enum etcd_result result;
	const char *token;

	if (!o->username)
		return ETCD_OK;
	request = json_pack("{ssss}", "name", o->username, "password",
			    o->password ? o->password : "");
	if (!request)
		return broken(l, "name or password is not UTF-8");
	result = etcd_http_post(&l->http, "/v3/auth/authenticate", request,
				&answer);
	token = json_string_value(json_object_get(answer, "token"));
	if (result == ETCD_OK && !token)
		result = broken(l, "the answer has no token");
	if (result == ETCD_OK &&
	    etcd_http_header(&l->http, "Authorization", token))
		result = ETCD_FAILED;
	json_decref(answer);
	json_decref(request);
	return result;
}

static void note_address(struct listing *l)
{
	char *text = NULL;
	struct addr a;

	if (!curl_easy_getinfo(l->http.curl, CURLINFO_PRIMARY_IP, &text) &&
	    text && addr_parse(&a, text))
		registry_add_endpoint(l->data, &a);
}

static bool read_from(const struct etcd_name *name, const char *endpoint,
		      const struct registry_options *options,
		      struct registry_data *data, char *why)
{
	struct listing l = { .name = name, .data = data };
	enum etcd_result result = ETCD_FAILED;
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	l.until = now.tv_sec + WHOLE_SECONDS;
	if (!etcd_http_open(&l.http, endpoint, name->tls, options))
		result = log_in(&l, options);
	if (result == ETCD_OK)
		result = read_all(&l);
	if (result == ETCD_OK)
		note_address(&l);
	strcpy(why, l.http.why);
	etcd_http_close(&l.http);
	free(l.next);
	return result == ETCD_OK;
}

static int read_any(const struct etcd_name *name,
		    const struct registry_options *options,
		    struct registry_data *data)
{
	char why[JSON_WHY];
	size_t i;

	for (i = 0; i < name->n; i++) {
		if (read_from(name, name->endpoint[i], options, data, why))
			return 0;
		registry_clear(data);
		if (name->n > 1)
			warning("etcd %s: %s", name->endpoint[i], why);
	}
	if (name->n > 1)
		return fail(EXIT_REFUSED, "none of the etcd endpoints can be read");
	return fail(EXIT_REFUSED, "etcd %s: %s", name->endpoint[0], why);
}

/**
 * registry_etcd_load - Read a registry in etcd
 * @rest: What follows "etcd://".
 * @tls: With TLS.
 * @options: How to get in.
 * @data: Where it goes.
 *
 * Return: 0; EXIT_WRONG or EXIT_REFUSED after it said why.
 */
int registry_etcd_load(const char *rest, bool tls,
		       const struct registry_options *options,
		       struct registry_data *data)
{
	struct etcd_name name = { .tls = tls };
	int err;

	err = etcd_name_parse(&name, rest, options);
	if (!err)
		err = read_any(&name, options, data);
	if (!err)
		etcd_name_addresses(&name, data);
	etcd_name_free(&name);
	return err;
}
