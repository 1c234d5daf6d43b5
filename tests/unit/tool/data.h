/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TEST_DATA_H
#define TEST_DATA_H

/* Cases from files: lines, with comments, with %XX for any byte. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct data {
	FILE *file;
	char *line;
	size_t room;
};

static inline bool data_open(struct data *d, const char *name)
{
	memset(d, 0, sizeof(*d));
	d->file = fopen(name, "r");
	if (!d->file)
		perror(name);
	return d->file;
}

/* The next line as it is; false at the end. */
static inline bool data_raw(struct data *d)
{
	if (getline(&d->line, &d->room, d->file) < 0)
		return false;
	d->line[strcspn(d->line, "\n")] = '\0';
	return true;
}

/* The next line that says something. */
static inline bool data_line(struct data *d)
{
	while (data_raw(d))
		if (*d->line && *d->line != '#')
			return true;
	return false;
}

static inline void data_close(struct data *d)
{
	fclose(d->file);
	free(d->line);
}

/* Decode %XX in place; a single % is nothing. */
static inline size_t data_decode(char *text)
{
	unsigned int byte;
	char *out = text;
	char *in = text;

	while (*in) {
		if (*in == '%' && sscanf(in + 1, "%2x", &byte) == 1) {
			*out++ = (char)byte;
			in += 3;
		} else if (*in == '%') {
			in++;
		} else {
			*out++ = *in++;
		}
	}
	*out = '\0';
	return (size_t)(out - text);
}

#endif /* TEST_DATA_H */
