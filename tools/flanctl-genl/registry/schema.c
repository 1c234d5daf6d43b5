// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * flannel's JSON. It is parsed as flannel's own Go code parses it: keys
 * whatever their case, null as if absent, unknown keys passed over, wrong types
 * refused; unlike there, a key twice is refused as well. It is written byte for
 * byte as flannel writes it.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "../text.h"
#include "registry.h"
#include "schema.h"

/**
 * struct member - A key of an object.
 * @key: The key as flannel writes it.
 * @type: The type its value must have; JSON_TRUE stands for both booleans,
 *	JSON_NULL for any.
 * @take: Takes the value; what is wrong with it, or NULL. May be NULL.
 */
struct member {
	const char *key;
	json_type type;
	const char *(*take)(void *to, const json_t *value);
};

static bool right_type(const json_t *value, json_type type)
{
	if (type == JSON_TRUE)
		return json_is_boolean(value);
	if (type == JSON_NULL)
		return true;
	return json_typeof(value) == type;
}

static bool complain(char *why, const char *key, const char *what)
{
	snprintf(why, JSON_WHY, "%s: %s", key, what);
	return false;
}

static bool take_member(const struct member *m, const json_t *value, void *to,
			char *why)
{
	const char *wrong;

	if (json_is_null(value))
		return true;
	if (!right_type(value, m->type))
		return complain(why, m->key, "has a value of the wrong type");
	wrong = m->take ? m->take(to, value) : NULL;
	return wrong ? complain(why, m->key, wrong) : true;
}

/* Find the members of @object, ended by one without a key, and take them. */
static bool take_object(const json_t *object, const struct member *members,
			void *to, char *why)
{
	const struct member *m;
	unsigned int seen = 0;
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)object, key, value) {
		for (m = members; m->key && strcasecmp(key, m->key); m++)
			;
		if (!m->key)
			continue;
		if (seen & 1U << (m - members))
			return complain(why, m->key, "is there twice");
		seen |= 1U << (m - members);
		if (!take_member(m, value, to, why))
			return false;
	}
	return true;
}

static json_t *parse(const char *text, size_t len, char *why)
{
	json_t *root = NULL;

	if (len > REGISTRY_VALUE_MAX)
		snprintf(why, JSON_WHY, "longer than %d bytes",
			 REGISTRY_VALUE_MAX);
	else
		root = json_parse(text, len, why, NULL);
	if (root && !json_is_object(root)) {
		snprintf(why, JSON_WHY, "not a JSON object");
		json_decref(root);
		root = NULL;
	}
	return root;
}

static bool get_number(const json_t *value, json_int_t max, uint32_t *to)
{
	json_int_t n = json_integer_value(value);

	if (n < 0 || n > max)
		return false;
	*to = (uint32_t)n;
	return true;
}

static const char *get_network(struct prefix *p, const json_t *value,
			       uint8_t family, uint8_t longest)
{
	const char *why = prefix_parse_masked(p, json_string_value(value));

	if (why || !strchr(json_string_value(value), '/'))
		return why ? why : "not ADDRESS/LENGTH";
	if (p->addr.len != family)
		return "not of the right family";
	if (!p->len || p->len > longest)
		return "the prefix length leaves no room for subnets";
	return NULL;
}

static const char *take_network(void *to, const json_t *value)
{
	return get_network(&((struct net_config *)to)->network, value, 4, 28);
}

static const char *take_network6(void *to, const json_t *value)
{
	return get_network(&((struct net_config *)to)->network6, value, 16,
			   124);
}

static const char *take_enable4(void *to, const json_t *value)
{
	((struct net_config *)to)->ipv4 = json_is_true(value);
	return NULL;
}

static const char *take_enable6(void *to, const json_t *value)
{
	((struct net_config *)to)->ipv6 = json_is_true(value);
	return NULL;
}

static const char *get_subnet(struct addr *a, const json_t *value,
			      uint8_t family)
{
	if (!addr_parse(a, json_string_value(value)) || a->len != family)
		return "not an address of the right family";
	return NULL;
}

static const char *take_min(void *to, const json_t *value)
{
	return get_subnet(&((struct net_config *)to)->subnet_min[0], value, 4);
}

static const char *take_max(void *to, const json_t *value)
{
	return get_subnet(&((struct net_config *)to)->subnet_max[0], value, 4);
}

static const char *take_min6(void *to, const json_t *value)
{
	return get_subnet(&((struct net_config *)to)->subnet_min[1], value, 16);
}

static const char *take_max6(void *to, const json_t *value)
{
	return get_subnet(&((struct net_config *)to)->subnet_max[1], value, 16);
}

static const char *take_nftables(void *to, const json_t *value)
{
	((struct net_config *)to)->nftables = json_is_true(value);
	return NULL;
}

static const char *take_len(void *to, const json_t *value)
{
	return get_number(value, 32, &((struct net_config *)to)->subnet_len) ?
	       NULL : "not a prefix length";
}

static const char *take_len6(void *to, const json_t *value)
{
	return get_number(value, 128, &((struct net_config *)to)->subnet_len6) ?
	       NULL : "not a prefix length";
}

static const char *take_vni(void *to, const json_t *value)
{
	return get_number(value, (1 << 24) - 1,
			  &((struct net_config *)to)->vni) ?
	       NULL : "not a VNI";
}

static const char *take_port(void *to, const json_t *value)
{
	uint32_t port;

	if (!get_number(value, 65535, &port))
		return "not a port";
	((struct net_config *)to)->port = (uint16_t)port;
	return NULL;
}

static const char *copy_type(char *to, const json_t *value)
{
	const char *type = json_string_value(value);

	if (strlen(type) >= BACKEND_TYPE)
		return "too long";
	strcpy(to, type);
	return NULL;
}

static const char *take_backend_type(void *to, const json_t *value)
{
	char *type = ((struct net_config *)to)->backend;
	const char *why = copy_type(type, value);

	for (; !why && *type; type++)
		if (*type >= 'A' && *type <= 'Z')
			*type = (char)(*type - 'A' + 'a');
	return why;
}

static const char *take_mtu(void *to, const json_t *value)
{
	return get_number(value, 65535, &((struct net_config *)to)->mtu) ?
	       NULL : "not an MTU";
}

static const char *take_direct(void *to, const json_t *value)
{
	((struct net_config *)to)->direct = json_is_true(value);
	return NULL;
}

static const char *take_gbp(void *to, const json_t *value)
{
	((struct net_config *)to)->gbp = json_is_true(value);
	return NULL;
}

static const char *take_learning(void *to, const json_t *value)
{
	((struct net_config *)to)->learning = json_is_true(value);
	return NULL;
}

static const struct member type_members[] = {
	{ "Type", JSON_STRING, take_backend_type },
	{}
};

static const struct member vxlan_members[] = {
	{ "VNI", JSON_INTEGER, take_vni },
	{ "Port", JSON_INTEGER, take_port },
	{ "MTU", JSON_INTEGER, take_mtu },
	{ "GBP", JSON_TRUE, take_gbp },
	{ "Learning", JSON_TRUE, take_learning },
	{ "DirectRouting", JSON_TRUE, take_direct },
	{}
};

static const struct member udp_members[] = {
	{ "Port", JSON_INTEGER, take_port },
	{}
};

static const struct member config_members[] = {
	{ "EnableIPv4", JSON_TRUE, take_enable4 },
	{ "EnableIPv6", JSON_TRUE, take_enable6 },
	{ "EnableNFTables", JSON_TRUE, take_nftables },
	{ "Network", JSON_STRING, take_network },
	{ "IPv6Network", JSON_STRING, take_network6 },
	{ "SubnetMin", JSON_STRING, take_min },
	{ "SubnetMax", JSON_STRING, take_max },
	{ "IPv6SubnetMin", JSON_STRING, take_min6 },
	{ "IPv6SubnetMax", JSON_STRING, take_max6 },
	{ "SubnetLen", JSON_INTEGER, take_len },
	{ "IPv6SubnetLen", JSON_INTEGER, take_len6 },
	{ "Backend", JSON_OBJECT, NULL },
	{}
};

static json_t *find_member(const json_t *object, const char *name)
{
	json_t *value, *found = NULL;
	const char *key;

	json_object_foreach((json_t *)object, key, value)
		if (!strcasecmp(key, name))
			found = value;
	return json_is_null(found) ? NULL : found;
}

/* What an option's name means depends on the backend; host-gw has none. */
static bool take_backend(const json_t *root, struct net_config *config,
			 char *why)
{
	const json_t *value = find_member(root, "Backend");

	if (!value)
		return true;
	config->backend[0] = '\0';
	if (!take_object(value, type_members, config, why))
		return false;
	if (!config->backend[0])
		return complain(why, "Backend", "Type is missing");
	if (!strcmp(config->backend, "vxlan"))
		return take_object(value, vxlan_members, config, why);
	if (!strcmp(config->backend, "udp"))
		return take_object(value, udp_members, config, why);
	return true;
}

static bool config_complete(struct net_config *c, char *why)
{
	if (c->ipv4 && !c->network.addr.len)
		return complain(why, "Network", "is missing");
	if (c->ipv6 && !c->network6.addr.len)
		return complain(why, "IPv6Network", "is missing");
	if (!c->ipv4 && !c->ipv6)
		return complain(why, "EnableIPv4",
				"and EnableIPv6 are both false");
	if (!c->ipv4)
		memset(&c->network, 0, sizeof(c->network));
	if (!c->ipv6)
		memset(&c->network6, 0, sizeof(c->network6));
	return true;
}

/**
 * config_parse - Parse a network config
 * @text: The JSON text, any bytes.
 * @len: Its length.
 * @config: Where it goes.
 * @why: What is wrong, fit to be printed.
 *
 * Return: false if something is wrong.
 */
bool config_parse(const char *text, size_t len, struct net_config *config,
		  char why[static JSON_WHY])
{
	json_t *root = parse(text, len, why);
	bool good;

	memset(config, 0, sizeof(*config));
	if (!root)
		return false;
	config->ipv4 = true;
	config->vni = 1;
	strcpy(config->backend, "udp");
	good = take_object(root, config_members, config, why) &&
	       take_backend(root, config, why) &&
	       config_complete(config, why);
	json_decref(root);
	return good;
}

static const char *take_public_ip(void *to, const json_t *value)
{
	struct lease_value *l = to;

	if (!addr_parse(&l->public_ip, json_string_value(value)) ||
	    l->public_ip.len != 4)
		return "not an IPv4 address";
	return NULL;
}

static const char *take_public_ip6(void *to, const json_t *value)
{
	struct lease_value *l = to;

	if (!addr_parse(&l->public_ip6, json_string_value(value)) ||
	    l->public_ip6.len != 16)
		return "not an IPv6 address";
	return NULL;
}

static const char *take_type(void *to, const json_t *value)
{
	return copy_type(((struct lease_value *)to)->type, value);
}

/**
 * struct vtep_data - BackendData of vxlan.
 * @has_mac: There is one.
 * @mac: The VTEP MAC.
 */
struct vtep_data {
	bool has_mac;
	struct mac mac;
};

static const char *take_mac(void *to, const json_t *value)
{
	struct vtep_data *d = to;

	d->has_mac = mac_parse(&d->mac, json_string_value(value));
	return d->has_mac ? NULL : "not a MAC";
}

static const char *check_vni(void *to, const json_t *value)
{
	uint32_t vni;

	(void)to;
	return get_number(value, (1 << 24) - 1, &vni) ? NULL : "not a VNI";
}

static const struct member vtep_members[] = {
	{ "VNI", JSON_INTEGER, check_vni },
	{ "VtepMAC", JSON_STRING, take_mac },
	{}
};

static const struct member lease_members[] = {
	{ "PublicIP", JSON_STRING, take_public_ip },
	{ "PublicIPv6", JSON_STRING, take_public_ip6 },
	{ "BackendType", JSON_STRING, take_type },
	{ "BackendData", JSON_NULL, NULL },
	{ "BackendV6Data", JSON_NULL, NULL },
	{}
};

/* What BackendData is depends on BackendType: it is read only for vxlan. */
static bool take_data(const json_t *root, const char *name, bool *has_mac,
		      struct mac *mac, char *why)
{
	const json_t *value = find_member(root, name);
	struct vtep_data data = {};

	if (!value)
		return true;
	if (!json_is_object(value))
		return complain(why, name, "has a value of the wrong type");
	if (!take_object(value, vtep_members, &data, why))
		return false;
	*has_mac = data.has_mac;
	*mac = data.mac;
	return true;
}

/**
 * lease_parse - Parse a lease
 * @text: The JSON text, any bytes.
 * @len: Its length.
 * @lease: Where it goes.
 * @why: What is wrong, fit to be printed.
 *
 * Return: false if something is wrong.
 */
bool lease_parse(const char *text, size_t len, struct lease_value *lease,
		 char why[static JSON_WHY])
{
	json_t *root = parse(text, len, why);
	bool good;

	memset(lease, 0, sizeof(*lease));
	if (!root)
		return false;
	good = take_object(root, lease_members, lease, why);
	if (good && !strcmp(lease->type, "vxlan"))
		good = take_data(root, "BackendData", &lease->has_mac,
				 &lease->mac, why) &&
		       take_data(root, "BackendV6Data", &lease->has_mac6,
				 &lease->mac6, why);
	json_decref(root);
	return good;
}

static void put_mac(FILE *to, const char *key, const struct lease_value *l,
		    const struct mac *mac)
{
	char text[MAC_TEXT];

	fprintf(to, ",\"%s\":{\"VNI\":%u,\"VtepMAC\":\"%s\"}", key, l->vni,
		mac_text(mac, text));
}

static void put_lease(FILE *to, const struct lease_value *l)
{
	static const struct addr none = { .len = 4 };
	char text[ADDR_TEXT];

	fprintf(to, "{\"PublicIP\":\"%s\"",
		addr_text(l->public_ip.len ? &l->public_ip : &none, text));
	if (l->public_ip6.len)
		fprintf(to, ",\"PublicIPv6\":\"%s\"",
			addr_text(&l->public_ip6, text));
	else
		fputs(",\"PublicIPv6\":null", to);
	if (*l->type)
		fprintf(to, ",\"BackendType\":\"%s\"", l->type);
	if (l->has_mac)
		put_mac(to, "BackendData", l, &l->mac);
	if (l->has_mac6)
		put_mac(to, "BackendV6Data", l, &l->mac6);
	fputc('}', to);
}

/**
 * lease_text - Write a lease, byte for byte as flannel does
 * @lease: What it says; its type is one that struct backend has, or empty.
 *
 * Return: The JSON text, freed by the caller; NULL without memory.
 */
char *lease_text(const struct lease_value *lease)
{
	char *text = NULL;
	size_t len;
	FILE *to;

	to = open_memstream(&text, &len);
	if (!to)
		return NULL;
	put_lease(to, lease);
	if (!fclose(to))
		return text;
	free(text);
	return NULL;
}
