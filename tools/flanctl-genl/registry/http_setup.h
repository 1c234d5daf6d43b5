/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef FLANCTL_REGISTRY_HTTP_SETUP_H
#define FLANCTL_REGISTRY_HTTP_SETUP_H

#include <curl/curl.h>

#include "http.h"

/**
 * struct http_setup - What libcurl was told of a request, and uses meanwhile.
 * @headers: What is sent.
 * @key: Text of the private key, NULL: none.
 * @key_len: Its length.
 * @why: Why it cannot be sent, or empty.
 */
struct http_setup {
	struct curl_slist *headers;
	char *key;
	size_t key_len;
	char why[JSON_WHY];
};

bool http_setup(struct http_setup *s, CURL *easy, const struct http_request *r);
void http_setup_refuse(struct http_setup *s, const char *what, const char *why);
void http_setup_free(struct http_setup *s);

#endif /* FLANCTL_REGISTRY_HTTP_SETUP_H */
