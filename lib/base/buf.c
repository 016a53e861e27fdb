#include "base/buf.h"
#include "base/secret.h"
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Never written to: every write first makes room, which leaves this behind. */
static const char nothing[1] = "";

static void buf_empty(struct buf *b)
{
	b->s = (char *)nothing;
	b->len = 0;
	b->cap = 0;
}

static void buf_free_memory(struct buf *b)
{
	if (b->cap > 0) {
		if (b->secret)
			secret_wipe(b->s, b->cap);
		free(b->s);
	}
	buf_empty(b);
}

static bool buf_fail(struct buf *b)
{
	buf_free_memory(b);
	b->failed = true;
	return false;
}

void buf_init(struct buf *b, size_t max)
{
	buf_empty(b);
	b->max = max < SIZE_MAX ? max : SIZE_MAX - 1; /* the NUL needs room, too */
	b->failed = false;
	b->secret = false;
}

void buf_init_secret(struct buf *b, size_t max)
{
	buf_init(b, max);
	b->secret = true;
}

void buf_release(struct buf *b)
{
	buf_free_memory(b);
	b->failed = false;
}

void buf_reset(struct buf *b)
{
	if (b->cap > 0) {
		if (b->secret)
			secret_wipe(b->s, b->cap);
		b->s[0] = '\0';
	}
	b->len = 0;
	b->failed = false;
}

static bool buf_move(struct buf *b, size_t cap)
{
	char *s;

	if (!b->secret) {
		s = realloc(b->cap > 0 ? b->s : NULL, cap);
		if (s == NULL)
			return buf_fail(b);
	} else {
		/* realloc would leave a copy behind that nobody wipes. */
		s = malloc(cap);
		if (s == NULL)
			return buf_fail(b);
		if (b->cap > 0) {
			memcpy(s, b->s, b->len);
			secret_wipe(b->s, b->cap);
			free(b->s);
		}
	}
	s[b->len] = '\0';
	b->s = s;
	b->cap = cap;
	return true;
}

/* Makes room for len more bytes and the NUL. */
static bool buf_grow(struct buf *b, size_t len)
{
	size_t need, cap;

	if (b->failed)
		return false;
	if (len > b->max - b->len)
		return buf_fail(b);
	need = b->len + len + 1;
	if (need <= b->cap)
		return true;
	cap = b->cap < 32 ? 64 : b->cap;
	cap = cap > b->max / 2 ? b->max + 1 : cap * 2;
	return buf_move(b, cap < need ? need : cap);
}

bool buf_add(struct buf *b, const void *bytes, size_t len)
{
	if (!buf_grow(b, len))
		return false;
	if (len > 0)
		memcpy(b->s + b->len, bytes, len);
	b->len += len;
	b->s[b->len] = '\0';
	return true;
}

bool buf_adds(struct buf *b, const char *text)
{
	return buf_add(b, text, strlen(text));
}

bool buf_addc(struct buf *b, char c)
{
	return buf_add(b, &c, 1);
}

bool buf_vaddf(struct buf *b, const char *fmt, va_list ap)
{
	va_list again;
	int n;

	if (b->failed)
		return false;
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (n < 0)
		return buf_fail(b);
	if (!buf_grow(b, (size_t)n))
		return false;
	if (vsnprintf(b->s + b->len, (size_t)n + 1, fmt, ap) != n)
		return buf_fail(b);
	b->len += (size_t)n;
	return true;
}

bool buf_addf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	bool ok;

	va_start(ap, fmt);
	ok = buf_vaddf(b, fmt, ap);
	va_end(ap);
	return ok;
}

char *buf_reserve(struct buf *b, size_t len)
{
	return buf_grow(b, len) ? b->s + b->len : NULL;
}

void buf_commit(struct buf *b, size_t len)
{
	/* Without a reservation there is no room and nothing to count. */
	if (b->failed || b->cap == 0 || len > b->cap - 1 - b->len)
		return;
	b->len += len;
	b->s[b->len] = '\0';
}

char *buf_detach(struct buf *b, size_t *len)
{
	char *s;

	if (len != NULL)
		*len = 0;
	if (!buf_grow(b, 0)) {
		buf_release(b);
		return NULL;
	}
	s = b->s;
	if (len != NULL)
		*len = b->len;
	buf_empty(b);
	return s;
}
