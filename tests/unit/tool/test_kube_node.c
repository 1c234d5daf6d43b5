// SPDX-License-Identifier: GPL-2.0
/* Nodes of Kubernetes as leases, and leases as annotations. */
#include <stdlib.h>

#include "registry/kube_node.h"
#include "registry/registry.h"
#include "registry/schema.h"
#include "tap.h"

#define P	"flannel.alpha.coreos.com/"
#define GOOD	"\"" P "kube-subnet-manager\":\"true\""

/**
 * struct row - A node and its lease.
 * @name: What it shows.
 * @spec: Its spec, JSON.
 * @annotations: Its annotations, without braces.
 * @key: Its key, NULL: none.
 * @value: Its value, NULL: does not matter.
 */
struct row {
	const char *name;
	const char *spec;
	const char *annotations;
	const char *key;
	const char *value;
};

static const struct row rows[] = {
	{ "vxlan", "{\"podCIDR\":\"10.244.1.0/24\",\"podCIDRs\":[\"10.244.1.0/24\"]}",
	  GOOD ",\"" P "public-ip\":\"192.168.77.1\",\"" P "backend-type\":\"vxlan\",\"" P "backend-data\":\"{\\\"VNI\\\":1,\\\"VtepMAC\\\":\\\"8e:a1:74:6e:c8:d3\\\"}\"",
	  "10.244.1.0-24",
	  "{\"PublicIP\":\"192.168.77.1\",\"PublicIPv6\":null,\"BackendType\":\"vxlan\",\"BackendData\":{\"VNI\":1,\"VtepMAC\":\"8e:a1:74:6e:c8:d3\"}}" },
	{ "dual stack", "{\"podCIDR\":\"10.244.1.0/24\",\"podCIDRs\":[\"10.244.1.0/24\",\"2001:cafe:42:1::/64\"]}",
	  GOOD ",\"" P "public-ip\":\"1.2.3.4\",\"" P "public-ipv6\":\"fd00::1\",\"" P "backend-type\":\"vxlan\",\"" P "backend-data\":\"{}\",\"" P "backend-v6-data\":\"{\\\"VtepMAC\\\":\\\"a\\\"}\"",
	  "10.244.1.0-24&2001:cafe:42:1::-64",
	  "{\"PublicIP\":\"1.2.3.4\",\"PublicIPv6\":\"fd00::1\",\"BackendType\":\"vxlan\",\"BackendData\":{},\"BackendV6Data\":{\"VtepMAC\":\"a\"}}" },
	{ "the other order", "{\"podCIDRs\":[\"2001:cafe:42:1::/64\",\"10.244.1.0/24\"]}",
	  GOOD, "10.244.1.0-24&2001:cafe:42:1::-64",
	  "{\"PublicIP\":null,\"PublicIPv6\":null}" },
	{ "IPv6 alone", "{\"podCIDR\":\"2001:cafe:42:1::/64\"}", GOOD,
	  "0.0.0.0-0&2001:cafe:42:1::-64", NULL },
	{ "the first of a family", "{\"podCIDRs\":[\"10.1.0.0/24\",\"10.2.0.0/24\"]}",
	  GOOD, "10.1.0.0-24", NULL },
	{ "host bits", "{\"podCIDR\":\"10.1.0.7/24\"}", GOOD, "10.1.0.0-24",
	  NULL },
	{ "podCIDRs goes before podCIDR", "{\"podCIDR\":\"10.1.0.0/24\",\"podCIDRs\":[\"10.2.0.0/24\"]}",
	  GOOD, "10.2.0.0-24", NULL },
	{ "no subnet yet", "{}", GOOD, NULL, NULL },
	{ "empty lists", "{\"podCIDR\":\"\",\"podCIDRs\":[]}", GOOD, NULL,
	  NULL },
	{ "nulls", "{\"podCIDR\":null,\"podCIDRs\":null}", GOOD, NULL, NULL },
	{ "udp", "{\"podCIDR\":\"10.1.0.0/24\"}",
	  GOOD ",\"" P "backend-type\":\"\",\"" P "backend-data\":\"null\",\"" P "public-ip\":\"1.2.3.4\"",
	  "10.1.0.0-24", "{\"PublicIP\":\"1.2.3.4\",\"PublicIPv6\":null}" },
	{ "too many", "{\"podCIDRs\":[\"10.1.0.0/24\",\"10.2.0.0/24\",\"fd00::/64\"]}",
	  GOOD, "node n1: more than two podCIDRs", NULL },
	{ "an address", "{\"podCIDR\":\"10.1.0.0\"}", GOOD,
	  "node n1: a podCIDR is not ADDRESS/LENGTH", NULL },
	{ "a number", "{\"podCIDRs\":[7]}", GOOD,
	  "node n1: a podCIDR is not ADDRESS/LENGTH", NULL },
	{ "an object", "{\"podCIDRs\":{}}", GOOD,
	  "node n1: podCIDRs is not an array", NULL },
	{ "data that are no JSON", "{\"podCIDR\":\"10.1.0.0/24\"}",
	  GOOD ",\"" P "backend-type\":\"vxlan\",\"" P "backend-data\":\"garbage{\"",
	  "10.1.0.0-24",
	  "{\"PublicIP\":null,\"PublicIPv6\":null,\"BackendType\":\"vxlan\",\"BackendData\":\"garbage{\"}" },
	{ "data with a key twice", "{\"podCIDR\":\"10.1.0.0/24\"}",
	  GOOD ",\"" P "backend-data\":\"{\\\"a\\\":1,\\\"a\\\":2}\"",
	  "10.1.0.0-24",
	  "{\"PublicIP\":null,\"PublicIPv6\":null,\"BackendData\":\"{\\\"a\\\":1,\\\"a\\\":2}\"}" },
	{ "an address that is a number", "{\"podCIDR\":\"10.1.0.0/24\"}",
	  GOOD ",\"" P "public-ip\":7", "10.1.0.0-24",
	  "{\"PublicIP\":7,\"PublicIPv6\":null}" },
	{ "annotations of others", "{\"podCIDR\":\"10.1.0.0/24\"}",
	  GOOD ",\"public-ip\":\"6.6.6.6\",\"flannel.alpha.coreos.org/public-ip\":\"7.7.7.7\"",
	  "10.1.0.0-24", "{\"PublicIP\":null,\"PublicIPv6\":null}" },
};

static const char *const broken[] = {
	"{}", "[]", "{\"metadata\":7}", "{\"metadata\":{\"name\":7}}",
	"{\"metadata\":{\"name\":\"\"}}",
	"{\"metadata\":{\"name\":\"../../x\"}}",
	"{\"metadata\":{\"name\":\"a\\u001b\"}}",
	"{\"metadata\":{\"name\":\"a\",\"annotations\":[]}}",
	"{\"metadata\":{\"name\":\"a\"},\"spec\":\"x\"}",
};

static struct kube_node *node(const char *spec, const char *annotations,
			      const char *more)
{
	char *text, why[JSON_WHY] = "";
	struct kube_node *n;
	json_t *object;

	if (asprintf(&text, "{\"kind\":\"Node\",\"metadata\":{\"name\":\"n1\",\"annotations\":{%s}%s},\"spec\":%s}",
		     annotations, more, spec) < 0)
		abort();
	object = json_parse(text, strlen(text), why, NULL);
	n = object ? kube_node_new(object, P, why) : NULL;
	if (*why)
		printf("# %s\n", why);
	json_decref(object);
	free(text);
	return n;
}

static void test_row(const struct row *row)
{
	struct kube_node *n = node(row->spec, row->annotations, "");

	if (row->key)
		is(n ? n->key : NULL, row->key, row->name);
	else
		ok(n && !n->key, "%s", row->name);
	if (row->value && n)
		is(n->value, row->value, row->name);
	ok(n && n->managed, "%s: it takes part", row->name);
	kube_node_put(n);
}

static void test_broken(const char *text)
{
	json_t *object = json_loads(text, 0, NULL);
	char why[JSON_WHY];

	ok(!kube_node_new(object, P, why), "no node: %s", why);
	json_decref(object);
}

static void test_managed(void)
{
	struct kube_node *n;

	n = node("{\"podCIDR\":\"10.1.0.0/24\"}", "", "");
	ok(n && !n->managed && n->key, "a node without flannel");
	kube_node_put(n);
	n = node("{}", "\"" P "kube-subnet-manager\":\"True\"", "");
	ok(n && !n->managed, "only \"true\" is true");
	kube_node_put(n);
}

static void test_created(void)
{
	struct kube_node *n;

	n = node("{}", "", ",\"creationTimestamp\":\"1970-01-02T00:00:01Z\"");
	ok(n && n->created == 86401, "the time at which it was made");
	kube_node_put(n);
	n = node("{}", "", ",\"creationTimestamp\":\"yesterday\"");
	ok(n && n->created == UINT64_MAX, "a time that is none is the last");
	kube_node_put(n);
}

static void test_equal(void)
{
	static const char *const other[] = {
		",\"uid\":\"1\"", ",\"creationTimestamp\":\"2020-01-01T00:00:00Z\"",
		NULL,
	};
	struct kube_node *a = node("{}", GOOD, ""), *b;
	size_t i;

	b = node("{}", GOOD ",\"x\":\"y\"", ",\"resourceVersion\":\"7\"");
	ok(kube_node_equal(a, b), "what is not ours makes no difference");
	kube_node_put(b);
	for (i = 0; other[i]; i++) {
		b = node("{}", GOOD, other[i]);
		ok(!kube_node_equal(a, b), "a difference: %s", other[i]);
		kube_node_put(b);
	}
	b = node("{\"podCIDR\":\"10.1.0.0/24\"}", GOOD, "");
	ok(!kube_node_equal(a, b), "a difference: a subnet");
	kube_node_put(b);
	b = node("{}", GOOD ",\"" P "public-ip-overwrite\":\"1.1.1.1\"", "");
	ok(!kube_node_equal(a, b), "a difference: an annotation");
	is(kube_node_said(b, "public-ip-overwrite"), "1.1.1.1", "it is said");
	ok(!kube_node_said(b, "node-public-ip"), "and what is not said is not");
	kube_node_put(b);
	kube_node_put(a);
}

static void test_long(void)
{
	size_t len = 200000;
	char *text = malloc(len + 100), *at, why[JSON_WHY];
	struct lease_value lease;
	struct kube_node *n;

	at = text + sprintf(text, "\"" P "backend-data\":\"");
	memset(at, 'x', len);
	strcpy(at + len, "\"");
	n = node("{\"podCIDR\":\"10.1.0.0/24\"}", text, "");
	ok(n && n->value_len == REGISTRY_VALUE_MAX + 1 &&
	   strlen(n->value) == n->value_len, "a value that is too long is cut");
	ok(n && !lease_parse(n->value, n->value_len, &lease, why) &&
	   strstr(why, "longer than"), "and refused for that: %s", why);
	kube_node_put(n);
	free(text);
}

/**
 * struct claim - A claim and the patch for a node that has nothing.
 */
struct claim {
	const char *name;
	const char *value;
	const char *patch;
};

static const struct claim claims[] = {
	{ "vxlan", "{\"PublicIP\":\"192.168.77.1\",\"PublicIPv6\":null,\"BackendType\":\"vxlan\",\"BackendData\":{\"VNI\":1,\"VtepMAC\":\"8e:a1:74:6e:c8:d3\"}}",
	  "{\"metadata\":{\"annotations\":{\"flannel.alpha.coreos.com/backend-data\":\"{\\\"VNI\\\":1,\\\"VtepMAC\\\":\\\"8e:a1:74:6e:c8:d3\\\"}\",\"flannel.alpha.coreos.com/backend-type\":\"vxlan\",\"flannel.alpha.coreos.com/kube-subnet-manager\":\"true\",\"flannel.alpha.coreos.com/public-ip\":\"192.168.77.1\"}}}" },
	{ "udp", "{\"PublicIP\":\"1.2.3.4\",\"PublicIPv6\":null}",
	  "{\"metadata\":{\"annotations\":{\"flannel.alpha.coreos.com/backend-data\":\"null\",\"flannel.alpha.coreos.com/backend-type\":\"\",\"flannel.alpha.coreos.com/kube-subnet-manager\":\"true\",\"flannel.alpha.coreos.com/public-ip\":\"1.2.3.4\"}}}" },
	{ "IPv6 alone", "{\"PublicIP\":\"0.0.0.0\",\"PublicIPv6\":\"fd00::1\",\"BackendType\":\"vxlan\",\"BackendV6Data\":{\"VNI\":1}}",
	  "{\"metadata\":{\"annotations\":{\"flannel.alpha.coreos.com/backend-type\":\"vxlan\",\"flannel.alpha.coreos.com/backend-v6-data\":\"{\\\"VNI\\\":1}\",\"flannel.alpha.coreos.com/kube-subnet-manager\":\"true\",\"flannel.alpha.coreos.com/public-ipv6\":\"fd00::1\"}}}" },
};

static void test_claim(const struct claim *c)
{
	struct kube_node *n = node("{}", "", "");
	char why[JSON_WHY], *patch;
	json_t *want;

	want = kube_claim_annotations(c->value, why);
	patch = kube_claim_patch(want, n, P);
	is(patch, c->patch, c->name);
	free(patch);
	json_decref(want);
	kube_node_put(n);
}

static void test_small_patch(void)
{
	struct kube_node *n = node("{}", rows[0].annotations, "");
	char why[JSON_WHY], *patch;
	json_t *want;

	want = kube_claim_annotations(claims[0].value, why);
	patch = kube_claim_patch(want, n, P);
	is(patch, "", "what is there is not written again");
	free(patch);
	json_object_set_new(want, "public-ip", json_string("5.5.5.5"));
	patch = kube_claim_patch(want, n, P);
	is(patch, "{\"metadata\":{\"annotations\":{\"flannel.alpha.coreos.com/public-ip\":\"5.5.5.5\"}}}",
	   "only what changes is written");
	free(patch);
	json_decref(want);
	ok(!kube_claim_annotations("{", why), "a claim that is no JSON: %s",
	   why);
	want = kube_claim_annotations("[]", why);
	ok(want, "a claim that says nothing");
	json_decref(want);
	kube_node_put(n);
}

static void test_condition(void)
{
	char *patch = kube_condition_patch(NULL, "T");

	is(patch, "{\"status\":{\"conditions\":[{\"type\":\"NetworkUnavailable\",\"status\":\"False\",\"lastHeartbeatTime\":\"T\",\"lastTransitionTime\":\"T\",\"reason\":\"FlannelIsUp\",\"message\":\"Flannel is running on this node\"}]}}",
	   "the network works, as flannel says it");
	free(patch);
	patch = kube_condition_patch("no module\xff", "T");
	ok(patch && strstr(patch, "\"status\":\"True\"") &&
	   strstr(patch, "no module\\\\xff"), "the network does not work");
	free(patch);
}

static void test_prefix(const char *given, const char *expected)
{
	char prefix[KUBE_PREFIX];
	const char *why = kube_prefix(given, prefix);

	if (expected)
		is(why ? why : prefix, expected, given ? given : "no prefix");
	else
		ok(why, "prefix %s: %s", given, why);
}

static void test_names(void)
{
	ok(kube_name_good("node-1.example"), "a name");
	ok(!kube_name_good("") && !kube_name_good("A") &&
	   !kube_name_good("a/b") && !kube_name_good("..") &&
	   !kube_name_good("a b"), "names that are none");
}

int main(void)
{
	size_t i;

	for (i = 0; i < ROWS(rows); i++)
		test_row(&rows[i]);
	for (i = 0; i < ROWS(broken); i++)
		test_broken(broken[i]);
	test_managed();
	test_created();
	test_equal();
	test_long();
	for (i = 0; i < ROWS(claims); i++)
		test_claim(&claims[i]);
	test_small_patch();
	test_condition();
	test_prefix(NULL, P);
	test_prefix("flannel.alpha.coreos.com", P);
	test_prefix("a.b/", "a.b/");
	test_prefix("a.b/xyz", "a.b/xyz-");
	test_prefix("a.b/xyz-", "a.b/xyz-");
	test_prefix("ab", NULL);
	test_prefix("a.b/c/d", NULL);
	test_prefix("/a.b", NULL);
	test_prefix("A.b", NULL);
	test_names();
	return done_testing();
}
