// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Writing our lease into a registry in files. The directory that holds what is
 * written is locked meanwhile, so that agents do not overwrite each other's
 * leases; what is read is always whole: a file gets its name when it is written.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../text.h"
#include "file.h"

#define FILE_MAX	(256 << 20)
#define TEMPORARY	".flanctl-genl.tmp"

/**
 * struct place - A file that is to be written.
 * @dir: Its directory, open and locked.
 * @name: Its name there.
 * @mode: Its permissions.
 * @uid: Whose it is.
 * @gid: Likewise.
 */
struct place {
	int dir;
	const char *name;
	mode_t mode;
	uid_t uid;
	gid_t gid;
};

static enum file_written failed(const char *what, char *why)
{
	char quoted[160];
	int saved = errno;

	text_quote(quoted, sizeof(quoted), what, strlen(what));
	snprintf(why, JSON_WHY, "%s: %s", quoted, strerror(saved));
	return FILE_FAILED;
}

static bool write_all(int fd, const char *text, size_t len)
{
	ssize_t n;

	while (len) {
		n = write(fd, text, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		text += n;
		len -= (size_t)n;
	}
	return true;
}

static bool fill(int fd, const struct place *p, const char *text, size_t len)
{
	struct stat st;

	if (fstat(fd, &st) || !write_all(fd, text, len))
		return false;
	if ((st.st_uid != p->uid || st.st_gid != p->gid) &&
	    fchown(fd, p->uid, p->gid))
		return false;
	return !fchmod(fd, p->mode) && !fsync(fd);
}

static bool write_temporary(const struct place *p, const char *text,
			    size_t len)
{
	bool good;
	int fd;

	unlinkat(p->dir, TEMPORARY, 0);
	fd = openat(p->dir, TEMPORARY, O_WRONLY | O_CREAT | O_EXCL |
				       O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return false;
	good = fill(fd, p, text, len);
	return !close(fd) && good;
}

/* The name is new, or stands for the new content from one moment on. */
static bool write_file(const struct place *p, const char *text, size_t len,
		       bool create)
{
	bool good = write_temporary(p, text, len);
	int saved;

	if (good && create)
		good = !linkat(p->dir, TEMPORARY, p->dir, p->name, 0);
	else if (good)
		good = !renameat(p->dir, TEMPORARY, p->dir, p->name);
	saved = errno;
	if (!good || create)
		unlinkat(p->dir, TEMPORARY, 0);
	errno = saved;
	return good && !fsync(p->dir);
}

/* Return: the directory, -1 with errno; EWOULDBLOCK: it is locked. */
static int lock(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), saved;

	if (fd < 0 || !flock(fd, LOCK_EX | LOCK_NB))
		return fd;
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

/*
 * May the claim be written over the value that is there? Whoever wants a new key
 * wants nobody else's; else nobody may have changed it since we were told, or
 * wrote it.
 */
static enum file_written judge(const struct file_claim *c, const char *value,
			       size_t len, char *why)
{
	const struct registry_claim *claim = &c->claim;
	const struct registry_entry *e = file_find(c->told, claim->key);

	if (claim->create) {
		snprintf(why, JSON_WHY, "%.100s: somebody else has it",
			 claim->key);
		return FILE_TAKEN;
	}
	if (e && e->value_len == len && !memcmp(e->value, value, len))
		return FILE_WRITTEN;
	if (c->before && file_same_value(value, len, c->before))
		return FILE_WRITTEN;
	snprintf(why, JSON_WHY, "%.100s: the value has just changed",
		 claim->key);
	return FILE_FAILED;
}

static enum file_written write_key(struct place *p, const char *dir,
				   const struct file_claim *c, char *why)
{
	const struct registry_claim *claim = &c->claim;
	enum file_written result = FILE_WRITTEN;
	bool create = false;
	char *path, *value;
	size_t len;

	if (asprintf(&path, "%s/%s", dir, claim->key) < 0)
		return failed(claim->key, why);
	value = text_read(path, REGISTRY_VALUE_MAX, &len);
	if (!value && errno == ENOENT)
		create = true;
	else if (!value)
		result = failed(path, why);
	else if (!file_same_value(value, len, claim->value))
		result = judge(c, value, len, why);
	if (result == FILE_WRITTEN &&
	    !(value && file_same_value(value, len, claim->value)) &&
	    !write_file(p, claim->value, strlen(claim->value), create))
		result = failed(path, why);
	free(value);
	free(path);
	return result;
}

static enum file_written write_directory(const char *path,
					 const struct file_claim *c, char *why)
{
	struct place p = {
		.name = c->claim.key,
		.mode = 0644,
		.uid = geteuid(),
		.gid = getegid(),
	};
	enum file_written result;
	char *dir;

	if (asprintf(&dir, "%s/subnets", path) < 0)
		return failed(path, why);
	p.dir = lock(dir);
	if (p.dir < 0) {
		result = errno == EWOULDBLOCK ? FILE_LOCKED :
						failed(dir, why);
		free(dir);
		return result;
	}
	result = write_key(&p, dir, c, why);
	close(p.dir);
	free(dir);
	return result;
}

static json_t *load_object(const char *path, char *why)
{
	char wrong[JSON_WHY];
	unsigned int line;
	json_t *root;
	size_t len;
	char *text;

	text = text_read(path, FILE_MAX, &len);
	if (!text) {
		failed(path, why);
		return NULL;
	}
	root = json_parse(text, len, wrong, &line);
	free(text);
	if (root && json_is_object(json_object_get(root, "subnets")))
		return root;
	snprintf(why, JSON_WHY, "the file cannot be read: %.160s",
		 root ? "it has no subnets" : wrong);
	json_decref(root);
	return NULL;
}

/* Return: what to do; FILE_WRITTEN: write @root, *done: it is there already. */
static enum file_written put_value(json_t *root, const struct file_claim *c,
				   bool *done, char *why)
{
	const struct registry_claim *claim = &c->claim;
	json_t *subnets = json_object_get(root, "subnets"), *old, *value;
	enum file_written result = FILE_WRITTEN;
	char *text;

	value = json_parse(claim->value, strlen(claim->value), why, NULL);
	if (!value)
		return FILE_FAILED;
	old = json_object_get(subnets, claim->key);
	*done = old && json_equal(old, value);
	if (old && !*done) {
		text = json_dumps(old, JSON_COMPACT | JSON_ENCODE_ANY);
		result = text ? judge(c, text, strlen(text), why) :
				failed("JSON", why);
		free(text);
	}
	if (result == FILE_WRITTEN &&
	    json_object_set(subnets, claim->key, value))
		result = failed("JSON", why);
	json_decref(value);
	return result;
}

static bool store_object(const struct place *p, const json_t *root)
{
	char *text = json_dumps(root, JSON_INDENT(2)), *line;
	bool good = false;

	if (text && asprintf(&line, "%s\n", text) >= 0) {
		good = write_file(p, line, strlen(line), false);
		free(line);
	}
	free(text);
	return good;
}

static enum file_written rewrite_object(const struct place *p,
					const char *path,
					const struct file_claim *c, char *why)
{
	json_t *root = load_object(path, why);
	enum file_written result;
	bool done = false;

	if (!root)
		return FILE_FAILED;
	result = put_value(root, c, &done, why);
	if (result == FILE_WRITTEN && !done && !store_object(p, root))
		result = failed(path, why);
	json_decref(root);
	return result;
}

static enum file_written write_object(const char *path, const struct stat *st,
				      const struct file_claim *c, char *why)
{
	struct place p = {
		.mode = st->st_mode & 07777,
		.uid = st->st_uid,
		.gid = st->st_gid,
	};
	enum file_written result = FILE_FAILED;
	char *dir = strdup(path), *name = strdup(path);

	p.dir = dir ? lock(dirname(dir)) : -1;
	p.name = name ? basename(name) : NULL;
	if (p.dir < 0 && errno == EWOULDBLOCK)
		result = FILE_LOCKED;
	else if (p.dir < 0 || !p.name)
		failed(path, why);
	else
		result = rewrite_object(&p, path, c, why);
	if (p.dir >= 0)
		close(p.dir);
	free(dir);
	free(name);
	return result;
}

/**
 * file_write - Write a lease
 * @path: The file or directory.
 * @c: The lease.
 * @why: Where what is wrong goes, JSON_WHY bytes.
 *
 * Return: What became of it.
 */
enum file_written file_write(const char *path, const struct file_claim *c,
			     char *why)
{
	const char *key = c->claim.key;
	enum file_written result;
	struct stat st;
	char *real;

	if (!*key || *key == '.' || strchr(key, '/')) {
		strcpy(why, "the key cannot be a file's name");
		return FILE_FAILED;
	}
	real = realpath(path, NULL);
	if (!real || stat(real, &st))
		result = failed(path, why);
	else if (S_ISDIR(st.st_mode))
		result = write_directory(real, c, why);
	else
		result = write_object(real, &st, c, why);
	free(real);
	return result;
}
