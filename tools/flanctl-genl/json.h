/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef FLANCTL_JSON_H
#define FLANCTL_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#define JSON_WHY	256	/* size of a text that says what is wrong */

/**
 * struct json_lines - Where the elements of an array are.
 * @at: How far the text has been read.
 * @end: Where it ends.
 * @line: The line where we are.
 */
struct json_lines {
	const char *at;
	const char *end;
	unsigned int line;
};

json_t *json_parse(const char *text, size_t len, char *why,
		   unsigned int *line);
unsigned int json_next_line(struct json_lines *l);

#endif /* FLANCTL_JSON_H */
