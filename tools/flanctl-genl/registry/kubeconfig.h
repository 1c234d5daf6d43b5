/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef FLANCTL_REGISTRY_KUBECONFIG_H
#define FLANCTL_REGISTRY_KUBECONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "../json.h"
#include "http.h"

/**
 * struct kube_access - How to get into an API server.
 * @url: Where it is, without a slash at the end.
 * @ca_file: Its authorities, a file; NULL: none, as for all that follows.
 * @ca_text: The same as text, which goes before the file.
 * @cert_file: Our certificate.
 * @cert_text: As text.
 * @key_file: Its key.
 * @key_text: As text.
 * @token: Our bearer token.
 * @token_file: A file that has it, which goes before @token; it gets replaced.
 */
struct kube_access {
	char *url;
	char *ca_file;
	char *ca_text;
	char *cert_file;
	char *cert_text;
	char *key_file;
	char *key_text;
	char *token;
	char *token_file;
};

int kube_access_find(struct kube_access *a, const char *path,
		     const char *api_url);
void kube_access_free(struct kube_access *a);
void kube_access_tls(const struct kube_access *a, struct http_tls *tls);
char *kube_access_token(const struct kube_access *a, char why[static JSON_WHY]);

bool kubeconfig_parse(const char *text, size_t len, const char *dir,
		      struct kube_access *a, char why[static JSON_WHY]);
const char *kube_url_wrong(const char *url);

#endif /* FLANCTL_REGISTRY_KUBECONFIG_H */
