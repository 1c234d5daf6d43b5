// SPDX-License-Identifier: GPL-2.0
/* What every helper needs: errors, time, namespaces, addresses, checksums. */

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common.h"

static int ready_fd = -1;

void die(const char *format, ...)
{
	int error = errno;
	va_list args;

	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	if (error)
		fprintf(stderr, ": %s", strerror(error));
	fputc('\n', stderr);
	exit(EXIT_USAGE);
}

long long now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000LL + ts.tv_nsec / 1000;
}

long long now_ms(void)
{
	return now_us() / 1000;
}

void enter_netns(const char *name)
{
	char path[128];
	int fd;

	if (!strcmp(name, "-"))
		return;
	snprintf(path, sizeof(path), "/run/netns/%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET))
		die("netns %s", name);
	close(fd);
}

bool parse_addr(const char *text, struct addr *addr)
{
	memset(addr, 0, sizeof(*addr));
	addr->family = strchr(text, ':') ? AF_INET6 : AF_INET;
	return inet_pton(addr->family, text, addr->bytes) == 1;
}

struct addr need_addr(const char *text)
{
	struct addr addr;

	errno = 0;
	if (!parse_addr(text, &addr))
		die("not an address: %s", text);
	return addr;
}

const char *addr_text(int family, const void *bytes)
{
	static char text[4][INET6_ADDRSTRLEN];
	static unsigned int next;
	char *out = text[next++ % 4];

	return inet_ntop(family, bytes, out, INET6_ADDRSTRLEN);
}

size_t addr_size(int family)
{
	return family == AF_INET6 ? 16 : 4;
}

socklen_t to_sockaddr(const struct addr *addr, uint16_t port,
		      struct sockaddr_storage *sockaddr)
{
	struct sockaddr_in6 *sin6 = (struct sockaddr_in6 *)sockaddr;
	struct sockaddr_in *sin = (struct sockaddr_in *)sockaddr;

	memset(sockaddr, 0, sizeof(*sockaddr));
	sockaddr->ss_family = addr->family;
	if (addr->family == AF_INET6) {
		sin6->sin6_port = htons(port);
		memcpy(&sin6->sin6_addr, addr->bytes, 16);
		return sizeof(*sin6);
	}
	sin->sin_port = htons(port);
	memcpy(&sin->sin_addr, addr->bytes, 4);
	return sizeof(*sin);
}

size_t parse_hex(const char *text, unsigned char *out, size_t size)
{
	size_t len = 0;

	while (*text) {
		unsigned int byte;

		if (*text == ':') {
			text++;
			continue;
		}
		errno = 0;
		if (len == size || !isxdigit((unsigned char)text[0]) ||
		    !isxdigit((unsigned char)text[1]) ||
		    sscanf(text, "%2x", &byte) != 1)
			die("not hexadecimal, or too long: %s", text);
		out[len++] = byte;
		text += 2;
	}
	return len;
}

const char *mac_text(const unsigned char *mac)
{
	static char text[4][18];
	static unsigned int next;
	char *out = text[next++ % 4];

	snprintf(out, 18, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1],
		 mac[2], mac[3], mac[4], mac[5]);
	return out;
}

unsigned long need_number(const char *text)
{
	unsigned long value;
	char *end;

	errno = 0;
	value = strtoul(text, &end, 0);
	if (errno || end == text || *end)
		die("not a number: %s", text);
	return value;
}

uint32_t csum_add(uint32_t sum, const void *data, size_t len)
{
	const unsigned char *p = data;
	uint64_t wide = sum;

	for (; len > 1; len -= 2, p += 2)
		wide += p[0] << 8 | p[1];
	if (len)
		wide += p[0] << 8;
	while (wide >> 32)
		wide = (wide & 0xffffffff) + (wide >> 32);
	return wide;
}

uint16_t csum_fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

uint32_t csum_pseudo(int family, const void *source, const void *destination,
		     uint8_t protocol, uint16_t len)
{
	const unsigned char rest[4] = { 0, protocol, len >> 8, len };
	uint32_t sum = 0;

	sum = csum_add(sum, source, addr_size(family));
	sum = csum_add(sum, destination, addr_size(family));
	return csum_add(sum, rest, sizeof(rest));
}

void daemon_start(const char *pidfile)
{
	int fds[2], status;
	char byte;
	pid_t pid;
	FILE *f;

	if (pipe2(fds, O_CLOEXEC))
		die("pipe");
	pid = fork();
	if (pid < 0)
		die("fork");
	if (!pid) {
		close(fds[0]);
		ready_fd = fds[1];
		return;
	}

	close(fds[1]);
	f = fopen(pidfile, "w");
	if (!f || fprintf(f, "%d\n", pid) < 0 || fclose(f))
		die("%s", pidfile);
	if (read(fds[0], &byte, 1) == 1)
		exit(0);
	waitpid(pid, &status, 0);
	exit(EXIT_USAGE);
}

void daemon_ready(void)
{
	if (ready_fd < 0)
		return;
	if (write(ready_fd, "", 1) != 1)
		die("ready");
	close(ready_fd);
	ready_fd = -1;
}
