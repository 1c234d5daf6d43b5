// SPDX-License-Identifier: GPL-2.0
/* The HTTP client, against a server in the same loop. */
#include <curl/curl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "registry/http.h"
#include "tap.h"

#define OK_HEAD		"HTTP/1.1 200 OK\r\n"
#define STREAM		OK_HEAD "Transfer-Encoding: chunked\r\n\r\n"

/* What the server answers, piece by piece; "!" closes the connection. */
static const struct {
	const char *path;
	const char *piece[4];
} answers[] = {
	{ "/whole", { OK_HEAD "Content-Length: 5\r\n\r\nhello" } },
	{ "/pieces", { OK_HEAD "Content-Le", "ngth: 5\r\n\r\nhe", "llo" } },
	{ "/empty", { OK_HEAD "Content-Length: 0\r\n\r\n" } },
	{ "/missing", { "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno" } },
	{ "/redirect", { "HTTP/1.1 307 Else\r\nLocation: /whole\r\nContent-Length: 0\r\n\r\n" } },
	{ "/cut", { OK_HEAD "Content-Length: 50\r\n\r\nhello", "!" } },
	{ "/closed", { "!" } },
	{ "/noise", { "\x1b[2J what?\r\n\r\n", "!" } },
	{ "/lines", { STREAM "a\r\none\ntwo\nth\r\n", "4\r\nree\n\r\n1\r\nx\r\n",
		      "0\r\n\r\n" } },
	{ "/long", { STREAM "4\r\none\n\r\n", "10\r\n0123456789abcdef\r\n",
		     "10\r\n0123456789abcdef\r\n", "5\r\ntwo\nx\r\n" } },
	{ "/late", { STREAM "1\r\n0\r\n", "21\r\n\n0123456789abcdef0123456789abcdef\r\n" } },
	{ "/quiet", { STREAM "4\r\none\n\r\n" } },
	{ "/hang", { NULL } },
};

struct connection {
	uv_tcp_t tcp;
	uv_timer_t timer;
	char in[2048];
	size_t len, row, piece;
	unsigned int open;
};

static uv_loop_t *loop;
static uv_tcp_t listener;
static int port;
static char last_request[2048];
static unsigned int connections;

static void on_closed(uv_handle_t *handle)
{
	struct connection *c = handle->data;

	if (!--c->open)
		free(c);
}

static void hang_up(struct connection *c)
{
	if (uv_is_closing((uv_handle_t *)&c->tcp))
		return;
	uv_close((uv_handle_t *)&c->tcp, on_closed);
	uv_close((uv_handle_t *)&c->timer, on_closed);
}

static void on_tick(uv_timer_t *timer)
{
	struct connection *c = timer->data;
	const char *text;
	uv_buf_t buf;

	text = c->piece < 4 ? answers[c->row].piece[c->piece++] : NULL;
	if (!text) {
		uv_timer_stop(timer);
	} else if (*text == '!') {
		hang_up(c);
	} else {
		buf = uv_buf_init((char *)text, (unsigned int)strlen(text));
		uv_try_write((uv_stream_t *)&c->tcp, &buf, 1);
	}
}

static void on_room(uv_handle_t *handle, size_t size, uv_buf_t *buf)
{
	struct connection *c = handle->data;

	(void)size;
	*buf = uv_buf_init(c->in + c->len,
			   (unsigned int)(sizeof(c->in) - 1 - c->len));
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	struct connection *c = stream->data;
	char *path, *end;

	(void)buf;
	if (n < 0) {
		hang_up(c);
		return;
	}
	c->len += (size_t)n;
	c->in[c->len] = '\0';
	path = strchr(c->in, ' ');
	end = path ? strchr(path + 1, ' ') : NULL;
	if (!end || !strstr(c->in, "\r\n\r\n"))
		return;
	memcpy(last_request, c->in, c->len + 1);
	for (c->row = 0; c->row < ROWS(answers) - 1; c->row++)
		if (!strncmp(path + 1, answers[c->row].path,
			     (size_t)(end - path - 1)))
			break;
	c->len = 0;
	c->piece = 0;
	uv_timer_start(&c->timer, on_tick, 0, 5);
}

static void on_connection(uv_stream_t *server, int status)
{
	struct connection *c = calloc(1, sizeof(*c));

	(void)status;
	uv_tcp_init(loop, &c->tcp);
	uv_timer_init(loop, &c->timer);
	c->tcp.data = c;
	c->timer.data = c;
	c->open = 2;
	connections++;
	uv_accept(server, (uv_stream_t *)&c->tcp);
	uv_read_start((uv_stream_t *)&c->tcp, on_room, on_read);
}

static void listen_somewhere(void)
{
	struct sockaddr_storage a;
	int len = sizeof(a);

	uv_ip4_addr("127.0.0.1", 0, (struct sockaddr_in *)&a);
	uv_tcp_init(loop, &listener);
	uv_tcp_bind(&listener, (struct sockaddr *)&a, 0);
	uv_listen((uv_stream_t *)&listener, 16, on_connection);
	uv_tcp_getsockname(&listener, (struct sockaddr *)&a, &len);
	port = ntohs(((struct sockaddr_in *)&a)->sin_port);
}

/* A request, and what came of it. */
struct test {
	struct http *h;
	struct http_call *call;
	struct http_call *other;
	char lines[256];
	char body[64];
	char why[JSON_WHY];
	long status;
	bool too_long, from;
	int done, cancel_at, n;
	bool free_at_cancel;
};

static void take_line(void *priv, char *line, size_t len)
{
	struct test *t = priv;

	strncat(t->lines, line, len);
	strcat(t->lines, "|");
	memset(line, 'x', len);
	if (++t->n != t->cancel_at)
		return;
	if (t->free_at_cancel)
		http_free(t->h);
	else
		http_cancel(t->call);
	uv_stop(loop);
}

static void take_end(void *priv, const struct http_answer *a)
{
	struct test *t = priv;

	t->done++;
	t->status = a->status;
	t->too_long = a->too_long;
	t->from = a->from.len;
	snprintf(t->body, sizeof(t->body), "%s", a->body);
	memcpy(t->why, a->why, sizeof(t->why));
	http_cancel(t->call);
	http_cancel(t->other);
	uv_stop(loop);
}

static void start(struct test *t, const char *path, struct http_request *r)
{
	char url[128];

	snprintf(url, sizeof(url), *path == '/' ? "http://127.0.0.1:%d%s" :
						  "%.0d%s",
		 *path == '/' ? port : 0, path);
	r->method = r->method ?: "GET";
	r->url = url;
	r->max = r->max ?: 20;
	r->done = take_end;
	r->priv = t;
	t->call = http_start(t->h, r);
}

static struct test go(const char *path, struct http_request *r)
{
	struct test t = { .h = http_new(loop) };

	start(&t, path, r);
	ok(!t.done, "%s: nothing is called at once", path);
	uv_run(loop, UV_RUN_DEFAULT);
	http_free(t.h);
	return t;
}

static struct test get(const char *path)
{
	return go(path, &(struct http_request){
		.seconds = strcmp(path, "/hang") ? 60 : 1,
	});
}

static struct test stream(const char *path)
{
	return go(path, &(struct http_request){ .line = take_line });
}

static void test_requests(void)
{
	struct test t = get("/whole");

	ok(t.done == 1 && t.status == 200 && t.from && !*t.why,
	   "an answer, and from whom");
	is(t.body, "hello", "its body");
	is(get("/pieces").body, "hello", "a body in pieces");
	is(get("/empty").body, "", "no body");
	t = get("/missing");
	ok(t.status == 404 && !*t.why, "a status that is not 200");
	is(t.body, "no", "comes with its body");
	t = get("/redirect");
	ok(t.status == 307, "a redirect is not followed");
	t = get("/cut");
	ok(!t.status && *t.why && !*t.body, "half an answer is none");
	t = get("/closed");
	ok(!t.status && *t.why, "no answer at all");
	t = get("/noise");
	ok(!t.status && *t.why && !strchr(t.why, 27), "not HTTP");
	t = get("/hang");
	ok(!t.status && strstr(t.why, "timed out"), "no answer in time");
	t = go("/whole", &(struct http_request){ .max = 4 });
	ok(!t.status && t.too_long && *t.why && !*t.body,
	   "a body that is too long");
	t = go("/whole", &(struct http_request){ .max = 5 });
	ok(t.status == 200 && !t.too_long, "one that is just not");
	t = get("http://127.0.0.1:1/");
	ok(!t.status && !t.from && *t.why, "nobody is there");
	t = get("file:///etc/passwd");
	ok(!t.status && !*t.body && *t.why, "nothing but HTTP");
	t = get("ftp://127.0.0.1/");
	ok(!t.status && *t.why, "not FTP either");
	t = get("http://");
	ok(!t.status && *t.why, "not a URL");
}

static void test_what_is_sent(void)
{
	static const char *const good[] = { "X-A: b", "X-C: d", NULL };
	static const char *const bad[] = { "X-A: b\r\nX-C: d", NULL };
	struct http_request r = {
		.method = "PATCH", .body = "01234567", .body_len = 6,
		.headers = good,
	};
	struct test t = go("/whole", &r);

	ok(t.status == 200, "a PATCH");
	ok(!strncmp(last_request, "PATCH /whole HTTP/1.1\r\n", 23) &&
	   strstr(last_request, "\r\nX-A: b\r\n") &&
	   strstr(last_request, "\r\nX-C: d\r\n") &&
	   strstr(last_request, "\r\nContent-Length: 6\r\n") &&
	   !strstr(last_request, "Expect"), "is sent as it was asked for");
	is(strstr(last_request, "\r\n\r\n") + 4, "012345", "with its body");
	r.headers = bad;
	last_request[0] = '\0';
	t = go("/whole", &r);
	ok(!t.status && strstr(t.why, "header") && !*last_request,
	   "a header of two lines is not sent");
}

static void test_streams(void)
{
	struct http_request quiet = { .line = take_line, .seconds = 2 };
	struct test t = stream("/lines");

	is(t.lines, "one|two|three|", "lines, but no half ones");
	ok(t.done == 1 && t.status == 200 && !*t.why && !*t.body,
	   "and their end");
	t = stream("/missing");
	ok(t.status == 404 && !*t.lines, "no stream");
	is(t.body, "no", "but a body");
	t = stream("/long");
	ok(!t.status && t.too_long && t.done == 1, "a line that is too long");
	is(t.lines, "one|", "ends the stream after the lines before it");
	t = stream("/late");
	ok(t.too_long && t.done == 1, "a long line behind a newline");
	t = go("/quiet", &quiet);
	ok(!t.status && *t.why && t.done == 1, "a stream that stays quiet");
	is(t.lines, "one|", "had a line");
}

static void test_cancel(void)
{
	struct http_request r = { .line = take_line };
	struct test t = { .h = http_new(loop), .cancel_at = 1 }, u;

	start(&t, "/lines", &r);
	uv_run(loop, UV_RUN_DEFAULT);
	is(t.lines, "one|", "cancelled in the midst of lines");
	ok(!t.done, "no end is told then");
	http_free(t.h);

	t = (struct test){ .h = http_new(loop), .cancel_at = 2,
			   .free_at_cancel = true };
	start(&t, "/lines", &r);
	uv_run(loop, UV_RUN_DEFAULT);
	is(t.lines, "one|two|", "all freed in the midst of lines");

	t = (struct test){ .h = http_new(loop) };
	u = (struct test){ .h = t.h };
	start(&u, "/quiet", &r);
	start(&t, "/whole", &(struct http_request){});
	t.other = u.call;
	uv_run(loop, UV_RUN_DEFAULT);
	ok(t.done == 1 && !u.done, "another one cancelled at an end");
	start(&u, "/hang", &(struct http_request){});
	http_cancel(u.call);
	start(&u, "/hang", &(struct http_request){});
	http_free(t.h);
	ok(!u.done, "cancelled and freed before they begin");
	http_free(NULL);
	http_cancel(NULL);
}

static void test_reuse(void)
{
	struct test t = { .h = http_new(loop) };
	int i;

	connections = 0;
	for (i = 0; i < 3; i++) {
		start(&t, "/whole", &(struct http_request){});
		uv_run(loop, UV_RUN_DEFAULT);
	}
	ok(t.done == 3 && connections == 1, "one connection for all");
	http_free(t.h);
}

static struct test with_key(const char *file)
{
	struct http_tls tls = { .cert = { .file = "/nonexistent/cert" },
				.key = { .file = file } };
	struct http_request r = { .tls = &tls };

	return go("https://127.0.0.1:1/", &r);
}

static void test_keys(void)
{
	char name[] = "/tmp/test-http-key-XXXXXX";
	int fd = mkstemp(name);
	struct test t;

	ok(write(fd, "key", 3) == 3, "a key");
	fchmod(fd, 0640);
	t = with_key(name);
	ok(strstr(t.why, "others may read") && strstr(t.why, name),
	   "that others may read is not used");
	fchmod(fd, 0600);
	t = with_key(name);
	ok(*t.why && !strstr(t.why, "others"), "one that is ours is");
	ok(!ftruncate(fd, 0), "an empty one");
	ok(strstr(with_key(name).why, "not a key"), "is none");
	ok(!ftruncate(fd, 1 << 20), "a large one");
	ok(strstr(with_key(name).why, "not a key"), "is none");
	close(fd);
	unlink(name);
	ok(strstr(with_key(name).why, "No such file"), "it has to be there");
	ok(strstr(with_key("/tmp").why, "not a file"), "and be a file");
}

int main(void)
{
	setlinebuf(stdout);
	curl_global_init(CURL_GLOBAL_DEFAULT);
	loop = uv_default_loop();
	listen_somewhere();
	test_requests();
	test_what_is_sent();
	test_streams();
	test_cancel();
	test_reuse();
	test_keys();
	uv_close((uv_handle_t *)&listener, NULL);
	uv_run(loop, UV_RUN_DEFAULT);
	ok(!uv_loop_close(loop), "nothing stays in the loop");
	curl_global_cleanup();
	return done_testing();
}
