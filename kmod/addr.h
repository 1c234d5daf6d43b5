/* SPDX-License-Identifier: GPL-2.0 */
/* An IPv4 or IPv6 address as a table key: the family and the bytes in one
 * value, unused bytes zero, so that memcmp() and hashes take it whole.
 */
#ifndef _FLANNEL_ADDR_H
#define _FLANNEL_ADDR_H

#include <linux/bits.h>
#include <linux/in6.h>
#include <linux/string.h>
#include <linux/types.h>
#include <asm/byteorder.h>

enum flannel_family {
	FLANNEL_V4,
	FLANNEL_V6,
	FLANNEL_FAMILIES,
};

/**
 * struct flannel_addr - address of either family
 * @ip4: IPv4 address, network byte order
 * @ip6: IPv6 address
 * @word: the bytes as 32 bit words, network byte order
 * @family: enum flannel_family
 */
struct flannel_addr {
	union {
		__be32 ip4;
		struct in6_addr ip6;
		__be32 word[4];
	};
	u32 family;
};

/**
 * struct flannel_prefix - address and length
 * @addr: first address, host bits zero
 * @len: length in bits
 */
struct flannel_prefix {
	struct flannel_addr addr;
	u8 len;
};

static inline struct flannel_addr flannel_addr4(__be32 ip4)
{
	/* Where ip4 was set, the union's other bytes might be anything. */
	return (struct flannel_addr){ .word = { ip4 }, .family = FLANNEL_V4 };
}

static inline struct flannel_addr flannel_addr6(const struct in6_addr *ip6)
{
	return (struct flannel_addr){ .ip6 = *ip6, .family = FLANNEL_V6 };
}

static inline u8 flannel_addr_bits(const struct flannel_addr *addr)
{
	return addr->family == FLANNEL_V4 ? 32 : 128;
}

static inline bool flannel_addr_equal(const struct flannel_addr *a,
				      const struct flannel_addr *b)
{
	return !memcmp(a, b, sizeof(*a));
}

/**
 * flannel_addr_high - the leading 64 bits of an address
 * @addr: the address
 *
 * Return: them in host byte order; an IPv4 address is the upper half.
 */
static inline u64 flannel_addr_high(const struct flannel_addr *addr)
{
	return (u64)be32_to_cpu(addr->word[0]) << 32 |
	       be32_to_cpu(addr->word[1]);
}

/**
 * flannel_addr_masked - an address without its host bits
 * @addr: the address
 * @len: prefix length in bits, 0..32 or 0..128
 *
 * Return: the first address of the prefix.
 */
static inline struct flannel_addr
flannel_addr_masked(const struct flannel_addr *addr, unsigned int len)
{
	struct flannel_addr masked = *addr;
	unsigned int i;

	for (i = 0; i < 4; i++) {
		unsigned int bits = len > 32 * i ? len - 32 * i : 0;

		if (bits < 32)
			masked.word[i] &= cpu_to_be32(~(u32)(U32_MAX >> bits));
	}
	return masked;
}

static inline bool flannel_prefix_holds(const struct flannel_prefix *prefix,
					const struct flannel_addr *addr)
{
	struct flannel_addr masked;

	if (prefix->addr.family != addr->family)
		return false;
	masked = flannel_addr_masked(addr, prefix->len);
	return flannel_addr_equal(&masked, &prefix->addr);
}

#endif /* _FLANNEL_ADDR_H */
