// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Questions to etcd in JSON, and its answers. Where there are users, a question
 * logs in first, and once more when the token is no longer good.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../text.h"
#include "etcd_ask.h"

#define REQUEST_SECONDS	10

/* gRPC's codes. */
#define CODE_OUT_OF_RANGE	11
#define CODE_UNAUTHENTICATED	16

static void send_call(struct etcd_call *call);

static void end(struct etcd_call *call, enum etcd_result result,
		const json_t *answer)
{
	free(call->body);
	call->body = NULL;
	call->done(call, result, answer);
}

static void broken(struct etcd_call *call, const char *why)
{
	text_quote(call->why, sizeof(call->why), why, strlen(why));
	end(call, ETCD_FAILED, NULL);
}

static bool says(const char *text, const char *what)
{
	return text && strstr(text, what);
}

/**
 * etcd_read_reason - What does a reason mean?
 * @text: What etcd says, or NULL.
 * @code: gRPC's code, 0: only the text may have it.
 *
 * Return: What it means, not ETCD_OK.
 */
enum etcd_result etcd_read_reason(const char *text, json_int_t code)
{
	if (code == CODE_OUT_OF_RANGE)
		return ETCD_COMPACTED;
	if (code == CODE_UNAUTHENTICATED || says(text, "invalid auth token") ||
	    says(text, "auth store is old") ||
	    says(text, "user name is empty"))
		return ETCD_LOGGED_OUT;
	return ETCD_FAILED;
}

/**
 * etcd_read_error - What does an answer mean that is none?
 * @status: Its HTTP status.
 * @answer: {"error": "...", "code": N}, or with "message" and "grpc_code".
 * @why: Where the reason goes, JSON_WHY bytes, fit to be printed.
 *
 * Return: What it means, not ETCD_OK.
 */
enum etcd_result etcd_read_error(long status, const json_t *answer, char *why)
{
	const char *text = json_string_value(json_object_get(answer, "error"));
	json_t *code = json_object_get(answer, "code");
	char whole[JSON_WHY];

	if (!text)
		text = json_string_value(json_object_get(answer, "message"));
	if (text && !*text)
		text = NULL;
	if (!code)
		code = json_object_get(answer, "grpc_code");
	if (status == 200)
		snprintf(whole, sizeof(whole), "%.150s",
			 text ? text : "an error without a reason");
	else
		snprintf(whole, sizeof(whole), "HTTP status %ld%s%.150s",
			 status, text ? ": " : "", text ? text : "");
	text_quote(why, JSON_WHY, whole, strlen(whole));
	return etcd_read_reason(text, json_integer_value(code));
}

/* Return: ETCD_OK with an object, or something else with @why. */
static enum etcd_result read_answer(const struct http_answer *a,
				    json_t **answer, char *why)
{
	enum etcd_result result = ETCD_OK;
	char ignored[JSON_WHY];

	*answer = NULL;
	if (*a->why) {
		strcpy(why, a->why);
		return a->too_long ? ETCD_TOO_LONG : ETCD_FAILED;
	}
	*answer = json_parse(a->body, a->len, ignored, NULL);
	if (a->status != 200) {
		result = etcd_read_error(a->status, *answer, why);
	} else if (!json_is_object(*answer)) {
		strcpy(why, "the answer is not a JSON object");
		result = ETCD_FAILED;
	}
	if (result == ETCD_OK)
		return result;
	json_decref(*answer);
	*answer = NULL;
	return result;
}

/**
 * etcd_log_out - Forget the token
 * @server: How etcd is reached.
 */
void etcd_log_out(struct etcd_server *server)
{
	if (server->token)
		explicit_bzero(server->token, strlen(server->token));
	free(server->token);
	server->token = NULL;
}

/* An etcd without users needs no token, as flannel's own client has it. */
static bool take_token(struct etcd_call *call, enum etcd_result result,
		       const json_t *answer)
{
	const char *token = json_string_value(json_object_get(answer, "token"));

	if (result != ETCD_OK && says(call->why, "authentication is not enabled"))
		token = "";
	else if (result != ETCD_OK)
		return false;
	if (!token)
		strcpy(call->why, "the answer has no token");
	etcd_log_out(call->server);
	call->server->token = token ? strdup(token) : NULL;
	return call->server->token;
}

static void on_logged_in(void *priv, const struct http_answer *a)
{
	struct etcd_call *call = priv;
	enum etcd_result result;
	json_t *answer;
	bool good;

	call->http = NULL;
	result = read_answer(a, &answer, call->why);
	good = take_token(call, result, answer);
	json_decref(answer);
	if (good)
		send_call(call);
	else
		end(call, ETCD_FAILED, NULL);
}

static void log_in(struct etcd_call *call)
{
	struct etcd_server *server = call->server;
	struct http_request r = {
		.seconds = call->seconds,
		.done = on_logged_in,
		.priv = call,
	};
	json_t *request;
	char *body;

	call->logged_in = true;
	request = json_pack("{ssss}", "name", server->username, "password",
			    server->password ? server->password : "");
	if (!request) {
		broken(call, "name or password is not UTF-8");
		return;
	}
	body = json_dumps(request, JSON_COMPACT);
	json_decref(request);
	r.body = body;
	if (body)
		call->http = etcd_send(server, "/v3/auth/authenticate", &r);
	if (body)
		explicit_bzero(body, strlen(body));
	free(body);
	if (!call->http)
		broken(call, "out of memory");
}

static void on_answer(void *priv, const struct http_answer *a)
{
	struct etcd_call *call = priv;
	enum etcd_result result;
	json_t *answer;

	call->http = NULL;
	call->from = a->from;
	result = read_answer(a, &answer, call->why);
	if (result == ETCD_LOGGED_OUT)
		etcd_log_out(call->server);
	if (result == ETCD_LOGGED_OUT && call->server->username &&
	    !call->logged_in) {
		log_in(call);
		return;
	}
	end(call, result, answer);
	json_decref(answer);
}

static void send_call(struct etcd_call *call)
{
	struct http_request r = {
		.body = call->body,
		.seconds = call->seconds,
		.done = on_answer,
		.priv = call,
	};

	call->http = etcd_send(call->server, call->path, &r);
	if (!call->http)
		broken(call, "out of memory");
}

/**
 * etcd_send - Send a request to the endpoint that is used now
 * @server: How etcd is reached.
 * @path: Path of the service.
 * @r: The request: its body and what is to be called; the rest is filled in.
 *
 * Return: The request, NULL without memory.
 */
struct http_call *etcd_send(struct etcd_server *server, const char *path,
			    struct http_request *r)
{
	const char *headers[4] = { "Content-Type: application/json" };
	char *url = NULL, *token = NULL;
	struct http_call *http = NULL;
	size_t n = 1;

	/* A member that has no leader ends a watch, instead of being silent. */
	if (r->line)
		headers[n++] = "Grpc-Metadata-hasleader: true";
	if (asprintf(&url, "%s://%s%s", server->name.tls ? "https" : "http",
		     server->name.endpoint[server->at], path) < 0)
		return NULL;
	if (server->token && *server->token &&
	    asprintf(&token, "Authorization: %s", server->token) < 0) {
		free(url);
		return NULL;
	}
	if (token)
		headers[n++] = token;
	r->method = "POST";
	r->url = url;
	r->headers = headers;
	r->body_len = strlen(r->body);
	r->tls = &server->tls;
	r->max = ETCD_ANSWER_MAX;
	if (!r->line && !r->seconds)
		r->seconds = REQUEST_SECONDS;
	http = http_start(server->http, r);
	if (token)
		explicit_bzero(token, strlen(token));
	free(token);
	free(url);
	return http;
}

/**
 * etcd_ask - Ask something
 * @call: @call->server and @call->done are set; nothing runs.
 * @path: Path of the service; stays valid.
 * @request: What is asked, which is taken over.
 */
void etcd_ask(struct etcd_call *call, const char *path, json_t *request)
{
	call->path = path;
	call->logged_in = false;
	call->why[0] = '\0';
	call->body = request ? json_dumps(request, JSON_COMPACT) : NULL;
	json_decref(request);
	if (!call->body)
		broken(call, "out of memory");
	else if (call->server->username && !call->server->token)
		log_in(call);
	else
		send_call(call);
}

/**
 * etcd_ask_cancel - End a request, without calling anybody
 * @call: The request; maybe nothing runs.
 */
void etcd_ask_cancel(struct etcd_call *call)
{
	http_cancel(call->http);
	call->http = NULL;
	free(call->body);
	call->body = NULL;
}
