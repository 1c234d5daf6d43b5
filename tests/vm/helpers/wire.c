// SPDX-License-Identifier: GPL-2.0
/*
 * wire: what passes a link, one line a packet, every checksum verified.
 *
 *   wire -p PIDFILE -o FILE [-P PORT] [-U PORT] [-e] [-b] [-t SECONDS] NETNS LINK
 *
 * Goes into the background when it listens; SIGTERM or the time (60 s) ends
 * it. -P is the VXLAN port (8472), -U that of packets without a header of their
 * own (8285), -e leaves out what is neither, -b writes the last line only. A
 * line, where "o." is the outer header:
 *
 *   dir=in len=150 gso=0 o.v=4 o.src=A o.dst=A o.ttl=64 o.tos=0 o.df=0
 *   o.frag=0 o.sport=N o.dport=N o.csum=ok flags=0x08 gbp=N vni=1 smac=M dmac=M
 *   v=4 src=A dst=A ttl=64 tos=0 df=0 frag=0 proto=17 sport=N dport=N csum=ok
 *   icmp=TYPE/CODE mtu=N
 *
 * flags to dmac only of VXLAN, gbp only where it is not 0.
 *
 * A checksum is ok, bad, none (UDP without one) or gso (not computed yet). The
 * last line: packets=N longest=N gso=N bad=N
 *
 * Bytes are those of the packet when it is read, which it shares with whoever
 * has received it meanwhile, see undo_fou().
 */

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common.h"

static volatile sig_atomic_t stop;
static uint16_t vxlan_port = 8472, bare_port = 8285;
static bool only_tunnels, brief;
static unsigned long packets, longest, gso_packets, bad_packets;

/* The line under construction. */
static struct {
	char text[1024];
	size_t len;
	bool tunnel, bad;
} line;

/* What is left of a packet, and whether its checksums are to be computed. */
struct cursor {
	const unsigned char *at;
	size_t len;
	bool gso;
};

static void on_term(int signal)
{
	(void)signal;
	stop = 1;
}

static void put(const char *format, ...)
	__attribute__((format(printf, 1, 2)));

static void put(const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(line.text + line.len, sizeof(line.text) - line.len,
		      format, args);
	va_end(args);
	line.len += n;
	if (line.len >= sizeof(line.text))
		line.len = sizeof(line.text) - 1;
}

static void skip(struct cursor *c, size_t len)
{
	c->at += len;
	c->len -= len;
}

static uint16_t be16(const unsigned char *p)
{
	return p[0] << 8 | p[1];
}

static void put_sum(const char *prefix, const char *name, bool ok)
{
	put(" %s%s=%s", prefix, name, ok ? "ok" : "bad");
	line.bad |= !ok;
}

static void put_ip(struct cursor *c, const char *prefix);

static void put_vxlan(struct cursor *c)
{
	const unsigned char *eth = c->at + 8;
	unsigned int gbp;

	if (c->len < 8 + ETH_HLEN) {
		put(" truncated");
		return;
	}
	put(" flags=0x%02x", c->at[0]);
	gbp = c->at[1] << 16 | be16(c->at + 2);
	if (gbp)
		put(" gbp=0x%x", gbp);
	put(" vni=%u smac=%s dmac=%s",
	    c->at[4] << 16 | c->at[5] << 8 | c->at[6], mac_text(eth + 6),
	    mac_text(eth));
	skip(c, 8 + ETH_HLEN);
	put_ip(c, "");
}

static void put_udp(struct cursor *c, const char *prefix, uint32_t pseudo)
{
	uint16_t port = be16(c->at + 2);

	put(" %ssport=%u %sdport=%u", prefix, be16(c->at), prefix, port);
	if (!be16(c->at + 6))
		put(" %scsum=none", prefix);
	else if (c->gso)
		put(" %scsum=gso", prefix);
	else
		put_sum(prefix, "csum", be16(c->at + 4) == c->len &&
			!csum_fold(csum_add(pseudo, c->at, c->len)));
	if (!*prefix)
		return;
	skip(c, 8);
	line.tunnel = true;
	if (port == vxlan_port)
		put_vxlan(c);
	else
		put_ip(c, "");
}

static void put_l4(struct cursor *c, const char *prefix, uint8_t proto,
		   uint32_t pseudo)
{
	if (proto == IPPROTO_UDP && c->len >= 8) {
		put_udp(c, prefix, pseudo);
		return;
	}
	if (proto == IPPROTO_TCP && c->len >= 20)
		put(" %ssport=%u %sdport=%u", prefix, be16(c->at), prefix,
		    be16(c->at + 2));
	else if (proto == IPPROTO_ICMP && c->len >= 8)
		pseudo = 0;
	else if (proto != IPPROTO_ICMPV6 || c->len < 8)
		return;

	if (c->gso && proto == IPPROTO_TCP)
		put(" %scsum=gso", prefix);
	else
		put_sum(prefix, "csum",
			!csum_fold(csum_add(pseudo, c->at, c->len)));
	if (proto == IPPROTO_ICMP)
		put(" %sicmp=%u/%u %smtu=%u", prefix, c->at[0], c->at[1],
		    prefix, be16(c->at + 6));
	else if (proto == IPPROTO_ICMPV6)
		put(" %sicmp=%u/%u %smtu=%u", prefix, c->at[0], c->at[1],
		    prefix, be16(c->at + 4) << 16 | be16(c->at + 6));
}

static void put_ipv4(struct cursor *c, const char *prefix)
{
	const unsigned char *ip = c->at;
	size_t header = (ip[0] & 15) * 4, total = be16(ip + 2);
	unsigned int frag = be16(ip + 6);
	uint32_t pseudo;

	if (header < 20 || header > c->len) {
		put(" truncated");
		return;
	}
	put(" %sv=4 %ssrc=%s %sdst=%s %sttl=%u %stos=%u %sdf=%u %sfrag=%u %sproto=%u",
	    prefix, prefix, addr_text(AF_INET, ip + 12), prefix,
	    addr_text(AF_INET, ip + 16), prefix, ip[8], prefix, ip[1], prefix,
	    !!(frag & 0x4000), prefix, frag & 0x3fff, prefix, ip[9]);
	if (!c->gso)
		put_sum(prefix, "ipcsum", !csum_fold(csum_add(0, ip, header)));
	/* Link-layer padding is not part of the packet. */
	if (!c->gso && total >= header && total < c->len)
		c->len = total;
	if (!c->gso && total > c->len) {
		put(" truncated");
		return;
	}
	pseudo = csum_pseudo(AF_INET, ip + 12, ip + 16, ip[9],
			     c->len - header);
	skip(c, header);
	if (!(frag & 0x3fff))
		put_l4(c, prefix, ip[9], pseudo);
}

static void put_ipv6(struct cursor *c, const char *prefix)
{
	const unsigned char *ip = c->at;
	uint8_t proto = ip[6];
	unsigned int frag = 0;
	uint32_t pseudo;

	if (c->len < 40) {
		put(" truncated");
		return;
	}
	if (!c->gso && be16(ip + 4) + 40u < c->len)
		c->len = be16(ip + 4) + 40;
	skip(c, 40);
	if (proto == IPPROTO_FRAGMENT && c->len >= 8) {
		proto = c->at[0];
		frag = be16(c->at + 2);
		skip(c, 8);
		/* What a fragment carries is not looked at. */
		frag |= 1;
	}
	put(" %sv=6 %ssrc=%s %sdst=%s %sttl=%u %stos=%u %sfrag=%u %sproto=%u",
	    prefix, prefix, addr_text(AF_INET6, ip + 8), prefix,
	    addr_text(AF_INET6, ip + 24), prefix, ip[7], prefix,
	    (be16(ip) >> 4) & 255, prefix, frag, prefix, proto);
	pseudo = csum_pseudo(AF_INET6, ip + 8, ip + 24, proto, c->len);
	if (!frag)
		put_l4(c, prefix, proto, pseudo);
}

static void put_ip(struct cursor *c, const char *prefix)
{
	if (c->len >= 20 && c->at[0] >> 4 == 4)
		put_ipv4(c, prefix);
	else if (c->len >= 40 && c->at[0] >> 4 == 6)
		put_ipv6(c, prefix);
	else
		put(" %sv=0", prefix);
}

/* Whether an IP packet is UDP to one of the tunnels' ports. */
static bool is_tunnel(const unsigned char *p, size_t len)
{
	size_t header = 40;

	if (len >= 28 && p[0] >> 4 == 4 && p[9] == IPPROTO_UDP)
		header = (p[0] & 15) * 4;
	else if (len < 48 || p[0] >> 4 != 6 || p[6] != IPPROTO_UDP)
		return false;
	return len >= header + 8 && (be16(p + header + 2) == vxlan_port ||
				     be16(p + header + 2) == bare_port);
}

static void put_be16(unsigned char *p, size_t value)
{
	p[0] = value >> 8;
	p[1] = value;
}

/*
 * The in-tree FOU takes its header off the IP length of what it receives
 * (fou_recv_pull()) and does not ask who shares the header with it: we do. Put
 * it back; the checksums then have to be right for what was sent, so nothing is
 * hidden. Aggregates have no length to go by, and none is asked of them.
 */
static void undo_fou(unsigned char *ip, size_t len)
{
	const size_t header = 8;

	if (ip[0] >> 4 == 4 && be16(ip + 2) + header == len)
		put_be16(ip + 2, len);
	else if (ip[0] >> 4 == 6 && be16(ip + 4) + 40u + header == len)
		put_be16(ip + 4, len - 40);
}

/* A checksum left to the device: finish it, as the device would. */
static void finish_checksum(unsigned char *frame, size_t len,
			    const struct virtio_net_hdr *hdr)
{
	size_t at = hdr->csum_start + hdr->csum_offset;
	uint16_t sum;

	if (!(hdr->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) ||
	    hdr->gso_type != VIRTIO_NET_HDR_GSO_NONE || at + 2 > len)
		return;
	sum = csum_fold(csum_add(0, frame + hdr->csum_start,
				 len - hdr->csum_start));
	if (!sum)
		sum = 0xffff;
	put_be16(frame + at, sum);
}

static void one_packet(FILE *out, unsigned char *buffer, size_t len,
		       const struct sockaddr_ll *from)
{
	struct virtio_net_hdr *hdr = (struct virtio_net_hdr *)buffer;
	size_t l2 = from->sll_hatype == ARPHRD_ETHER ? ETH_HLEN : 0;
	unsigned char *frame = buffer + sizeof(*hdr);
	struct cursor c;
	bool tunnel;

	len -= sizeof(*hdr);
	if (len < l2 + 20)
		return;
	finish_checksum(frame, len, hdr);
	c.at = frame + l2;
	c.len = len - l2;
	c.gso = hdr->gso_type != VIRTIO_NET_HDR_GSO_NONE;

	memset(&line, 0, sizeof(line));
	put("dir=%s len=%zu gso=%u",
	    from->sll_pkttype == PACKET_OUTGOING ? "out" : "in", c.len,
	    c.gso ? hdr->gso_size : 0);
	tunnel = is_tunnel(c.at, c.len);
	if (tunnel && !c.gso)
		undo_fou(frame + l2, c.len);
	put_ip(&c, tunnel ? "o." : "");
	if (only_tunnels && !line.tunnel)
		return;
	packets++;
	if (len - l2 > longest)
		longest = len - l2;
	gso_packets += !!hdr->gso_type;
	bad_packets += line.bad;
	if (!brief || line.bad)
		fprintf(out, "%s\n", line.text);
}

static int open_link(const char *name)
{
	struct sockaddr_ll sll = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = if_nametoindex(name),
	};
	int fd, one = 1, size = 16 << 20;

	if (!sll.sll_ifindex)
		die("%s", name);
	fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (fd < 0)
		die("packet socket");
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	if (setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR, &one, sizeof(one)) ||
	    bind(fd, (void *)&sll, sizeof(sll)))
		die("%s", name);
	return fd;
}

int main(int argc, char **argv)
{
	static unsigned char buffer[1 << 18];
	const char *pidfile = NULL, *path = NULL;
	long long seconds = 600, end;
	struct sockaddr_ll from;
	int option, fd;
	FILE *out;

	while ((option = getopt(argc, argv, "p:o:P:U:ebt:")) != -1) {
		if (option == 'p')
			pidfile = optarg;
		else if (option == 'o')
			path = optarg;
		else if (option == 'P')
			vxlan_port = need_number(optarg);
		else if (option == 'U')
			bare_port = need_number(optarg);
		else if (option == 'e')
			only_tunnels = true;
		else if (option == 'b')
			brief = true;
		else if (option == 't')
			seconds = need_number(optarg);
		else
			return EXIT_USAGE;
	}
	if (argc - optind != 2 || !pidfile || !path)
		die("usage: wire -p PIDFILE -o FILE [-P PORT] [-U PORT] [-e] [-b] [-t SECONDS] NETNS LINK");
	enter_netns(argv[optind]);
	fd = open_link(argv[optind + 1]);
	out = fopen(path, "w");
	if (!out)
		die("%s", path);
	daemon_start(pidfile);
	signal(SIGTERM, on_term);
	daemon_ready();

	end = now_ms() + seconds * 1000;
	while (now_ms() < end) {
		struct pollfd pfd = { .fd = fd, .events = POLLIN };
		socklen_t len = sizeof(from);
		ssize_t n;

		/*
		 * Once stopped, what arrives is still taken, until nothing does;
		 * a flood never ends.
		 */
		if (stop && end > now_ms() + 1000)
			end = now_ms() + 1000;
		if (poll(&pfd, 1, stop ? 50 : 100) <= 0) {
			if (stop)
				break;
			continue;
		}
		n = recvfrom(fd, buffer, sizeof(buffer), 0, (void *)&from,
			     &len);
		if (n >= (ssize_t)sizeof(struct virtio_net_hdr))
			one_packet(out, buffer, n, &from);
		else if (n < 0 && errno == ENETDOWN)
			continue;
	}
	fprintf(out, "packets=%lu longest=%lu gso=%lu bad=%lu\n", packets,
		longest, gso_packets, bad_packets);
	fclose(out);
	unlink(pidfile);
	return 0;
}
