/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef FLANCTL_ERROR_H
#define FLANCTL_ERROR_H

/**
 * enum exit_code - What the process tells its caller.
 * @EXIT_DONE: Done.
 * @EXIT_WRONG: Wrong usage or configuration; nothing was tried.
 * @EXIT_REFUSED: The kernel or the registry refused.
 */
enum exit_code {
	EXIT_DONE = 0,
	EXIT_WRONG = 1,
	EXIT_REFUSED = 2,
};

/**
 * struct error_place - Where what is being executed was read.
 * @file: Name of the file, valid as long as the place is set; NULL: none.
 * @line: Line number, from 1.
 */
struct error_place {
	const char *file;
	unsigned int line;
};

struct error_place error_place(const char *file, unsigned int line);

int fail(int code, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

void warning(const char *format, ...)
	__attribute__((format(printf, 1, 2)));

void note(const char *format, ...)
	__attribute__((format(printf, 1, 2)));

void error_limit(void);

#endif /* FLANCTL_ERROR_H */
