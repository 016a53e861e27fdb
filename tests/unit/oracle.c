#include "unit/oracle.h"
#include <jansson.h>

static const json_t *of(const struct oracle *v)
{
	return (const json_t *)(const void *)v;
}

struct oracle *oracle_load(const char *text, size_t len, bool *limit)
{
	json_error_t error;
	json_t *v = json_loadb(text, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);

	*limit = v == NULL && (json_error_code(&error) == json_error_numeric_overflow ||
				      json_error_code(&error) == json_error_stack_overflow);
	return (struct oracle *)(void *)v;
}

void oracle_free(struct oracle *v)
{
	json_decref((json_t *)(void *)v);
}

char oracle_kind(const struct oracle *v)
{
	switch (json_typeof(of(v))) {
	case JSON_OBJECT:
		return 'o';
	case JSON_ARRAY:
		return 'a';
	case JSON_STRING:
		return 's';
	case JSON_INTEGER:
		return 'i';
	case JSON_REAL:
		return 'r';
	case JSON_TRUE:
	case JSON_FALSE:
		return 'b';
	case JSON_NULL:
		break;
	}
	return 'n';
}

size_t oracle_size(const struct oracle *v)
{
	return json_is_array(of(v)) ? json_array_size(of(v)) : json_object_size(of(v));
}

const struct oracle *oracle_element(const struct oracle *array, size_t i)
{
	return (const struct oracle *)(const void *)json_array_get(of(array), i);
}

void oracle_members(const struct oracle *object,
	void (*visit)(void *context, const char *name, const struct oracle *value), void *context)
{
	json_t *o = (json_t *)of(object);

	for (void *at = json_object_iter(o); at != NULL; at = json_object_iter_next(o, at))
		visit(context, json_object_iter_key(at),
			(const struct oracle *)(const void *)json_object_iter_value(at));
}

const char *oracle_text(const struct oracle *v)
{
	return json_string_value(of(v));
}

int64_t oracle_integer(const struct oracle *v)
{
	return json_integer_value(of(v));
}

double oracle_real(const struct oracle *v)
{
	return json_real_value(of(v));
}

bool oracle_is_true(const struct oracle *v)
{
	return json_is_true(of(v));
}
