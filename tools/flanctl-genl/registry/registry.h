/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef FLANCTL_REGISTRY_H
#define FLANCTL_REGISTRY_H

#include <stddef.h>
#include <stdint.h>

#include "../addr.h"

/* flannel's values are below 300 bytes; etcd itself allows 1.5 MB. */
#define REGISTRY_VALUE_MAX	(64 * 1024)
#define REGISTRY_ENTRIES_MAX	(1 << 20)
#define REGISTRY_ENDPOINTS_MAX	16

/**
 * struct registry_entry - A lease as the registry holds it, not yet believed.
 * @key: What follows "subnets/"; may hold NULs, one follows it.
 * @key_len: Its length.
 * @value: The value; may hold NULs, one follows it.
 * @value_len: Its length.
 * @created: Grows with the age of the registry: older leases have less.
 */
struct registry_entry {
	char *key;
	size_t key_len;
	char *value;
	size_t value_len;
	uint64_t created;
};

/**
 * struct registry_data - All that a registry holds, at one moment.
 * @config: The network config, NULL: there is none.
 * @config_len: Its length.
 * @v: The leases.
 * @n: How many.
 * @room: For how many there is memory.
 * @endpoint: Addresses of the registry itself.
 * @endpoints: How many.
 */
struct registry_data {
	char *config;
	size_t config_len;
	struct registry_entry *v;
	size_t n;
	size_t room;
	struct addr endpoint[REGISTRY_ENDPOINTS_MAX];
	size_t endpoints;
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

int registry_load(const char *name, const struct registry_options *options,
		  struct registry_data *data);
int registry_add(struct registry_data *data, const struct registry_entry *e);
void registry_add_endpoint(struct registry_data *data, const struct addr *a);
void registry_clear(struct registry_data *data);

/* The kinds of registry; all say what is wrong and return enum exit_code. */
int registry_file_load(const char *path, struct registry_data *data);
int registry_etcd_load(const char *rest, bool tls,
		       const struct registry_options *options,
		       struct registry_data *data);

#endif /* FLANCTL_REGISTRY_H */
