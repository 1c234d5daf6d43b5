/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef FLANCTL_AGENT_SERVICE_H
#define FLANCTL_AGENT_SERVICE_H

#include "agent.h"
#include "health.h"
#include "masquerade.h"
#include "notify.h"

/**
 * struct service - What an agent does for, and tells, the rest of the node.
 * @agent: The agent.
 * @masquerade: Packet filter rules.
 * @rules: How far they are.
 * @health: HTTP, NULL: it is not wanted.
 * @notify: systemd.
 * @changed: Is told that @rules have changed.
 * @priv: For @changed.
 * @bridge_said: It was looked whether packets of bridges are filtered.
 * @drop: What /metrics tells about drops.
 * @why: Why the rules are not there.
 */
struct service {
	struct agent *agent;
	struct masquerade *masquerade;
	enum masquerade_state rules;
	struct health *health;
	struct notify *notify;
	void (*changed)(void *priv);
	void *priv;
	bool bridge_said;
	struct health_drop drop[DROP_REASONS];
	char why[MASQUERADE_WHY];
};

int service_open(struct service *s, struct agent *a,
		 void (*changed)(void *priv), void *priv);
void service_close(struct service *s);
int service_vteps(struct service *s, const struct subnet_list *peers);
void service_instance(const struct agent_options *o, char *instance);
enum step service_rules(struct service *s);
void service_ready(struct service *s);
void service_not_ready(struct service *s);

#endif /* FLANCTL_AGENT_SERVICE_H */
