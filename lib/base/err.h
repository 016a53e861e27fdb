/*
 * What went wrong, as the few values a caller reacts to differently. Detail for people goes to the
 * log or to an explicit text argument, never into this type.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

enum err {
	ERR_NONE = 0,
	ERR_NOT_FOUND, /* there is no such thing */
	ERR_INVALID,   /* the input is malformed: the giver's fault */
	ERR_CONFLICT,  /* the thing has changed or exists already */
	ERR_TOO_LARGE, /* the input exceeds a stated limit */
	ERR_BUSY,      /* somebody else holds it; try again later */
	ERR_STORAGE,   /* the database or a file failed; nothing was changed */
	ERR_NOMEM,     /* out of memory */
	ERR_IO         /* a file, socket or provider could not be read or written */
};

#define must_check __attribute__((warn_unused_result))

/* A short English word for the log, e.g. "storage". Never NULL. */
const char *err_word(enum err e);

#endif
