// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * HTTP by libcurl in a libuv loop. Nothing is longer than we can hold, and
 * where TLS is asked for there is TLS: verified, 1.2 or newer, or nothing.
 *
 * libcurl tells which sockets and which timeout it waits for; we wait, tell it
 * what happened, and when it has returned hand out what came: so whoever is
 * called may start and cancel requests, and free all of it, at will.
 */
#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../text.h"
#include "http.h"

#define CONNECT_MS	2000L
#define ALIVE_AFTER	15L	/* seconds without a byte */
#define ALIVE_EVERY	5L
#define ALIVE_MS	30000U	/* without an answer: the peer is gone */
#define KEY_MAX		((size_t)64 << 10)

/**
 * struct http - All requests of one loop.
 * @loop: The loop.
 * @multi: libcurl's side of it, NULL: freed, and gone when its handles are.
 * @timer: For @wait.
 * @wait: When libcurl wants to be called, in ms, -1: never.
 * @handles: How many of the loop's handles refer to us.
 * @calls: The requests that run.
 * @current: Whose lines are being handed out.
 */
struct http {
	uv_loop_t *loop;
	CURLM *multi;
	uv_timer_t timer;
	long wait;
	unsigned int handles;
	struct http_call *calls;
	struct http_call *current;
};

/**
 * struct http_socket - A socket that libcurl waits for.
 * @poll: The loop's handle.
 * @h: To which it belongs.
 * @fd: Its number.
 */
struct http_socket {
	uv_poll_t poll;
	struct http *h;
	curl_socket_t fd;
};

/**
 * struct http_call - A request.
 * @h: To which it belongs.
 * @next: The next one of @h.
 * @prev: What points to this one.
 * @easy: libcurl's side of it.
 * @headers: What is sent.
 * @key: Text of the private key, NULL: none.
 * @key_len: Its length.
 * @body: What came, of a stream the lines that are not yet handed out.
 * @len: Its length.
 * @room: Memory at @body.
 * @line_len: How much of @body follows its last newline.
 * @max: What is too long.
 * @too_long: It was.
 * @refused: It cannot be sent, see @why.
 * @ended: Nobody may know it any more.
 * @why: What went wrong before libcurl, or empty.
 * @error: What went wrong in libcurl.
 * @line: As in struct http_request.
 * @done: Likewise.
 * @priv: Likewise.
 */
struct http_call {
	struct http *h;
	struct http_call *next;
	struct http_call **prev;
	CURL *easy;
	struct curl_slist *headers;
	char *key;
	size_t key_len;
	char *body;
	size_t len;
	size_t room;
	size_t line_len;
	size_t max;
	bool too_long;
	bool refused;
	bool ended;
	char why[JSON_WHY];
	char error[CURL_ERROR_SIZE];
	void (*line)(void *priv, char *line, size_t len);
	void (*done)(void *priv, const struct http_answer *answer);
	void *priv;
};

/* Room for @n bytes more and a NUL. */
static bool grow(struct http_call *c, size_t n)
{
	size_t room = c->room ? c->room : 4096;
	char *more;

	while (room < c->len + n + 1)
		room *= 2;
	if (room == c->room)
		return true;
	more = realloc(c->body, room);
	if (!more)
		return false;
	c->body = more;
	c->room = room;
	return true;
}

/* Does no line get longer than allowed by @n bytes more? */
static bool lines_fit(struct http_call *c, const char *data, size_t n)
{
	size_t len = c->line_len;
	const char *end;

	while ((end = memchr(data, '\n', n))) {
		if (len + (size_t)(end - data) > c->max)
			return false;
		n -= (size_t)(end - data) + 1;
		data = end + 1;
		len = 0;
	}
	if (len + n > c->max)
		return false;
	c->line_len = len + n;
	return true;
}

static bool is_stream(const struct http_call *c)
{
	long status = 0;

	curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &status);
	return c->line && status == 200;
}

static size_t on_body(char *data, size_t one, size_t n, void *arg)
{
	struct http_call *c = arg;

	(void)one;
	if (!is_stream(c) && n > c->max - c->len)
		c->too_long = true;
	else if (!grow(c, n))
		return 0;
	else if (is_stream(c) && !lines_fit(c, data, n))
		c->too_long = true;
	if (c->too_long)
		return 0;
	memcpy(c->body + c->len, data, n);
	c->len += n;
	c->body[c->len] = '\0';
	return n;
}

static void unlink_call(struct http_call *c)
{
	*c->prev = c->next;
	if (c->next)
		c->next->prev = c->prev;
	if (!c->refused)
		curl_multi_remove_handle(c->h->multi, c->easy);
	c->ended = true;
}

static void free_call(struct http_call *c)
{
	curl_easy_cleanup(c->easy);
	curl_slist_free_all(c->headers);
	if (c->key)
		explicit_bzero(c->key, c->key_len);
	free(c->key);
	free(c->body);
	free(c);
}

/* Hand out the whole lines; what follows them stays. */
static void give_lines(struct http_call *c)
{
	struct http *h = c->h;
	char *line, *end;

	line = c->body;
	h->current = c;
	while (!c->ended && (end = memchr(line, '\n', c->len))) {
		*end = '\0';
		c->len -= (size_t)(end - line) + 1;
		c->line(c->priv, line, (size_t)(end - line));
		line = end + 1;
	}
	h->current = NULL;
	if (c->ended)
		free_call(c);
	else
		memmove(c->body, line, c->len + 1);
}

static struct http_call *with_lines(const struct http *h)
{
	struct http_call *c;

	for (c = h->calls; c; c = c->next)
		if (!c->refused && c->len > c->line_len && is_stream(c))
			break;
	return c;
}

static void note_address(struct http_call *c, struct http_answer *a)
{
	char *text = NULL;

	if (!curl_easy_getinfo(c->easy, CURLINFO_PRIMARY_IP, &text) && text)
		addr_parse(&a->from, text);
}

static const char *reason(const struct http_call *c, CURLcode err)
{
	if (c->too_long)
		return c->line ? "a line or the answer is too long" :
				 "the answer is too long";
	return *c->error ? c->error : curl_easy_strerror(err);
}

static void finish(struct http_call *c, CURLcode err)
{
	struct http_answer a = { .body = "", .too_long = c->too_long };
	const char *why;

	note_address(c, &a);
	if (c->refused) {
		strcpy(a.why, c->why);
	} else if (err) {
		why = reason(c, err);
		text_quote(a.why, sizeof(a.why), why, strlen(why));
	} else {
		curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &a.status);
		if (c->len && !is_stream(c)) {
			a.body = c->body;
			a.len = c->len;
		}
	}
	unlink_call(c);
	c->done(c->priv, &a);
	free_call(c);
}

static bool finish_refused(struct http *h)
{
	struct http_call *c = h->calls;

	while (c && !c->refused)
		c = c->next;
	if (c)
		finish(c, CURLE_OK);
	return c;
}

static bool finish_one(struct http *h)
{
	struct http_call *c;
	CURLMsg *msg;
	int left;

	while ((msg = curl_multi_info_read(h->multi, &left))) {
		if (msg->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE,
				  (char **)&c);
		finish(c, msg->data.result);
		return true;
	}
	return false;
}

/* libcurl has returned: hand out what there is, and what ended. */
static void give(struct http *h)
{
	struct http_call *c;

	while (h->multi && (c = with_lines(h)))
		give_lines(c);
	while (h->multi && (finish_refused(h) || finish_one(h)))
		;
}

static void on_timer(uv_timer_t *timer)
{
	struct http *h = timer->data;
	int running;

	h->wait = -1;
	curl_multi_socket_action(h->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	give(h);
}

static void arm(struct http *h)
{
	const struct http_call *c = h->calls;

	while (c && !c->refused)
		c = c->next;
	if (c)
		uv_timer_start(&h->timer, on_timer, 0, 0);
	else if (h->wait >= 0)
		uv_timer_start(&h->timer, on_timer, (uint64_t)h->wait, 0);
	else
		uv_timer_stop(&h->timer);
}

static int on_wait(CURLM *multi, long ms, void *arg)
{
	struct http *h = arg;

	(void)multi;
	h->wait = ms;
	if (h->multi)
		arm(h);
	return 0;
}

static void put_http(struct http *h)
{
	if (!--h->handles)
		free(h);
}

static void on_timer_closed(uv_handle_t *handle)
{
	put_http(handle->data);
}

static void on_socket_closed(uv_handle_t *handle)
{
	struct http_socket *s = handle->data;

	put_http(s->h);
	free(s);
}

static void on_event(uv_poll_t *poll, int status, int events)
{
	struct http_socket *s = poll->data;
	struct http *h = s->h;
	int mask = 0, running;

	/* An error: libcurl finds out which one. */
	if (status < 0)
		mask |= CURL_CSELECT_IN | CURL_CSELECT_OUT;
	if (events & UV_READABLE)
		mask |= CURL_CSELECT_IN;
	if (events & UV_WRITABLE)
		mask |= CURL_CSELECT_OUT;
	curl_multi_socket_action(h->multi, s->fd, mask, &running);
	give(h);
}

static struct http_socket *add_socket(struct http *h, curl_socket_t fd)
{
	struct http_socket *s = calloc(1, sizeof(*s));

	if (!s || uv_poll_init_socket(h->loop, &s->poll, fd)) {
		free(s);
		return NULL;
	}
	s->h = h;
	s->fd = fd;
	s->poll.data = s;
	h->handles++;
	curl_multi_assign(h->multi, fd, s);
	return s;
}

/* The socket is closed when this returns. */
static void del_socket(struct http_socket *s)
{
	uv_poll_stop(&s->poll);
	uv_close((uv_handle_t *)&s->poll, on_socket_closed);
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *arg,
		     void *known)
{
	struct http_socket *s = known;
	struct http *h = arg;
	int events = 0;

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		if (s)
			del_socket(s);
		return 0;
	}
	if (!s)
		s = add_socket(h, fd);
	if (!s)
		return -1;
	if (what & CURL_POLL_IN)
		events |= UV_READABLE;
	if (what & CURL_POLL_OUT)
		events |= UV_WRITABLE;
	return uv_poll_start(&s->poll, events, on_event) ? -1 : 0;
}

/**
 * http_new - Prepare for requests
 * @loop: The loop in which they run.
 *
 * Return: NULL without memory.
 */
struct http *http_new(uv_loop_t *loop)
{
	struct http *h = calloc(1, sizeof(*h));

	if (!h)
		return NULL;
	h->multi = curl_multi_init();
	if (!h->multi || uv_timer_init(loop, &h->timer)) {
		curl_multi_cleanup(h->multi);
		free(h);
		return NULL;
	}
	h->loop = loop;
	h->wait = -1;
	h->timer.data = h;
	h->handles = 1;
	curl_multi_setopt(h->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(h->multi, CURLMOPT_SOCKETDATA, h);
	curl_multi_setopt(h->multi, CURLMOPT_TIMERFUNCTION, on_wait);
	curl_multi_setopt(h->multi, CURLMOPT_TIMERDATA, h);
	return h;
}

/**
 * http_free - Cancel all requests, close all connections
 * @h: What http_new() returned, or NULL. The loop has to run once more before
 *	its memory is free.
 */
void http_free(struct http *h)
{
	CURLM *multi;

	if (!h)
		return;
	while (h->calls)
		http_cancel(h->calls);
	multi = h->multi;
	h->multi = NULL;
	curl_multi_cleanup(multi);
	uv_close((uv_handle_t *)&h->timer, on_timer_closed);
}

/* A dead peer is noticed, also while nothing is sent. */
static int on_open(void *arg, curl_socket_t fd, curlsocktype purpose)
{
	unsigned int ms = ALIVE_MS;

	(void)arg;
	(void)purpose;
	setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &ms, sizeof(ms));
	return CURL_SOCKOPT_OK;
}

static bool refuse(struct http_call *c, const char *what, const char *why)
{
	char whole[JSON_WHY];

	snprintf(whole, sizeof(whole), "%.120s: %.120s", what, why);
	text_quote(c->why, sizeof(c->why), whole, strlen(whole));
	c->refused = true;
	return false;
}

/* What is checked is what is read, whatever the file is replaced by. */
static char *read_key(int fd, struct http_call *c, const char *path)
{
	struct stat st;
	ssize_t n;

	if (fstat(fd, &st) || !S_ISREG(st.st_mode)) {
		refuse(c, path, "not a file");
		return NULL;
	}
	if (st.st_mode & 077) {
		refuse(c, path, "others may read this private key: chmod 600");
		return NULL;
	}
	c->key = malloc(KEY_MAX);
	if (!c->key)
		return NULL;
	c->key_len = KEY_MAX;
	n = read(fd, c->key, KEY_MAX);
	if (n <= 0 || (size_t)n == KEY_MAX) {
		refuse(c, path, n < 0 ? strerror(errno) : "not a key");
		return NULL;
	}
	c->key_len = (size_t)n;
	return c->key;
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

static CURLcode set_key(struct http_call *c, const struct http_pem *key)
{
	int fd;

	if (key->file) {
		fd = open(key->file, O_RDONLY | O_CLOEXEC | O_NOCTTY |
				     O_NONBLOCK);
		if (fd < 0) {
			refuse(c, key->file, strerror(errno));
			return CURLE_OK;
		}
		read_key(fd, c, key->file);
		close(fd);
	} else if (key->text) {
		c->key_len = strlen(key->text);
		c->key = strdup(key->text);
	} else {
		return CURLE_OK;
	}
	if (!c->key)
		return c->refused ? CURLE_OK : CURLE_OUT_OF_MEMORY;
	return set_text(c->easy, CURLOPT_SSLKEY_BLOB, c->key, c->key_len,
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

static CURLcode set_tls(struct http_call *c, const struct http_tls *tls)
{
	CURLcode err = CURLE_OK;

	err |= curl_easy_setopt(c->easy, CURLOPT_SSL_VERIFYPEER, 1L);
	err |= curl_easy_setopt(c->easy, CURLOPT_SSL_VERIFYHOST, 2L);
	err |= curl_easy_setopt(c->easy, CURLOPT_SSLVERSION,
				(long)CURL_SSLVERSION_TLSv1_2);
	if (!tls)
		return err;
	err |= set_ca(c->easy, &tls->ca);
	err |= set_cert(c->easy, &tls->cert);
	return err | set_key(c, &tls->key);
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

static CURLcode set_headers(struct http_call *c, const char *const *header)
{
	static const char *const none[] = { NULL };
	struct curl_slist *more;
	const char *text;

	/* libcurl waits for permission to send long bodies; we do not. */
	c->headers = curl_slist_append(NULL, "Expect:");
	if (!c->headers)
		return CURLE_OUT_OF_MEMORY;
	for (header = header ? header : none; *header; header++) {
		text = *header;
		if (strpbrk(text, "\r\n")) {
			refuse(c, "a header", "it has several lines");
			continue;
		}
		more = curl_slist_append(c->headers, text);
		if (!more)
			return CURLE_OUT_OF_MEMORY;
		c->headers = more;
	}
	return curl_easy_setopt(c->easy, CURLOPT_HTTPHEADER, c->headers);
}

static CURLcode set_up(struct http_call *c, const struct http_request *r)
{
	CURLcode err = CURLE_OK;

	err |= curl_easy_setopt(c->easy, CURLOPT_PRIVATE, c);
	err |= curl_easy_setopt(c->easy, CURLOPT_ERRORBUFFER, c->error);
	err |= curl_easy_setopt(c->easy, CURLOPT_WRITEFUNCTION, on_body);
	err |= curl_easy_setopt(c->easy, CURLOPT_WRITEDATA, c);
	err |= set_connection(c->easy);
	err |= set_limits(c->easy, r);
	err |= set_tls(c, r->tls);
	err |= set_headers(c, r->headers);
	return err | set_what(c->easy, r);
}

static struct http_call *new_call(struct http *h, const struct http_request *r)
{
	struct http_call *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->h = h;
	c->max = r->max;
	c->line = r->line;
	c->done = r->done;
	c->priv = r->priv;
	c->easy = curl_easy_init();
	if (!c->easy) {
		free_call(c);
		return NULL;
	}
	if (set_up(c, r) && !c->refused)
		refuse(c, "HTTP", "cannot set up the request");
	return c;
}

/**
 * http_start - Send a request
 * @h: What http_new() returned.
 * @r: The request.
 *
 * Return: The request, valid until @r->done is called, which never happens
 * before this returns. NULL without memory: @r->done is not called.
 */
struct http_call *http_start(struct http *h, const struct http_request *r)
{
	struct http_call *c = new_call(h, r);

	if (!c)
		return NULL;
	if (!c->refused && curl_multi_add_handle(h->multi, c->easy))
		refuse(c, "HTTP", "cannot start the request");
	c->next = h->calls;
	c->prev = &h->calls;
	if (c->next)
		c->next->prev = &c->next;
	h->calls = c;
	arm(h);
	return c;
}

/**
 * http_cancel - End a request, without calling anybody
 * @call: The request, or NULL. May be called from anywhere.
 */
void http_cancel(struct http_call *call)
{
	if (!call || call->ended)
		return;
	unlink_call(call);
	if (call != call->h->current)
		free_call(call);
}
