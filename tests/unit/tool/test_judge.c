// SPDX-License-Identifier: GPL-2.0
/* Which leases are believed: the registries of judge.txt, and a large one. */
#include <stdio.h>
#include <stdlib.h>

#include "data.h"
#include "registry/lease.h"
#include "tap.h"

#define LEASES_MAX	6

/* A case as it is read. */
struct scene {
	char name[80];
	struct registry_data data;
	char verdict[LEASES_MAX][80];
};

static const char vxlan[] =
"{\"Network\":\"10.244.0.0/16\",\"Backend\":{\"Type\":\"vxlan\"}}";

static struct host_addr addrs[5];

static void add_addr(size_t i, uint32_t ifindex, const char *addr,
		     const char *net)
{
	addrs[i].ifindex = ifindex;
	addr_parse(&addrs[i].addr, addr);
	prefix_parse(&addrs[i].net, net);
}

/* eth0 (2) is the underlay, with a second address inside the cluster network;
 * cni0 (3) has an address in the cluster network, docker0 (4) elsewhere.
 */
static void make_place(struct place *p, struct addr *etcd)
{
	add_addr(0, 2, "192.168.77.1", "192.168.77.0/24");
	add_addr(1, 2, "fd00:77::1", "fd00:77::/64");
	add_addr(2, 2, "10.244.200.1", "10.244.200.0/24");
	add_addr(3, 3, "10.244.66.1", "10.244.66.0/24");
	add_addr(4, 4, "172.17.0.1", "172.17.0.0/16");
	addr_parse(&p->local[0], "192.168.77.1");
	addr_parse(&p->local[1], "fd00:77::1");
	p->addr = addrs;
	p->addrs = ROWS(addrs);
	p->underlay[0] = 2;
	addr_parse(etcd, "10.244.99.5");
	p->endpoint = etcd;
	p->endpoints = 1;
}

static char *make_value(const char *ip, const char *ip6, const char *mac)
{
	json_t *value = json_pack("{s:s,s:s*,s:s,s:{s:i,s:s},s:{s:i,s:s}}",
				  "PublicIP", ip, "PublicIPv6", ip6,
				  "BackendType", "vxlan",
				  "BackendData", "VNI", 1, "VtepMAC", mac,
				  "BackendV6Data", "VNI", 1, "VtepMAC", mac);
	char *text = json_dumps(value, JSON_COMPACT);

	json_decref(value);
	return text;
}

static void add_lease(struct registry_data *data, const char *key, char *value,
		      uint64_t created)
{
	struct registry_entry e = {
		.key = strdup(key),
		.key_len = strlen(key),
		.value = value,
		.value_len = strlen(value),
		.created = created,
	};

	registry_add(data, &e);
}

/* KEY[@AGE] PUBLICIP PUBLICIPV6 MAC => VERDICT, or KEY[@AGE] {...} => ... */
static void read_lease(struct scene *s, char *line)
{
	char *verdict = strstr(line, " => "), *value = strchr(line, ' ') + 1;
	char *age = strchr(line, '@'), ip[64], ip6[64], mac[64];
	unsigned long created = s->data.n + 1;

	*verdict = '\0';
	value[-1] = '\0';
	if (age && age < value) {
		*age = '\0';
		created = strtoul(age + 1, NULL, 10);
	}
	snprintf(s->verdict[s->data.n], sizeof(s->verdict[0]), "%s",
		 verdict + 4);
	if (*value != '{' &&
	    sscanf(value, "%63s %63s %63s", ip, ip6, mac) == 3)
		value = make_value(ip, *ip6 == '-' ? NULL : ip6, mac);
	else
		value = strdup(value);
	add_lease(&s->data, line, value, created);
}

static bool as_expected(const struct lease *l, const char *verdict)
{
	bool believed = !strcmp(verdict, "believed");
	bool own = !strcmp(verdict, "own");
	char why[JSON_WHY];
	int half, refused = 0;

	if (l->refused)
		return strstr(lease_why(l, -1, why), verdict);
	for (half = 0; half < 2; half++) {
		if (!l->half[half].refused)
			continue;
		refused++;
		if (!strstr(lease_why(l, half, why), verdict))
			return false;
	}
	if (!believed && !own)
		return refused;
	return !refused && l->own == own;
}

static void explain(const struct lease *l)
{
	printf("# %s: own %d, %s, %s, %s\n", l->entry->key, l->own,
	       l->refused ? l->refused : "-",
	       l->half[0].refused ? l->half[0].refused : "-",
	       l->half[1].refused ? l->half[1].refused : "-");
}

static void run_scene(struct scene *s, const struct net_config *config,
		      const struct place *place)
{
	struct lease_list list = {};
	bool good;
	size_t i;

	good = !lease_list_parse(&list, &s->data, config) &&
	       !lease_list_judge(&list, config, place);
	for (i = 0; i < list.n; i++)
		good &= as_expected(&list.v[i], s->verdict[i]);
	ok(good, "judge: %s", s->name);
	for (i = 0; i < list.n && !good; i++)
		explain(&list.v[i]);
	lease_list_free(&list);
	registry_clear(&s->data);
}

static void read_config(struct net_config *config, const char *text)
{
	char why[JSON_WHY];
	bool good = config_parse(text, strlen(text), config, why);

	ok(good, "the config of backend %s", config->backend);
}

/* A network config begins with a brace, and is that of the cases behind it. */
static bool run_file(struct net_config *config, const struct place *place)
{
	struct scene s = {};
	struct data d;

	if (!data_open(&d, "judge.txt"))
		return false;
	while (data_line(&d)) {
		if (*d.line != '=' && *d.line != '{') {
			read_lease(&s, d.line);
			continue;
		}
		if (*s.name)
			run_scene(&s, config, place);
		s.name[0] = '\0';
		if (*d.line == '{')
			read_config(config, d.line);
		else
			snprintf(s.name, sizeof(s.name), "%s", d.line + 2);
	}
	run_scene(&s, config, place);
	data_close(&d);
	return true;
}

/* A large registry in no time: no step looks at all pairs. */
static void test_large(const struct net_config *config,
		       const struct place *place)
{
	struct registry_data data = {};
	struct lease_list list = {};
	char key[32], ip[32];
	size_t i, good = 0;

	for (i = 0; i < 16384; i++) {
		snprintf(key, sizeof(key), "10.244.%zu.%zu-30",
			 i / 64, i % 64 * 4);
		snprintf(ip, sizeof(ip), "172.20.%zu.%zu", i / 256, i % 256);
		add_lease(&data, key,
			  make_value(ip, NULL, "02:00:00:00:00:02"), i + 1);
	}
	ok(!lease_list_parse(&list, &data, config) &&
	   !lease_list_judge(&list, config, place), "16384 leases are judged");
	for (i = 0; i < list.n; i++)
		good += !list.v[i].refused && !list.v[i].half[0].refused;
	/* Not those on the underlay, around cni0's address and etcd's. */
	ok(good == 16384 - 64 - 2, "all but 66 of them are believed");
	lease_list_free(&list);
	registry_clear(&data);
}

static void test_nowhere(const struct net_config *config)
{
	struct registry_data data = {};
	struct lease_list list = {};
	struct place nowhere = {};

	add_lease(&data, "10.244.1.0-24",
		  make_value("192.168.77.1", NULL, "02:00:00:00:00:01"), 1);
	ok(!lease_list_parse(&list, &data, config) &&
	   !lease_list_judge(&list, config, &nowhere) && !list.v[0].own &&
	   !list.v[0].half[0].refused, "without a place no lease is our own");
	lease_list_free(&list);
	registry_clear(&data);
}

/* A device without a local address: our lease says which network is ours. */
static void test_no_local(const struct net_config *config,
			  const struct place *somewhere)
{
	struct registry_data data = {};
	struct lease_list list = {};
	struct place place = {
		.addr = somewhere->addr,
		.addrs = somewhere->addrs,
	};
	char why[JSON_WHY];

	add_lease(&data, "10.244.200.128-25",
		  make_value("192.168.77.2", NULL, "02:00:00:00:00:02"), 1);
	add_lease(&data, "10.244.1.0-24",
		  make_value("10.244.200.1", NULL, "02:00:00:00:00:01"), 2);
	ok(!lease_list_parse(&list, &data, config) &&
	   !lease_list_judge(&list, config, &place) && list.v[1].own &&
	   !list.v[1].half[0].refused,
	   "without a local address any of the host's is our own");
	ok(list.v[0].half[0].refused &&
	   strstr(lease_why(&list.v[0], 0, why), "underlay network"),
	   "and its network is the underlay");
	lease_list_free(&list);
	registry_clear(&data);
}

int main(void)
{
	struct place place = {};
	struct net_config config;
	struct addr etcd;

	make_place(&place, &etcd);
	if (!run_file(&config, &place))
		return 1;
	read_config(&config, vxlan);
	test_nowhere(&config);
	test_no_local(&config, &place);
	test_large(&config, &place);
	return done_testing();
}
