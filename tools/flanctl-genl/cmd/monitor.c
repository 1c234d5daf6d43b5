// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * flanctl-genl monitor: what happens, one line an event, as it happens.
 */
#include <stdio.h>
#include <sys/time.h>
#include <time.h>

#include "cmd.h"

static void begin(struct context *c, const char *event)
{
	char text[40], full[48];
	struct timeval now;
	struct tm tm;

	print_object(&c->out, NULL);
	if (c->timestamp) {
		gettimeofday(&now, NULL);
		localtime_r(&now.tv_sec, &tm);
		strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
		snprintf(full, sizeof(full), "%s.%06ld", text,
			 (long)now.tv_usec);
		print_value(&c->out, "timestamp", full);
	}
	print_value(&c->out, "event", event);
}

static int end(struct context *c)
{
	print_object_end(&c->out);
	return print_finish(&c->out) ? 1 : 0;
}

static int on_subnets(void *arg, const struct subnet_list *list, bool gone)
{
	struct context *c = arg;
	size_t i;

	for (i = 0; i < list->n; i++) {
		begin(c, gone ? "subnet-del" : "subnet-new");
		subnet_print(&c->out, &list->v[i],
			     device_name(&c->out, list->v[i].ifindex),
			     c->details);
		print_object_end(&c->out);
	}
	return print_finish(&c->out) ? 1 : 0;
}

static int on_miss(void *arg, uint32_t ifindex, const struct addr *addr)
{
	struct context *c = arg;

	begin(c, "miss");
	print_addr(&c->out, "address", addr);
	print_dev(&c->out, "dev", device_name(&c->out, ifindex));
	return end(c);
}

static int on_link(void *arg, const struct link *l, bool gone)
{
	struct context *c = arg;

	begin(c, gone ? "link-del" : "link-new");
	link_print(&c->out, l, c->brief);
	return end(c);
}

static int on_overrun(void *arg)
{
	struct context *c = arg;

	begin(c, "overrun");
	print_note(&c->out, "lost messages, the table may have changed: dump again");
	return end(c);
}

static const struct monitor_ops ops = {
	.subnets = on_subnets,
	.miss = on_miss,
	.link = on_link,
	.overrun = on_overrun,
};

static int parse_group(struct args *a, unsigned int *groups)
{
	if (args_accept(a, "subnet"))
		*groups |= MONITOR_SUBNET;
	else if (args_accept(a, "link"))
		*groups |= MONITOR_LINK;
	else if (args_accept(a, "miss"))
		*groups |= MONITOR_MISS;
	else
		return args_unknown(a);
	return 0;
}

static int monitor(struct context *c, struct args *a)
{
	unsigned int groups = 0;
	struct netlink *before = c->nl;
	int err;

	while (args_peek(a))
		if (parse_group(a, &groups))
			return EXIT_WRONG;
	if (!groups)
		groups = MONITOR_SUBNET | MONITOR_LINK | MONITOR_MISS;
	c->nl = netlink_new();
	if (!c->nl) {
		c->nl = before;
		return fail(EXIT_REFUSED, "out of memory");
	}
	c->out.lines = true;
	c->out.oneline = true;
	c->out.pretty = false;
	err = monitor_run(c->nl, groups, &ops, c);
	if (err > 0)
		err = fail(EXIT_REFUSED, "cannot write the output");
	else
		err = fail(EXIT_REFUSED, "monitor: %s", netlink_why(c->nl));
	netlink_free(c->nl);
	c->nl = before;
	return err;
}

const struct object monitor_object = {
	.name = "monitor",
	.run = monitor,
	.usage = "flanctl-genl monitor [subnet|link|miss]...\n",
};
