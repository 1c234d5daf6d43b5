// SPDX-License-Identifier: GPL-2.0
/* Addresses, prefixes, MACs, numbers, words and quoted text. */
#include <stdlib.h>

#include "addr.h"
#include "args.h"
#include "tap.h"
#include "text.h"

static const struct {
	const char *text;
	const char *canonical;
} prefixes[] = {
	{ "10.0.0.0/8", "10.0.0.0/8" },
	{ "10.1.2.3", "10.1.2.3/32" },
	{ "0.0.0.0/0", "0.0.0.0/0" },
	{ "255.255.255.255/32", "255.255.255.255/32" },
	{ "2001:db8::/32", "2001:db8::/32" },
	{ "2001:DB8:0:0::/64", "2001:db8::/64" },
	{ "::1", "::1/128" },
	{ "::/0", "::/0" },
	{ "10.0.0.1/8", NULL },
	{ "10.0.0.0/33", NULL },
	{ "10.0.0.0/08", NULL },
	{ "10.0.0.0/", NULL },
	{ "10.0.0.0/+8", NULL },
	{ "10.0.0.0/8 ", NULL },
	{ "010.0.0.0/8", NULL },
	{ "10.0.0/8", NULL },
	{ "2001:db8::1/64", NULL },
	{ "2001:db8::/129", NULL },
	{ "fe80::1%eth0", NULL },
	{ "", NULL },
	{ "/8", NULL },
	{ "10.0.0.0/99999999999999999999", NULL },
};

static const struct {
	const char *text;
	const char *canonical;
} macs[] = {
	{ "02:00:00:00:00:01", "02:00:00:00:00:01" },
	{ "AA-BB-CC-DD-EE-FF", "aa:bb:cc:dd:ee:ff" },
	{ "aabb.ccdd.eeff", "aa:bb:cc:dd:ee:ff" },
	{ "aabbccddeeff", NULL },
	{ "aa:bb:cc:dd:ee", NULL },
	{ "aa:bb:cc:dd:ee:ff:00", NULL },
	{ "aa:bb:cc:dd:ee:fg", NULL },
	{ "aa:bb-cc:dd:ee:ff", NULL },
	{ "aabb:ccdd:eeff", NULL },
	{ "aabb.ccdd.eeff.", NULL },
	{ "a:b:c:d:e:f", NULL },
	{ " aa:bb:cc:dd:ee:ff", NULL },
	{ "", NULL },
};

static const struct {
	const char *text;
	bool good;
} unicast[] = {
	{ "192.168.1.1", true }, { "8.8.8.8", true }, { "1.0.0.1", true },
	{ "2001:db8::1", true }, { "fd00::1", true }, { "::2", true },
	{ "0.0.0.0", false }, { "0.1.2.3", false }, { "127.0.0.1", false },
	{ "224.0.0.1", false }, { "239.255.255.255", false },
	{ "240.0.0.1", false }, { "255.255.255.255", false },
	{ "::", false }, { "::1", false }, { "ff02::1", false },
	{ "fe80::1", false }, { "::ffff:1.2.3.4", false },
};

static const struct {
	const char *a, *b;
	bool overlap;
} overlaps[] = {
	{ "10.0.0.0/8", "10.1.0.0/16", true },
	{ "10.1.0.0/16", "10.0.0.0/8", true },
	{ "10.1.0.0/16", "10.1.0.0/16", true },
	{ "10.1.0.0/16", "10.2.0.0/16", false },
	{ "0.0.0.0/0", "10.2.0.0/16", true },
	{ "0.0.0.0/0", "2001:db8::/32", false },
	{ "10.1.2.0/25", "10.1.2.128/25", false },
	{ "2001:db8::/32", "2001:db8:1::/48", true },
};

static void test_prefixes(void)
{
	char text[PREFIX_TEXT];
	struct prefix p;
	const char *why;
	size_t i;

	for (i = 0; i < ROWS(prefixes); i++) {
		why = prefix_parse(&p, prefixes[i].text);
		ok(!why == !!prefixes[i].canonical &&
		   (why || !strcmp(prefix_text(&p, text),
				   prefixes[i].canonical)),
		   "prefix '%s'%s%s", prefixes[i].text, why ? ": " : "",
		   why ? why : "");
	}
}

static void test_macs(void)
{
	char text[MAC_TEXT];
	struct mac m;
	size_t i;
	bool good;

	for (i = 0; i < ROWS(macs); i++) {
		good = mac_parse(&m, macs[i].text);
		ok(good == !!macs[i].canonical &&
		   (!good || !strcmp(mac_text(&m, text), macs[i].canonical)),
		   "MAC '%s'", macs[i].text);
	}
	ok(mac_parse(&m, "00:00:00:00:00:00") && mac_not_unicast(&m),
	   "the zero MAC is no VTEP's");
	ok(mac_parse(&m, "01:00:5e:00:00:01") && mac_not_unicast(&m),
	   "a multicast MAC is no VTEP's");
	ok(mac_parse(&m, "02:00:00:00:00:01") && !mac_not_unicast(&m),
	   "a local MAC may be a VTEP's");
}

static void test_relations(void)
{
	struct prefix a, b;
	struct addr addr;
	size_t i;

	for (i = 0; i < ROWS(unicast); i++)
		ok(addr_parse(&addr, unicast[i].text) &&
		   !addr_not_unicast(&addr) == unicast[i].good,
		   "%s is%s a host's", unicast[i].text,
		   unicast[i].good ? "" : " not");
	for (i = 0; i < ROWS(overlaps); i++)
		ok(!prefix_parse(&a, overlaps[i].a) &&
		   !prefix_parse(&b, overlaps[i].b) &&
		   prefix_overlaps(&a, &b) == overlaps[i].overlap,
		   "%s and %s %soverlap", overlaps[i].a, overlaps[i].b,
		   overlaps[i].overlap ? "" : "do not ");
}

static void test_numbers(void)
{
	static const struct {
		const char *text;
		uint64_t max;
		bool good;
	} rows[] = {
		{ "0", 10, true }, { "10", 10, true }, { "11", 10, false },
		{ "0x1f", 255, true }, { "0xffffffff", UINT32_MAX, true },
		{ "0x100000000", UINT32_MAX, false }, { "0x", 10, false },
		{ "", 10, false }, { "-1", UINT64_MAX, false },
		{ "+1", 10, false }, { " 1", 10, false }, { "1 ", 10, false },
		{ "010", 100, false }, { "1e3", 10000, false },
		{ "18446744073709551615", UINT64_MAX, false },
		{ "99999999999999999999", UINT64_MAX, false },
		{ "0x-1", UINT64_MAX, false },
	};
	uint64_t n;
	size_t i;

	for (i = 0; i < ROWS(rows); i++)
		ok(text_number(rows[i].text, rows[i].max, &n) == rows[i].good,
		   "number '%s' up to %llu", rows[i].text,
		   (unsigned long long)rows[i].max);
}

static void test_quote(void)
{
	char buf[24];

	is(text_quote(buf, sizeof(buf), "plain text", 10), "plain text",
	   "plain text stays");
	is(text_quote(buf, sizeof(buf), "a\033[2Jb", 6), "a\\x1b[2Jb",
	   "an escape sequence is harmless");
	is(text_quote(buf, sizeof(buf), "a\0b", 3), "a\\x00b", "a NUL");
	is(text_quote(buf, sizeof(buf), "\xff\xfe", 2), "\\xff\\xfe",
	   "bytes that are no text");
	ok(strlen(text_quote(buf, sizeof(buf),
			     "a text that is too long for this", 32)) <
	   sizeof(buf) && strstr(buf, "..."), "a long text is cut");
}

static void test_split(void)
{
	static const struct {
		const char *line;
		const char *expected;
	} rows[] = {
		{ "a b  c", "a|b|c" },
		{ "  a\tb\r\n", "a|b" },
		{ "a # b", "a" },
		{ "a#b", "a#b" },
		{ "'a b' c", "a b|c" },
		{ "\"a 'b\" c", "a 'b|c" },
		{ "x\"a b\"y", "xa by" },
		{ "''", "" },
		{ "# all", NULL },
		{ "", NULL },
	};
	char line[64], joined[64];
	char **word;
	size_t i;
	int n, k;

	for (i = 0; i < ROWS(rows); i++) {
		snprintf(line, sizeof(line), "%s", rows[i].line);
		joined[0] = '\0';
		n = args_split(line, &word);
		for (k = 0; k < n; k++)
			strcat(strcat(joined, k ? "|" : ""), word[k]);
		ok(rows[i].expected ? n > 0 && !strcmp(joined,
						       rows[i].expected) :
		   n == 0, "words of '%zu'", i);
		free(word);
	}
	snprintf(line, sizeof(line), "a 'b");
	ok(args_split(line, &word) == -2, "a quote that is not closed");
}

int main(void)
{
	test_prefixes();
	test_macs();
	test_relations();
	test_numbers();
	test_quote();
	test_split();
	return done_testing();
}
