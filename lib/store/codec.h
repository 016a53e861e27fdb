/*
 * Records as bytes: a version, then fields of (number << 1 | is_text) and either a signed integer
 * or a length and bytes, all numbers as variable-length integers. Absent fields are not stored. A
 * field or version that is not known, or anything that does not add up, is ERR_STORAGE: the record
 * was written by a newer program or is damaged, and must not be rewritten.
 */
#ifndef STORE_CODEC_H
#define STORE_CODEC_H

#include "base/buf.h"
#include "base/err.h"
#include "call/call.h"
#include "call/trail.h"
#include "store/store.h"

#define CODEC_RECORD_MAX ((size_t)32 * 1024)

/* Encoders: check out->failed. */
void codec_call(struct buf *out, const struct call *c);
/* *c is initialised by the caller; `id` is the key of the record. */
enum err codec_call_read(
	const void *bytes, size_t len, const struct callid *id, struct call *c) must_check;

void codec_user(struct buf *out, const struct user_settings *u);
enum err codec_user_read(const void *bytes, size_t len, struct user_settings *u) must_check;

/* What is kept with an idempotency key. */
struct key_record {
	struct callid call;
	int64_t made_ms;
	int http_status;        /* 0: still under way */
	struct buf given;       /* the request as it was written, normalised */
	struct buf fingerprint; /* the same with the defaults of its time filled in */
	struct buf attempts;    /* JSON array; empty: none */
};
void key_record_init(struct key_record *k);
void key_record_release(struct key_record *k);
void codec_key(struct buf *out, const struct key_record *k);
enum err codec_key_read(const void *bytes, size_t len, struct key_record *k) must_check;

void codec_trail(struct buf *out, const struct trail_entry *e);
enum err codec_trail_read(const void *bytes, size_t len, struct trail_entry *e) must_check;

#endif
