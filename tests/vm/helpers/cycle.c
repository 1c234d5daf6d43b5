// SPDX-License-Identifier: GPL-2.0
/*
 * cycle: the same, in one network namespace after another.
 *
 *   cycle COUNT              stdin: lines "REQUEST" or "send ADDRESS COUNT"
 *   cycle -n NETNS           once, in one that is there and stays
 *
 * COUNT times the lines are carried out, in a namespace that is new and ends with
 * the next one, or with the program. REQUEST is described in spec.h; one that is
 * refused ends it all, with exit code 1. "send" sends UDP packets, whatever
 * becomes of them. Without processes, names and mounts, a namespace costs a
 * tenth of what it costs a shell.
 */

#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common.h"
#include "spec.h"

#define MOST_LINES	64

static unsigned int family;

static void send_packets(const char *line)
{
	struct sockaddr_storage to;
	char address[64];
	unsigned int count;
	struct addr addr;
	socklen_t len;
	int fd;

	if (sscanf(line, "send %63s %u", address, &count) != 2)
		die("send ADDRESS COUNT: %s", line);
	addr = need_addr(address);
	len = to_sockaddr(&addr, 9, &to);
	fd = socket(addr.family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		die("socket");
	while (count--)
		sendto(fd, line, strlen(line), 0, (void *)&to, len);
	close(fd);
}

static void run(const char *line, int route, int generic)
{
	static struct request request;
	struct nl_answer answer;
	char copy[4096];

	if (!strncmp(line, "send ", 5)) {
		send_packets(line);
		return;
	}
	snprintf(copy, sizeof(copy), "%s", line);
	request_build(&request, copy, family);
	nl_talk(request.protocol == NETLINK_ROUTE ? route : generic,
		&request.msg, &answer, NULL, NULL);
	errno = answer.error;
	if (answer.error)
		die("%s: %s", line, answer.text);
}

static unsigned int read_lines(char **lines)
{
	unsigned int n = 0;
	char *line = NULL;
	size_t size = 0;

	while (n < MOST_LINES && getline(&line, &size, stdin) > 0) {
		line[strcspn(line, "\n")] = '\0';
		if (*line && *line != '#')
			lines[n++] = strdup(line);
	}
	free(line);
	return n;
}

int main(int argc, char **argv)
{
	bool stays = argc == 3 && !strcmp(argv[1], "-n");
	unsigned int count = 1, n, i, j;
	char *lines[MOST_LINES];

	if (argc != 2 && !stays)
		die("usage: cycle COUNT | -n NETNS");
	if (stays)
		enter_netns(argv[2]);
	else
		count = need_number(argv[1]);
	n = read_lines(lines);

	for (i = 0; i < count; i++) {
		int route, generic;

		if (!stays && unshare(CLONE_NEWNET))
			die("unshare");
		route = nl_open(NETLINK_ROUTE);
		generic = nl_open(NETLINK_GENERIC);
		family = nl_family(generic, "flannel");
		for (j = 0; j < n; j++)
			run(lines[j], route, generic);
		close(route);
		close(generic);
	}
	return 0;
}
