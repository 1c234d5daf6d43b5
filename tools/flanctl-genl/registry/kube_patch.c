// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * What this node writes about itself in the API server: its lease, taken apart
 * into annotations, and the condition NetworkUnavailable. Patches are as small
 * as they can be and name what flannel's would.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../text.h"
#include "kube_node.h"

/* An address that stands for none. */
static bool is_address(const json_t *value)
{
	const char *text = json_string_value(value);

	return text && *text && strcmp(text, "0.0.0.0") && strcmp(text, "::");
}

static int set_data(json_t *want, const char *annotation, const json_t *data)
{
	char *text = json_dumps(data, JSON_COMPACT | JSON_ENCODE_ANY);
	int err = json_object_set_new(want, annotation,
				      json_string(text ? text : "null"));

	free(text);
	return err;
}

static int set_family(json_t *want, const json_t *lease, bool v6)
{
	json_t *ip = json_object_get(lease, v6 ? "PublicIPv6" : "PublicIP");

	if (!is_address(ip))
		return 0;
	return json_object_set(want, v6 ? "public-ipv6" : "public-ip", ip) |
	       set_data(want, v6 ? "backend-v6-data" : "backend-data",
			json_object_get(lease, v6 ? "BackendV6Data" :
						    "BackendData"));
}

/**
 * kube_claim_annotations - Take a lease apart
 * @value: flannel's value.
 * @why: What is wrong with it, fit to be printed.
 *
 * Return: The annotations, without their prefix; NULL if @value is no lease.
 */
json_t *kube_claim_annotations(const char *value, char why[static JSON_WHY])
{
	json_t *lease = json_parse(value, strlen(value), why, NULL);
	json_t *want, *type;
	int err;

	if (!lease)
		return NULL;
	type = json_object_get(lease, "BackendType");
	want = json_pack("{ssss}", "backend-type",
			 json_is_string(type) ? json_string_value(type) : "",
			 "kube-subnet-manager", "true");
	err = set_family(want, lease, false) | set_family(want, lease, true);
	json_decref(lease);
	if (!err)
		return want;
	json_decref(want);
	snprintf(why, JSON_WHY, "out of memory");
	return NULL;
}

/**
 * kube_claim_patch - What has to change so that a node has what we want
 * @want: The annotations.
 * @have: The node.
 * @prefix: Of annotations.
 *
 * Return: The patch, to be freed; empty if nothing has to change, NULL without
 * memory.
 */
char *kube_claim_patch(const json_t *want, const struct kube_node *have,
		       const char *prefix)
{
	char whole[KUBE_PREFIX + 32], *text;
	json_t *change = json_object(), *patch, *value;
	const char *name;
	int err = 0;

	json_object_foreach((json_t *)want, name, value) {
		if (json_equal(value, json_object_get(have->annotations, name)))
			continue;
		snprintf(whole, sizeof(whole), "%s%s", prefix, name);
		err |= json_object_set(change, whole, value);
	}
	if (!err && !json_object_size(change)) {
		json_decref(change);
		return strdup("");
	}
	patch = json_pack("{s{so}}", "metadata", "annotations", change);
	text = patch && !err ? json_dumps(patch, JSON_COMPACT | JSON_SORT_KEYS)
			     : NULL;
	json_decref(patch);
	return text;
}

/**
 * kube_condition_patch - Say whether this node's network works
 * @why: Why it does not, NULL: it does.
 * @now: The time, as Kubernetes writes it.
 *
 * Return: The patch, to be freed; NULL without memory.
 */
char *kube_condition_patch(const char *why, const char *now)
{
	char text[JSON_WHY];
	json_t *patch;
	char *dump;

	if (why)
		text_quote(text, sizeof(text), why, strlen(why));
	else
		strcpy(text, "Flannel is running on this node");
	patch = json_pack("{s{s[{ssssssssssss}]}}", "status", "conditions",
			  "type", "NetworkUnavailable",
			  "status", why ? "True" : "False",
			  "lastHeartbeatTime", now,
			  "lastTransitionTime", now,
			  "reason", why ? "FlannelIsDown" : "FlannelIsUp",
			  "message", text);
	dump = patch ? json_dumps(patch, JSON_COMPACT) : NULL;
	json_decref(patch);
	return dump;
}
