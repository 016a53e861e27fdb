#include "people.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"

static bool listed(const char *word, const char *const *list)
{
	for (; *list; list++) {
		if (strcmp(word, *list) == 0)
			return true;
	}
	return false;
}

static bool known_state(const char *state)
{
	static const char *const states[] = {
		"active", "cancelled", "deleted", "pending", "suspended", NULL};

	return listed(state, states);
}

static bool known_device(const char *type)
{
	static const char *const types[] = {"android", "ata", "audiocodes", "c2t", "ciscompp",
		"dect", "dpmroom", "grandstream", "harness", "ipad", "iphone", "mini", "mitel",
		"msteams", "native", "obi", "packaged_app", "polyandroid", "polycom", "proxy",
		"public_api", "salesforce", "sip", "tickiot", "web", "yealink", NULL};

	return strncmp(type, "iframe_", 7) == 0 || listed(type, types);
}

/* Web and desktop app and the CTI, as the service describes it. */
bool device_autocallable(const char *type)
{
	static const char *const types[] = {"mini", "native", "packaged_app", "web", NULL};

	return strncmp(type, "iframe_", 7) == 0 || listed(type, types);
}

void people_init(struct people *people)
{
	/* The second id is the first integer that a double cannot hold. */
	static const char *const defaults[] = {
		"{\"id\":\"5835806903417907\",\"name\":\"Sample Agent\","
		"\"email\":\"agent@example.com\",\"phone\":\"+14155550101\","
		"\"devices\":[\"native\",\"iphone\"]}",
		"{\"id\":\"9007199254740993\",\"name\":\"Dana Demo\","
		"\"email\":\"dana@example.com\",\"phone\":\"+14155550102\","
		"\"devices\":[\"web\"]}",
		"{\"id\":\"5123456789012345\",\"name\":\"Mo Mobile\","
		"\"email\":\"mo@example.com\",\"phone\":\"+14155550103\","
		"\"devices\":[\"iphone\"]}",
		"{\"id\":\"6012345678901234\",\"name\":\"Ada Admin\","
		"\"email\":\"ada@example.com\",\"phone\":\"+14155550104\","
		"\"admin\":true,\"devices\":[\"obi\",\"web\"]}",
	};
	char error[80];

	*people = (struct people){0};
	for (size_t i = 0; i < sizeof(defaults) / sizeof(defaults[0]); i++) {
		json_t *spec = json_loads(defaults[i], 0, NULL);

		if (!people_put(people, spec, error, sizeof(error))) {
			fputs("provider-sim: default data is wrong\n", stderr);
			exit(1);
		}
		json_decref(spec);
	}
}

static void free_devices(struct person *person)
{
	for (size_t i = 0; i < person->device_count; i++)
		free(person->devices[i]);
	free(person->devices);
}

static void person_release(struct person *person)
{
	free(person->name);
	free(person->email);
	free(person->state);
	free_devices(person);
}

void people_release(struct people *people)
{
	for (size_t i = 0; i < people->count; i++)
		person_release(&people->person[i]);
	free(people->person);
	*people = (struct people){0};
}

void people_copy(struct people *to, const struct people *from)
{
	people_release(to);
	to->person = mem_grow(NULL, &to->cap, from->count + 1, sizeof(*to->person));
	for (size_t i = 0; i < from->count; i++) {
		const struct person *person = &from->person[i];
		struct person *copy = &to->person[i];

		*copy = *person;
		copy->name = mem_text(person->name);
		copy->email = mem_text(person->email);
		copy->state = mem_text(person->state);
		copy->devices = mem_new(person->device_count * sizeof(*copy->devices));
		for (size_t j = 0; j < person->device_count; j++)
			copy->devices[j] = mem_text(person->devices[j]);
	}
	to->count = from->count;
}

struct person *people_find(const struct people *people, int64_t id)
{
	for (size_t i = 0; i < people->count; i++) {
		if (people->person[i].id == id)
			return &people->person[i];
	}
	return NULL;
}

struct person *people_find_text(const struct people *people, const char *id)
{
	int64_t value;

	return text_int64(id, &value) ? people_find(people, value) : NULL;
}

bool person_online(const struct person *person)
{
	return person->device_count > 0;
}

bool person_autocallable(const struct person *person)
{
	for (size_t i = 0; i < person->device_count; i++) {
		if (device_autocallable(person->devices[i]))
			return true;
	}
	return false;
}

static struct person *person_make(struct people *people, int64_t id)
{
	struct person *person;

	people->person =
		mem_grow(people->person, &people->cap, people->count + 1, sizeof(*people->person));
	person = &people->person[people->count++];
	*person = (struct person){
		.id = id,
		.name = mem_format("Agent %lld", (long long)id),
		.email = mem_format("agent%lld@example.com", (long long)id),
		.state = mem_text("active"),
		.devices = mem_new(sizeof(*person->devices)),
		.device_count = 1,
	};
	person->devices[0] = mem_text("native");
	snprintf(person->phone, sizeof(person->phone), "+1415555%04d", (int)(id % 10000));
	return person;
}

static void person_remove(struct people *people, struct person *person)
{
	size_t at = (size_t)(person - people->person);

	person_release(person);
	people->count--;
	memmove(person, person + 1, (people->count - at) * sizeof(*person));
}

static void replace(char **text, const char *with)
{
	if (with) {
		free(*text);
		*text = mem_text(with);
	}
}

static void replace_devices(struct person *person, json_t *devices)
{
	size_t i;
	json_t *type;

	if (!devices)
		return;
	free_devices(person);
	person->device_count = json_array_size(devices);
	person->devices = mem_new(person->device_count * sizeof(*person->devices));
	json_array_foreach(devices, i, type)
	{
		person->devices[i] = mem_text(json_string_value(type));
	}
}

static bool devices_known(json_t *devices)
{
	size_t i;
	json_t *type;

	if (devices && !json_is_array(devices))
		return false;
	json_array_foreach(devices, i, type)
	{
		if (!json_is_string(type) || !known_device(json_string_value(type)))
			return false;
	}
	return true;
}

static bool read_id(const json_t *json, int64_t *id)
{
	if (json_is_integer(json))
		*id = json_integer_value(json);
	else if (!text_int64(json_string_value(json), id))
		return false;
	return *id > 0;
}

bool people_put(struct people *people, json_t *spec, char *error, size_t size)
{
	json_t *given = NULL;
	int64_t id = 0;
	const char *provider = NULL;
	const char *name = NULL;
	const char *email = NULL;
	const char *phone = NULL;
	const char *state = NULL;
	json_t *devices = NULL;
	int admin = -1;
	int quiet = -1;
	int gone = 0;
	json_error_t why;
	struct person *person;

	if (json_unpack_ex(spec, &why, JSON_STRICT, "{so s?s s?s s?s s?s s?s s?o s?b s?b s?b}",
		    "id", &given, "provider", &provider, "name", &name, "email", &email, "phone",
		    &phone, "state", &state, "devices", &devices, "admin", &admin, "do_not_disturb",
		    &quiet, "remove", &gone) != 0) {
		snprintf(error, size, "user: %s", why.text);
		return false;
	}
	if (!read_id(given, &id) || (state && !known_state(state)) ||
		(phone && !text_is_e164(phone)) || !devices_known(devices)) {
		snprintf(error, size, "user: wrong id, phone, state or devices");
		return false;
	}
	person = people_find(people, id);
	if (gone) {
		if (person)
			person_remove(people, person);
		return true;
	}
	if (!person)
		person = person_make(people, id);
	replace(&person->name, name);
	replace(&person->email, email);
	replace(&person->state, state);
	replace_devices(person, devices);
	if (phone)
		snprintf(person->phone, sizeof(person->phone), "%s", phone);
	if (admin >= 0)
		person->admin = admin != 0;
	if (quiet >= 0)
		person->do_not_disturb = quiet != 0;
	return true;
}

json_t *people_parse(const char *text)
{
	char *copy = mem_text(text);
	char *rest = copy;
	char *id = strsep(&rest, ":");
	char *list = strsep(&rest, ":");
	json_t *spec = json_object();
	int64_t value = 0;

	if (!text_int64(id, &value) || value <= 0) {
		json_decref(spec);
		free(copy);
		return NULL;
	}
	json_object_set_new(spec, "id", json_integer(value));
	if (list) {
		json_t *devices = json_array();

		while (list && *list)
			json_array_append_new(devices, json_string(strsep(&list, ",")));
		json_object_set_new(spec, "devices", devices);
	}
	if (rest)
		json_object_set_new(spec, "state", json_string(rest));
	free(copy);
	return spec;
}

json_t *person_control_json(const struct person *person)
{
	json_t *devices = json_array();

	for (size_t i = 0; i < person->device_count; i++)
		json_array_append_new(devices, json_string(person->devices[i]));
	return json_pack("{ss so ss ss ss ss sb sb so}", "provider", "dialpad", "id",
		json_sprintf("%lld", (long long)person->id), "name", person->name, "email",
		person->email, "phone", person->phone, "state", person->state, "admin",
		(int)person->admin, "do_not_disturb", (int)person->do_not_disturb, "devices",
		devices);
}
