/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef FLANCTL_REGISTRY_ETCD_ASK_H
#define FLANCTL_REGISTRY_ETCD_ASK_H

#include <jansson.h>

#include "etcd_name.h"
#include "http.h"

#define ETCD_ANSWER_MAX	((size_t)32 << 20)

/**
 * enum etcd_result - What became of a request.
 * @ETCD_OK: There is an answer.
 * @ETCD_FAILED: There is none, see why.
 * @ETCD_TOO_LONG: The answer is longer than we want to hold.
 * @ETCD_COMPACTED: The revision is no longer there.
 * @ETCD_LOGGED_OUT: Our token is not, or no longer, good.
 */
enum etcd_result {
	ETCD_OK,
	ETCD_FAILED,
	ETCD_TOO_LONG,
	ETCD_COMPACTED,
	ETCD_LOGGED_OUT,
};

/**
 * struct etcd_server - How etcd is reached.
 * @http: The client.
 * @name: The registry's name: endpoints, and what keys begin with.
 * @at: Which endpoint is used now.
 * @tls: For https.
 * @username: Who we are there, NULL: nobody.
 * @password: Its password.
 * @token: What a log-in was answered with, NULL: not logged in; empty: etcd
 *	has no use for users.
 */
struct etcd_server {
	struct http *http;
	struct etcd_name name;
	size_t at;
	struct http_tls tls;
	char *username;
	char *password;
	char *token;
};

/**
 * struct etcd_call - A request, with the log-in that it may need.
 * @server: Where it is sent.
 * @http: What runs now, NULL: nothing.
 * @path: Path of the service.
 * @body: What is asked.
 * @seconds: How long an answer may take, 0: as long as usual.
 * @logged_in: We have logged in for it.
 * @from: The address that answered.
 * @why: What went wrong, fit to be printed.
 * @owner: For @done.
 * @done: Called once at the end; etcd_ask() may call it at once. @answer is
 *	an object, NULL unless @result is ETCD_OK.
 */
struct etcd_call {
	struct etcd_server *server;
	struct http_call *http;
	const char *path;
	char *body;
	unsigned int seconds;
	bool logged_in;
	struct addr from;
	char why[JSON_WHY];
	void *owner;
	void (*done)(struct etcd_call *call, enum etcd_result result,
		     const json_t *answer);
};

void etcd_ask(struct etcd_call *call, const char *path, json_t *request);
void etcd_ask_cancel(struct etcd_call *call);
void etcd_log_out(struct etcd_server *server);
struct http_call *etcd_send(struct etcd_server *server, const char *path,
			    struct http_request *r);
enum etcd_result etcd_read_reason(const char *text, json_int_t code);
enum etcd_result etcd_read_error(long status, const json_t *answer,
				 char *why);

#endif /* FLANCTL_REGISTRY_ETCD_ASK_H */
