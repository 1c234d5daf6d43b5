/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef FLANCTL_AGENT_NOTIFY_H
#define FLANCTL_AGENT_NOTIFY_H

#include <uv.h>

struct notify;

struct notify *notify_new(uv_loop_t *loop);
void notify_ready(struct notify *n);
void notify_status(struct notify *n, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void notify_stopping(struct notify *n);
void notify_free(struct notify *n);

#endif /* FLANCTL_AGENT_NOTIFY_H */
