// SPDX-License-Identifier: GPL-2.0
/* Load files: good ones, and what is said about bad ones. */
#include <stdlib.h>
#include <unistd.h>

#include "load.h"
#include "tap.h"

static const struct {
	const char *name;
	const char *text;
	int entries;		/* -1: it is bad */
	const char *said;
} files[] = {
	{ "one line", "10.1.0.0/24 via 1.1.1.1 lladdr 02:00:00:00:00:01\n", 1,
	  "" },
	{ "no newline at the end", "10.1.0.0/24 local", 1, "" },
	{ "comments and empty lines",
	  "# all\n\n  \t\n10.1.0.0/24 local # ours\n", 1, "" },
	{ "all words",
	  "10.1.0.0/24 via 1.1.1.1 lladdr 02:00:00:00:00:01 encap vxlan src 2.2.2.2,fd00::1 owner x generation 7 dev eth9",
	  1, "" },
	{ "encap udp has no MAC", "10.1.0.0/24 via 1.1.1.1 encap udp", 1, "" },
	{ "CR LF", "10.1.0.0/24 local\r\n10.2.0.0/24 local\r\n", 2, "" },
	{ "nothing", "", 0, "" },
	{ "only a comment", "# none\n", 0, "" },
	{ "two VTEPs of one address but another encap",
	  "10.1.0.0/24 via 1.1.1.1 lladdr 02:00:00:00:00:01\n"
	  "10.2.0.0/24 via 1.1.1.1 encap udp\n", 2, "" },
	{ "a bad word", "10.1.0.0/24 local\n10.2.0.0/24 remote\n", -1,
	  "f:2: 'remote' is not expected here" },
	{ "no subnet", "via 1.1.1.1 lladdr 02:00:00:00:00:01", -1,
	  "f:1: 'via' is not a subnet" },
	{ "host bits", "10.1.0.1/24 local", -1, "10.1.0.0/24 would be one" },
	{ "no value", "10.1.0.0/24 via", -1, "f:1: 'via' needs a value" },
	{ "no address", "10.1.0.0/24 via x", -1, "not an IP address" },
	{ "no MAC", "10.1.0.0/24 via 1.1.1.1 lladdr x", -1, "not a MAC" },
	{ "the MAC is missing", "10.1.0.0/24 via 1.1.1.1", -1,
	  "'lladdr MAC' is needed" },
	{ "a multicast MAC", "10.1.0.0/24 via 1.1.1.1 lladdr 01:00:00:00:00:01",
	  -1, "a multicast MAC" },
	{ "neither local nor via", "10.1.0.0/24", -1, "either 'local' or" },
	{ "both local and via", "10.1.0.0/24 local via 1.1.1.1", -1,
	  "'local' goes without" },
	{ "a bad encap", "10.1.0.0/24 via 1.1.1.1 encap gre", -1,
	  "'vxlan' or 'udp'" },
	{ "too many sources",
	  "10.1.0.0/24 via 1.1.1.1 lladdr 02:00:00:00:00:01 src 1.1.1.2,1.1.1.3,1.1.1.4,1.1.1.5,1.1.1.6,1.1.1.7,1.1.1.8,1.1.1.9,1.1.1.10",
	  -1, "more than 8" },
	{ "an empty source",
	  "10.1.0.0/24 via 1.1.1.1 lladdr 02:00:00:00:00:01 src 1.1.1.2,,1.1.1.3",
	  -1, "src: not an IP address" },
	{ "an open quote", "10.1.0.0/24 'local", -1, "quote is not closed" },
	{ "the same subnet twice",
	  "10.1.0.0/24 local\n10.2.0.0/24 local\n10.1.0.0/24 local\n", -1,
	  "f:3: 10.1.0.0/24 is there already, in line 1" },
	{ "a VTEP with two MACs",
	  "10.1.0.0/24 via 1.1.1.1 lladdr 02:00:00:00:00:01\n"
	  "10.2.0.0/24 via 1.1.1.2 lladdr 02:00:00:00:00:02\n"
	  "10.3.0.0/24 via 1.1.1.1 lladdr 02:00:00:00:00:03\n", -1,
	  "f:3: the VTEP 1.1.1.1 has another lladdr or src in line 1" },
	{ "a VTEP with two lists of sources",
	  "10.1.0.0/24 via 1.1.1.1 lladdr 02:00:00:00:00:01\n"
	  "10.3.0.0/24 via 1.1.1.1 lladdr 02:00:00:00:00:01 src 1.1.1.9\n", -1,
	  "f:2: the VTEP 1.1.1.1 has another lladdr or src in line 1" },
	{ "every bad line is told",
	  "a\nb\nc\n", -1, "f:3: 'c'" },
	{ "an escape sequence", "\033[2J local", -1, "'\\x1b[2J'" },
	{ "JSON", "[{\"prefix\":\"10.1.0.0/24\",\"local\":true}]", 1, "" },
	{ "JSON as it is printed",
	  "[{\"prefix\":\"10.1.0.0/24\",\"via\":\"1.1.1.1\",\"lladdr\":\"02:00:00:00:00:01\",\"encap\":\"vxlan\",\"src\":[\"2.2.2.2\"],\"owner\":\"x\",\"generation\":7,\"dev\":\"d\"}]",
	  1, "" },
	{ "an empty array", "[]", 0, "" },
	{ "JSON that is cut", "[{\"prefix\":", -1, "f:1: " },
	{ "JSON with a bad entry",
	  "[\n{\"prefix\":\"10.1.0.0/24\",\"local\":true},\n"
	  "{\"prefix\":\"10.2.0.0/24\",\n\"via\":\"x\"}]", -1,
	  "f:3: \"via\": not an IP address" },
	{ "JSON with text that looks like its own",
	  "[\n{\"prefix\":\"10.1.0.0/24\",\"local\":true,\"owner\":\"},{[\\\"\"},\n"
	  "{\"prefix\":\"x\"}]", -1, "f:3: \"prefix\": not an address" },
	{ "JSON with an unknown key",
	  "[{\"prefix\":\"10.1.0.0/24\",\"remote\":true}]", -1,
	  "unknown key 'remote'" },
	{ "JSON with a wrong type", "[{\"prefix\":10}]", -1,
	  "another type" },
	{ "JSON with local false",
	  "[{\"prefix\":\"10.1.0.0/24\",\"local\":false}]", -1,
	  "another type" },
	{ "JSON with a key twice",
	  "[{\"prefix\":\"10.1.0.0/24\",\"prefix\":\"10.1.0.0/24\"}]", -1,
	  "duplicate object key" },
	{ "JSON without a prefix", "[{\"local\":true}]", -1,
	  "\"prefix\" is missing" },
	{ "an object", "{\"prefix\":\"10.1.0.0/24\"}", -1,
	  "expected an array" },
	{ "an array of numbers", "[1]", -1, "not an object" },
	{ "nested too deeply",
	  "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", -1,
	  "nested too deeply" },
};

static char said[4096];

/* Run load_parse() with stderr in said[]. */
static int parse(struct load *l, const char *text, size_t len)
{
	int saved = dup(STDERR_FILENO), pipefd[2], err;
	char *copy = malloc(len + 1);
	ssize_t n;

	memcpy(copy, text, len);
	copy[len] = '\0';
	if (pipe(pipefd))
		return -1;
	fflush(stderr);
	dup2(pipefd[1], STDERR_FILENO);
	err = load_parse(l, copy, len);
	fflush(stderr);
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(pipefd[1]);
	n = read(pipefd[0], said, sizeof(said) - 1);
	said[n > 0 ? n : 0] = '\0';
	close(pipefd[0]);
	free(copy);
	return err;
}

int main(void)
{
	struct load l;
	size_t i;
	bool good;
	int err;

	for (i = 0; i < ROWS(files); i++) {
		l = (struct load){ .file = "f" };
		err = parse(&l, files[i].text, strlen(files[i].text));
		if (files[i].entries < 0)
			good = err && strstr(said, files[i].said);
		else
			good = !err && (int)l.list.n == files[i].entries &&
			       !*said;
		ok(good, "load: %s", files[i].name);
		if (!good)
			printf("# %d, %zu entries: %s\n", err, l.list.n, said);
		load_free(&l);
	}
	l = (struct load){ .file = "f" };
	ok(parse(&l, "10.1.0.0/24\0 local\n", 19) && strstr(said, "NUL"),
	   "load: a NUL byte");
	load_free(&l);
	return done_testing();
}
