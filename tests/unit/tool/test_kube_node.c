// SPDX-License-Identifier: GPL-2.0
/* Nodes of Kubernetes as leases, and leases as annotations. */
#include <stdlib.h>

#include "data.h"
#include "registry/kube_node.h"
#include "registry/registry.h"
#include "registry/schema.h"
#include "tap.h"

#define P	"flannel.alpha.coreos.com/"
#define GOOD	"\"" P "kube-subnet-manager\":\"true\""

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

/* The next line, to be freed. */
static char *next(struct data *d)
{
	if (!data_raw(d))
		abort();
	return strdup(d->line);
}

static void test_node(struct data *d, const char *name)
{
	char *spec = next(d), *annotations = next(d), *key = next(d);
	char *value = next(d);
	struct kube_node *n;

	/* Without its braces. */
	annotations[strlen(annotations) - 1] = '\0';
	n = node(spec, annotations + 1, "");
	if (strcmp(key, "-"))
		is(n ? n->key : NULL, key, name);
	else
		ok(n && !n->key, "%s", name);
	if (strcmp(value, "-"))
		is(n ? n->value : NULL, value, name);
	ok(n && n->managed, "%s: it takes part", name);
	kube_node_put(n);
	free(spec);
	free(annotations);
	free(key);
	free(value);
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
	char *text = calloc(1, len + 100), *at, why[JSON_WHY];
	struct lease_value lease;
	struct kube_node *n;

	at = text + sprintf(text, "\"" P "backend-data\":\"");
	memset(at, 'x', len);
	at[len] = '"';
	n = node("{\"podCIDR\":\"10.1.0.0/24\"}", text, "");
	ok(n && n->value_len == REGISTRY_VALUE_MAX + 1 &&
	   strlen(n->value) == n->value_len, "a value that is too long is cut");
	ok(n && !lease_parse(n->value, n->value_len, &lease, why) &&
	   strstr(why, "longer than"), "and refused for that: %s", why);
	kube_node_put(n);
	free(text);
}

static void test_claim(struct data *d, const char *name)
{
	char *value = next(d), *expected = next(d), why[JSON_WHY], *patch;
	struct kube_node *n = node("{}", "", "");
	json_t *want;

	want = kube_claim_annotations(value, why);
	patch = kube_claim_patch(want, n, P);
	is(patch, expected, name);
	free(patch);
	json_decref(want);
	kube_node_put(n);
	free(value);
	free(expected);
}

static void test_file(void)
{
	struct data d;
	char *head;

	if (!data_open(&d, "kube_node.txt"))
		abort();
	while (data_line(&d)) {
		head = strdup(d.line);
		if (!strncmp(head, "node ", 5))
			test_node(&d, head + 5);
		else
			test_claim(&d, head + 6);
		free(head);
	}
	data_close(&d);
}

static void test_small_patch(void)
{
	static const char *const lease = "{\"PublicIP\":\"1.2.3.4\"}";
	static const char *const have = GOOD ",\"" P "backend-type\":\"\",\""
		P "backend-data\":\"null\",\"" P "public-ip\":\"1.2.3.4\"";
	struct kube_node *n = node("{}", have, "");
	char why[JSON_WHY], *patch;
	json_t *want;

	want = kube_claim_annotations(lease, why);
	patch = kube_claim_patch(want, n, P);
	is(patch, "", "what is there is not written again");
	free(patch);
	json_object_set_new(want, "public-ip", json_string("5.5.5.5"));
	patch = kube_claim_patch(want, n, P);
	is(patch, "{\"metadata\":{\"annotations\":{\"" P "public-ip\":\"5.5.5.5\"}}}",
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

	test_file();
	for (i = 0; i < ROWS(broken); i++)
		test_broken(broken[i]);
	test_managed();
	test_created();
	test_equal();
	test_long();
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
