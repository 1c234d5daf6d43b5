// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Keys and values as etcd's JSON gateway writes them: bytes are base64, large
 * numbers are strings, and what is empty or 0 is left out.
 */
#include <stdlib.h>
#include <string.h>

#include "../text.h"
#include "base64.h"
#include "etcd_kv.h"

/**
 * etcd_put_bytes - Set a member to bytes
 * @object: The object.
 * @name: Name of the member.
 * @bytes: The bytes.
 * @len: How many.
 *
 * Return: false without memory.
 */
bool etcd_put_bytes(json_t *object, const char *name, const char *bytes,
		    size_t len)
{
	char *text = base64_encode(bytes, len);
	bool good = text && !json_object_set_new(object, name,
						 json_string(text));

	free(text);
	return good;
}

/**
 * etcd_put_text - Set a member to the bytes of a text
 * @object: The object.
 * @name: Name of the member.
 * @text: The text.
 *
 * Return: false without memory.
 */
bool etcd_put_text(json_t *object, const char *name, const char *text)
{
	return etcd_put_bytes(object, name, text, strlen(text));
}

/**
 * etcd_get_bytes - Get a member that is bytes
 * @object: The object.
 * @name: Name of the member.
 * @len: Where their number goes.
 *
 * Return: The bytes and a NUL, to be freed; NULL if they are not base64.
 */
char *etcd_get_bytes(const json_t *object, const char *name, size_t *len)
{
	const json_t *value = json_object_get(object, name);

	return base64_decode(value ? json_string_value(value) ?: "?" : "",
			     len);
}

/**
 * etcd_get_number - Get a member that is a large number
 * @object: The object.
 * @name: Name of the member.
 * @n: Where it goes.
 *
 * Return: false if there is none.
 */
bool etcd_get_number(const json_t *object, const char *name, uint64_t *n)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text && text_decimal(text, strlen(text), INT64_MAX, n);
}

/**
 * etcd_get_revision - At which revision was this answered?
 * @answer: The answer.
 * @revision: Where it goes.
 *
 * Return: false if the answer does not say.
 */
bool etcd_get_revision(const json_t *answer, uint64_t *revision)
{
	return etcd_get_number(json_object_get(answer, "header"), "revision",
			       revision) && *revision;
}

/* Leave of the key what follows the prefix of leases' keys. */
static enum etcd_kind take_kind(struct registry_entry *e,
				const struct etcd_name *name)
{
	size_t prefix = strlen(name->prefix), subnets = strlen(name->subnets);

	if (e->key_len == prefix + strlen("/config") &&
	    !memcmp(e->key, name->prefix, prefix) &&
	    !memcmp(e->key + prefix, "/config", strlen("/config")))
		return ETCD_CONFIG;
	if (e->key_len < subnets || memcmp(e->key, name->subnets, subnets))
		return ETCD_OTHER;
	e->key_len -= subnets;
	memmove(e->key, e->key + subnets, e->key_len + 1);
	return ETCD_LEASE;
}

/* What is too long is refused; to know that, one byte more is enough. */
static void cut(struct registry_entry *e)
{
	char *less;

	if (e->value_len <= REGISTRY_VALUE_MAX)
		return;
	e->value_len = REGISTRY_VALUE_MAX + 1;
	e->value[e->value_len] = '\0';
	less = realloc(e->value, e->value_len + 1);
	if (less)
		e->value = less;
}

/**
 * etcd_kv_parse - Read a key with its value
 * @kv: Where they go; etcd_kv_free() frees them, also after an error.
 * @object: What etcd says.
 * @name: The registry's name.
 * @gone: The key was deleted, there is no value.
 *
 * Return: NULL, or what is wrong.
 */
const char *etcd_kv_parse(struct etcd_kv *kv, const json_t *object,
			  const struct etcd_name *name, bool gone)
{
	struct registry_entry *e = &kv->entry;

	memset(kv, 0, sizeof(*kv));
	e->key = etcd_get_bytes(object, "key", &e->key_len);
	if (!e->key)
		return "a key is not base64";
	kv->kind = take_kind(e, name);
	if (kv->kind == ETCD_OTHER)
		return NULL;
	if (!gone && !etcd_get_number(object, "create_revision", &e->created))
		return "a key has no create_revision";
	if (!etcd_get_number(object, "mod_revision", &kv->modified))
		return "a key has no mod_revision";
	if (gone)
		return NULL;
	e->value = etcd_get_bytes(object, "value", &e->value_len);
	if (!e->value)
		return "a value is not base64";
	cut(e);
	return NULL;
}

/**
 * etcd_kv_free - Free a key and its value
 * @kv: Both.
 */
void etcd_kv_free(struct etcd_kv *kv)
{
	free(kv->entry.key);
	free(kv->entry.value);
	memset(kv, 0, sizeof(*kv));
}
