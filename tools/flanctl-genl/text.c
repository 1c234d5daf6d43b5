// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Text as it comes from outside: numbers, abbreviations, whole files, and
 * the harmless form in which hostile text is shown again.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "text.h"

/**
 * text_decimal - Parse decimal digits and nothing else
 * @text: The digits, not terminated.
 * @len: How many.
 * @max: Largest number allowed.
 * @out: Where the number goes.
 *
 * Return: false for anything but 0 or a number without leading zeros, at most
 * @max.
 */
bool text_decimal(const char *text, size_t len, uint64_t max, uint64_t *out)
{
	uint64_t n = 0;
	size_t i;

	if (!len || (len > 1 && text[0] == '0'))
		return false;
	for (i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		if (n > (UINT64_MAX - 9) / 10)
			return false;
		n = n * 10 + (uint64_t)(text[i] - '0');
	}
	if (n > max)
		return false;
	*out = n;
	return true;
}

/**
 * text_number - Parse a number as a user writes it: decimal, or hex with 0x
 * @text: The whole word.
 * @max: Largest number allowed.
 * @out: Where the number goes.
 *
 * Return: false if it is not a number, or too large.
 */
bool text_number(const char *text, uint64_t max, uint64_t *out)
{
	unsigned long long n;
	char *end;

	if (strncmp(text, "0x", 2) && strncmp(text, "0X", 2))
		return text_decimal(text, strlen(text), max, out);
	if (strspn(text + 2, "0123456789abcdefABCDEF") != strlen(text + 2))
		return false;
	errno = 0;
	n = strtoull(text, &end, 16);
	if (errno || *end || end == text + 2 || n > max)
		return false;
	*out = n;
	return true;
}

/**
 * text_matches - Is a word an abbreviation?
 * @word: What the user wrote.
 * @full: What it may stand for.
 *
 * Return: true if @word is not empty and @full begins with it.
 */
bool text_matches(const char *word, const char *full)
{
	return *word && !strncmp(word, full, strlen(word));
}

static size_t quote_byte(char *out, unsigned char c)
{
	static const char hex[] = "0123456789abcdef";

	if (c >= 0x20 && c < 0x7f) {
		out[0] = (char)c;
		return 1;
	}
	out[0] = '\\';
	out[1] = 'x';
	out[2] = hex[c >> 4];
	out[3] = hex[c & 15];
	return 4;
}

/**
 * text_quote - Make text from outside fit for a terminal
 * @buf: Where the result goes, NUL-terminated.
 * @size: Its size; a longer text is cut and ends in "...". At least 8.
 * @text: The text, any bytes.
 * @len: Its length.
 *
 * Bytes that are not printable ASCII become \xNN.
 *
 * Return: @buf.
 */
char *text_quote(char *buf, size_t size, const char *text, size_t len)
{
	size_t used = 0, i;

	for (i = 0; i < len; i++) {
		if (used + 4 + 3 >= size) {
			memcpy(buf + used, "...", 3);
			used += 3;
			break;
		}
		used += quote_byte(buf + used, (unsigned char)text[i]);
	}
	buf[used] = '\0';
	return buf;
}

static char *read_all(int fd, size_t max, size_t *len)
{
	size_t used = 0, size = 65536;
	char *buf = NULL, *bigger;
	ssize_t n;

	for (;;) {
		bigger = realloc(buf, size + 1);
		if (!bigger)
			break;
		buf = bigger;
		n = read(fd, buf + used, size - used);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			break;
		if (!n) {
			buf[used] = '\0';
			*len = used;
			return buf;
		}
		used += (size_t)n;
		if (used > max) {
			errno = EFBIG;
			break;
		}
		if (used == size)
			size *= 2;
	}
	free(buf);
	return NULL;
}

/**
 * text_read - Read a whole file
 * @path: Its name, or "-" for standard input.
 * @max: Most bytes to take.
 * @len: Where its length goes.
 *
 * Return: The content, NUL-terminated, to be freed; NULL with errno set
 * (EFBIG: longer than @max).
 */
char *text_read(const char *path, size_t max, size_t *len)
{
	int fd, saved;
	char *buf;

	if (!strcmp(path, "-"))
		return read_all(STDIN_FILENO, max, len);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return NULL;
	buf = read_all(fd, max, len);
	saved = errno;
	close(fd);
	errno = saved;
	return buf;
}
