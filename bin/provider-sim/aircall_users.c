#include "aircall.h"

#include <stdlib.h>
#include <string.h>

void aircall_ping(struct sim *sim, struct request *request, const char *id, struct answer *answer)
{
	(void)sim;
	(void)request;
	(void)id;
	answer_json(answer, 200, json_pack("{ss}", "ping", "pong"));
}

void aircall_company(
	struct sim *sim, struct request *request, const char *id, struct answer *answer)
{
	(void)request;
	(void)id;
	answer_json(answer, 200,
		json_pack("{s{ss sI sI}}", "company", "name", "Simulated Company", "users_count",
			(json_int_t)sim->directory.users, "numbers_count",
			(json_int_t)sim->directory.numbers));
}

const char *aircall_user_state(struct sim *sim, const struct user *user)
{
	if (sim->settings.busy_users && strcmp(user->state, "available") == 0 &&
		call_store_user_busy(&sim->calls, user->id, clock_now(&sim->clock)))
		return "in_call";
	return user->state;
}

/* By number or by e-mail address; answers 404 if there is none. */
static struct user *named_user(struct sim *sim, const char *id, struct answer *answer)
{
	int64_t value;
	struct user *user = text_int64(id, &value) ? directory_user(&sim->directory, value)
						   : directory_user_by_email(&sim->directory, id);

	if (!user)
		aircall_refuse(answer, 404, "User not found");
	return user;
}

static json_t *availability(struct sim *sim, const struct user *user)
{
	return json_pack("{sI ss}", "id", (json_int_t)user->id, "availability",
		aircall_user_state(sim, user));
}

enum user_shape { USER_V1, USER_V2, USER_AVAILABILITY };

static void list_users(
	struct sim *sim, struct request *request, enum user_shape shape, struct answer *answer)
{
	struct aircall_page page;
	json_t *users;
	json_t *meta;

	if (!aircall_page_read(request, answer, &page))
		return;
	meta = aircall_page_meta(sim, request, &page, sim->directory.users, true);
	users = json_array();
	for (size_t i = page.first; i < page.end; i++) {
		const struct user *user = &sim->directory.user[i];
		json_t *json = shape == USER_V1   ? aircall_user_json(user)
			       : shape == USER_V2 ? aircall_user_v2_json(user)
						  : availability(sim, user);

		json_array_append_new(users, json);
	}
	answer_json(answer, 200, json_pack("{so so}", "users", users, "meta", meta));
}

void aircall_users_v1_list(
	struct sim *sim, struct request *request, const char *id, struct answer *answer)
{
	(void)id;
	if (sim->settings.v1_users)
		list_users(sim, request, USER_V1, answer);
	else
		aircall_edge(answer, 404);
}

void aircall_users_v1_get(
	struct sim *sim, struct request *request, const char *id, struct answer *answer)
{
	const struct user *user;

	(void)request;
	if (!sim->settings.v1_users) {
		aircall_edge(answer, 404);
		return;
	}
	user = named_user(sim, id, answer);
	if (user)
		answer_json(answer, 200, json_pack("{so}", "user", aircall_user_json(user)));
}

void aircall_users_v2_list(
	struct sim *sim, struct request *request, const char *id, struct answer *answer)
{
	(void)id;
	list_users(sim, request, USER_V2, answer);
}

void aircall_users_v2_get(
	struct sim *sim, struct request *request, const char *id, struct answer *answer)
{
	const struct user *user = named_user(sim, id, answer);

	(void)request;
	if (user)
		answer_json(answer, 200, json_pack("{so}", "user", aircall_user_v2_json(user)));
}

void aircall_user_numbers(
	struct sim *sim, struct request *request, const char *id, struct answer *answer)
{
	const struct user *user = named_user(sim, id, answer);
	struct aircall_page page;
	json_t *numbers;
	json_t *meta;

	if (!user || !aircall_page_read(request, answer, &page))
		return;
	meta = aircall_page_meta(sim, request, &page, user->number_count, true);
	numbers = json_array();
	for (size_t i = page.first; i < page.end; i++) {
		const struct number *number = directory_number(&sim->directory, user->numbers[i]);

		if (number)
			json_array_append_new(numbers, aircall_number_json(number));
	}
	answer_json(answer, 200, json_pack("{so so}", "numbers", numbers, "meta", meta));
}

void aircall_availability(
	struct sim *sim, struct request *request, const char *id, struct answer *answer)
{
	const struct user *user = named_user(sim, id, answer);

	(void)request;
	if (user)
		answer_json(answer, 200,
			json_pack("{ss}", "availability", aircall_user_state(sim, user)));
}

void aircall_availabilities(
	struct sim *sim, struct request *request, const char *id, struct answer *answer)
{
	(void)id;
	list_users(sim, request, USER_AVAILABILITY, answer);
}

void aircall_numbers_list(
	struct sim *sim, struct request *request, const char *id, struct answer *answer)
{
	struct aircall_page page;
	json_t *numbers;
	json_t *meta;

	(void)id;
	if (!aircall_page_read(request, answer, &page))
		return;
	meta = aircall_page_meta(sim, request, &page, sim->directory.numbers, true);
	numbers = json_array();
	for (size_t i = page.first; i < page.end; i++)
		json_array_append_new(numbers, aircall_number_json(&sim->directory.number[i]));
	answer_json(answer, 200, json_pack("{so so}", "numbers", numbers, "meta", meta));
}

void aircall_number_get(
	struct sim *sim, struct request *request, const char *id, struct answer *answer)
{
	const struct number *number;
	int64_t value;
	json_t *json;
	json_t *users;

	(void)request;
	number = text_int64(id, &value) ? directory_number(&sim->directory, value) : NULL;
	if (!number) {
		aircall_refuse(answer, 404, "Number not found");
		return;
	}
	users = json_array();
	for (size_t i = 0; i < sim->directory.users; i++) {
		if (directory_may_use(&sim->directory.user[i], number->id))
			json_array_append_new(users, aircall_user_json(&sim->directory.user[i]));
	}
	json = aircall_number_json(number);
	json_object_set_new(json, "users", users);
	answer_json(answer, 200, json_pack("{so}", "number", json));
}
