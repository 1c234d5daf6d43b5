/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef FLANCTL_REGISTRY_KUBE_NODE_H
#define FLANCTL_REGISTRY_KUBE_NODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../json.h"

#define KUBE_NAME	254	/* size of an object's name, with the NUL */
#define KUBE_PREFIX	320	/* size of the prefix of annotations */

/**
 * struct kube_node - A Node, as far as it concerns us.
 * @refs: How many refer to it.
 * @name: Its name.
 * @uid: Which one of that name it is; may be empty.
 * @created: When it was made, in seconds; UINT64_MAX: it does not say.
 * @key: What its key would be in etcd, of @key_len; NULL: it has no subnet yet.
 * @key_len: Length of @key.
 * @value: What its lease would be in etcd, and a NUL.
 * @value_len: Length of @value.
 * @managed: It takes part in flannel's network.
 * @annotations: Those that begin with our prefix, by what follows it.
 */
struct kube_node {
	unsigned int refs;
	char *name;
	char *uid;
	uint64_t created;
	char *key;
	size_t key_len;
	char *value;
	size_t value_len;
	bool managed;
	json_t *annotations;
};

bool kube_name_good(const char *name);
const char *kube_prefix(const char *given, char prefix[static KUBE_PREFIX]);

const char *kube_node_name(const json_t *object);
struct kube_node *kube_node_new(const json_t *object, const char *prefix,
				char why[static JSON_WHY]);
struct kube_node *kube_node_get(struct kube_node *n);
void kube_node_put(struct kube_node *n);
bool kube_node_equal(const struct kube_node *a, const struct kube_node *b);
const char *kube_node_said(const struct kube_node *n, const char *annotation);

json_t *kube_claim_annotations(const char *value, char why[static JSON_WHY]);
char *kube_claim_patch(const json_t *want, const struct kube_node *have,
		       const char *prefix);
char *kube_condition_patch(const char *why, const char *now);

#endif /* FLANCTL_REGISTRY_KUBE_NODE_H */
