/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef FLANCTL_PRINT_H
#define FLANCTL_PRINT_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "addr.h"

#define PRINT_DEPTH_MAX	8
#define PRINT_DEVS	8

/**
 * struct dev_name - A device whose name was asked for.
 * @ifindex: Its index; 0: none.
 * @name: Its name.
 */
struct dev_name {
	uint32_t ifindex;
	char name[IF_NAMESIZE];
};

/**
 * struct printer - One stream of answers, as text or as JSON.
 * @file: Where it goes.
 * @json: JSON, else text.
 * @pretty: Indent JSON.
 * @oneline: Text: one line an object, inner line breaks become '\'.
 * @color: Text: ANSI colours.
 * @lines: JSON: one object a line instead of one array.
 * @hidden: What is printed now is for JSON only.
 * @depth: How many JSON arrays and objects are open.
 * @members: How many members each of them has so far.
 * @objects: How many objects are open.
 * @array: An array of values is open.
 * @mid: Text: something is on the line already.
 * @label: Text: word to be printed before the next one, if there is one.
 * @line_break: Text: the next word goes to a new line.
 * @dev: Devices of this answer, by index; one takes another's place.
 *
 * Every call feeds both forms: text "key value", JSON "key":value.
 */
struct printer {
	FILE *file;
	bool json;
	bool pretty;
	bool oneline;
	bool color;
	bool lines;
	bool hidden;
	unsigned int depth;
	unsigned int members[PRINT_DEPTH_MAX];
	unsigned int objects;
	bool array;
	bool mid;
	const char *label;
	bool line_break;
	struct dev_name dev[PRINT_DEVS];
};

void print_start(struct printer *p);
int print_finish(struct printer *p);
void print_object(struct printer *p, const char *key);
void print_object_end(struct printer *p);
void print_array(struct printer *p, const char *key);
void print_array_end(struct printer *p);
void print_break(struct printer *p);
void print_note(struct printer *p, const char *text);

void print_word(struct printer *p, const char *key, const char *value);
void print_value(struct printer *p, const char *key, const char *value);
void print_flag(struct printer *p, const char *key);
void print_state(struct printer *p, const char *key, bool on,
		 const char *yes, const char *no);
void print_number(struct printer *p, const char *key, uint64_t value);
void print_hex(struct printer *p, const char *key, uint64_t value);
void print_count(struct printer *p, const char *key, uint64_t value);

const char *device_name(struct printer *p, uint32_t ifindex);
void print_dev(struct printer *p, const char *key, const char *name);
void print_name(struct printer *p, const char *key, const char *name);
void print_addr(struct printer *p, const char *key, const struct addr *a);
void print_mac(struct printer *p, const char *key, const struct mac *m);
void print_prefix(struct printer *p, const char *key,
		  const struct prefix *prefix);

#endif /* FLANCTL_PRINT_H */
