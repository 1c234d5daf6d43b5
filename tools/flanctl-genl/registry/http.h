/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef FLANCTL_REGISTRY_HTTP_H
#define FLANCTL_REGISTRY_HTTP_H

/*
 * HTTP by libcurl in a libuv loop: requests that end, and streams of lines.
 */
#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "../addr.h"
#include "../json.h"

/**
 * struct http_pem - A certificate or key: a file that is read for each
 * connection, so that it may be rotated, or text; neither: none.
 * @file: Path of the file.
 * @text: The text.
 */
struct http_pem {
	const char *file;
	const char *text;
};

/**
 * struct http_tls - Whom we believe, and who we are.
 * @ca: Authorities; none: those of the system.
 * @cert: Our certificate.
 * @key: Its key.
 */
struct http_tls {
	struct http_pem ca;
	struct http_pem cert;
	struct http_pem key;
};

/**
 * struct http_answer - The end of a request.
 * @status: HTTP status, 0: there was no answer.
 * @body: Its body, NUL-terminated; of a stream only where status is not 200.
 * @len: Its length.
 * @too_long: It, or a line of it, was longer than allowed; there is no body.
 * @from: Address of the server, none where there was no connection.
 * @why: What went wrong, fit to be printed; empty: nothing did.
 */
struct http_answer {
	long status;
	const char *body;
	size_t len;
	bool too_long;
	struct addr from;
	char why[JSON_WHY];
};

/**
 * struct http_request - What is asked. All is copied by http_start().
 * @method: "GET", "POST", "PATCH" ...
 * @url: Where.
 * @headers: "Name: value" each, up to NULL; NULL: none.
 * @body: What is sent, NULL: nothing.
 * @body_len: Its length.
 * @tls: For https.
 * @max: Longest body, and longest line of a stream, in bytes.
 * @seconds: How long the whole may take; for a stream, how long nothing may
 *	come, 0: for ever (TCP keepalives find a dead peer).
 * @line: Makes it a stream: called for each line, without its newline; it may
 *	write to the line, and cancel the request.
 * @done: Called once at the end; the request is gone when it returns.
 * @priv: For both.
 */
struct http_request {
	const char *method;
	const char *url;
	const char *const *headers;
	const char *body;
	size_t body_len;
	const struct http_tls *tls;
	size_t max;
	unsigned int seconds;
	void (*line)(void *priv, char *line, size_t len);
	void (*done)(void *priv, const struct http_answer *answer);
	void *priv;
};

struct http;
struct http_call;

struct http *http_new(uv_loop_t *loop);
void http_free(struct http *h);
struct http_call *http_start(struct http *h, const struct http_request *r);
void http_cancel(struct http_call *call);

#endif /* FLANCTL_REGISTRY_HTTP_H */
