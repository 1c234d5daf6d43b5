// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * A kubeconfig: what its current context says about the API server and about
 * us. What we cannot do as it asks (exec plugins, no verification, proxies) is
 * refused: nobody should believe that it has been done.
 *
 * The YAML document is only looked up in by name, never walked: aliases and
 * cycles in it cost nothing.
 */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "../text.h"
#include "base64.h"
#include "kubeconfig.h"

#define URL_LONGEST	1024

/**
 * enum kind - What a member of a kubeconfig is.
 * @TEXT: Text.
 * @PATH: A file, seen from the directory of the kubeconfig.
 * @BASE64: Text in base64.
 * @REFUSED: Something that we do not do.
 */
enum kind {
	TEXT,
	PATH,
	BASE64,
	REFUSED,
};

/**
 * struct member - A member that means something to us.
 * @name: Its name.
 * @kind: What it is.
 * @to: Where in struct kube_access it goes.
 */
struct member {
	const char *name;
	enum kind kind;
	size_t to;
};

#define TO(field)	offsetof(struct kube_access, field)

static const struct member cluster_members[] = {
	{ "server", TEXT, TO(url) },
	{ "certificate-authority", PATH, TO(ca_file) },
	{ "certificate-authority-data", BASE64, TO(ca_text) },
	{ "insecure-skip-tls-verify", REFUSED, 0 },
	{ "tls-server-name", REFUSED, 0 },
	{ "proxy-url", REFUSED, 0 },
	{}
};

static const struct member user_members[] = {
	{ "client-certificate", PATH, TO(cert_file) },
	{ "client-certificate-data", BASE64, TO(cert_text) },
	{ "client-key", PATH, TO(key_file) },
	{ "client-key-data", BASE64, TO(key_text) },
	{ "token", TEXT, TO(token) },
	{ "tokenFile", PATH, TO(token_file) },
	{ "exec", REFUSED, 0 },
	{ "auth-provider", REFUSED, 0 },
	{ "username", REFUSED, 0 },
	{ "password", REFUSED, 0 },
	{ "as", REFUSED, 0 },
	{}
};

/**
 * struct config - A kubeconfig that is being read.
 * @doc: The document.
 * @dir: Where files are looked for.
 * @a: Where all goes.
 * @why: What is wrong.
 */
struct config {
	yaml_document_t doc;
	const char *dir;
	struct kube_access *a;
	char *why;
};

static bool wrong(struct config *c, const char *what, const char *name,
		  const char *why)
{
	char whole[JSON_WHY];

	snprintf(whole, sizeof(whole), "%s%s%.80s%s: %s", what,
		 *name ? " '" : "", name, *name ? "'" : "", why);
	text_quote(c->why, JSON_WHY, whole, strlen(whole));
	return false;
}

/* The text of a scalar; NULL for anything else, and for one with a NUL. */
static const char *scalar(const yaml_node_t *n)
{
	const char *text;

	if (!n || n->type != YAML_SCALAR_NODE)
		return NULL;
	text = (const char *)n->data.scalar.value;
	return strlen(text) == n->data.scalar.length ? text : NULL;
}

static bool is_null(const yaml_node_t *n)
{
	const char *text = scalar(n);

	return text && n->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
	       (!*text || !strcmp(text, "~") || !strcmp(text, "null"));
}

static yaml_node_t *find(struct config *c, const yaml_node_t *map,
			 const char *name)
{
	const yaml_node_pair_t *p;
	const char *key;

	if (!map || map->type != YAML_MAPPING_NODE)
		return NULL;
	for (p = map->data.mapping.pairs.start;
	     p < map->data.mapping.pairs.top; p++) {
		key = scalar(yaml_document_get_node(&c->doc, p->key));
		if (key && !strcmp(key, name))
			return yaml_document_get_node(&c->doc, p->value);
	}
	return NULL;
}

static const char *find_text(struct config *c, const yaml_node_t *map,
			     const char *name)
{
	return scalar(find(c, map, name));
}

/* The lists are of {name: NAME, KIND: {...}}; this finds the latter. */
static yaml_node_t *find_named(struct config *c, const char *list,
			       const char *kind, const char *name)
{
	yaml_node_t *root = yaml_document_get_root_node(&c->doc);
	yaml_node_t *seq = find(c, root, list), *item;
	const yaml_node_item_t *i;
	const char *its;

	if (!seq || seq->type != YAML_SEQUENCE_NODE)
		return NULL;
	for (i = seq->data.sequence.items.start;
	     i < seq->data.sequence.items.top; i++) {
		item = yaml_document_get_node(&c->doc, *i);
		its = find_text(c, item, "name");
		if (its && !strcmp(its, name))
			return find(c, item, kind);
	}
	return NULL;
}

static char *take_path(struct config *c, const char *path)
{
	char *whole;

	if (*path == '/')
		return strdup(path);
	return asprintf(&whole, "%s/%s", c->dir, path) < 0 ? NULL : whole;
}

static char *take_base64(const char *text)
{
	size_t len;
	char *bytes = base64_decode(text, &len);

	if (bytes && strlen(bytes) == len)
		return bytes;
	free(bytes);
	return NULL;
}

static bool take_refused(struct config *c, const struct member *m,
			 const yaml_node_t *value)
{
	const char *text = scalar(value);

	if (text && (!*text || !strcmp(text, "false")))
		return true;
	return wrong(c, m->name, "", "is not supported here");
}

static bool take_member(struct config *c, const struct member *m,
			const yaml_node_t *value)
{
	char **to = (char **)((char *)c->a + m->to);
	const char *text = scalar(value);

	if (!value || is_null(value))
		return true;
	if (m->kind == REFUSED)
		return take_refused(c, m, value);
	if (!text)
		return wrong(c, m->name, "", "is not a text");
	if (!*text)
		return true;
	if (m->kind == TEXT)
		*to = strdup(text);
	else if (m->kind == PATH)
		*to = take_path(c, text);
	else
		*to = take_base64(text);
	return *to ? true : wrong(c, m->name, "", m->kind == BASE64 ?
				  "is not a text in base64" : "out of memory");
}

static bool take_members(struct config *c, const struct member *m,
			 const yaml_node_t *map)
{
	for (; m->name; m++)
		if (!take_member(c, m, find(c, map, m->name)))
			return false;
	return true;
}

/**
 * kube_url_wrong - Is this a place where an API server can be?
 * @url: What may be one.
 *
 * Return: NULL, or why it cannot.
 */
const char *kube_url_wrong(const char *url)
{
	const char *host = NULL, *c;

	if (!strncmp(url, "http://", 7))
		host = url + 7;
	else if (!strncmp(url, "https://", 8))
		host = url + 8;
	if (!host)
		return "not https://HOST:PORT";
	if (!*host || strchr("/:", *host))
		return "it names no host";
	if (strlen(url) > URL_LONGEST)
		return "too long";
	for (c = url; *c; c++)
		if (*c <= ' ' || *c >= 0x7f || strchr("?#@\"\\<>{}|^`", *c))
			return "only a host, a port and a path are allowed";
	return NULL;
}

static bool complete(struct config *c, const char *cluster)
{
	struct kube_access *a = c->a;
	const char *why;
	size_t len;

	if (!a->url)
		return wrong(c, "cluster", cluster, "it has no server");
	why = kube_url_wrong(a->url);
	if (why)
		return wrong(c, "server", a->url, why);
	for (len = strlen(a->url); len && a->url[len - 1] == '/'; len--)
		a->url[len - 1] = '\0';
	if (!(a->cert_file || a->cert_text) != !(a->key_file || a->key_text))
		return wrong(c, "client-certificate", "",
			     "certificate and key go together");
	return true;
}

static bool take_cluster(struct config *c, const char *name)
{
	const yaml_node_t *cluster;

	if (!name)
		return wrong(c, "context", "", "it has no cluster");
	cluster = find_named(c, "clusters", "cluster", name);
	if (!cluster)
		return wrong(c, "cluster", name, "there is none");
	return take_members(c, cluster_members, cluster);
}

/* A context without a user is one that is anonymous. */
static bool take_user(struct config *c, const char *name)
{
	const yaml_node_t *user;

	if (!name || !*name)
		return true;
	user = find_named(c, "users", "user", name);
	if (!user)
		return wrong(c, "user", name, "there is none");
	return take_members(c, user_members, user);
}

static bool take_config(struct config *c)
{
	yaml_node_t *root = yaml_document_get_root_node(&c->doc);
	const char *name = find_text(c, root, "current-context"), *cluster;
	const yaml_node_t *context;

	if (!root || root->type != YAML_MAPPING_NODE)
		return wrong(c, "kubeconfig", "", "it is not a mapping");
	if (!name || !*name)
		return wrong(c, "current-context", "", "there is none");
	context = find_named(c, "contexts", "context", name);
	if (!context)
		return wrong(c, "context", name, "there is none");
	cluster = find_text(c, context, "cluster");
	return take_cluster(c, cluster) &&
	       take_user(c, find_text(c, context, "user")) &&
	       complete(c, cluster);
}

static bool load(struct config *c, const char *text, size_t len)
{
	yaml_parser_t parser;
	char whole[JSON_WHY];
	bool good;

	if (!yaml_parser_initialize(&parser))
		return wrong(c, "YAML", "", "out of memory");
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, len);
	good = yaml_parser_load(&parser, &c->doc);
	if (!good) {
		snprintf(whole, sizeof(whole), "line %zu",
			 parser.problem_mark.line + 1);
		wrong(c, whole, "", parser.problem ? parser.problem :
						     "out of memory");
	}
	yaml_parser_delete(&parser);
	return good;
}

/**
 * kubeconfig_parse - Read a kubeconfig
 * @text: The text, any bytes.
 * @len: Its length.
 * @dir: Its directory.
 * @a: Where the result goes; all NULL before, kube_access_free() frees it,
 *	also after an error.
 * @why: What is wrong, fit to be printed.
 *
 * Return: false if something is wrong.
 */
bool kubeconfig_parse(const char *text, size_t len, const char *dir,
		      struct kube_access *a, char why[static JSON_WHY])
{
	struct config c = { .dir = dir, .a = a, .why = why };
	bool good;

	if (!load(&c, text, len))
		return false;
	good = take_config(&c);
	yaml_document_delete(&c.doc);
	return good;
}
