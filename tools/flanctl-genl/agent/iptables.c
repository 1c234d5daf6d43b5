// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Our rules in iptables: flannel's chains and rules, word for word.
 *
 * A chain of ours is always written whole, in one transaction with the jump to
 * it, and then listed; whenever it lists differently it is written again. So
 * nothing depends on how a version of iptables prints a rule. The jumps are
 * appended, as flannel does, and stay where they are: what a policy agent or an
 * administrator has put before them keeps its say.
 *
 * What flannel had put into those chains itself, before it had chains of its
 * own, is removed; so is what we do not want any more, once.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "child.h"
#include "iptables.h"
#include "masquerade.h"

#define CHAIN_NAME	32
#define MARK		"0x4000/0x4000"

/**
 * struct place - A chain of ours, and where it is called from.
 * @table: The table.
 * @parent: The chain that calls it.
 * @chain: Its name, of the agent of the node.
 * @comment: What all rules have for a comment.
 */
struct place {
	const char *table;
	const char *parent;
	const char *chain;
	const char *comment;
};

static const struct place places[] = {
	{ "nat", "POSTROUTING", "FLANNEL-POSTRTG", "flanneld masq" },
	{ "filter", "FORWARD", "FLANNEL-FWD", "flanneld forward" },
};

#define PLACES	(sizeof(places) / sizeof(places[0]))
#define SLOTS	(2 * PLACES)

/**
 * struct family - The programs for a family.
 * @list: Lists rules.
 * @restore: Writes them.
 * @loaded: Where the kernel says which tables it has, if it is not nf_tables.
 * @multicast: Is never masqueraded.
 */
struct family {
	const char *list;
	const char *restore;
	const char *loaded;
	const char *multicast;
};

static const struct family families[] = {
	{ "iptables", "iptables-restore", "/proc/net/ip_tables_names",
	  "224.0.0.0/4" },
	{ "ip6tables", "ip6tables-restore", "/proc/net/ip6_tables_names",
	  "ff00::/8" },
};

/**
 * struct slot - What we know of a chain of ours.
 * @rules: What we wrote, NULL: nothing yet.
 * @listing: How that was listed.
 * @gone: It was looked whether it is gone, and it is.
 */
struct slot {
	char *rules;
	char *listing;
	bool gone;
};

/**
 * struct iptables - All of them.
 * @loop: The loop.
 * @done: Who is told when all were looked at.
 * @priv: For @done.
 * @setup: What there has to be.
 * @slot: The chains, those of a table side by side.
 * @now: Which one is being looked at.
 * @child: The program that runs now, or NULL.
 * @legacy: They are the kernel's old tables, which a look would load.
 * @rules: What has to be in the chain; NULL: it has to be gone.
 * @calls: What is in the chain that calls it.
 * @writes: What was written this time.
 * @why: What went wrong this time.
 */
struct iptables {
	uv_loop_t *loop;
	void (*done)(void *priv, const char *why, unsigned int writes);
	void *priv;
	struct masquerade_setup setup;
	struct slot slot[SLOTS];
	size_t now;
	struct child *child;
	bool legacy;
	char *rules;
	char *calls;
	unsigned int writes;
	char why[MASQUERADE_WHY];
};

typedef void (*step)(void *priv, const struct child_result *r);

static void next_slot(struct iptables *t);

static const struct place *place_of(const struct iptables *t)
{
	return &places[t->now / 2];
}

static const struct family *family_of(const struct iptables *t)
{
	return &families[t->now % 2];
}

static char *chain_of(const struct iptables *t, char buf[static CHAIN_NAME])
{
	const char *instance = t->setup.instance;

	snprintf(buf, CHAIN_NAME, "%s%s%s", place_of(t)->chain,
		 *instance ? "-" : "", instance);
	return buf;
}

static void failed(struct iptables *t, const char *program, const char *why)
{
	if (!t->why[0])
		snprintf(t->why, sizeof(t->why), "%s, table %s: %s", program,
			 place_of(t)->table, why);
}

/* Forget what was written: it is not known what there is now. */
static void forget(struct slot *s)
{
	free(s->rules);
	free(s->listing);
	s->rules = NULL;
	s->listing = NULL;
}

static void slot_failed(struct iptables *t, const char *program,
			const char *why)
{
	failed(t, program, why);
	forget(&t->slot[t->now]);
	t->now++;
	next_slot(t);
}

/* Run a program; if it cannot be run, the slot is given up. */
static void run(struct iptables *t, const char *const *argv, const char *input,
		step done)
{
	int err = child_start(t->loop, argv, input, done, t, &t->child);

	if (!err)
		return;
	t->child = NULL;
	if (!t->rules && err == -ENOENT) {
		/* Who has no iptables has no rules of it. */
		t->slot[t->now++].gone = true;
		next_slot(t);
		return;
	}
	slot_failed(t, argv[0], err == -ENOENT ? "this program is not installed" :
		    strerror(-err));
}

/* Not an answer: the lock was taken, or it was killed. */
static bool no_answer(const struct child_result *r)
{
	return r->code < 0 || r->code == 4;
}

static const char *complaint(const struct child_result *r)
{
	if (*r->err)
		return r->err;
	return r->code < 0 ? "it did not end, or was killed" : "it failed";
}

static void write_masq(const struct iptables *t, FILE *f, const char *chain)
{
	char network[PREFIX_TEXT], subnet[PREFIX_TEXT];
	const char *multicast = family_of(t)->multicast;
	const char *comment = place_of(t)->comment;
	const char *target = t->setup.random_fully ? "MASQUERADE --random-fully" :
						     "MASQUERADE";

	prefix_text(&t->setup.network[t->now % 2], network);
	prefix_text(&t->setup.subnet[t->now % 2], subnet);
#define RULE(match, target, ...)	\
	fprintf(f, "-A %s " match " -m comment --comment \"%s\" -j %s\n", \
		chain, __VA_ARGS__, comment, target)
	RULE("-m mark --mark %s", "RETURN", MARK);
	RULE("-s %s -d %s", "RETURN", subnet, network);
	RULE("-s %s -d %s", "RETURN", network, subnet);
	RULE("! -s %s -d %s", "RETURN", network, subnet);
	RULE("-s %s ! -d %s", target, network, multicast);
	RULE("! -s %s -d %s", target, network, network);
#undef RULE
}

static void write_forward(const struct iptables *t, FILE *f, const char *chain)
{
	const char *comment = place_of(t)->comment;
	char network[PREFIX_TEXT];

	prefix_text(&t->setup.network[t->now % 2], network);
	fprintf(f, "-A %s -s %s -m comment --comment \"%s\" -j ACCEPT\n"
		"-A %s -d %s -m comment --comment \"%s\" -j ACCEPT\n",
		chain, network, comment, chain, network, comment);
}

/* What has to be in the chain; NULL, and 0: nothing, the chain has to go. */
static int make_rules(struct iptables *t)
{
	const struct masquerade_setup *s = &t->setup;
	bool masq = t->now / 2 == 0;
	char chain[CHAIN_NAME];
	size_t len;
	FILE *f;

	free(t->rules);
	t->rules = NULL;
	if (s->nftables || !s->network[t->now % 2].addr.len ||
	    !(masq ? s->masq : s->forward))
		return 0;
	f = open_memstream(&t->rules, &len);
	if (!f)
		return -ENOMEM;
	chain_of(t, chain);
	if (masq)
		write_masq(t, f, chain);
	else
		write_forward(t, f, chain);
	if (!fclose(f))
		return 0;
	free(t->rules);
	t->rules = NULL;
	return -ENOMEM;
}

static bool ends_with(const char *line, size_t len, const char *end)
{
	size_t n = strlen(end);

	return len >= n && !memcmp(line + len - n, end, n);
}

/* A rule of the calling chain: does it call ours? */
static bool is_call(const struct iptables *t, const char *line, size_t len)
{
	char chain[CHAIN_NAME], end[CHAIN_NAME + 8];

	snprintf(end, sizeof(end), " -j %s", chain_of(t, chain));
	return ends_with(line, len, end);
}

/* Or did flannel put it there, when it had no chains? */
static bool is_stray(const struct iptables *t, const char *line, size_t len)
{
	char comment[64], *found;
	const char *chain = place_of(t)->chain;
	const char *target;

	snprintf(comment, sizeof(comment), "--comment \"%s\"",
		 place_of(t)->comment);
	found = memmem(line, len, comment, strlen(comment));
	if (!found || *t->setup.instance)
		return false;
	target = memmem(line, len, " -j ", 4);
	return target && strncmp(target + 4, chain, strlen(chain));
}

/**
 * struct calls - What the calling chain has of ours.
 * @first: There is the one call that has to be there.
 * @extra: Lines that remove what is more than that.
 */
struct calls {
	bool first;
	bool extra;
};

/* Look through the calling chain; with @f, write what removes @extra. */
static struct calls read_calls(const struct iptables *t, FILE *f)
{
	struct calls c = {};
	const char *line;
	size_t len;

	for (line = t->calls; *line; line += len + !!line[len]) {
		bool call;

		len = strcspn(line, "\n");
		if (strncmp(line, "-A ", 3))
			continue;
		call = is_call(t, line, len);
		if (!call && !is_stray(t, line, len))
			continue;
		if (call && !c.first && t->rules) {
			c.first = true;
			continue;
		}
		c.extra = true;
		if (f)
			fprintf(f, "-D%.*s\n", (int)len - 2, line + 2);
	}
	return c;
}

/* One transaction that makes the chain and its call what they have to be. */
static char *make_script(const struct iptables *t)
{
	const struct place *p = place_of(t);
	char chain[CHAIN_NAME], *script;
	struct calls calls;
	size_t len;
	FILE *f = open_memstream(&script, &len);

	if (!f)
		return NULL;
	chain_of(t, chain);
	fprintf(f, "*%s\n:%s - [0:0]\n", p->table, chain);
	calls = read_calls(t, f);
	if (t->rules)
		fputs(t->rules, f);
	else
		fprintf(f, "-X %s\n", chain);
	if (t->rules && !calls.first)
		fprintf(f, "-A %s -m comment --comment \"%s\" -j %s\n",
			p->parent, p->comment, chain);
	fputs("COMMIT\n", f);
	if (!fclose(f))
		return script;
	free(script);
	return NULL;
}

static size_t count_lines(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

/* What was written is there: from now on it has to be listed like this. */
static void on_relisted(void *priv, const struct child_result *r)
{
	struct iptables *t = priv;
	struct slot *s = &t->slot[t->now];

	t->child = NULL;
	if (r->code) {
		slot_failed(t, family_of(t)->list, complaint(r));
		return;
	}
	/* The chain itself is a line as well. */
	if (count_lines(r->out) != count_lines(t->rules) + 1) {
		slot_failed(t, family_of(t)->list,
			    "somebody else writes to our chain");
		return;
	}
	forget(s);
	s->rules = t->rules;
	t->rules = NULL;
	s->listing = strdup(r->out);
	if (!s->listing)
		forget(s);
	t->now++;
	next_slot(t);
}

static void list(struct iptables *t, const char *chain, step done)
{
	const char *const argv[] = {
		family_of(t)->list, "--wait", "10", "-t", place_of(t)->table,
		"-S", chain, NULL,
	};

	run(t, argv, "", done);
}

static void on_written(void *priv, const struct child_result *r)
{
	struct iptables *t = priv;
	char chain[CHAIN_NAME];

	t->child = NULL;
	if (r->code) {
		slot_failed(t, family_of(t)->restore, complaint(r));
		return;
	}
	t->writes++;
	if (t->rules) {
		list(t, chain_of(t, chain), on_relisted);
		return;
	}
	forget(&t->slot[t->now]);
	t->slot[t->now++].gone = true;
	next_slot(t);
}

static void write_slot(struct iptables *t)
{
	const char *const argv[] = {
		family_of(t)->restore, "--noflush", "--wait", "10", NULL,
	};
	char *script = make_script(t);

	if (!script) {
		slot_failed(t, argv[0], "out of memory");
		return;
	}
	t->slot[t->now].gone = false;
	run(t, argv, script, on_written);
	free(script);
}

static void on_listed(void *priv, const struct child_result *r)
{
	struct iptables *t = priv;
	struct slot *s = &t->slot[t->now];
	struct calls calls = read_calls(t, NULL);
	bool there = !r->code, good;

	t->child = NULL;
	if (no_answer(r)) {
		slot_failed(t, family_of(t)->list, complaint(r));
		return;
	}
	if (t->rules)
		good = there && calls.first && !calls.extra && s->rules &&
		       !strcmp(s->rules, t->rules) &&
		       !strcmp(s->listing, r->out);
	else
		good = !there && !calls.extra;
	if (!good) {
		write_slot(t);
		return;
	}
	s->gone = !t->rules;
	t->now++;
	next_slot(t);
}

static void on_calls(void *priv, const struct child_result *r)
{
	struct iptables *t = priv;
	char chain[CHAIN_NAME];

	t->child = NULL;
	if (r->code && !t->rules && !no_answer(r)) {
		/* A kernel without this table has nothing of ours in it. */
		t->slot[t->now++].gone = true;
		next_slot(t);
		return;
	}
	free(t->calls);
	t->calls = strdup(r->out);
	if (r->code || !t->calls)
		slot_failed(t, family_of(t)->list,
			    r->code ? complaint(r) : "out of memory");
	else
		list(t, chain_of(t, chain), on_listed);
}

/* Does the kernel have this table already? To ask iptables would load it. */
static bool loaded(const struct iptables *t)
{
	FILE *f = fopen(family_of(t)->loaded, "re");
	char line[64];
	bool found = false;

	if (!f)
		return false;
	while (!found && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		found = !strcmp(line, place_of(t)->table);
	}
	fclose(f);
	return found;
}

static void finish(struct iptables *t)
{
	free(t->calls);
	free(t->rules);
	t->calls = NULL;
	t->rules = NULL;
	t->done(t->priv, t->why[0] ? t->why : NULL, t->writes);
}

/* Look at the next chain that has to be there, or may still be there. */
static void next_slot(struct iptables *t)
{
	while (t->now < SLOTS) {
		if (make_rules(t)) {
			failed(t, family_of(t)->list, "out of memory");
			t->now++;
			continue;
		}
		if (!t->rules && t->legacy && !loaded(t))
			t->slot[t->now].gone = true;
		if (t->rules || !t->slot[t->now].gone) {
			list(t, place_of(t)->parent, on_calls);
			return;
		}
		t->now++;
	}
	finish(t);
}

static void on_version(void *priv, const struct child_result *r)
{
	struct iptables *t = priv;

	t->child = NULL;
	t->legacy = !strstr(r->out, "nf_tables");
	next_slot(t);
}

/**
 * iptables_apply - Make the rules what they have to be
 * @t: The rules. It is not called again before it has told that it is done.
 * @s: What they have to be.
 * @fresh: That is not what it was the last time.
 */
void iptables_apply(struct iptables *t, const struct masquerade_setup *s,
		    bool fresh)
{
	static const char *const argv[] = { "iptables", "--version", NULL };
	size_t i;

	t->setup = *s;
	t->now = 0;
	t->writes = 0;
	t->why[0] = '\0';
	for (i = 0; fresh && i < SLOTS; i++)
		t->slot[i].gone = false;
	if (!fresh || child_start(t->loop, argv, "", on_version, t, &t->child))
		next_slot(t);
}

/**
 * iptables_new - Begin to care for rules
 * @loop: The loop.
 * @done: Told that they were looked at, what went wrong or NULL, and how much
 *	was written.
 * @priv: For @done.
 *
 * Return: The rules, NULL without memory.
 */
struct iptables *iptables_new(uv_loop_t *loop,
			      void (*done)(void *priv, const char *why,
					   unsigned int writes),
			      void *priv)
{
	struct iptables *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->loop = loop;
	t->done = done;
	t->priv = priv;
	return t;
}

/**
 * iptables_free - Care no longer; the rules stay
 * @t: The rules, or NULL.
 */
void iptables_free(struct iptables *t)
{
	size_t i;

	if (!t)
		return;
	child_cancel(t->child);
	for (i = 0; i < SLOTS; i++)
		forget(&t->slot[i]);
	free(t->calls);
	free(t->rules);
	free(t);
}
