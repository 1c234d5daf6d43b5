// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Reading a registry once, for commands that end.
 */
#include "../error.h"
#include "registry.h"

#define WHOLE_MS	120000

/**
 * struct once - A registry that is read once.
 * @loop: Where it lives meanwhile.
 * @limit: When to give up.
 * @data: Where what it tells goes.
 * @told: It has told something.
 * @err: 0, or EXIT_REFUSED after it was said why.
 */
struct once {
	uv_loop_t loop;
	uv_timer_t limit;
	struct registry_data *data;
	bool told;
	int err;
};

static void end(struct once *o, int err)
{
	o->told = true;
	o->err = err;
	uv_stop(&o->loop);
}

static void on_changed(void *priv, const struct registry_data *data)
{
	struct once *o = priv;

	if (o->told)
		return;
	if (registry_copy(o->data, data))
		end(o, fail(EXIT_REFUSED, "out of memory"));
	else
		end(o, 0);
}

static void on_failing(void *priv, const char *why)
{
	struct once *o = priv;

	if (!o->told)
		end(o, fail(EXIT_REFUSED, "%s", why));
}

static void on_limit(uv_timer_t *timer)
{
	struct once *o = timer->data;

	if (!o->told)
		end(o, fail(EXIT_REFUSED, "the registry takes too long"));
}

static const struct registry_events events = {
	.changed = on_changed,
	.failing = on_failing,
};

static int read_once(struct once *o, const struct registry_setup *setup)
{
	struct registry *r = registry_open(&o->loop, setup, &events, o);

	if (!r)
		return EXIT_WRONG;
	uv_timer_init(&o->loop, &o->limit);
	o->limit.data = o;
	uv_timer_start(&o->limit, on_limit, WHOLE_MS, 0);
	uv_run(&o->loop, UV_RUN_DEFAULT);
	r->ops->close(r);
	uv_close((uv_handle_t *)&o->limit, NULL);
	return o->err;
}

/**
 * registry_load - Read a whole registry
 * @name: Its name, as in struct registry_setup.
 * @options: How to get in.
 * @data: Where it goes; all zero before, registry_clear() frees it, also
 *	after an error.
 *
 * Return: 0; EXIT_WRONG or EXIT_REFUSED after it said why.
 */
int registry_load(const char *name, const struct registry_options *options,
		  struct registry_data *data)
{
	struct registry_setup setup = { .name = name, .options = *options };
	struct once o = { .data = data };
	int err;

	if (uv_loop_init(&o.loop))
		return fail(EXIT_REFUSED, "out of memory");
	err = read_once(&o, &setup);
	uv_run(&o.loop, UV_RUN_DEFAULT);
	uv_loop_close(&o.loop);
	return err;
}
