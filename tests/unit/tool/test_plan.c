// SPDX-License-Identifier: GPL-2.0
/*
 * What sync does about the difference of two tables. Tables are written as
 * load files, with owner and generation taken from the words.
 */
#include <stdlib.h>

#include "args.h"
#include "registry/plan.h"
#include "resync.h"
#include "tap.h"

static const struct {
	const char *name;
	const char *want;
	const char *have;
	const char *keep;
	const char *expected;
} cases[] = {
	{ "nothing to do",
	  "10.1.0.0/24 via 1.1.1.1 lladdr 02:00:00:00:00:01",
	  "10.1.0.0/24 via 1.1.1.1 lladdr 02:00:00:00:00:01 owner sync",
	  "", "=10.1.0.0/24 " },
	{ "a new subnet",
	  "10.1.0.0/24 via 1.1.1.1 lladdr 02:00:00:00:00:01", "", "",
	  "+10.1.0.0/24 new" },
	{ "a subnet that is gone", "",
	  "10.1.0.0/24 via 1.1.1.1 lladdr 02:00:00:00:00:01 owner sync", "",
	  "-10.1.0.0/24 no lease" },
	{ "another VTEP",
	  "10.1.0.0/24 via 1.1.1.2 lladdr 02:00:00:00:00:01",
	  "10.1.0.0/24 via 1.1.1.1 lladdr 02:00:00:00:00:01 owner sync", "",
	  "~10.1.0.0/24 was via 1.1.1.1" },
	{ "another MAC",
	  "10.1.0.0/24 via 1.1.1.1 lladdr 02:00:00:00:00:02",
	  "10.1.0.0/24 via 1.1.1.1 lladdr 02:00:00:00:00:01 owner sync", "",
	  "~10.1.0.0/24 was lladdr 02:00:00:00:00:01" },
	{ "from local to remote",
	  "10.1.0.0/24 via 1.1.1.1 lladdr 02:00:00:00:00:02",
	  "10.1.0.0/24 local owner sync", "", "~10.1.0.0/24 was local" },
	{ "from remote to local", "10.1.0.0/24 local",
	  "10.1.0.0/24 via 1.1.1.1 lladdr 02:00:00:00:00:01 owner sync", "",
	  "~10.1.0.0/24 was via 1.1.1.1" },
	{ "what others wrote stays",
	  "",
	  "10.1.0.0/24 via 1.1.1.1 lladdr 02:00:00:00:00:01 owner manual\n"
	  "10.2.0.0/24 local owner manual", "", "" },
	{ "what others wrote is not overwritten",
	  "10.1.0.0/24 via 1.1.1.2 lladdr 02:00:00:00:00:02",
	  "10.1.0.0/24 via 1.1.1.1 lladdr 02:00:00:00:00:01 owner manual", "",
	  "!10.1.0.0/24 held by owner 'manual': subnet del it first" },
	{ "what others wrote alike is left to them", "10.1.0.0/24 local",
	  "10.1.0.0/24 local owner manual", "", ".10.1.0.0/24 " },
	{ "what is not understood stays",
	  "10.2.0.0/24 via 1.1.1.2 lladdr 02:00:00:00:00:02",
	  "10.1.0.0/24 via 1.1.1.1 lladdr 02:00:00:00:00:01 owner sync\n"
	  "10.3.0.0/24 via 1.1.1.3 lladdr 02:00:00:00:00:03 owner sync",
	  "10.1.0.0/24", "=10.1.0.0/24 |+10.2.0.0/24 new|-10.3.0.0/24 no lease" },
	{ "what is not understood and not there is not made", "", "",
	  "10.1.0.0/24", "" },
	{ "families and lengths in order",
	  "2001:db8::/64 via fd00::1 lladdr 02:00:00:00:00:01\n"
	  "10.1.0.0/25 via 1.1.1.1 lladdr 02:00:00:00:00:01\n"
	  "10.1.0.0/24 via 1.1.1.1 lladdr 02:00:00:00:00:01",
	  "2001:db8:1::/64 local owner sync", "",
	  "+10.1.0.0/24 new|+10.1.0.0/25 new|+2001:db8::/64 new|-2001:db8:1::/64 no lease" },
};

static void parse_line(struct subnet_list *list, char *line)
{
	struct subnet s = {};
	struct args a = {};
	bool done;

	a.count = args_split(line, &a.word);
	if (a.count > 0) {
		subnet_parse_prefix(&a, &s.prefix);
		while (args_peek(&a))
			subnet_parse_word(&a, &s, &done);
		subnet_list_add(list, &s);
	}
	free(a.word);
}

static struct subnet_list table(const char *text)
{
	struct subnet_list list = {};
	char *copy = strdup(text), *save = NULL, *line;

	for (line = strtok_r(copy, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save))
		parse_line(&list, line);
	free(copy);
	return list;
}

static void render(const struct plan *plan, char *out)
{
	char prefix[PREFIX_TEXT], why[JSON_WHY], sign[2] = "";
	size_t i;

	*out = '\0';
	for (i = 0; i < plan->n; i++) {
		sign[0] = (char)plan->v[i].sign;
		strcat(strcat(out, i ? "|" : ""), sign);
		strcat(out, prefix_text(&plan->v[i].new.prefix, prefix));
		strcat(strcat(out, " "), plan_reason(&plan->v[i], why));
	}
}

static void run_case(size_t i)
{
	struct subnet_list want = table(cases[i].want);
	struct subnet_list have = table(cases[i].have);
	struct subnet_list keep = table(cases[i].keep);
	struct plan plan;
	char text[2048];

	plan_make(&plan, &want, &have, &keep, "sync");
	render(&plan, text);
	is(text, cases[i].expected, cases[i].name);
	plan_free(&plan);
	subnet_list_free(&want);
	subnet_list_free(&have);
	subnet_list_free(&keep);
}

/* Outer sources that were set by hand belong to the VTEP. */
static void test_src(void)
{
	static const char *const wanted =
		"10.1.0.0/24 via 1.1.1.1 lladdr 02:00:00:00:00:01\n"
		"10.2.0.0/24 via 1.1.1.1 lladdr 02:00:00:00:00:01\n"
		"10.3.0.0/24 via 1.1.1.3 lladdr 02:00:00:00:00:03";
	static const char *const there =
		"10.1.0.0/24 via 1.1.1.1 lladdr 02:00:00:00:00:01 src 9.9.9.9 owner sync";
	struct subnet_list want = table(wanted), have = table(there);
	struct subnet_list keep = {};
	struct plan plan;

	plan_make(&plan, &want, &have, &keep, "sync");
	ok(plan.n == 3 && plan.v[0].sign == PLAN_SAME &&
	   plan.v[0].new.src_count == 1 && plan.v[1].new.src_count == 1 &&
	   !plan.v[2].new.src_count, "src of a VTEP stays");
	plan_free(&plan);
	subnet_list_free(&want);
	subnet_list_free(&have);
}

/* One request cannot give a VTEP two MACs. */
static void test_kept_vtep(void)
{
	static const char *const wanted =
		"10.1.0.0/24 via 1.1.1.1 lladdr 02:00:00:00:00:99";
	static const char *const there =
		"10.2.0.0/24 via 1.1.1.1 lladdr 02:00:00:00:00:01 owner sync";
	struct subnet_list want = table(wanted), have = table(there);
	struct subnet_list keep = table("10.2.0.0/24");
	struct plan plan;

	plan_make(&plan, &want, &have, &keep, "sync");
	ok(plan.n == 2 && plan.v[1].sign == PLAN_SAME &&
	   plan.v[1].new.lladdr.b[5] == 0x99,
	   "what is kept follows its VTEP's new MAC");
	plan_free(&plan);
	subnet_list_free(&want);
	subnet_list_free(&have);
	subnet_list_free(&keep);
}

static void test_generation(void)
{
	struct subnet_list have = table("10.1.0.0/24 local owner sync");
	uint32_t first = resync_generation(&have, "sync"), next;

	ok(first, "a generation is never 0");
	have.v[0].generation = first;
	next = resync_generation(&have, "sync");
	ok(next && next != first, "a generation that is used is not used again");
	subnet_list_free(&have);
}

int main(void)
{
	size_t i;

	for (i = 0; i < ROWS(cases); i++)
		run_case(i);
	test_src();
	test_kept_vtep();
	test_generation();
	return done_testing();
}
