/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef FLANCTL_REGISTRY_ETCD_KV_H
#define FLANCTL_REGISTRY_ETCD_KV_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "etcd_name.h"
#include "registry.h"

/**
 * enum etcd_kind - What a key is about.
 * @ETCD_OTHER: Nothing of ours.
 * @ETCD_CONFIG: The network config.
 * @ETCD_LEASE: A lease.
 */
enum etcd_kind {
	ETCD_OTHER,
	ETCD_CONFIG,
	ETCD_LEASE,
};

/**
 * struct etcd_kv - A key with its value.
 * @kind: What it is about.
 * @entry: Key and value, @entry.key without what leases' keys begin with.
 * @modified: The revision that wrote it.
 */
struct etcd_kv {
	enum etcd_kind kind;
	struct registry_entry entry;
	uint64_t modified;
};

bool etcd_put_bytes(json_t *object, const char *name, const char *bytes,
		    size_t len);
bool etcd_put_text(json_t *object, const char *name, const char *text);
char *etcd_get_bytes(const json_t *object, const char *name, size_t *len);
bool etcd_get_number(const json_t *object, const char *name, uint64_t *n);
bool etcd_get_revision(const json_t *answer, uint64_t *revision);

const char *etcd_kv_parse(struct etcd_kv *kv, const json_t *object,
			  const struct etcd_name *name, bool gone);
void etcd_kv_free(struct etcd_kv *kv);

#endif /* FLANCTL_REGISTRY_ETCD_KV_H */
