/* The strict JSON reader beside jansson: what ours takes, jansson takes and understands alike, but for
 * numbers and depths beyond its range. The lenient reader takes all that the strict one takes. */
#include "fuzz/fuzz.h"
#include "json/json.h"
#include "unit/oracle.h"

#define TEXT_MAX ((size_t)64 * 1024)

struct within {
	const struct json *j;
	json_node object;
};

/* As deep as the reader lets a document be. NOLINTBEGIN(misc-no-recursion) */
static void same_value(const struct json *j, json_node n, const struct oracle *v);

static void same_member(void *context, const char *name, const struct oracle *value)
{
	const struct within *w = context;
	same_value(w->j, json_member(w->j, w->object, name), value);
}

static void same_elements(const struct json *j, json_node n, const struct oracle *v)
{
	size_t i = 0;
	for (json_node e = json_first(j, n); e != JSON_NONE; e = json_next(j, n, e))
		same_value(j, e, oracle_element(v, i++));
	must(i == oracle_size(v));
}

static void same_number(const struct json *j, json_node n, const struct oracle *v)
{
	int64_t i = 0;
	double d = 0, theirs = oracle_kind(v) == 'r' ? oracle_real(v) : 0;
	if (oracle_kind(v) == 'i')
		must(json_int(j, n, &i) && i == oracle_integer(v));
	else
		must(json_double(j, n, &d) && d == theirs);
}

static void same_value(const struct json *j, json_node n, const struct oracle *v)
{
	struct within w = {j, n};
	bool b = false;
	switch (oracle_kind(v)) {
	case 'o':
		must(json_type(j, n) == JSON_OBJECT);
		must((size_t)json_size(j, n) == oracle_size(v));
		oracle_members(v, same_member, &w);
		break;
	case 'a':
		must(json_type(j, n) == JSON_ARRAY);
		same_elements(j, n, v);
		break;
	case 's':
		must(json_string_is(j, n, oracle_text(v)));
		break;
	case 'b':
		must(json_bool(j, n, &b) && b == oracle_is_true(v));
		break;
	case 'n':
		must(json_type(j, n) == JSON_NULL);
		break;
	default:
		must(json_type(j, n) == JSON_NUMBER);
		same_number(j, n, v);
		break;
	}
}

/* NOLINTEND(misc-no-recursion) */

static void lenient(const char *text, size_t size, bool strict, const struct oracle *v)
{
	struct json j;
	enum err e = json_parse_lenient(&j, text, size, TEXT_MAX, NULL);
	must(!strict || e == ERR_NONE);
	if (strict && v != NULL)
		same_value(&j, json_root(&j), v);
	json_release(&j);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct json j;
	const char *why = NULL;
	bool limit = false;
	char *text = text_of(data, size);
	enum err e = json_parse(&j, text, size, TEXT_MAX, &why);
	struct oracle *v = oracle_load(text, size, &limit);

	must(e == ERR_NONE || ((e == ERR_INVALID || e == ERR_TOO_LARGE) && why != NULL));
	if (e == ERR_NONE && v != NULL)
		same_value(&j, json_root(&j), v);
	must(e != ERR_NONE || v != NULL || limit);
	json_release(&j);
	lenient(text, size, e == ERR_NONE, v);
	oracle_free(v);
	free(text);
	return 0;
}
