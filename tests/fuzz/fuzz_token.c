/* The Authorization header. Nobody can make a good token without the key: the only one that is
 * accepted is the one made here. The same bytes are signed with the key as well, so that the claims
 * are reached behind a good signature. */
#include "auth/auth.h"
#include "auth/segment.h"
#include "fuzz/fuzz.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <unistd.h>

#define NOW INT64_C(1774785600000)

static const char secret[] = "0123456789abcdef0123456789abcdef";
static struct auth_policy *policy;
static char *good;

static void begin(void)
{
	char path[] = "/tmp/fuzz-token-XXXXXX", empty[] = "";
	struct config c = {.jwt_alg = JWT_ALG_CFG_HS256,
		.jwt_secret_file = path,
		.jwt_public_key_file = empty,
		.data_dir = empty,
		.token_key_file = empty,
		.jwt_issuer = empty,
		.jwt_audience = empty};
	struct buf why, token;
	int fd = mkstemp(path);
	must(fd != -1 && write(fd, secret, sizeof(secret) - 1) == (ssize_t)sizeof(secret) - 1);
	close(fd);
	buf_init(&why, 1024);
	must(auth_policy_load(&c, &policy, &why) == ERR_NONE);
	unlink(path);
	buf_release(&why);
	buf_init(&token, AUTH_TOKEN_MAX);
	buf_adds(&token, "Bearer ");
	must(auth_token_make(policy, "alice", false, NOW, 3600, &token) == ERR_NONE);
	good = text_of((const uint8_t *)token.s, token.len);
	buf_release(&token);
}

static size_t encode(const uint8_t *data, size_t size, char *out)
{
	size_t len = (size_t)EVP_EncodeBlock((unsigned char *)out, data, (int)size);
	while (len > 0 && out[len - 1] == '=')
		len--;
	for (size_t i = 0; i < len; i++)
		out[i] = (char)(out[i] == '+' ? '-' : out[i] == '/' ? '_' : out[i]);
	out[len] = '\0';
	return len;
}

/* Header and claims of the attacker's choice, with the right signature. */
static void signed_claims(const uint8_t *data, size_t size)
{
	static const char prefix[] = "Bearer ";
	static const char header[] = "{\"alg\":\"HS256\",\"typ\":\"JWT\"}";
	unsigned char mac[32];
	unsigned int mac_len = sizeof(mac);
	struct identity who;
	const char *why;
	if (size > 2048)
		return;
	char *token = malloc(size * 2 + 512);
	must(token != NULL);
	memcpy(token, prefix, sizeof(prefix) - 1);
	size_t at = sizeof(prefix) - 1, begins = at;
	at += encode((const uint8_t *)header, sizeof(header) - 1, token + at);
	token[at++] = '.';
	at += encode(data, size, token + at);
	must(HMAC(EVP_sha256(), secret, (int)sizeof(secret) - 1,
		     (const unsigned char *)token + begins, at - begins, mac, &mac_len) != NULL);
	token[at++] = '.';
	encode(mac, mac_len, token + at);
	enum err e = auth_check(policy, token, NOW, &who, &why);
	must(e == ERR_NONE || e == ERR_INVALID);
	must(e != ERR_NONE || (auth_user_valid(who.user, strlen(who.user)) &&
				      who.expires_ms + AUTH_LEEWAY_S * INT64_C(1000) > NOW));
	must(e == ERR_NONE || who.user[0] == '\0');
	free(token);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct identity who;
	const char *why = NULL;
	if (policy == NULL)
		begin();
	char *text = text_of(data, size);
	enum err e = auth_check(policy, text, NOW, &who, &why);
	must(e == ERR_NONE || (e == ERR_INVALID && why != NULL));
	must(e != ERR_NONE || strcmp(strrchr(text, ' ') + 1, strrchr(good, ' ') + 1) == 0);
	free(text);
	signed_claims(data, size);
	return 0;
}
