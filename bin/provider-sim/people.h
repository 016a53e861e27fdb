/*
 * Dialpad's users and their devices.
 */
#ifndef SIM_PEOPLE_H
#define SIM_PEOPLE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "text.h"

struct person {
	int64_t id;
	char *name;
	char *email;
	char phone[TEXT_NUMBER]; /* "+14155550101" */
	char *state;             /* active, cancelled, deleted, pending, suspended */
	char **devices;          /* their types: native, web, iphone ... */
	size_t device_count;
	bool admin;
	bool do_not_disturb;
};

struct people {
	struct person *person; /* in the order in which they came */
	size_t count;
	size_t cap;
};

/* With the default users. */
void people_init(struct people *people);
void people_release(struct people *people);
void people_copy(struct people *to, const struct people *from);

/* NULL if there is none. Pointers are good until the people change. */
struct person *people_find(const struct people *people, int64_t id);
struct person *people_find_text(const struct people *people, const char *id);

/* Whether a call can be rung on one of the devices; whether one of them can place a call itself. */
bool person_online(const struct person *person);
bool person_autocallable(const struct person *person);
bool device_autocallable(const char *type);

/*
 * Makes or changes one user after a JSON object (bin/provider-sim/README.md). On wrong input
 * nothing is changed and false comes back with the reason in error.
 */
bool people_put(struct people *people, json_t *spec, char *error, size_t size);

/* "ID[:DEVICE[,DEVICE...][:STATE]]" of the command line as such an object; NULL if it is not. */
json_t *people_parse(const char *text);

/* One user as the control interface shows it. */
json_t *person_control_json(const struct person *person);

#endif
