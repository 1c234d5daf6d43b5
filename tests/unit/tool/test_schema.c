// SPDX-License-Identifier: GPL-2.0
/* flannel's JSON: network configs and leases (schema.txt). */
#include <stdlib.h>

#include "data.h"
#include "registry/backend.h"
#include "registry/registry.h"
#include "registry/schema.h"
#include "tap.h"

static void test_config(const char *name, bool good, const char *text,
			size_t len)
{
	struct net_config config;
	char why[JSON_WHY] = "";

	ok(config_parse(text, len, &config, why) == good, "config: %s%s%s",
	   name, *why ? ": " : "", why);
}

static void test_bad_lease(const char *name, const char *text, size_t len)
{
	struct lease_value lease;
	char why[JSON_WHY] = "";

	ok(!lease_parse(text, len, &lease, why), "lease: %s: %s", name, why);
}

static void test_good_lease(const char *macs, const char *ip,
			    const char *name, const char *text, size_t len)
{
	struct lease_value lease;
	char why[JSON_WHY] = "", public_ip[ADDR_TEXT];

	ok(lease_parse(text, len, &lease, why) &&
	   lease.has_mac == !!strchr(macs, '4') &&
	   lease.has_mac6 == !!strchr(macs, '6') &&
	   !strcmp(addr_text(&lease.public_ip, public_ip), ip),
	   "lease: %s%s", name, why);
}

/* flannel's own bytes: read, then written. */
static void test_written(const char *vni, const char *name, const char *text)
{
	struct lease_value lease;
	char why[JSON_WHY] = "", *again;

	ok(lease_parse(text, strlen(text), &lease, why), "written: %s%s",
	   name, why);
	lease.vni = (uint32_t)strtoul(vni, NULL, 10);
	again = lease_text(&lease);
	is(again, text, "byte for byte");
	free(again);
}

static void test_case(struct data *d)
{
	char *head = strdup(d->line);
	char *what = strtok(head, " "), *verdict = strtok(NULL, " ");
	bool good = !strcmp(verdict, "good");
	char *macs = NULL, *ip = NULL, *vni = NULL;
	size_t len;

	if (!strcmp(what, "lease") && good) {
		macs = strtok(NULL, " ");
		ip = strtok(NULL, " ");
	} else if (!strcmp(verdict, "written")) {
		vni = strtok(NULL, " ");
	}
	data_raw(d);
	len = data_decode(d->line);
	if (vni)
		test_written(vni, strtok(NULL, ""), d->line);
	else if (!strcmp(what, "config"))
		test_config(strtok(NULL, ""), good, d->line, len);
	else if (good)
		test_good_lease(macs, ip, strtok(NULL, ""), d->line, len);
	else
		test_bad_lease(strtok(NULL, ""), d->line, len);
	free(head);
}

static void test_values(void)
{
	static const char *const full =
	"{\"network\":\"10.4.1.2/16\",\"BACKEND\":{\"type\":\"VXLAN\",\"vni\":7,\"Port\":8}}";
	struct net_config config;
	char why[JSON_WHY];

	config_parse(full, strlen(full), &config, why);
	ok(config.vni == 7 && config.port == 8 && config.ipv4 &&
	   !config.ipv6 && config.network.len == 16 &&
	   !config.network.addr.b[2], "the values of a config");
	is(config.backend, "vxlan", "a backend's name is in lower case");
	config_parse("{\"Network\":\"10.0.0.0/8\"}", 24, &config, why);
	is(config.backend, "udp", "without Backend it is udp");
	ok(config.vni == 1 && !config.port, "VNI and port unless given");
}

static void test_size(void)
{
	size_t len = REGISTRY_VALUE_MAX + 1;
	char *text = malloc(len + 1);
	struct lease_value lease;
	char why[JSON_WHY];

	memset(text, ' ', len);
	memcpy(text, "{}", 2);
	text[len] = '\0';
	ok(lease_parse(text, len - 1, &lease, why), "a value of 64 KiB");
	ok(!lease_parse(text, len, &lease, why), "a value above 64 KiB");
	free(text);
}

static void test_options(void)
{
	static const char *const full =
	"{\"Network\":\"9.0.0.0/8\",\"Backend\":{\"Type\":\"vxlan\",\"MTU\":1400,\"gbp\":true}}";
	struct net_config config;
	char why[JSON_WHY];

	config_parse(full, strlen(full), &config, why);
	ok(config.mtu == 1400 && config.gbp && !config.direct &&
	   !config.learning, "the options of vxlan");
}

static uint32_t mtu_of(const char *backend, bool ipv4, uint32_t mtu,
		       uint32_t given)
{
	struct net_config config = { .ipv4 = ipv4, .ipv6 = true, .mtu = given };

	snprintf(config.backend, sizeof(config.backend), "%s", backend);
	return backend_mtu(&config, mtu);
}

static void test_mtu(void)
{
	ok(mtu_of("vxlan", true, 1500, 0) == 1450, "MTU of vxlan");
	ok(mtu_of("vxlan", true, 1500, 1400) == 1350, "MTU of vxlan, given");
	ok(mtu_of("vxlan", false, 1500, 0) == 1430, "MTU of vxlan over IPv6");
	ok(mtu_of("udp", true, 1500, 0) == 1472, "MTU of udp");
	ok(mtu_of("host-gw", false, 1500, 0) == 1500, "MTU of host-gw");
	ok(mtu_of("alloc", true, 9000, 0) == 9000, "MTU of alloc");
	ok(mtu_of("vxlan", true, 50, 0) == 0, "MTU without room");
	ok(mtu_of("wireguard", true, 1500, 0) == 0, "MTU of nobody knows what");
}

int main(void)
{
	struct data d;

	if (!data_open(&d, "schema.txt"))
		return 1;
	while (data_line(&d))
		test_case(&d);
	data_close(&d);
	test_values();
	test_options();
	test_size();
	test_mtu();
	return done_testing();
}
