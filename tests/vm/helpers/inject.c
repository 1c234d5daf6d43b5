// SPDX-License-Identifier: GPL-2.0
/*
 * inject: packets given to a link by AF_PACKET, past all of the IP stack.
 *
 *   inject valid|mismatch|odd NETNS LINK SRC DST
 *
 * valid: 8 good packets, by both kinds of socket, without and with a virtio
 * header, which in two of them leaves the checksum to the device. mismatch: one
 * good packet for each of 6 ethertypes that it is not of.
 * odd: every truncation, header length, checksum offset and segment size that a
 * virtio header can claim; how many the kernel took does not matter. Prints
 * sent=N refused=N
 */

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "common.h"

#define PAYLOAD 1200

static unsigned long sent, refused;
static unsigned int ifindex;
static unsigned char packet[2048];
static size_t packet_len, l4_at;

/* UDP to the discard port, as long as a packet of a bulk transfer. */
static void make_packet(const struct addr *src, const struct addr *dst)
{
	bool v6 = src->family == AF_INET6;
	size_t udp = v6 ? 40 : 20, total = udp + 8 + PAYLOAD;
	uint16_t sum;

	memset(packet, 0, sizeof(packet));
	if (v6) {
		packet[0] = 0x60;
		packet[4] = (total - udp) >> 8;
		packet[5] = total - udp;
		packet[6] = IPPROTO_UDP;
		packet[7] = 64;
		memcpy(packet + 8, src->bytes, 16);
		memcpy(packet + 24, dst->bytes, 16);
	} else {
		packet[0] = 0x45;
		packet[2] = total >> 8;
		packet[3] = total;
		packet[8] = 64;
		packet[9] = IPPROTO_UDP;
		memcpy(packet + 12, src->bytes, 4);
		memcpy(packet + 16, dst->bytes, 4);
		sum = htons(csum_fold(csum_add(0, packet, 20)));
		memcpy(packet + 10, &sum, 2);
	}
	packet[udp] = 4;
	packet[udp + 3] = 9;
	packet[udp + 4] = (total - udp) >> 8;
	packet[udp + 5] = total - udp;
	sum = htons(csum_fold(csum_add(csum_pseudo(src->family, src->bytes,
						   dst->bytes, IPPROTO_UDP,
						   total - udp),
				       packet + udp, total - udp)));
	memcpy(packet + udp + 6, &sum, 2);
	packet_len = total;
	l4_at = udp;
}

static int open_packet(int type, bool vnet)
{
	int fd = socket(AF_PACKET, type | SOCK_CLOEXEC, 0);
	int one = 1;

	if (fd < 0)
		die("packet socket");
	if (vnet && setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR, &one,
			       sizeof(one)))
		die("PACKET_VNET_HDR");
	return fd;
}

static void send_packet(int fd, const struct virtio_net_hdr *hdr, size_t len,
			unsigned int ethertype)
{
	struct sockaddr_ll to = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ethertype),
		.sll_ifindex = ifindex,
	};
	struct iovec iov[2] = {
		{ (void *)hdr, hdr ? sizeof(*hdr) : 0 },
		{ packet, len },
	};
	struct msghdr msg = {
		.msg_name = &to,
		.msg_namelen = sizeof(to),
		.msg_iov = hdr ? iov : iov + 1,
		.msg_iovlen = hdr ? 2 : 1,
	};

	if (sendmsg(fd, &msg, 0) < 0)
		refused++;
	else
		sent++;
}

/* The checksum is left to the device: only the pseudo header is summed up. */
static void send_partial(int fd, const struct addr *src, const struct addr *dst,
			 unsigned int ethertype)
{
	struct virtio_net_hdr hdr = {
		.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
		.csum_start = l4_at,
		.csum_offset = 6,
	};
	uint16_t sum = htons(~csum_fold(csum_pseudo(src->family, src->bytes,
						    dst->bytes, IPPROTO_UDP,
						    packet_len - l4_at)));
	uint16_t full;

	memcpy(&full, packet + l4_at + 6, 2);
	memcpy(packet + l4_at + 6, &sum, 2);
	send_packet(fd, &hdr, packet_len, ethertype);
	memcpy(packet + l4_at + 6, &full, 2);
}

static void valid(const struct addr *src, const struct addr *dst,
		  unsigned int ethertype)
{
	struct virtio_net_hdr none = { 0 };
	int dgram = open_packet(SOCK_DGRAM, false);
	int raw = open_packet(SOCK_RAW, false);
	int vnet = open_packet(SOCK_RAW, true);
	int round;

	for (round = 0; round < 2; round++) {
		send_packet(dgram, NULL, packet_len, ethertype);
		send_packet(raw, NULL, packet_len, ethertype);
		send_packet(vnet, &none, packet_len, ethertype);
		send_partial(vnet, src, dst, ethertype);
	}
}

static void mismatch(unsigned int ethertype)
{
	const unsigned int types[] = {
		ethertype == ETH_P_IP ? ETH_P_IPV6 : ETH_P_IP, ETH_P_ARP,
		ETH_P_8021Q, ETH_P_MPLS_UC, ETH_P_LOOPBACK, 0x1234,
	};
	int fd = open_packet(SOCK_DGRAM, false);
	size_t i;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		send_packet(fd, NULL, packet_len, types[i]);
}

/* Lengths: each up to beyond the headers, then some of the bulk. */
static size_t next_len(size_t len)
{
	return len < 70 ? len + 1 : len + 163;
}

static void odd_lengths(int fd, bool vnet, unsigned int ethertype)
{
	static const unsigned int hdr_lens[] = { 0, 1, 14, 20, 28, 40, 0xffff };
	size_t len, i;

	for (len = 0; len <= packet_len; len = next_len(len)) {
		if (!vnet)
			send_packet(fd, NULL, len, ethertype);
		for (i = 0; vnet && i < 7; i++) {
			struct virtio_net_hdr hdr = { .hdr_len = hdr_lens[i] };

			send_packet(fd, &hdr, len, ethertype);
		}
	}
}

static void odd_offloads(int fd, unsigned int ethertype)
{
	static const unsigned int gso_types[] = {
		VIRTIO_NET_HDR_GSO_NONE, VIRTIO_NET_HDR_GSO_TCPV4,
		VIRTIO_NET_HDR_GSO_UDP, VIRTIO_NET_HDR_GSO_TCPV6,
		5 /* UDP_L4, newer than Debian 12 */,
		VIRTIO_NET_HDR_GSO_TCPV4 | VIRTIO_NET_HDR_GSO_ECN, 0x7f,
	};
	static const unsigned int sizes[] = { 0, 1, 7, 100, 1199, 1200, 65535 };
	const unsigned int starts[] = {
		0, 1, l4_at, packet_len - 2, packet_len, 65535,
	};
	size_t g, s, c, len;

	for (g = 0; g < 7; g++) {
		for (s = 0; s < 7; s++) {
			for (c = 0; c < 6; c++) {
				struct virtio_net_hdr hdr = {
					.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
					.gso_type = gso_types[g],
					.hdr_len = l4_at + 8,
					.gso_size = sizes[s],
					.csum_start = starts[c],
					.csum_offset = 6,
				};

				for (len = l4_at; len <= packet_len;
				     len += 401)
					send_packet(fd, &hdr, len, ethertype);
				send_packet(fd, &hdr, packet_len, ethertype);
			}
		}
	}
}

static void odd(unsigned int ethertype)
{
	const unsigned int types[] = { 0, ethertype, 0x8100, 0x0806 };
	int dgram = open_packet(SOCK_DGRAM, false);
	int raw = open_packet(SOCK_RAW, false);
	int vnet = open_packet(SOCK_RAW, true);
	size_t i;

	for (i = 0; i < 4; i++) {
		odd_lengths(dgram, false, types[i]);
		odd_lengths(raw, false, types[i]);
		odd_lengths(vnet, true, types[i]);
	}
	odd_offloads(vnet, ethertype);
}

int main(int argc, char **argv)
{
	struct addr src, dst;
	unsigned int ethertype;

	if (argc != 6)
		die("usage: inject valid|mismatch|odd NETNS LINK SRC DST");
	enter_netns(argv[2]);
	ifindex = if_nametoindex(argv[3]);
	if (!ifindex)
		die("%s", argv[3]);
	src = need_addr(argv[4]);
	dst = need_addr(argv[5]);
	make_packet(&src, &dst);
	ethertype = src.family == AF_INET6 ? ETH_P_IPV6 : ETH_P_IP;

	if (!strcmp(argv[1], "valid"))
		valid(&src, &dst, ethertype);
	else if (!strcmp(argv[1], "mismatch"))
		mismatch(ethertype);
	else
		odd(ethertype);
	printf("sent=%lu refused=%lu\n", sent, refused);
	return 0;
}
