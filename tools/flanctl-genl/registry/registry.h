/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef FLANCTL_REGISTRY_H
#define FLANCTL_REGISTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "../addr.h"

/* flannel's values are below 300 bytes; etcd itself allows 1.5 MB. */
#define REGISTRY_VALUE_MAX	(64 * 1024)
#define REGISTRY_ENTRIES_MAX	(1 << 20)
#define REGISTRY_ENDPOINTS_MAX	16
#define REGISTRY_WHY		1024	/* size of a text that says why */

/**
 * struct registry_entry - A lease as the registry holds it, not yet believed.
 * @key: What follows "subnets/"; may hold NULs, one follows it.
 * @key_len: Its length.
 * @value: The value; may hold NULs, one follows it.
 * @value_len: Its length.
 * @created: Grows with the age of the registry: older leases have less.
 * @own: The registry knows that this is the node we run on (Kubernetes).
 */
struct registry_entry {
	char *key;
	size_t key_len;
	char *value;
	size_t value_len;
	uint64_t created;
	bool own;
};

/**
 * struct registry_node - What an administrator said about this node there.
 * @public_ip: Instead of the interface's address, NULL: nothing; by family.
 * @overwrite: Published instead of any other address, likewise.
 */
struct registry_node {
	char *public_ip[2];
	char *overwrite[2];
};

/**
 * struct registry_data - All that a registry holds, at one moment.
 * @config: The network config, NULL: there is none.
 * @config_len: Its length.
 * @v: The leases.
 * @n: How many.
 * @room: For how many there is memory.
 * @revision: Of that moment, as the registry counts; 0: it does not.
 * @endpoint: Addresses of the registry itself.
 * @endpoints: How many.
 * @node: About this node.
 */
struct registry_data {
	char *config;
	size_t config_len;
	struct registry_entry *v;
	size_t n;
	size_t room;
	uint64_t revision;
	struct addr endpoint[REGISTRY_ENDPOINTS_MAX];
	size_t endpoints;
	struct registry_node node;
};

/**
 * struct registry_options - How to get into a registry; NULL: not given.
 * @cafile: PEM file of the authorities that are believed.
 * @certfile: PEM file of our certificate.
 * @keyfile: PEM file of its key.
 * @username: Our name.
 * @password: Its password.
 */
struct registry_options {
	const char *cafile;
	const char *certfile;
	const char *keyfile;
	const char *username;
	const char *password;
};

/**
 * struct registry_setup - Which registry, and who we are there.
 * @name: REGISTRY, as the user wrote it.
 * @options: How to get in.
 * @node_name: Our node, NULL: from the environment (Kubernetes).
 * @is_node: This is a node, and wants a lease: it has to be known which.
 * @annotations: Prefix of annotations (Kubernetes).
 * @config_path: File of the network config (Kubernetes).
 * @api_url: The API server, NULL: from kubeconfig or the pod's (Kubernetes).
 * @renew_margin: So many minutes before its end a lease is renewed (etcd).
 */
struct registry_setup {
	const char *name;
	struct registry_options options;
	const char *node_name;
	bool is_node;
	const char *annotations;
	const char *config_path;
	const char *api_url;
	unsigned int renew_margin;
};

/**
 * enum registry_claimed - What became of our wish for a lease.
 * @REGISTRY_CLAIMED: It is ours, and is renewed from now on.
 * @REGISTRY_TAKEN: Somebody else has the key.
 * @REGISTRY_NOT_CLAIMED: The registry did not take it; try again later.
 */
enum registry_claimed {
	REGISTRY_CLAIMED,
	REGISTRY_TAKEN,
	REGISTRY_NOT_CLAIMED,
};

/**
 * struct registry_claim - The lease that we want.
 * @key: What follows "subnets/"; the API server gives subnets by itself.
 * @value: flannel's value.
 * @create: Only if there is no such key yet.
 */
struct registry_claim {
	const char *key;
	const char *value;
	bool create;
};

/**
 * struct registry_events - What a registry tells, always from the event loop.
 * @changed: The registry holds something else; @data is whole, and valid until
 *	the registry is closed or changes again. Never called with less than
 *	the registry held.
 * @failing: It cannot be read now, and is tried again; what was told last
 *	stands. Called once for each different reason.
 * @claimed: About the last claim. REGISTRY_TAKEN can also come later: the key
 *	has expired or was deleted, and somebody else was faster.
 */
struct registry_events {
	void (*changed)(void *priv, const struct registry_data *data);
	void (*failing)(void *priv, const char *why);
	void (*claimed)(void *priv, enum registry_claimed how, const char *why);
};

struct registry;

/**
 * struct registry_ops - A kind of registry.
 * @scheme: What a name begins with.
 * @gives: It says which subnets a node has: no node chooses them.
 * @open: Begin to list and to watch. NULL after it said why.
 * @close: End all that, and free it; nothing is called any more.
 * @relist: Read everything now, instead of trusting the watch.
 * @claim: Claim the lease, and keep it: renew it, and create it again where it
 *	gets lost. A further call replaces the claim.
 * @reachable: Tell the registry that this node's network works, or why it does
 *	not (NULL: it works); NULL: the registry does not care.
 */
struct registry_ops {
	const char *scheme;
	bool gives;
	struct registry *(*open)(uv_loop_t *loop, const char *rest,
				 const struct registry_setup *setup,
				 const struct registry_events *events,
				 void *priv);
	void (*close)(struct registry *r);
	void (*relist)(struct registry *r);
	void (*claim)(struct registry *r, const struct registry_claim *claim);
	void (*reachable)(struct registry *r, const char *why);
};

/**
 * struct registry - An open registry; the kinds embed it as their first member.
 * @ops: Its kind.
 * @events: Whom it tells.
 * @priv: For them.
 * @failing: Why it fails, as it was told; empty: it does not.
 */
struct registry {
	const struct registry_ops *ops;
	const struct registry_events *events;
	void *priv;
	char failing[REGISTRY_WHY];
};

extern const struct registry_ops registry_file;
extern const struct registry_ops registry_etcd;
extern const struct registry_ops registry_etcds;
extern const struct registry_ops registry_kube;

struct registry *registry_open(uv_loop_t *loop,
			       const struct registry_setup *setup,
			       const struct registry_events *events,
			       void *priv);
void registry_tell_changed(struct registry *r,
			   const struct registry_data *data);
void registry_tell_failing(struct registry *r, const char *why);
bool registry_same_reason(const char *a, const char *b);

int registry_load(const char *name, const struct registry_options *options,
		  struct registry_data *data);

int registry_add(struct registry_data *data, const struct registry_entry *e);
void registry_add_endpoint(struct registry_data *data, const struct addr *a);
int registry_copy(struct registry_data *data,
		  const struct registry_data *from);
void registry_clear(struct registry_data *data);

#endif /* FLANCTL_REGISTRY_H */
