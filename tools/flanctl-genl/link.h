/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef FLANCTL_LINK_H
#define FLANCTL_LINK_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "addr.h"

struct args;
struct printer;

/**
 * enum link_type - How a device attribute is written.
 * @LINK_U8: A number of one byte.
 * @LINK_U32: A number of four bytes.
 * @LINK_MARK: The same, shown in hex.
 * @LINK_PORT: A UDP port, network byte order for the kernel.
 * @LINK_NAMED: One of a few words, one byte.
 * @LINK_IP4: An IPv4 address.
 * @LINK_IP6: An IPv6 address.
 * @LINK_MAC: A MAC.
 * @LINK_NETWORK: A prefix; its length is the kernel's next attribute.
 * @LINK_DEV: An interface, by name; an index for the kernel.
 */
enum link_type {
	LINK_U8,
	LINK_U32,
	LINK_MARK,
	LINK_PORT,
	LINK_NAMED,
	LINK_IP4,
	LINK_IP6,
	LINK_MAC,
	LINK_NETWORK,
	LINK_DEV,
};

/* The device attributes, in the order in which they are shown. */
enum link_row {
	LINK_VNI,
	LINK_UDP_DST,
	LINK_LOCAL,
	LINK_LOCAL6,
	LINK_UNDERLAY,
	LINK_ADDRESS,
	LINK_ADDRESS6,
	LINK_NET4,
	LINK_NET6,
	LINK_TTL,
	LINK_TOS,
	LINK_DF,
	LINK_UDPCSUM,
	LINK_SOURCE_CHECK,
	LINK_RX,
	LINK_FWMARK,
	LINK_OUTER_NOTRACK,
	LINK_UDP_BACKEND,
	LINK_GBP,
	LINK_ROWS,
};

/**
 * struct link_attr - A device attribute.
 * @word: Its word in the grammar, also its JSON key.
 * @type: How its value is written.
 * @attr: enum ifla_flannel.
 * @min: Smallest number.
 * @max: Largest number, or how many @names there are minus one.
 * @names: Words for LINK_NAMED.
 */
struct link_attr {
	const char *word;
	enum link_type type;
	uint16_t attr;
	uint32_t min;
	uint32_t max;
	const char *const *names;
};

/**
 * struct link_value - Value of a device attribute.
 * @set: There is one.
 * @number: LINK_U8 to LINK_NAMED, and the index of LINK_DEV; host order.
 * @addr: LINK_IP4, LINK_IP6.
 * @mac: LINK_MAC.
 * @prefix: LINK_NETWORK.
 * @name: LINK_DEV.
 */
struct link_value {
	bool set;
	uint32_t number;
	struct addr addr;
	struct mac mac;
	struct prefix prefix;
	char name[IF_NAMESIZE];
};

/**
 * struct link_stats - Counters of a device.
 * @rx_packets: Packets received.
 * @rx_bytes: Bytes of them.
 * @rx_errors: Received and wrong.
 * @rx_dropped: Received and dropped.
 * @tx_packets: Packets sent.
 * @tx_bytes: Bytes of them.
 * @tx_errors: Could not be sent.
 * @tx_dropped: Dropped instead of sent.
 */
struct link_stats {
	uint64_t rx_packets;
	uint64_t rx_bytes;
	uint64_t rx_errors;
	uint64_t rx_dropped;
	uint64_t tx_packets;
	uint64_t tx_bytes;
	uint64_t tx_errors;
	uint64_t tx_dropped;
};

/**
 * struct link - A flannel device, or what is asked for one.
 * @ifindex: Its index, 0 in a request to make one.
 * @name: Its name.
 * @flannel: It is of kind "flannel".
 * @set_up: The request says up or down.
 * @up: Administratively up.
 * @mtu: Its MTU, 0 in a request: not given.
 * @value: Attributes by row.
 * @stats: Counters.
 */
struct link {
	uint32_t ifindex;
	char name[IF_NAMESIZE];
	bool flannel;
	bool set_up;
	bool up;
	uint32_t mtu;
	struct link_value value[LINK_ROWS];
	struct link_stats stats;
};

/**
 * struct link_list - Many of them.
 * @v: The links.
 * @n: How many.
 * @room: For how many there is memory.
 */
struct link_list {
	struct link *v;
	size_t n;
	size_t room;
};

extern const struct link_attr link_attrs[LINK_ROWS];

int link_list_add(struct link_list *list, const struct link *l);
void link_list_free(struct link_list *list);
const struct link *link_list_find(const struct link_list *list,
				  uint32_t ifindex);
int link_parse_words(struct args *a, struct link *l);
void link_print(struct printer *p, const struct link *l, bool brief);
void link_print_stats(struct printer *p, const struct link_stats *s);

#endif /* FLANCTL_LINK_H */
