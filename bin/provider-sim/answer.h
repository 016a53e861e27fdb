/*
 * What is sent back for one request: an ordinary HTTP answer, or one of the ways in which a server
 * and the network between can fail.
 */
#ifndef SIM_ANSWER_H
#define SIM_ANSWER_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sim;
struct request;

enum answer_kind {
	ANSWER_PLAIN,       /* status, headers, body */
	ANSWER_PASS,        /* no answer of its own: the request goes on to where it was going */
	ANSWER_CLOSE,       /* the connection ends without one byte of answer */
	ANSWER_RESET,       /* the same by a TCP reset */
	ANSWER_GARBAGE,     /* something that is not HTTP (plain HTTP only) */
	ANSWER_CUT,         /* fewer bytes of body than announced */
	ANSWER_OVERSIZED,   /* a body of `bytes` bytes */
	ANSWER_SLOW_BODY,   /* a byte each `interval_ms`, without end */
	ANSWER_SLOW_HEAD,   /* a byte of header each `interval_ms`, without end (plain HTTP only) */
	ANSWER_BODY_ON_204, /* a 204 that has a body nevertheless (plain HTTP only) */
	ANSWER_HANG,        /* nothing, until the client goes away */
};

enum { ANSWER_HEADERS = 8 };

struct answer {
	enum answer_kind kind;
	int status;
	char *body;
	size_t body_len;
	struct {
		char *name;
		char *value;
	} header[ANSWER_HEADERS];
	size_t headers;
	int64_t sleep_ms; /* to wait before answer_send() */
	int64_t interval_ms;
	int64_t bytes;
};

void answer_release(struct answer *answer);

/* An answer without a body. */
void answer_empty(struct answer *answer, int status);

/* An answer with this text (copied), without a Content-Type. */
void answer_text(struct answer *answer, int status, const char *text);

/* A JSON answer. Takes over the caller's reference to json. */
void answer_json(struct answer *answer, int status, json_t *json);

/* Adds a header; beyond ANSWER_HEADERS it is dropped. */
void answer_header(struct answer *answer, const char *name, const char *value);

/* The word for a kind in scripts, faults and the log, and back (false for an unknown word). */
const char *answer_kind_name(enum answer_kind kind);
bool answer_kind_parse(const char *name, enum answer_kind *out);

/*
 * Sends the answer. True: MHD has it now. False: the connection is to be closed. May take as long
 * as the client stays; called without the lock. The body moves to MHD.
 */
bool answer_send(struct sim *sim, struct request *request, struct answer *answer);

#endif
