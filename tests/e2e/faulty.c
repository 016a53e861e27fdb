#include "e2e/faulty.h"

#include "e2e/internal.h"

#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static struct {
	const char *library, *file;
	struct inject *inject; /* shared with the programs */
	uid_t uid;             /* whom the server runs them as; 0: as we are */
	gid_t gid;
} faulty;

static struct inject *map_board(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd == -1 || ftruncate(fd, sizeof(struct inject)) == -1 ||
		(faulty.uid != 0 && fchown(fd, faulty.uid, faulty.gid) == -1))
		e2e_die("%s", path);
	void *at = mmap(NULL, sizeof(struct inject), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED)
		e2e_die("%s", path);
	close(fd);
	return at;
}

void faulty_begin(void)
{
	size_t len;
	char *bytes = read_whole(e2e_text("%s/tests/inject.so", e2e.build), 0, &len);
	const struct passwd *p = geteuid() == 0 ? getpwnam("www-data") : NULL;
	faulty.uid = p != NULL ? p->pw_uid : 0;
	faulty.gid = p != NULL ? p->pw_gid : 0;
	/* Where the other user gets at it. */
	faulty.library = e2e_file("inject.so", bytes, len);
	free(bytes);
	faulty.file = e2e_text("%s/inject-%d", e2e.dir, (int)getpid());
	faulty.inject = map_board(faulty.file);
}

static struct cgi_answer run(const struct begin_options *o, const struct fault *f, long at)
{
	*faulty.inject = f != NULL ? fault_at(f, at) : (struct inject){.kinds = 0};
	struct begun b = e2e_begin_with(o);
	struct run r = e2e_end(&b);
	struct cgi_answer a = {.ended = r.status,
		.out = r.out,
		.err = r.err,
		.seen = faulty.inject->seen,
		.hit = faulty.inject->hit};
	faulty.inject->kinds = 0;
	return a;
}

/* As the server takes it: a head with a status, an empty line, a body of the length it says. */
static void read_answer(struct cgi_answer *a)
{
	const char *body = strstr(a->out, "\n\n"), *length = strstr(a->out, "Content-Length: ");
	static const char first[] = "Status: ";
	if (body == NULL || strncmp(a->out, first, strlen(first)) != 0) {
		a->status = a->out[0] == '\0' ? 500 : 0;
		return;
	}
	body += 2;
	if (length != NULL && length < body &&
		strtoul(length + strlen("Content-Length: "), NULL, 10) != strlen(body))
		return;
	a->status = (int)strtol(a->out + strlen(first), NULL, 10);
	a->json = json_loads(body, 0, NULL);
	if (a->json != NULL)
		keep(a->json, (void (*)(void *))json_decref);
}

struct cgi_answer faulty_cgi(const struct cgi *q, const struct fault *f, long at)
{
	const char *const argv[] = {e2e_text("%s/cgi-bin/%s.cgi", e2e.build, q->program), NULL};
	const char *env[20];
	size_t n = 0;
	env[n++] = e2e_text("LD_PRELOAD=%s", faulty.library);
	env[n++] = e2e_text("INJECT_FILE=%s", faulty.file);
	env[n++] = e2e_text("DIALER_CONFIG=%s", e2e.config);
	env[n++] = e2e_text("REQUEST_METHOD=%s", q->method != NULL ? q->method
						 : q->body != NULL ? "POST"
								   : "GET");
	env[n++] = e2e_text("PATH_INFO=%s", q->path_info != NULL ? q->path_info : "");
	env[n++] = e2e_text("QUERY_STRING=%s", q->query != NULL ? q->query : "");
	env[n++] = "REQUEST_URI=/api/dialer/faulty";
	if (q->token != NULL)
		env[n++] = e2e_text("HTTP_AUTHORIZATION=Bearer %s", q->token);
	if (q->key != NULL)
		env[n++] = e2e_text("HTTP_IDEMPOTENCY_KEY=%s", q->key);
	if (q->body != NULL) {
		env[n++] = "CONTENT_TYPE=application/json";
		env[n++] = e2e_text("CONTENT_LENGTH=%zu", strlen(q->body));
	}
	env[n] = NULL;
	const struct begin_options o = {
		.argv = argv, .env = env, .input = q->body, .uid = faulty.uid};
	struct cgi_answer a = run(&o, f, at);
	read_answer(&a);
	return a;
}

struct cgi_answer faulty_program(const char *name, const struct fault *f, long at)
{
	const char *const argv[] = {
		e2e_text("%s/%s", e2e.build, name), "--config", e2e.config, NULL};
	const char *const env[] = {e2e_text("LD_PRELOAD=%s", faulty.library),
		e2e_text("INJECT_FILE=%s", faulty.file), NULL};
	const struct begin_options o = {.argv = argv, .env = env, .uid = faulty.uid};
	return run(&o, f, at);
}

bool faulty_has_memory(void)
{
	const struct fault none = {.name = "", .kinds = INJECT_MEMORY};
	const struct cgi q = {.program = "health"};
	return faulty_cgi(&q, &none, 0).seen > 0;
}
