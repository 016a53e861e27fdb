#include "auth/signed.h"

#include "auth/segment.h"
#include "base/secret.h"
#include "json/json.h"
#include <sodium.h>
#include <string.h>

#define HEADER_MAX 1024 /* bytes of the decoded header */
#define MAC_SIZE   crypto_auth_hmacsha256_BYTES

/* Over the header, the dot and the payload as they were sent. */
static bool is_signed(const char *secret, const struct segment g[SEGMENT__MAX])
{
	const struct segment *claims = &g[SEGMENT_CLAIMS];
	size_t len = (size_t)(claims->s + claims->len - g[SEGMENT_HEADER].s), got_len;
	crypto_auth_hmacsha256_state st;
	unsigned char want[MAC_SIZE];
	char got[MAC_SIZE + 3];

	if (!segment_decode(&g[SEGMENT_SIGNATURE], got, sizeof(got), &got_len))
		return false;
	crypto_auth_hmacsha256_init(&st, (const unsigned char *)secret, strlen(secret));
	crypto_auth_hmacsha256_update(&st, (const unsigned char *)g[SEGMENT_HEADER].s, len);
	crypto_auth_hmacsha256_final(&st, want);
	secret_wipe(&st, sizeof(st));
	return secret_equal(want, sizeof(want), got, got_len);
}

static enum err check_header(const struct segment *g, const char **why)
{
	char text[HEADER_MAX + 3];
	struct json j;
	json_node root;
	enum err e;
	size_t len;

	*why = "its header is not a JSON object";
	if (!segment_decode(g, text, sizeof(text), &len))
		return ERR_INVALID;
	e = json_parse(&j, text, len, sizeof(text), NULL);
	if (e != ERR_NONE)
		return e == ERR_NOMEM ? e : ERR_INVALID;
	root = json_root(&j);
	e = ERR_INVALID;
	if (!json_string_is(&j, json_member(&j, root, "alg"), "HS256"))
		*why = "its algorithm is not HS256";
	else if (json_type(&j, json_member(&j, root, "crit")) != JSON_ABSENT)
		*why = "it has critical header extensions";
	else
		e = ERR_NONE;
	json_release(&j);
	return e;
}

static enum err add_payload(const struct segment *g, struct buf *payload, const char **why)
{
	size_t room = g->len / 4 * 3 + 3, len;
	char *to = buf_reserve(payload, room);

	if (to == NULL)
		return ERR_NOMEM;
	if (!segment_decode(g, to, room, &len)) {
		buf_commit(payload, 0);
		*why = "its payload is not base64url";
		return ERR_INVALID;
	}
	buf_commit(payload, len);
	return ERR_NONE;
}

enum err signed_body(
	const char *secret, const char *body, size_t len, struct buf *payload, const char **why)
{
	struct segment g[SEGMENT__MAX];
	enum err e;

	*why = "there is no secret to check it with";
	if (*secret == '\0')
		return ERR_INVALID;
	*why = "it is not three base64url segments";
	if (!segment_split(body, len, g))
		return ERR_INVALID;
	*why = "its signature is wrong";
	if (!is_signed(secret, g))
		return ERR_INVALID;
	e = check_header(&g[SEGMENT_HEADER], why);
	if (e == ERR_NONE)
		e = add_payload(&g[SEGMENT_CLAIMS], payload, why);
	if (e == ERR_NOMEM)
		*why = "out of memory";
	return e;
}
