/* Programs in a failing system: run directly, as the server would run them, under inject.so. */
#ifndef E2E_FAULTY_H
#define E2E_FAULTY_H

#include "e2e/harness.h"
#include "lib/faults.h"

/* A request to one endpoint; what is left out is usual. */
struct cgi {
	const char *program; /* "call-create" */
	const char *method;  /* GET, or POST if there is a body */
	const char *path_info, *query, *token, *body, *key;
};

/* What came of it. Texts live until the test ends. */
struct cgi_answer {
	int ended;    /* exit status, or 128 + signal */
	int status;   /* 0: it is no answer; 500 where the server would say that for it */
	json_t *json; /* NULL: the body is no JSON */
	char *out, *err;
	long seen, hit; /* calls that could fail, and did */
};

/* Once in a test. */
void faulty_begin(void);
/* Whether allocations can fail, too. */
bool faulty_has_memory(void);
struct cgi_answer faulty_cgi(const struct cgi *q, const struct fault *f, long at);
/* The same for a program of this build, such as "cron/dialer-sync", with --config. */
struct cgi_answer faulty_program(const char *name, const struct fault *f, long at);

#endif
