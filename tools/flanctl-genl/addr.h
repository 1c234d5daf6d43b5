/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef FLANCTL_ADDR_H
#define FLANCTL_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ADDR_TEXT	46	/* size of an address as text, with the NUL */
#define PREFIX_TEXT	50
#define MAC_TEXT	18

/**
 * struct addr - An IPv4 or IPv6 address, or none.
 * @len: 4 or 16, 0 for none.
 * @b: Network byte order; what is beyond @len is zero.
 */
struct addr {
	uint8_t len;
	uint8_t b[16];
};

/**
 * struct prefix - A subnet.
 * @addr: Its first address.
 * @len: Prefix length in bits.
 */
struct prefix {
	struct addr addr;
	uint8_t len;
};

/**
 * struct mac - An Ethernet address.
 * @b: In the order of transmission.
 */
struct mac {
	uint8_t b[6];
};

bool addr_parse(struct addr *a, const char *text);
bool addr_set(struct addr *a, const void *bytes, size_t len);
char *addr_text(const struct addr *a, char buf[static ADDR_TEXT]);
int addr_cmp(const struct addr *a, const struct addr *b);
bool addr_is_zero(const struct addr *a);
const char *addr_not_unicast(const struct addr *a);
const char *prefix_not_unicast(const struct prefix *p);

const char *prefix_parse(struct prefix *p, const char *text);
const char *prefix_parse_masked(struct prefix *p, const char *text);
char *prefix_text(const struct prefix *p, char buf[static PREFIX_TEXT]);
int prefix_cmp(const struct prefix *a, const struct prefix *b);
void prefix_of_addr(struct prefix *p, const struct addr *a);
void prefix_mask(struct prefix *p);
bool prefix_contains(const struct prefix *p, const struct addr *a);
bool prefix_overlaps(const struct prefix *a, const struct prefix *b);
bool prefix_within(const struct prefix *inner, const struct prefix *outer);
int prefix_cmp_disjoint(const struct prefix *a, const struct prefix *b);

bool mac_parse(struct mac *m, const char *text);
char *mac_text(const struct mac *m, char buf[static MAC_TEXT]);
const char *mac_not_unicast(const struct mac *m);

#endif /* FLANCTL_ADDR_H */
