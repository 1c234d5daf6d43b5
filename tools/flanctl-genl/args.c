// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The words of a command, from the command line or a line of a file, and the
 * values that follow a key word. Functions that return an int print what is
 * wrong and return EXIT_WRONG, or 0.
 */
#include <stdlib.h>
#include <string.h>

#include <linux/flannel.h>

#include "args.h"
#include "error.h"
#include "text.h"

/**
 * args_peek - The next word
 * @a: The words.
 *
 * Return: The word, NULL if there is none.
 */
const char *args_peek(const struct args *a)
{
	return a->next < a->count ? a->word[a->next] : NULL;
}

/**
 * args_next - Take the next word
 * @a: The words.
 *
 * Return: The word, NULL if there is none.
 */
const char *args_next(struct args *a)
{
	return a->next < a->count ? a->word[a->next++] : NULL;
}

/**
 * args_accept - Take the next word if it is a certain one
 * @a: The words.
 * @word: The word, in full.
 *
 * Return: true if it was taken.
 */
bool args_accept(struct args *a, const char *word)
{
	const char *next = args_peek(a);

	if (!next || strcmp(next, word))
		return false;
	a->next++;
	return true;
}

/**
 * args_value - Take the value of a key word
 * @a: The words after the key.
 * @key: The key, for the message.
 * @value: Where the value goes.
 *
 * Return: 0 or EXIT_WRONG.
 */
int args_value(struct args *a, const char *key, const char **value)
{
	*value = args_next(a);
	if (!*value)
		return fail(EXIT_WRONG, "'%s' needs a value", key);
	return 0;
}

static int bad_value(const char *key, const char *value, const char *what)
{
	char quoted[80];

	text_quote(quoted, sizeof(quoted), value, strlen(value));
	return fail(EXIT_WRONG, "%s '%s': %s", key, quoted, what);
}

/**
 * args_number - Take a number
 * @a: The words after the key.
 * @key: The key, for the message.
 * @min: Smallest value allowed.
 * @max: Largest value allowed.
 * @value: Where it goes.
 *
 * Return: 0 or EXIT_WRONG.
 */
int args_number(struct args *a, const char *key, uint64_t min, uint64_t max,
		uint64_t *value)
{
	const char *text;

	if (args_value(a, key, &text))
		return EXIT_WRONG;
	if (text_number(text, max, value) && *value >= min)
		return 0;
	return fail(EXIT_WRONG, "%s: expected a number from %llu to %llu", key,
		    (unsigned long long)min, (unsigned long long)max);
}

/**
 * args_addr - Take an address
 * @a: The words after the key.
 * @key: The key, for the message.
 * @value: Where it goes.
 *
 * Return: 0 or EXIT_WRONG.
 */
int args_addr(struct args *a, const char *key, struct addr *value)
{
	const char *text;

	if (args_value(a, key, &text))
		return EXIT_WRONG;
	if (!addr_parse(value, text))
		return bad_value(key, text, "not an IP address");
	return 0;
}

/**
 * args_mac - Take a MAC
 * @a: The words after the key.
 * @key: The key, for the message.
 * @value: Where it goes; multicast and zero are refused.
 *
 * Return: 0 or EXIT_WRONG.
 */
int args_mac(struct args *a, const char *key, struct mac *value)
{
	const char *text;

	if (args_value(a, key, &text))
		return EXIT_WRONG;
	if (!mac_parse(value, text))
		return bad_value(key, text, "not a MAC");
	if (mac_not_unicast(value))
		return bad_value(key, text, mac_not_unicast(value));
	return 0;
}

/* 1 to FLANNEL_OWNER_MAX printable ASCII characters without spaces. */
static bool owner_valid(const char *owner)
{
	size_t len = strlen(owner), i;

	if (!len || len > FLANNEL_OWNER_MAX)
		return false;
	for (i = 0; i < len; i++)
		if (owner[i] <= ' ' || owner[i] > '~')
			return false;
	return true;
}

/**
 * args_owner - Take an owner tag
 * @a: The words after the key.
 * @key: The key, for the message.
 * @owner: Where it goes.
 * @size: Room there, more than FLANNEL_OWNER_MAX.
 *
 * Return: 0 or EXIT_WRONG.
 */
int args_owner(struct args *a, const char *key, char *owner, size_t size)
{
	const char *text;

	if (args_value(a, key, &text))
		return EXIT_WRONG;
	if (!owner_valid(text) || strlen(text) >= size)
		return bad_value(key, text,
				 "not a tag of 1 to 15 printable characters");
	memcpy(owner, text, strlen(text) + 1);
	return 0;
}

/**
 * args_unknown - Refuse the next word
 * @a: The words.
 *
 * Return: EXIT_WRONG.
 */
int args_unknown(const struct args *a)
{
	const char *word = args_peek(a);
	char quoted[80];

	if (!word)
		return fail(EXIT_WRONG, "the command ends too early");
	text_quote(quoted, sizeof(quoted), word, strlen(word));
	return fail(EXIT_WRONG, "'%s' is not expected here", quoted);
}

/**
 * args_end - Check that all words have been read
 * @a: The words.
 *
 * Return: 0 or EXIT_WRONG.
 */
int args_end(const struct args *a)
{
	return args_peek(a) ? args_unknown(a) : 0;
}

/* Copy one word to @out without its quotes; what follows it. */
static char *take_word(char *in, char *out)
{
	char quote = 0;

	for (; *in && (quote || !strchr(" \t\r\n", *in)); in++) {
		if (quote ? *in == quote : *in == '"' || *in == '\'')
			quote = quote ? 0 : *in;
		else
			*out++ = *in;
	}
	if (*in)
		in++;
	*out = '\0';
	return quote ? NULL : in;
}

/**
 * args_split - Split a line into words
 * @line: The line, changed; the words point into it. Words are separated by
 *	white space, may be quoted with ' or ", and # begins a comment.
 * @words: Where the array goes, to be freed.
 *
 * Return: How many words; -1: no memory; -2: a quote is not closed.
 */
int args_split(char *line, char ***words)
{
	char **word = calloc(strlen(line) / 2 + 2, sizeof(*word));
	char *in = line, *start;
	int n = 0;

	if (!word)
		return -1;
	for (;;) {
		in += strspn(in, " \t\r\n");
		if (!*in || *in == '#')
			break;
		start = in;
		in = take_word(in, start);
		if (!in) {
			free(word);
			return -2;
		}
		word[n++] = start;
	}
	*words = word;
	return n;
}
