/* SPDX-License-Identifier: GPL-2.0 */
#ifndef FUZZ_H
#define FUZZ_H

/* What a parser is given, and what it has to keep to whatever that is. */
#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(good)	do { if (!(good)) abort(); } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A copy with a NUL and not a byte more: what is read behind it is noticed. */
static inline char *fuzz_text(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	CHECK(text);
	memcpy(text, data, size);
	text[size] = '\0';
	return text;
}

/* A reason is one short line that may be printed. */
static inline void fuzz_check_why(const char *why)
{
	CHECK(*why);
	for (; *why; why++)
		CHECK(isprint((unsigned char)*why));
}

#endif /* FUZZ_H */
