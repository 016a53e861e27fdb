#include "dialpad.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "mem.h"

enum { USERS_LIMIT_MAX = 100 };

/* By id, or the token's own user. False: answered. */
static struct person *named_user(
	struct sim *sim, struct request *request, const char *id, struct answer *answer)
{
	bool me = strcmp(id, "me") == 0;
	int64_t actor = dialpad_actor(request);
	struct person *person;

	if (me && actor == 0) {
		dialpad_refuse(answer, 400, "me needs the token of a user");
		return NULL;
	}
	person = me ? people_find(&sim->people, actor) : people_find_text(&sim->people, id);
	if (!person)
		dialpad_refuse(answer, 404, "User not found");
	return person;
}

void dialpad_user_get(
	struct sim *sim, struct request *request, const char *id, struct answer *answer)
{
	const struct person *person = named_user(sim, request, id, answer);

	if (person)
		answer_json(answer, 200, dialpad_user_json(sim, person));
}

static bool wanted(struct request *request, const struct person *person)
{
	const char *state = request_query(request, "state");
	const char *email = request_query(request, "email");
	const char *number = request_query(request, "number");
	const char *admin = request_query(request, "company_admin");

	if (!state)
		state = "active";
	if (strcmp(state, "all") != 0 && strcmp(state, person->state) != 0)
		return false;
	if (email && strcasecmp(email, person->email) != 0)
		return false;
	if (number && strcmp(number, person->phone) != 0)
		return false;
	return !admin || person->admin == (strcasecmp(admin, "true") == 0);
}

/* The service's answer to clients that ask for pages beyond its limit. */
static bool limit_tolerated(struct sim *sim, struct request *request, struct answer *answer)
{
	const char *limit = request_query(request, "limit");
	int64_t value;

	if (!limit || !text_int64(limit, &value) || value <= USERS_LIMIT_MAX ||
		++sim->users_beyond_limit % 5 != 0)
		return true;
	dialpad_refuse(answer, 400, "limit must not be above 100");
	return false;
}

void dialpad_users_list(
	struct sim *sim, struct request *request, const char *id, struct answer *answer)
{
	const struct person **found = mem_new((sim->people.count + 1) * sizeof(struct person *));
	size_t total = 0;
	struct dialpad_page page;
	json_t *items;

	(void)id;
	for (size_t i = 0; i < sim->people.count; i++) {
		if (wanted(request, &sim->people.person[i]))
			found[total++] = &sim->people.person[i];
	}
	if (limit_tolerated(sim, request, answer) &&
		dialpad_page_read(sim, request, total, &page, answer)) {
		items = json_array();
		for (size_t i = page.first; i < page.end; i++)
			json_array_append_new(items, dialpad_user_json(sim, found[i]));
		dialpad_page_answer(answer, &page, total, items);
	}
	free(found);
}

/* Every device, or those of the user that is asked for. */
static json_t *devices(struct sim *sim, struct request *request)
{
	const char *user = request_query(request, "user_id");
	const struct person *only = user ? people_find_text(&sim->people, user) : NULL;
	json_t *list = json_array();

	if (user && strcmp(user, "me") == 0)
		only = people_find(&sim->people, dialpad_actor(request));
	for (size_t i = 0; i < sim->people.count; i++) {
		const struct person *person = &sim->people.person[i];

		for (size_t j = 0; (!user || person == only) && j < person->device_count; j++)
			json_array_append_new(
				list, dialpad_device_json(person, person->devices[j]));
	}
	return list;
}

void dialpad_devices_list(
	struct sim *sim, struct request *request, const char *id, struct answer *answer)
{
	json_t *all = devices(sim, request);
	size_t total = json_array_size(all);
	struct dialpad_page page;

	(void)id;
	if (dialpad_page_read(sim, request, total, &page, answer)) {
		json_t *items = json_array();

		for (size_t i = page.first; i < page.end; i++)
			json_array_append(items, json_array_get(all, i));
		dialpad_page_answer(answer, &page, total, items);
	}
	json_decref(all);
}

void dialpad_device_get(
	struct sim *sim, struct request *request, const char *id, struct answer *answer)
{
	json_t *all = devices(sim, request);
	size_t i;
	json_t *device;

	dialpad_refuse(answer, 404, "Device not found");
	json_array_foreach(all, i, device)
	{
		if (strcmp(json_string_value(json_object_get(device, "id")), id) == 0)
			answer_json(answer, 200, json_incref(device));
	}
	json_decref(all);
}
