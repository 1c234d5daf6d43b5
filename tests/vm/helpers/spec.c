// SPDX-License-Identifier: GPL-2.0
/* Netlink requests written down as text: spec.h has the grammar. */

#include <errno.h>
#include <fcntl.h>
#include <linux/flannel.h>
#include <linux/genetlink.h>
#include <linux/if_flannel.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common.h"
#include "spec.h"

/* Where an attribute stands. */
enum context { TOP, SUBNET, LINK, DATA, ANY };

static const struct {
	const char *name;
	unsigned int command;
} commands[] = {
	{ "subnet-new", FLANNEL_CMD_SUBNET_NEW },
	{ "subnet-del", FLANNEL_CMD_SUBNET_DEL },
	{ "subnet-get", FLANNEL_CMD_SUBNET_GET },
	{ "subnet-flush", FLANNEL_CMD_SUBNET_FLUSH },
	{ "subnet-sweep", FLANNEL_CMD_SUBNET_SWEEP },
	{ "vtep-get", FLANNEL_CMD_VTEP_GET },
	{ "stats-get", FLANNEL_CMD_STATS_GET },
};

static const struct {
	enum context context;
	const char *name;
	unsigned int type;
	const char *format;
} attributes[] = {
	{ TOP, "ifindex", FLANNEL_A_IFINDEX, "u32" },
	{ TOP, "subnet", FLANNEL_A_SUBNET, "nest" },
	{ TOP, "vtep", FLANNEL_A_VTEP, "nest" },
	{ TOP, "owner", FLANNEL_A_OWNER, "str" },
	{ TOP, "generation", FLANNEL_A_GENERATION, "u32" },
	{ TOP, "address", FLANNEL_A_ADDRESS, "addr" },
	{ TOP, "added", FLANNEL_A_ADDED, "u32" },
	{ TOP, "excl", FLANNEL_A_EXCL, "flag" },
	{ SUBNET, "prefix", FLANNEL_A_SUBNET_PREFIX, "addr" },
	{ SUBNET, "prefix-len", FLANNEL_A_SUBNET_PREFIX_LEN, "u8" },
	{ SUBNET, "local", FLANNEL_A_SUBNET_LOCAL, "flag" },
	{ SUBNET, "via", FLANNEL_A_SUBNET_VIA, "addr" },
	{ SUBNET, "lladdr", FLANNEL_A_SUBNET_LLADDR, "hex" },
	{ SUBNET, "encap", FLANNEL_A_SUBNET_ENCAP, "u8" },
	{ SUBNET, "src", FLANNEL_A_SUBNET_SRC, "addr" },
	{ SUBNET, "owner", FLANNEL_A_SUBNET_OWNER, "str" },
	{ SUBNET, "generation", FLANNEL_A_SUBNET_GENERATION, "u32" },
	{ LINK, "name", IFLA_IFNAME, "str" },
	{ LINK, "mtu", IFLA_MTU, "u32" },
	{ LINK, "mac", IFLA_ADDRESS, "hex" },
	{ LINK, "txqlen", IFLA_TXQLEN, "u32" },
	{ LINK, "link", IFLA_LINK, "u32" },
	{ LINK, "link-netnsid", IFLA_LINK_NETNSID, "u32" },
	{ LINK, "netns", IFLA_NET_NS_FD, "netns" },
	{ LINK, "master", IFLA_MASTER, "link" },
	{ DATA, "vni", IFLA_FLANNEL_VNI, "u32" },
	{ DATA, "port", IFLA_FLANNEL_PORT, "be16" },
	{ DATA, "local", IFLA_FLANNEL_LOCAL, "addr" },
	{ DATA, "local6", IFLA_FLANNEL_LOCAL6, "addr" },
	{ DATA, "link", IFLA_FLANNEL_LINK, "link" },
	{ DATA, "link-name", IFLA_FLANNEL_LINK_NAME, "str" },
	{ DATA, "address", IFLA_FLANNEL_ADDRESS, "hex" },
	{ DATA, "address6", IFLA_FLANNEL_ADDRESS6, "hex" },
	{ DATA, "network", IFLA_FLANNEL_NETWORK, "addr" },
	{ DATA, "network-len", IFLA_FLANNEL_NETWORK_LEN, "u8" },
	{ DATA, "network6", IFLA_FLANNEL_NETWORK6, "addr" },
	{ DATA, "network6-len", IFLA_FLANNEL_NETWORK6_LEN, "u8" },
	{ DATA, "ttl", IFLA_FLANNEL_TTL, "u8" },
	{ DATA, "tos", IFLA_FLANNEL_TOS, "u8" },
	{ DATA, "df", IFLA_FLANNEL_DF, "u8" },
	{ DATA, "udp-csum", IFLA_FLANNEL_UDP_CSUM, "u8" },
	{ DATA, "source-check", IFLA_FLANNEL_SOURCE_CHECK, "u8" },
	{ DATA, "rx-mode", IFLA_FLANNEL_RX_MODE, "u8" },
	{ DATA, "fwmark", IFLA_FLANNEL_FWMARK, "u32" },
	{ DATA, "outer-notrack", IFLA_FLANNEL_OUTER_NOTRACK, "u8" },
	{ DATA, "udp-port", IFLA_FLANNEL_UDP_PORT, "be16" },
	{ DATA, "gbp", IFLA_FLANNEL_GBP, "u8" },
};

static void mark(struct request *request, const char *name)
{
	unsigned int i = request->marks;

	if (i == sizeof(request->mark) / sizeof(request->mark[0]))
		return;
	request->mark[i].offset = request->msg.len;
	snprintf(request->mark[i].name, sizeof(request->mark[i].name), "%s",
		 name);
	request->marks++;
}

const char *request_attr(const struct request *request, unsigned int offset)
{
	unsigned int i;

	for (i = 0; offset && i < request->marks; i++)
		if (request->mark[i].offset == offset)
			return request->mark[i].name;
	return "?";
}

static void put_integer(struct nl_msg *msg, unsigned int type,
			const char *format, const char *value)
{
	uint64_t u64 = strtoull(value, NULL, 0);
	uint32_t u32 = u64;
	uint16_t u16 = u64;
	uint8_t u8 = u64;
	const unsigned char be16[2] = { u16 >> 8, u16 };

	if (!strcmp(format, "u8"))
		nl_put(msg, type, &u8, 1);
	else if (!strcmp(format, "u16"))
		nl_put(msg, type, &u16, 2);
	else if (!strcmp(format, "u32"))
		nl_put(msg, type, &u32, 4);
	else if (!strcmp(format, "u64"))
		nl_put(msg, type, &u64, 8);
	else
		nl_put(msg, type, be16, sizeof(be16));
}

static void put_netns(struct nl_msg *msg, unsigned int type, const char *name)
{
	static int32_t fd = -1;
	char path[128];

	/* Stays open until the next request: this one names it by number. */
	if (fd >= 0)
		close(fd);
	snprintf(path, sizeof(path), "/run/netns/%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		die("%s", path);
	nl_put(msg, type, &fd, 4);
}

static void put_value(struct nl_msg *msg, unsigned int type, const char *format,
		      const char *value)
{
	unsigned char bytes[512];
	struct addr addr;
	uint32_t index;

	if (!strcmp(format, "addr")) {
		addr = need_addr(value);
		nl_put(msg, type, addr.bytes, addr_size(addr.family));
	} else if (!strcmp(format, "hex")) {
		nl_put(msg, type, bytes,
		       parse_hex(value, bytes, sizeof(bytes)));
	} else if (!strcmp(format, "str")) {
		nl_put(msg, type, value, strlen(value) + 1);
	} else if (!strcmp(format, "nstr")) {
		nl_put(msg, type, value, strlen(value));
	} else if (!strcmp(format, "flag")) {
		nl_put(msg, type, NULL, 0);
	} else if (!strcmp(format, "link")) {
		index = nl_link(value);
		nl_put(msg, type, &index, 4);
	} else if (!strcmp(format, "netns")) {
		put_netns(msg, type, value);
	} else if (!strcmp(format, "u8") || !strcmp(format, "u16") ||
		   !strcmp(format, "u32") || !strcmp(format, "u64") ||
		   !strcmp(format, "be16")) {
		put_integer(msg, type, format, value);
	} else {
		errno = 0;
		die("no such type: %s", format);
	}
}

static void fill(struct request *request, unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++) {
		size_t nest = nl_nest(&request->msg, FLANNEL_A_SUBNET);
		unsigned char prefix[4] = { 10, i >> 8, i, 0 };

		nl_put(&request->msg, FLANNEL_A_SUBNET_PREFIX, prefix, 4);
		put_value(&request->msg, FLANNEL_A_SUBNET_PREFIX_LEN, "u8",
			  "24");
		put_value(&request->msg, FLANNEL_A_SUBNET_VIA, "addr",
			  "192.168.77.2");
		put_value(&request->msg, FLANNEL_A_SUBNET_LLADDR, "hex",
			  "02f100000002");
		nl_nest_end(&request->msg, nest);
	}
}

/* Type and format of an attribute; *FORMAT stays if it is given already. */
static unsigned int find_attr(enum context context, const char *name,
			      const char **format)
{
	size_t i;

	for (i = 0; i < sizeof(attributes) / sizeof(attributes[0]); i++) {
		if (attributes[i].context != context ||
		    strcmp(attributes[i].name, name))
			continue;
		if (!*format)
			*format = attributes[i].format;
		return attributes[i].type;
	}
	return need_number(name);
}

static char *next_token(char **rest)
{
	char *token;

	do
		token = strsep(rest, " \t\n");
	while (token && !*token);
	return token;
}

static void put_token(struct request *request, enum context context,
		      char *token)
{
	char *value = strchr(token, '='), *format = strchr(token, ':');
	const char *type = NULL;
	unsigned int number;

	if (value)
		*value++ = '\0';
	if (format && (!value || format < value)) {
		*format++ = '\0';
		type = format;
	}
	if (context == TOP && !strcmp(token, "fill")) {
		fill(request, need_number(value));
		return;
	}
	number = find_attr(context, token, &type);
	mark(request, token);
	put_value(&request->msg, number, type ? type : "flag",
		  value ? value : "");
}

static void put_attrs(struct request *request, enum context context,
		      char **rest);

static void put_nest(struct request *request, enum context context,
		     const char *name, char **rest)
{
	const char *format = "nest";
	unsigned int type = find_attr(context, name, &format);
	size_t nest;

	mark(request, name);
	nest = nl_nest(&request->msg, type);
	put_attrs(request, context == TOP && type == FLANNEL_A_SUBNET ?
			   SUBNET : ANY, rest);
	nl_nest_end(&request->msg, nest);
}

/* IFLA_LINKINFO, with the attributes of data{ } if REST has any. */
static void put_link_info(struct request *request, const char *kind,
			  char **rest)
{
	struct nl_msg *msg = &request->msg;
	size_t info, data;

	info = nl_nest(msg, IFLA_LINKINFO);
	nl_put(msg, IFLA_INFO_KIND, kind, strlen(kind) + 1);
	if (rest) {
		mark(request, "data");
		data = nl_nest(msg, IFLA_INFO_DATA);
		put_attrs(request, DATA, rest);
		nl_nest_end(msg, data);
	}
	nl_nest_end(msg, info);
	request->has_info = true;
}

/* Everything up to the end of the text, or of the nest. */
static void put_attrs(struct request *request, enum context context,
		      char **rest)
{
	char *token;
	size_t len;

	while ((token = next_token(rest)) && strcmp(token, "}")) {
		if (context == LINK && !strncmp(token, "kind=", 5)) {
			put_link_info(request, token + 5, NULL);
			continue;
		}
		len = strlen(token);
		if (token[len - 1] != '{') {
			put_token(request, context, token);
			continue;
		}
		token[len - 1] = '\0';
		if (context == LINK && !strcmp(token, "data"))
			put_link_info(request, "flannel", rest);
		else
			put_nest(request, context, token, rest);
	}
}

static unsigned int flag_of(const char *name)
{
	if (!strcmp(name, "+dump"))
		return NLM_F_DUMP;
	if (!strcmp(name, "+excl"))
		return NLM_F_EXCL;
	if (!strcmp(name, "+create"))
		return NLM_F_CREATE;
	if (!strcmp(name, "+replace"))
		return NLM_F_REPLACE;
	errno = 0;
	die("no such flag: %s", name);
}

/* Flags stand before all attributes; "up" and "down" count as such. */
static unsigned int take_flags(char **rest, struct ifinfomsg *ifi)
{
	unsigned int flags = 0;

	for (;;) {
		*rest += strspn(*rest, " \t");
		if (**rest == '+') {
			flags |= flag_of(next_token(rest));
		} else if (ifi && (!strcmp(*rest, "up") ||
				   !strncmp(*rest, "up ", 3))) {
			next_token(rest);
			ifi->ifi_flags = IFF_UP;
			ifi->ifi_change = IFF_UP;
		} else if (ifi && (!strcmp(*rest, "down") ||
				   !strncmp(*rest, "down ", 5))) {
			next_token(rest);
			ifi->ifi_change = IFF_UP;
		} else {
			return flags;
		}
		if (!*rest) {
			static char end[] = "";

			*rest = end;
		}
	}
}

static bool build_link(struct request *request, const char *command,
		       const char *device, char **rest)
{
	struct ifinfomsg ifi = { 0 };
	unsigned int type = RTM_NEWLINK, flags;
	bool new = !strcmp(command, "newlink");

	if (!strcmp(command, "dellink"))
		type = RTM_DELLINK;
	else if (!strcmp(command, "getlink"))
		type = RTM_GETLINK;
	else if (!new && strcmp(command, "setlink"))
		return false;

	request->protocol = NETLINK_ROUTE;
	flags = take_flags(rest, &ifi);
	if (new)
		flags |= NLM_F_CREATE | NLM_F_EXCL;
	else if (strcmp(device, "-"))
		ifi.ifi_index = nl_link(device);
	nl_begin(&request->msg, type, flags, &ifi, sizeof(ifi));
	if (new)
		nl_put(&request->msg, IFLA_IFNAME, device, strlen(device) + 1);
	put_attrs(request, LINK, rest);
	if (new && !request->has_info)
		put_link_info(request, "flannel", NULL);
	return true;
}

/* PREFIX/LENGTH, the next token. */
static struct addr take_prefix(char **rest, unsigned char *len)
{
	char *text = next_token(rest), *slash = text ? strchr(text, '/') : NULL;

	if (!slash) {
		errno = 0;
		die("no ADDRESS/LENGTH: %s", text ? text : "");
	}
	*slash = '\0';
	*len = need_number(slash + 1);
	return need_addr(text);
}

static void build_addr(struct request *request, const char *device, char **rest)
{
	struct ifaddrmsg ifa = { .ifa_index = nl_link(device) };
	struct addr addr = take_prefix(rest, &ifa.ifa_prefixlen);

	ifa.ifa_family = addr.family;
	ifa.ifa_flags = IFA_F_NODAD;
	nl_begin(&request->msg, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, &ifa,
		 sizeof(ifa));
	nl_put(&request->msg, IFA_LOCAL, addr.bytes, addr_size(addr.family));
}

static void build_route(struct request *request, const char *device,
			char **rest)
{
	struct rtmsg rtm = {
		.rtm_table = RT_TABLE_MAIN,
		.rtm_protocol = RTPROT_STATIC,
		.rtm_type = RTN_UNICAST,
	};
	struct addr addr = take_prefix(rest, &rtm.rtm_dst_len);
	const char *via = next_token(rest);
	uint32_t index = nl_link(device);

	rtm.rtm_family = addr.family;
	rtm.rtm_flags = via ? RTNH_F_ONLINK : 0;
	rtm.rtm_scope = via ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK;
	nl_begin(&request->msg, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, &rtm,
		 sizeof(rtm));
	nl_put(&request->msg, RTA_DST, addr.bytes, addr_size(addr.family));
	nl_put(&request->msg, RTA_OIF, &index, 4);
	if (via) {
		addr = need_addr(via);
		nl_put(&request->msg, RTA_GATEWAY, addr.bytes,
		       addr_size(addr.family));
	}
}

/* What belongs to no link and not to us either. */
static bool build_other(struct request *request, const char *command,
			const char *device, char **rest)
{
	if (!strcmp(command, "newaddr"))
		build_addr(request, device, rest);
	else if (!strcmp(command, "newroute"))
		build_route(request, device, rest);
	else
		return false;
	request->protocol = NETLINK_ROUTE;
	return true;
}

static unsigned int command_of(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (!strcmp(commands[i].name, name))
			return commands[i].command;
	return need_number(name);
}

void request_build(struct request *request, char *text, unsigned int family)
{
	struct genlmsghdr genl = { .version = 1 };
	char *rest = text, *command = next_token(&rest);
	char *device = next_token(&rest), *end = "";
	unsigned int flags, index;

	errno = 0;
	if (!device)
		die("no device in: %s", command);
	if (!rest)
		rest = end;
	request->marks = 0;
	request->has_info = false;
	if (build_link(request, command, device, &rest) ||
	    build_other(request, command, device, &rest))
		return;

	request->protocol = NETLINK_GENERIC;
	genl.cmd = command_of(command);
	flags = take_flags(&rest, NULL);
	nl_begin(&request->msg, family, flags, &genl, sizeof(genl));
	if (strcmp(device, "-")) {
		index = nl_link(device);
		nl_put(&request->msg, FLANNEL_A_IFINDEX, &index, 4);
	}
	put_attrs(request, TOP, &rest);
}
