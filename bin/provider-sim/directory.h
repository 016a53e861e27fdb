/*
 * The company's users and telephone numbers.
 */
#ifndef SIM_DIRECTORY_H
#define SIM_DIRECTORY_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "text.h"

struct user {
	int64_t id;
	char *name;
	char *email;
	char *state;      /* available, offline, do_not_disturb, in_call, after_call_work */
	int64_t *numbers; /* ids of the numbers this user may call from */
	size_t number_count;
	int64_t default_number; /* 0: none */
};

struct number {
	int64_t id;
	char *name;
	char digits[TEXT_DIGITS];
	bool active;
};

/* Both arrays are in the order of ids. */
struct directory {
	struct user *user;
	size_t users;
	size_t user_cap;
	struct number *number;
	size_t numbers;
	size_t number_cap;
};

/* With the default users and numbers. */
void directory_init(struct directory *directory);
void directory_release(struct directory *directory);
void directory_copy(struct directory *to, const struct directory *from);

/* NULL if there is none. Pointers are good until the directory changes. */
struct user *directory_user(const struct directory *directory, int64_t id);
struct user *directory_user_by_email(const struct directory *directory, const char *email);
struct number *directory_number(const struct directory *directory, int64_t id);
bool directory_may_use(const struct user *user, int64_t number);

/*
 * Makes or changes one user or number after a JSON object (bin/provider-sim/README.md). On wrong
 * input nothing is changed and false comes back with the reason in error.
 */
bool directory_put_user(struct directory *directory, json_t *spec, char *error, size_t size);
bool directory_put_number(struct directory *directory, json_t *spec, char *error, size_t size);

/* "ID:NUMBER[,NUMBER...][:STATE]" of the command line as such an object; NULL if it is not. */
json_t *directory_parse_user(const char *text);

/* One user or number as the control interface shows it. */
json_t *directory_user_json(const struct user *user);
json_t *directory_number_json(const struct number *number);

#endif
