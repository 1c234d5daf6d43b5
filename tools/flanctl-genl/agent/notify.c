// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * What systemd is told: sd_notify()'s protocol, one datagram a message. Without
 * NOTIFY_SOCKET nobody is told anything. The watchdog is fed from the loop, so
 * a loop that hangs is noticed.
 */
#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "notify.h"
#include "../text.h"

#define STATUS_MAX	256

/**
 * struct notify - Whom we tell.
 * @timer: Feeds the watchdog.
 * @fd: The socket, -1: nobody is told.
 * @to: Its other end.
 * @len: Length of @to.
 * @status: What was told last.
 */
struct notify {
	uv_timer_t timer;
	int fd;
	struct sockaddr_un to;
	socklen_t len;
	char status[STATUS_MAX];
};

/* Lost is lost: the next message is soon enough, and we do not wait. */
static void tell(struct notify *n, const char *text)
{
	if (n->fd >= 0)
		(void)sendto(n->fd, text, strlen(text),
			     MSG_DONTWAIT | MSG_NOSIGNAL,
			     (struct sockaddr *)&n->to, n->len);
}

/* A path, or with '@' a name in the abstract namespace. */
static void find_socket(struct notify *n, const char *name)
{
	size_t len = strlen(name);

	if ((*name != '/' && *name != '@') || len < 2 ||
	    len >= sizeof(n->to.sun_path))
		return;
	n->to.sun_family = AF_UNIX;
	memcpy(n->to.sun_path, name, len);
	if (*name == '@')
		n->to.sun_path[0] = '\0';
	n->len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len +
			     (*name == '/'));
	n->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
}

static void on_timer(uv_timer_t *t)
{
	tell(t->data, "WATCHDOG=1");
}

/* Half of the time after which systemd takes us for dead. */
static void start_watchdog(struct notify *n, const char *usec, const char *pid)
{
	uint64_t interval, who;

	if (!usec || !text_decimal(usec, strlen(usec), INT64_MAX, &interval))
		return;
	if (pid && (!text_decimal(pid, strlen(pid), INT32_MAX, &who) ||
		    who != (uint64_t)getpid()))
		return;
	interval /= 2000;
	uv_timer_start(&n->timer, on_timer, 0, interval ? interval : 1);
	uv_unref((uv_handle_t *)&n->timer);
}

/**
 * notify_new - Find out whom to tell
 * @loop: The loop.
 *
 * What the environment says about it is removed there: it is not for programs
 * that we start.
 *
 * Return: Whom to tell, perhaps nobody; NULL without memory.
 */
struct notify *notify_new(uv_loop_t *loop)
{
	const char *name = getenv("NOTIFY_SOCKET");
	struct notify *n = calloc(1, sizeof(*n));

	if (!n)
		return NULL;
	n->fd = -1;
	uv_timer_init(loop, &n->timer);
	n->timer.data = n;
	if (name)
		find_socket(n, name);
	if (n->fd >= 0)
		start_watchdog(n, getenv("WATCHDOG_USEC"),
			       getenv("WATCHDOG_PID"));
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
	return n;
}

/**
 * notify_ready - We are ready, for the first time or after a reload
 * @n: Whom to tell.
 */
void notify_ready(struct notify *n)
{
	tell(n, "READY=1");
}

/**
 * notify_status - One line for "systemctl status"
 * @n: Whom to tell; the same again is not told.
 * @format: printf format of the line.
 */
void notify_status(struct notify *n, const char *format, ...)
{
	char line[STATUS_MAX], quoted[STATUS_MAX], text[STATUS_MAX + 16];
	va_list ap;

	va_start(ap, format);
	vsnprintf(line, sizeof(line), format, ap);
	va_end(ap);
	text_quote(quoted, sizeof(quoted), line, strlen(line));
	if (!strcmp(quoted, n->status))
		return;
	snprintf(n->status, sizeof(n->status), "%s", quoted);
	snprintf(text, sizeof(text), "STATUS=%s", quoted);
	tell(n, text);
}

/**
 * notify_stopping - We are about to end
 * @n: Whom to tell.
 */
void notify_stopping(struct notify *n)
{
	tell(n, "STOPPING=1");
}

static void on_closed(uv_handle_t *h)
{
	free(h->data);
}

/**
 * notify_free - Tell nobody any more
 * @n: Whom we told, or NULL. The loop has to run on until it is closed.
 */
void notify_free(struct notify *n)
{
	if (!n)
		return;
	if (n->fd >= 0)
		close(n->fd);
	n->fd = -1;
	uv_close((uv_handle_t *)&n->timer, on_closed);
}
