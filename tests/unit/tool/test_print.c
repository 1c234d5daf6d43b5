// SPDX-License-Identifier: GPL-2.0
/*
 * One call, two forms: whatever is printed, the words of the text are the
 * keys and values of the JSON, in the same order, and the JSON is valid.
 */
#include <jansson.h>
#include <stdlib.h>

#include "link.h"
#include "print.h"
#include "subnet.h"
#include "tap.h"

#define OUTPUT	8192

static void subnets(struct printer *p)
{
	struct subnet s = { .owner = "sync", .generation = 7 };

	prefix_parse(&s.prefix, "10.1.0.0/24");
	addr_parse(&s.via, "1.1.1.1");
	s.has_lladdr = mac_parse(&s.lladdr, "02:00:00:00:00:01");
	addr_parse(&s.src[s.src_count++], "2.2.2.2");
	addr_parse(&s.src[s.src_count++], "fd00::1");
	print_object(p, NULL);
	subnet_print(p, &s, "flannel.1", true);
	print_object_end(p);
	s = (struct subnet){ .local = true, .owner = "a b\"\\" };
	prefix_parse(&s.prefix, "2001:db8::/64");
	print_object(p, NULL);
	subnet_print(p, &s, "fl\xc3\xa4", true);
	print_object_end(p);
}

static void links(struct printer *p)
{
	struct link l = { .ifindex = 3, .name = "flannel.1", .mtu = 1450 };
	size_t i;

	for (i = 0; i < LINK_ROWS; i++)
		l.value[i].set = true;
	l.value[LINK_FWMARK].number = 1;
	addr_parse(&l.value[LINK_LOCAL].addr, "192.168.77.1");
	memcpy(l.value[LINK_UNDERLAY].name, "eth0", 5);
	prefix_parse(&l.value[LINK_NET4].prefix, "10.244.0.0/16");
	prefix_parse(&l.value[LINK_NET6].prefix, "2001:cafe:42::/56");
	print_object(p, NULL);
	link_print(p, &l, false);
	link_print_stats(p, &l.stats);
	print_object_end(p);
}

static void summary(struct printer *p)
{
	struct counts c = { 1, 2, 3, 4 };

	print_object(p, NULL);
	counts_print(p, &c);
	print_object_end(p);
}

static void nested(struct printer *p)
{
	print_object(p, NULL);
	print_dev(p, "dev", "x");
	print_object(p, "drops");
	print_number(p, "tx-miss", 1);
	print_number(p, "rx-owner", 2);
	print_object_end(p);
	print_object_end(p);
}

static void nothing(struct printer *p)
{
	(void)p;
}

static char *print(void (*what)(struct printer *), struct printer how)
{
	char *buf = calloc(1, OUTPUT);

	how.file = fmemopen(buf, OUTPUT, "w");
	if (!how.lines)
		print_start(&how);
	what(&how);
	print_finish(&how);
	fclose(how.file);
	return buf;
}

static void words_of(const json_t *value, char *out)
{
	char number[32];
	const json_t *one;
	const char *key;
	size_t i;

	if (json_is_object(value)) {
		json_object_foreach((json_t *)value, key, one) {
			strcat(strcat(out, " "), key);
			words_of(one, out);
		}
	} else if (json_is_array(value)) {
		json_array_foreach(value, i, one)
			words_of(one, out);
	} else if (json_is_string(value)) {
		strcat(strcat(out, " "), json_string_value(value));
	} else if (json_is_integer(value)) {
		snprintf(number, sizeof(number), " %lld",
			 (long long)json_integer_value(value));
		strcat(out, number);
	}
}

/* Every word of the text is a word of the JSON, in this order. */
static bool same_words(const char *json, char *text)
{
	json_t *root = json_loads(json, JSON_REJECT_DUPLICATES, NULL);
	char *words = calloc(1, OUTPUT), *at = words, *word, *save = NULL;
	bool same = root;

	if (root)
		words_of(root, words);
	for (word = strtok_r(text, " ,\n", &save); word && same;
	     word = strtok_r(NULL, " ,\n", &save)) {
		if (!strncmp(word, "0x", 2))
			word += 2;
		if (!strcmp(word, "down") || !strcmp(word, "up"))
			continue;
		at = strstr(at, word);
		same = at;
		at = at ? at + strlen(word) : words;
		if (!same)
			printf("# no '%s' in%s\n", word, words);
	}
	json_decref(root);
	free(words);
	return same;
}

static void test_same(const char *name, void (*what)(struct printer *))
{
	static const struct printer text = {};
	static const struct printer json = { .json = true };
	static const struct printer pretty = { .json = true, .pretty = true };
	char *j = print(what, json), *p = print(what, pretty);
	char *t = print(what, text);
	json_t *a = json_loads(j, 0, NULL), *b = json_loads(p, 0, NULL);

	ok(a && b && json_is_array(a) && json_equal(a, b),
	   "%s: JSON is an array, pretty or not", name);
	ok(same_words(j, t), "%s: text and JSON say the same", name);
	json_decref(a);
	json_decref(b);
	free(j);
	free(p);
	free(t);
}

static void test_form(const char *name, void (*what)(struct printer *),
		      struct printer how, const char *expected)
{
	char *got = print(what, how);

	is(got, expected, name);
	free(got);
}

static void strings(struct printer *p)
{
	print_object(p, NULL);
	print_word(p, "a", "\"\\\n\x01\x7f\xff\xc3\xa4\xc2\x9b");
	print_object_end(p);
}

static void hidden(struct printer *p)
{
	print_object(p, NULL);
	print_number(p, "a", 1);
	p->hidden = true;
	print_break(p);
	print_number(p, "b", 2);
	print_array(p, "c");
	print_value(p, NULL, "d");
	print_array_end(p);
	p->hidden = false;
	print_flag(p, "e");
	print_object_end(p);
}

static void colors(struct printer *p)
{
	struct addr a;

	addr_parse(&a, "1.1.1.1");
	print_object(p, NULL);
	print_addr(p, "via", &a);
	print_object_end(p);
}

int main(void)
{
	test_same("subnets", subnets);
	test_same("links", links);
	test_same("nested objects", nested);
	test_same("nothing", nothing);

	test_form("nothing is []", nothing, (struct printer){ .json = true },
		  "[]\n");
	test_form("nothing is no text", nothing, (struct printer){}, "");
	test_form("a summary", summary, (struct printer){},
		  "1 added, 2 changed, 3 removed, 4 unchanged\n");
	test_form("a summary as JSON", summary,
		  (struct printer){ .json = true },
		  "[{\"added\":1,\"changed\":2,\"removed\":3,\"unchanged\":4}]\n");
	test_form("nested text", nested, (struct printer){},
		  "dev x drops tx-miss 1 rx-owner 2\n");
	test_form("one object a line", nested,
		  (struct printer){ .json = true, .lines = true },
		  "{\"dev\":\"x\",\"drops\":{\"tx-miss\":1,\"rx-owner\":2}}\n");
	test_form("hostile text", strings, (struct printer){},
		  "a \"\\\\x0a\\x01\\x7f\\xff\xc3\xa4\\xc2\\x9b\n");
	test_form("hostile text as JSON", strings,
		  (struct printer){ .json = true },
		  "[{\"a\":\"\\\"\\\\\\u000a\\u0001\\u007f\\ufffd\xc3\xa4\xc2\x9b\"}]\n");
	test_form("hidden from text", hidden, (struct printer){},
		  "a 1\n    e\n");
	test_form("on one line", hidden, (struct printer){ .oneline = true },
		  "a 1\\    e\n");
	test_form("not from JSON", hidden, (struct printer){ .json = true },
		  "[{\"a\":1,\"b\":2,\"c\":[\"d\"],\"e\":true}]\n");
	test_form("colours", colors, (struct printer){ .color = true },
		  "via \033[35m1.1.1.1\033[0m\n");
	return done_testing();
}
