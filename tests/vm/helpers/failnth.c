// SPDX-License-Identifier: GPL-2.0
/*
 * failnth: every allocation of a netlink request fails once, one at a time.
 *
 *   failnth NETNS DEVICE          stdin: lines "REQUEST | UNDO"
 *   failnth -m FILE NAME [PARAMETERS]   the module NAME is loaded instead
 *
 * Of each request (spec.h) the first, second, ... fault point fails, until one
 * run meets none any more. A request that was refused must have changed
 * nothing: neither the table, nor the device, nor the sockets of the namespace.
 * One that was not is undone by UNDO (may be empty). Prints a line a request;
 * exit code 1: something was changed, or a request failed without a fault; 4:
 * this kernel has no fault injection.
 */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/flannel.h>
#include <linux/genetlink.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common.h"
#include "spec.h"

#define MOST_POINTS	3000
#define EXIT_SKIP	4

static const char *device;
static unsigned int family;
static int route, generic, nth;

/* What must not have changed, one long text. */
struct state {
	size_t len;
	unsigned char data[1 << 18];
};

static void add(struct state *state, const void *data, size_t len)
{
	if (state->len + len > sizeof(state->data))
		die("state too long");
	memcpy(state->data + state->len, data, len);
	state->len += len;
}

static void add_message(const struct nlmsghdr *nlh, void *context)
{
	add(context, (const char *)nlh + sizeof(*nlh),
	    nlh->nlmsg_len - sizeof(*nlh));
}

/* Of a link: flags, MTU and what flannel defines. */
static void add_link(const struct nlmsghdr *nlh, void *context)
{
	const struct ifinfomsg *ifi = NLMSG_DATA(nlh);
	const char *end = (const char *)nlh + nlh->nlmsg_len;
	const struct nlattr *attr, *info;

	add(context, &ifi->ifi_flags, sizeof(ifi->ifi_flags));
	NL_FOR_EACH(attr, ifi + 1, end) {
		if (attr->nla_type == IFLA_MTU)
			add(context, attr, attr->nla_len);
		if ((attr->nla_type & NLA_TYPE_MASK) != IFLA_LINKINFO)
			continue;
		NL_FOR_EACH(info, NL_DATA(attr),
			    (const char *)attr + attr->nla_len)
			add(context, info, info->nla_len);
	}
}

/* Local addresses and ports; the rest of a line changes by itself. */
static void add_sockets(struct state *state, const char *path)
{
	char line[512], local[80];
	FILE *f = fopen(path, "r");

	if (!f)
		return;
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "%*s %79s", local) == 1)
			add(state, local, strlen(local));
	fclose(f);
}

static void dump(struct state *state, const char *text, nl_each each)
{
	static struct request request;
	struct nl_answer answer;
	char copy[128];

	snprintf(copy, sizeof(copy), "%s", text);
	request_build(&request, copy, family);
	nl_talk(request.protocol == NETLINK_ROUTE ? route : generic,
		&request.msg, &answer, each, state);
}

static void take_state(struct state *state)
{
	char text[128];

	state->len = 0;
	dump(state, "subnet-get - +dump", add_message);
	dump(state, "vtep-get - +dump", add_message);
	if (nl_link(device)) {
		snprintf(text, sizeof(text), "getlink %s", device);
		dump(state, text, add_link);
	}
	add_sockets(state, "/proc/thread-self/net/udp");
	add_sockets(state, "/proc/thread-self/net/udp6");
}

static bool arm(unsigned int n)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%u", n);

	return pwrite(nth, text, len, 0) == len;
}

/* Disarm; how many fault points were left to count, 0: a fault was injected. */
static unsigned int disarm(void)
{
	char text[16] = "";

	if (pread(nth, text, sizeof(text) - 1, 0) <= 0 || !arm(0))
		die("fail-nth");
	return atoi(text);
}

static void send_text(const char *text, struct nl_answer *answer)
{
	static struct request request;
	char copy[4096];

	snprintf(copy, sizeof(copy), "%s", text);
	request_build(&request, copy, family);
	nl_talk(request.protocol == NETLINK_ROUTE ? route : generic,
		&request.msg, answer, NULL, NULL);
}

static bool same_state(const struct state *a, const struct state *b)
{
	return a->len == b->len && !memcmp(a->data, b->data, a->len);
}

/* A socket on which an acknowledgment was lost is not used again. */
static void new_sockets(void)
{
	close(route);
	close(generic);
	route = nl_open(NETLINK_ROUTE);
	generic = nl_open(NETLINK_GENERIC);
}

static bool one_request(const char *text, const char *undo)
{
	static struct state before, after;
	static struct request request;
	unsigned int n, refused = 0, passed = 0, lost = 0;
	struct nl_answer answer;
	char copy[4096];
	bool good = true, injected = true;
	long long start;

	take_state(&before);
	start = now_ms();
	for (n = 1; injected && n <= MOST_POINTS; n++) {
		bool sent;
		int fd;

		snprintf(copy, sizeof(copy), "%s", text);
		request_build(&request, copy, family);
		fd = request.protocol == NETLINK_ROUTE ? route : generic;

		arm(n);
		sent = nl_send(fd, &request.msg);
		memset(&answer, 0, sizeof(answer));
		answer.error = errno;
		if (sent)
			nl_receive(fd, &request.msg, &answer, NULL, NULL);
		injected = !disarm();

		take_state(&after);
		if (!answer.error) {
			passed++;
		} else if (!same_state(&before, &after)) {
			/* It was done, but the acknowledgment was lost. */
			if (sent && answer.error == ENOBUFS) {
				lost++;
			} else {
				printf("changed although refused (%s) at %u: %s\n",
				       strerrorname_np(answer.error), n, text);
				good = false;
			}
		} else {
			refused++;
			if (!injected) {
				printf("refused without a fault (%s %s): %s\n",
				       strerrorname_np(answer.error),
				       answer.text, text);
				good = false;
			}
		}
		if (answer.error == ENOBUFS)
			new_sockets();
		if (!same_state(&before, &after) && *undo)
			send_text(undo, &answer);
		take_state(&after);
		if (!same_state(&before, &after)) {
			printf("not undone at %u: %s\n", n, text);
			return false;
		}
	}
	printf("%s: %u points, %u refused, %u done all the same, %u not acknowledged, %lld ms\n",
	       text, n - 2, refused, passed - !injected, lost, now_ms() - start);
	if (injected)
		printf("no end of fault points\n");
	return good && !injected;
}

/* Load the module with the Nth allocation failing; *LEFT as of disarm(). */
static long load_once(const char *file, const char *parameter, unsigned int n,
		      unsigned int *left)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	long rc;

	if (fd < 0)
		die("%s", file);
	arm(n);
	rc = syscall(SYS_finit_module, fd, parameter, 0);
	*left = disarm();
	close(fd);
	return rc;
}

/*
 * Each allocation of loading a module, from where its own part begins: a
 * parameter that it refuses ends an attempt there, after what the kernel does
 * and sometimes warns about. One that failed has left nothing.
 */
static bool load_module(const char *file, const char *name,
			const char *parameters)
{
	unsigned int n, first, left, refused = 0;
	char path[128];

	snprintf(path, sizeof(path), "/sys/module/%s", name);
	if (!load_once(file, "port=x", MOST_POINTS, &left))
		die("the parameter was not refused");
	first = MOST_POINTS - left + 1;
	for (n = first; n <= MOST_POINTS; n++) {
		long rc = load_once(file, parameters, n, &left);

		if (rc && left)
			die("loading %s", file);
		if (rc && !access(path, F_OK)) {
			printf("still there after failing at %u\n", n);
			return false;
		}
		refused += !!rc;
		if (!rc && syscall(SYS_delete_module, name, O_NONBLOCK))
			die("unloading %s", name);
		if (left)
			break;
	}
	printf("load %s: %u points, %u refused\n", name, n - first, refused);
	return n <= MOST_POINTS;
}

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0) {
		fprintf(stderr, "failnth: no %s\n", path);
		exit(EXIT_SKIP);
	}
	close(fd);
}

/* Also allocations that may wait are to fail, and none is to be logged. */
static void prepare(void)
{
	write_file("/sys/kernel/debug/failslab/ignore-gfp-wait", "N");
	write_file("/sys/kernel/debug/failslab/verbose", "0");
	write_file("/sys/kernel/debug/fail_page_alloc/ignore-gfp-wait", "N");
	write_file("/sys/kernel/debug/fail_page_alloc/verbose", "0");
	nth = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	if (nth < 0)
		die("fail-nth");
}

int main(int argc, char **argv)
{
	char *line = NULL, *rest;
	bool good = true;
	size_t size = 0;

	if ((argc == 4 || argc == 5) && !strcmp(argv[1], "-m")) {
		prepare();
		return load_module(argv[2], argv[3], argc == 5 ? argv[4] : "") ?
		       0 : 1;
	}
	if (argc != 3)
		die("usage: failnth NETNS DEVICE | failnth -m FILE NAME [PARAMETERS]");
	prepare();
	enter_netns(argv[1]);
	device = argv[2];
	route = nl_open(NETLINK_ROUTE);
	generic = nl_open(NETLINK_GENERIC);
	family = nl_family(generic, "flannel");
	if (!family)
		die("no generic netlink family flannel");

	while (getline(&line, &size, stdin) > 0) {
		rest = line;
		rest[strcspn(rest, "\n")] = '\0';
		if (!*rest || *rest == '#')
			continue;
		strsep(&rest, "|");
		rest = rest ? rest + strspn(rest, " ") : line + strlen(line);
		good &= one_request(line, rest);
		fflush(stdout);
	}
	return good ? 0 : 1;
}
