// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Our tables in nftables, by libnftables in a thread of the loop's pool, as it
 * waits for the kernel: flannel-ipv4 and flannel-ipv6 as flannel has them, and
 * flannel-guard, which is ours alone.
 *
 * A table of ours is always written whole, in one transaction, and then
 * listed; whenever it lists differently it is written again.
 *
 * Where flannel's tables differ from its own rules in iptables, ours do not:
 * the mark is compared under its mask, what reaches our pods is left alone
 * whoever sent it, and so the last rule can be reached.
 */
#include <errno.h>
#include <linux/netlink.h>
#include <nftables/libnftables.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "masquerade.h"
#include "nftables.h"
#include "../text.h"

#define TABLE_NAME	48

/* In the order in which they are written. */
enum table_row {
	TABLE_IPV4,
	TABLE_IPV6,
	TABLE_GUARD,
	TABLES,
};

static const struct {
	const char *family;
	const char *name;
} rows[] = {
	[TABLE_IPV4] = { "ip", "flannel-ipv4" },
	[TABLE_IPV6] = { "ip6", "flannel-ipv6" },
	[TABLE_GUARD] = { "inet", "flannel-guard" },
};

/**
 * struct table - What we know of a table of ours. While a job runs it belongs
 * to the job's thread.
 * @name: Family and name.
 * @want: What has to be in it, NULL: it has to be gone.
 * @body: What we wrote, NULL: nothing yet.
 * @listing: How that was listed.
 * @gone: It was looked whether it is gone, and it is.
 */
struct table {
	char name[TABLE_NAME];
	char *want;
	char *body;
	char *listing;
	bool gone;
};

/**
 * struct nftables - All of them.
 * @loop: The loop.
 * @done: Who is told, NULL: nobody any more.
 * @priv: For @done.
 * @work: The job.
 * @busy: The job runs.
 * @dead: Free all when the job is done.
 * @ctx: libnftables, NULL until it is needed.
 * @table: The tables.
 * @writes: What was written this time.
 * @why: What went wrong this time.
 */
struct nftables {
	uv_loop_t *loop;
	void (*done)(void *priv, const char *why, unsigned int writes);
	void *priv;
	uv_work_t work;
	bool busy;
	bool dead;
	struct nft_ctx *ctx;
	struct table table[TABLES];
	unsigned int writes;
	char why[MASQUERADE_WHY];
};

static void failed(struct nftables *t, const char *table, const char *why)
{
	char quoted[256];

	if (t->why[0])
		return;
	text_quote(quoted, sizeof(quoted), why, strcspn(why, "\n"));
	snprintf(t->why, sizeof(t->why), "nftables, table %s: %s", table,
		 quoted);
}

static void forget(struct table *t)
{
	free(t->body);
	free(t->listing);
	t->body = NULL;
	t->listing = NULL;
}

static void write_masq(FILE *f, const struct masquerade_setup *s,
		       enum table_row row)
{
	const char *multicast = row ? "ff00::/8" : "224.0.0.0/4";
	const char *ip = rows[row].family;
	const char *random = s->random_fully ? " fully-random" : "";
	char network[PREFIX_TEXT], subnet[PREFIX_TEXT];

	prefix_text(&s->network[row], network);
	prefix_text(&s->subnet[row], subnet);
	fputs("chain postrtg {\n"
	      "type nat hook postrouting priority srcnat; policy accept;\n"
	      "meta mark & 0x4000 == 0x4000 return\n", f);
	fprintf(f, "%s saddr %s %s daddr %s return\n", ip, subnet, ip,
		network);
	fprintf(f, "%s saddr %s %s daddr %s return\n", ip, network, ip, subnet);
	fprintf(f, "%s saddr != %s %s daddr %s return\n", ip, network, ip,
		subnet);
	fprintf(f, "%s saddr %s %s daddr != %s masquerade%s\n", ip, network,
		ip, multicast, random);
	fprintf(f, "%s saddr != %s %s daddr %s masquerade%s\n}\n", ip, network,
		ip, network, random);
}

static void write_forward(FILE *f, const struct masquerade_setup *s,
			  enum table_row row)
{
	const char *ip = rows[row].family;
	char network[PREFIX_TEXT];

	prefix_text(&s->network[row], network);
	fprintf(f, "chain forward {\n"
		"type filter hook forward priority filter; policy accept;\n"
		"%s saddr %s accept\n%s daddr %s accept\n}\n",
		ip, network, ip, network);
}

/* A list of elements must not be empty. */
static void write_set(FILE *f, const char *name, const char *type, size_t len,
		      const struct addr *v, size_t n)
{
	bool first = true;
	char text[ADDR_TEXT];
	size_t i;

	fprintf(f, "set %s {\ntype %s;\n", name, type);
	for (i = 0; i < n; i++) {
		if (v[i].len != len)
			continue;
		fprintf(f, "%s%s", first ? "elements = { " : ",\n",
			addr_text(&v[i], text));
		first = false;
	}
	fprintf(f, "%s}\n", first ? "" : " }\n");
}

/* What a pod sends to a tunnel port would leave with our address. */
static void write_guard(FILE *f, const struct masquerade_setup *s,
			const struct addr *v, size_t n)
{
	static const char *const set[] = { "vtep4", "vtep6" };
	char network[PREFIX_TEXT];
	size_t i, p;

	write_set(f, set[0], "ipv4_addr", 4, v, n);
	write_set(f, set[1], "ipv6_addr", 16, v, n);
	fputs("chain forward {\n"
	      "type filter hook forward priority filter; policy accept;\n", f);
	for (i = 0; i < 2; i++) {
		if (!s->network[i].addr.len)
			continue;
		for (p = 0; p < 2; p++)
			if (s->port[p])
				fprintf(f, "%s saddr %s %s daddr @%s udp dport %u counter drop\n",
					rows[i].family,
					prefix_text(&s->network[i], network),
					rows[i].family, set[i], s->port[p]);
	}
	fputs("}\n", f);
}

static bool wanted(const struct masquerade_setup *s, enum table_row row)
{
	if (row == TABLE_GUARD)
		return s->guard;
	return s->nftables && (s->masq || s->forward) &&
	       s->network[row].addr.len;
}

/* Return: what has to be in the table; NULL without memory. */
static char *make_body(const struct masquerade_setup *s, enum table_row row,
		       const struct addr *v, size_t n)
{
	char *body;
	size_t len;
	FILE *f = open_memstream(&body, &len);

	if (!f)
		return NULL;
	if (row == TABLE_GUARD)
		write_guard(f, s, v, n);
	if (row != TABLE_GUARD && s->masq)
		write_masq(f, s, row);
	if (row != TABLE_GUARD && s->forward)
		write_forward(f, s, row);
	if (!fclose(f))
		return body;
	free(body);
	return NULL;
}

static int run(struct nftables *t, const char *command)
{
	return nft_run_cmd_from_buffer(t->ctx, command);
}

/* How the table is listed, to be freed; NULL: there is none. */
static char *list(struct nftables *t, const struct table *table)
{
	char command[TABLE_NAME + 16];

	snprintf(command, sizeof(command), "list table %s", table->name);
	if (run(t, command))
		return NULL;
	return strdup(nft_ctx_get_output_buffer(t->ctx));
}

/* Not there, and there are no tables at all, is gone as well. */
static void delete_table(struct nftables *t, struct table *table)
{
	char command[TABLE_NAME + 16];
	char *listing = list(t, table);

	table->gone = !listing;
	free(listing);
	if (table->gone)
		return;
	snprintf(command, sizeof(command), "delete table %s", table->name);
	if (run(t, command)) {
		failed(t, table->name, nft_ctx_get_error_buffer(t->ctx));
		return;
	}
	t->writes++;
	forget(table);
	table->gone = true;
}

static char *make_script(const struct table *table)
{
	char *script;

	/* A table can only be removed for certain where it is made before. */
	if (asprintf(&script, "add table %s\ndelete table %s\ntable %s {\n%s}\n",
		     table->name, table->name, table->name, table->want) < 0)
		return NULL;
	return script;
}

static void write_table(struct nftables *t, struct table *table)
{
	char *script = make_script(table);
	int err;

	forget(table);
	table->gone = false;
	if (!script) {
		failed(t, table->name, "out of memory");
		return;
	}
	err = run(t, script);
	free(script);
	if (err) {
		failed(t, table->name, nft_ctx_get_error_buffer(t->ctx));
		return;
	}
	t->writes++;
	table->listing = list(t, table);
	if (!table->listing) {
		failed(t, table->name, "written, but it is not there");
		return;
	}
	table->body = table->want;
	table->want = NULL;
}

static void check_table(struct nftables *t, struct table *table)
{
	char *listing;
	bool good;

	if (!table->want) {
		if (!table->gone)
			delete_table(t, table);
		return;
	}
	good = table->body && !strcmp(table->body, table->want);
	if (good) {
		listing = list(t, table);
		good = listing && !strcmp(listing, table->listing);
		free(listing);
	}
	if (!good)
		write_table(t, table);
}

/* libnftables ends the process where it does not get a socket. */
static bool no_netfilter(void)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);

	if (fd < 0)
		return true;
	close(fd);
	return false;
}

static bool begin(struct nftables *t)
{
	if (t->ctx)
		return true;
	if (no_netfilter())
		return false;
	t->ctx = nft_ctx_new(NFT_CTX_DEFAULT);
	if (!t->ctx)
		return false;
	/* Counters differ each time, and names come from files of the host. */
	nft_ctx_output_set_flags(t->ctx, NFT_CTX_OUTPUT_STATELESS |
					 NFT_CTX_OUTPUT_NUMERIC_PRIO);
	nft_ctx_buffer_output(t->ctx);
	nft_ctx_buffer_error(t->ctx);
	return true;
}

static bool nothing_to_do(const struct table *table)
{
	return !table->want && table->gone;
}

static void on_work(uv_work_t *w)
{
	struct nftables *t = w->data;
	size_t i;

	for (i = 0; i < TABLES; i++) {
		if (nothing_to_do(&t->table[i]))
			continue;
		if (begin(t))
			check_table(t, &t->table[i]);
		else if (t->table[i].want)
			failed(t, t->table[i].name,
			       "the kernel has no nftables");
		else
			t->table[i].gone = true;
	}
}

static void free_all(struct nftables *t)
{
	size_t i;

	for (i = 0; i < TABLES; i++) {
		forget(&t->table[i]);
		free(t->table[i].want);
	}
	if (t->ctx)
		nft_ctx_free(t->ctx);
	free(t);
}

static void on_worked(uv_work_t *w, int status)
{
	struct nftables *t = w->data;

	t->busy = false;
	if (t->dead)
		free_all(t);
	else
		t->done(t->priv, status ? uv_strerror(status) :
			t->why[0] ? t->why : NULL, t->writes);
}

static void prepare(struct nftables *t, const struct masquerade_setup *s,
		    enum table_row row, const struct addr *v, size_t n,
		    bool fresh)
{
	struct table *table = &t->table[row];

	snprintf(table->name, sizeof(table->name), "%s %s%s%s",
		 rows[row].family, rows[row].name, *s->instance ? "-" : "",
		 s->instance);
	if (fresh)
		table->gone = s->guard_only && row != TABLE_GUARD;
	free(table->want);
	table->want = NULL;
	if (!wanted(s, row))
		return;
	table->want = make_body(s, row, v, n);
	if (!table->want)
		failed(t, table->name, "out of memory");
}

/**
 * nftables_apply - Make the tables what they have to be
 * @t: The tables. It is not called again before it has told that it is done.
 * @s: What has to be there.
 * @fresh: That is not what it was the last time.
 * @vtep: Addresses of VTEPs, for the guard; ordered, each one once.
 * @vteps: How many.
 */
void nftables_apply(struct nftables *t, const struct masquerade_setup *s,
		    bool fresh, const struct addr *vtep, size_t vteps)
{
	size_t i;

	t->writes = 0;
	t->why[0] = '\0';
	for (i = 0; i < TABLES; i++)
		prepare(t, s, i, vtep, vteps, fresh);
	t->work.data = t;
	t->busy = !t->why[0] && !uv_queue_work(t->loop, &t->work, on_work,
					       on_worked);
	if (!t->busy)
		t->done(t->priv, t->why[0] ? t->why : "out of memory", 0);
}

/**
 * nftables_new - Begin to care for tables
 * @loop: The loop.
 * @done: Told that they were looked at, what went wrong or NULL, and how much
 *	was written.
 * @priv: For @done.
 *
 * Return: The tables, NULL without memory.
 */
struct nftables *nftables_new(uv_loop_t *loop,
			      void (*done)(void *priv, const char *why,
					   unsigned int writes),
			      void *priv)
{
	struct nftables *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->loop = loop;
	t->done = done;
	t->priv = priv;
	return t;
}

/**
 * nftables_free - Care no longer; the tables stay
 * @t: The tables, or NULL.
 */
void nftables_free(struct nftables *t)
{
	if (!t)
		return;
	t->dead = true;
	if (!t->busy)
		free_all(t);
	else
		uv_cancel((uv_req_t *)&t->work);
}
