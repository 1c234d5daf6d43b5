// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Messages for the user: one line each on stderr, after everything that was
 * printed before, with the place in the batch file where there is one.
 */
#include <stdarg.h>
#include <stdio.h>

#include "error.h"

static struct error_place place;

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

static void vprint(const char *kind, const char *format, va_list ap)
{
	fflush(stdout);
	fputs("flanctl-genl: ", stderr);
	if (place.file)
		fprintf(stderr, "%s:%u: ", place.file, place.line);
	fputs(kind, stderr);
	vfprintf(stderr, format, ap);
	fputc('\n', stderr);
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
