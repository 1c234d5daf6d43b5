/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef FLANCTL_AGENT_AGENT_H
#define FLANCTL_AGENT_AGENT_H

/*
 * The agent's state. It is level-triggered: whatever happens, the same step is
 * taken, from the registry as it is and the kernel as it is to what should be.
 */
#include <uv.h>

#include "../registry/backend.h"
#include "../registry/plan.h"
#include "../registry/target.h"
#include "device.h"
#include "iface.h"
#include "options.h"
#include "own.h"

#define AGENT_OWNER	"agent"
#define AGENT_WHY	(IFACE_WHY + 64)

struct service;

/**
 * enum claim - How far we are with this node's lease.
 * @CLAIM_NONE: There is none.
 * @CLAIM_ASKED: The registry has been asked for it.
 * @CLAIM_HELD: It is ours.
 * @CLAIM_LOST: It was, and somebody else has it now.
 */
enum claim {
	CLAIM_NONE,
	CLAIM_ASKED,
	CLAIM_HELD,
	CLAIM_LOST,
};

/**
 * struct figures - What the agent has done so far.
 * @steps: Steps taken.
 * @errors: Steps that failed.
 * @added: Entries added to the table.
 * @changed: Entries changed.
 * @removed: Entries removed.
 * @refused: Leases, or halves of one, that are refused now, and what the kernel
 *	refuses of the others.
 * @peers: Entries of peers in the table now.
 * @held_back: Entries that would be removed, were it not so many.
 * @registry_errors: How often the registry could not be read.
 * @registry_told: When it told something last, uv_now().
 * @step_seconds: How long the last step took.
 */
struct figures {
	uint64_t steps;
	uint64_t errors;
	uint64_t added;
	uint64_t changed;
	uint64_t removed;
	uint64_t refused;
	uint64_t peers;
	uint64_t held_back;
	uint64_t registry_errors;
	uint64_t registry_told;
	double step_seconds;
};

/**
 * struct log - Lines that were said in the last step, so as to say no line
 * again and again.
 * @v: The lines.
 * @n: How many.
 * @room: For how many there is memory.
 */
struct log {
	char **v;
	size_t n;
	size_t room;
};

/**
 * struct agent - An agent.
 * @o: Its flags.
 * @loop: Where it runs.
 * @nl: The kernel.
 * @registry: The registry.
 * @data: What it told last, NULL: nothing yet.
 * @config: The network config that is in use, once @backend is set.
 * @config_text: It as text.
 * @config_seen: The one in the registry as text, NULL: it is the one in use.
 * @config_why: Why it is not.
 * @backend: The backend.
 * @iface: The interface to the underlay, once it has an index.
 * @look_again: The interface has to be chosen again.
 * @claim: How far we are with our lease.
 * @claim_why: Why the registry does not take it; empty: it has not refused.
 * @key: Its key.
 * @create: It is asked for as one that is not there yet.
 * @own: The subnets in it.
 * @value: Its value, as it was claimed last.
 * @previous: The subnets that this node has had, or has chosen: those of
 *	subnet.env at first.
 * @device: The device that we want.
 * @link: The device that there is, once it has an index.
 * @paths_said: Which routes were said to lead there, by family; ROUTES_AUTO:
 *	nothing was.
 * @started: All was as it should be, once.
 * @ready: All is as it should be.
 * @allow_deletion: The user wants held back deletions to be made.
 * @hold_since: uv_now() when deletions were first held back, 0: none are.
 * @why: What is wrong now; empty: nothing.
 * @said: What was said to be refused.
 * @service: What is done for the rest of the node.
 * @figures: What has been done.
 */
struct agent {
	struct agent_options o;
	uv_loop_t *loop;
	struct netlink *nl;
	struct registry *registry;
	const struct registry_data *data;
	struct net_config config;
	char *config_text;
	char *config_seen;
	char config_why[AGENT_WHY];
	const struct backend *backend;
	struct iface_choice iface;
	bool look_again;
	enum claim claim;
	char claim_why[JSON_WHY];
	char key[OWN_KEY];
	bool create;
	struct lease_key own;
	char *value;
	struct prefix previous[2];
	struct device_wish device;
	struct link link;
	enum agent_routes paths_said[2];
	bool started;
	bool ready;
	bool allow_deletion;
	uint64_t hold_since;
	char why[AGENT_WHY];
	struct log said;
	struct figures figures;
	struct service *service;
};

/**
 * enum step - How a step ended.
 * @STEP_DONE: All is as it should be.
 * @STEP_WAIT: Something has to happen first.
 * @STEP_FAILED: It did not work, and is tried again.
 * @STEP_UNABLE: Likewise, and as long as it is so, this node's pods have no
 *	network.
 * @STEP_FATAL: It will never work.
 */
enum step {
	STEP_DONE,
	STEP_WAIT,
	STEP_FAILED,
	STEP_UNABLE,
	STEP_FATAL,
};

enum step agent_stop(struct agent *a, enum step how, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

enum step agent_config(struct agent *a);
enum step agent_interface(struct agent *a);
enum step agent_lease(struct agent *a);
void agent_claimed(struct agent *a, enum registry_claimed how,
		   const char *why);
enum step agent_converge(struct agent *a);
int agent_cleanup(struct agent *a);

void log_line(struct log *before, struct log *now, const char *line);
void log_end(struct log *log, struct log *now);

#endif /* FLANCTL_AGENT_AGENT_H */
