/*
 * A whole CGI request against each endpoint, up to where storage would be asked (there is none): the
 * first byte says which endpoint, then come lines NAME=value, an empty line, and the body. An
 * authorization of `@` stands for a good token.
 */
#include "fuzz/fuzz.h"
#include "http/cgi.h"
#include "http/endpoint.h"
#include "store/store.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#define LINES_MAX 32

extern const struct endpoint endpoint_call_create, endpoint_call_history, endpoint_call_notes,
	endpoint_call_show, endpoint_dialpad_callback, endpoint_dialpad_connect,
	endpoint_dialpad_disconnect, endpoint_dialpad_status, endpoint_health, endpoint_token;

static const struct endpoint *const endpoints[] = {&endpoint_call_create, &endpoint_call_history,
	&endpoint_call_notes, &endpoint_call_show, &endpoint_dialpad_callback,
	&endpoint_dialpad_connect, &endpoint_dialpad_disconnect, &endpoint_dialpad_status,
	&endpoint_health, &endpoint_token};

static struct config config;
static struct auth_policy *policy;
static struct log quiet;
static char good[AUTH_TOKEN_MAX + 64];
static int out;

static void begin(void)
{
	char path[] = "/tmp/fuzz-request-XXXXXX", file[128];
	char *environment[] = {file, (char[]){"DIALER_DATA_DIR=/nonexistent/dialer"},
		(char[]){"DIALER_DEFAULT_COUNTRY_CODE=1"}, (char[]){"AIRCALL_API_KEY=a:b"},
		(char[]){"AIRCALL_BASE_URL=http://127.0.0.1:9"},
		(char[]){"DIALER_CORS_ORIGINS=https://crm.example"}, (char[]){"DIALER_ADMINS=root"},
		NULL};
	struct config_error error;
	struct buf text;
	int fd = mkstemp(path);
	must(fd != -1 && write(fd, "0123456789abcdef0123456789abcdef", 32) == 32);
	close(fd);
	snprintf(file, sizeof(file), "DIALER_JWT_SECRET_FILE=%s", path);
	must(config_load(&config, NULL, environment, &error) == ERR_NONE);
	buf_init(&text, AUTH_TOKEN_MAX);
	must(auth_policy_load(&config, &policy, &text) == ERR_NONE);
	unlink(path);
	buf_release(&text);
	quiet.program = "fuzz";
	out = open("/dev/null", O_RDWR | O_CLOEXEC);
	must(out != -1);
	quiet.fd = out;
}

/* A token of now: requests know the real time. */
static const char *good_token(int64_t now_ms)
{
	struct buf text;
	if (good[0] == '\0') {
		buf_init(&text, AUTH_TOKEN_MAX);
		must(auth_token_make(policy, "alice", true, now_ms, AUTH_TTL_MAX_S, &text) ==
			ERR_NONE);
		snprintf(good, sizeof(good), "Bearer %s", text.s);
		buf_release(&text);
	}
	return good;
}

/* Cuts the lines of the environment off; what is left is the body. */
static char *cut_lines(char *text, char *environment[LINES_MAX + 1])
{
	int count = 0;
	while (*text != '\0' && *text != '\n' && count < LINES_MAX) {
		environment[count++] = text;
		text += strcspn(text, "\n");
		if (*text == '\n')
			*text++ = '\0';
	}
	environment[count] = NULL;
	return *text == '\n' ? text + 1 : text;
}

/* Whatever a request says, nothing of it ends a header line. */
static void check_answer(const struct response *r, const struct request *q)
{
	must(r->status >= 200 && r->status < 600);
	for (size_t i = 0; i + 1 < r->headers.len; i++)
		must(r->headers.s[i] != '\r' &&
			!(r->headers.s[i] == '\n' && r->headers.s[i + 1] == '\n'));
	must(strlen(q->id) == REQUEST_ID_SIZE - 1);
}

static void run(const struct endpoint *e, struct request *q, int fd)
{
	const struct store_options options = {
		.data_dir = config.data_dir, .log = &quiet, .wait_seconds = 1, .emergency_fd = -1};
	struct response r;
	struct exchange x = {.endpoint = e,
		.config = &config,
		.request = q,
		.response = &r,
		.log = &quiet,
		.policy = policy};
	must(store_open(&x.store, &options) == ERR_NONE);
	if (strcmp(q->authorization, "@") == 0)
		q->authorization = good_token(q->now_ms);
	response_init(&r);
	endpoint_run(&x);
	check_answer(&r, q);
	must(cgi_response_send(&r, q, fd) != CGI_CUT);
	response_release(&r);
	store_close(x.store);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct request q;
	char *environment[LINES_MAX + 1];
	if (policy == NULL)
		begin();
	if (size < 1)
		return 0;
	char *text = text_of(data + 1, size - 1);
	const char *body = cut_lines(text, environment);
	size_t body_len = (size_t)(text + size - 1 - body);
	int fd = memfd_create("body", MFD_CLOEXEC);
	must(fd != -1 && write(fd, body, body_len) == (ssize_t)body_len &&
		lseek(fd, 0, SEEK_SET) == 0);
	must(cgi_request_read(&q, environment, fd));
	must(q.body.len <= REQUEST_BODY_MAX);
	run(endpoints[data[0] % (sizeof(endpoints) / sizeof(endpoints[0]))], &q, out);
	request_release(&q);
	close(fd);
	free(text);
	return 0;
}
