// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * A Node of Kubernetes as a lease: its pod networks become the key that flannel
 * would have given it in etcd, its annotations the value. Nothing in it is
 * believed here: what is wrong stays wrong in the value, for those to judge
 * who judge etcd's.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../addr.h"
#include "../text.h"
#include "kube_node.h"
#include "registry.h"

#define SUBNETS_MAX	2

static void complain(char *why, const char *name, const char *what)
{
	char whole[JSON_WHY];

	snprintf(whole, sizeof(whole), "node %s: %s", name ? name : "?", what);
	text_quote(why, JSON_WHY, whole, strlen(whole));
}

/**
 * kube_name_good - May an object be called so?
 * @name: The name.
 *
 * Return: false for anything but a DNS subdomain in lower case.
 */
bool kube_name_good(const char *name)
{
	size_t len = strlen(name);

	return len && len < KUBE_NAME && name[0] != '.' &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789.-") == len;
}

/**
 * kube_prefix - Complete the prefix of annotations, as flannel does
 * @given: What the user gave, NULL: nothing.
 * @prefix: Where the result goes.
 *
 * Return: NULL, or what is wrong.
 */
const char *kube_prefix(const char *given, char prefix[static KUBE_PREFIX])
{
	const char *slash, *text = given && *given ? given :
						     "flannel.alpha.coreos.com";
	size_t len = strlen(text);
	bool joined;

	slash = strchr(text, '/');
	if (slash && strchr(slash + 1, '/'))
		return "it has more than one slash";
	if (len + 2 > KUBE_PREFIX || (slash && slash - text >= KUBE_NAME))
		return "it is too long";
	if (strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789.-_/") != len)
		return "only lower case letters, digits, '.', '-', '_' and one '/' are allowed";
	if (!strchr(text, '.') || text == slash ||
	    (slash && strchr(text, '.') > slash))
		return "it does not begin with a domain name";
	joined = slash && (!slash[1] || text[len - 1] == '-');
	snprintf(prefix, KUBE_PREFIX, "%s%s", text,
		 !slash ? "/" : joined ? "" : "-");
	return NULL;
}

static uint64_t get_created(const json_t *metadata)
{
	const char *text = json_string_value(json_object_get(metadata,
						"creationTimestamp"));
	struct tm tm = {};
	const char *end = text ? strptime(text, "%Y-%m-%dT%H:%M:%S", &tm) :
				 NULL;
	time_t t = end ? timegm(&tm) : -1;

	return t >= 0 ? (uint64_t)t : UINT64_MAX;
}

/* The annotations with our prefix, by what follows it. */
static json_t *get_annotations(const json_t *metadata, const char *prefix)
{
	json_t *all = json_object_get(metadata, "annotations");
	json_t *ours = json_object(), *value;
	size_t len = strlen(prefix);
	const char *name;

	json_object_foreach(all, name, value) {
		if (strncmp(name, prefix, len))
			continue;
		if (json_object_set(ours, name + len, value)) {
			json_decref(ours);
			return NULL;
		}
	}
	return ours;
}

/**
 * kube_node_said - What a node has in an annotation
 * @n: The node.
 * @annotation: Its name, without the prefix.
 *
 * Return: Its text; NULL if it is empty, no text or not there.
 */
const char *kube_node_said(const struct kube_node *n, const char *annotation)
{
	const char *text = json_string_value(json_object_get(n->annotations,
							     annotation));

	return text && *text ? text : NULL;
}

/**
 * struct subnets - The pod networks of a node, by family.
 * @v: IPv4 and IPv6, no address where there is none.
 * @wrong: Why they make no key, NULL: they do.
 */
struct subnets {
	struct prefix v[2];
	const char *wrong;
};

static void take_subnet(struct subnets *s, const char *text)
{
	struct prefix p, *to;

	if (!text || !strchr(text, '/') || prefix_parse_masked(&p, text)) {
		s->wrong = "a podCIDR is not ADDRESS/LENGTH";
		return;
	}
	to = &s->v[p.addr.len == 16];
	if (!to->addr.len)
		*to = p;
}

/* As flannel does it: podCIDRs, and podCIDR where there are none of them. */
static void get_subnets(const json_t *spec, struct subnets *s)
{
	const json_t *list = json_object_get(spec, "podCIDRs");
	const json_t *one = json_object_get(spec, "podCIDR");
	const char *text = json_string_value(one);
	size_t i;

	memset(s, 0, sizeof(*s));
	if (json_array_size(list) > SUBNETS_MAX)
		s->wrong = "more than two podCIDRs";
	else if (list && !json_is_array(list) && !json_is_null(list))
		s->wrong = "podCIDRs is not an array";
	for (i = 0; i < json_array_size(list) && !s->wrong; i++)
		take_subnet(s, json_string_value(json_array_get(list, i)));
	if (!json_array_size(list) && !s->wrong && text && *text)
		take_subnet(s, text);
}

/* What is wrong becomes a key that is refused, and says why. */
static char *make_key(const struct subnets *s, const char *name)
{
	char v4[ADDR_TEXT] = "0.0.0.0", v6[ADDR_TEXT];
	const struct prefix *p = s->v;
	char *key;
	int len;

	if (s->wrong)
		len = asprintf(&key, "node %s: %s", name, s->wrong);
	else if (!p[1].addr.len)
		len = asprintf(&key, "%s-%u", addr_text(&p[0].addr, v4),
			       p[0].len);
	else
		len = asprintf(&key, "%s-%u&%s-%u", p[0].addr.len ?
			       addr_text(&p[0].addr, v4) : v4, p[0].len,
			       addr_text(&p[1].addr, v6), p[1].len);
	return len < 0 ? NULL : key;
}

/* JSON in an annotation; what is none stays the text that it is. */
static json_t *data_of(const struct kube_node *n, const char *annotation)
{
	json_t *value = json_object_get(n->annotations, annotation);
	const char *text = json_string_value(value);
	char why[JSON_WHY];
	json_t *data;

	if (!text)
		return json_incref(value);
	if (!strcmp(text, "null"))
		return NULL;
	data = json_parse(text, strlen(text), why, NULL);
	return data ? data : json_incref(value);
}

static json_t *text_of(const struct kube_node *n, const char *annotation)
{
	json_t *value = json_object_get(n->annotations, annotation);
	const char *text = json_string_value(value);

	return !value || (text && !*text) ? json_null() : json_incref(value);
}

static json_t *make_lease(const struct kube_node *n)
{
	json_t *data = data_of(n, "backend-data");
	json_t *data6 = data_of(n, "backend-v6-data");
	json_t *type = text_of(n, "backend-type");
	json_t *lease = json_pack("{soso}",
				  "PublicIP", text_of(n, "public-ip"),
				  "PublicIPv6", text_of(n, "public-ipv6"));
	int err = 0;

	if (!json_is_null(type))
		err |= json_object_set(lease, "BackendType", type);
	if (data)
		err |= json_object_set(lease, "BackendData", data);
	if (data6)
		err |= json_object_set(lease, "BackendV6Data", data6);
	json_decref(data);
	json_decref(data6);
	json_decref(type);
	if (!err)
		return lease;
	json_decref(lease);
	return NULL;
}

/* What is too long is cut just behind the limit, and refused for that. */
static bool make_value(struct kube_node *n)
{
	json_t *lease = make_lease(n);

	n->value = lease ? json_dumps(lease, JSON_COMPACT) : NULL;
	json_decref(lease);
	if (!n->value)
		return false;
	n->value_len = strlen(n->value);
	if (n->value_len > REGISTRY_VALUE_MAX + 1) {
		n->value_len = REGISTRY_VALUE_MAX + 1;
		n->value[n->value_len] = '\0';
	}
	return true;
}

/**
 * kube_node_get - Share a node
 * @n: The node.
 *
 * Return: @n, for another kube_node_put().
 */
struct kube_node *kube_node_get(struct kube_node *n)
{
	n->refs++;
	return n;
}

/**
 * kube_node_put - Give back a node, free it if nobody has it any more
 * @n: The node, or NULL.
 */
void kube_node_put(struct kube_node *n)
{
	if (!n || --n->refs)
		return;
	free(n->name);
	free(n->uid);
	free(n->key);
	free(n->value);
	json_decref(n->annotations);
	free(n);
}

/**
 * kube_node_name - What a node is called
 * @object: The node.
 *
 * Return: NULL if it has no name, or not one that a node can have.
 */
const char *kube_node_name(const json_t *object)
{
	const json_t *metadata = json_object_get(object, "metadata");
	const char *name = json_string_value(json_object_get(metadata,
							     "name"));

	return name && kube_name_good(name) ? name : NULL;
}

static bool fill(struct kube_node *n, const json_t *object, const char *prefix)
{
	const json_t *metadata = json_object_get(object, "metadata");
	const char *uid = json_string_value(json_object_get(metadata, "uid"));
	struct subnets subnets;
	const char *managed;

	n->name = strdup(kube_node_name(object));
	n->uid = strdup(uid ? uid : "");
	n->created = get_created(metadata);
	n->annotations = get_annotations(metadata, prefix);
	if (!n->name || !n->uid || !n->annotations || !make_value(n))
		return false;
	managed = kube_node_said(n, "kube-subnet-manager");
	n->managed = managed && !strcmp(managed, "true");
	get_subnets(json_object_get(object, "spec"), &subnets);
	if (!subnets.wrong && !subnets.v[0].addr.len && !subnets.v[1].addr.len)
		return true;
	n->key = make_key(&subnets, n->name);
	n->key_len = n->key ? strlen(n->key) : 0;
	return n->key;
}

/* Absent is empty: an object whose members are of the wrong type is none. */
static const char *malformed(const json_t *object)
{
	const json_t *metadata = json_object_get(object, "metadata");
	const json_t *annotations = json_object_get(metadata, "annotations");
	const json_t *spec = json_object_get(object, "spec");

	if (annotations && !json_is_object(annotations) &&
	    !json_is_null(annotations))
		return "annotations is not an object";
	if (spec && !json_is_object(spec) && !json_is_null(spec))
		return "spec is not an object";
	return NULL;
}

/**
 * kube_node_new - Take what concerns us from a node
 * @object: The node, any JSON.
 * @prefix: Of annotations, see kube_prefix().
 * @why: What is wrong, fit to be printed.
 *
 * Return: The node, for kube_node_put(); NULL if it is none, or without
 * memory.
 */
struct kube_node *kube_node_new(const json_t *object, const char *prefix,
				char why[static JSON_WHY])
{
	const char *name = kube_node_name(object), *wrong;
	struct kube_node *n;

	wrong = name ? malformed(object) : "it has no name that a node can have";
	if (wrong) {
		complain(why, name, wrong);
		return NULL;
	}
	n = calloc(1, sizeof(*n));
	if (n)
		n->refs = 1;
	if (n && fill(n, object, prefix))
		return n;
	kube_node_put(n);
	complain(why, name, "out of memory");
	return NULL;
}

static bool same(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

/**
 * kube_node_equal - Is this what we know already?
 * @a: A node.
 * @b: Another one of that name.
 *
 * Return: true if nothing that concerns us differs.
 */
bool kube_node_equal(const struct kube_node *a, const struct kube_node *b)
{
	return a->created == b->created && a->managed == b->managed &&
	       same(a->uid, b->uid) && same(a->key, b->key) &&
	       json_equal(a->annotations, b->annotations);
}
