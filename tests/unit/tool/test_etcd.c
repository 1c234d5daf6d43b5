// SPDX-License-Identifier: GPL-2.0
/* Names of etcd registries, and base64. */
#include <stdlib.h>

#include "registry/base64.h"
#include "registry/etcd_name.h"
#include "tap.h"

static const struct {
	const char *text;
	const char *endpoints;	/* NULL: the name is bad */
	const char *prefix;
} names[] = {
	{ "10.0.0.1:2379", "10.0.0.1:2379", "/coreos.com/network" },
	{ "10.0.0.1", "10.0.0.1:2379", "/coreos.com/network" },
	{ "10.0.0.1:2379/", "10.0.0.1:2379", "/coreos.com/network" },
	{ "a.example:1,b.example:65535/my/net", "a.example:1 b.example:65535",
	  "/my/net" },
	{ "[fd00::1]:2379/x/", "[fd00::1]:2379", "/x" },
	{ "[fd00::1]", "[fd00::1]:2379", "/coreos.com/network" },
	{ "", NULL, NULL },
	{ "/x", NULL, NULL },
	{ ":2379", NULL, NULL },
	{ "a:", NULL, NULL },
	{ "a:0", NULL, NULL },
	{ "a:65536", NULL, NULL },
	{ "a:+1", NULL, NULL },
	{ "a:01", NULL, NULL },
	{ "a:1,", NULL, NULL },
	{ ",a:1", NULL, NULL },
	{ "a:1,,b:1", NULL, NULL },
	{ "user@a:1", NULL, NULL },
	{ "a:1?x", NULL, NULL },
	{ "a b:1", NULL, NULL },
	{ "a\r\nX: y:1", NULL, NULL },
	{ "[fd00::1:2379", NULL, NULL },
	{ "[x]:1", NULL, NULL },
	{ "[10.0.0.1]:1", NULL, NULL },
	{ "[fd00::1]x:1", NULL, NULL },
	{ "[]:1", NULL, NULL },
};

static void test_names(void)
{
	static const struct registry_options none;
	struct etcd_name name;
	char joined[128];
	size_t i, k;
	bool good;

	for (i = 0; i < ROWS(names); i++) {
		memset(&name, 0, sizeof(name));
		joined[0] = '\0';
		good = !etcd_name_parse(&name, names[i].text, &none);
		for (k = 0; k < name.n; k++)
			strcat(strcat(joined, k ? " " : ""), name.endpoint[k]);
		ok(good == !!names[i].endpoints &&
		   (!good || (!strcmp(joined, names[i].endpoints) &&
			      !strcmp(name.prefix, names[i].prefix))),
		   "etcd name %zu", i + 1);
		etcd_name_free(&name);
	}
}

static void test_ends(void)
{
	static const struct registry_options none;
	struct registry_data data = {};
	struct etcd_name name = {};
	char text[ADDR_TEXT];

	etcd_name_parse(&name, "10.0.0.1:1,[fd00::1]:2,host:3/p/", &none);
	is(name.subnets, "/p/subnets/", "keys of leases begin with a slash");
	is(name.subnets_end, "/p/subnets0", "and end before subnets0");
	etcd_name_addresses(&name, &data);
	ok(data.endpoints == 2 &&
	   !strcmp(addr_text(&data.endpoint[1], text), "fd00::1"),
	   "endpoints that are addresses are noted");
	etcd_name_free(&name);
}

static void test_options(void)
{
	static const struct {
		const char *name;
		struct registry_options o;
		bool tls, good;
	} rows[] = {
		{ "TLS alone", {}, true, true },
		{ "a CA", { .cafile = "ca" }, true, true },
		{ "a CA without TLS", { .cafile = "ca" }, false, false },
		{ "a certificate without TLS",
		  { .certfile = "c", .keyfile = "k" }, false, false },
		{ "a certificate without a key", { .certfile = "c" }, true,
		  false },
		{ "a key that is not there",
		  { .certfile = "c", .keyfile = "/nonexistent/key" }, true,
		  false },
		{ "a password without a name", { .password = "p" }, true,
		  false },
		{ "a name and a password", { .username = "u", .password = "p" },
		  true, true },
	};
	struct etcd_name name;
	size_t i;

	for (i = 0; i < ROWS(rows); i++) {
		memset(&name, 0, sizeof(name));
		name.tls = rows[i].tls;
		ok(!etcd_name_parse(&name, "h:1", &rows[i].o) == rows[i].good,
		   "options: %s", rows[i].name);
		etcd_name_free(&name);
	}
}

static void test_base64(void)
{
	static const struct {
		const char *bytes, *text;
	} good[] = {
		{ "", "" }, { "a", "YQ==" }, { "ab", "YWI=" },
		{ "abc", "YWJj" }, { "abcd", "YWJjZA==" },
		{ "\xff\xfe\xfd", "//79" },
	};
	static const char *const bad[] = {
		"Z", "Zg", "Zg=", "Zg===", "=Zg=", "Zm8=Zm8=", "Zm9v\n",
		" Zm9v", "Zm9_", "Zm9-", "Zm!v", "====",
	};
	char *text, *bytes;
	size_t i, len;

	for (i = 0; i < ROWS(good); i++) {
		text = base64_encode(good[i].bytes, strlen(good[i].bytes));
		bytes = base64_decode(good[i].text, &len);
		ok(text && !strcmp(text, good[i].text) && bytes &&
		   len == strlen(good[i].bytes) &&
		   !strcmp(bytes, good[i].bytes), "base64 '%s'", good[i].text);
		free(text);
		free(bytes);
	}
	for (i = 0; i < ROWS(bad); i++) {
		bytes = base64_decode(bad[i], &len);
		ok(!bytes, "no base64: %zu", i + 1);
		free(bytes);
	}
}

int main(void)
{
	test_names();
	test_ends();
	test_options();
	test_base64();
	return done_testing();
}
