// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * A registry in files, watched by inotify: the directory that holds it, it
 * itself and what it holds, so that whatever is replaced, removed or made again
 * is seen. It is read a moment later; what cannot be read may be half written,
 * and is read once more before that is told. Now and then it is read anyway.
 */
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../error.h"
#include "file.h"

#define SOON_MS		2U
#define TWICE_MS	200U	/* for who is writing to finish */
#define POLL_MS		30000U
#define LOCKED_MS	50U
#define LOCKED_TRIES	100U
#define WATCHES		3

/**
 * struct file - A registry in files.
 * @r: What all registries have.
 * @path: The file or directory, or "-".
 * @watch: What is watched.
 * @watched: Paths of that.
 * @name: What of the first one is of interest.
 * @soon: When to read.
 * @poll: When to read anyway.
 * @retry: When to write again.
 * @handles: How many of the loop's handles refer to us.
 * @closed: Nobody wants to know anything any more.
 * @told: What was told.
 * @has_told: Something was.
 * @must_tell: Tell even what is the same.
 * @bad: How often it could not be read in a row.
 * @key: The key that we want, NULL: none.
 * @value: Its value.
 * @before: What we wrote there before, NULL: nothing.
 * @create: Only if there is none.
 * @held: It is ours.
 * @kept: It has been since it was claimed.
 * @tries: How often it was locked.
 */
struct file {
	struct registry r;
	char *path;
	uv_fs_event_t watch[WATCHES];
	char *watched[WATCHES];
	char *name;
	uv_timer_t soon;
	uv_timer_t poll;
	uv_timer_t retry;
	unsigned int handles;
	bool closed;
	struct registry_data told;
	bool has_told;
	bool must_tell;
	unsigned int bad;
	char *key;
	char *value;
	char *before;
	bool create;
	bool held;
	bool kept;
	unsigned int tries;
};

static void on_soon(uv_timer_t *timer);
static void write_lease(struct file *f);

static void read_soon(struct file *f, uint64_t ms)
{
	uv_timer_start(&f->soon, on_soon, ms, 0);
}

static void on_event(uv_fs_event_t *watch, const char *name, int events,
		     int status)
{
	struct file *f = watch->data;

	(void)events;
	(void)status;
	if (name && (name[0] == '.' ||
		     (watch == &f->watch[0] && strcmp(name, f->name))))
		return;
	read_soon(f, SOON_MS);
}

/* What is not there is seen by what is above it. */
static void watch_all(struct file *f)
{
	int i;

	for (i = 0; i < WATCHES; i++) {
		uv_fs_event_stop(&f->watch[i]);
		if (f->watched[i])
			uv_fs_event_start(&f->watch[i], on_event,
					  f->watched[i], 0);
	}
}

static void claimed(struct file *f, enum registry_claimed how, const char *why)
{
	f->r.events->claimed(f->r.priv, how, why);
}

/* Is our lease still there? */
static void check_lease(struct file *f)
{
	const struct registry_entry *e;
	char why[JSON_WHY];

	if (!f->held)
		return;
	e = file_find(&f->told, f->key);
	if (!e) {
		f->held = false;
		f->create = true;
		write_lease(f);
	} else if (!file_same_value(e->value, e->value_len, f->value)) {
		f->held = false;
		f->kept = false;
		snprintf(why, sizeof(why), "%.100s: somebody else has it",
			 f->key);
		claimed(f, REGISTRY_TAKEN, why);
	}
}

static void take(struct file *f, struct registry_data *data)
{
	bool same = f->has_told && file_same(&f->told, data);

	f->bad = 0;
	if (same && !f->must_tell && !*f->r.failing) {
		registry_clear(data);
		return;
	}
	registry_clear(&f->told);
	f->told = *data;
	f->has_told = true;
	f->must_tell = false;
	registry_tell_changed(&f->r, &f->told);
	if (!f->closed)
		check_lease(f);
}

static void on_soon(uv_timer_t *timer)
{
	struct registry_data data = {};
	struct file *f = timer->data;
	char why[JSON_WHY];

	/* Before it is read: what happens from now on is seen. */
	watch_all(f);
	if (file_read(f->path, &data, why)) {
		take(f, &data);
		return;
	}
	registry_clear(&data);
	if (f->has_told && !f->bad++)
		read_soon(f, TWICE_MS);
	else
		registry_tell_failing(&f->r, why);
}

static void on_poll(uv_timer_t *timer)
{
	read_soon(timer->data, 0);
}

static void on_retry(uv_timer_t *timer)
{
	write_lease(timer->data);
}

static void have_lease(struct file *f)
{
	f->held = true;
	f->kept = true;
	f->tries = 0;
	/* Also where there is no inotify. */
	read_soon(f, SOON_MS);
	claimed(f, REGISTRY_CLAIMED, "");
}

/* A lease that was ours is tried to be had again until it is another's. */
static void not_written(struct file *f, const char *why)
{
	char whole[2 * JSON_WHY];

	f->tries = 0;
	if (!f->kept) {
		claimed(f, REGISTRY_NOT_CLAIMED, why);
		return;
	}
	uv_timer_start(&f->retry, on_retry, POLL_MS, 0);
	snprintf(whole, sizeof(whole), "the lease cannot be written: %s", why);
	registry_tell_failing(&f->r, whole);
}

static void write_lease(struct file *f)
{
	struct file_claim c = {
		.claim = { f->key, f->value, f->create },
		.told = &f->told,
		.before = f->before,
	};
	char why[JSON_WHY];

	switch (file_write(f->path, &c, why)) {
	case FILE_WRITTEN:
		have_lease(f);
		break;
	case FILE_TAKEN:
		f->kept = false;
		claimed(f, REGISTRY_TAKEN, why);
		break;
	case FILE_LOCKED:
		if (++f->tries < LOCKED_TRIES)
			uv_timer_start(&f->retry, on_retry, LOCKED_MS, 0);
		else
			not_written(f, "somebody keeps it locked");
		break;
	case FILE_FAILED:
		not_written(f, why);
	}
}

/* The answer comes from the loop. */
static void file_claim(struct registry *r, const struct registry_claim *claim)
{
	struct file *f = (struct file *)r;

	free(f->before);
	f->before = NULL;
	if (f->kept && !strcmp(f->key, claim->key))
		f->before = f->value;
	else
		free(f->value);
	free(f->key);
	f->key = strdup(claim->key);
	f->value = strdup(claim->value);
	f->create = claim->create;
	f->held = false;
	f->kept = false;
	f->tries = 0;
	if (f->key && f->value)
		uv_timer_start(&f->retry, on_retry, 0, 0);
	else
		claimed(f, REGISTRY_NOT_CLAIMED, "out of memory");
}

static void file_relist(struct registry *r)
{
	struct file *f = (struct file *)r;

	f->must_tell = true;
	/* What standard input said is all it will ever say. */
	if (strcmp(f->path, "-"))
		read_soon(f, 0);
}

static void free_file(struct file *f)
{
	int i;

	for (i = 0; i < WATCHES; i++)
		free(f->watched[i]);
	free(f->name);
	free(f->path);
	free(f->key);
	free(f->value);
	free(f->before);
	registry_clear(&f->told);
	free(f);
}

static void on_closed(uv_handle_t *handle)
{
	struct file *f = handle->data;

	if (!--f->handles)
		free_file(f);
}

static void file_close(struct registry *r)
{
	struct file *f = (struct file *)r;
	int i;

	f->closed = true;
	for (i = 0; i < WATCHES; i++)
		uv_close((uv_handle_t *)&f->watch[i], on_closed);
	uv_close((uv_handle_t *)&f->soon, on_closed);
	uv_close((uv_handle_t *)&f->poll, on_closed);
	uv_close((uv_handle_t *)&f->retry, on_closed);
}

/* The directory that holds it, it itself, and what it holds. */
static bool set_paths(struct file *f, const char *path)
{
	char *copy;

	f->path = strdup(path);
	if (!f->path || !strcmp(path, "-"))
		return f->path;
	copy = strdup(path);
	f->watched[0] = copy ? strdup(dirname(copy)) : NULL;
	free(copy);
	copy = strdup(path);
	f->name = copy ? strdup(basename(copy)) : NULL;
	free(copy);
	f->watched[1] = strdup(path);
	if (asprintf(&f->watched[2], "%s/subnets", path) < 0)
		f->watched[2] = NULL;
	return f->watched[0] && f->name && f->watched[1] && f->watched[2];
}

static void add_timer(struct file *f, uv_loop_t *loop, uv_timer_t *timer)
{
	uv_timer_init(loop, timer);
	timer->data = f;
	f->handles++;
}

static void add_handles(struct file *f, uv_loop_t *loop)
{
	int i;

	for (i = 0; i < WATCHES; i++) {
		uv_fs_event_init(loop, &f->watch[i]);
		f->watch[i].data = f;
		f->handles++;
	}
	add_timer(f, loop, &f->soon);
	add_timer(f, loop, &f->poll);
	add_timer(f, loop, &f->retry);
}

static struct registry *file_open(uv_loop_t *loop, const char *rest,
				  const struct registry_setup *setup,
				  const struct registry_events *events,
				  void *priv)
{
	struct file *f = calloc(1, sizeof(*f));

	(void)setup;
	if (!f || !set_paths(f, rest)) {
		fail(EXIT_REFUSED, "out of memory");
		if (f)
			free_file(f);
		return NULL;
	}
	f->r = (struct registry){ &registry_file, events, priv, "" };
	add_handles(f, loop);
	read_soon(f, 0);
	if (strcmp(rest, "-"))
		uv_timer_start(&f->poll, on_poll, POLL_MS, POLL_MS);
	return &f->r;
}

const struct registry_ops registry_file = {
	.scheme = "file:",
	.open = file_open,
	.close = file_close,
	.relist = file_relist,
	.claim = file_claim,
};
