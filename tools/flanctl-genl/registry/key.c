// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Keys of leases: "10.50.50.0-24", "10.50.86.0-24&2001:cafe:42:4a::-64", and
 * "0.0.0.0-0&2001:cafe:42:3f::-64" of an IPv6-only node.
 *
 * Stock flannel searches such a text anywhere in the key. Here the whole key
 * has to be it, in the one form in which flannel writes it.
 */
#include <stdio.h>
#include <string.h>

#include "../text.h"
#include "key.h"

/* Lengths that stock flannel can parse. */
#define V4_LEN_MAX	31
#define V6_LEN_MAX	127

static const char *parse_half(const char *text, size_t len, uint8_t family,
			      unsigned int max, struct prefix *p)
{
	const char *dash = memchr(text, '-', len);
	char address[ADDR_TEXT], canonical[ADDR_TEXT];
	size_t n = dash ? (size_t)(dash - text) : 0;
	struct addr given;
	uint64_t bits;

	if (!dash || n >= sizeof(address))
		return "not ADDRESS-LENGTH";
	memcpy(address, text, n);
	address[n] = '\0';
	if (strlen(address) != n || !addr_parse(&given, address) ||
	    given.len != family || (family == 16 && strchr(address, '.')))
		return "not an address of the right family";
	if (strcmp(addr_text(&given, canonical), address))
		return "the address is not in its canonical form";
	if (!text_decimal(dash + 1, len - n - 1, max, &bits))
		return "not a prefix length";
	p->addr = given;
	p->len = (uint8_t)bits;
	prefix_mask(p);
	if (addr_cmp(&p->addr, &given))
		return "address bits are set beyond the prefix length";
	return NULL;
}

/**
 * key_parse - Parse the key of a lease
 * @text: What follows "subnets/", any bytes.
 * @len: Its length.
 * @key: Where the subnets go.
 *
 * Return: NULL, or what is wrong.
 */
const char *key_parse(const char *text, size_t len, struct lease_key *key)
{
	const char *and = memchr(text, '&', len);
	size_t n = and ? (size_t)(and - text) : len;
	const char *why;

	memset(key, 0, sizeof(*key));
	why = parse_half(text, n, 4, V4_LEN_MAX, &key->v4);
	if (!why && and)
		why = parse_half(and + 1, len - n - 1, 16, V6_LEN_MAX,
				 &key->v6);
	if (why)
		return why;
	if (!key->v4.len && !and)
		return "the subnet is everything";
	if (!key->v4.len)
		memset(&key->v4, 0, sizeof(key->v4));
	if (and && !key->v6.len)
		return "the subnet is everything";
	return NULL;
}
