// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Reading a registry in files: one JSON object {"config": ..., "subnets":
 * {KEY: ...}}, or a directory with config and subnets/KEY. The first lease of
 * the object, or in the order of names, counts as the oldest.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../text.h"
#include "file.h"

#define FILE_MAX	(256 << 20)

static bool file_error(const char *path, char *why)
{
	int saved = errno;
	char quoted[160];

	text_quote(quoted, sizeof(quoted), path, strlen(path));
	snprintf(why, JSON_WHY, "%s: %s", quoted, strerror(saved));
	return false;
}

static bool no_memory(char *why)
{
	strcpy(why, "out of memory");
	return false;
}

/* A value goes the same way as one that etcd holds: as text. */
static char *value_text(const json_t *value, size_t *len)
{
	char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);

	*len = text ? strlen(text) : 0;
	return text;
}

static bool add(struct registry_data *data, const struct registry_entry *e,
		char *why)
{
	if (!e->key || !e->value) {
		free(e->key);
		free(e->value);
		return no_memory(why);
	}
	if (!registry_add(data, e))
		return true;
	strcpy(why, "cannot hold all leases");
	return false;
}

static bool take_leases(struct registry_data *data, json_t *subnets, char *why)
{
	struct registry_entry e = {};
	const char *key;
	json_t *value;

	json_object_foreach(subnets, key, value) {
		e.key = strdup(key);
		e.key_len = strlen(key);
		e.value = value_text(value, &e.value_len);
		e.created++;
		if (!add(data, &e, why))
			return false;
	}
	return true;
}

static bool take_object(const char *path, struct registry_data *data,
			json_t *root, char *why)
{
	json_t *config = json_object_get(root, "config");
	json_t *subnets = json_object_get(root, "subnets");
	char quoted[160];

	if (!json_is_object(config) || !json_is_object(subnets)) {
		text_quote(quoted, sizeof(quoted), path, strlen(path));
		snprintf(why, JSON_WHY, "%s: expected {\"config\": {...}, \"subnets\": {...}}",
			 quoted);
		return false;
	}
	data->config = value_text(config, &data->config_len);
	if (!data->config)
		return no_memory(why);
	return take_leases(data, subnets, why);
}

static bool read_object(const char *path, struct registry_data *data,
			char *why)
{
	char wrong[JSON_WHY], quoted[100];
	unsigned int line;
	json_t *root;
	size_t len;
	char *text;
	bool good;

	text = text_read(path, FILE_MAX, &len);
	if (!text)
		return file_error(path, why);
	root = json_parse(text, len, wrong, &line);
	free(text);
	if (!root) {
		text_quote(quoted, sizeof(quoted), path, strlen(path));
		snprintf(why, JSON_WHY, "%s:%u: %.140s", quoted, line, wrong);
		return false;
	}
	good = take_object(path, data, root, why);
	json_decref(root);
	return good;
}

/* A value that is too long is cut just behind the limit, and then refused. */
static char *read_value(const char *dir, const char *name, size_t *len)
{
	char *path, *value;
	int saved;

	if (asprintf(&path, "%s/%s", dir, name) < 0)
		return NULL;
	value = text_read(path, REGISTRY_VALUE_MAX, len);
	saved = errno;
	free(path);
	errno = saved;
	if (value || errno != EFBIG)
		return value;
	*len = REGISTRY_VALUE_MAX + 1;
	return calloc(1, *len + 1);
}

/* What cannot be read is there: what stands for its value is no lease. */
static bool read_lease(const char *dir, const char *name,
		       struct registry_data *data, char *why)
{
	struct registry_entry e = { .created = data->n + 1 };

	e.value = read_value(dir, name, &e.value_len);
	if (!e.value && errno == ENOENT)
		return true;
	if (!e.value) {
		e.value = strdup(strerror(errno));
		e.value_len = e.value ? strlen(e.value) : 0;
	}
	e.key = strdup(name);
	e.key_len = strlen(name);
	return add(data, &e, why);
}

/* Names that begin with a dot are files that are just being written. */
static int visible(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

static bool read_leases(const char *path, struct registry_data *data,
			char *why)
{
	struct dirent **names;
	bool good = true;
	char *dir;
	int n, i;

	if (asprintf(&dir, "%s/subnets", path) < 0)
		return no_memory(why);
	n = scandir(dir, &names, visible, alphasort);
	if (n < 0)
		good = file_error(dir, why);
	for (i = 0; i < n; i++) {
		if (good)
			good = read_lease(dir, names[i]->d_name, data, why);
		free(names[i]);
	}
	if (n >= 0)
		free(names);
	free(dir);
	return good;
}

/**
 * file_read - Read a registry in files
 * @path: The file or directory, or "-".
 * @data: Where it goes; all zero before, registry_clear() frees it, also
 *	after an error.
 * @why: Where what is wrong goes, JSON_WHY bytes.
 *
 * Return: false if something is.
 */
bool file_read(const char *path, struct registry_data *data, char *why)
{
	struct stat st;

	if (!strcmp(path, "-"))
		return read_object(path, data, why);
	if (stat(path, &st))
		return file_error(path, why);
	if (!S_ISDIR(st.st_mode))
		return read_object(path, data, why);
	data->config = read_value(path, "config", &data->config_len);
	if (!data->config && errno != ENOENT)
		return file_error(path, why);
	return read_leases(path, data, why);
}

static bool same_bytes(const char *a, size_t a_len, const char *b,
		       size_t b_len)
{
	if (!a || !b)
		return a == b;
	return a_len == b_len && !memcmp(a, b, a_len);
}

/**
 * file_same - Do two registries hold the same?
 * @a: One.
 * @b: The other one.
 *
 * Return: true if they do.
 */
bool file_same(const struct registry_data *a, const struct registry_data *b)
{
	const struct registry_entry *x, *y;
	size_t i;

	if (a->n != b->n || !same_bytes(a->config, a->config_len, b->config,
					b->config_len))
		return false;
	for (i = 0; i < a->n; i++) {
		x = &a->v[i];
		y = &b->v[i];
		if (!same_bytes(x->key, x->key_len, y->key, y->key_len) ||
		    !same_bytes(x->value, x->value_len, y->value, y->value_len))
			return false;
	}
	return true;
}

/**
 * file_same_value - Is a value ours?
 * @a: The value.
 * @len: Its length.
 * @b: Ours.
 *
 * Return: true if both are the same JSON, however it is written.
 */
bool file_same_value(const char *a, size_t len, const char *b)
{
	char ignored[JSON_WHY];
	json_t *x, *y;
	bool same;

	if (len == strlen(b) && !memcmp(a, b, len))
		return true;
	x = json_parse(a, len, ignored, NULL);
	y = json_parse(b, strlen(b), ignored, NULL);
	same = x && y && json_equal(x, y);
	json_decref(x);
	json_decref(y);
	return same;
}

/**
 * file_find - Look up a lease
 * @data: The registry.
 * @key: The lease's key.
 *
 * Return: The lease, NULL: there is none.
 */
const struct registry_entry *file_find(const struct registry_data *data,
				       const char *key)
{
	size_t i;

	for (i = 0; i < data->n; i++)
		if (same_bytes(data->v[i].key, data->v[i].key_len, key,
			       strlen(key)))
			return &data->v[i];
	return NULL;
}
