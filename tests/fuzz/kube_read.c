// SPDX-License-Identifier: GPL-2.0
/* A list of Nodes, the first line, and a watch that follows it. */
#include "fuzz.h"
#include "registry/kube.h"

static void check(const struct kube_set *s)
{
	size_t i;

	for (i = 0; i < s->n; i++) {
		CHECK(s->v[i]->refs);
		CHECK(!i || strcmp(s->v[i - 1]->name, s->v[i]->name) < 0);
		CHECK(kube_set_find(s, s->v[i]->name) == s->v[i]);
	}
}

static void list(struct kube *k, const char *text, size_t len)
{
	struct http_answer answer = { .status = 200, .body = text, .len = len };

	kube_read_page(k, &answer);
	check(&k->have);
	check(&k->read.coming);
}

static void watch(struct kube *k, char *line, size_t len)
{
	kube_read_line(k, line, len);
	check(&k->have);
	CHECK(strlen(k->read.version) < KUBE_VERSION);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size), *line = text, *end;
	struct kube *k = calloc(1, sizeof(*k));

	CHECK(k);
	/* Nobody is told, no request is sent, no timer runs. */
	k->closed = true;
	k->loop = uv_default_loop();
	k->node = (char *)"self";
	k->read.page = 500;
	CHECK(!kube_prefix(NULL, k->prefix));
	while ((end = memchr(line, '\n', size - (size_t)(line - text)))) {
		*end = '\0';
		if (line == text)
			list(k, line, (size_t)(end - line));
		else
			watch(k, line, (size_t)(end - line));
		line = end + 1;
	}
	kube_read_close(k);
	kube_set_free(&k->have);
	free(k);
	free(text);
	return 0;
}
