/*
 * A byte buffer that states its maximum when it is made and is always NUL-terminated.
 *
 * Failure is sticky: when memory runs out or the maximum would be exceeded, the contents are freed,
 * `failed` is set and every later addition fails too, so a builder checks once at its end.
 * Sequence: buf_init, any additions, then buf_release (or buf_detach, which hands ownership over).
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct buf {
	char *s;     /* never NULL; "" while empty; owned by the buffer */
	size_t len;  /* bytes without the final NUL */
	size_t cap;  /* bytes allocated, 0 while `s` is the static "" */
	size_t max;  /* `len` never exceeds this */
	bool failed; /* an addition failed: the contents are gone */
	bool secret; /* wipe memory before it is freed or moved */
};

void buf_init(struct buf *b, size_t max);
/* The same, but its memory is wiped whenever it is given back: for keys and tokens. */
void buf_init_secret(struct buf *b, size_t max);
/* Frees the contents; the buffer may be used again as if just initialised with the same maximum. */
void buf_release(struct buf *b);
/* Empties it, keeps the memory, clears `failed`. */
void buf_reset(struct buf *b);

/* Additions return false once the buffer has failed. */
bool buf_add(struct buf *b, const void *bytes, size_t len);
bool buf_adds(struct buf *b, const char *text);
bool buf_addc(struct buf *b, char c);
bool buf_addf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
bool buf_vaddf(struct buf *b, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));
/* Makes room for `len` more bytes and returns where they go, or NULL; follow with buf_commit. */
char *buf_reserve(struct buf *b, size_t len);
void buf_commit(struct buf *b, size_t len);

/* Hands the NUL-terminated contents to the caller (free(3)); NULL if the buffer had failed or
 * memory ran out. `len` may be NULL. The buffer is empty afterwards. */
char *buf_detach(struct buf *b, size_t *len);

#endif
