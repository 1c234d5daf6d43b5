// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Answers as text and as JSON from the same calls, written as they come.
 *
 * Text is a line of words an object: "key value key value". JSON is an array
 * of objects, or with @lines one object a line. Nothing is kept but how deep
 * we are, so the size of a table does not matter.
 */
#include <string.h>

#include "print.h"

#define COLOR_DEV	"\033[36m"
#define COLOR_MAC	"\033[33m"
#define COLOR_INET	"\033[35m"
#define COLOR_INET6	"\033[34m"
#define COLOR_UP	"\033[32m"
#define COLOR_DOWN	"\033[31m"
#define COLOR_OFF	"\033[0m"

static void json_indent(struct printer *p)
{
	unsigned int i;

	if (!p->pretty)
		return;
	fputc('\n', p->file);
	for (i = 0; i < p->depth; i++)
		fputs("    ", p->file);
}

/* Length of the UTF-8 sequence at @s, 0 if it is not one. */
static unsigned int utf8_len(const unsigned char *s)
{
	unsigned int n = 0, i;

	if (s[0] >= 0xc2 && s[0] <= 0xdf)
		n = 2;
	else if (s[0] >= 0xe0 && s[0] <= 0xef)
		n = 3;
	else if (s[0] >= 0xf0 && s[0] <= 0xf4)
		n = 4;
	for (i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
	    (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return n;
}

static void json_string(struct printer *p, const char *text)
{
	const unsigned char *s = (const unsigned char *)text;
	unsigned int n;

	fputc('"', p->file);
	while (*s) {
		n = utf8_len(s);
		if (n)
			fwrite(s, 1, n, p->file);
		else if (*s >= 0x80)
			fputs("\\ufffd", p->file);
		else if (*s < 0x20 || *s == 0x7f)
			fprintf(p->file, "\\u%04x", *s);
		else if (*s == '"' || *s == '\\')
			fprintf(p->file, "\\%c", *s);
		else
			fputc(*s, p->file);
		s += n ? n : 1;
	}
	fputc('"', p->file);
}

/* What comes before a member of the innermost array or object. */
static void json_member(struct printer *p, const char *key)
{
	if (p->members[p->depth]++)
		fputc(',', p->file);
	if (p->depth)
		json_indent(p);
	if (key && !p->array) {
		json_string(p, key);
		fputs(p->pretty ? ": " : ":", p->file);
	}
}

static void json_open(struct printer *p, const char *key, char bracket)
{
	json_member(p, key);
	fputc(bracket, p->file);
	if (p->depth < PRINT_DEPTH_MAX - 1)
		p->depth++;
	p->members[p->depth] = 0;
}

static void json_close(struct printer *p, char bracket)
{
	bool empty = !p->members[p->depth];

	if (p->depth)
		p->depth--;
	if (!empty)
		json_indent(p);
	fputc(bracket, p->file);
}

/* What comes before a word of text. */
static void text_gap(struct printer *p)
{
	if (p->line_break && p->mid)
		fputs(p->oneline ? "\\   " : "\n   ", p->file);
	p->line_break = false;
	if (p->mid)
		fputc(' ', p->file);
	p->mid = true;
}

static void text_bytes(struct printer *p, const char *text)
{
	const unsigned char *s = (const unsigned char *)text;
	unsigned int n;

	for (; *s; s += n) {
		n = utf8_len(s);
		/* C1 controls are two bytes and act on terminals as well. */
		if (n && !(s[0] == 0xc2 && s[1] < 0xa0)) {
			fwrite(s, 1, n, p->file);
			continue;
		}
		n = 1;
		if (*s < 0x20 || *s >= 0x7f)
			fprintf(p->file, "\\x%02x", *s);
		else
			fputc(*s, p->file);
	}
}

static void text_word(struct printer *p, const char *word, const char *color)
{
	bool next = p->array && !p->label;

	if (p->label) {
		text_gap(p);
		fputs(p->label, p->file);
		p->label = NULL;
	}
	if (next)
		fputc(',', p->file);
	else
		text_gap(p);
	if (color && p->color)
		fputs(color, p->file);
	text_bytes(p, word);
	if (color && p->color)
		fputs(COLOR_OFF, p->file);
}

/**
 * print_start - Begin an answer
 * @p: The printer.
 */
void print_start(struct printer *p)
{
	if (p->json && !p->lines)
		json_open(p, NULL, '[');
}

/**
 * print_finish - End an answer and write it out
 * @p: The printer.
 *
 * Return: 0, or -1 if not all could be written.
 */
int print_finish(struct printer *p)
{
	if (p->json && !p->lines) {
		json_close(p, ']');
		fputc('\n', p->file);
		p->members[0] = 0;
	}
	memset(p->dev, 0, sizeof(p->dev));
	return fflush(p->file) || ferror(p->file) ? -1 : 0;
}

/**
 * print_object - Begin an object
 * @p: The printer.
 * @key: Its name inside the outer object; NULL for one of the answer's own.
 */
void print_object(struct printer *p, const char *key)
{
	p->objects++;
	if (p->json)
		json_open(p, key, '{');
	else
		p->label = key;
}

/* The whole of an object of the answer's own has been printed. */
static void end_line(struct printer *p)
{
	if (p->json ? p->lines : p->mid)
		fputc('\n', p->file);
	if (p->lines)
		p->members[0] = 0;
	p->mid = false;
	p->line_break = false;
}

/**
 * print_object_end - End an object; in text, the line if it was a whole one
 * @p: The printer.
 */
void print_object_end(struct printer *p)
{
	p->objects--;
	p->label = NULL;
	if (p->json)
		json_close(p, '}');
	if (!p->objects)
		end_line(p);
}

/**
 * print_array - Begin an array of values
 * @p: The printer.
 * @key: Its name.
 */
void print_array(struct printer *p, const char *key)
{
	if (p->json)
		json_open(p, key, '[');
	else
		p->label = key;
	p->array = true;
}

/**
 * print_array_end - End an array
 * @p: The printer.
 */
void print_array_end(struct printer *p)
{
	p->array = false;
	p->label = NULL;
	if (p->json)
		json_close(p, ']');
}

/**
 * print_break - Text: what follows goes to a line of its own
 * @p: The printer.
 */
void print_break(struct printer *p)
{
	p->line_break = true;
}

/**
 * print_note - Text that JSON has no need of
 * @p: The printer.
 * @text: The words.
 */
void print_note(struct printer *p, const char *text)
{
	if (!p->json && !p->hidden)
		text_word(p, text, NULL);
}

/* The one function through which every string goes. */
static void emit(struct printer *p, const char *key, const char *value,
		 const char *color, bool bare)
{
	if (p->json) {
		json_member(p, key);
		json_string(p, value);
		return;
	}
	if (p->hidden)
		return;
	if (!bare && !p->array)
		text_word(p, key, NULL);
	text_word(p, value, color);
}

static void emit_number(struct printer *p, const char *key, uint64_t value,
			const char *format)
{
	char text[32];

	if (p->json) {
		json_member(p, key);
		fprintf(p->file, "%llu", (unsigned long long)value);
		return;
	}
	snprintf(text, sizeof(text), format, (unsigned long long)value);
	emit(p, key, text, NULL, false);
}

/**
 * print_word - A key and a string
 * @p: The printer.
 * @key: The key, ignored inside an array.
 * @value: The string, any bytes.
 */
void print_word(struct printer *p, const char *key, const char *value)
{
	emit(p, key, value, NULL, false);
}

/**
 * print_value - A string whose key text leaves out
 * @p: The printer.
 * @key: The key, for JSON.
 * @value: The string.
 */
void print_value(struct printer *p, const char *key, const char *value)
{
	emit(p, key, value, NULL, true);
}

/**
 * print_flag - A key that is there, JSON true
 * @p: The printer.
 * @key: The key.
 */
void print_flag(struct printer *p, const char *key)
{
	print_state(p, key, true, key, key);
}

/**
 * print_state - One of two words in text, true or false in JSON
 * @p: The printer.
 * @key: The key, for JSON.
 * @on: Which one.
 * @yes: The word for true.
 * @no: The word for false.
 */
void print_state(struct printer *p, const char *key, bool on,
		 const char *yes, const char *no)
{
	if (p->json) {
		json_member(p, key);
		fputs(on ? "true" : "false", p->file);
		return;
	}
	emit(p, key, on ? yes : no, yes == no ? NULL :
	     on ? COLOR_UP : COLOR_DOWN, true);
}

/**
 * print_number - A key and a number
 * @p: The printer.
 * @key: The key.
 * @value: The number.
 */
void print_number(struct printer *p, const char *key, uint64_t value)
{
	emit_number(p, key, value, "%llu");
}

/**
 * print_hex - A key and a number that people read as hex
 * @p: The printer.
 * @key: The key.
 * @value: The number; JSON has no hex and gets it in decimal.
 */
void print_hex(struct printer *p, const char *key, uint64_t value)
{
	emit_number(p, key, value, "0x%llx");
}

/**
 * print_count - A number before its key, commas between: "3 added, 1 removed"
 * @p: The printer.
 * @key: The key.
 * @value: The number.
 */
void print_count(struct printer *p, const char *key, uint64_t value)
{
	if (p->json) {
		emit_number(p, key, value, "%llu");
		return;
	}
	if (p->mid)
		fputc(',', p->file);
	text_gap(p);
	fprintf(p->file, "%llu %s", (unsigned long long)value, key);
}

/**
 * device_name - Name of a device
 * @p: The printer. What it prints is of a few devices, thousands of times:
 *     the kernel is asked for each once an answer.
 * @ifindex: Its index.
 *
 * Return: The name, until the next call; "if7" if it is gone.
 */
const char *device_name(struct printer *p, uint32_t ifindex)
{
	struct dev_name *d = &p->dev[ifindex % PRINT_DEVS];

	if (d->ifindex != ifindex && !if_indextoname(ifindex, d->name))
		snprintf(d->name, sizeof(d->name), "if%u", ifindex);
	d->ifindex = ifindex;
	return d->name;
}

/**
 * print_dev - A key and a device name
 * @p: The printer.
 * @key: The key.
 * @name: The name.
 */
void print_dev(struct printer *p, const char *key, const char *name)
{
	emit(p, key, name, COLOR_DEV, false);
}

/**
 * print_name - A device name whose key text leaves out
 * @p: The printer.
 * @key: The key, for JSON.
 * @name: The name.
 */
void print_name(struct printer *p, const char *key, const char *name)
{
	emit(p, key, name, COLOR_DEV, true);
}

static const char *addr_color(const struct addr *a)
{
	return a->len == 4 ? COLOR_INET : COLOR_INET6;
}

/**
 * print_addr - A key and an address
 * @p: The printer.
 * @key: The key; NULL key text is never printed, for use in arrays.
 * @a: The address.
 */
void print_addr(struct printer *p, const char *key, const struct addr *a)
{
	char text[ADDR_TEXT];

	emit(p, key, addr_text(a, text), addr_color(a), false);
}

/**
 * print_mac - A key and a MAC
 * @p: The printer.
 * @key: The key.
 * @m: The MAC.
 */
void print_mac(struct printer *p, const char *key, const struct mac *m)
{
	char text[MAC_TEXT];

	emit(p, key, mac_text(m, text), COLOR_MAC, false);
}

/**
 * print_prefix - A prefix whose key text leaves out
 * @p: The printer.
 * @key: The key, for JSON.
 * @prefix: The prefix.
 */
void print_prefix(struct printer *p, const char *key,
		  const struct prefix *prefix)
{
	char text[PREFIX_TEXT];

	emit(p, key, prefix_text(prefix, text), addr_color(&prefix->addr),
	     true);
}
