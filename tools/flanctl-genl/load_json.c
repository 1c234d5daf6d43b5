// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The JSON form of a load file: what "flanctl-genl -j subnet show" prints.
 */
#include <jansson.h>
#include <string.h>

#include "args.h"
#include "error.h"
#include "json.h"
#include "load.h"
#include "text.h"

static int wrong(const char *key, const char *what)
{
	return fail(EXIT_WRONG, "\"%s\": %s", key, what);
}

static int take_prefix(struct subnet *s, const json_t *value)
{
	const char *why = prefix_parse(&s->prefix, json_string_value(value));

	return why ? wrong("prefix", why) : 0;
}

static int take_via(struct subnet *s, const json_t *value)
{
	if (!addr_parse(&s->via, json_string_value(value)))
		return wrong("via", "not an IP address");
	return 0;
}

static int take_lladdr(struct subnet *s, const json_t *value)
{
	s->has_lladdr = mac_parse(&s->lladdr, json_string_value(value));
	if (!s->has_lladdr)
		return wrong("lladdr", "not a MAC");
	if (mac_not_unicast(&s->lladdr))
		return wrong("lladdr", mac_not_unicast(&s->lladdr));
	return 0;
}

static int take_encap(struct subnet *s, const json_t *value)
{
	return encap_parse(s, json_string_value(value));
}

static int take_src(struct subnet *s, const json_t *value)
{
	const json_t *one;
	size_t i;

	for (i = 0; i < json_array_size(value); i++) {
		one = json_array_get(value, i);
		if (!json_is_string(one))
			return wrong("src", "not an array of strings");
		if (src_parse(s, json_string_value(one)))
			return EXIT_WRONG;
	}
	return 0;
}

static int take_local(struct subnet *s, const json_t *value)
{
	s->local = json_is_true(value);
	return 0;
}

static const struct {
	const char *key;
	json_type type;
	int (*take)(struct subnet *s, const json_t *value);
} keys[] = {
	{ "prefix", JSON_STRING, take_prefix },
	{ "local", JSON_TRUE, take_local },
	{ "via", JSON_STRING, take_via },
	{ "lladdr", JSON_STRING, take_lladdr },
	{ "encap", JSON_STRING, take_encap },
	{ "src", JSON_ARRAY, take_src },
	{ "owner", JSON_STRING, NULL },
	{ "generation", JSON_INTEGER, NULL },
	{ "dev", JSON_STRING, NULL },
	{ "way", JSON_STRING, NULL },
	{ "way-via", JSON_STRING, NULL },
	{ "way-dev", JSON_STRING, NULL },
	{ "why", JSON_STRING, NULL },
};

static int take_member(struct subnet *s, const char *key, const json_t *value)
{
	char quoted[80];
	size_t i;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (strcmp(key, keys[i].key))
			continue;
		if (json_typeof(value) != keys[i].type)
			return wrong(key, "a value of another type is expected");
		return keys[i].take ? keys[i].take(s, value) : 0;
	}
	return fail(EXIT_WRONG, "unknown key '%s'",
		    text_quote(quoted, sizeof(quoted), key, strlen(key)));
}

static int take_object(struct load *l, json_t *object, unsigned int line)
{
	struct subnet s = {};
	const char *key;
	json_t *value;

	if (!json_is_object(object))
		return fail(EXIT_WRONG, "not an object");
	json_object_foreach(object, key, value)
		if (take_member(&s, key, value))
			return EXIT_WRONG;
	if (!s.prefix.addr.len)
		return fail(EXIT_WRONG, "\"prefix\" is missing");
	if (subnet_check(&s))
		return EXIT_WRONG;
	return load_add(l, &s, line);
}

static int take_array(struct load *l, const json_t *array, const char *text,
		      size_t len)
{
	struct json_lines lines = {
		.at = text,
		.end = text + len,
		.line = 1,
	};
	unsigned int line;
	int errors = 0;
	size_t i;

	for (i = 0; i < json_array_size(array) && errors < LOAD_ERRORS_MAX;
	     i++) {
		line = json_next_line(&lines);
		error_place(l->file, line);
		errors += !!take_object(l, json_array_get(array, i), line);
	}
	return errors ? EXIT_WRONG : 0;
}

/**
 * load_json - Read a load file that is JSON
 * @l: Where the entries go.
 * @text: The content; a NUL follows it.
 * @len: Its length.
 *
 * Return: 0, EXIT_WRONG or EXIT_REFUSED, after it said why.
 */
int load_json(struct load *l, const char *text, size_t len)
{
	struct error_place before;
	char why[JSON_WHY];
	unsigned int line;
	json_t *root;
	int err;

	root = json_parse(text, len, why, &line);
	if (!root)
		return fail(EXIT_WRONG, "%s:%u: %s", l->file, line, why);
	before = error_place(NULL, 0);
	if (json_is_array(root))
		err = take_array(l, root, text, len);
	else
		err = fail(EXIT_WRONG, "%s: expected an array of objects",
			   l->file);
	error_place(before.file, before.line);
	json_decref(root);
	return err;
}
