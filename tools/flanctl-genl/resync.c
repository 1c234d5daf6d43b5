// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * A full resync of one owner's entries: all of them are written with a new
 * generation, then the kernel sweeps what has another one.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "error.h"
#include "netlink/kernel.h"
#include "resync.h"

#define LOCK_FILE	"/run/flanctl-genl.lock"

/**
 * resync_lock - Wait until no other process resyncs
 *
 * Two resyncs at once would each sweep what the other one wrote.
 *
 * Return: What to close afterwards, or -1 after it said why.
 */
int resync_lock(void)
{
	int fd = open(LOCK_FILE, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW,
		      0600);
	int err = fd < 0 ? -1 : flock(fd, LOCK_EX);

	if (!err)
		return fd;
	fail(EXIT_REFUSED, "%s: %s", LOCK_FILE, strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

static bool used(const struct subnet_list *have, const char *owner,
		 uint32_t generation)
{
	size_t i;

	for (i = 0; i < have->n; i++)
		if (have->v[i].generation == generation &&
		    !strcmp(have->v[i].owner, owner))
			return true;
	return false;
}

/**
 * resync_generation - Pick a generation
 * @have: The table as it is.
 * @owner: Whose resync it is.
 *
 * Return: A number that is not 0 and that none of the owner's entries has.
 */
uint32_t resync_generation(const struct subnet_list *have, const char *owner)
{
	struct timespec now;
	uint32_t generation;

	clock_gettime(CLOCK_REALTIME, &now);
	generation = (uint32_t)((uint64_t)now.tv_sec * 1000 +
				(uint64_t)now.tv_nsec / 1000000);
	while (!generation || used(have, owner, generation))
		generation++;
	return generation;
}

/**
 * resync_mark - Give entries their owner and generation
 * @list: The entries.
 * @owner: Their owner.
 * @generation: Their generation.
 */
void resync_mark(struct subnet_list *list, const char *owner,
		 uint32_t generation)
{
	size_t i;

	for (i = 0; i < list->n; i++) {
		strcpy(list->v[i].owner, owner);
		list->v[i].generation = generation;
	}
}

/**
 * resync_write - Write entries in as few requests as possible
 * @nl: The kernel.
 * @ifindex: The device.
 * @list: The entries.
 * @done: How many were written, also after an error.
 * @c: What happened is added here.
 *
 * Return: 0 or negative errno; then netlink_entry() counts from @done.
 */
int resync_write(struct netlink *nl, uint32_t ifindex,
		 const struct subnet_list *list, size_t *done,
		 struct counts *c)
{
	size_t n;
	int err;

	for (*done = 0; *done < list->n; *done += n) {
		n = table_batch(list->v + *done, list->n - *done);
		err = table_write(nl, ifindex, list->v + *done, n, false, c);
		if (err)
			return err;
	}
	return 0;
}
