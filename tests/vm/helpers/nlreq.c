// SPDX-License-Identifier: GPL-2.0
/*
 * nlreq: netlink requests that the tool would not make, and their answers.
 *
 *   nlreq NETNS                 stdin: lines "ERRNO | TEXT | ATTRIBUTE | REQUEST"
 *   nlreq -l SECONDS NETNS      stdin: lines "REQUEST", again and again
 *
 * REQUEST is described in spec.h. ERRNO is a name or "ok", or several
 * ("EINVAL/ERANGE", where kernels differ). TEXT has to be in what the kernel
 * says ("<policy>": the attribute's policy, which has its limits, has to come
 * along), ATTRIBUTE is the one it has to point at; both may be empty. Every line
 * that was answered otherwise is reported; exit code 1 then.
 *
 * With -l (and -p PIDFILE, it goes into the background) requests are taken at
 * random and answers do not matter; the loop ends early with SIGTERM. -s SEED
 * makes it another one.
 */

#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common.h"
#include "spec.h"

static volatile sig_atomic_t stop;
static struct request request;
static int route, generic;
static unsigned int family;

static void on_term(int signal)
{
	(void)signal;
	stop = 1;
}

static char *trim(char *text)
{
	size_t len;

	text += strspn(text, " \t\n");
	len = strlen(text);
	while (len && strchr(" \t\n", text[len - 1]))
		text[--len] = '\0';
	return text;
}

static void run(char *text, struct nl_answer *answer)
{
	request_build(&request, text, family);
	nl_talk(request.protocol == NETLINK_ROUTE ? route : generic,
		&request.msg, answer, NULL, NULL);
}

static const char *error_name(int error)
{
	const char *name = error ? strerrorname_np(error) : "ok";

	return name ? name : "unknown";
}

static bool says(const struct nl_answer *answer, const char *text)
{
	if (!strcmp(text, "<policy>"))
		return answer->policy;
	return strcasestr(answer->text, text);
}

/* Whether NAME is one of the names in WANTED. */
static bool one_of(const char *name, const char *wanted)
{
	size_t len = strlen(name);
	const char *p;

	for (p = wanted; p; p = strchr(p, '/')) {
		p += *p == '/';
		if (!strncmp(p, name, len) && (!p[len] || p[len] == '/'))
			return true;
	}
	return false;
}

/* One line; false if the answer is another one. */
static bool check(char *line)
{
	char *wanted = trim(strsep(&line, "|"));
	char *text = line ? trim(strsep(&line, "|")) : NULL;
	char *attr = line ? trim(strsep(&line, "|")) : NULL;
	struct nl_answer answer;
	const char *is, *where;
	char *shown;

	errno = 0;
	if (!line)
		die("not four fields: %s", wanted);
	line = trim(line);
	shown = strdup(line);
	run(line, &answer);
	is = error_name(answer.error);
	where = request_attr(&request, answer.attr_offset);
	if (one_of(is, wanted) && says(&answer, text) &&
	    (!*attr || !strcmp(attr, where))) {
		free(shown);
		return true;
	}
	printf("%s\n  wanted %s '%s' at %s\n  is     %s '%s' at %s\n", shown,
	       wanted, text, *attr ? attr : "any", is, answer.text, where);
	free(shown);
	return false;
}

static int check_all(void)
{
	char *line = NULL;
	unsigned int failed = 0, count = 0;
	size_t size = 0;

	while (getline(&line, &size, stdin) > 0) {
		char *text = trim(line);

		if (!*text || *text == '#')
			continue;
		count++;
		failed += !check(text);
	}
	if (!count) {
		errno = 0;
		die("no requests");
	}
	if (failed)
		printf("%u of %u requests were not answered as wanted\n",
		       failed, count);
	return failed ? 1 : 0;
}

static void loop(unsigned int seconds, unsigned int seed, const char *pidfile)
{
	char *lines[256], *line = NULL, copy[8192];
	long long end = now_ms() + seconds * 1000LL;
	unsigned int count = 0, done = 0;
	struct nl_answer answer;
	size_t size = 0;

	while (count < 256 && getline(&line, &size, stdin) > 0)
		if (*trim(line) && *trim(line) != '#')
			lines[count++] = strdup(trim(line));
	if (!count)
		die("no requests");
	if (pidfile)
		daemon_start(pidfile);
	signal(SIGTERM, on_term);
	daemon_ready();
	srandom(seed);
	for (; !stop && now_ms() < end; done++) {
		snprintf(copy, sizeof(copy), "%s", lines[random() % count]);
		run(copy, &answer);
	}
	printf("%u requests\n", done);
	if (pidfile)
		unlink(pidfile);
}

int main(int argc, char **argv)
{
	unsigned int seconds = 0, seed = 1;
	const char *pidfile = NULL;
	int option;

	while ((option = getopt(argc, argv, "l:s:p:")) != -1) {
		if (option == 'l')
			seconds = need_number(optarg);
		else if (option == 's')
			seed = need_number(optarg);
		else if (option == 'p')
			pidfile = optarg;
		else
			return EXIT_USAGE;
	}
	if (argc - optind != 1)
		die("usage: nlreq [-l SECONDS [-s SEED] [-p PIDFILE]] NETNS");
	enter_netns(argv[optind]);
	route = nl_open(NETLINK_ROUTE);
	generic = nl_open(NETLINK_GENERIC);
	family = nl_family(generic, "flannel");
	if (!family) {
		errno = 0;
		die("no generic netlink family flannel");
	}
	if (!seconds)
		return check_all();
	loop(seconds, seed, pidfile);
	return 0;
}
