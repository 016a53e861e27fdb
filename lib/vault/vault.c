#include "vault/vault.h"

#include "base/file.h"
#include "base/secret.h"
#include "base/text.h"

#include <assert.h>
#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MAX   ((size_t)16 * 1024)
#define KEY_MIN    32
#define KEY_ID_LEN 8
#define KEY_LEN    crypto_aead_xchacha20poly1305_ietf_KEYBYTES
#define NONCE_LEN  crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG_LEN    crypto_aead_xchacha20poly1305_ietf_ABYTES
#define HEAD_LEN   (KEY_ID_LEN + NONCE_LEN)

static_assert(HEAD_LEN + TAG_LEN <= VAULT_OVERHEAD_MAX, "the overhead is promised");

struct vault_key {
	unsigned char id[KEY_ID_LEN];
	unsigned char key[KEY_LEN];
};

struct vault {
	struct vault_key keys[VAULT_KEYS_MAX];
	size_t count;
};

/* The labels keep the key, its id and any other use of the same text apart. */
static void derive(
	const char *label, const void *text, size_t len, unsigned char *out, size_t out_len)
{
	crypto_generichash_state st;
	crypto_generichash_init(&st, (const unsigned char *)label, strlen(label), out_len);
	crypto_generichash_update(&st, text, len);
	crypto_generichash_final(&st, out, out_len);
	sodium_memzero(&st, sizeof(st));
}

static enum err add_key(
	struct vault *v, const char *path, const void *text, size_t len, struct buf *why)
{
	if (len < KEY_MIN) {
		buf_addf(why, "%s: a key is shorter than %d characters", path, KEY_MIN);
		return ERR_INVALID;
	}
	if (v->count == VAULT_KEYS_MAX) {
		buf_addf(why, "%s: more than %d keys", path, VAULT_KEYS_MAX);
		return ERR_INVALID;
	}
	struct vault_key *k = &v->keys[v->count++];
	unsigned char id[crypto_generichash_BYTES_MIN];
	derive("dialer token key", text, len, k->key, sizeof(k->key));
	derive("dialer token key id", text, len, id, sizeof(id));
	memcpy(k->id, id, sizeof(k->id));
	return ERR_NONE;
}

/* Any alphabet: a key in words of people must not make one key of the whole file. */
bool vault_is_text(const char *s, size_t len)
{
	if (!text_is_utf8(s, len))
		return false;
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)s[i];
		if ((c < 0x20 && c != '\n' && c != '\r' && c != '\t') || c == 0x7f)
			return false;
	}
	return true;
}

static enum err read_keys(struct vault *v, const char *path, const struct buf *b, struct buf *why)
{
	if (!vault_is_text(b->s, b->len))
		return add_key(v, path, b->s, b->len, why);
	enum err e = ERR_NONE;
	for (const char *line = b->s; *line != '\0' && e == ERR_NONE;) {
		size_t whole = strcspn(line, "\n"), len = whole;
		while (len > 0 && strchr(" \t\r", line[len - 1]) != NULL)
			len--;
		if (len > 0)
			e = add_key(v, path, line, len, why);
		line += whole + (line[whole] == '\n' ? 1 : 0);
	}
	if (e == ERR_NONE && v->count == 0) {
		buf_addf(why, "%s: no key in it", path);
		e = ERR_INVALID;
	}
	return e;
}

enum err vault_open(const char *key_file, struct vault **v, struct buf *why)
{
	*v = NULL;
	if (sodium_init() < 0) {
		buf_adds(why, "libsodium cannot start");
		return ERR_IO;
	}
	struct vault *fresh = calloc(1, sizeof(*fresh));
	if (fresh == NULL)
		return ERR_NOMEM;
	struct buf text;
	buf_init_secret(&text, FILE_MAX);
	enum err e = file_read(key_file, &text);
	if (e != ERR_NONE)
		buf_addf(why, "%s: %s", key_file,
			e == ERR_TOO_LARGE ? "too large for a key file" : strerror(errno));
	else
		e = read_keys(fresh, key_file, &text, why);
	buf_release(&text);
	if (e != ERR_NONE)
		vault_close(fresh);
	else
		*v = fresh;
	return e == ERR_TOO_LARGE ? ERR_INVALID : e;
}

void vault_close(struct vault *v)
{
	if (v == NULL)
		return;
	secret_wipe(v, sizeof(*v));
	free(v);
}

enum err vault_seal(const struct vault *v, const char *context, const void *plain, size_t len,
	struct buf *sealed)
{
	const struct vault_key *k = &v->keys[0];
	unsigned char nonce[NONCE_LEN];
	randombytes_buf(nonce, sizeof(nonce));
	buf_reset(sealed);
	buf_add(sealed, k->id, KEY_ID_LEN);
	buf_add(sealed, nonce, NONCE_LEN);
	unsigned char *room = (unsigned char *)buf_reserve(sealed, len + TAG_LEN);
	if (room == NULL)
		return ERR_NOMEM;
	unsigned long long written;
	crypto_aead_xchacha20poly1305_ietf_encrypt(room, &written, plain, len,
		(const unsigned char *)context, strlen(context), NULL, nonce, k->key);
	buf_commit(sealed, (size_t)written);
	return ERR_NONE;
}

static const struct vault_key *find_key(
	const struct vault *v, const unsigned char *sealed, size_t len)
{
	for (size_t i = 0; i < v->count && len >= HEAD_LEN + TAG_LEN; i++)
		if (memcmp(v->keys[i].id, sealed, KEY_ID_LEN) == 0)
			return &v->keys[i];
	return NULL;
}

enum err vault_unseal(const struct vault *v, const char *context, const void *sealed, size_t len,
	struct buf *plain)
{
	const unsigned char *s = sealed;
	if (len < HEAD_LEN + TAG_LEN)
		return ERR_INVALID;
	const struct vault_key *k = find_key(v, s, len);
	if (k == NULL)
		return ERR_NOT_FOUND;
	size_t plain_len = len - HEAD_LEN - TAG_LEN;
	buf_reset(plain);
	unsigned char *room = (unsigned char *)buf_reserve(plain, plain_len > 0 ? plain_len : 1);
	if (room == NULL)
		return ERR_NOMEM;
	unsigned long long written;
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(room, &written, NULL, s + HEAD_LEN,
		    len - HEAD_LEN, (const unsigned char *)context, strlen(context), s + KEY_ID_LEN,
		    k->key) != 0)
		return ERR_INVALID;
	buf_commit(plain, (size_t)written);
	return ERR_NONE;
}

bool vault_is_current(const struct vault *v, const void *sealed, size_t len)
{
	return find_key(v, sealed, len) == &v->keys[0];
}
