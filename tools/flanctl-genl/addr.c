// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * IPv4 and IPv6 addresses and prefixes, MACs: parsed strictly, printed in
 * their one canonical form, compared.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "addr.h"
#include "text.h"

/**
 * addr_parse - Parse an address
 * @a: Where it goes.
 * @text: Dotted quad without leading zeros, or IPv6 without scope.
 *
 * Return: false if it is neither.
 */
bool addr_parse(struct addr *a, const char *text)
{
	memset(a, 0, sizeof(*a));
	if (inet_pton(AF_INET, text, a->b) == 1)
		a->len = 4;
	else if (inet_pton(AF_INET6, text, a->b) == 1)
		a->len = 16;
	return a->len;
}

/**
 * addr_set - Make an address of bytes
 * @a: Where it goes.
 * @bytes: Network byte order.
 * @len: How many.
 *
 * Return: false if @len is neither 4 nor 16.
 */
bool addr_set(struct addr *a, const void *bytes, size_t len)
{
	memset(a, 0, sizeof(*a));
	if (len != 4 && len != 16)
		return false;
	memcpy(a->b, bytes, len);
	a->len = (uint8_t)len;
	return true;
}

/**
 * addr_text - Format an address
 * @a: The address.
 * @buf: Where the text goes; empty for no address.
 *
 * Return: @buf.
 */
char *addr_text(const struct addr *a, char buf[static ADDR_TEXT])
{
	buf[0] = '\0';
	if (a->len)
		inet_ntop(a->len == 4 ? AF_INET : AF_INET6, a->b, buf,
			  ADDR_TEXT);
	return buf;
}

/**
 * addr_cmp - Order addresses: none, IPv4, IPv6, each by value
 * @a: One address.
 * @b: Another one.
 *
 * Return: As memcmp().
 */
int addr_cmp(const struct addr *a, const struct addr *b)
{
	if (a->len != b->len)
		return a->len < b->len ? -1 : 1;
	return memcmp(a->b, b->b, sizeof(a->b));
}

/**
 * addr_is_zero - Is it no address, 0.0.0.0 or ::?
 * @a: The address.
 *
 * Return: true if so.
 */
bool addr_is_zero(const struct addr *a)
{
	static const uint8_t zero[16];

	return !memcmp(a->b, zero, sizeof(zero));
}

#define V4(len, ...)	{ { 4, { __VA_ARGS__ } }, len }
#define V6(len, ...)	{ { 16, { __VA_ARGS__ } }, len }

static const struct {
	struct prefix prefix;
	const char *why;
} not_unicast[] = {
	{ V4(8, 0), "in 0.0.0.0/8, not an address of a host" },
	{ V4(8, 127), "a loopback address" },
	{ V4(4, 224), "a multicast address" },
	{ V4(32, 255, 255, 255, 255), "the broadcast address" },
	{ V4(4, 240), "in the reserved 240.0.0.0/4" },
	{ V6(128, 0), "the unspecified address" },
	{ V6(128, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1),
	  "a loopback address" },
	{ V6(8, 0xff), "a multicast address" },
	{ V6(10, 0xfe, 0x80), "a link-local address" },
	{ V6(96, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff),
	  "an IPv4-mapped address" },
};

/**
 * addr_not_unicast - May a host be reached under this address?
 * @a: The address.
 *
 * Return: NULL if so, else what it is instead.
 */
const char *addr_not_unicast(const struct addr *a)
{
	size_t i;

	for (i = 0; i < sizeof(not_unicast) / sizeof(not_unicast[0]); i++)
		if (prefix_contains(&not_unicast[i].prefix, a))
			return not_unicast[i].why;
	return NULL;
}

/**
 * prefix_not_unicast - May hosts have the addresses of a prefix?
 * @p: The prefix.
 *
 * Return: NULL if so, else what one of the addresses is instead.
 */
const char *prefix_not_unicast(const struct prefix *p)
{
	size_t i;

	for (i = 0; i < sizeof(not_unicast) / sizeof(not_unicast[0]); i++)
		if (prefix_overlaps(&not_unicast[i].prefix, p))
			return not_unicast[i].why;
	return NULL;
}

static uint8_t mask_byte(unsigned int bits, unsigned int i)
{
	if (bits >= 8 * (i + 1))
		return 0xff;
	if (bits <= 8 * i)
		return 0;
	return (uint8_t)(0xff << (8 - bits % 8));
}

/**
 * prefix_mask - Clear the host bits
 * @p: The prefix.
 */
void prefix_mask(struct prefix *p)
{
	unsigned int i;

	for (i = 0; i < sizeof(p->addr.b); i++)
		p->addr.b[i] &= mask_byte(p->len, i);
}

/**
 * prefix_parse_masked - Parse ADDRESS/LEN and clear host bits
 * @p: Where it goes.
 * @text: The text; without a length it is a single address.
 *
 * Return: NULL, or what is wrong.
 */
const char *prefix_parse_masked(struct prefix *p, const char *text)
{
	const char *slash = strchr(text, '/');
	size_t n = slash ? (size_t)(slash - text) : strlen(text);
	char address[ADDR_TEXT];
	uint64_t len;

	if (n >= sizeof(address))
		return "not an address";
	memcpy(address, text, n);
	address[n] = '\0';
	if (!addr_parse(&p->addr, address))
		return "not an address";
	len = 8 * p->addr.len;
	if (slash && !text_decimal(slash + 1, strlen(slash + 1), len, &len))
		return "not a prefix length";
	p->len = (uint8_t)len;
	prefix_mask(p);
	return NULL;
}

/**
 * prefix_parse - Parse ADDRESS/LEN
 * @p: Where it goes.
 * @text: The text; without a length it is a single address.
 *
 * Return: NULL, or what is wrong: host bits are.
 */
const char *prefix_parse(struct prefix *p, const char *text)
{
	const char *why = prefix_parse_masked(p, text);
	struct prefix given;
	char address[64];

	if (why)
		return why;
	snprintf(address, sizeof(address), "%.*s",
		 (int)strcspn(text, "/"), text);
	addr_parse(&given.addr, address);
	if (addr_cmp(&given.addr, &p->addr))
		return "address bits are set beyond the prefix length";
	return NULL;
}

/**
 * prefix_text - Format a prefix
 * @p: The prefix.
 * @buf: Where the text goes.
 *
 * Return: @buf.
 */
char *prefix_text(const struct prefix *p, char buf[static PREFIX_TEXT])
{
	char address[ADDR_TEXT];

	snprintf(buf, PREFIX_TEXT, "%s/%u", addr_text(&p->addr, address),
		 p->len);
	return buf;
}

/**
 * prefix_cmp - Order prefixes: family, address, length
 * @a: One prefix.
 * @b: Another one.
 *
 * Return: As memcmp().
 */
int prefix_cmp(const struct prefix *a, const struct prefix *b)
{
	int diff = addr_cmp(&a->addr, &b->addr);

	return diff ? diff : (int)a->len - (int)b->len;
}

/**
 * prefix_of_addr - Make the prefix that holds one address
 * @p: Where it goes.
 * @a: The address.
 */
void prefix_of_addr(struct prefix *p, const struct addr *a)
{
	p->addr = *a;
	p->len = (uint8_t)(8 * a->len);
}

/**
 * prefix_contains - Is an address in a prefix?
 * @p: The prefix, canonical.
 * @a: The address.
 *
 * Return: true if so; addresses of the other family never are.
 */
bool prefix_contains(const struct prefix *p, const struct addr *a)
{
	unsigned int i;

	if (p->addr.len != a->len)
		return false;
	for (i = 0; i < a->len; i++)
		if ((a->b[i] & mask_byte(p->len, i)) != p->addr.b[i])
			return false;
	return true;
}

/**
 * prefix_within - Is one prefix part of another, or the same?
 * @inner: The smaller one.
 * @outer: The larger one.
 *
 * Return: true if so.
 */
bool prefix_within(const struct prefix *inner, const struct prefix *outer)
{
	return inner->len >= outer->len &&
	       prefix_contains(outer, &inner->addr);
}

/**
 * prefix_overlaps - Have two prefixes an address in common?
 * @a: One prefix.
 * @b: Another one.
 *
 * Return: true if so.
 */
bool prefix_overlaps(const struct prefix *a, const struct prefix *b)
{
	return prefix_within(a, b) || prefix_within(b, a);
}

/**
 * prefix_cmp_disjoint - Order prefixes that do not overlap
 * @a: One prefix.
 * @b: Another one.
 *
 * A search tree of disjoint prefixes that is ordered by this function finds
 * for any prefix a member that overlaps it.
 *
 * Return: 0 if they overlap, else as memcmp().
 */
int prefix_cmp_disjoint(const struct prefix *a, const struct prefix *b)
{
	return prefix_overlaps(a, b) ? 0 : addr_cmp(&a->addr, &b->addr);
}

static int hex_digit(char c)
{
	const char *digits = "0123456789abcdef";
	const char *at;

	if (c >= 'A' && c <= 'F')
		c = (char)(c - 'A' + 'a');
	at = c ? strchr(digits, c) : NULL;
	return at ? (int)(at - digits) : -1;
}

/* Six bytes as hex, @sep after every @group bytes. */
static bool mac_groups(struct mac *m, const char *text, char sep, int group)
{
	int i, hi, lo;

	for (i = 0; i < 6; i++) {
		if (i && i % group == 0 && *text++ != sep)
			return false;
		hi = hex_digit(*text);
		lo = hi < 0 ? -1 : hex_digit(text[1]);
		if (lo < 0)
			return false;
		m->b[i] = (uint8_t)(hi << 4 | lo);
		text += 2;
	}
	return !*text;
}

/**
 * mac_parse - Parse a MAC
 * @m: Where it goes.
 * @text: aa:bb:cc:dd:ee:ff, aa-bb-cc-dd-ee-ff or aabb.ccdd.eeff.
 *
 * Return: false if it is neither.
 */
bool mac_parse(struct mac *m, const char *text)
{
	return mac_groups(m, text, ':', 1) || mac_groups(m, text, '-', 1) ||
	       mac_groups(m, text, '.', 2);
}

/**
 * mac_text - Format a MAC
 * @m: The MAC.
 * @buf: Where the text goes.
 *
 * Return: @buf.
 */
char *mac_text(const struct mac *m, char buf[static MAC_TEXT])
{
	snprintf(buf, MAC_TEXT, "%02x:%02x:%02x:%02x:%02x:%02x", m->b[0],
		 m->b[1], m->b[2], m->b[3], m->b[4], m->b[5]);
	return buf;
}

/**
 * mac_not_unicast - May a VTEP have this MAC?
 * @m: The MAC.
 *
 * Return: NULL if so, else what it is instead.
 */
const char *mac_not_unicast(const struct mac *m)
{
	static const struct mac zero;

	if (!memcmp(m, &zero, sizeof(zero)))
		return "the zero MAC";
	if (m->b[0] & 1)
		return "a multicast MAC";
	return NULL;
}
