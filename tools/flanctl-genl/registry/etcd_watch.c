// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Watching what happens in etcd, from a revision on: a stream of lines, each a
 * JSON object {"result": {...}}, or {"error": {...}} at its end.
 */
#include <stdio.h>
#include <string.h>

#include "../text.h"
#include "etcd_watch.h"

static void broken(struct etcd_line *line, const char *why)
{
	text_quote(line->why, sizeof(line->why), why, strlen(why));
	line->result = ETCD_FAILED;
}

static const char *parse_event(struct etcd_line *line, const json_t *object,
			       const struct etcd_name *name)
{
	const json_t *type = json_object_get(object, "type");
	const char *text = type ? json_string_value(type) : "PUT";
	const json_t *kv = json_object_get(object, "kv");
	struct etcd_event e = {};
	const char *why;

	if (!text || (strcmp(text, "PUT") && strcmp(text, "DELETE")))
		return "an event of an unknown type";
	if (!json_is_object(kv))
		return "an event without a key";
	e.gone = !strcmp(text, "DELETE");
	why = etcd_kv_parse(&e.kv, kv, name, e.gone);
	if (why || e.kv.kind == ETCD_OTHER) {
		etcd_kv_free(&e.kv);
		return why;
	}
	if (e.kv.modified < line->last) {
		etcd_kv_free(&e.kv);
		return "events are not in order";
	}
	line->last = e.kv.modified;
	return etcd_events_add(&line->events, &e) ? NULL : "out of memory";
}

static void parse_events(struct etcd_line *line, const json_t *events,
			 const struct etcd_name *name)
{
	const char *why = NULL;
	size_t i;

	if (events && !json_is_array(events))
		why = "events are not an array";
	for (i = 0; i < json_array_size(events) && !why; i++)
		why = parse_event(line, json_array_get(events, i), name);
	if (why)
		broken(line, why);
}

static void parse_end(struct etcd_line *line, const json_t *result)
{
	const char *why = json_string_value(json_object_get(result,
							    "cancel_reason"));
	uint64_t compacted;

	broken(line, why && *why ? why : "the watch was cancelled");
	line->result = etcd_read_reason(why, 0);
	if (etcd_get_number(result, "compact_revision", &compacted) &&
	    compacted)
		line->result = ETCD_COMPACTED;
}

static void parse_result(struct etcd_line *line, const json_t *result,
			 const struct etcd_name *name)
{
	line->created = json_is_true(json_object_get(result, "created"));
	if (json_is_true(json_object_get(result, "canceled")))
		parse_end(line, result);
	else if (!etcd_get_revision(result, &line->revision))
		broken(line, "a line has no revision");
	else
		parse_events(line, json_object_get(result, "events"), name);
}

/**
 * etcd_line_parse - Read a line of a watch
 * @line: Where it goes; the caller clears @line->events.
 * @text: The line.
 * @len: Its length.
 * @name: The registry's name.
 */
void etcd_line_parse(struct etcd_line *line, const char *text, size_t len,
		     const struct etcd_name *name)
{
	char why[JSON_WHY];
	json_t *root, *result, *error;

	memset(line, 0, sizeof(*line));
	root = json_parse(text, len, why, NULL);
	result = json_object_get(root, "result");
	error = json_object_get(root, "error");
	if (error)
		line->result = etcd_read_error(200, error, line->why);
	else if (json_is_object(result))
		parse_result(line, result, name);
	else
		broken(line, root ? "a line without a result" : why);
	json_decref(root);
}

static void on_line(void *priv, char *text, size_t len)
{
	struct etcd_watch *watch = priv;
	struct etcd_line line;

	etcd_line_parse(&line, text, len, &watch->server->name);
	if (line.result != ETCD_OK)
		etcd_watch_stop(watch);
	watch->line(watch, &line);
	etcd_events_clear(&line.events);
}

static void on_end(void *priv, const struct http_answer *a)
{
	struct etcd_line line = { .result = ETCD_FAILED };
	struct etcd_watch *watch = priv;
	char ignored[JSON_WHY];
	json_t *answer = NULL;

	watch->http = NULL;
	if (*a->why) {
		strcpy(line.why, a->why);
	} else if (a->status == 200) {
		strcpy(line.why, "the watch has ended");
	} else {
		answer = json_parse(a->body, a->len, ignored, NULL);
		line.result = etcd_read_error(a->status, answer, line.why);
		json_decref(answer);
	}
	watch->line(watch, &line);
}

static char *watch_request(const struct etcd_watch *watch, uint64_t revision)
{
	const struct etcd_name *name = &watch->server->name;
	json_t *request, *create = json_object();
	char *body = NULL, text[24];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)revision);
	request = json_pack("{so}", "create_request", create);
	if (request && etcd_put_text(create, "key", name->all) &&
	    etcd_put_text(create, "range_end", name->all_end) &&
	    !json_object_set_new(create, "start_revision", json_string(text)))
		body = json_dumps(request, JSON_COMPACT);
	json_decref(request);
	return body;
}

/**
 * etcd_watch_start - Begin to watch
 * @watch: @watch->server and @watch->line are set; nothing runs.
 * @revision: The first one that is of interest.
 */
void etcd_watch_start(struct etcd_watch *watch, uint64_t revision)
{
	struct etcd_line line = { .result = ETCD_FAILED };
	char *body = watch_request(watch, revision);
	struct http_request r = {
		.body = body,
		.line = on_line,
		.done = on_end,
		.priv = watch,
	};

	watch->created = false;
	if (body)
		watch->http = etcd_send(watch->server, "/v3/watch", &r);
	free(body);
	if (watch->http)
		return;
	strcpy(line.why, "out of memory");
	watch->line(watch, &line);
}

/**
 * etcd_watch_stop - End a watch without calling anybody
 * @watch: The watch; maybe nothing runs.
 */
void etcd_watch_stop(struct etcd_watch *watch)
{
	http_cancel(watch->http);
	watch->http = NULL;
	watch->created = false;
}
