// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * flanctl-genl subnet load and subnet sweep: an owner's entries as a whole.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../load.h"
#include "../resync.h"
#include "../text.h"
#include "cmd.h"

/* The table of a large cluster has less than 20 MB. */
#define FILE_MAX	(256 << 20)

#define DEFAULT_OWNER	"manual"

/**
 * struct target - Whose entries are resynced.
 * @ifindex: The device.
 * @owner: The owner.
 * @keep: Generation that a sweep keeps.
 * @has_keep: It was given.
 */
struct target {
	uint32_t ifindex;
	char owner[FLANNEL_OWNER_MAX + 1];
	uint32_t keep;
	bool has_keep;
};

static int parse_target(struct args *a, struct target *t)
{
	uint64_t keep;

	while (args_peek(a)) {
		if (args_accept(a, "dev")) {
			if (device_word(a, &t->ifindex, NULL))
				return EXIT_WRONG;
		} else if (args_accept(a, "owner")) {
			if (args_owner(a, "owner", t->owner,
				       sizeof(t->owner)))
				return EXIT_WRONG;
		} else if (args_accept(a, "keep")) {
			if (args_number(a, "keep", 0, UINT32_MAX, &keep))
				return EXIT_WRONG;
			t->keep = (uint32_t)keep;
			t->has_keep = true;
		} else {
			return args_unknown(a);
		}
	}
	if (!t->ifindex)
		return fail(EXIT_WRONG, "'dev NAME' is needed");
	return 0;
}

/**
 * subnet_sweep - Remove an owner's entries of other generations
 * @c: The context.
 * @a: owner TAG keep N dev NAME
 *
 * Return: enum exit_code.
 */
int subnet_sweep(struct context *c, struct args *a)
{
	struct target t = {};
	struct counts n = {};

	if (parse_target(a, &t))
		return EXIT_WRONG;
	if (!*t.owner || !t.has_keep)
		return fail(EXIT_WRONG, "'owner TAG' and 'keep N' are needed");
	if (table_sweep(c->nl, t.ifindex, t.owner, t.keep, &n))
		return refused(c, "subnet", "sweep");
	return EXIT_DONE;
}

static int read_file(struct load *l)
{
	size_t len;
	char *text;
	int err;

	text = text_read(l->file, FILE_MAX, &len);
	if (!text)
		return fail(EXIT_WRONG, "%s: %s", l->file, strerror(errno));
	err = load_parse(l, text, len);
	free(text);
	if (!err && !l->list.n)
		err = fail(EXIT_WRONG, "%s: no subnets: to remove all, use subnet flush",
			   l->file);
	return err;
}

static int write_refused(struct context *c, const struct load *l, size_t done)
{
	long entry = netlink_entry(c->nl);
	char text[PREFIX_TEXT];
	size_t i;

	if (entry < 0 || done + (size_t)entry >= l->list.n)
		return fail(EXIT_REFUSED, "%s: %s (%zu of %zu subnets written, nothing removed)",
			    l->file, netlink_why(c->nl), done, l->list.n);
	i = done + (size_t)entry;
	return fail(EXIT_REFUSED, "%s:%u: %s: %s (%zu of %zu subnets written, nothing removed)",
		    l->file, l->line[i],
		    prefix_text(&l->list.v[i].prefix, text),
		    netlink_why(c->nl), done, l->list.n);
}

static int resync(struct context *c, const struct target *t, struct load *l,
		  struct counts *n)
{
	struct subnet_list have = {};
	uint32_t generation;
	size_t done;
	int err;

	err = table_dump(c->nl, t->ifindex, t->owner, &have);
	generation = resync_generation(&have, t->owner);
	subnet_list_free(&have);
	if (err)
		return refused(c, "subnet load", l->file);
	resync_mark(&l->list, t->owner, generation);
	if (resync_write(c->nl, t->ifindex, &l->list, &done, n))
		return write_refused(c, l, done);
	if (table_sweep(c->nl, t->ifindex, t->owner, generation, n))
		return refused(c, "subnet load", l->file);
	return 0;
}

static int summary(struct context *c, const struct counts *n)
{
	print_start(&c->out);
	print_object(&c->out, NULL);
	counts_print(&c->out, n);
	print_object_end(&c->out);
	return context_finish(c);
}

/**
 * subnet_load - Make an owner's entries what a file says
 * @c: The context.
 * @a: FILE|- dev NAME [owner TAG]
 *
 * Return: enum exit_code.
 */
int subnet_load(struct context *c, struct args *a)
{
	struct target t = { .owner = DEFAULT_OWNER };
	struct load l = {};
	struct counts n = {};
	int err, lock;

	if (args_value(a, "load", &l.file) || parse_target(a, &t))
		return EXIT_WRONG;
	if (t.has_keep)
		return fail(EXIT_WRONG, "'keep' is not expected here");
	err = read_file(&l);
	lock = err ? -1 : resync_lock();
	if (lock >= 0) {
		err = resync(c, &t, &l, &n);
		close(lock);
	} else if (!err) {
		err = EXIT_REFUSED;
	}
	load_free(&l);
	return err ? err : summary(c, &n);
}
