#include "directory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "mem.h"

static const char *const states[] = {
	"available", "offline", "do_not_disturb", "in_call", "after_call_work"};

static bool known_state(const char *state)
{
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		if (strcmp(state, states[i]) == 0)
			return true;
	}
	return false;
}

static void must(bool done)
{
	if (!done) {
		fputs("provider-sim: default data is wrong\n", stderr);
		exit(1);
	}
}

void directory_init(struct directory *directory)
{
	static const char *const users[] = {
		"456:1234,967647,1235",
		"457:1234:offline",
		"458:1234:do_not_disturb",
		"459:1234:after_call_work",
		"1527216:967647",
		"2078847:1389850",
	};
	char error[80];

	*directory = (struct directory){0};
	for (size_t i = 0; i < sizeof(users) / sizeof(users[0]); i++) {
		json_t *spec = directory_parse_user(users[i]);

		must(spec && directory_put_user(directory, spec, error, sizeof(error)));
		json_decref(spec);
	}
	directory_number(directory, 1235)->active = false;
}

static void user_release(struct user *user)
{
	free(user->name);
	free(user->email);
	free(user->state);
	free(user->numbers);
}

void directory_release(struct directory *directory)
{
	for (size_t i = 0; i < directory->users; i++)
		user_release(&directory->user[i]);
	for (size_t i = 0; i < directory->numbers; i++)
		free(directory->number[i].name);
	free(directory->user);
	free(directory->number);
	*directory = (struct directory){0};
}

static int64_t *ids_copy(const int64_t *ids, size_t count)
{
	int64_t *copy = mem_new(count * sizeof(*copy));

	if (count)
		memcpy(copy, ids, count * sizeof(*copy));
	return copy;
}

void directory_copy(struct directory *to, const struct directory *from)
{
	directory_release(to);
	to->user = mem_grow(NULL, &to->user_cap, from->users + 1, sizeof(struct user));
	to->number = mem_grow(NULL, &to->number_cap, from->numbers + 1, sizeof(struct number));
	for (size_t i = 0; i < from->users; i++) {
		const struct user *user = &from->user[i];

		to->user[i] = *user;
		to->user[i].name = mem_text(user->name);
		to->user[i].email = mem_text(user->email);
		to->user[i].state = mem_text(user->state);
		to->user[i].numbers = ids_copy(user->numbers, user->number_count);
	}
	to->users = from->users;
	for (size_t i = 0; i < from->numbers; i++) {
		to->number[i] = from->number[i];
		to->number[i].name = mem_text(from->number[i].name);
	}
	to->numbers = from->numbers;
}

static size_t user_position(const struct directory *directory, int64_t id)
{
	size_t at = 0;

	while (at < directory->users && directory->user[at].id < id)
		at++;
	return at;
}

static size_t number_position(const struct directory *directory, int64_t id)
{
	size_t at = 0;

	while (at < directory->numbers && directory->number[at].id < id)
		at++;
	return at;
}

struct user *directory_user(const struct directory *directory, int64_t id)
{
	size_t at = user_position(directory, id);

	return at < directory->users && directory->user[at].id == id ? &directory->user[at] : NULL;
}

struct user *directory_user_by_email(const struct directory *directory, const char *email)
{
	for (size_t i = 0; i < directory->users; i++) {
		if (strcasecmp(directory->user[i].email, email) == 0)
			return &directory->user[i];
	}
	return NULL;
}

struct number *directory_number(const struct directory *directory, int64_t id)
{
	size_t at = number_position(directory, id);

	return at < directory->numbers && directory->number[at].id == id ? &directory->number[at]
									 : NULL;
}

bool directory_may_use(const struct user *user, int64_t number)
{
	for (size_t i = 0; i < user->number_count; i++) {
		if (user->numbers[i] == number)
			return true;
	}
	return false;
}

static struct user *user_make(struct directory *directory, int64_t id)
{
	size_t at = user_position(directory, id);
	struct user *user;

	directory->user = mem_grow(
		directory->user, &directory->user_cap, directory->users + 1, sizeof(struct user));
	user = &directory->user[at];
	memmove(user + 1, user, (directory->users - at) * sizeof(*user));
	directory->users++;
	*user = (struct user){
		.id = id,
		.name = mem_format("Example Agent %lld", (long long)id),
		.email = mem_format("agent%lld@example.com", (long long)id),
		.state = mem_text("available"),
	};
	return user;
}

static struct number *number_make(struct directory *directory, int64_t id)
{
	size_t at = number_position(directory, id);
	struct number *number;

	directory->number = mem_grow(directory->number, &directory->number_cap,
		directory->numbers + 1, sizeof(struct number));
	number = &directory->number[at];
	memmove(number + 1, number, (directory->numbers - at) * sizeof(*number));
	directory->numbers++;
	*number = (struct number){
		.id = id,
		.name = mem_format("Example line %lld", (long long)id),
		.active = true,
	};
	snprintf(number->digits, sizeof(number->digits), "1212555%04d", (int)(id % 10000));
	return number;
}

static void replace(char **text, const char *with)
{
	if (with) {
		free(*text);
		*text = mem_text(with);
	}
}

static bool ids_only(json_t *numbers)
{
	size_t i;
	json_t *id;

	json_array_foreach(numbers, i, id)
	{
		if (!json_is_integer(id))
			return false;
	}
	return true;
}

static void user_numbers(struct directory *directory, struct user *user, json_t *numbers)
{
	size_t i;
	json_t *id;

	free(user->numbers);
	user->number_count = json_array_size(numbers);
	user->numbers = mem_new(user->number_count * sizeof(int64_t));
	json_array_foreach(numbers, i, id)
	{
		user->numbers[i] = json_integer_value(id);
		if (!directory_number(directory, user->numbers[i]))
			number_make(directory, user->numbers[i]);
	}
	if (!directory_may_use(user, user->default_number))
		user->default_number = user->number_count ? user->numbers[0] : 0;
}

bool directory_put_user(struct directory *directory, json_t *spec, char *error, size_t size)
{
	json_int_t id = 0;
	const char *name = NULL;
	const char *email = NULL;
	const char *state = NULL;
	json_t *numbers = NULL;
	json_int_t first = -1;
	int gone = 0;
	json_error_t why;
	struct user *user;

	if (json_unpack_ex(spec, &why, JSON_STRICT, "{sI s?s s?s s?s s?o s?I s?b}", "id", &id,
		    "name", &name, "email", &email, "state", &state, "numbers", &numbers,
		    "default_number_id", &first, "remove", &gone) != 0) {
		snprintf(error, size, "user: %s", why.text);
		return false;
	}
	if (id <= 0 || (state && !known_state(state)) ||
		(numbers && !(json_is_array(numbers) && ids_only(numbers)))) {
		snprintf(error, size, "user: wrong id, state or numbers");
		return false;
	}
	user = directory_user(directory, id);
	if (gone) {
		if (user) {
			size_t at = (size_t)(user - directory->user);

			user_release(user);
			memmove(user, user + 1, (directory->users - at - 1) * sizeof(*user));
			directory->users--;
		}
		return true;
	}
	if (!user)
		user = user_make(directory, id);
	replace(&user->name, name);
	replace(&user->email, email);
	replace(&user->state, state);
	if (first >= 0)
		user->default_number = first;
	if (numbers)
		user_numbers(directory, user, numbers);
	return true;
}

bool directory_put_number(struct directory *directory, json_t *spec, char *error, size_t size)
{
	json_int_t id = 0;
	const char *name = NULL;
	const char *digits = NULL;
	int active = -1;
	json_error_t why;
	struct number *number;

	if (json_unpack_ex(spec, &why, JSON_STRICT, "{sI s?s s?s s?b}", "id", &id, "name", &name,
		    "digits", &digits, "active", &active) != 0 ||
		id <= 0) {
		snprintf(error, size, "number: %s", id <= 0 ? "wrong or no id" : why.text);
		return false;
	}
	number = directory_number(directory, id);
	if (!number)
		number = number_make(directory, id);
	replace(&number->name, name);
	if (digits)
		text_digits(number->digits, sizeof(number->digits), digits);
	if (active >= 0)
		number->active = active != 0;
	return true;
}

json_t *directory_parse_user(const char *text)
{
	char *copy = mem_text(text);
	char *rest = copy;
	char *id = strsep(&rest, ":");
	char *list = strsep(&rest, ":");
	json_t *spec = json_object();
	json_t *numbers = json_array();
	int64_t value = 0;
	bool good = list && text_int64(id, &value) && value > 0;

	json_object_set_new(spec, "id", json_integer(value));
	while (good && list && *list) {
		char *number = strsep(&list, ",");

		good = text_int64(number, &value) && value > 0;
		json_array_append_new(numbers, json_integer(value));
	}
	json_object_set_new(spec, "numbers", numbers);
	if (rest)
		json_object_set_new(spec, "state", json_string(rest));
	free(copy);
	if (good)
		return spec;
	json_decref(spec);
	return NULL;
}

json_t *directory_user_json(const struct user *user)
{
	json_t *numbers = json_array();

	for (size_t i = 0; i < user->number_count; i++)
		json_array_append_new(numbers, json_integer(user->numbers[i]));
	return json_pack("{sI ss ss ss so sI}", "id", (json_int_t)user->id, "name", user->name,
		"email", user->email, "state", user->state, "numbers", numbers, "default_number_id",
		(json_int_t)user->default_number);
}

json_t *directory_number_json(const struct number *number)
{
	return json_pack("{sI ss ss sb}", "id", (json_int_t)number->id, "name", number->name,
		"digits", number->digits, "active", (int)number->active);
}
