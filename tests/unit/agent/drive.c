// SPDX-License-Identifier: GPL-2.0
/*
 * Drives parts of the agent for the scripts here:
 *   drive iface WORD...      the choice, or why there is none (exit code 1)
 *   drive rules              each line of stdin is a setup, in words; prints
 *                            what becomes of it, at the end the figures
 *   drive health IP PORT     serves until stdin ends
 *   drive child COMMAND...   runs it with stdin "hello"
 */
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/child.h"
#include "agent/health.h"
#include "agent/iface.h"
#include "agent/masquerade.h"
#include "netlink/kernel.h"

#define WORDS	64

static uv_loop_t loop;
static uv_pipe_t input;
static char line[65536];
static size_t filled;
static void (*on_line)(char *text);
static void (*on_end)(void);

static bool option(const char *word, const char *key, const char **value)
{
	size_t n = strlen(key);

	if (strncmp(word, key, n) || word[n] != '=')
		return false;
	*value = word + n + 1;
	return true;
}

static int drive_iface(int argc, char **argv)
{
	const char *iface[WORDS], *regex[WORDS], *value;
	struct iface_options o = { .iface = iface, .regex = regex };
	struct netlink *nl = netlink_new();
	char why[IFACE_WHY], a[4][ADDR_TEXT];
	struct iface_choice c;
	bool found;
	int i;

	for (i = 0; i < argc; i++) {
		if (!strcmp(argv[i], "4"))
			o.family[0] = true;
		else if (!strcmp(argv[i], "6"))
			o.family[1] = true;
		else if (option(argv[i], "iface", &value))
			iface[o.ifaces++] = value;
		else if (option(argv[i], "regex", &value))
			regex[o.regexes++] = value;
		else if (option(argv[i], "reach", &value))
			o.can_reach = value;
		else if (option(argv[i], "public", &value))
			o.public_ip[0] = value;
		else if (option(argv[i], "public6", &value))
			o.public_ip[1] = value;
	}
	found = iface_choose(nl, &o, &c, why);
	netlink_free(nl);
	if (!found) {
		puts(why);
		return 1;
	}
	printf("%s %u %s %s %s %s\n", c.name, c.mtu, addr_text(&c.addr[0], a[0]),
	       addr_text(&c.addr[1], a[1]), addr_text(&c.public_ip[0], a[2]),
	       addr_text(&c.public_ip[1], a[3]));
	return 0;
}

static void on_alloc(uv_handle_t *h, size_t suggested, uv_buf_t *buf)
{
	(void)h;
	(void)suggested;
	buf->base = line + filled;
	buf->len = sizeof(line) - 1 - filled;
}

static void on_read(uv_stream_t *s, ssize_t n, const uv_buf_t *buf)
{
	char *end;

	(void)buf;
	if (n < 0) {
		uv_close((uv_handle_t *)s, NULL);
		on_end();
		return;
	}
	filled += (size_t)n;
	line[filled] = '\0';
	while ((end = strchr(line, '\n'))) {
		*end = '\0';
		on_line(line);
		filled -= (size_t)(end + 1 - line);
		memmove(line, end + 1, filled + 1);
	}
}

static void read_stdin(void)
{
	uv_pipe_init(&loop, &input, 0);
	uv_pipe_open(&input, 0);
	uv_read_start((uv_stream_t *)&input, on_alloc, on_read);
}

static struct masquerade *rules;

static void set_prefix(struct prefix *p, const char *text)
{
	struct prefix given;

	if (!prefix_parse_masked(&given, text))
		p[given.addr.len == 16] = given;
}

static void make_vteps(unsigned long n)
{
	struct addr *v = calloc(n + 1, sizeof(*v));
	unsigned long i;
	uint8_t b[4];

	/* From the last to the first, and one of them twice. */
	for (i = 0; i <= n; i++) {
		unsigned long a = n - i ? n - i : 1;

		b[0] = 192;
		b[1] = (uint8_t)(a >> 16);
		b[2] = (uint8_t)(a >> 8);
		b[3] = (uint8_t)a;
		addr_set(&v[i], b, sizeof(b));
	}
	masquerade_vteps(rules, v, n + 1);
	free(v);
}

static void one_vtep(const char *text)
{
	struct addr a;

	if (addr_parse(&a, text))
		masquerade_vteps(rules, &a, 1);
}

static void take_word(struct masquerade_setup *s, const char *w)
{
	const char *value;

	s->nftables |= !strcmp(w, "nft");
	s->masq |= !strcmp(w, "masq");
	s->forward |= !strcmp(w, "forward");
	s->random_fully |= !strcmp(w, "random");
	if (!strcmp(w, "guard")) {
		s->guard = true;
		s->port[0] = 8472;
		s->port[1] = 8285;
	}
	if (option(w, "net", &value))
		set_prefix(s->network, value);
	if (option(w, "sub", &value))
		set_prefix(s->subnet, value);
	if (option(w, "resync", &value))
		s->resync = (unsigned int)atoi(value);
	if (option(w, "instance", &value))
		snprintf(s->instance, sizeof(s->instance), "%s", value);
	if (option(w, "file", &value))
		masquerade_instance(s->instance, value);
	if (option(w, "vteps", &value))
		make_vteps(strtoul(value, NULL, 10));
	if (option(w, "vtep", &value))
		one_vtep(value);
}

static void print_figures(void)
{
	struct masquerade_figures f;

	masquerade_figures(rules, &f);
	printf("checks=%llu writes=%llu errors=%llu\n",
	       (unsigned long long)f.checks, (unsigned long long)f.writes,
	       (unsigned long long)f.errors);
}

static void on_setup(char *text)
{
	struct masquerade_setup s = { .resync = 1 };
	char *word, why[256];

	if (!strcmp(text, "figures")) {
		print_figures();
		return;
	}
	if (!strncmp(text, "remove", 6)) {
		masquerade_remove(rules, text[6] ? text + 7 : "", false);
		return;
	}
	for (word = strtok(text, " "); word; word = strtok(NULL, " "))
		take_word(&s, word);
	if (masquerade_bridge_missing(&s, why, sizeof(why)))
		printf("bridge %s\n", why);
	if (masquerade_set(rules, &s) == MASQUERADE_PENDING &&
	    masquerade_set(rules, &s) != MASQUERADE_PENDING)
		puts("done before it began");
}

static void on_rules(void *priv, enum masquerade_state state, const char *why)
{
	(void)priv;
	if (state == MASQUERADE_INSTALLED)
		puts("installed");
	else
		printf("failed %s\n", why);
}

static void end_rules(void)
{
	print_figures();
	masquerade_free(rules);
}

static int drive_rules(void)
{
	rules = masquerade_new(&loop, on_rules, NULL);
	on_line = on_setup;
	on_end = end_rules;
	read_stdin();
	return 0;
}

static struct health *health;
static bool ready;

static bool is_ready(void *priv, char *why, size_t size)
{
	(void)priv;
	if (!ready)
		snprintf(why, size, "no lease yet\nregistry: timeout");
	return ready;
}

static void figures(void *priv, struct health_figures *f)
{
	static const struct health_drop drop[] = {
		{ "flannel.1", "no_subnet", 12 },
		{ "a\"b\\c\nd\xff", "other", UINT64_MAX },
	};

	(void)priv;
	f->ready = ready;
	f->peers = 5000;
	f->registry_revision = UINT64_MAX;
	f->registry_age = 1.5;
	f->reconciles = 7;
	f->drop = drop;
	f->drops = 2;
}

static void on_ready(char *text)
{
	ready = !strcmp(text, "ready");
	puts(text);
}

static void end_health(void)
{
	health_free(health);
}

static int drive_health(const char *ip, const char *port)
{
	static const struct health_ops ops = { is_ready, figures };
	char why[256];

	health = health_new(&loop, ip, (uint16_t)atoi(port), &ops, NULL, why,
			    sizeof(why));
	if (!health) {
		puts(why);
		return 1;
	}
	puts("listening");
	on_line = on_ready;
	on_end = end_health;
	read_stdin();
	return 0;
}

static void on_child(void *priv, const struct child_result *r)
{
	(void)priv;
	printf("code=%d out=%zu:%.20s err=%s\n", r->code, strlen(r->out),
	       r->out, r->err);
}

static int drive_child(const char *const *argv)
{
	struct child *c;
	int err = child_start(&loop, argv, "hello", on_child, NULL, &c);

	if (err)
		printf("not started: %s\n", strerror(-err));
	return 0;
}

int main(int argc, char **argv)
{
	int rc = 2;

	signal(SIGPIPE, SIG_IGN);
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc < 2)
		return rc;
	uv_loop_init(&loop);
	if (!strcmp(argv[1], "iface"))
		rc = drive_iface(argc - 2, argv + 2);
	else if (!strcmp(argv[1], "rules"))
		rc = drive_rules();
	else if (!strcmp(argv[1], "health") && argc == 4)
		rc = drive_health(argv[2], argv[3]);
	else if (!strcmp(argv[1], "child"))
		rc = drive_child((const char *const *)argv + 2);
	uv_run(&loop, UV_RUN_DEFAULT);
	if (uv_loop_close(&loop)) {
		puts("something is left in the loop");
		rc = 3;
	}
	return rc;
}
