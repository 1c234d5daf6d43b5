// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * A registry in etcd, over the v3 JSON gateway: all is listed, then watched from
 * the next revision on; a stream that breaks goes on behind the last event.
 * Where that cannot be (compacted, another history, nonsense) all is listed
 * again, and every few minutes anyway. An endpoint that fails is followed by
 * the next one. A server that has stopped, or is cut off, leaves the stream as
 * it is: when that is silent, it is asked for a sign of life.
 *
 * What happens waits in @pending until the loop comes round, so that all that is
 * there is told at once. Nothing that was told changes before that.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "../error.h"
#include "etcd_lease.h"
#include "etcd_list.h"
#include "etcd_mirror.h"
#include "etcd_watch.h"
#include "registry.h"

#define RELIST_MS	300000U
#define BEGIN_MS	10000U	/* for a watch to begin */
#define SILENT_MS	5000U	/* then a sign of life is asked for */
#define PROBE_SECONDS	3U	/* for that to come */
#define STABLE_MS	5000U	/* a watch that lives so long is a good one */
#define BREAKS_MAX	4U	/* so many streams may break at once */
#define AGAIN_MS	100U
#define AGAIN_MAX_MS	5000U

/**
 * struct etcd - A registry in etcd.
 * @r: What all registries have.
 * @loop: The loop.
 * @server: How it is reached.
 * @cafile: Copies of the options.
 * @certfile: Likewise.
 * @keyfile: Likewise.
 * @list: Reads all.
 * @watch: Watches all.
 * @probe: Asks for a sign of life.
 * @lease: Our own key.
 * @again: When to try again; while a watch begins: how long it may take.
 * @silent: When the watch has been silent for long enough.
 * @relist: When to list again.
 * @soon: When the loop comes round.
 * @timers: How many of the loop's handles refer to us.
 * @closed: Nobody wants to know anything any more.
 * @told: What was told.
 * @next: What was listed since.
 * @has_next: There is such a thing.
 * @pending: What happened since, after @next.
 * @seen: The revision up to which we know all, 0: nothing.
 * @until: Nothing is told before that is seen: it was told before.
 * @listed_at: @seen when the listing began.
 * @went_back: The revision was less than what we have seen.
 * @must_list: A watch is not enough.
 * @began: When the watch began, by the loop's clock.
 * @heard: When something was heard of the server last, likewise.
 * @failures: How often something failed in a row; a watch that lives ends it.
 * @bad: How many endpoints failed in a row.
 * @why: What was wrong with each, empty: nothing.
 * @listed: From which of them all was listed.
 * @from: Addresses that have answered.
 */
struct etcd {
	struct registry r;
	uv_loop_t *loop;
	struct etcd_server server;
	char *cafile;
	char *certfile;
	char *keyfile;
	struct etcd_list list;
	struct etcd_watch watch;
	struct etcd_call probe;
	struct etcd_lease lease;
	uv_timer_t again;
	uv_timer_t silent;
	uv_timer_t relist;
	uv_timer_t soon;
	unsigned int timers;
	bool closed;
	struct registry_data told;
	struct registry_data next;
	bool has_next;
	struct etcd_events pending;
	uint64_t seen;
	uint64_t until;
	uint64_t listed_at;
	bool went_back;
	bool must_list;
	uint64_t began;
	uint64_t heard;
	unsigned int failures;
	size_t bad;
	char why[REGISTRY_ENDPOINTS_MAX][JSON_WHY];
	bool listed[REGISTRY_ENDPOINTS_MAX];
	struct registry_data from;
};

/* So many nodes do not come all at once. */
static uint64_t jitter(uint64_t ms)
{
	uint32_t random = 0;

	if (getrandom(&random, sizeof(random), GRND_NONBLOCK) < 0)
		random = (uint32_t)uv_hrtime();
	return ms / 2 + random % (ms / 2 + 1);
}

static void attempt(uv_timer_t *timer);

/* Other endpoints are tried at once, the same ones later and later. */
static void try_again(struct etcd *e)
{
	size_t n = e->server.name.n;
	size_t rounds = ++e->failures / n;
	uint64_t ms = AGAIN_MS << (rounds < 8 ? rounds : 8);

	if (e->failures % n)
		ms = 0;
	else
		ms = jitter(ms < AGAIN_MAX_MS ? ms : AGAIN_MAX_MS);
	uv_timer_start(&e->again, attempt, ms, 0);
}

static void stop(struct etcd *e)
{
	etcd_list_cancel(&e->list);
	etcd_watch_stop(&e->watch);
	etcd_ask_cancel(&e->probe);
	uv_timer_stop(&e->again);
	uv_timer_stop(&e->silent);
}

static void tell_bad(struct etcd *e)
{
	const struct etcd_name *name = &e->server.name;
	char whole[REGISTRY_WHY] = "none of the etcd endpoints can be read";
	size_t used = strlen(whole), i;

	if (name->n == 1) {
		snprintf(whole, sizeof(whole), "etcd %s: %s",
			 name->endpoint[0], e->why[0]);
		registry_tell_failing(&e->r, whole);
		return;
	}
	for (i = 0; i < name->n && used < sizeof(whole); i++)
		used += (size_t)snprintf(whole + used, sizeof(whole) - used,
					 "%s %s: %s", i ? ";" : ":",
					 name->endpoint[i], e->why[i]);
	registry_tell_failing(&e->r, whole);
}

/* The endpoint that is used now does not work: use the next one. */
static void endpoint_failed(struct etcd *e, const char *why)
{
	const struct etcd_name *name = &e->server.name;
	size_t at = e->server.at;
	struct addr ignored;

	stop(e);
	if (name->n > 1 && !registry_same_reason(e->why[at], why))
		warning("etcd %s: %s", name->endpoint[at], why);
	snprintf(e->why[at], sizeof(e->why[at]), "%s", why);
	e->server.at = (at + 1) % name->n;
	/* Only a listing says which address a name has. */
	if (!e->listed[e->server.at] &&
	    !etcd_name_address(name, e->server.at, &ignored))
		e->must_list = true;
	try_again(e);
	if (++e->bad >= name->n)
		tell_bad(e);
}

static void endpoint_works(struct etcd *e)
{
	e->bad = 0;
	e->why[e->server.at][0] = '\0';
}

static void list_again(struct etcd *e)
{
	stop(e);
	e->must_list = true;
	try_again(e);
}

static void broken(struct etcd *e, const char *why)
{
	e->must_list = true;
	endpoint_failed(e, why);
}

static void note_addresses(struct etcd *e)
{
	size_t i;

	memset(&e->told.endpoint, 0, sizeof(e->told.endpoint));
	e->told.endpoints = 0;
	etcd_name_addresses(&e->server.name, &e->told);
	for (i = 0; i < e->from.endpoints; i++)
		registry_add_endpoint(&e->told, &e->from.endpoint[i]);
}

/* Return: false if there is nothing to go on with. */
static bool tell(struct etcd *e)
{
	const char *why;

	if (e->seen < e->until)
		return true;
	e->until = 0;
	if (e->has_next) {
		registry_clear(&e->told);
		e->told = e->next;
		memset(&e->next, 0, sizeof(e->next));
		e->has_next = false;
	}
	why = etcd_mirror_apply(&e->told, &e->pending);
	if (why) {
		broken(e, why);
		return false;
	}
	note_addresses(e);
	e->told.revision = e->seen;
	registry_tell_changed(&e->r, &e->told);
	if (!e->closed)
		etcd_lease_told(&e->lease, e->seen);
	return !e->closed;
}

static void on_soon(uv_timer_t *timer)
{
	tell(timer->data);
}

static void tell_soon(struct etcd *e)
{
	uv_timer_start(&e->soon, on_soon, 0, 0);
}

static bool append(struct etcd *e, struct etcd_events *events)
{
	struct etcd_event event;
	size_t i;

	for (i = 0; i < events->n; i++) {
		event = events->v[i];
		memset(&events->v[i], 0, sizeof(events->v[i]));
		if (!etcd_events_add(&e->pending, &event))
			return false;
	}
	return true;
}

/* What fails after that is not the same failure again. */
static void forgive(struct etcd *e)
{
	if (e->began && uv_now(e->loop) - e->began >= STABLE_MS)
		e->failures = 0;
}

static void on_alive(struct etcd_call *call, enum etcd_result result,
		     const json_t *answer)
{
	struct etcd *e = call->owner;
	char why[JSON_WHY];

	(void)answer;
	if (result == ETCD_OK) {
		e->heard = uv_now(e->loop);
		return;
	}
	snprintf(why, sizeof(why), "the watch is silent, and it gives no sign of life: %.150s",
		 call->why);
	forgive(e);
	endpoint_failed(e, why);
}

static void on_silent(uv_timer_t *timer)
{
	struct etcd *e = timer->data;

	uv_timer_start(timer, on_silent, jitter(SILENT_MS), 0);
	if (!e->probe.http && uv_now(e->loop) - e->heard >= SILENT_MS / 2)
		etcd_ask(&e->probe, "/v3/kv/range", etcd_list_probe(&e->list));
}

/*
 * A server that has not come as far as we have is behind, or was set back to an
 * older state: a listing tells.
 */
static void watch_began(struct etcd *e, uint64_t revision)
{
	if (revision < e->seen) {
		list_again(e);
		return;
	}
	e->watch.created = true;
	e->began = uv_now(e->loop);
	uv_timer_stop(&e->again);
	uv_timer_start(&e->silent, on_silent, jitter(SILENT_MS), 0);
	endpoint_works(e);
	if (*e->r.failing)
		tell_soon(e);
}

/* A stream may break now and then; what fails is to begin the next one. */
static void watch_ended(struct etcd *e, const struct etcd_line *line)
{
	bool began = e->began;

	forgive(e);
	e->began = 0;
	if (line->result == ETCD_COMPACTED) {
		list_again(e);
	} else if (line->result == ETCD_LOGGED_OUT) {
		etcd_log_out(&e->server);
		list_again(e);
	} else if (began && e->failures < BREAKS_MAX) {
		stop(e);
		try_again(e);
	} else {
		endpoint_failed(e, line->why);
	}
}

static void on_line(struct etcd_watch *watch, struct etcd_line *line)
{
	struct etcd *e = watch->owner;

	if (line->result != ETCD_OK) {
		watch_ended(e, line);
		return;
	}
	e->heard = uv_now(e->loop);
	if (line->created)
		watch_began(e, line->revision);
	if (!line->events.n)
		return;
	if (!watch->created || line->events.v[0].kv.modified <= e->seen) {
		broken(e, "the watch tells what it was not asked for");
		return;
	}
	if (!append(e, &line->events)) {
		broken(e, "out of memory");
		return;
	}
	e->seen = line->last;
	tell_soon(e);
}

/*
 * What a listing begins after is in it, unless the history is another one: an
 * etcd that was set back, or a wrong one. That is believed when it is said
 * twice.
 */
static bool goes_back(struct etcd *e, uint64_t revision)
{
	char why[REGISTRY_WHY];

	if (revision >= e->listed_at) {
		e->went_back = false;
		return false;
	}
	if (e->went_back) {
		e->went_back = false;
		e->until = 0;
		e->lease.revision = 0;
		return false;
	}
	snprintf(why, sizeof(why), "etcd %s: the revision went back from %llu to %llu: reading it again",
		 e->server.name.endpoint[e->server.at],
		 (unsigned long long)e->listed_at,
		 (unsigned long long)revision);
	e->went_back = true;
	list_again(e);
	registry_tell_failing(&e->r, why);
	return true;
}

static void begin_watch(struct etcd *e);

/*
 * A watch may have gone beyond the listing meanwhile: it is begun again behind
 * the listing, and until it has come as far, what was told stands.
 */
static void on_listed(struct etcd_list *list, enum etcd_result result,
		      const char *why)
{
	struct etcd *e = list->owner;
	uint64_t back = e->listed_at;

	if (result != ETCD_OK) {
		broken(e, why);
		return;
	}
	endpoint_works(e);
	registry_add_endpoint(&e->from, &list->from);
	e->listed[e->server.at] = true;
	if (goes_back(e, list->revision))
		return;
	registry_clear(&e->next);
	e->next = list->data;
	memset(&list->data, 0, sizeof(list->data));
	e->has_next = true;
	etcd_events_clear(&e->pending);
	if (list->revision < back)
		e->until = 0;
	else if (e->seen > e->until)
		e->until = e->seen;
	e->seen = list->revision;
	e->must_list = false;
	uv_timer_start(&e->relist, e->relist.timer_cb, jitter(RELIST_MS), 0);
	if (!tell(e))
		return;
	begin_watch(e);
	etcd_lease_verify(&e->lease);
}

static void on_slow(uv_timer_t *timer)
{
	endpoint_failed(timer->data, "a watch does not begin");
}

static void begin_watch(struct etcd *e)
{
	etcd_watch_stop(&e->watch);
	etcd_ask_cancel(&e->probe);
	uv_timer_stop(&e->silent);
	e->began = 0;
	uv_timer_start(&e->again, on_slow, BEGIN_MS, 0);
	etcd_watch_start(&e->watch, e->seen + 1);
}

static void begin_list(struct etcd *e)
{
	e->listed_at = e->seen > e->until ? e->seen : e->until;
	etcd_list_start(&e->list);
}

static void attempt(uv_timer_t *timer)
{
	struct etcd *e = timer->data;

	if (e->must_list)
		begin_list(e);
	else
		begin_watch(e);
}

static void etcd_relist(struct registry *r)
{
	struct etcd *e = (struct etcd *)r;

	/* Otherwise it is about to be listed anyway, or to be tried again. */
	e->must_list = true;
	if (!e->list.runs && e->watch.http)
		begin_list(e);
}

static void on_relist(uv_timer_t *timer)
{
	struct etcd *e = timer->data;

	uv_timer_start(timer, on_relist, jitter(RELIST_MS), 0);
	etcd_relist(&e->r);
}

static void free_etcd(struct etcd *e)
{
	struct etcd_server *s = &e->server;

	etcd_log_out(s);
	if (s->password)
		explicit_bzero(s->password, strlen(s->password));
	free(s->password);
	free(s->username);
	free(e->cafile);
	free(e->certfile);
	free(e->keyfile);
	etcd_name_free(&s->name);
	free(e);
}

static void on_timer_closed(uv_handle_t *handle)
{
	struct etcd *e = handle->data;

	if (!--e->timers)
		free_etcd(e);
}

static void etcd_close(struct registry *r)
{
	struct etcd *e = (struct etcd *)r;

	e->closed = true;
	stop(e);
	etcd_lease_drop(&e->lease);
	http_free(e->server.http);
	registry_clear(&e->told);
	registry_clear(&e->next);
	etcd_events_clear(&e->pending);
	uv_close((uv_handle_t *)&e->again, on_timer_closed);
	uv_close((uv_handle_t *)&e->silent, on_timer_closed);
	uv_close((uv_handle_t *)&e->relist, on_timer_closed);
	uv_close((uv_handle_t *)&e->soon, on_timer_closed);
	uv_close((uv_handle_t *)&e->lease.timer, on_timer_closed);
}

static bool copy(char **to, const char *text)
{
	*to = text ? strdup(text) : NULL;
	return !text || *to;
}

static bool copy_options(struct etcd *e, const struct registry_options *o)
{
	struct etcd_server *s = &e->server;

	if (!copy(&e->cafile, o->cafile) || !copy(&e->certfile, o->certfile) ||
	    !copy(&e->keyfile, o->keyfile) ||
	    !copy(&s->username, o->username) ||
	    !copy(&s->password, o->password))
		return false;
	s->tls.ca.file = e->cafile;
	s->tls.cert.file = e->certfile;
	s->tls.key.file = e->keyfile;
	return true;
}

static void add_timer(struct etcd *e, uv_timer_t *timer)
{
	uv_timer_init(e->loop, timer);
	timer->data = e;
	e->timers++;
}

static void wire(struct etcd *e, const struct registry_setup *setup)
{
	e->list.call.server = &e->server;
	e->list.loop = e->loop;
	e->list.done = on_listed;
	e->list.owner = e;
	e->watch.server = &e->server;
	e->watch.line = on_line;
	e->watch.owner = e;
	e->probe.server = &e->server;
	e->probe.done = on_alive;
	e->probe.owner = e;
	e->probe.seconds = PROBE_SECONDS;
	e->lease.call.server = &e->server;
	e->lease.revoke.server = &e->server;
	e->lease.registry = &e->r;
	e->lease.told = &e->told;
	e->lease.margin_ms = setup->renew_margin * 60000ULL;
	add_timer(e, &e->again);
	add_timer(e, &e->silent);
	add_timer(e, &e->relist);
	add_timer(e, &e->soon);
	add_timer(e, &e->lease.timer);
}

static bool set_up(struct etcd *e, const char *rest,
		   const struct registry_setup *setup)
{
	if (etcd_name_parse(&e->server.name, rest, &setup->options))
		return false;
	if (copy_options(e, &setup->options))
		e->server.http = http_new(e->loop);
	if (!e->server.http)
		fail(EXIT_REFUSED, "out of memory");
	return e->server.http;
}

static struct registry *open_etcd(uv_loop_t *loop, const char *rest,
				  const struct registry_setup *setup,
				  const struct registry *r, bool tls)
{
	struct etcd *e = calloc(1, sizeof(*e));

	if (!e) {
		fail(EXIT_REFUSED, "out of memory");
		return NULL;
	}
	e->r = *r;
	e->loop = loop;
	e->server.name.tls = tls;
	if (!set_up(e, rest, setup)) {
		free_etcd(e);
		return NULL;
	}
	wire(e, setup);
	e->must_list = true;
	uv_timer_start(&e->again, attempt, 0, 0);
	uv_timer_start(&e->relist, on_relist, jitter(RELIST_MS), 0);
	return &e->r;
}

static struct registry *etcd_open(uv_loop_t *loop, const char *rest,
				  const struct registry_setup *setup,
				  const struct registry_events *events,
				  void *priv)
{
	const struct registry r = { &registry_etcd, events, priv, "" };

	return open_etcd(loop, rest, setup, &r, false);
}

static struct registry *etcds_open(uv_loop_t *loop, const char *rest,
				   const struct registry_setup *setup,
				   const struct registry_events *events,
				   void *priv)
{
	const struct registry r = { &registry_etcds, events, priv, "" };

	return open_etcd(loop, rest, setup, &r, true);
}

static void etcd_claim(struct registry *r, const struct registry_claim *claim)
{
	etcd_lease_claim(&((struct etcd *)r)->lease, claim);
}

const struct registry_ops registry_etcd = {
	.scheme = "etcd://",
	.open = etcd_open,
	.close = etcd_close,
	.relist = etcd_relist,
	.claim = etcd_claim,
};

const struct registry_ops registry_etcds = {
	.scheme = "etcds://",
	.open = etcds_open,
	.close = etcd_close,
	.relist = etcd_relist,
	.claim = etcd_claim,
};
