// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * From stock flannel's vxlan devices to ours, in place: all that can fail is
 * tried while stock's are still at work, and the way from deleting them to
 * putting ours up is three requests long.
 */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "device.h"

/* "flannel.1" has "flannel-v6.1" beside it. */
static void v6_name(const char *name, char buf[static IF_NAMESIZE])
{
	const char *dot = strchr(name, '.');

	snprintf(buf, IF_NAMESIZE, "flannel-v6%.4s", dot ? dot : "");
}

static bool is_stock(struct netlink *nl, const char *name, struct iface *i)
{
	return !iface_find(nl, name, i) && !strcmp(i->kind, "vxlan");
}

/**
 * takeover_stock_mac - MACs of stock flannel's devices, which peers know
 * @nl: The kernel.
 * @name: Name of the IPv4 device.
 * @mac: Where they go, by inner family.
 *
 * Return: 0 or negative errno.
 */
int takeover_stock_mac(struct netlink *nl, const char *name,
		       struct mac mac[static 2])
{
	char name6[IF_NAMESIZE];
	struct iface i;

	if (!is_stock(nl, name, &i) || !i.has_mac)
		return -ENODEV;
	mac[0] = i.mac;
	mac[1] = i.mac;
	v6_name(name, name6);
	if (is_stock(nl, name6, &i) && i.has_mac)
		mac[1] = i.mac;
	return 0;
}

static bool socket_on(const char *path, unsigned int port)
{
	unsigned int local;
	char line[256];
	bool found = false;
	FILE *f = fopen(path, "re");

	while (f && !found && fgets(line, sizeof(line), f))
		found = sscanf(line, " %*u: %*[0-9A-Fa-f]:%x", &local) == 1 &&
			local == port;
	if (f)
		fclose(f);
	return found;
}

/* A device of stock's that is up has the port, and so nobody else. */
static bool port_taken(struct netlink *nl, const struct device_wish *wish,
		       unsigned int port)
{
	char name6[IF_NAMESIZE];
	struct iface i;

	v6_name(wish->name, name6);
	if (!(is_stock(nl, wish->name, &i) && i.flags & IFF_UP) &&
	    socket_on("/proc/self/net/udp", port))
		return true;
	return !(is_stock(nl, name6, &i) && i.flags & IFF_UP) &&
	       socket_on("/proc/self/net/udp6", port);
}

static bool other_vxlan(struct netlink *nl, const struct device_wish *wish,
			unsigned int port, char *name)
{
	struct iface_list list = {};
	char name6[IF_NAMESIZE];
	bool found = false;
	size_t i;

	v6_name(wish->name, name6);
	if (!iface_dump(nl, "vxlan", &list))
		for (i = 0; i < list.n && !found; i++) {
			found = list.v[i].vxlan.port == port &&
				strcmp(list.v[i].name, wish->name) &&
				strcmp(list.v[i].name, name6);
			if (found)
				strcpy(name, list.v[i].name);
		}
	free(list.v);
	return found;
}

static bool same_file(const char *a, const char *b)
{
	struct stat s, t;

	return !stat(a, &s) && !stat(b, &t) && s.st_ino == t.st_ino &&
	       s.st_dev == t.st_dev;
}

/* A flanneld that runs would delete our device and make its own again. */
static bool is_flanneld(const char *pid)
{
	char path[64], comm[32] = "";
	bool is = false;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%.16s/comm", pid);
	f = fopen(path, "re");
	if (!f)
		return false;
	if (fgets(comm, sizeof(comm), f))
		is = !strcmp(comm, "flanneld\n");
	fclose(f);
	if (!is)
		return false;
	snprintf(path, sizeof(path), "/proc/%.16s/exe", pid);
	if (same_file(path, "/proc/self/exe"))
		return false;
	snprintf(path, sizeof(path), "/proc/%.16s/ns/net", pid);
	return same_file(path, "/proc/self/ns/net");
}

/**
 * takeover_flanneld - Does a flanneld run in this network namespace?
 *
 * Return: Its process ID, or 0.
 */
int takeover_flanneld(void)
{
	const struct dirent *e;
	DIR *dir = opendir("/proc");
	int pid = 0;

	while (dir && !pid && (e = readdir(dir)))
		if (e->d_name[0] >= '1' && e->d_name[0] <= '9' &&
		    is_flanneld(e->d_name))
			pid = atoi(e->d_name);
	if (dir)
		closedir(dir);
	return pid;
}

/**
 * takeover_preflight - Can stock flannel's devices be replaced?
 * @nl: The kernel.
 * @wish: Our device.
 * @why: Why not.
 *
 * Nothing is changed.
 *
 * Return: 0 or negative errno.
 */
int takeover_preflight(struct netlink *nl, const struct device_wish *wish,
		       char why[static JSON_WHY])
{
	unsigned int port = wish->link.value[LINK_UDP_DST].number;
	char name[IF_NAMESIZE];
	int pid = takeover_flanneld();

	if (pid)
		snprintf(why, JSON_WHY, "flanneld runs as process %d: stop it first", pid);
	else if (other_vxlan(nl, wish, port, name))
		snprintf(why, JSON_WHY, "UDP port %u is that of the vxlan device %s",
			 port, name);
	else if (port_taken(nl, wish, port))
		snprintf(why, JSON_WHY, "UDP port %u is somebody else's: see ss -ulnp",
			 port);
	else
		return 0;
	return -EADDRINUSE;
}

/**
 * takeover_finish - Put our device, filled and down, in the place of stock's
 * @nl: The kernel.
 * @wish: Our device.
 * @ifindex: Its index now.
 * @why: What is wrong.
 *
 * Return: 0 or negative errno.
 */
int takeover_finish(struct netlink *nl, const struct device_wish *wish,
		    uint32_t ifindex, char why[static JSON_WHY])
{
	char name6[IF_NAMESIZE];
	struct iface i;
	int err = 0;

	v6_name(wish->name, name6);
	if (is_stock(nl, name6, &i))
		err = link_delete(nl, i.ifindex);
	if (!err && is_stock(nl, wish->name, &i))
		err = link_delete(nl, i.ifindex);
	if (!err)
		err = iface_rename(nl, ifindex, wish->name);
	if (err)
		snprintf(why, JSON_WHY, "cannot take the place of stock flannel's %s: %s",
			 wish->name, netlink_why(nl));
	return err;
}
