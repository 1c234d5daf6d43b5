// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The network config of a cluster that has its leases in Kubernetes: a file,
 * mounted from a ConfigMap. It is changed by replacing a link beside it, so its
 * directory is watched, and it is looked at from time to time as well.
 *
 * What could be read last stands until something else can.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../text.h"
#include "kube.h"

#define CONFIG_FILE	"/etc/kube-flannel/net-conf.json"
#define LOOK_MS		10000
#define SETTLE_MS	100	/* the replacement takes several steps */

static void complain(struct kube *k, const char *why)
{
	char whole[JSON_WHY], quoted[JSON_WHY];

	snprintf(whole, sizeof(whole), "%.150s: %.80s", k->config.path, why);
	kube_failing(k, KUBE_FILE, text_quote(quoted, sizeof(quoted), whole,
					      strlen(whole)));
}

static void on_timer(uv_timer_t *timer)
{
	struct kube *k = timer->data;
	struct kube_config *c = &k->config;
	size_t len;
	char *text;

	text = text_read(c->path, REGISTRY_VALUE_MAX, &len);
	if (!text) {
		complain(k, errno == EFBIG ? "too long" : strerror(errno));
		return;
	}
	kube_failing(k, KUBE_FILE, "");
	if (c->text && c->len == len && !memcmp(c->text, text, len)) {
		free(text);
		return;
	}
	free(c->text);
	c->text = text;
	c->len = len;
	kube_changed(k);
}

static void on_event(uv_fs_event_t *event, const char *name, int events,
		     int status)
{
	struct kube *k = event->data;

	(void)name;
	(void)events;
	(void)status;
	/* A directory that is never quiet must not put it off for ever. */
	if (uv_timer_get_due_in(&k->config.timer) > SETTLE_MS)
		uv_timer_start(&k->config.timer, on_timer, SETTLE_MS, LOOK_MS);
}

/* Without the watch it is looked at all the same. */
static void watch(struct kube *k)
{
	struct kube_config *c = &k->config;
	const char *slash = strrchr(c->path, '/');
	char *dir;

	if (!slash)
		dir = strdup(".");
	else
		dir = strndup(c->path, slash == c->path ? 1 :
				       (size_t)(slash - c->path));
	if (dir && !uv_fs_event_init(k->loop, &c->event)) {
		c->event.data = k;
		c->watched = true;
		k->handles++;
		uv_fs_event_start(&c->event, on_event, dir, 0);
	}
	free(dir);
}

/**
 * kube_config_open - Begin to watch the network config
 * @k: The registry.
 * @path: Its file, NULL: where flannel has it.
 *
 * Return: 0, or -1 without memory.
 */
int kube_config_open(struct kube *k, const char *path)
{
	struct kube_config *c = &k->config;

	c->path = strdup(path ? path : CONFIG_FILE);
	if (!c->path || kube_timer_new(k, &c->timer))
		return -1;
	watch(k);
	uv_timer_start(&c->timer, on_timer, 0, LOOK_MS);
	return 0;
}

/**
 * kube_config_close - End watching it
 * @k: The registry.
 */
void kube_config_close(struct kube *k)
{
	if (k->config.watched)
		uv_close((uv_handle_t *)&k->config.event, kube_handle_closed);
	k->config.watched = false;
	free(k->config.path);
	free(k->config.text);
	k->config.path = NULL;
	k->config.text = NULL;
}
