// SPDX-License-Identifier: GPL-2.0
/* Nodes of Kubernetes: what comes of one is a key and a value, good or not. */
#include "fuzz.h"
#include "registry/key.h"
#include "registry/kube_node.h"
#include "registry/registry.h"
#include "registry/schema.h"

#define PREFIX	"flannel.alpha.coreos.com/"

/* A claim of what a node has already changes nothing of its addresses. */
static void check_claim(const struct kube_node *n)
{
	char why[JSON_WHY], *patch;
	json_t *want;

	want = kube_claim_annotations(n->value, why);
	if (!want)
		return;
	patch = kube_claim_patch(want, n, PREFIX);
	CHECK(patch && !strstr(patch, "{\"" PREFIX "public-ip") &&
	      !strstr(patch, ",\"" PREFIX "public-ip"));
	free(patch);
	json_decref(want);
}

static void check(const struct kube_node *n)
{
	char why[JSON_WHY] = "";
	struct lease_value lease;
	struct lease_key key;

	CHECK(kube_name_good(n->name) && kube_node_equal(n, n));
	CHECK(n->value_len <= REGISTRY_VALUE_MAX + 1 &&
	      n->value_len == strlen(n->value));
	if (!lease_parse(n->value, n->value_len, &lease, why))
		fuzz_check_why(why);
	if (n->key) {
		CHECK(n->key_len == strlen(n->key));
		CHECK(!key_parse(n->key, n->key_len, &key) ||
		      !strncmp(n->key, "node ", 5) ||
		      strstr(n->key, "-0"));
	}
	check_claim(n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size), why[JSON_WHY] = "";
	json_t *object = json_parse(text, size, why, NULL);
	struct kube_node *n = NULL;

	if (object)
		n = kube_node_new(object, PREFIX, why);
	if (n)
		check(n);
	else
		fuzz_check_why(why);
	kube_node_put(n);
	json_decref(object);
	free(text);
	return 0;
}
