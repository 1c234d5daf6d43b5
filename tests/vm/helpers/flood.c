// SPDX-License-Identifier: GPL-2.0
/*
 * flood: ICMP echo at a steady rate, every loss and the longest gap reported.
 *
 *   flood -p PIDFILE -o FILE [-i MICROSECONDS] [-t SECONDS] NETNS ADDRESS
 *
 * Goes into the background once the first answer is there (exit code 1: none
 * came within 20 s). SIGTERM or the time ends it; it then waits for the last
 * answers and writes to FILE: sent=N received=N lost=N gap_ms=N
 */

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common.h"

#define FIRST_MS	20000
#define LAST_MS		10000

static volatile sig_atomic_t stop;

static struct {
	int fd;
	bool v6;
	uint16_t id;
	struct sockaddr_storage to;
	socklen_t to_len;
	uint32_t sent, received;
	long long last_answer, gap_us;
	/* One bit a sequence number that is not answered yet. */
	unsigned char waiting[65536 / 8];
} flood;

static void on_term(int signal)
{
	(void)signal;
	stop = 1;
}

static void send_one(void)
{
	unsigned char packet[64] = { flood.v6 ? 128 : 8 };
	uint16_t seq = htons(flood.sent), sum;

	memcpy(packet + 4, &flood.id, 2);
	memcpy(packet + 6, &seq, 2);
	if (!flood.v6) {
		sum = htons(csum_fold(csum_add(0, packet, sizeof(packet))));
		memcpy(packet + 2, &sum, 2);
	}
	flood.waiting[(uint16_t)flood.sent / 8] |= 1 << flood.sent % 8;
	flood.sent++;
	/* A refusal by the stack is a loss; it is counted as one. */
	if (sendto(flood.fd, packet, sizeof(packet), 0, (void *)&flood.to,
		   flood.to_len) < 0)
		errno = 0;
}

static void receive_one(void)
{
	unsigned char packet[2048], *p = packet;
	ssize_t n = recv(flood.fd, packet, sizeof(packet), MSG_DONTWAIT);
	long long now = now_us();
	uint16_t seq;

	if (n > 0 && !flood.v6) {
		p += (packet[0] & 15) * 4;
		n -= (packet[0] & 15) * 4;
	}
	if (n < 64 || p[0] != (flood.v6 ? 129 : 0) || memcmp(p + 4, &flood.id, 2))
		return;
	memcpy(&seq, p + 6, 2);
	seq = ntohs(seq);
	if (!(flood.waiting[seq / 8] & 1 << seq % 8))
		return;
	flood.waiting[seq / 8] &= ~(1 << seq % 8);
	if (flood.received++ && now - flood.last_answer > flood.gap_us)
		flood.gap_us = now - flood.last_answer;
	flood.last_answer = now;
}

static void wait_until(long long until)
{
	struct pollfd pfd = { .fd = flood.fd, .events = POLLIN };

	for (;;) {
		long long left = until - now_us();
		struct timespec ts;

		if (left < 0)
			left = 0;
		ts.tv_sec = left / 1000000;
		ts.tv_nsec = left % 1000000 * 1000;
		if (ppoll(&pfd, 1, &ts, NULL) <= 0)
			return;
		receive_one();
	}
}

/* Until one answer is there, losses are those of a cold start. */
static bool warm_up(void)
{
	long long deadline = now_ms() + FIRST_MS;

	while (!flood.received && now_ms() < deadline) {
		send_one();
		wait_until(now_us() + 20000);
	}
	if (!flood.received)
		return false;
	flood.sent = 0;
	flood.received = 0;
	memset(flood.waiting, 0, sizeof(flood.waiting));
	flood.id ^= 0xffff;
	return true;
}

int main(int argc, char **argv)
{
	unsigned int interval = 2000, seconds = 120;
	const char *pidfile = NULL, *out = NULL;
	long long next, end, last;
	struct addr addr;
	int option, size = 4 << 20;
	FILE *f;

	while ((option = getopt(argc, argv, "p:o:i:t:")) != -1) {
		if (option == 'p')
			pidfile = optarg;
		else if (option == 'o')
			out = optarg;
		else if (option == 'i')
			interval = need_number(optarg);
		else if (option == 't')
			seconds = need_number(optarg);
		else
			return EXIT_USAGE;
	}
	if (argc - optind != 2 || !pidfile || !out)
		die("usage: flood -p PIDFILE -o FILE [-i US] [-t SECONDS] NETNS ADDRESS");
	addr = need_addr(argv[optind + 1]);
	flood.v6 = addr.family == AF_INET6;
	flood.to_len = to_sockaddr(&addr, 0, &flood.to);
	flood.id = getpid();
	enter_netns(argv[optind]);
	flood.fd = socket(addr.family, SOCK_RAW | SOCK_CLOEXEC,
			  flood.v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP);
	if (flood.fd < 0)
		die("icmp socket");
	setsockopt(flood.fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	f = fopen(out, "w");
	if (!f)
		die("%s", out);

	daemon_start(pidfile);
	signal(SIGTERM, on_term);
	if (!warm_up()) {
		fprintf(stderr, "flood: no answer from %s\n", argv[optind + 1]);
		return 1;
	}
	daemon_ready();

	end = now_ms() + seconds * 1000LL;
	for (next = now_us(); !stop && now_ms() < end; next += interval) {
		if (next < now_us() - interval)
			next = now_us();
		send_one();
		wait_until(next + interval);
	}
	for (last = now_ms() + LAST_MS;
	     flood.received < flood.sent && now_ms() < last;)
		wait_until(now_us() + 10000);
	fprintf(f, "sent=%u received=%u lost=%u gap_ms=%lld\n", flood.sent,
		flood.received, flood.sent - flood.received,
		flood.gap_us / 1000);
	fclose(f);
	unlink(pidfile);
	return 0;
}
