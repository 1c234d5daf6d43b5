// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * How to get into an API server: from a kubeconfig, or from inside of a pod,
 * where Kubernetes leaves a token and its authority in files and the address in
 * the environment.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../error.h"
#include "../text.h"
#include "kubeconfig.h"

#define SERVICE_ACCOUNT	"/var/run/secrets/kubernetes.io/serviceaccount"
#define CONFIG_MAX	(1 << 20)
#define TOKEN_MAX	(32 << 10)

static int no_memory(void)
{
	return fail(EXIT_REFUSED, "out of memory");
}

/**
 * kube_access_free - Free what an access points to
 * @a: The access; all NULL afterwards.
 */
void kube_access_free(struct kube_access *a)
{
	char **text[] = {
		&a->url, &a->ca_file, &a->ca_text, &a->cert_file,
		&a->cert_text, &a->key_file, &a->key_text, &a->token,
		&a->token_file,
	};
	size_t i;

	for (i = 0; i < sizeof(text) / sizeof(text[0]); i++) {
		free(*text[i]);
		*text[i] = NULL;
	}
}

static int from_pod(struct kube_access *a, const char *host, const char *port)
{
	bool v6 = strchr(host, ':');

	if (asprintf(&a->url, "https://%s%s%s:%s", v6 ? "[" : "", host,
		     v6 ? "]" : "", port) < 0)
		a->url = NULL;
	a->ca_file = strdup(SERVICE_ACCOUNT "/ca.crt");
	a->token_file = strdup(SERVICE_ACCOUNT "/token");
	if (!a->url || !a->ca_file || !a->token_file)
		return no_memory();
	if (kube_url_wrong(a->url))
		return fail(EXIT_WRONG, "KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT: not a host and a port");
	if (access(a->token_file, R_OK))
		return fail(EXIT_WRONG, "%s: %s", a->token_file,
			    strerror(errno));
	return 0;
}

/* Others may read it: that is worth a word, and no reason to stop. */
static void check_mode(const char *path, const struct kube_access *a)
{
	struct stat st;
	char quoted[256];

	if ((a->token || a->key_text) && !stat(path, &st) &&
	    st.st_mode & 077)
		warning("%s: others may read this kubeconfig: chmod 600",
			text_quote(quoted, sizeof(quoted), path,
				   strlen(path)));
}

static int from_file(struct kube_access *a, const char *path)
{
	const char *slash = strrchr(path, '/');
	char why[JSON_WHY], quoted[256];
	char *text, *dir;
	size_t len;
	bool good;

	text_quote(quoted, sizeof(quoted), path, strlen(path));
	text = text_read(path, CONFIG_MAX, &len);
	if (!text)
		return fail(EXIT_WRONG, "%s: %s", quoted, strerror(errno));
	if (slash)
		dir = strndup(path, slash == path ? 1 : (size_t)(slash - path));
	else
		dir = strdup(".");
	good = dir && kubeconfig_parse(text, len, dir, a, why);
	free(text);
	if (!dir)
		return no_memory();
	free(dir);
	if (!good)
		return fail(EXIT_WRONG, "%s: %s", quoted, why);
	check_mode(path, a);
	return 0;
}

/* As flanneld has it: the URL goes before what is written elsewhere. */
static int take_url(struct kube_access *a, const char *url)
{
	const char *why = kube_url_wrong(url);
	size_t len = strlen(url);
	char quoted[256];

	if (why)
		return fail(EXIT_WRONG, "--kube-api-url %s: %s",
			    text_quote(quoted, sizeof(quoted), url, len), why);
	while (url[len - 1] == '/')
		len--;
	free(a->url);
	a->url = strndup(url, len);
	return a->url ? 0 : no_memory();
}

/* Whoever listens to plain HTTP must not get a token. */
static void drop_secrets(struct kube_access *a)
{
	if (strncmp(a->url, "http://", 7) || (!a->token && !a->token_file))
		return;
	warning("%s is not https: the token is not sent there", a->url);
	free(a->token);
	free(a->token_file);
	a->token = NULL;
	a->token_file = NULL;
}

/**
 * kube_access_find - Find out how to get into the API server
 * @a: Where the result goes; all NULL before, kube_access_free() frees it,
 *	also after an error.
 * @path: The kubeconfig; empty: we are in a pod, or @api_url says all.
 * @api_url: The API server, NULL: not given.
 *
 * Return: 0; EXIT_WRONG or EXIT_REFUSED after it said why.
 */
int kube_access_find(struct kube_access *a, const char *path,
		     const char *api_url)
{
	const char *host = getenv("KUBERNETES_SERVICE_HOST");
	const char *port = getenv("KUBERNETES_SERVICE_PORT");
	bool pod = host && *host && port && *port;
	int err = 0;

	if (*path)
		err = from_file(a, path);
	else if (pod)
		err = from_pod(a, host, port);
	else if (!api_url)
		err = fail(EXIT_WRONG, "kube: needs a kubeconfig (kube:FILE) outside of a pod: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set");
	if (!err && api_url)
		err = take_url(a, api_url);
	if (!err)
		drop_secrets(a);
	return err;
}

/**
 * kube_access_tls - Whom we believe and who we are
 * @a: The access, which has to stay.
 * @tls: Where that goes.
 */
void kube_access_tls(const struct kube_access *a, struct http_tls *tls)
{
	memset(tls, 0, sizeof(*tls));
	tls->ca.text = a->ca_text;
	tls->ca.file = a->ca_text ? NULL : a->ca_file;
	tls->cert.text = a->cert_text;
	tls->cert.file = a->cert_text ? NULL : a->cert_file;
	tls->key.text = a->key_text;
	tls->key.file = a->key_text ? NULL : a->key_file;
}

static bool good_token(const char *token, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (token[i] <= ' ' || token[i] >= 0x7f)
			return false;
	return len;
}

/**
 * kube_access_token - The token of this moment
 * @a: The access.
 * @why: Empty, or what is wrong, fit to be printed.
 *
 * Return: The token, to be freed; NULL if there is none, or an error.
 */
char *kube_access_token(const struct kube_access *a, char why[static JSON_WHY])
{
	char *token = NULL;
	size_t len = 0;

	*why = '\0';
	if (!a->token_file && !a->token)
		return NULL;
	if (a->token_file) {
		token = text_read(a->token_file, TOKEN_MAX, &len);
	} else {
		token = strdup(a->token);
		len = strlen(a->token);
	}
	if (!token) {
		snprintf(why, JSON_WHY, "token: %s", strerror(errno));
		return NULL;
	}
	while (len && strchr(" \t\r\n", token[len - 1]))
		token[--len] = '\0';
	if (good_token(token, len))
		return token;
	snprintf(why, JSON_WHY, "token: not printable text without spaces");
	free(token);
	return NULL;
}
