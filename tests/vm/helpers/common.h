/* SPDX-License-Identifier: GPL-2.0 */
/* What every helper needs: errors, time, namespaces, addresses, checksums. */

#ifndef COMMON_H
#define COMMON_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* An IPv4 or IPv6 address. */
struct addr {
	int family;
	unsigned char bytes[16];
};

/* Exit code of everything that could not do its work at all. */
#define EXIT_USAGE 2

void die(const char *format, ...)
	__attribute__((noreturn, format(printf, 1, 2)));

long long now_ms(void);
long long now_us(void);

/* NAME is a namespace under /run/netns, or "-" for the present one. */
void enter_netns(const char *name);

bool parse_addr(const char *text, struct addr *addr);
struct addr need_addr(const char *text);
const char *addr_text(int family, const void *bytes);
size_t addr_size(int family);
socklen_t to_sockaddr(const struct addr *addr, uint16_t port,
		      struct sockaddr_storage *sockaddr);

/* Hexadecimal with or without colons; returns the number of bytes. */
size_t parse_hex(const char *text, unsigned char *out, size_t size);
const char *mac_text(const unsigned char *mac);
unsigned long need_number(const char *text);

/* The Internet checksum: sum up, then fold (16 bits, complemented). */
uint32_t csum_add(uint32_t sum, const void *data, size_t len);
uint16_t csum_fold(uint32_t sum);
uint32_t csum_pseudo(int family, const void *source, const void *destination,
		     uint8_t protocol, uint16_t len);

/*
 * Go on in a child; the parent exits with 0 once the child called
 * daemon_ready(), so that the shell never waits by guessing. The child's pid
 * is written to PIDFILE before.
 */
void daemon_start(const char *pidfile);
void daemon_ready(void);

#endif
