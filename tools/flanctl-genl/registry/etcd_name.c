// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Names of etcd registries, HOST:PORT[,HOST:PORT]...[/PREFIX], and whether
 * what is given to get in goes with them.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../error.h"
#include "../text.h"
#include "etcd_name.h"

#define DEFAULT_PREFIX	"/coreos.com/network"
#define DEFAULT_PORT	"2379"

#define HOST_CHARS	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_"

static int bad_endpoint(const char *text, size_t len)
{
	char quoted[80];

	return fail(EXIT_WRONG, "'%s' is not HOST:PORT",
		    text_quote(quoted, sizeof(quoted), text, len));
}

/* Length of the host at @text, 0: there is none. */
static size_t host_len(const char *text, size_t len)
{
	const char *end = memchr(text, ']', len);
	char address[ADDR_TEXT];
	struct addr a;
	size_t n;

	if (*text != '[') {
		n = strspn(text, HOST_CHARS);
		return n < len ? n : len;
	}
	n = end ? (size_t)(end - text - 1) : 0;
	if (!n || n >= sizeof(address))
		return 0;
	memcpy(address, text + 1, n);
	address[n] = '\0';
	return addr_parse(&a, address) && a.len == 16 ? n + 2 : 0;
}

static int add_endpoint(struct etcd_name *name, const char *text, size_t len)
{
	size_t host = len ? host_len(text, len) : 0;
	uint64_t port;
	int n;

	if (!host || (host < len && text[host] != ':'))
		return bad_endpoint(text, len);
	if (host < len && (!text_decimal(text + host + 1, len - host - 1,
					 65535, &port) || !port))
		return bad_endpoint(text, len);
	if (name->n == REGISTRY_ENDPOINTS_MAX)
		return fail(EXIT_WRONG, "more than %d etcd endpoints",
			    REGISTRY_ENDPOINTS_MAX);
	n = asprintf(&name->endpoint[name->n], "%.*s%s", (int)len, text,
		     host < len ? "" : ":" DEFAULT_PORT);
	if (n < 0)
		return fail(EXIT_REFUSED, "out of memory");
	name->n++;
	return 0;
}

static int parse_endpoints(struct etcd_name *name, const char *text,
			   size_t len)
{
	size_t n;
	int err;

	for (;; text += n + 1, len -= n + 1) {
		n = strcspn(text, ",");
		n = n < len ? n : len;
		err = add_endpoint(name, text, n);
		if (err || n == len)
			return err;
	}
}

static char *join(const char *text, size_t len, const char *more)
{
	char *joined;

	return asprintf(&joined, "%.*s%s", (int)len, text, more) < 0 ? NULL :
								      joined;
}

static int parse_prefix(struct etcd_name *name, const char *text)
{
	size_t len = strlen(text);

	while (len && text[len - 1] == '/')
		len--;
	if (!len) {
		text = DEFAULT_PREFIX;
		len = strlen(text);
	}
	name->prefix = strndup(text, len);
	name->all = join(text, len, "/");
	name->all_end = join(text, len, "0");
	name->subnets = join(text, len, "/subnets/");
	name->subnets_end = join(text, len, "/subnets0");
	if (name->prefix && name->all && name->all_end && name->subnets &&
	    name->subnets_end)
		return 0;
	return fail(EXIT_REFUSED, "out of memory");
}

static int check_key(const char *keyfile)
{
	struct stat st;

	if (stat(keyfile, &st))
		return fail(EXIT_WRONG, "%s: %s", keyfile, strerror(errno));
	if (st.st_mode & 077)
		return fail(EXIT_WRONG, "%s: others may read this private key: chmod 600",
			    keyfile);
	return 0;
}

static int check_options(bool tls, const struct registry_options *o)
{
	if (!tls && (o->cafile || o->certfile || o->keyfile))
		return fail(EXIT_WRONG, "etcd:// is without TLS, but TLS files are given: write etcds://");
	if (!o->certfile != !o->keyfile)
		return fail(EXIT_WRONG, "--etcd-certfile and --etcd-keyfile go together");
	if (o->password && !o->username)
		return fail(EXIT_WRONG, "--etcd-password needs --etcd-username");
	return o->keyfile ? check_key(o->keyfile) : 0;
}

/**
 * etcd_name_parse - Parse the name of an etcd registry
 * @name: Where it goes; @name->tls is set already, the rest is zero;
 *	etcd_name_free() frees it, also after an error.
 * @text: HOST:PORT[,HOST:PORT]...[/PREFIX]
 * @options: How to get in.
 *
 * Return: 0; EXIT_WRONG or EXIT_REFUSED after it said why.
 */
int etcd_name_parse(struct etcd_name *name, const char *text,
		    const struct registry_options *options)
{
	size_t len = strcspn(text, "/");
	int err;

	err = check_options(name->tls, options);
	if (!err)
		err = parse_endpoints(name, text, len);
	return err ? err : parse_prefix(name, text + len);
}

/**
 * etcd_name_address - Is an endpoint an address?
 * @name: The registry's name.
 * @i: Which endpoint.
 * @a: Where the address goes.
 *
 * Return: false if it is the name of a host.
 */
bool etcd_name_address(const struct etcd_name *name, size_t i, struct addr *a)
{
	const char *text = name->endpoint[i];
	size_t len = (size_t)(strrchr(text, ':') - text);
	char host[ADDR_TEXT];

	if (*text == '[') {
		text++;
		len -= 2;
	}
	if (len >= sizeof(host))
		return false;
	memcpy(host, text, len);
	host[len] = '\0';
	return addr_parse(a, host);
}

/**
 * etcd_name_addresses - Note the endpoints that are addresses
 * @name: The registry's name.
 * @data: Where they are noted.
 */
void etcd_name_addresses(const struct etcd_name *name,
			 struct registry_data *data)
{
	struct addr a;
	size_t i;

	for (i = 0; i < name->n; i++)
		if (etcd_name_address(name, i, &a))
			registry_add_endpoint(data, &a);
}

/**
 * etcd_name_free - Free a name
 * @name: The name.
 */
void etcd_name_free(struct etcd_name *name)
{
	size_t i;

	for (i = 0; i < name->n; i++)
		free(name->endpoint[i]);
	free(name->prefix);
	free(name->all);
	free(name->all_end);
	free(name->subnets);
	free(name->subnets_end);
}
