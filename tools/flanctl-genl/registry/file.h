/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef FLANCTL_REGISTRY_FILE_H
#define FLANCTL_REGISTRY_FILE_H

#include "../json.h"
#include "registry.h"

bool file_read(const char *path, struct registry_data *data, char *why);
bool file_same(const struct registry_data *a, const struct registry_data *b);
bool file_same_value(const char *a, size_t len, const char *b);
const struct registry_entry *file_find(const struct registry_data *data,
				       const char *key);

/**
 * enum file_written - What became of a claim in files.
 * @FILE_WRITTEN: It is there.
 * @FILE_TAKEN: There is another value.
 * @FILE_LOCKED: Somebody else is writing.
 * @FILE_FAILED: It cannot be written.
 */
enum file_written {
	FILE_WRITTEN,
	FILE_TAKEN,
	FILE_LOCKED,
	FILE_FAILED,
};

/**
 * struct file_claim - A claim, and what it was made for.
 * @claim: The claim.
 * @told: What was there, as it was told.
 * @before: What we wrote there before, NULL: nothing.
 */
struct file_claim {
	struct registry_claim claim;
	const struct registry_data *told;
	const char *before;
};

enum file_written file_write(const char *path, const struct file_claim *c,
			     char *why);

#endif /* FLANCTL_REGISTRY_FILE_H */
