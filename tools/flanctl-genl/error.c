// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Messages for the user: one line each on stderr, after everything that was
 * printed before, with the place in the batch file where there is one.
 */
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include "error.h"

/* So many messages of one sort may come at once, and one more each time. */
#define LIMIT_BURST	50
#define LIMIT_SECONDS	10
#define LIMIT_SORTS	64

/**
 * struct limit - How many messages of a sort may still be said.
 * @format: The sort: the format is that of one place of the program.
 * @since: From when on @left counts, in seconds.
 * @left: How many.
 * @dropped: How many were not said since the last one.
 */
struct limit {
	const char *format;
	time_t since;
	time_t left;
	unsigned long dropped;
};

static struct error_place place;
static bool limited;
static struct limit limits[LIMIT_SORTS];

/**
 * error_place - Say which line of a file messages are about
 * @file: Name of the file, must stay valid; NULL: none any more.
 * @line: Line number, from 1.
 *
 * Return: What it was before.
 */
struct error_place error_place(const char *file, unsigned int line)
{
	struct error_place before = place;

	place = (struct error_place){ file, line };
	return before;
}

/* Sorts for which there is no room are not limited; there are not so many. */
static struct limit *find_limit(const char *format)
{
	size_t i = ((uintptr_t)format >> 4) % LIMIT_SORTS, n;

	for (n = 0; n < LIMIT_SORTS; n++, i = (i + 1) % LIMIT_SORTS)
		if (!limits[i].format || limits[i].format == format)
			return &limits[i];
	return NULL;
}

static bool may_say(struct limit *l, const char *format)
{
	struct timespec now;

	if (!l)
		return true;
	clock_gettime(CLOCK_MONOTONIC, &now);
	if (!l->format) {
		l->format = format;
		l->left = LIMIT_BURST;
		l->since = now.tv_sec;
	}
	l->left += (now.tv_sec - l->since) / LIMIT_SECONDS;
	l->since = now.tv_sec - (now.tv_sec - l->since) % LIMIT_SECONDS;
	if (l->left > LIMIT_BURST)
		l->left = LIMIT_BURST;
	if (!l->left) {
		l->dropped++;
		return false;
	}
	l->left--;
	return true;
}

static void vprint(const char *kind, const char *format, va_list ap)
{
	struct limit *l = limited ? find_limit(format) : NULL;

	if (!may_say(l, format))
		return;
	fflush(stdout);
	fputs("flanctl-genl: ", stderr);
	if (place.file)
		fprintf(stderr, "%s:%u: ", place.file, place.line);
	fputs(kind, stderr);
	vfprintf(stderr, format, ap);
	if (l && l->dropped)
		fprintf(stderr, " (%lu more like this were not said)",
			l->dropped);
	if (l)
		l->dropped = 0;
	fputc('\n', stderr);
}

/**
 * error_limit - Say messages that come all the time now and then only
 *
 * For a program that runs for ever: whoever can make it complain must not be
 * able to fill the disk. Each place of the program has a limit of its own.
 */
void error_limit(void)
{
	limited = true;
}

/**
 * fail - Report an error
 * @code: What to return, an enum exit_code.
 * @format: printf format of the message: no period, no newline. Text from
 *	outside goes through text_quote() first.
 *
 * Return: @code.
 */
int fail(int code, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vprint("", format, ap);
	va_end(ap);
	return code;
}

/**
 * warning - Report what does not stop the command
 * @format: As for fail().
 */
void warning(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vprint("warning: ", format, ap);
	va_end(ap);
}

/**
 * note - Say what is going on, in a command that runs for long
 * @format: As for fail().
 */
void note(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vprint("", format, ap);
	va_end(ap);
}
