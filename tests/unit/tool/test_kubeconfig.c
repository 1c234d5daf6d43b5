// SPDX-License-Identifier: GPL-2.0
/* Kubeconfigs: what is taken from them, and what is refused. */
#include <stdlib.h>

#include "registry/kubeconfig.h"
#include "tap.h"

#define CLUSTER	"    server: https://k8s.example:6443\n"

/**
 * struct row - A kubeconfig and what becomes of it.
 * @name: What it shows.
 * @cluster: The members of its cluster.
 * @user: The members of its user.
 * @why: A part of why it is refused, NULL: it is not.
 */
struct row {
	const char *name;
	const char *cluster;
	const char *user;
	const char *why;
};

static const struct row rows[] = {
	{ "a token", CLUSTER, "    token: abc\n", NULL },
	{ "a token in a file", CLUSTER, "    tokenFile: t\n", NULL },
	{ "nobody", CLUSTER, "    {}\n", NULL },
	{ "a certificate", CLUSTER,
	  "    client-certificate: c\n    client-key: /k\n", NULL },
	{ "a certificate as data", CLUSTER,
	  "    client-certificate-data: YQ==\n    client-key-data: Yg==\n",
	  NULL },
	{ "a certificate without its key", CLUSTER,
	  "    client-certificate: c\n", "certificate and key go together" },
	{ "a key without its certificate", CLUSTER,
	  "    client-key-data: Yg==\n", "certificate and key go together" },
	{ "data that is not base64", CLUSTER,
	  "    client-certificate-data: \"%%%\"\n", "not a text in base64" },
	{ "data with a NUL", CLUSTER,
	  "    client-certificate-data: AGE=\n", "not a text in base64" },
	{ "an exec plugin", CLUSTER,
	  "    exec: {command: aws, apiVersion: v1}\n",
	  "exec: is not supported" },
	{ "an auth provider", CLUSTER, "    auth-provider: {name: gcp}\n",
	  "auth-provider: is not supported" },
	{ "a password", CLUSTER, "    username: a\n    password: b\n",
	  "username: is not supported" },
	{ "somebody else", CLUSTER, "    as: root\n", "as: is not supported" },
	{ "a token that is a list", CLUSTER, "    token: [a]\n",
	  "token: is not a text" },
	{ "a token with a NUL", CLUSTER, "    token: \"a\\0b\"\n",
	  "token: is not a text" },
	{ "empty members", CLUSTER "    proxy-url: \"\"\n",
	  "    exec: null\n    token: \"\"\n", NULL },
	{ "no verification", CLUSTER "    insecure-skip-tls-verify: true\n",
	  "    {}\n", "insecure-skip-tls-verify: is not supported" },
	{ "verification, said aloud",
	  CLUSTER "    insecure-skip-tls-verify: false\n", "    {}\n", NULL },
	{ "another name", CLUSTER "    tls-server-name: a\n", "    {}\n",
	  "tls-server-name: is not supported" },
	{ "a proxy", CLUSTER "    proxy-url: http://a\n", "    {}\n",
	  "proxy-url: is not supported" },
	{ "no server", "    {}\n", "    {}\n", "it has no server" },
	{ "another protocol", "    server: ftp://a\n", "    {}\n",
	  "not https://HOST:PORT" },
	{ "no host", "    server: https:///\n", "    {}\n",
	  "it names no host" },
	{ "a password in the URL", "    server: https://a:b@c\n", "    {}\n",
	  "only a host, a port and a path" },
	{ "a query in the URL", "    server: https://c/?a\n", "    {}\n",
	  "only a host, a port and a path" },
	{ "a newline in the URL", "    server: \"https://c\\n\"\n",
	  "    {}\n", "only a host, a port and a path" },
	{ "a path", "    server: https://c/k8s/clusters/1/\n", "    {}\n",
	  NULL },
	{ "an alias to itself", CLUSTER "    x: &x [*x]\n", "    {}\n", NULL },
};

static const char *const broken[][2] = {
	{ "", "it is not a mapping" },
	{ "[]", "it is not a mapping" },
	{ "a: [", "line 2" },
	{ "a: b\n\tc: d", "line 2" },
	{ "\xff\xfe", "kubeconfig: it is not a mapping" },
	{ "{}", "current-context: there is none" },
	{ "current-context: a", "context 'a': there is none" },
	{ "current-context: [a]", "current-context: there is none" },
	{ "current-context: a\ncontexts: {}", "context 'a': there is none" },
	{ "current-context: a\ncontexts: [{name: a}]",
	  "context 'a': there is none" },
	{ "current-context: a\ncontexts: [{name: a, context: {}}]",
	  "it has no cluster" },
	{ "current-context: a\ncontexts: [{name: a, context: {cluster: b}}]",
	  "cluster 'b': there is none" },
	{ "{\"current-context\": \"a\\u001b[2J\"}",
	  "context 'a\\x1b[2J': there is none" },
	{ "current-context: a\ncontexts: [{name: a, context: {cluster: b, user: c}}]\nclusters: [{name: b, cluster: {server: 'https://a'}}]",
	  "user 'c': there is none" },
};

static const char head[] =
	"apiVersion: v1\nkind: Config\n"
	"current-context: c\n"
	"contexts:\n- name: x\n- name: c\n  context:\n"
	"    cluster: k\n    user: u\n"
	"clusters:\n- name: k\n  cluster:\n";

static char *text_of(const struct row *row)
{
	char *text;

	if (asprintf(&text, "%s%susers:\n- name: u\n  user:\n%s", head,
		     row->cluster, row->user) < 0)
		abort();
	return text;
}

static bool parse(const char *text, struct kube_access *a, char *why)
{
	memset(a, 0, sizeof(*a));
	*why = '\0';
	return kubeconfig_parse(text, strlen(text), "/dir", a, why);
}

static void test_row(const struct row *row)
{
	char *text = text_of(row), why[JSON_WHY];
	struct kube_access a;
	bool good;

	good = parse(text, &a, why);
	ok(row->why ? !good && strstr(why, row->why) : good, "%s%s%s",
	   row->name, *why ? ": " : "", why);
	kube_access_free(&a);
	free(text);
}

static void test_broken(const char *text, const char *expected)
{
	struct kube_access a;
	char why[JSON_WHY];

	ok(!parse(text, &a, why) && strstr(why, expected), "refused: %s", why);
	kube_access_free(&a);
}

static void test_values(void)
{
	static const struct row row = { "",
		"    server: https://k8s.example:6443/a//\n"
		"    certificate-authority: ca.crt\n",
		"    client-certificate-data: YWE=\n"
		"    client-certificate: c\n"
		"    client-key: /k\n    tokenFile: t\n    token: abc\n", NULL };
	char *text = text_of(&row), why[JSON_WHY];
	struct kube_access a;
	struct http_tls tls;

	ok(parse(text, &a, why), "a kubeconfig with all of it%s", why);
	is(a.url, "https://k8s.example:6443/a", "the URL ends without slash");
	is(a.ca_file, "/dir/ca.crt", "files are beside the kubeconfig");
	is(a.key_file, "/k", "or where they are said to be");
	is(a.token_file, "/dir/t", "the token's file");
	kube_access_tls(&a, &tls);
	is(tls.cert.text, "aa", "data go before a file");
	ok(!tls.cert.file && tls.key.file && !tls.key.text && tls.ca.file,
	   "and it is one of both");
	kube_access_free(&a);
	ok(!a.url && !a.token, "nothing is left of it");
	free(text);
}

static void test_depth(void)
{
	size_t len = 200000;
	char *text = malloc(len + 1), why[JSON_WHY];
	struct kube_access a;

	memset(text, '[', len);
	text[len] = '\0';
	ok(!parse(text, &a, why), "nested without end: %s", why);
	kube_access_free(&a);
	free(text);
}

static void test_token(const char *content, const char *expected,
		       const char *name)
{
	char path[] = "/tmp/token.XXXXXX", why[JSON_WHY], *token;
	struct kube_access a = { .token = (char *)"other" };
	FILE *f = fdopen(mkstemp(path), "w");

	a.token_file = path;
	if (!f)
		abort();
	fputs(content, f);
	fclose(f);
	token = kube_access_token(&a, why);
	if (expected)
		is(token, expected, name);
	else
		ok(!token && *why, "%s: %s", name, why);
	free(token);
	remove(path);
}

int main(void)
{
	size_t i;

	for (i = 0; i < ROWS(rows); i++)
		test_row(&rows[i]);
	for (i = 0; i < ROWS(broken); i++)
		test_broken(broken[i][0], broken[i][1]);
	test_values();
	test_depth();
	test_token("abc.def\n", "abc.def", "a token from its file");
	test_token("", NULL, "an empty one");
	test_token("a b", NULL, "one with a space");
	test_token("a\r\nX: y", NULL, "one with another header in it");
	return done_testing();
}
