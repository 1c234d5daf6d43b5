// SPDX-License-Identifier: GPL-2.0
/* What systemd hears, over a socket of ours. */
#include <stddef.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "agent/notify.h"
#include "tap.h"

static char heard[512];

static int listen_at(const char *name)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	socklen_t len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
				    strlen(name) + (*name == '/'));

	memcpy(to.sun_path, name, strlen(name));
	if (*name == '@')
		to.sun_path[0] = '\0';
	if (bind(fd, (struct sockaddr *)&to, len))
		perror("bind");
	return fd;
}

static const char *hear(int fd)
{
	ssize_t n = recv(fd, heard, sizeof(heard) - 1, 0);

	heard[n > 0 ? n : 0] = '\0';
	return heard;
}

static void hear_all(int fd)
{
	while (*hear(fd))
		;
}

static void test_messages(uv_loop_t *loop, int fd)
{
	struct notify *n = notify_new(loop);

	ok(!getenv("NOTIFY_SOCKET"), "programs that we start do not see it");
	notify_ready(n);
	is(hear(fd), "READY=1", "ready");
	notify_status(n, "%d peers\nREADY=0", 3);
	is(hear(fd), "STATUS=3 peers\\x0aREADY=0", "a status is one line");
	notify_status(n, "%d peers\nREADY=0", 3);
	is(hear(fd), "", "the same again is not told");
	notify_stopping(n);
	is(hear(fd), "STOPPING=1", "stopping");
	notify_free(n);
	uv_run(loop, UV_RUN_DEFAULT);
	is(hear(fd), "", "no watchdog was asked for");
}

static void stop(uv_timer_t *t)
{
	uv_close((uv_handle_t *)t, NULL);
}

/* How often within a third of a second: in the first one that has @wanted. */
static unsigned int fed(uv_loop_t *loop, int fd, const char *name,
			const char *pid, unsigned int wanted)
{
	unsigned int times, rounds = 0;
	struct notify *n;
	uv_timer_t t;

	setenv("NOTIFY_SOCKET", name, 1);
	setenv("WATCHDOG_USEC", "100000", 1);
	setenv("WATCHDOG_PID", pid, 1);
	n = notify_new(loop);
	do {
		times = 0;
		uv_timer_init(loop, &t);
		uv_timer_start(&t, stop, 330, 0);
		uv_run(loop, UV_RUN_DEFAULT);
		while (!strcmp(hear(fd), "WATCHDOG=1"))
			times++;
	} while (times < wanted && ++rounds < 100);
	notify_free(n);
	uv_run(loop, UV_RUN_DEFAULT);
	return times;
}

int main(void)
{
	char path[] = "/tmp/notify-XXXXXX/socket", abstract[64], pid[16];
	struct notify *n;
	unsigned int times;
	uv_loop_t loop;
	int fd;

	uv_loop_init(&loop);
	path[strlen(path) - 7] = '\0';
	if (!mkdtemp(path))
		return 1;
	path[strlen(path)] = '/';
	fd = listen_at(path);
	setenv("NOTIFY_SOCKET", path, 1);
	test_messages(&loop, fd);

	snprintf(pid, sizeof(pid), "%d", getpid());
	times = fed(&loop, fd, path, pid, 4);
	ok(times >= 4 && times <= 8, "the watchdog is fed: %u times", times);
	ok(!fed(&loop, fd, path, "1", 0), "but not that of another process");
	close(fd);

	snprintf(abstract, sizeof(abstract), "@notify-%d", getpid());
	fd = listen_at(abstract);
	setenv("NOTIFY_SOCKET", abstract, 1);
	n = notify_new(&loop);
	notify_ready(n);
	is(hear(fd), "READY=1", "a socket in the abstract namespace");
	hear_all(fd);
	close(fd);
	notify_ready(n);
	ok(true, "nobody listens any more, and nothing happens");
	notify_free(n);

	setenv("NOTIFY_SOCKET", "relative", 1);
	n = notify_new(&loop);
	notify_ready(n);
	ok(true, "no path: nobody is told");
	notify_free(n);
	uv_run(&loop, UV_RUN_DEFAULT);
	ok(!uv_loop_close(&loop), "nothing is left in the loop");
	unlink(path);
	path[strlen(path) - 7] = '\0';
	rmdir(path);
	return done_testing();
}
