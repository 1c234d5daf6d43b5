// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * A program that the agent runs beside its loop: it gets a text, prints a
 * little, and has to end soon. What it is, is over when it has ended and
 * nobody holds its output any more.
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "child.h"
#include "../text.h"

#define OUT_MAX		(1 << 20)
#define ERR_MAX		4096
#define LIMIT_MS	30000
#define PIPES		3

/**
 * struct capture - What a program prints.
 * @text: The text, NULL: nothing yet.
 * @len: Its length.
 * @max: The longest that is kept.
 * @cut: There was more.
 */
struct capture {
	char *text;
	size_t len;
	size_t max;
	bool cut;
};

/**
 * struct child - A running program.
 * @process: The program.
 * @pipe: Its stdin, stdout and stderr.
 * @timer: Ends what does not end.
 * @write: The write of @input.
 * @input: What it reads.
 * @got: What it printed, by pipe; of stdin nothing.
 * @done: Who is told, NULL: nobody any more.
 * @priv: For @done.
 * @code: Its exit code.
 * @waiting: What has not come to its end: program, stdout, stderr.
 * @stopped: It was killed, by us.
 * @open: Handles that are not closed.
 */
struct child {
	uv_process_t process;
	uv_pipe_t pipe[PIPES];
	uv_timer_t timer;
	uv_write_t write;
	char *input;
	struct capture got[PIPES];
	void (*done)(void *priv, const struct child_result *r);
	void *priv;
	int code;
	unsigned int waiting;
	bool stopped;
	unsigned int open;
};

static void on_close(uv_handle_t *h)
{
	struct child *c = h->data;
	size_t i;

	if (--c->open)
		return;
	for (i = 0; i < PIPES; i++)
		free(c->got[i].text);
	free(c->input);
	free(c);
}

static void close_handle(uv_handle_t *h)
{
	if (!uv_is_closing(h))
		uv_close(h, on_close);
}

static void close_pipes(struct child *c)
{
	size_t i;

	for (i = 0; i < PIPES; i++)
		close_handle((uv_handle_t *)&c->pipe[i]);
	close_handle((uv_handle_t *)&c->timer);
}

static void close_all(struct child *c)
{
	close_pipes(c);
	close_handle((uv_handle_t *)&c->process);
}

static void finish(struct child *c)
{
	char line[512];
	struct child_result r = { .code = c->code, .err = line };
	const struct capture *out = &c->got[1], *err = &c->got[2];

	if (out->cut || c->stopped)
		r.code = -1;
	r.out = out->text ? out->text : "";
	text_quote(line, sizeof(line), err->text ? err->text : "",
		   err->text ? strcspn(err->text, "\n") : 0);
	if (c->done)
		c->done(c->priv, &r);
	c->done = NULL;
	close_all(c);
}

/*
 * End it. Whoever else holds its output is not waited for; it itself is, or
 * it would stay a zombie.
 */
static void stop(struct child *c)
{
	c->stopped = true;
	close_pipes(c);
	if (uv_is_active((uv_handle_t *)&c->process))
		uv_process_kill(&c->process, SIGKILL);
	else
		finish(c);
}

static void ended(struct child *c)
{
	if (!--c->waiting)
		finish(c);
}

static void on_exit_child(uv_process_t *p, int64_t status, int signal)
{
	struct child *c = p->data;

	c->code = signal ? -1 : (int)status;
	if (c->stopped)
		finish(c);
	else
		ended(c);
}

static void on_timer(uv_timer_t *t)
{
	stop(t->data);
}

static void on_written(uv_write_t *w, int status)
{
	struct child *c = w->handle->data;

	(void)status;
	close_handle((uv_handle_t *)&c->pipe[0]);
}

static void on_alloc(uv_handle_t *h, size_t suggested, uv_buf_t *buf)
{
	(void)h;
	buf->base = malloc(suggested);
	buf->len = buf->base ? suggested : 0;
}

static void keep(struct capture *got, const char *text, size_t len)
{
	char *bigger;

	if (len > got->max - got->len) {
		len = got->max - got->len;
		got->cut = true;
	}
	bigger = realloc(got->text, got->len + len + 1);
	if (!bigger) {
		got->cut = true;
		return;
	}
	got->text = bigger;
	memcpy(got->text + got->len, text, len);
	got->len += len;
	got->text[got->len] = '\0';
}

static void on_read(uv_stream_t *s, ssize_t n, const uv_buf_t *buf)
{
	struct child *c = s->data;

	if (n > 0)
		keep(&c->got[(uv_pipe_t *)s - c->pipe], buf->base, (size_t)n);
	free(buf->base);
	if (n >= 0)
		return;
	close_handle((uv_handle_t *)s);
	ended(c);
}

static void init_handles(uv_loop_t *loop, struct child *c)
{
	size_t i;

	for (i = 0; i < PIPES; i++) {
		uv_pipe_init(loop, &c->pipe[i], 0);
		c->pipe[i].data = c;
	}
	uv_timer_init(loop, &c->timer);
	c->timer.data = c;
	c->process.data = c;
	c->got[1].max = OUT_MAX;
	c->got[2].max = ERR_MAX;
	/* uv_spawn() makes a handle of the process even where it fails. */
	c->open = PIPES + 2;
}

static int spawn(uv_loop_t *loop, struct child *c, const char *const *argv)
{
	uv_stdio_container_t stdio[PIPES];
	uv_process_options_t options = {
		.exit_cb = on_exit_child,
		.file = argv[0],
		.args = (char **)argv,
		.stdio_count = PIPES,
		.stdio = stdio,
	};
	size_t i;

	for (i = 0; i < PIPES; i++) {
		stdio[i].flags = UV_CREATE_PIPE |
				 (i ? UV_WRITABLE_PIPE : UV_READABLE_PIPE);
		stdio[i].data.stream = (uv_stream_t *)&c->pipe[i];
	}
	return uv_spawn(loop, &c->process, &options);
}

static void give(struct child *c)
{
	uv_buf_t buf = uv_buf_init(c->input, (unsigned int)strlen(c->input));

	if (uv_write(&c->write, (uv_stream_t *)&c->pipe[0], &buf, 1,
		     on_written))
		close_handle((uv_handle_t *)&c->pipe[0]);
}

/**
 * child_start - Run a program
 * @loop: The loop.
 * @argv: Its arguments up to NULL, the first one is searched for in PATH.
 * @input: What it reads; it is copied.
 * @done: Called once when it has ended, after half a minute at the latest.
 * @priv: For @done.
 * @child: Where it goes, valid until @done is called.
 *
 * Return: 0, or negative errno if it cannot be run; then @done is not called.
 */
int child_start(uv_loop_t *loop, const char *const *argv, const char *input,
		void (*done)(void *priv, const struct child_result *r),
		void *priv, struct child **child)
{
	struct child *c = calloc(1, sizeof(*c));
	int err;

	if (!c)
		return -ENOMEM;
	c->input = strdup(input);
	if (!c->input) {
		free(c);
		return -ENOMEM;
	}
	init_handles(loop, c);
	err = spawn(loop, c, argv);
	if (err) {
		close_all(c);
		return err;
	}
	c->done = done;
	c->priv = priv;
	c->waiting = PIPES;
	uv_timer_start(&c->timer, on_timer, LIMIT_MS, 0);
	uv_read_start((uv_stream_t *)&c->pipe[1], on_alloc, on_read);
	uv_read_start((uv_stream_t *)&c->pipe[2], on_alloc, on_read);
	give(c);
	*child = c;
	return 0;
}

/**
 * child_cancel - Kill a program; nobody is told
 * @c: The program, or NULL.
 */
void child_cancel(struct child *c)
{
	if (!c)
		return;
	c->done = NULL;
	stop(c);
}
