// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * HTTP by libcurl in a libuv loop. Nothing is longer than we can hold.
 *
 * libcurl tells which sockets and which timeout it waits for; we wait, tell it
 * what happened, and when it has returned hand out what came: so whoever is
 * called may start and cancel requests, and free all of it, at will.
 */
#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#include "../text.h"
#include "http.h"
#include "http_setup.h"

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
 * @setup: What libcurl was told of it.
 * @body: What came, of a stream the lines that are not yet handed out.
 * @len: Its length.
 * @room: Memory at @body.
 * @line_len: How much of @body follows its last newline.
 * @max: What is too long.
 * @too_long: It was.
 * @refused: It cannot be sent, see @setup.
 * @ended: Nobody may know it any more.
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
	struct http_setup setup;
	char *body;
	size_t len;
	size_t room;
	size_t line_len;
	size_t max;
	bool too_long;
	bool refused;
	bool ended;
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
	http_setup_free(&c->setup);
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
		strcpy(a.why, c->setup.why);
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
	curl_easy_setopt(c->easy, CURLOPT_PRIVATE, c);
	curl_easy_setopt(c->easy, CURLOPT_ERRORBUFFER, c->error);
	curl_easy_setopt(c->easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(c->easy, CURLOPT_WRITEDATA, c);
	c->refused = !http_setup(&c->setup, c->easy, r);
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
	if (!c->refused && curl_multi_add_handle(h->multi, c->easy)) {
		http_setup_refuse(&c->setup, "HTTP", "cannot start the request");
		c->refused = true;
	}
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
