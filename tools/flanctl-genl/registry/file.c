// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * A registry in files: one JSON object {"config": ..., "subnets": {KEY: ...}},
 * or a directory with config and subnets/KEY. The first lease of the object,
 * or in the order of names, counts as the oldest.
 */
#include <dirent.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../error.h"
#include "../json.h"
#include "../text.h"
#include "registry.h"

#define FILE_MAX	(256 << 20)

static int file_error(const char *path)
{
	char quoted[256];

	text_quote(quoted, sizeof(quoted), path, strlen(path));
	return fail(EXIT_REFUSED, "%s: %s", quoted, strerror(errno));
}

/* A value goes the same way as one that etcd holds: as text. */
static char *value_text(const json_t *value, size_t *len)
{
	char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);

	*len = text ? strlen(text) : 0;
	return text;
}

static int take_leases(struct registry_data *data, json_t *subnets)
{
	struct registry_entry e = {};
	const char *key;
	json_t *value;

	json_object_foreach(subnets, key, value) {
		e.key = strdup(key);
		e.key_len = strlen(key);
		e.value = value_text(value, &e.value_len);
		e.created++;
		if (!e.key || !e.value) {
			free(e.key);
			free(e.value);
			return fail(EXIT_REFUSED, "out of memory");
		}
		if (registry_add(data, &e))
			return EXIT_REFUSED;
	}
	return 0;
}

static int take_object(const char *path, struct registry_data *data,
		       json_t *root)
{
	json_t *config = json_object_get(root, "config");
	json_t *subnets = json_object_get(root, "subnets");

	if (!json_is_object(config) || !json_is_object(subnets))
		return fail(EXIT_REFUSED, "%s: expected {\"config\": {...}, \"subnets\": {...}}",
			    path);
	data->config = value_text(config, &data->config_len);
	if (!data->config)
		return fail(EXIT_REFUSED, "out of memory");
	return take_leases(data, subnets);
}

static int load_object(const char *path, struct registry_data *data)
{
	char why[JSON_WHY];
	unsigned int line;
	json_t *root;
	size_t len;
	char *text;
	int err;

	text = text_read(path, FILE_MAX, &len);
	if (!text)
		return file_error(path);
	root = json_parse(text, len, why, &line);
	free(text);
	if (!root)
		return fail(EXIT_REFUSED, "%s:%u: %s", path, line, why);
	err = take_object(path, data, root);
	json_decref(root);
	return err;
}

/* A value that is too long is cut just behind the limit, and then refused. */
static char *load_value(const char *dir, const char *name, size_t *len)
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

/* What cannot be read is there, and its value is no lease. */
static int load_lease(const char *dir, const char *name, uint64_t created,
		      struct registry_data *data)
{
	struct registry_entry e = { .created = created };

	e.value = load_value(dir, name, &e.value_len);
	if (!e.value) {
		file_error(name);
		e.value_len = 0;
		e.value = calloc(1, 1);
	}
	e.key = strdup(name);
	e.key_len = strlen(name);
	if (e.key && e.value)
		return registry_add(data, &e);
	free(e.key);
	free(e.value);
	return fail(EXIT_REFUSED, "out of memory");
}

/* Names that begin with a dot are files that are just being written. */
static int visible(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

static int load_leases(const char *path, struct registry_data *data)
{
	struct dirent **names;
	int n, i, err = 0;
	char *dir;

	if (asprintf(&dir, "%s/subnets", path) < 0)
		return fail(EXIT_REFUSED, "out of memory");
	n = scandir(dir, &names, visible, alphasort);
	if (n < 0)
		err = file_error(dir);
	for (i = 0; i < n; i++) {
		if (!err)
			err = load_lease(dir, names[i]->d_name,
					 (uint64_t)i + 1, data);
		free(names[i]);
	}
	if (n >= 0)
		free(names);
	free(dir);
	return err;
}

/**
 * registry_file_load - Read a registry in files
 * @path: The file or directory.
 * @data: Where it goes.
 *
 * Return: 0, or EXIT_REFUSED after it said why.
 */
int registry_file_load(const char *path, struct registry_data *data)
{
	struct stat st;

	if (!strcmp(path, "-"))
		return load_object(path, data);
	if (stat(path, &st))
		return file_error(path);
	if (!S_ISDIR(st.st_mode))
		return load_object(path, data);
	data->config = load_value(path, "config", &data->config_len);
	if (!data->config && errno != ENOENT)
		return file_error(path);
	return load_leases(path, data);
}
