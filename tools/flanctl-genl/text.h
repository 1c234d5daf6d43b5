/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef FLANCTL_TEXT_H
#define FLANCTL_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

bool text_number(const char *text, uint64_t max, uint64_t *out);
bool text_decimal(const char *text, size_t len, uint64_t max, uint64_t *out);
bool text_matches(const char *word, const char *full);
char *text_quote(char *buf, size_t size, const char *text, size_t len);
char *text_read(const char *path, size_t max, size_t *len);

#endif /* FLANCTL_TEXT_H */
