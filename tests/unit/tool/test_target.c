// SPDX-License-Identifier: GPL-2.0
/* What leases make of a node, backend by backend. */
#include <stdlib.h>

#include "data.h"
#include "registry/target.h"
#include "tap.h"

static void add(struct registry_data *data, const char *key, const char *value)
{
	struct registry_entry e = {
		.key = strdup(key), .key_len = strlen(key),
		.value = strdup(value), .value_len = strlen(value),
		.created = data->n + 1,
	};

	registry_add(data, &e);
}

static void add_vxlan_peer(struct registry_data *data)
{
	struct lease_value lease = {
		.type = "vxlan", .has_mac = true, .mac.b = { 2, 0, 0, 0, 0, 2 },
		.vni = 1,
	};
	char *text;

	addr_parse(&lease.public_ip, "192.168.77.2");
	text = lease_text(&lease);
	add(data, "10.244.2.0-24", text);
	free(text);
}

static void make(struct target *t, const char *config_text,
		 struct registry_data *data)
{
	struct place place = { .owner = "sync" };
	struct net_config config;
	char why[JSON_WHY];

	ok(config_parse(config_text, strlen(config_text), &config, why) &&
	   !target_make(t, data, &config, &place), "%s", config_text);
}

static void done(struct target *t, struct registry_data *data)
{
	target_free(t);
	registry_clear(data);
	memset(data, 0, sizeof(*data));
}

static bool is_peer(const struct subnet_list *list, const char *prefix,
		    const char *via)
{
	char text[PREFIX_TEXT], address[ADDR_TEXT];

	return list->n == 1 &&
	       !strcmp(prefix_text(&list->v[0].prefix, text), prefix) &&
	       !strcmp(addr_text(&list->v[0].via, address), via);
}

static void test_vxlan(void)
{
	struct registry_data data = {};
	struct target t;

	add_vxlan_peer(&data);
	make(&t, "{\"Network\":\"10.244.0.0/16\",\"Backend\":{\"Type\":\"vxlan\"}}",
	     &data);
	ok(is_peer(&t.want, "10.244.2.0/24", "192.168.77.2") &&
	   t.want.v[0].has_lladdr && t.want.v[0].encap == FLANNEL_ENCAP_VXLAN,
	   "vxlan: an entry with a MAC");
	ok(!t.direct.n, "and no route");
	done(&t, &data);
}

static void test_auto(void)
{
	struct registry_data data = {};
	struct target t;

	add_vxlan_peer(&data);
	make(&t, "{\"Network\":\"10.244.0.0/16\",\"Backend\":{\"Type\":\"vxlan\",\"DirectRouting\":true}}",
	     &data);
	ok(is_peer(&t.want, "10.244.2.0/24", "192.168.77.2") &&
	   t.want.v[0].has_lladdr, "auto: an entry with a MAC");
	ok(is_peer(&t.direct, "10.244.2.0/24", "192.168.77.2"),
	   "and a route above it");
	done(&t, &data);
}

static void test_host_gw(void)
{
	struct registry_data data = {};
	struct target t;

	add(&data, "10.244.2.0-24",
	    "{\"PublicIP\":\"0.0.0.0\",\"PublicIPv6\":\"fd00::2\",\"BackendType\":\"host-gw\"}");
	add(&data, "10.244.3.0-24", "garbage");
	make(&t, "{\"Network\":\"10.244.0.0/16\",\"Backend\":{\"Type\":\"host-gw\"}}",
	     &data);
	ok(is_peer(&t.direct, "10.244.2.0/24", "fd00::2"),
	   "host-gw: a route, over IPv6 where there is nothing else");
	ok(!t.want.n && t.keep.n == 1, "no entry, and what is garbage stays");
	done(&t, &data);
}

static void test_udp(void)
{
	struct registry_data data = {};
	struct target t;

	add(&data, "10.244.2.0-24", "{\"PublicIP\":\"192.168.77.2\"}");
	make(&t, "{\"Network\":\"10.244.0.0/16\"}", &data);
	ok(is_peer(&t.want, "10.244.2.0/24", "192.168.77.2") &&
	   !t.want.v[0].has_lladdr && t.want.v[0].encap == FLANNEL_ENCAP_UDP &&
	   !t.direct.n, "udp: an entry without a MAC");
	done(&t, &data);
}

static void test_alloc(void)
{
	struct registry_data data = {};
	struct target t;

	add(&data, "10.244.2.0-24", "{\"PublicIP\":\"192.168.77.2\"}");
	make(&t, "{\"Network\":\"10.244.0.0/16\",\"Backend\":{\"Type\":\"alloc\"}}",
	     &data);
	ok(!t.want.n && !t.direct.n, "alloc: nothing");
	done(&t, &data);
}

int main(void)
{
	test_vxlan();
	test_auto();
	test_host_gw();
	test_udp();
	test_alloc();
	return done_testing();
}
