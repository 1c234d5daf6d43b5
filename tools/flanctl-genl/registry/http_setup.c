// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * What libcurl is told of a request. Where TLS is asked for there is TLS:
 * verified, 1.2 or newer, or nothing.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../text.h"
#include "http_setup.h"

#define CONNECT_MS	2000L
#define ALIVE_AFTER	15L	/* seconds without a byte */
#define ALIVE_EVERY	5L
#define ALIVE_MS	30000U	/* without an answer: the peer is gone */
#define KEY_MAX		((size_t)64 << 10)

/* A dead peer is noticed, also while nothing is sent. */
static int on_open(void *arg, curl_socket_t fd, curlsocktype purpose)
{
	unsigned int ms = ALIVE_MS;

	(void)arg;
	(void)purpose;
	setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &ms, sizeof(ms));
	return CURL_SOCKOPT_OK;
}

/**
 * http_setup_refuse - A request cannot be sent
 * @s: What libcurl was told of it.
 * @what: What is wrong with it.
 * @why: What that is.
 */
void http_setup_refuse(struct http_setup *s, const char *what, const char *why)
{
	char whole[JSON_WHY];

	snprintf(whole, sizeof(whole), "%.120s: %.120s", what, why);
	text_quote(s->why, sizeof(s->why), whole, strlen(whole));
}

/* What is checked is what is read, whatever the file is replaced by. */
static char *read_key(int fd, struct http_setup *s, const char *path)
{
	struct stat st;
	ssize_t n;

	if (fstat(fd, &st) || !S_ISREG(st.st_mode)) {
		http_setup_refuse(s, path, "not a file");
		return NULL;
	}
	if (st.st_mode & 077) {
		http_setup_refuse(s, path, "others may read this private key: chmod 600");
		return NULL;
	}
	s->key = malloc(KEY_MAX);
	if (!s->key)
		return NULL;
	s->key_len = KEY_MAX;
	n = read(fd, s->key, KEY_MAX);
	if (n <= 0 || (size_t)n == KEY_MAX) {
		http_setup_refuse(s, path, n < 0 ? strerror(errno) : "not a key");
		return NULL;
	}
	s->key_len = (size_t)n;
	return s->key;
}

static CURLcode set_text(CURL *easy, CURLoption option, const char *text,
			 size_t len, unsigned int flags)
{
	struct curl_blob blob = {
		.data = (void *)text,
		.len = len,
		.flags = flags,
	};

	return curl_easy_setopt(easy, option, &blob);
}

static CURLcode set_key(struct http_setup *s, CURL *easy,
			const struct http_pem *key)
{
	int fd;

	if (key->file) {
		fd = open(key->file, O_RDONLY | O_CLOEXEC | O_NOCTTY |
				     O_NONBLOCK);
		if (fd < 0) {
			http_setup_refuse(s, key->file, strerror(errno));
			return CURLE_OK;
		}
		read_key(fd, s, key->file);
		close(fd);
	} else if (key->text) {
		s->key_len = strlen(key->text);
		s->key = strdup(key->text);
	} else {
		return CURLE_OK;
	}
	if (!s->key)
		return *s->why ? CURLE_OK : CURLE_OUT_OF_MEMORY;
	return set_text(easy, CURLOPT_SSLKEY_BLOB, s->key, s->key_len,
			CURL_BLOB_NOCOPY);
}

static CURLcode set_cert(CURL *easy, const struct http_pem *cert)
{
	if (cert->file)
		return curl_easy_setopt(easy, CURLOPT_SSLCERT, cert->file);
	if (cert->text)
		return set_text(easy, CURLOPT_SSLCERT_BLOB, cert->text,
				strlen(cert->text), CURL_BLOB_COPY);
	return CURLE_OK;
}

/* libcurl has a directory of authorities besides, and a cache. */
static CURLcode set_ca(CURL *easy, const struct http_pem *ca)
{
	CURLcode err = CURLE_OK;

	err |= curl_easy_setopt(easy, CURLOPT_CA_CACHE_TIMEOUT, 0L);
	if (!ca->file && !ca->text)
		return err;
	err |= curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
	if (ca->file)
		return err | curl_easy_setopt(easy, CURLOPT_CAINFO, ca->file);
	err |= curl_easy_setopt(easy, CURLOPT_CAINFO, NULL);
	return err | set_text(easy, CURLOPT_CAINFO_BLOB, ca->text,
			      strlen(ca->text), CURL_BLOB_COPY);
}

static CURLcode set_tls(struct http_setup *s, CURL *easy,
			const struct http_tls *tls)
{
	CURLcode err = CURLE_OK;

	err |= curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
	err |= curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
	err |= curl_easy_setopt(easy, CURLOPT_SSLVERSION,
				(long)CURL_SSLVERSION_TLSv1_2);
	if (!tls)
		return err;
	err |= set_ca(easy, &tls->ca);
	err |= set_cert(easy, &tls->cert);
	return err | set_key(s, easy, &tls->key);
}

static CURLcode set_connection(CURL *easy)
{
	CURLcode err = CURLE_OK;

	err |= curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	err |= curl_easy_setopt(easy, CURLOPT_HTTP_VERSION,
				(long)CURL_HTTP_VERSION_1_1);
	err |= curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	err |= curl_easy_setopt(easy, CURLOPT_PROXY, "");
	err |= curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	err |= curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
	err |= curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, on_open);
	err |= curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
	err |= curl_easy_setopt(easy, CURLOPT_TCP_KEEPIDLE, ALIVE_AFTER);
	err |= curl_easy_setopt(easy, CURLOPT_TCP_KEEPINTVL, ALIVE_EVERY);
	return err;
}

static CURLcode set_limits(CURL *easy, const struct http_request *r)
{
	CURLcode err = CURLE_OK;

	if (!r->line)
		return curl_easy_setopt(easy, CURLOPT_TIMEOUT,
					(long)r->seconds);
	if (r->seconds) {
		err |= curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
		err |= curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME,
					(long)r->seconds);
	}
	return err;
}

static CURLcode set_what(CURL *easy, const struct http_request *r)
{
	CURLcode err = CURLE_OK;

	err |= curl_easy_setopt(easy, CURLOPT_URL, r->url);
	if (r->body) {
		err |= curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
					(curl_off_t)r->body_len);
		err |= curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, r->body);
	}
	return err | curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, r->method);
}

static CURLcode set_headers(struct http_setup *s, CURL *easy,
			    const char *const *header)
{
	static const char *const none[] = { NULL };
	struct curl_slist *more;
	const char *text;

	/* libcurl waits for permission to send long bodies; we do not. */
	s->headers = curl_slist_append(NULL, "Expect:");
	if (!s->headers)
		return CURLE_OUT_OF_MEMORY;
	for (header = header ? header : none; *header; header++) {
		text = *header;
		if (strpbrk(text, "\r\n")) {
			http_setup_refuse(s, "a header", "it has several lines");
			continue;
		}
		more = curl_slist_append(s->headers, text);
		if (!more)
			return CURLE_OUT_OF_MEMORY;
		s->headers = more;
	}
	return curl_easy_setopt(easy, CURLOPT_HTTPHEADER, s->headers);
}

/**
 * http_setup - Tell libcurl of a request
 * @s: Goes with the request, zeroed before.
 * @easy: libcurl's side of it.
 * @r: The request.
 *
 * Return: Whether it can be sent; if not, @s says why.
 */
bool http_setup(struct http_setup *s, CURL *easy, const struct http_request *r)
{
	CURLcode err = CURLE_OK;

	err |= set_connection(easy);
	err |= set_limits(easy, r);
	err |= set_tls(s, easy, r->tls);
	err |= set_headers(s, easy, r->headers);
	err |= set_what(easy, r);
	if (err && !*s->why)
		http_setup_refuse(s, "HTTP", "cannot set up the request");
	return !*s->why;
}

/**
 * http_setup_free - Free what a request needed
 * @s: What libcurl was told of it; it does not use it any more.
 */
void http_setup_free(struct http_setup *s)
{
	curl_slist_free_all(s->headers);
	if (s->key)
		explicit_bzero(s->key, s->key_len);
	free(s->key);
}
