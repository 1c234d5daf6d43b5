/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef FLANCTL_ARGS_H
#define FLANCTL_ARGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "addr.h"

/**
 * struct args - The words of a command that are still to be read.
 * @word: All words.
 * @count: How many.
 * @next: The next one to read.
 */
struct args {
	char **word;
	int count;
	int next;
};

const char *args_peek(const struct args *a);
const char *args_next(struct args *a);
bool args_accept(struct args *a, const char *word);
int args_value(struct args *a, const char *key, const char **value);
int args_number(struct args *a, const char *key, uint64_t min, uint64_t max,
		uint64_t *value);
int args_addr(struct args *a, const char *key, struct addr *value);
int args_mac(struct args *a, const char *key, struct mac *value);
int args_owner(struct args *a, const char *key, char *owner, size_t size);
int args_end(const struct args *a);
int args_unknown(const struct args *a);
int args_split(char *line, char ***words);

#endif /* FLANCTL_ARGS_H */
