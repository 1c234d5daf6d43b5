// SPDX-License-Identifier: GPL-2.0
/*
 * pkt: send crafted packets from a namespace, as a host without manners would.
 *
 *   pkt NETNS KEY=VALUE... [, KEY=VALUE...]...
 *
 * After a comma the values of the packet before it stand, except those given.
 *
 *   encap=vxlan|udp|none   udp: the inner packet is the payload of port 8285;
 *                      none: it is all that is sent
 *   from= to=          outer addresses (needed; from may be forged)
 *   sport= dport= ottl= otos= odf= ocsum=ok|none|bad
 *   flags=0x08 vni=1 reserved=   VXLAN header
 *   smac= dmac= type=            inner Ethernet header; type 0: by address
 *   src= dst= ttl= tos= df= frag= proto=reply|echo|udp|tcp|NUMBER
 *   isport= idport= len=         inner packet; len is that of its payload
 *   version= ihl= total= icsum=  what is wrong with the inner header
 *   raw=HEX                      instead of the inner packet
 *   extra=N                      bytes after it
 *   cut=N|all                    only N bytes after the UDP header; every N
 *   error=TYPE/CODE mtu=N router=IP quote=N   not the packet itself, but an
 *                      ICMP error from router that quotes its first bytes
 *   count=N
 *   tap=LINK           put the packet into this tap device (made if need be) as
 *                      if its driver had received it, in two pieces: one packet
 *                      for each place where it can be cut in two
 */

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "common.h"

#define REPLY 1000
#define ECHO 1001

struct spec {
	bool bare, udp, oudp_none, oudp_bad, icsum_bad, error, cut_all;
	struct addr from, to, src, dst, router;
	unsigned int sport, dport, ottl, otos, odf, flags, vni, reserved, type;
	unsigned int ttl, tos, df, frag, proto, isport, idport, len;
	unsigned int version, ihl, total, extra, count, quote, mtu;
	unsigned int error_type, error_code;
	int cut;
	unsigned char smac[6], dmac[6], raw[2048];
	size_t raw_len;
	const char *tap;
};

struct buffer {
	unsigned char data[66000];
	size_t len;
};

static void put8(struct buffer *b, unsigned int v)
{
	if (b->len == sizeof(b->data))
		die("packet too long");
	b->data[b->len++] = v;
}

static void put16(struct buffer *b, unsigned int v)
{
	put8(b, v >> 8);
	put8(b, v);
}

static void put_bytes(struct buffer *b, const void *data, size_t len)
{
	const unsigned char *p = data;

	while (len--)
		put8(b, *p++);
}

static void set16(struct buffer *b, size_t at, unsigned int v)
{
	b->data[at] = v >> 8;
	b->data[at + 1] = v;
}

/* An IP header without its lengths; returns where it starts. */
static size_t put_ip(struct buffer *b, const struct addr *from,
		     const struct addr *to, unsigned int proto,
		     unsigned int ttl, unsigned int tos, unsigned int frag)
{
	size_t at = b->len;

	if (from->family == AF_INET6) {
		put16(b, 0x6000 | tos << 4);
		put16(b, 0);
		put16(b, 0);
		put8(b, proto);
		put8(b, ttl);
	} else {
		put8(b, 0x45);
		put8(b, tos);
		put16(b, 0);
		put16(b, 4711);
		put16(b, frag);
		put8(b, ttl);
		put8(b, proto);
		put16(b, 0);
	}
	put_bytes(b, from->bytes, addr_size(from->family));
	put_bytes(b, to->bytes, addr_size(to->family));
	return at;
}

static void finish_ip(struct buffer *b, size_t at)
{
	if (b->data[at] >> 4 == 6) {
		set16(b, at + 4, b->len - at - 40);
		return;
	}
	set16(b, at + 2, b->len - at);
	set16(b, at + 10, 0);
	set16(b, at + 10, csum_fold(csum_add(0, b->data + at, 20)));
}

/* The checksum over everything from L4 on, at L4 + FIELD. */
static void finish_l4(struct buffer *b, size_t l4, size_t field, int family,
		      const struct addr *from, const struct addr *to,
		      unsigned int proto)
{
	uint32_t sum = 0;

	if (proto != IPPROTO_ICMP)
		sum = csum_pseudo(family, from->bytes, to->bytes, proto,
				  b->len - l4);
	set16(b, l4 + field, 0);
	sum = csum_fold(csum_add(sum, b->data + l4, b->len - l4));
	set16(b, l4 + field, sum ? sum : 0xffff);
}

static unsigned int inner_proto(const struct spec *s)
{
	if (s->proto == REPLY || s->proto == ECHO)
		return s->src.family == AF_INET6 ? IPPROTO_ICMPV6 :
						   IPPROTO_ICMP;
	return s->proto;
}

static void put_payload(struct buffer *b, unsigned int len)
{
	unsigned int i;

	for (i = 0; i < len; i++)
		put8(b, i);
}

static void put_inner_l4(struct buffer *b, const struct spec *s)
{
	bool v6 = s->src.family == AF_INET6;
	unsigned int proto = inner_proto(s);
	size_t l4 = b->len, field = 0;

	if (proto == IPPROTO_UDP) {
		put16(b, s->isport);
		put16(b, s->idport);
		put16(b, 8 + s->len);
		put16(b, 0);
		field = 6;
	} else if (proto == IPPROTO_TCP) {
		put16(b, s->isport);
		put16(b, s->idport);
		put_bytes(b, "\0\0\0\1\0\0\0\1\x50\x10\0\0\0\0\0\0", 16);
		field = 16;
	} else if (s->proto == REPLY || s->proto == ECHO) {
		put8(b, s->proto == REPLY ? (v6 ? 129 : 0) : (v6 ? 128 : 8));
		put_bytes(b, "\0\0\0\x12\x34\0\1", 7);
		field = 2;
	}
	put_payload(b, s->len);
	if (field)
		finish_l4(b, l4, field, s->src.family, &s->src, &s->dst, proto);
	if (s->icsum_bad && field)
		b->data[l4 + field] ^= 0x55;
}

static void put_inner(struct buffer *b, const struct spec *s)
{
	size_t at;

	if (s->raw_len) {
		put_bytes(b, s->raw, s->raw_len);
		return;
	}
	if (s->src.family != s->dst.family)
		die("src and dst are of two families");
	at = put_ip(b, &s->src, &s->dst, inner_proto(s), s->ttl, s->tos,
		    s->df << 14 | s->frag);
	put_inner_l4(b, s);
	finish_ip(b, at);
	if (s->version < 16)
		b->data[at] = (b->data[at] & 15) | s->version << 4;
	if (s->ihl < 16)
		b->data[at] = (b->data[at] & 0xf0) | s->ihl;
	if (s->total <= 0xffff)
		set16(b, at + (s->src.family == AF_INET6 ? 4 : 2), s->total);
	put_payload(b, s->extra);
}

static void put_vxlan(struct buffer *b, const struct spec *s)
{
	unsigned int type = s->type;

	put8(b, s->flags);
	put8(b, s->reserved >> 16);
	put16(b, s->reserved);
	put16(b, s->vni >> 8);
	put16(b, s->vni << 8 | s->reserved >> 24);
	put_bytes(b, s->dmac, 6);
	put_bytes(b, s->smac, 6);
	if (!type)
		type = s->src.family == AF_INET6 ? 0x86dd : 0x0800;
	put16(b, type);
	put_inner(b, s);
}

/* The whole datagram, cut to CUT bytes after the UDP header unless negative. */
static void build(struct buffer *b, const struct spec *s, int cut)
{
	size_t ip, udp;

	b->len = 0;
	if (s->bare) {
		put_inner(b, s);
		return;
	}
	ip = put_ip(b, &s->from, &s->to, IPPROTO_UDP, s->ottl, s->otos,
		    s->odf << 14);
	udp = b->len;
	put16(b, s->sport);
	put16(b, s->dport);
	put16(b, 0);
	put16(b, 0);
	if (s->udp)
		put_inner(b, s);
	else
		put_vxlan(b, s);
	if (cut >= 0 && b->len > udp + 8 + cut)
		b->len = udp + 8 + cut;
	set16(b, udp + 4, b->len - udp);
	if (!s->oudp_none)
		finish_l4(b, udp, 6, s->from.family, &s->from, &s->to,
			  IPPROTO_UDP);
	if (s->oudp_bad)
		b->data[udp + 6] ^= 0x55;
	finish_ip(b, ip);
}

/* Put what is in the buffer into an ICMP error of a router on its way. */
static void wrap_error(struct buffer *b, const struct spec *s)
{
	bool v6 = s->router.family == AF_INET6;
	struct buffer quoted = *b;
	const struct addr *to = s->bare ? &s->src : &s->from;
	size_t ip, l4;

	if (quoted.len > s->quote)
		quoted.len = s->quote;
	b->len = 0;
	ip = put_ip(b, &s->router, to,
		    v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP, 64, 0, 0);
	l4 = b->len;
	put8(b, s->error_type);
	put8(b, s->error_code);
	put16(b, 0);
	put16(b, s->mtu >> 16);
	put16(b, s->mtu);
	put_bytes(b, quoted.data, quoted.len);
	finish_l4(b, l4, 2, to->family, &s->router, to,
		  v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP);
	finish_ip(b, ip);
}

static void transmit(const struct spec *s, const struct buffer *b)
{
	static int fd4 = -1, fd6 = -1;
	const struct addr *to = s->error ? (s->bare ? &s->src : &s->from) :
				(s->bare ? &s->dst : &s->to);
	struct sockaddr_storage sa;
	socklen_t len = to_sockaddr(to, 0, &sa);
	int *fd = to->family == AF_INET6 ? &fd6 : &fd4;
	int one = 1, try;

	if (*fd < 0) {
		*fd = socket(to->family, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
		if (*fd < 0)
			die("raw socket");
		if (to->family == AF_INET6)
			setsockopt(*fd, SOL_IPV6, 36 /* IPV6_HDRINCL */, &one,
				   sizeof(one));
	}
	for (try = 0; try < 100; try++) {
		if (sendto(*fd, b->data, b->len, 0, (void *)&sa, len) >= 0)
			return;
		if (errno != ENOBUFS && errno != EAGAIN)
			break;
		usleep(1000);
	}
	die("cannot send %zu bytes to %s", b->len,
	    addr_text(to->family, to->bytes));
}

static int open_tap(const char *name, struct ifreq *ifr)
{
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

	memset(ifr, 0, sizeof(*ifr));
	snprintf(ifr->ifr_name, sizeof(ifr->ifr_name), "%s", name);
	ifr->ifr_flags = IFF_TAP | IFF_NO_PI | IFF_NAPI | IFF_NAPI_FRAGS;
	if (fd < 0 || ioctl(fd, TUNSETIFF, ifr) ||
	    ioctl(fd, TUNSETPERSIST, 1) || ioctl(fd, SIOCGIFHWADDR, ifr))
		die("tap %s", name);
	return fd;
}

/* The packet in two pieces, the first with all lengths that a driver's has. */
static void send_pieces(const struct spec *s, const struct buffer *b)
{
	unsigned char frame[2048];
	struct ifreq ifr;
	int fd = open_tap(s->tap, &ifr);
	size_t len = 14 + b->len, first;

	if (len > sizeof(frame))
		die("too long for a frame");
	memcpy(frame, ifr.ifr_hwaddr.sa_data, 6);
	memcpy(frame + 6, "\x02\0\0\0\0\x77", 6);
	frame[12] = b->data[0] >> 4 == 6 ? 0x86 : 0x08;
	frame[13] = b->data[0] >> 4 == 6 ? 0xdd : 0x00;
	memcpy(frame + 14, b->data, b->len);
	for (first = 14; s->count && first < len; first++) {
		struct iovec iov[2] = {
			{ frame, first }, { frame + first, len - first },
		};

		/* The device refuses pieces that hold no whole IP header. */
		if (writev(fd, iov, 2) < 0 && errno != EINVAL &&
		    errno != ENOMEM)
			die("tap %s", s->tap);
	}
	close(fd);
}

static void send_spec(const struct spec *s)
{
	static struct buffer b;
	unsigned int i;
	int cut, last;

	build(&b, s, s->cut);
	if (s->error)
		wrap_error(&b, s);
	if (s->tap) {
		send_pieces(s, &b);
		return;
	}
	if (!s->cut_all) {
		for (i = 0; i < s->count; i++)
			transmit(s, &b);
		return;
	}
	last = b.len - (s->from.family == AF_INET6 ? 48 : 28);
	for (cut = 0; cut <= last; cut++) {
		build(&b, s, cut);
		transmit(s, &b);
	}
}

static unsigned int proto_number(const char *name)
{
	if (!strcmp(name, "reply"))
		return REPLY;
	if (!strcmp(name, "echo"))
		return ECHO;
	if (!strcmp(name, "udp"))
		return IPPROTO_UDP;
	if (!strcmp(name, "tcp"))
		return IPPROTO_TCP;
	return need_number(name);
}

static void set_key(struct spec *s, const char *key, const char *value)
{
	const struct {
		const char *name;
		unsigned int *number;
		struct addr *addr;
		unsigned char *mac;
	} keys[] = {
		{ "from", .addr = &s->from }, { "to", .addr = &s->to },
		{ "src", .addr = &s->src }, { "dst", .addr = &s->dst },
		{ "router", .addr = &s->router }, { "smac", .mac = s->smac },
		{ "dmac", .mac = s->dmac }, { "sport", .number = &s->sport },
		{ "dport", .number = &s->dport },
		{ "ottl", .number = &s->ottl }, { "otos", .number = &s->otos },
		{ "odf", .number = &s->odf }, { "flags", .number = &s->flags },
		{ "vni", .number = &s->vni },
		{ "reserved", .number = &s->reserved },
		{ "type", .number = &s->type }, { "ttl", .number = &s->ttl },
		{ "tos", .number = &s->tos }, { "df", .number = &s->df },
		{ "frag", .number = &s->frag },
		{ "isport", .number = &s->isport },
		{ "idport", .number = &s->idport },
		{ "len", .number = &s->len },
		{ "version", .number = &s->version },
		{ "ihl", .number = &s->ihl }, { "total", .number = &s->total },
		{ "extra", .number = &s->extra },
		{ "count", .number = &s->count }, { "mtu", .number = &s->mtu },
		{ "quote", .number = &s->quote },
	};
	size_t i;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (strcmp(key, keys[i].name))
			continue;
		if (keys[i].addr)
			*keys[i].addr = need_addr(value);
		else if (keys[i].mac)
			parse_hex(value, keys[i].mac, 6);
		else
			*keys[i].number = need_number(value);
		return;
	}
	if (!strcmp(key, "encap")) {
		s->bare = !strcmp(value, "none");
		s->udp = !strcmp(value, "udp");
		if (s->udp)
			s->sport = 8285;
		s->dport = s->udp ? 8285 : 8472;
	} else if (!strcmp(key, "proto")) {
		s->proto = proto_number(value);
	} else if (!strcmp(key, "ocsum")) {
		s->oudp_none = !strcmp(value, "none");
		s->oudp_bad = !strcmp(value, "bad");
	} else if (!strcmp(key, "icsum")) {
		s->icsum_bad = !strcmp(value, "bad");
	} else if (!strcmp(key, "raw")) {
		s->raw_len = parse_hex(value, s->raw, sizeof(s->raw));
	} else if (!strcmp(key, "cut")) {
		s->cut_all = !strcmp(value, "all");
		s->cut = s->cut_all ? -1 : (int)need_number(value);
	} else if (!strcmp(key, "tap")) {
		s->tap = value;
	} else if (!strcmp(key, "error")) {
		s->error = sscanf(value, "%u/%u", &s->error_type,
				  &s->error_code) == 2;
	} else {
		errno = 0;
		die("no such key: %s", key);
	}
}

int main(int argc, char **argv)
{
	static struct spec spec = {
		.sport = 50000, .dport = 8472, .ottl = 64, .flags = 0x08,
		.vni = 1, .ttl = 63, .proto = REPLY, .isport = 1024,
		.idport = 9, .len = 32, .count = 1, .quote = 576, .cut = -1,
		.smac = { 2, 0xba, 0xd0, 0, 0, 1 },
		/* Not to be changed. */
		.version = 16, .ihl = 16, .total = 0x10000,
	};
	int i;

	if (argc < 3)
		die("usage: pkt NETNS KEY=VALUE... [, KEY=VALUE...]...");
	enter_netns(argv[1]);
	for (i = 2; i < argc; i++) {
		char *equals = strchr(argv[i], '=');

		if (!strcmp(argv[i], ",")) {
			send_spec(&spec);
		} else if (equals) {
			*equals = '\0';
			set_key(&spec, argv[i], equals + 1);
		} else {
			die("neither KEY=VALUE nor a comma: %s", argv[i]);
		}
	}
	send_spec(&spec);
	return 0;
}
