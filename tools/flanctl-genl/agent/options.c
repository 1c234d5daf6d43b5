// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The agent's flags, in Go's spelling, and the environment, which fills those
 * that are not given: FLANNELD_ and the flag in upper case, '-' as '_'.
 *
 * Source: flannel's main.go and Go's package flag.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <linux/if_flannel.h>

#include "../error.h"
#include "../link.h"
#include "../text.h"
#include "options.h"

#define ENV_NAME	80

/**
 * enum flag_type - What a flag's value is.
 * @FLAG_TEXT: Any text.
 * @FLAG_WORDS: Any text, as often as one likes.
 * @FLAG_NUMBER: A number.
 * @FLAG_BOOL: A boolean: alone, or behind '='.
 * @FLAG_IGNORED: Text that has no effect here: flags of flanneld's logger.
 * @FLAG_IGNORED_BOOL: A boolean likewise.
 */
enum flag_type {
	FLAG_TEXT,
	FLAG_WORDS,
	FLAG_NUMBER,
	FLAG_BOOL,
	FLAG_IGNORED,
	FLAG_IGNORED_BOOL,
};

/**
 * struct flag - A flag.
 * @name: Without dashes.
 * @type: What its value is.
 * @at: Where it goes in struct agent_options.
 * @min: Smallest number.
 * @max: Largest number.
 */
struct flag {
	const char *name;
	enum flag_type type;
	size_t at;
	unsigned int min;
	unsigned int max;
};

#define AT(member)	offsetof(struct agent_options, member)

static const struct flag flags[] = {
	{ "etcd-endpoints", FLAG_TEXT, AT(etcd_endpoints), 0, 0 },
	{ "etcd-prefix", FLAG_TEXT, AT(etcd_prefix), 0, 0 },
	{ "etcd-cafile", FLAG_TEXT, AT(etcd_cafile), 0, 0 },
	{ "etcd-certfile", FLAG_TEXT, AT(etcd_certfile), 0, 0 },
	{ "etcd-keyfile", FLAG_TEXT, AT(etcd_keyfile), 0, 0 },
	{ "etcd-username", FLAG_TEXT, AT(etcd_username), 0, 0 },
	{ "etcd-password", FLAG_TEXT, AT(etcd_password), 0, 0 },
	{ "iface", FLAG_WORDS, AT(iface), 0, 0 },
	{ "iface-regex", FLAG_WORDS, AT(iface_regex), 0, 0 },
	{ "iface-can-reach", FLAG_TEXT, AT(iface_can_reach), 0, 0 },
	{ "public-ip", FLAG_TEXT, AT(public_ip), 0, 0 },
	{ "public-ipv6", FLAG_TEXT, AT(public_ipv6), 0, 0 },
	{ "subnet-file", FLAG_TEXT, AT(subnet_file), 0, 0 },
	{ "subnet-lease-renew-margin", FLAG_NUMBER,
	  AT(subnet_lease_renew_margin), 1, 1439 },
	{ "ip-masq", FLAG_BOOL, AT(ip_masq), 0, 0 },
	{ "ip-masq-fully-random-disable", FLAG_BOOL,
	  AT(ip_masq_fully_random_disable), 0, 0 },
	{ "kube-subnet-mgr", FLAG_BOOL, AT(kube_subnet_mgr), 0, 0 },
	{ "kube-api-url", FLAG_TEXT, AT(kube_api_url), 0, 0 },
	{ "kubeconfig-file", FLAG_TEXT, AT(kubeconfig_file), 0, 0 },
	{ "kube-annotation-prefix", FLAG_TEXT, AT(kube_annotation_prefix),
	  0, 0 },
	{ "net-config-path", FLAG_TEXT, AT(net_config_path), 0, 0 },
	{ "set-node-network-unavailable", FLAG_BOOL,
	  AT(set_node_network_unavailable), 0, 0 },
	{ "healthz-ip", FLAG_TEXT, AT(healthz_ip), 0, 0 },
	{ "healthz-port", FLAG_NUMBER, AT(healthz_port), 0, 65535 },
	{ "iptables-resync", FLAG_NUMBER, AT(iptables_resync), 1, 86400 },
	{ "iptables-forward-rules", FLAG_BOOL, AT(iptables_forward_rules),
	  0, 0 },
	{ "ip-blackhole-route", FLAG_BOOL, AT(ip_blackhole_route), 0, 0 },
	{ "version", FLAG_BOOL, AT(version), 0, 0 },
	{ "registry", FLAG_TEXT, AT(registry), 0, 0 },
	{ "routes", FLAG_TEXT, AT(routes_name), 0, 0 },
	{ "source-check", FLAG_TEXT, AT(source_check_name), 0, 0 },
	{ "resync", FLAG_NUMBER, AT(resync), 1, 86400 },
	{ "hold-deletions", FLAG_NUMBER, AT(hold), 0, 86400 },
	{ "guard", FLAG_BOOL, AT(guard), 0, 0 },
	{ "cleanup", FLAG_BOOL, AT(cleanup), 0, 0 },
	{ "v", FLAG_IGNORED, 0, 0, 0 },
	{ "vmodule", FLAG_IGNORED, 0, 0, 0 },
	{ "log_backtrace_at", FLAG_IGNORED, 0, 0, 0 },
	{ "log_dir", FLAG_IGNORED, 0, 0, 0 },
	{ "log_file", FLAG_IGNORED, 0, 0, 0 },
	{ "stderrthreshold", FLAG_IGNORED, 0, 0, 0 },
	{ "logtostderr", FLAG_IGNORED_BOOL, 0, 0, 0 },
	{ "alsologtostderr", FLAG_IGNORED_BOOL, 0, 0, 0 },
};

#define FLAGS	(sizeof(flags) / sizeof(flags[0]))

static const struct agent_options defaults = {
	.etcd_endpoints = "http://127.0.0.1:4001,http://127.0.0.1:2379",
	.etcd_prefix = "/coreos.com/network",
	.subnet_file = AGENT_SUBNET_FILE,
	.subnet_lease_renew_margin = 60,
	.kube_annotation_prefix = "flannel.alpha.coreos.com",
	.net_config_path = "/etc/kube-flannel/net-conf.json",
	.set_node_network_unavailable = true,
	.healthz_ip = "0.0.0.0",
	.iptables_resync = 5,
	.iptables_forward_rules = true,
	.resync = 60,
	.hold = 300,
};

/* Words as Go's strconv.ParseBool() takes them. */
static bool parse_bool(const char *text, bool *value)
{
	static const char *const yes[] = { "1", "t", "T", "true", "TRUE",
					   "True" };
	static const char *const no[] = { "0", "f", "F", "false", "FALSE",
					  "False" };
	size_t i;

	for (i = 0; i < sizeof(yes) / sizeof(yes[0]); i++) {
		*value = !strcmp(text, yes[i]);
		if (*value || !strcmp(text, no[i]))
			return true;
	}
	return false;
}

static int bad(const char *name, const char *value, const char *allowed)
{
	char quoted[120];

	text_quote(quoted, sizeof(quoted), value, strlen(value));
	return fail(EXIT_WRONG, "agent: -%s '%s': %s", name, quoted, allowed);
}

static int add_word(struct words *words, const char *value)
{
	const char **v = reallocarray(words->v, words->n + 1, sizeof(*v));

	if (!v)
		return fail(EXIT_REFUSED, "out of memory");
	words->v = v;
	words->v[words->n++] = value;
	return 0;
}

static int set_number(const struct flag *f, unsigned int *to,
		      const char *value)
{
	char allowed[80];
	uint64_t n;

	snprintf(allowed, sizeof(allowed), "expected a number from %u to %u",
		 f->min, f->max);
	if (!text_number(value, f->max, &n) || n < f->min)
		return bad(f->name, value, allowed);
	*to = (unsigned int)n;
	return 0;
}

static int set_flag(struct agent_options *o, const struct flag *f,
		    const char *value)
{
	void *to = (char *)o + f->at;
	bool ignored;

	switch (f->type) {
	case FLAG_TEXT:
		*(const char **)to = value;
		return 0;
	case FLAG_WORDS:
		return add_word(to, value);
	case FLAG_NUMBER:
		return set_number(f, to, value);
	case FLAG_BOOL:
	case FLAG_IGNORED_BOOL:
		if (f->type == FLAG_IGNORED_BOOL)
			to = &ignored;
		if (!parse_bool(value, to))
			return bad(f->name, value, "expected true or false");
		return 0;
	case FLAG_IGNORED:
		return 0;
	}
	return 0;
}

static const struct flag *find_flag(const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < FLAGS; i++)
		if (strlen(flags[i].name) == len &&
		    !strncmp(flags[i].name, name, len))
			return &flags[i];
	return NULL;
}

static bool is_bool(const struct flag *f)
{
	return f->type == FLAG_BOOL || f->type == FLAG_IGNORED_BOOL;
}

static int take_flag(struct agent_options *o, struct args *a, bool *given)
{
	const char *word = args_next(a);
	const char *name = word + (word[1] == '-' ? 2 : 1);
	size_t len = strcspn(name, "=");
	const char *value = name[len] ? name + len + 1 : NULL;
	const struct flag *f = find_flag(name, len);
	char quoted[80];

	text_quote(quoted, sizeof(quoted), word, strlen(word));
	if (!f)
		return fail(EXIT_WRONG, "agent: unknown flag '%s': see man flanctl-genl-agent",
			    quoted);
	if (!value && is_bool(f))
		value = "true";
	if (!value && args_value(a, quoted, &value))
		return EXIT_WRONG;
	given[f - flags] = true;
	return set_flag(o, f, value);
}

static const char *from_environment(const struct flag *f)
{
	char name[ENV_NAME];
	char *c;

	snprintf(name, sizeof(name), "FLANNELD_%s", f->name);
	for (c = name; *c; c++)
		*c = *c == '-' ? '_' : (char)toupper((unsigned char)*c);
	return getenv(name);
}

static int take_environment(struct agent_options *o, const bool *given)
{
	const char *value;
	size_t i;

	for (i = 0; i < FLAGS; i++) {
		value = given[i] ? NULL : from_environment(&flags[i]);
		if (value && *value && set_flag(o, &flags[i], value))
			return EXIT_WRONG;
	}
	return 0;
}

static int check_routes(struct agent_options *o)
{
	static const char *const names[] = {
		[ROUTES_AUTO] = "auto",
		[ROUTES_AGGREGATE] = "aggregate",
		[ROUTES_PER_SUBNET] = "per-subnet",
	};
	unsigned int i;

	for (i = 0; o->routes_name && i < 3; i++)
		if (!strcmp(o->routes_name, names[i])) {
			o->routes = i;
			return 0;
		}
	return o->routes_name ? bad("routes", o->routes_name,
				    "expected auto, aggregate or per-subnet") :
				0;
}

static int check_source_check(struct agent_options *o)
{
	const struct link_attr *attr = &link_attrs[LINK_SOURCE_CHECK];

	o->source_check = FLANNEL_SOURCE_CHECK_OWNER;
	if (!o->source_check_name)
		return 0;
	for (o->source_check = 0; o->source_check <= attr->max;
	     o->source_check++)
		if (!strcmp(o->source_check_name,
			    attr->names[o->source_check]))
			return 0;
	return bad("source-check", o->source_check_name,
		   "expected off, log, vtep, owner or strict");
}

static int check_addr(const char *name, const char *value, uint8_t family)
{
	struct addr a;

	if (!value || (addr_parse(&a, value) && a.len == family &&
		       !addr_not_unicast(&a)))
		return 0;
	return bad(name, value, family == 4 ?
		   "expected an IPv4 address that a node can have" :
		   "expected an IPv6 address that a node can have");
}

/* flanneld makes a clean path of it: what it would name then is to be said. */
static int check_prefix(const char *prefix)
{
	if (*prefix == '/' && prefix[1] && !strstr(prefix, "//") &&
	    !strstr(prefix, "/."))
		return 0;
	return bad("etcd-prefix", prefix,
		   "expected a path such as /coreos.com/network");
}

static int check(struct agent_options *o)
{
	struct addr ignored;
	int err;

	if (!addr_parse(&ignored, o->healthz_ip))
		return bad("healthz-ip", o->healthz_ip, "expected an address");
	err = check_routes(o);
	if (!err)
		err = check_source_check(o);
	if (!err)
		err = check_prefix(o->etcd_prefix);
	if (!err)
		err = check_addr("public-ip", o->public_ip, 4);
	if (!err)
		err = check_addr("public-ipv6", o->public_ipv6, 16);
	return err;
}

/**
 * agent_options_parse - Take the flags and the environment
 * @o: Where they go; agent_options_free() frees them.
 * @a: The words; they have to stay.
 *
 * Return: 0; EXIT_WRONG after it said which flag is wrong and what is allowed.
 */
int agent_options_parse(struct agent_options *o, struct args *a)
{
	bool given[FLAGS] = {};
	const char *word;
	int err = 0;

	*o = defaults;
	while (!err && (word = args_peek(a)) && word[0] == '-' && word[1])
		err = take_flag(o, a, given);
	if (!err && args_peek(a))
		err = args_unknown(a);
	if (!err)
		err = take_environment(o, given);
	return err ? err : check(o);
}

/**
 * agent_options_free - Free what the flags need
 * @o: The flags.
 */
void agent_options_free(struct agent_options *o)
{
	free(o->iface.v);
	free(o->iface_regex.v);
}

static const char *without(const char *text, const char *scheme)
{
	size_t len = strlen(scheme);

	return strncasecmp(text, scheme, len) ? NULL : text + len;
}

/* Stock flannel's list of URLs, as the name of a registry. */
static char *etcd_registry(const struct agent_options *o)
{
	char *list = strdup(o->etcd_endpoints), *next = list, *url;
	char *hosts = calloc(1, strlen(o->etcd_endpoints) + 2);
	const char *host;
	char *name = NULL;
	int tls = -1, secure;

	while (list && hosts && (url = strsep(&next, ","))) {
		secure = without(url, "https://") ? 1 : 0;
		host = without(url, secure ? "https://" : "http://");
		if (!host || (tls >= 0 && tls != secure)) {
			bad("etcd-endpoints", o->etcd_endpoints,
			    "expected URLs, all http:// or all https://");
			goto out;
		}
		tls = secure;
		if (*hosts)
			strcat(hosts, ",");
		strncat(hosts, host, strcspn(host, "/"));
	}
	if (!list || !hosts ||
	    asprintf(&name, "etcd%s://%s/%s", tls ? "s" : "", hosts,
		     o->etcd_prefix + 1) < 0) {
		name = NULL;
		fail(EXIT_REFUSED, "out of memory");
	}
out:
	free(list);
	free(hosts);
	return name;
}

/**
 * agent_options_registry - Name of the registry that the flags mean
 * @o: The flags.
 *
 * Return: The name, to be freed; NULL after it said why there is none.
 */
char *agent_options_registry(const struct agent_options *o)
{
	const char *file = o->kubeconfig_file ? o->kubeconfig_file : "";
	char *name;

	if (!o->registry && !o->kube_subnet_mgr)
		return etcd_registry(o);
	if (asprintf(&name, "%s%s", o->registry ? o->registry : "kube:",
		     o->registry ? "" : file) >= 0)
		return name;
	fail(EXIT_REFUSED, "out of memory");
	return NULL;
}
