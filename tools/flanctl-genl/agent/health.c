// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * How we are, over HTTP: flannel's /healthz and /readyz, and /metrics for
 * Prometheus. libmicrohttpd works in our loop: its epoll descriptor is watched,
 * and its time limits are a timer of ours.
 *
 * Anybody may connect, so everything about a connection is bounded.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "health.h"
#include "../addr.h"

#define CONNECTIONS		64
#define CONNECTIONS_AN_ADDRESS	16
#define IDLE_SECONDS		5
#define CONNECTION_BYTES	8192
#define REASONS			2048

#define TEXT	"text/plain; charset=utf-8"
#define METRICS	"text/plain; version=0.0.4; charset=utf-8"

/**
 * struct health - The server.
 * @daemon: libmicrohttpd's part.
 * @poll: Its descriptor.
 * @timer: Its next time limit.
 * @ops: Who knows how we are.
 * @priv: For @ops.
 * @open: Handles that are not closed.
 */
struct health {
	struct MHD_Daemon *daemon;
	uv_poll_t poll;
	uv_timer_t timer;
	const struct health_ops *ops;
	void *priv;
	unsigned int open;
};

enum metric_type {
	METRIC_FLAG,
	METRIC_GAUGE,
	METRIC_COUNTER,
	METRIC_SECONDS,
};

/**
 * struct metric - A line of /metrics.
 * @name: Its name.
 * @type: What @at points to, and what kind of number that is.
 * @at: Where it is in struct health_figures.
 * @help: What it means.
 */
struct metric {
	const char *name;
	enum metric_type type;
	size_t at;
	const char *help;
};

#define METRIC(name, type, member, help)	\
	{ "flannel_" name, type, offsetof(struct health_figures, member), help }

static const struct metric metrics[] = {
	METRIC("ready", METRIC_FLAG, ready, "Whether the node is ready."),
	METRIC("module_loaded", METRIC_FLAG, module,
	       "Whether the kernel module is there."),
	METRIC("peers", METRIC_GAUGE, peers,
	       "Nodes in the registry, without this one."),
	METRIC("subnets", METRIC_GAUGE, subnets,
	       "Entries of the device's table."),
	METRIC("vteps", METRIC_GAUGE, vteps, "VTEPs of the device's table."),
	METRIC("routes", METRIC_GAUGE, routes, "Routes kept by the agent."),
	METRIC("refused_leases", METRIC_GAUGE, refused,
	       "Leases in the registry that are refused."),
	METRIC("held_back_deletions", METRIC_GAUGE, held_back,
	       "Deletions held back by the guard against mass deletion."),
	METRIC("config_ignored", METRIC_FLAG, config_ignored,
	       "Whether the registry's network config is not the one in use."),
	METRIC("registry_up", METRIC_FLAG, registry_up,
	       "Whether the registry can be read."),
	METRIC("registry_revision", METRIC_GAUGE, registry_revision,
	       "Revision of the registry."),
	METRIC("registry_age_seconds", METRIC_SECONDS, registry_age,
	       "Time since the registry was last heard of."),
	METRIC("registry_errors_total", METRIC_COUNTER, registry_errors,
	       "Times the registry could not be read."),
	METRIC("reconciles_total", METRIC_COUNTER, reconciles,
	       "Times kernel and registry were compared."),
	METRIC("reconcile_errors_total", METRIC_COUNTER, reconcile_errors,
	       "Times that did not work out."),
	METRIC("reconcile_seconds", METRIC_SECONDS, reconcile_seconds,
	       "Duration of the last comparison."),
	METRIC("changes_total", METRIC_COUNTER, changes,
	       "Entries added, changed or removed."),
	METRIC("rule_writes_total", METRIC_COUNTER, rule_writes,
	       "Times packet filter rules were written."),
	METRIC("rule_errors_total", METRIC_COUNTER, rule_errors,
	       "Times packet filter rules could not be written."),
};

static void head(FILE *f, const char *name, const char *type,
		 const char *help)
{
	fprintf(f, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void write_metric(FILE *f, const struct metric *m,
			 const struct health_figures *figures)
{
	const void *value = (const char *)figures + m->at;

	head(f, m->name, m->type == METRIC_COUNTER ? "counter" : "gauge",
	     m->help);
	if (m->type == METRIC_FLAG)
		fprintf(f, "%s %d\n", m->name, *(const bool *)value);
	else if (m->type == METRIC_SECONDS)
		fprintf(f, "%s %.6f\n", m->name, *(const double *)value);
	else
		fprintf(f, "%s %llu\n", m->name,
			(unsigned long long)*(const uint64_t *)value);
}

/* As the format wants a label's value; an odd byte would not be UTF-8. */
static void write_label(FILE *f, const char *name, const char *value)
{
	fprintf(f, "%s=\"", name);
	for (; *value; value++) {
		unsigned char c = (unsigned char)*value;

		if (c == '\n')
			fputs("\\n", f);
		else if (c == '"' || c == '\\')
			fprintf(f, "\\%c", c);
		else
			fputc(c < 0x20 || c >= 0x7f ? '?' : c, f);
	}
	fputc('"', f);
}

static void write_drops(FILE *f, const struct health_figures *figures)
{
	static const char name[] = "flannel_drops_total";
	size_t i;

	head(f, name, "counter", "Packets dropped, by device and reason.");
	for (i = 0; i < figures->drops; i++) {
		fprintf(f, "%s{", name);
		write_label(f, "device", figures->drop[i].device);
		fputc(',', f);
		write_label(f, "reason", figures->drop[i].reason);
		fprintf(f, "} %llu\n",
			(unsigned long long)figures->drop[i].packets);
	}
}

static void write_metrics(FILE *f, const struct health *h)
{
	struct health_figures figures = {};
	size_t i;

	h->ops->figures(h->priv, &figures);
	head(f, "flannel_build_info", "gauge", "Version of the agent.");
	fputs("flannel_build_info{", f);
	write_label(f, "version", FLANNEL_VERSION);
	fputs("} 1\n", f);
	for (i = 0; i < sizeof(metrics) / sizeof(metrics[0]); i++)
		write_metric(f, &metrics[i], &figures);
	write_drops(f, &figures);
}

/* Queue an answer; @body is freed, NULL: there was no memory. */
static enum MHD_Result answer(struct MHD_Connection *c, unsigned int status,
			      const char *type, char *body, size_t len)
{
	struct MHD_Response *r;
	enum MHD_Result result;

	if (!body)
		return MHD_NO;
	r = MHD_create_response_from_buffer(len, body, MHD_RESPMEM_MUST_FREE);
	if (!r) {
		free(body);
		return MHD_NO;
	}
	MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
		MHD_add_response_header(r, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
	result = MHD_queue_response(c, status, r);
	MHD_destroy_response(r);
	return result;
}

static enum MHD_Result answer_text(struct MHD_Connection *c,
				   unsigned int status, const char *text)
{
	return answer(c, status, TEXT, strdup(text), strlen(text));
}

static enum MHD_Result answer_ready(struct MHD_Connection *c,
				    const struct health *h)
{
	char why[REASONS] = "", text[REASONS + 64];
	bool ready = h->ops->ready(h->priv, why, sizeof(why));

	snprintf(text, sizeof(text), "flanneld is %s%s%s",
		 ready ? "ready" : "not ready yet", *why ? "\n" : "", why);
	return answer_text(c, ready ? MHD_HTTP_OK :
				      MHD_HTTP_SERVICE_UNAVAILABLE, text);
}

static enum MHD_Result answer_metrics(struct MHD_Connection *c,
				      const struct health *h)
{
	char *body = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&body, &len);

	if (!f)
		return MHD_NO;
	write_metrics(f, h);
	if (fclose(f)) {
		free(body);
		return MHD_NO;
	}
	return answer(c, MHD_HTTP_OK, METRICS, body, len);
}

static enum MHD_Result on_request(void *priv, struct MHD_Connection *c,
				  const char *url, const char *method,
				  const char *version, const char *upload,
				  size_t *upload_size, void **request)
{
	static char seen;
	struct health *h = priv;

	(void)version;
	(void)upload;
	/* The first call is about the headers, bodies are passed over. */
	if (!*request) {
		*request = &seen;
		return MHD_YES;
	}
	if (*upload_size) {
		*upload_size = 0;
		return MHD_YES;
	}
	if (strcmp(method, "GET") && strcmp(method, "HEAD"))
		return answer_text(c, MHD_HTTP_METHOD_NOT_ALLOWED,
				   "only GET and HEAD\n");
	if (!strcmp(url, "/healthz"))
		return answer_text(c, MHD_HTTP_OK, "flanneld is running");
	if (!strcmp(url, "/readyz"))
		return answer_ready(c, h);
	if (!strcmp(url, "/metrics"))
		return answer_metrics(c, h);
	return answer_text(c, MHD_HTTP_NOT_FOUND, "404 page not found\n");
}

static void on_timer(uv_timer_t *t);

/* Let it work, and find out when it wants to work again. */
static void work(struct health *h)
{
	MHD_UNSIGNED_LONG_LONG ms;

	MHD_run(h->daemon);
	if (MHD_get_timeout(h->daemon, &ms) == MHD_YES)
		uv_timer_start(&h->timer, on_timer, ms, 0);
	else
		uv_timer_stop(&h->timer);
}

static void on_timer(uv_timer_t *t)
{
	work(t->data);
}

static void on_poll(uv_poll_t *p, int status, int events)
{
	(void)status;
	(void)events;
	work(p->data);
}

static bool make_address(struct sockaddr_storage *to, const char *ip,
			 uint16_t port, unsigned int *flags)
{
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)to;
	struct sockaddr_in *v4 = (struct sockaddr_in *)to;
	struct addr a;

	memset(to, 0, sizeof(*to));
	if (!addr_parse(&a, ip))
		return false;
	if (a.len == 4) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(port);
		memcpy(&v4->sin_addr, a.b, a.len);
		return true;
	}
	v6->sin6_family = AF_INET6;
	v6->sin6_port = htons(port);
	memcpy(&v6->sin6_addr, a.b, a.len);
	/* As flannel's server, :: stands for all addresses of both families. */
	*flags |= addr_is_zero(&a) ? MHD_USE_DUAL_STACK : MHD_USE_IPv6;
	return true;
}

/* What it has to say is about what strangers send us. */
static void say_nothing(void *priv, const char *format, va_list ap)
{
	(void)priv;
	(void)format;
	(void)ap;
}

static struct MHD_Daemon *start(struct health *h, const char *ip,
				uint16_t port)
{
	unsigned int flags = MHD_USE_EPOLL | MHD_USE_ERROR_LOG;
	struct sockaddr_storage to;

	errno = EINVAL;
	if (!make_address(&to, ip, port, &flags))
		return NULL;
	return MHD_start_daemon(flags, port, NULL, NULL, on_request, h,
				MHD_OPTION_EXTERNAL_LOGGER, say_nothing, NULL,
				MHD_OPTION_SOCK_ADDR, &to,
				MHD_OPTION_CONNECTION_LIMIT,
				(unsigned int)CONNECTIONS,
				MHD_OPTION_PER_IP_CONNECTION_LIMIT,
				(unsigned int)CONNECTIONS_AN_ADDRESS,
				MHD_OPTION_CONNECTION_TIMEOUT,
				(unsigned int)IDLE_SECONDS,
				MHD_OPTION_CONNECTION_MEMORY_LIMIT,
				(size_t)CONNECTION_BYTES, MHD_OPTION_END);
}

/**
 * health_new - Serve /healthz, /readyz and /metrics
 * @loop: The loop.
 * @ip: Address to listen on.
 * @port: TCP port.
 * @ops: Who knows how we are.
 * @priv: For @ops.
 * @why: Where to say why it cannot be done.
 * @size: Its size.
 *
 * Return: The server, or NULL.
 */
struct health *health_new(uv_loop_t *loop, const char *ip, uint16_t port,
			  const struct health_ops *ops, void *priv, char *why,
			  size_t size)
{
	struct health *h = calloc(1, sizeof(*h));
	const union MHD_DaemonInfo *info;

	if (!h) {
		snprintf(why, size, "out of memory");
		return NULL;
	}
	h->ops = ops;
	h->priv = priv;
	h->daemon = start(h, ip, port);
	info = h->daemon ? MHD_get_daemon_info(h->daemon,
					       MHD_DAEMON_INFO_EPOLL_FD) : NULL;
	if (!info || uv_poll_init(loop, &h->poll, info->epoll_fd)) {
		snprintf(why, size, "cannot listen on %s port %u: %s", ip, port,
			 strerror(errno));
		if (h->daemon)
			MHD_stop_daemon(h->daemon);
		free(h);
		return NULL;
	}
	uv_timer_init(loop, &h->timer);
	h->poll.data = h;
	h->timer.data = h;
	h->open = 2;
	uv_poll_start(&h->poll, UV_READABLE, on_poll);
	return h;
}

static void on_closed(uv_handle_t *handle)
{
	struct health *h = handle->data;

	if (--h->open)
		return;
	MHD_stop_daemon(h->daemon);
	free(h);
}

/**
 * health_free - Serve no longer
 * @h: The server, or NULL. The loop has to run on until its handles are closed.
 */
void health_free(struct health *h)
{
	if (!h)
		return;
	uv_close((uv_handle_t *)&h->poll, on_closed);
	uv_close((uv_handle_t *)&h->timer, on_closed);
}
