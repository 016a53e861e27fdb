#include "auth/verified.h"

#include "base/file.h"
#include "base/secret.h"
#include <assert.h>
#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECRET_FILE_MAX ((size_t)16 * 1024)
#define SECRET_MIN      32
/* A FIFO or a terminal in its place must hold up nobody. */
#define OPEN_FLAGS (O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY)

typedef unsigned char row[VERIFIED_ROW][VERIFIED_HASH];

static_assert((VERIFIED_ROWS & (VERIFIED_ROWS - 1)) == 0, "every row is as likely");
static_assert(VERIFIED_HASH <= crypto_generichash_BYTES_MAX, "one hash is enough");

/* --- the key of the hashes --- */

static void absorb(crypto_generichash_state *st, const struct buf *b)
{
	uint64_t len = b->len;

	/* Its length first: no two pairs of texts are one. */
	crypto_generichash_update(st, (const unsigned char *)&len, sizeof(len));
	crypto_generichash_update(st, (const unsigned char *)b->s, b->len);
}

static void derive(
	struct verified *v, enum signature_alg alg, const struct buf *key, const struct buf *secret)
{
	static const char label[] = "dialer verified 1 ";
	const char *word = signature_word(alg);
	crypto_generichash_state st;

	crypto_generichash_init(
		&st, (const unsigned char *)label, sizeof(label) - 1, sizeof(v->key));
	crypto_generichash_update(&st, (const unsigned char *)word, strlen(word));
	absorb(&st, key);
	absorb(&st, secret);
	crypto_generichash_final(&st, v->key, sizeof(v->key));
	secret_wipe(&st, sizeof(st));
}

void verified_init(struct verified *v, const char *data_dir, enum signature_alg alg,
	const struct buf *key, const char *token_key_file)
{
	struct buf secret, path;
	bool good;

	*v = (struct verified){.path = NULL};
	buf_init_secret(&secret, SECRET_FILE_MAX);
	good = data_dir && *data_dir && key->len > 0;
	if (alg != SIGNATURE_HS256)
		good = good && token_key_file && file_read(token_key_file, &secret) == ERR_NONE &&
		       secret.len >= SECRET_MIN;
	if (good) {
		derive(v, alg, key, &secret);
		buf_init(&path, PATH_MAX);
		buf_addf(&path, "%s/" VERIFIED_FILE, data_dir);
		v->path = buf_detach(&path, NULL);
	}
	buf_release(&secret);
}

void verified_release(struct verified *v)
{
	free(v->path);
	secret_wipe(v, sizeof(*v));
}

/* --- rows --- */

static void hash(const struct verified *v, enum statement statement, const void *about, size_t len,
	unsigned char out[VERIFIED_HASH])
{
	const unsigned char kind = (unsigned char)statement;
	crypto_generichash_state st;

	crypto_generichash_init(&st, v->key, sizeof(v->key), VERIFIED_HASH);
	crypto_generichash_update(&st, &kind, 1);
	crypto_generichash_update(&st, about, len);
	crypto_generichash_final(&st, out, VERIFIED_HASH);
}

static off_t row_offset(const unsigned char h[VERIFIED_HASH])
{
	size_t number = ((size_t)h[0] | (size_t)h[1] << 8) & (VERIFIED_ROWS - 1);

	return (off_t)(number * sizeof(row));
}

static bool is_regular(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
}

/* What is not there reads as zeros, which no hash is. */
static void read_row(int fd, off_t offset, row r)
{
	memset(r, 0, sizeof(row));
	if (pread(fd, r, sizeof(row), offset) < 0)
		memset(r, 0, sizeof(row));
}

static bool row_holds(row r, const unsigned char h[VERIFIED_HASH])
{
	bool found = false;

	for (size_t i = 0; i < VERIFIED_ROW; i++)
		found = secret_equal(r[i], VERIFIED_HASH, h, VERIFIED_HASH) || found;
	return found;
}

bool verified_holds(
	const struct verified *v, enum statement statement, const void *about, size_t len)
{
	unsigned char h[VERIFIED_HASH];
	bool found = false;
	row r;
	int fd;

	if (!v->path)
		return false;
	fd = open(v->path, O_RDONLY | OPEN_FLAGS);
	if (fd == -1)
		return false;
	hash(v, statement, about, len, h);
	if (is_regular(fd)) {
		read_row(fd, row_offset(h), r);
		found = row_holds(r, h);
	}
	close(fd);
	return found;
}

/* Makes it only in a directory of one's own: a file of root's would keep the programs out. */
static int open_to_add(const char *path)
{
	int fd = open(path, O_RDWR | OPEN_FLAGS);
	struct stat st;
	char dir[PATH_MAX];
	size_t len = strlen(path) - strlen("/" VERIFIED_FILE);

	if (fd != -1 || len >= sizeof(dir))
		return fd;
	memcpy(dir, path, len);
	dir[len] = '\0';
	if (stat(dir, &st) == -1 || st.st_uid != geteuid())
		return -1;
	return open(path, O_RDWR | O_CREAT | OPEN_FLAGS, 0600);
}

/* An empty place, else any: a byte of the hash is as good as chance. */
static size_t choose(row r, const unsigned char h[VERIFIED_HASH])
{
	static const unsigned char empty[VERIFIED_HASH];

	for (size_t i = 0; i < VERIFIED_ROW; i++)
		if (memcmp(r[i], empty, VERIFIED_HASH) == 0)
			return i;
	return h[VERIFIED_HASH - 1] % VERIFIED_ROW;
}

void verified_add(const struct verified *v, enum statement statement, const void *about, size_t len)
{
	unsigned char h[VERIFIED_HASH];
	off_t offset;
	row r;
	int fd;

	if (!v->path)
		return;
	fd = open_to_add(v->path);
	if (fd == -1)
		return;
	if (is_regular(fd)) {
		hash(v, statement, about, len, h);
		offset = row_offset(h);
		read_row(fd, offset, r);
		/* Not twice by processes side by side. Where it cannot be written, it is verified
		 * again next time. */
		if (!row_holds(r, h))
			(void)!pwrite(
				fd, h, sizeof(h), offset + (off_t)(choose(r, h) * VERIFIED_HASH));
	}
	close(fd);
}
