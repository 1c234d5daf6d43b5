// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * What sync and registry have in common: flanneld's options for etcd, and a
 * registry whose config is understood.
 */
#include <stdlib.h>
#include <string.h>

#include "../error.h"
#include "registry_args.h"

/* --NAME VALUE or --NAME=VALUE, with one dash as flanneld has it or two. */
static int take(struct args *a, const char *name, const char **value,
		bool *done)
{
	const char *word = args_peek(a);
	size_t len = strlen(name);

	if (word[0] != '-')
		return 0;
	word += word[1] == '-' ? 2 : 1;
	if (strncmp(word, name, len) || (word[len] && word[len] != '='))
		return 0;
	*done = true;
	args_next(a);
	if (!word[len])
		return args_value(a, name, value);
	*value = word + len + 1;
	return 0;
}

/**
 * registry_option - Take an option for a registry
 * @a: The words; there is one.
 * @o: Where its value goes.
 * @done: Set to whether the next word was one.
 *
 * Return: 0 or EXIT_WRONG.
 */
int registry_option(struct args *a, struct registry_options *o, bool *done)
{
	int err;

	*done = false;
	err = take(a, "etcd-cafile", &o->cafile, done);
	if (!*done)
		err = take(a, "etcd-certfile", &o->certfile, done);
	if (!*done)
		err = take(a, "etcd-keyfile", &o->keyfile, done);
	if (!*done)
		err = take(a, "etcd-username", &o->username, done);
	if (!*done)
		err = take(a, "etcd-password", &o->password, done);
	return err;
}

/**
 * registry_read - Read a registry and its config
 * @name: Its name.
 * @o: How to get in. A password that is not given is taken from the
 *	environment, where other users do not see it.
 * @data: Where it goes; registry_clear() frees it, also after an error.
 * @config: Where the config goes.
 *
 * Return: 0; EXIT_WRONG or EXIT_REFUSED after it said why.
 */
int registry_read(const char *name, struct registry_options *o,
		  struct registry_data *data, struct net_config *config)
{
	char why[JSON_WHY];
	int err;

	if (o->username && !o->password)
		o->password = getenv("FLANNELD_ETCD_PASSWORD");
	err = registry_load(name, o, data);
	if (err)
		return err;
	if (!data->config)
		return fail(EXIT_REFUSED, "%s: there is no network config",
			    name);
	if (!config_parse(data->config, data->config_len, config, why))
		return fail(EXIT_REFUSED, "%s: network config: %s", name, why);
	return 0;
}
