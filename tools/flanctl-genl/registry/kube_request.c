// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Requests to the API server, each with the token of its moment, and what its
 * refusals say.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../text.h"
#include "kube.h"

/**
 * kube_escape - Make a text fit for a query
 * @text: The text.
 *
 * Return: The result, to be freed; NULL without memory.
 */
char *kube_escape(const char *text)
{
	static const char hex[] = "0123456789ABCDEF";
	static const char plain[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.";
	char *escaped = malloc(3 * strlen(text) + 1), *to = escaped;

	for (; escaped && *text; text++) {
		if (strchr(plain, *text)) {
			*to++ = *text;
			continue;
		}
		*to++ = '%';
		*to++ = hex[(unsigned char)*text >> 4];
		*to++ = hex[(unsigned char)*text & 15];
	}
	if (escaped)
		*to = '\0';
	return escaped;
}

static struct http_call *start(struct kube *k, const struct kube_request *q,
			       const char *url, const char *authorization,
			       const char *type)
{
	const char *headers[5] = {
		"Accept: application/json",
		"User-Agent: flanctl-genl/" FLANNEL_VERSION,
	};
	struct http_request request = {
		.method = q->method,
		.url = url,
		.headers = headers,
		.body = q->body,
		.body_len = q->body ? strlen(q->body) : 0,
		.tls = &k->tls,
		.max = q->max,
		.seconds = q->seconds,
		.line = q->line,
		.done = q->done,
		.priv = k,
	};
	size_t n = 2;

	if (authorization)
		headers[n++] = authorization;
	if (type)
		headers[n++] = type;
	return http_start(k->http, &request);
}

/* "Name: value", to be freed; NULL without a value, and without memory. */
static char *header(const char *name, const char *value)
{
	char *whole;

	if (!value || asprintf(&whole, "%s%s", name, value) < 0)
		return NULL;
	return whole;
}

/**
 * kube_send - Ask the API server
 * @k: The registry.
 * @q: What.
 * @why: Why it cannot be asked.
 *
 * Return: The request, as http_start(), or NULL.
 */
struct http_call *kube_send(struct kube *k, const struct kube_request *q,
			    char why[static JSON_WHY])
{
	struct http_call *call = NULL;
	char *url, *token, *authorization, *type;

	strcpy(why, "closed");
	if (k->closed)
		return NULL;
	url = header(k->access.url, q->path);
	token = kube_access_token(&k->access, why);
	authorization = header("Authorization: Bearer ", token);
	type = header("Content-Type: ", q->type);
	if (!*why) {
		strcpy(why, "out of memory");
		if (url && !token == !authorization && !type == !q->type)
			call = start(k, q, url, authorization, type);
	}
	free(type);
	if (authorization)
		explicit_bzero(authorization, strlen(authorization));
	free(authorization);
	if (token)
		explicit_bzero(token, strlen(token));
	free(token);
	free(url);
	return call;
}

/**
 * kube_explain - Why an answer is none
 * @answer: The answer.
 * @why: Where the reason goes, fit to be printed: what the server says about
 *	it, where it says something.
 *
 * Return: @why.
 */
char *kube_explain(const struct http_answer *answer, char why[static JSON_WHY])
{
	const char *message = NULL;
	json_t *status = NULL;
	char whole[JSON_WHY];

	if (answer->status != 200 && answer->body)
		status = json_parse(answer->body, answer->len, why, NULL);
	message = json_string_value(json_object_get(status, "message"));
	if (message && *message) {
		snprintf(whole, sizeof(whole), "API server: %s", message);
		text_quote(why, JSON_WHY, whole, strlen(whole));
	} else if (*answer->why) {
		snprintf(why, JSON_WHY, "%s", answer->why);
	} else {
		snprintf(why, JSON_WHY, "API server: HTTP status %ld",
			 answer->status);
	}
	json_decref(status);
	return why;
}
