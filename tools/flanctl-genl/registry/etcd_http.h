/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef FLANCTL_REGISTRY_ETCD_HTTP_H
#define FLANCTL_REGISTRY_ETCD_HTTP_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>

#include "../json.h"
#include "registry.h"

/**
 * enum etcd_result - What became of a request.
 * @ETCD_OK: There is an answer.
 * @ETCD_FAILED: There is none, see why.
 * @ETCD_TOO_LONG: The answer is longer than we want to hold.
 * @ETCD_COMPACTED: The revision is no longer there.
 */
enum etcd_result {
	ETCD_OK,
	ETCD_FAILED,
	ETCD_TOO_LONG,
	ETCD_COMPACTED,
};

/**
 * struct etcd_http - The connection to one endpoint.
 * @curl: The handle.
 * @headers: Of every request.
 * @base: URL of the endpoint, without a path.
 * @body: The answer.
 * @len: Its length.
 * @room: Memory at @body.
 * @too_long: It was longer.
 * @error: Where libcurl says what is wrong.
 * @why: What went wrong last, fit to be printed.
 */
struct etcd_http {
	CURL *curl;
	struct curl_slist *headers;
	char *base;
	char *body;
	size_t len;
	size_t room;
	bool too_long;
	char error[CURL_ERROR_SIZE];
	char why[JSON_WHY];
};

int etcd_http_open(struct etcd_http *h, const char *endpoint, bool tls,
		   const struct registry_options *options);
void etcd_http_close(struct etcd_http *h);
int etcd_http_header(struct etcd_http *h, const char *name,
		     const char *value);
enum etcd_result etcd_http_post(struct etcd_http *h, const char *path,
				const json_t *request, json_t **answer);

#endif /* FLANCTL_REGISTRY_ETCD_HTTP_H */
