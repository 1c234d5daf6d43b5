// SPDX-License-Identifier: GPL-2.0
/* Kubeconfigs. */
#include "fuzz.h"
#include "registry/kubeconfig.h"

static void check(const struct kube_access *a)
{
	size_t len = strlen(a->url);

	CHECK(!kube_url_wrong(a->url) && a->url[len - 1] != '/');
	CHECK(!(a->cert_file || a->cert_text) ==
	      !(a->key_file || a->key_text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size), why[JSON_WHY] = "";
	struct kube_access access = {};

	if (kubeconfig_parse(text, size, "/etc", &access, why))
		check(&access);
	else
		fuzz_check_why(why);
	kube_access_free(&access);
	free(text);
	return 0;
}
