/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef FLANCTL_REGISTRY_ETCD_WATCH_H
#define FLANCTL_REGISTRY_ETCD_WATCH_H

#include "etcd_ask.h"
#include "etcd_mirror.h"

/**
 * struct etcd_line - What a line of a watch says.
 * @revision: Of the server.
 * @created: The watch has begun.
 * @result: ETCD_OK, or how the watch has ended.
 * @events: What happened.
 * @last: Revision of the last event, 0: there is none.
 * @why: Why it has ended, or what is wrong with the line.
 */
struct etcd_line {
	uint64_t revision;
	bool created;
	enum etcd_result result;
	struct etcd_events events;
	uint64_t last;
	char why[JSON_WHY];
};

/**
 * struct etcd_watch - A watch of all that a registry holds.
 * @server: How etcd is reached.
 * @http: The stream, NULL: there is none.
 * @created: etcd has said that it has begun.
 * @owner: For @line.
 * @line: Called for each line, which it may take events from; also for the
 *	end, which is not ETCD_OK, and after which nothing is called any more.
 */
struct etcd_watch {
	struct etcd_server *server;
	struct http_call *http;
	bool created;
	void *owner;
	void (*line)(struct etcd_watch *watch, struct etcd_line *line);
};

void etcd_watch_start(struct etcd_watch *watch, uint64_t revision);
void etcd_watch_stop(struct etcd_watch *watch);
void etcd_line_parse(struct etcd_line *line, const char *text, size_t len,
		     const struct etcd_name *name);

#endif /* FLANCTL_REGISTRY_ETCD_WATCH_H */
