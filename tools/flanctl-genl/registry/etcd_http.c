// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * JSON over HTTP to one etcd endpoint. Nothing waits for ever, no answer is
 * longer than we can hold, and where TLS is asked for there is TLS: verified,
 * 1.2 or newer, or no connection at all.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../text.h"
#include "etcd_http.h"

#define CONNECT_MS	2000L
#define REQUEST_MS	10000L
#define ANSWER_MAX	((size_t)32 << 20)

/* etcd's error code OUT_OF_RANGE. */
#define CODE_COMPACTED	11

/* Room for @n bytes more and a NUL. */
static bool grow(struct etcd_http *h, size_t n)
{
	size_t room = h->room ? h->room : 16384;
	char *more;

	while (room < h->len + n + 1)
		room *= 2;
	if (room == h->room)
		return true;
	more = realloc(h->body, room);
	if (!more)
		return false;
	h->body = more;
	h->room = room;
	return true;
}

static size_t on_body(char *data, size_t one, size_t n, void *arg)
{
	struct etcd_http *h = arg;

	(void)one;
	if (n > ANSWER_MAX - h->len) {
		h->too_long = true;
		return 0;
	}
	if (!grow(h, n))
		return 0;
	memcpy(h->body + h->len, data, n);
	h->len += n;
	h->body[h->len] = '\0';
	return n;
}

static CURLcode set_tls(CURL *curl, const struct registry_options *o)
{
	CURLcode err = CURLE_OK;

	err |= curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
	err |= curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
	err |= curl_easy_setopt(curl, CURLOPT_SSLVERSION,
				(long)CURL_SSLVERSION_TLSv1_2);
	if (o->cafile) {
		err |= curl_easy_setopt(curl, CURLOPT_CAINFO, o->cafile);
		/* libcurl has a directory of its own besides. */
		err |= curl_easy_setopt(curl, CURLOPT_CAPATH, NULL);
	}
	if (o->certfile)
		err |= curl_easy_setopt(curl, CURLOPT_SSLCERT, o->certfile);
	if (o->keyfile)
		err |= curl_easy_setopt(curl, CURLOPT_SSLKEY, o->keyfile);
	return err;
}

static CURLcode set_options(struct etcd_http *h, bool tls,
			    const struct registry_options *o)
{
	CURLcode err = CURLE_OK;
	CURL *curl = h->curl;

	err |= curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR,
				tls ? "https" : "http");
	err |= curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	err |= curl_easy_setopt(curl, CURLOPT_PROXY, "");
	err |= curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
	err |= curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
	err |= curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, REQUEST_MS);
	err |= curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, h->error);
	err |= curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
	err |= curl_easy_setopt(curl, CURLOPT_WRITEDATA, h);
	return tls ? err | set_tls(curl, o) : err;
}

/**
 * etcd_http_open - Prepare a connection
 * @h: Where it goes; etcd_http_close() frees it, also after an error.
 * @endpoint: HOST:PORT, known to be nothing else.
 * @tls: With TLS.
 * @options: How to get in.
 *
 * Return: 0, or -1 with @h->why.
 */
int etcd_http_open(struct etcd_http *h, const char *endpoint, bool tls,
		   const struct registry_options *options)
{
	memset(h, 0, sizeof(*h));
	h->curl = curl_easy_init();
	if (asprintf(&h->base, "%s://%s", tls ? "https" : "http",
		     endpoint) < 0)
		h->base = NULL;
	if (h->curl && h->base && set_options(h, tls, options) == CURLE_OK &&
	    !etcd_http_header(h, "Content-Type", "application/json") &&
	    !etcd_http_header(h, "Expect", ""))
		return 0;
	strcpy(h->why, "cannot set up the connection");
	return -1;
}

/**
 * etcd_http_close - Close a connection
 * @h: The connection.
 */
void etcd_http_close(struct etcd_http *h)
{
	curl_easy_cleanup(h->curl);
	curl_slist_free_all(h->headers);
	free(h->base);
	free(h->body);
	memset(h, 0, sizeof(*h));
}

/**
 * etcd_http_header - Add a header to all requests
 * @h: The connection.
 * @name: Name of the header.
 * @value: Its value; empty: libcurl's own is left out.
 *
 * Return: 0, or -1 with @h->why.
 */
int etcd_http_header(struct etcd_http *h, const char *name, const char *value)
{
	struct curl_slist *more = NULL;
	char *line;

	if (!strpbrk(value, "\r\n") &&
	    asprintf(&line, "%s:%s%s", name, *value ? " " : "", value) >= 0) {
		more = curl_slist_append(h->headers, line);
		free(line);
	}
	if (more)
		h->headers = more;
	else
		strcpy(h->why, "cannot set up the request");
	return more ? 0 : -1;
}

static enum etcd_result failed(struct etcd_http *h, const char *why)
{
	text_quote(h->why, sizeof(h->why), why, strlen(why));
	return ETCD_FAILED;
}

static enum etcd_result transfer(struct etcd_http *h, const char *url,
				 const char *body)
{
	CURLcode err = CURLE_OK;

	h->len = 0;
	h->too_long = false;
	h->error[0] = '\0';
	err |= curl_easy_setopt(h->curl, CURLOPT_URL, url);
	err |= curl_easy_setopt(h->curl, CURLOPT_HTTPHEADER, h->headers);
	err |= curl_easy_setopt(h->curl, CURLOPT_POSTFIELDS, body);
	if (err)
		return failed(h, "cannot set up the request");
	err = curl_easy_perform(h->curl);
	if (h->too_long)
		return failed(h, "the answer is too long"), ETCD_TOO_LONG;
	if (err)
		return failed(h, *h->error ? h->error :
				 curl_easy_strerror(err));
	return ETCD_OK;
}

/* {"error": "...", "code": N}, or with "message" instead of "error". */
static enum etcd_result read_error(struct etcd_http *h, long status,
				   const json_t *answer)
{
	const char *text = json_string_value(json_object_get(answer, "error"));
	json_t *code = json_object_get(answer, "code");
	char whole[JSON_WHY];

	if (!text)
		text = json_string_value(json_object_get(answer, "message"));
	snprintf(whole, sizeof(whole), "HTTP status %ld%s%.150s", status,
		 text ? ": " : "", text ? text : "");
	failed(h, whole);
	return json_integer_value(code) == CODE_COMPACTED ? ETCD_COMPACTED :
							    ETCD_FAILED;
}

static enum etcd_result read_answer(struct etcd_http *h, json_t **answer)
{
	enum etcd_result result = ETCD_OK;
	char why[JSON_WHY];
	long status = 0;

	curl_easy_getinfo(h->curl, CURLINFO_RESPONSE_CODE, &status);
	*answer = json_parse(h->len ? h->body : "", h->len, why, NULL);
	if (status != 200)
		result = read_error(h, status, *answer);
	else if (!json_is_object(*answer))
		result = failed(h, "the answer is not a JSON object");
	if (result == ETCD_OK)
		return result;
	json_decref(*answer);
	*answer = NULL;
	return result;
}

/**
 * etcd_http_post - Ask something
 * @h: The connection.
 * @path: Path of the service.
 * @request: What is asked.
 * @answer: Where the answer goes, an object; the caller drops it.
 *
 * Return: ETCD_OK, or something else with @h->why.
 */
enum etcd_result etcd_http_post(struct etcd_http *h, const char *path,
				const json_t *request, json_t **answer)
{
	char *body = json_dumps(request, JSON_COMPACT);
	enum etcd_result result;
	char *url;

	*answer = NULL;
	if (asprintf(&url, "%s%s", h->base, path) < 0)
		url = NULL;
	if (url && body)
		result = transfer(h, url, body);
	else
		result = failed(h, "out of memory");
	if (result == ETCD_OK)
		result = read_answer(h, answer);
	curl_easy_setopt(h->curl, CURLOPT_POSTFIELDS, NULL);
	free(url);
	free(body);
	return result;
}
