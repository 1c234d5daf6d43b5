// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * JSON from outside: jansson behind a limit of nesting, which it has not, and
 * the lines of an array's elements, which it does not tell.
 */
#include <stdio.h>
#include <string.h>

#include "json.h"
#include "text.h"

/* flannel's own values nest two deep. */
#define DEPTH_MAX	16

/* The character after the string that begins at @s. */
static const char *skip_string(const char *s, const char *end)
{
	for (s++; s < end && *s != '"'; s++)
		if (*s == '\\' && s + 1 < end)
			s++;
	return s < end ? s + 1 : end;
}

static bool too_deep(const char *s, size_t len)
{
	const char *end = s + len;
	unsigned int depth = 0;

	while (s < end) {
		if (*s == '"') {
			s = skip_string(s, end);
			continue;
		}
		if (*s == '{' || *s == '[')
			depth++;
		else if ((*s == '}' || *s == ']') && depth)
			depth--;
		if (depth > DEPTH_MAX)
			return true;
		s++;
	}
	return false;
}

/**
 * json_parse - Parse a JSON text
 * @text: The text.
 * @len: Its length.
 * @why: What is wrong with it, JSON_WHY bytes, fit to be printed.
 * @line: Where that is, may be NULL.
 *
 * Return: The value, NULL if there is something wrong: not JSON, a key twice
 * in an object, nested too deeply.
 */
json_t *json_parse(const char *text, size_t len, char *why,
		   unsigned int *line)
{
	char whole[JSON_ERROR_TEXT_LENGTH + 16];
	json_error_t error = { .line = 1 };
	json_t *root = NULL;

	if (too_deep(text, len))
		strcpy(error.text, "nested too deeply");
	else
		root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
	if (line)
		*line = error.line > 0 ? (unsigned int)error.line : 1;
	if (root)
		return root;
	snprintf(whole, sizeof(whole), "bad JSON: %s", error.text);
	text_quote(why, JSON_WHY, whole, strlen(whole));
	return NULL;
}

static const char *skip_value(const char *s, const char *end,
			      unsigned int *line)
{
	unsigned int depth = 0;

	while (s < end && (depth || (*s != ',' && *s != ']'))) {
		if (*s == '"') {
			s = skip_string(s, end);
			continue;
		}
		depth += *s == '{' || *s == '[';
		depth -= *s == '}' || *s == ']';
		*line += *s++ == '\n';
	}
	return s;
}

/**
 * json_next_line - Go to the next element of the array that a text is
 * @l: How far we are; the text is known to be good.
 *
 * Return: The line at which the element begins.
 */
unsigned int json_next_line(struct json_lines *l)
{
	unsigned int line;

	while (l->at < l->end && strchr(" \t\r\n[,", *l->at))
		l->line += *l->at++ == '\n';
	line = l->line;
	l->at = skip_value(l->at, l->end, &l->line);
	return line;
}
