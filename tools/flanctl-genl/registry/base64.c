// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Standard base64, in which etcd's gateway has keys and values.
 */
#include <limits.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "base64.h"

#define DIGITS	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

/**
 * base64_encode - Encode bytes
 * @bytes: The bytes.
 * @len: How many.
 *
 * Return: The text, to be freed; NULL without memory, or if it is too long.
 */
char *base64_encode(const char *bytes, size_t len)
{
	char *text;

	if (len > INT_MAX / 2)
		return NULL;
	text = malloc((len + 2) / 3 * 4 + 1);
	if (text)
		EVP_EncodeBlock((unsigned char *)text,
				(const unsigned char *)bytes, (int)len);
	return text;
}

/**
 * base64_decode - Decode a text
 * @text: The text, without white space, padded.
 * @len: Where the number of bytes goes.
 *
 * Return: The bytes and a NUL, to be freed; NULL if the text is not base64,
 * or without memory.
 */
char *base64_decode(const char *text, size_t *len)
{
	size_t n = strlen(text), digits = strspn(text, DIGITS);
	size_t padding = strspn(text + digits, "=");
	char *bytes;

	if (n % 4 || digits + padding != n || padding > 2 || n > INT_MAX / 2)
		return NULL;
	bytes = malloc(n / 4 * 3 + 1);
	if (!bytes)
		return NULL;
	if (n && EVP_DecodeBlock((unsigned char *)bytes,
				 (const unsigned char *)text, (int)n) < 0) {
		free(bytes);
		return NULL;
	}
	*len = n / 4 * 3 - padding;
	bytes[*len] = '\0';
	return bytes;
}
