// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The agent's life: it starts, takes a step whenever something has happened
 * and from time to time anyhow, and ends without touching what is at work.
 */
#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../cmd/cmd.h"
#include "../cmd/usage.h"
#include "../error.h"
#include "agent.h"
#include "service.h"
#include "sole.h"
#include "subnet_env.h"

/* Arrays of this size and more go back to the system when they are freed. */
#define MMAP_BYTES	(128 * 1024)

/* The kernel's events come in groups: which interface is the underlay, and what
 * else takes long to decide, is asked when a group has passed.
 */
#define EVENT_MS	50

/* Steps take at most a tenth of the time; what was not taken in the last second
 * may be had at once, and none is put off for longer.
 */
#define STEP_SHARE	10
#define STEP_BURST_MS	1000
#define STEP_OFF_MS	500

#define RETRY_MS	1000

/* Time for the registry to hear why this node does not work. */
#define FATAL_MS	2000

static const int signals[] = { SIGTERM, SIGINT, SIGHUP, SIGUSR1 };

#define SIGNALS		(sizeof(signals) / sizeof(signals[0]))

/**
 * struct run - A running agent.
 * @agent: Its state; first.
 * @loop: The event loop.
 * @soon: The next step.
 * @often: A step that is taken anyhow.
 * @settled: The kernel's events are over, or it is enough of them.
 * @kernel: Events of the kernel.
 * @signal: Signals.
 * @watch: Behind @kernel.
 * @not_before: No step before, uv_now(); in the past, if steps were few.
 * @env: What subnet.env holds.
 * @env_lock: Keeps other agents off the file.
 * @dev_lock: Keeps other agents off the device, -1: not yet.
 * @code: Exit code.
 * @ending: It ends.
 * @failing: The registry was said to fail.
 * @said: What was said to be wrong last.
 * @told: What the registry was told to be wrong last.
 * @has_told: It was told something.
 * @service: What is done for the rest of the node.
 */
struct run {
	struct agent agent;
	uv_loop_t loop;
	uv_timer_t soon;
	uv_timer_t often;
	uv_timer_t settled;
	uv_poll_t kernel;
	uv_signal_t signal[SIGNALS];
	struct watch *watch;
	uint64_t not_before;
	char env[SUBNET_ENV_TEXT];
	int env_lock;
	int dev_lock;
	int code;
	bool ending;
	bool failing;
	char said[AGENT_WHY];
	char told[AGENT_WHY];
	bool has_told;
	struct service service;
};

/**
 * agent_stop - End a step
 * @a: The agent.
 * @how: How it ends.
 * @format: printf format of the reason.
 *
 * Return: @how.
 */
enum step agent_stop(struct agent *a, enum step how, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(a->why, sizeof(a->why), format, ap);
	va_end(ap);
	return how;
}

static void take_step(uv_timer_t *timer);

static void schedule(struct run *r, uint64_t ms)
{
	uint64_t now = uv_now(&r->loop), at = now + ms;

	if (r->ending)
		return;
	if (at < r->not_before)
		at = r->not_before;
	if (uv_is_active((uv_handle_t *)&r->soon) &&
	    uv_timer_get_due_in(&r->soon) <= at - now)
		return;
	uv_timer_start(&r->soon, take_step, at - now, 0);
}

static void finish(struct run *r, int code)
{
	r->code = code;
	r->ending = true;
	uv_stop(&r->loop);
}

static void on_fatal(uv_timer_t *timer)
{
	finish(timer->data, EXIT_WRONG);
}

/* Do pods have a network here? NULL: they do; the same is told once. */
static void set_reachable(struct run *r, const char *why)
{
	struct agent *a = &r->agent;

	if (!a->registry->ops->reachable ||
	    !a->o.set_node_network_unavailable ||
	    (r->has_told && !strcmp(r->told, why ? why : "")))
		return;
	strcpy(r->told, why ? why : "");
	r->has_told = true;
	a->registry->ops->reachable(a->registry, why);
}

static enum step lock_device(struct run *r)
{
	struct agent *a = &r->agent;

	if (r->dev_lock >= 0)
		return STEP_DONE;
	r->dev_lock = sole_hold(a->backend->table ? a->config.vni : 0,
				a->config.backend);
	if (r->dev_lock >= 0)
		return STEP_DONE;
	if (!a->backend->table)
		return agent_stop(a, STEP_FATAL, "another agent runs in this network namespace for backend %s",
				  a->config.backend);
	return agent_stop(a, STEP_FATAL, "another agent runs in this network namespace for backend %s and VNI %u",
			  a->config.backend, a->config.vni);
}

static enum step write_env(struct run *r)
{
	struct agent *a = &r->agent;
	struct subnet_env e = {
		.network = { a->config.network, a->config.network6 },
		.subnet = { a->own.v4, a->own.v6 },
		.mtu = backend_mtu(&a->config, a->iface.mtu),
		.masq = a->o.ip_masq,
	};
	char text[SUBNET_ENV_TEXT], why[JSON_WHY];

	subnet_env_text(&e, text);
	if (!strcmp(text, r->env) && !access(a->o.subnet_file, F_OK))
		return STEP_DONE;
	if (subnet_env_write(a->o.subnet_file, &e, why, sizeof(why)))
		return agent_stop(a, STEP_FAILED, "%s: %s", a->o.subnet_file,
				  why);
	strcpy(r->env, text);
	note("agent: %s is written", a->o.subnet_file);
	return STEP_DONE;
}

static enum step steps(struct run *r)
{
	struct agent *a = &r->agent;
	enum step step;

	if (!a->data)
		return agent_stop(a, STEP_WAIT, "waiting for the registry");
	step = agent_config(a);
	if (!step)
		step = lock_device(r);
	if (!step)
		step = agent_interface(a);
	if (!step)
		step = agent_converge(a);
	if (!step)
		step = write_env(r);
	return step ? step : service_rules(&r->service);
}

static void now_ready(struct run *r)
{
	struct agent *a = &r->agent;

	a->why[0] = '\0';
	if (!a->ready)
		note("agent: ready: %llu peers",
		     (unsigned long long)a->figures.peers);
	set_reachable(r, NULL);
	service_ready(&r->service);
	a->ready = true;
	a->started = true;
	r->said[0] = '\0';
}

static void not_ready(struct run *r, enum step step)
{
	struct agent *a = &r->agent;

	if (strcmp(r->said, a->why)) {
		if (step == STEP_WAIT)
			note("agent: %s", a->why);
		else
			warning("agent: %s", a->why);
		strcpy(r->said, a->why);
	}
	a->ready = false;
	service_not_ready(&r->service);
	a->figures.errors += step != STEP_WAIT;
	if (step >= STEP_UNABLE)
		set_reachable(r, a->why);
	if (step == STEP_FATAL) {
		r->code = EXIT_WRONG;
		uv_timer_start(&r->often, on_fatal, a->registry &&
			       a->registry->ops->reachable ? FATAL_MS : 0, 0);
		r->ending = true;
	} else {
		schedule(r, RETRY_MS);
	}
}

/* What we cost: on a busy machine a step takes longer, and is no more work. */
static uint64_t cpu_ms(void)
{
	struct timespec ts;

	if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts))
		return 0;
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static void charge(struct run *r, uint64_t ms)
{
	uint64_t now;

	uv_update_time(&r->loop);
	now = uv_now(&r->loop);
	if (r->not_before + STEP_BURST_MS < now)
		r->not_before = now - STEP_BURST_MS;
	r->not_before += (ms + 1) * STEP_SHARE;
	if (r->not_before > now + STEP_OFF_MS)
		r->not_before = now + STEP_OFF_MS;
}

static void take_step(uv_timer_t *timer)
{
	struct run *r = timer->data;
	uint64_t start = uv_hrtime(), cpu = cpu_ms();
	enum step step = steps(r);

	r->agent.figures.steps++;
	r->agent.figures.step_seconds = (double)(uv_hrtime() - start) / 1e9;
	charge(r, cpu_ms() - cpu);
	if (step == STEP_DONE)
		now_ready(r);
	else
		not_ready(r, step);
}

static void on_often(uv_timer_t *timer)
{
	struct run *r = timer->data;

	r->agent.look_again = true;
	schedule(r, 0);
}

static void on_changed(void *priv, const struct registry_data *data)
{
	struct run *r = priv;

	r->agent.data = data;
	r->agent.figures.registry_told = uv_now(&r->loop);
	if (r->failing && !*r->agent.registry->failing) {
		note("agent: the registry can be read again");
		r->failing = false;
	}
	schedule(r, 0);
}

static void on_failing(void *priv, const char *why)
{
	struct run *r = priv;

	r->agent.figures.registry_errors++;
	r->failing = true;
	warning("agent: the registry cannot be read, what it told last stands: %s",
		why);
}

static void on_claimed(void *priv, enum registry_claimed how, const char *why)
{
	struct run *r = priv;

	agent_claimed(&r->agent, how, why);
	schedule(r, how == REGISTRY_CLAIMED ? 0 : RETRY_MS);
}

static void on_rules(void *priv)
{
	schedule(priv, 0);
}

static const struct registry_events registry_events = {
	.changed = on_changed,
	.failing = on_failing,
	.claimed = on_claimed,
};

static void on_settled(uv_timer_t *timer)
{
	struct run *r = timer->data;

	r->agent.look_again = true;
	schedule(r, 0);
}

static void settle(struct run *r)
{
	if (!r->ending && !uv_is_active((uv_handle_t *)&r->settled))
		uv_timer_start(&r->settled, on_settled, EVENT_MS, 0);
}

/* A route that changes may be a peer's that is on the link no longer, or again:
 * until that is followed, packets to it are lost.
 */
static void on_event(void *arg, const struct watch_event *e)
{
	struct run *r = arg;

	if (e->kind == WATCH_ROUTE)
		schedule(r, 0);
	settle(r);
}

static void on_overrun(void *arg)
{
	settle(arg);
}

static const struct watch_ops watch_ops = {
	.changed = on_event,
	.overrun = on_overrun,
};

static void on_kernel(uv_poll_t *poll, int status, int events)
{
	struct run *r = poll->data;

	(void)events;
	if (!status && watch_drain(r->watch, &watch_ops, r))
		on_overrun(r);
}

static void on_signal(uv_signal_t *signal, int number)
{
	struct run *r = signal->data;

	if (number == SIGTERM || number == SIGINT) {
		note("agent: ends; what it set up stays at work");
		finish(r, EXIT_DONE);
		return;
	}
	if (number == SIGUSR1)
		r->agent.allow_deletion = true;
	else
		r->agent.registry->ops->relist(r->agent.registry);
	r->agent.look_again = true;
	schedule(r, 0);
}

static int open_watch(struct run *r)
{
	struct netlink *nl = r->agent.nl;

	r->watch = watch_open(nl, WATCH_LINK | WATCH_ADDR | WATCH_ROUTE |
				  WATCH_NEXTHOP);
	if (!r->watch)
		return fail(EXIT_REFUSED, "agent: %s", netlink_why(nl));
	uv_poll_init(&r->loop, &r->kernel, watch_fd(r->watch));
	r->kernel.data = r;
	uv_poll_start(&r->kernel, UV_READABLE, on_kernel);
	return 0;
}

static int open_registry(struct run *r)
{
	const struct agent_options *o = &r->agent.o;
	struct registry_setup setup = {
		.options = {
			.cafile = o->etcd_cafile,
			.certfile = o->etcd_certfile,
			.keyfile = o->etcd_keyfile,
			.username = o->etcd_username,
			.password = o->etcd_password,
		},
		.is_node = true,
		.annotations = o->kube_annotation_prefix,
		.config_path = o->net_config_path,
		.api_url = o->kube_api_url,
		.renew_margin = o->subnet_lease_renew_margin,
	};
	char *name = agent_options_registry(o);

	if (!name)
		return EXIT_WRONG;
	setup.name = name;
	r->agent.registry = registry_open(&r->loop, &setup, &registry_events,
					  r);
	free(name);
	return r->agent.registry ? 0 : EXIT_WRONG;
}

static void begin(struct run *r)
{
	size_t i;

	for (i = 0; i < SIGNALS; i++) {
		uv_signal_init(&r->loop, &r->signal[i]);
		r->signal[i].data = r;
		uv_signal_start(&r->signal[i], on_signal, signals[i]);
	}
	uv_timer_init(&r->loop, &r->soon);
	r->soon.data = r;
	uv_timer_init(&r->loop, &r->settled);
	r->settled.data = r;
	uv_timer_init(&r->loop, &r->often);
	r->often.data = r;
	uv_timer_start(&r->often, on_often, r->agent.o.resync * 1000ull,
		       r->agent.o.resync * 1000ull);
}

/* What no interface can ever have, rather than what none has yet. */
static int check_interface(const struct agent_options *o)
{
	const struct iface_options options = {
		.regex = o->iface_regex.v,
		.regexes = o->iface_regex.n,
		.can_reach = o->iface_can_reach,
	};
	char why[IFACE_WHY];

	return iface_check(&options, why) ? 0 : fail(EXIT_WRONG, "agent: %s",
						     why);
}

static int lock_env(struct run *r)
{
	const char *path = r->agent.o.subnet_file;
	struct subnet_env before;
	char why[JSON_WHY];

	r->env_lock = subnet_env_lock(path, why, sizeof(why));
	if (r->env_lock < 0)
		return fail(EXIT_WRONG, "agent: %s: %s", path, why);
	if (subnet_env_read(path, &before)) {
		r->agent.previous[0] = before.subnet[0];
		r->agent.previous[1] = before.subnet[1];
	}
	return 0;
}

/* Those of others are closed by them: a child's when it has ended. */
static void close_ours(uv_handle_t *handle, void *arg)
{
	if (handle->data == arg && !uv_is_closing(handle))
		uv_close(handle, NULL);
}

static void end(struct run *r)
{
	struct agent *a = &r->agent;

	if (a->registry)
		a->registry->ops->close(a->registry);
	service_close(&r->service);
	uv_walk(&r->loop, close_ours, r);
	uv_run(&r->loop, UV_RUN_DEFAULT);
	uv_loop_close(&r->loop);
	if (r->watch)
		watch_close(r->watch);
	log_end(&a->said, &(struct log){});
	free(a->config_text);
	free(a->config_seen);
	free(a->value);
	if (r->env_lock >= 0)
		close(r->env_lock);
	if (r->dev_lock >= 0)
		close(r->dev_lock);
}

static int run_agent(struct run *r)
{
	int err;

#ifdef M_MMAP_THRESHOLD
	/* By itself the C library moves them into its heap after a while, where
	 * what a step needs for thousands of peers stays after it.
	 */
	mallopt(M_MMAP_THRESHOLD, MMAP_BYTES);
#endif
	error_limit();
	if (uv_loop_init(&r->loop))
		return fail(EXIT_REFUSED, "out of memory");
	r->agent.loop = &r->loop;
	r->agent.service = &r->service;
	r->agent.look_again = true;
	agent_stop(&r->agent, STEP_WAIT, "waiting for the registry");
	r->env_lock = -1;
	r->dev_lock = -1;
	begin(r);
	err = check_interface(&r->agent.o);
	if (!err)
		err = open_registry(r);
	if (!err)
		err = lock_env(r);
	if (!err)
		err = open_watch(r);
	if (!err)
		err = service_open(&r->service, &r->agent, on_rules, r);
	if (!err) {
		uv_run(&r->loop, UV_RUN_DEFAULT);
		err = r->code;
	}
	end(r);
	return err;
}

static int agent_run(struct context *c, struct args *a)
{
	struct run r = { .agent = { .nl = c->nl } };
	int err;

	err = agent_options_parse(&r.agent.o, a);
	if (!err && r.agent.o.version)
		printf("flanctl-genl agent %s\n", FLANNEL_VERSION);
	else if (!err && r.agent.o.cleanup)
		err = agent_cleanup(&r.agent);
	else if (!err)
		err = run_agent(&r);
	agent_options_free(&r.agent.o);
	return err;
}

const struct object agent_object = {
	.name = "agent",
	.run = agent_run,
	.usage = AGENT_USAGE,
};
