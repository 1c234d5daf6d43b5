// SPDX-License-Identifier: GPL-2.0
/*
 * flow: verified traffic between two network namespaces, in one process.
 *
 *   flow talk CLIENT SERVER ADDRESS [BYTES]   ICMP, UDP and TCP, both ways
 *   flow icmp|udp|tcp|udpgso CLIENT SERVER ADDRESS [BYTES]
 *
 * Every byte is compared with what was sent. Options: -q with no output but
 * failures, -w MS how long an answer may take (20000), -l BYTES the largest UDP
 * datagram (4000), -b ADDRESS the client's own, -p PORT the one it sends to if
 * that is not the server's. Exit code 1: the flow failed, stderr says where.
 */

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common.h"

#define PORT		5201
#define GSO_SEGMENT	1300
#define GSO_SEGMENTS	10

static unsigned int wait_ms = 20000;
static unsigned int largest_udp = 4000;
static bool quiet;

struct route {
	const char *client, *server;
	struct addr addr, from;
	uint16_t port;
};

static int fail(const char *what)
{
	fprintf(stderr, "flow: %s%s%s\n", what, errno ? ": " : "",
		errno ? strerror(errno) : "");
	return 1;
}

/* Byte number OFFSET of stream SEED. */
static unsigned char pattern(uint32_t seed, uint32_t offset)
{
	uint32_t x = offset * 2654435761u + seed * 40503u;

	return x ^ x >> 13 ^ x >> 23;
}

static void fill(unsigned char *out, size_t len, uint32_t seed, uint32_t offset)
{
	size_t i;

	for (i = 0; i < len; i++)
		out[i] = pattern(seed, offset + i);
}

static bool same(const unsigned char *in, size_t len, uint32_t seed,
		 uint32_t offset)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (in[i] != pattern(seed, offset + i))
			return false;
	return true;
}

static void set_timeout(int fd)
{
	struct timeval tv = { wait_ms / 1000, wait_ms % 1000 * 1000 };

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
}

static int open_socket(int family, int type, bool server)
{
	struct addr any = { .family = family };
	struct sockaddr_storage sa;
	int fd, one = 1;

	fd = socket(family, type | SOCK_CLOEXEC, 0);
	if (fd < 0)
		die("socket");
	set_timeout(fd);
	if (!server)
		return fd;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (void *)&sa, to_sockaddr(&any, PORT, &sa)))
		die("bind");
	if (type == SOCK_STREAM && listen(fd, 1))
		die("listen");
	return fd;
}

static void bind_client(const struct route *route, int fd)
{
	struct sockaddr_storage sa;

	if (route->from.family &&
	    bind(fd, (void *)&sa, to_sockaddr(&route->from, 0, &sa)))
		die("bind");
}

static int connect_to(const struct route *route, int type)
{
	struct sockaddr_storage sa;
	socklen_t len = to_sockaddr(&route->addr, route->port, &sa);
	int fd;

	enter_netns(route->client);
	fd = open_socket(route->addr.family, type, false);
	bind_client(route, fd);
	errno = 0;
	if (connect(fd, (void *)&sa, len)) {
		fail("connect");
		exit(1);
	}
	return fd;
}

static int send_stream(int fd, uint32_t seed, size_t bytes)
{
	unsigned char buffer[65536];
	size_t done = 0;

	while (done < bytes) {
		size_t len = bytes - done;
		ssize_t n;

		if (len > sizeof(buffer))
			len = sizeof(buffer);
		fill(buffer, len, seed, done);
		n = send(fd, buffer, len, MSG_NOSIGNAL);
		if (n <= 0)
			return fail("tcp: sending stopped");
		done += n;
	}
	return 0;
}

static int receive_stream(int fd, uint32_t seed, size_t bytes)
{
	unsigned char buffer[65536];
	size_t done = 0;

	while (done < bytes) {
		ssize_t n = recv(fd, buffer, sizeof(buffer), 0);

		if (n <= 0)
			return fail("tcp: receiving stopped");
		if (!same(buffer, n, seed, done)) {
			errno = 0;
			return fail("tcp: the bytes are not those sent");
		}
		done += n;
	}
	return 0;
}

static int serve_tcp(int fd, size_t bytes)
{
	int peer = accept4(fd, NULL, NULL, SOCK_CLOEXEC);

	if (peer < 0)
		return fail("tcp: nobody connected");
	set_timeout(peer);
	if (receive_stream(peer, 1, bytes) || send_stream(peer, 2, bytes))
		return 1;
	/* Nothing is lost by closing early: the client closes first. */
	return recv(peer, &fd, 1, 0) ? fail("tcp: no end of the stream") : 0;
}

static int client_tcp(const struct route *route, size_t bytes)
{
	long long start = now_us();
	int fd = connect_to(route, SOCK_STREAM);

	errno = 0;
	if (send_stream(fd, 1, bytes) || receive_stream(fd, 2, bytes))
		return 1;
	close(fd);
	if (!quiet)
		printf("tcp bytes=%zu us=%lld\n", 2 * bytes, now_us() - start);
	return 0;
}

/* The server sends back what it gets until it is killed. */
static int serve_udp(int fd)
{
	static unsigned char buffer[65536];
	struct sockaddr_storage from;

	for (;;) {
		socklen_t len = sizeof(from);
		ssize_t n = recvfrom(fd, buffer, sizeof(buffer), 0,
				     (void *)&from, &len);

		if (n >= 0)
			sendto(fd, buffer, n, 0, (void *)&from, len);
		else if (errno != EAGAIN && errno != EINTR)
			return fail("udp: server");
	}
}

/*
 * One datagram there and back. What is over 1300 bytes, or is refused as too
 * long, may be lost until the path MTU is known at both ends, so it is sent
 * again; nothing else is.
 */
static int echo(int fd, size_t size, uint32_t seed)
{
	static unsigned char buffer[65536];
	static bool repeated;
	long long end = now_ms() + wait_ms;
	bool again = size > 1300;

	do {
		struct pollfd pfd = { .fd = fd, .events = POLLIN };
		ssize_t n;

		fill(buffer, size, seed, 0);
		errno = 0;
		if (send(fd, buffer, size, 0) < 0 && errno != EMSGSIZE)
			return fail("udp: send");
		again |= errno == EMSGSIZE;
		if (poll(&pfd, 1, again ? 500 : (int)wait_ms) <= 0) {
			repeated = again;
			continue;
		}
		memset(buffer, 0, size);
		errno = 0;
		n = recv(fd, buffer, sizeof(buffer), 0);
		again |= errno == EMSGSIZE;
		if (n < 0 && errno == EMSGSIZE)
			continue;
		if (n < 0)
			return fail("udp: receive");
		errno = 0;
		/* One more answer to what was sent twice. */
		if (repeated && n != (ssize_t)size) {
			again = true;
			continue;
		}
		if (n != (ssize_t)size || !same(buffer, n, seed, 0))
			return fail("udp: the answer is not what was sent");
		return 0;
	} while (again && now_ms() < end);
	return fail("udp: no answer");
}

static int client_udp(const struct route *route, size_t ignored)
{
	const unsigned int sizes[] = { 1, 99, 1000, 1300, largest_udp };
	int fd = connect_to(route, SOCK_DGRAM);
	size_t i;

	(void)ignored;
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		if (echo(fd, sizes[i], i))
			return 1;
	if (!quiet)
		printf("udp datagrams=%zu\n", i);
	return 0;
}

/* One super-packet out; its segments come back one by one. */
static int client_udpgso(const struct route *route, size_t ignored)
{
	static unsigned char buffer[GSO_SEGMENT * GSO_SEGMENTS];
	int fd = connect_to(route, SOCK_DGRAM);
	int segment = GSO_SEGMENT;
	unsigned int i;

	(void)ignored;
	if (setsockopt(fd, IPPROTO_UDP, UDP_SEGMENT, &segment, sizeof(segment)))
		return fail("udpgso: UDP_SEGMENT");
	fill(buffer, sizeof(buffer), 3, 0);
	errno = 0;
	if (send(fd, buffer, sizeof(buffer), 0) != sizeof(buffer))
		return fail("udpgso: send");
	for (i = 0; i < GSO_SEGMENTS; i++) {
		ssize_t n = recv(fd, buffer, sizeof(buffer), 0);

		if (n < 0)
			return fail("udpgso: no answer");
		errno = 0;
		if (n != GSO_SEGMENT || !same(buffer, n, 3, i * GSO_SEGMENT))
			return fail("udpgso: a segment is not what was sent");
	}
	if (!quiet)
		printf("udpgso segments=%u\n", i);
	return 0;
}

static int client_icmp(const struct route *route)
{
	bool v6 = route->addr.family == AF_INET6;
	int fd, type = v6 ? 128 : 8, reply = v6 ? 129 : 0;
	int room = 4 << 20;
	unsigned char request[1200], answer[2048];
	struct sockaddr_storage sa;
	socklen_t len = to_sockaddr(&route->addr, 0, &sa);
	uint16_t id = getpid();
	uint16_t sum;
	int seq;

	enter_netns(route->client);
	fd = socket(route->addr.family, SOCK_RAW | SOCK_CLOEXEC,
		    v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP);
	if (fd < 0)
		die("icmp socket");
	/* It hears the replies to a flood as well. */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)))
		die("SO_RCVBUFFORCE");
	bind_client(route, fd);
	for (seq = 0; seq < 3; seq++) {
		size_t size = seq == 1 ? sizeof(request) : 64;
		long long deadline = now_ms() + wait_ms;

		fill(request, size, seq, 0);
		memset(request, 0, 8);
		request[0] = type;
		memcpy(request + 4, &id, 2);
		request[7] = seq;
		if (!v6) {
			sum = htons(csum_fold(csum_add(0, request, size)));
			memcpy(request + 2, &sum, 2);
		}
		errno = 0;
		if (sendto(fd, request, size, 0, (void *)&sa, len) < 0)
			return fail("icmp: send");
		for (;;) {
			struct pollfd pfd = { .fd = fd, .events = POLLIN };
			int left = deadline - now_ms();
			unsigned char *p = answer;
			ssize_t n;

			errno = 0;
			if (left <= 0 || poll(&pfd, 1, left) <= 0)
				return fail("icmp: no answer");
			n = recv(fd, answer, sizeof(answer), 0);
			if (!v6) {
				n -= (answer[0] & 15) * 4;
				p += (answer[0] & 15) * 4;
			}
			if (n < 8 || p[0] != reply || memcmp(p + 4, &id, 2) ||
			    p[7] != seq)
				continue;
			if (n != (ssize_t)size || !same(p + 8, n - 8, seq, 8))
				return fail("icmp: not what was sent");
			break;
		}
	}
	if (!quiet)
		printf("icmp answers=%d\n", seq);
	return 0;
}

/* Run CLIENT against a server of our own in the other namespace. */
static int with_server(const struct route *route, int type, size_t bytes,
		       int (*client)(const struct route *, size_t))
{
	int fds[2], status, rc;
	pid_t server, pid;
	char byte;

	if (pipe(fds))
		die("pipe");
	fflush(stdout);
	server = fork();
	if (server < 0)
		die("fork");
	if (!server) {
		int fd;

		enter_netns(route->server);
		fd = open_socket(route->addr.family, type, true);
		if (write(fds[1], "", 1) != 1)
			die("pipe");
		errno = 0;
		_exit(type == SOCK_STREAM ? serve_tcp(fd, bytes) :
					    serve_udp(fd));
	}
	close(fds[1]);
	if (read(fds[0], &byte, 1) != 1)
		die("no server");
	close(fds[0]);

	pid = fork();
	if (!pid) {
		rc = client(route, bytes);
		fflush(stdout);
		_exit(rc);
	}
	waitpid(pid, &status, 0);
	rc = WIFEXITED(status) ? WEXITSTATUS(status) : 1;
	if (rc || type != SOCK_STREAM)
		kill(server, SIGKILL);
	waitpid(server, &status, 0);
	if (!rc && type == SOCK_STREAM)
		rc = WIFEXITED(status) ? WEXITSTATUS(status) : 1;
	return rc;
}

static int talk(const struct route *route, size_t bytes)
{
	return with_server(route, SOCK_DGRAM, 0, client_udp) ||
	       with_server(route, SOCK_STREAM, bytes, client_tcp) ||
	       client_icmp(route);
}

int main(int argc, char **argv)
{
	struct route route = { .port = PORT };
	size_t bytes = 100000;
	int option;

	while ((option = getopt(argc, argv, "qw:l:b:p:")) != -1) {
		if (option == 'q')
			quiet = true;
		else if (option == 'w')
			wait_ms = need_number(optarg);
		else if (option == 'l')
			largest_udp = need_number(optarg);
		else if (option == 'b')
			route.from = need_addr(optarg);
		else if (option == 'p')
			route.port = need_number(optarg);
		else
			return EXIT_USAGE;
	}
	argv += optind;
	argc -= optind;
	if (argc < 4 || largest_udp > 65000)
		die("usage: flow [-q] [-w MS] [-l BYTES] [-b ADDRESS] [-p PORT] talk|icmp|udp|tcp|udpgso CLIENT SERVER ADDRESS [BYTES]");
	route.client = argv[1];
	route.server = argv[2];
	route.addr = need_addr(argv[3]);
	if (argc > 4)
		bytes = need_number(argv[4]);

	errno = 0;
	if (!strcmp(argv[0], "talk"))
		return talk(&route, bytes);
	if (!strcmp(argv[0], "icmp"))
		return client_icmp(&route);
	if (!strcmp(argv[0], "udp"))
		return with_server(&route, SOCK_DGRAM, 0, client_udp);
	if (!strcmp(argv[0], "udpgso"))
		return with_server(&route, SOCK_DGRAM, 0, client_udpgso);
	if (!strcmp(argv[0], "tcp"))
		return with_server(&route, SOCK_STREAM, bytes, client_tcp);
	die("no such flow: %s", argv[0]);
}
