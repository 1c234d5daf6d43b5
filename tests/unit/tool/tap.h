/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TEST_TAP_H
#define TEST_TAP_H

/* Results as TAP. run.sh counts them over all programs. */
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static unsigned int tap_count, tap_failed;

static inline void __attribute__((format(printf, 2, 3)))
ok(bool good, const char *format, ...)
{
	va_list ap;

	tap_count++;
	tap_failed += !good;
	printf("%sok %u - ", good ? "" : "not ", tap_count);
	va_start(ap, format);
	vprintf(format, ap);
	va_end(ap);
	putchar('\n');
}

static inline void is(const char *got, const char *expected, const char *name)
{
	bool good = got && !strcmp(got, expected);

	ok(good, "%s", name);
	if (!good)
		printf("# got      '%s'\n# expected '%s'\n",
		       got ? got : "(none)", expected);
}

static inline int done_testing(void)
{
	printf("1..%u\n", tap_count);
	return tap_failed ? 1 : 0;
}

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

#endif /* TEST_TAP_H */
