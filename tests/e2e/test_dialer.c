/* The administrator's program, and the script that places a test call with it. */
#include "auth/auth.h"
#include "base/privilege.h"
#include "base/text.h"
#include "config/config.h"
#include "e2e/harness.h"
#include "store/store.h"

#include <errno.h>
#include <ftw.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

static bool is_one_line(const char *text)
{
	size_t len = strlen(text);
	return len > 1 && strchr(text, '\n') == text + len - 1;
}

static int lines_of(const char *text)
{
	int n = 0;
	for (; (text = strchr(text, '\n')) != NULL; text++)
		n++;
	return n;
}

/* --- files --- */

static struct stat stat_of(const char *path)
{
	struct stat st;
	ck_assert_msg(lstat(path, &st) == 0, "%s: %s", path, strerror(errno));
	return st;
}

static void expect_file(const char *path, mode_t mode, uid_t uid, gid_t gid)
{
	struct stat st = stat_of(path);
	ck_assert_msg((st.st_mode & 07777) == mode && st.st_uid == uid && st.st_gid == gid,
		"%s: mode %o, owner %ld:%ld", path, (unsigned)(st.st_mode & 07777), (long)st.st_uid,
		(long)st.st_gid);
}

static const char *content(const char *path)
{
	static char text[8192];
	FILE *f = fopen(path, "re");
	ck_assert_msg(f != NULL, "%s: %s", path, strerror(errno));
	size_t n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = '\0';
	ck_assert_int_eq(fclose(f), 0);
	return e2e_text("%s", text);
}

static void write_file(const char *path, const char *text, mode_t mode)
{
	FILE *f = fopen(path, "we");
	ck_assert_msg(f != NULL, "%s: %s", path, strerror(errno));
	ck_assert_int_ge(fputs(text, f), 0);
	ck_assert_int_eq(fclose(f), 0);
	ck_assert_int_eq(chmod(path, mode), 0);
}

static const struct passwd *account(const char *name)
{
	const struct passwd *p = getpwnam(name);
	ck_assert_msg(p != NULL, "there is no user %s", name);
	return p;
}

/* Everything below a directory: how much, and whether one user owns it all. */
static uid_t tree_uid;
static int tree_count, tree_strangers;

static int look_at(const char *path, const struct stat *st, int kind, struct FTW *where)
{
	(void)path;
	(void)kind;
	(void)where;
	tree_count++;
	tree_strangers += st->st_uid != tree_uid;
	return 0;
}

static void expect_all_owned(const char *path, uid_t uid)
{
	tree_uid = uid;
	tree_count = tree_strangers = 0;
	ck_assert_int_eq(nftw(path, look_at, 16, FTW_PHYS), 0);
	ck_assert_int_gt(tree_count, 3);
	ck_assert_int_eq(tree_strangers, 0);
}

/* --- init --- */

/* A place where nothing is yet. */
struct place {
	const char *dir, *config, *data, *jwt, *token;
	const char *program; /* where every user can run it */
};

static void place_configure(struct place *p, const char *more)
{
	write_file(p->config,
		e2e_text("DIALER_DATA_DIR=%s\nDIALER_JWT_SECRET_FILE=%s\nDIALER_TOKEN_KEY_FILE=%s\n"
			 "%s",
			p->data, p->jwt, p->token, more),
		0644);
}

static struct place place_make(void)
{
	static int number;
	const char *dir = e2e_text("%s/place-%ld-%d", e2e.dir, (long)getpid(), ++number);
	struct place p = {.dir = dir,
		.config = e2e_text("%s/dialer.env", dir),
		.data = e2e_text("%s/var/lib/data", dir),
		.jwt = e2e_text("%s/etc/dialer/jwt.key", dir),
		.token = e2e_text("%s/etc/dialer/token.key", dir),
		.program = e2e_text("%s/dialer", dir)};
	ck_assert_int_eq(mkdir(dir, 0755), 0);
	ck_assert_int_eq(chmod(dir, 0755), 0);
	const char *program = e2e_text("%s/bin/dialer", e2e.build);
	struct run r = e2e_run((const char *const[]){"/bin/cp", program, p.program, NULL}, NULL);
	expect_exit(r, 0);
	ck_assert_int_eq(chmod(p.program, 0755), 0);
	place_configure(&p, "");
	return p;
}

static struct run place_run(const struct place *p, const char *command)
{
	return e2e_run(
		(const char *const[]){p->program, "--config", p->config, command, NULL}, NULL);
}

static void place_init(const struct place *p)
{
	struct run r = place_run(p, "init");
	expect_exit(r, 0);
	ck_assert_str_eq(r.err, "");
}

START_TEST(init_by_root_is_for_www_data)
{
	if (geteuid() != 0)
		return;
	const struct passwd *w = account("www-data");
	struct place p = place_make();
	place_init(&p);
	expect_file(p.data, 0700, w->pw_uid, w->pw_gid);
	expect_file(p.jwt, 0640, 0, w->pw_gid);
	expect_file(p.token, 0640, 0, w->pw_gid);
	expect_file(e2e_text("%s/etc/dialer", p.dir), 0750, 0, w->pw_gid);
	expect_file(e2e_text("%s/etc", p.dir), 0755, 0, 0);
	expect_file(e2e_text("%s/var/lib", p.dir), 0755, 0, 0);
	expect_all_owned(p.data, w->pw_uid);
}
END_TEST

START_TEST(init_by_a_user_is_for_him_alone)
{
	struct place p = place_make();
	uid_t uid = geteuid();
	gid_t gid = getegid();
	if (uid == 0) {
		uid = account("nobody")->pw_uid;
		gid = account("nobody")->pw_gid;
		ck_assert_int_eq(chown(p.dir, uid, gid), 0);
		struct run r =
			e2e_run((const char *const[]){"/usr/bin/setpriv", "--reuid=nobody",
					"--regid", e2e_text("%ld", (long)gid), "--clear-groups",
					p.program, "--config", p.config, "init", NULL},
				NULL);
		expect_exit(r, 0);
	} else {
		place_init(&p);
	}
	expect_file(p.data, 0700, uid, gid);
	expect_file(p.jwt, 0600, uid, gid);
	expect_file(p.token, 0600, uid, gid);
	expect_file(e2e_text("%s/etc/dialer", p.dir), 0700, uid, gid);
	expect_all_owned(p.data, uid);
}
END_TEST

START_TEST(keys_are_random_lines)
{
	struct place p = place_make(), q = place_make();
	place_init(&p);
	place_init(&q);
	const char *keys[] = {content(p.jwt), content(p.token), content(q.jwt), content(q.token)};
	for (int i = 0; i < 4; i++) {
		ck_assert_uint_eq(strlen(keys[i]), 65);
		ck_assert_uint_eq(strspn(keys[i], "0123456789abcdef"), 64);
		ck_assert_int_eq(keys[i][64], '\n');
		for (int j = 0; j < i; j++)
			ck_assert_str_ne(keys[i], keys[j]);
	}
}
END_TEST

START_TEST(init_says_what_it_made_and_what_was_there)
{
	struct place p = place_make();
	struct run r = place_run(&p, "init");
	expect_says(r.out, e2e_text("%s: made\n", p.jwt));
	expect_says(r.out, e2e_text("%s: made\n", p.token));
	expect_says(r.out, e2e_text("%s: made\n", p.data));
	expect_silent_about(r.out, "already");
	expect_silent_about(r.out, content(p.jwt));
	r = place_run(&p, "init");
	expect_exit(r, 0);
	expect_says(r.out, e2e_text("%s: is there already\n", p.jwt));
	expect_says(r.out, e2e_text("%s: is there already\n", p.token));
	expect_says(r.out, e2e_text("%s: is there already\n", p.data));
}
END_TEST

START_TEST(init_again_changes_nothing)
{
	struct place p = place_make();
	place_init(&p);
	struct stat before[2] = {stat_of(p.jwt), stat_of(p.token)};
	const char *key = content(p.jwt);
	place_init(&p);
	struct stat after[2] = {stat_of(p.jwt), stat_of(p.token)};
	for (int i = 0; i < 2; i++) {
		ck_assert_uint_eq(before[i].st_ino, after[i].st_ino);
		ck_assert_int_eq(before[i].st_mtim.tv_sec, after[i].st_mtim.tv_sec);
		ck_assert_int_eq(before[i].st_mtim.tv_nsec, after[i].st_mtim.tv_nsec);
		ck_assert_int_eq(before[i].st_ctim.tv_nsec, after[i].st_ctim.tv_nsec);
	}
	ck_assert_str_eq(content(p.jwt), key);
}
END_TEST

START_TEST(init_only_warns_of_a_bad_key)
{
	struct place p = place_make();
	place_init(&p);
	write_file(p.jwt, "short-secret\n", 0644);
	struct run r = place_run(&p, "init");
	expect_exit(r, 0);
	expect_says(r.err, "dialer: warning: ");
	expect_says(r.err, p.jwt);
	expect_says(r.err, "open to everybody");
	expect_silent_about(r.err, "short-secret");
	ck_assert_str_eq(content(p.jwt), "short-secret\n");
}
END_TEST

/* Whoever signs the tokens has the private key; a secret that nobody uses would only confuse. */
START_TEST(init_makes_no_secret_where_a_public_key_is_used)
{
	struct place p = place_make();
	place_configure(&p, "DIALER_JWT_ALG=RS256\nDIALER_JWT_PUBLIC_KEY_FILE=/nonexistent.pem\n");
	struct run r = place_run(&p, "init");
	expect_exit(r, 0);
	ck_assert_int_eq(access(p.jwt, F_OK), -1);
	ck_assert_int_eq(access(p.token, F_OK), 0);
	expect_says(r.err, "/nonexistent.pem");
}
END_TEST

START_TEST(init_takes_an_empty_directory_of_root_over)
{
	if (geteuid() != 0)
		return;
	const struct passwd *w = account("www-data");
	struct place p = place_make();
	p.data = e2e_text("%s/data", p.dir);
	place_configure(&p, "");
	ck_assert_int_eq(mkdir(p.data, 0755), 0);
	place_init(&p);
	expect_file(p.data, 0700, w->pw_uid, w->pw_gid);
	expect_all_owned(p.data, w->pw_uid);
}
END_TEST

START_TEST(directory_of_root_that_is_in_use_stays_his)
{
	if (geteuid() != 0)
		return;
	struct place p = place_make();
	p.data = e2e_text("%s/data", p.dir);
	place_configure(&p, "");
	ck_assert_int_eq(mkdir(p.data, 0700), 0);
	write_file(e2e_text("%s/something", p.data), "", 0600);
	place_init(&p);
	expect_file(p.data, 0700, 0, 0);
	expect_all_owned(p.data, 0);
}
END_TEST

/* As `mktemp -d` makes it. */
START_TEST(temporary_directory_of_root_is_opened_for_passing)
{
	if (geteuid() != 0)
		return;
	const struct passwd *w = account("www-data");
	struct place p = place_make();
	ck_assert_int_eq(chmod(p.dir, 0700), 0);
	place_init(&p);
	expect_file(p.dir, 0710, 0, w->pw_gid);
	ck_assert_int_eq(chown(p.dir, 0, 0), 0);
	ck_assert_int_eq(chmod(p.dir, 0750), 0);
	/* A group that root chose stays. */
	place_run(&p, "init");
	expect_file(p.dir, 0750, 0, 0);
}
END_TEST

START_TEST(key_of_root_alone_is_opened_to_the_service)
{
	if (geteuid() != 0)
		return;
	const struct passwd *w = account("www-data");
	struct place p = place_make();
	place_init(&p);
	const char *key = content(p.jwt);
	ck_assert_int_eq(chown(p.jwt, 0, 0), 0);
	ck_assert_int_eq(chmod(p.jwt, 0600), 0);
	place_init(&p);
	expect_file(p.jwt, 0640, 0, w->pw_gid);
	ck_assert_str_eq(content(p.jwt), key);
}
END_TEST

START_TEST(keys_are_for_the_owner_of_the_data)
{
	if (geteuid() != 0)
		return;
	const struct passwd *n = account("nobody");
	struct place p = place_make();
	p.data = e2e_text("%s/data", p.dir);
	place_configure(&p, "");
	ck_assert_int_eq(mkdir(p.data, 0700), 0);
	ck_assert_int_eq(chown(p.data, n->pw_uid, n->pw_gid), 0);
	place_init(&p);
	expect_all_owned(p.data, n->pw_uid);
	expect_file(p.jwt, 0640, 0, n->pw_gid);
}
END_TEST

START_TEST(keys_may_lie_in_the_data_directory)
{
	struct place p = place_make();
	p.jwt = e2e_text("%s/jwt.key", p.data);
	p.token = e2e_text("%s/token.key", p.data);
	place_configure(&p, "");
	place_init(&p);
	expect_exit(place_run(&p, "history"), 0);
	if (geteuid() == 0)
		expect_file(p.data, 0700, account("www-data")->pw_uid, account("www-data")->pw_gid);
}
END_TEST

static const char six_inits[] = "for i in 1 2 3 4 5 6; do\n"
				"	{ \"$0\" --config \"$1\" init >/dev/null && key=$(cat "
				"\"$2\") && echo \"$key\"; } &\n"
				"done\n"
				"wait\n";

/* Each of them must find one and the same key, and nothing may be left lying about. */
START_TEST(many_inits_at_once_make_one_key)
{
	struct place p = place_make();
	struct run r = e2e_run(
		(const char *const[]){"/bin/sh", "-c", six_inits, p.program, p.config, p.jwt, NULL},
		NULL);
	expect_exit(r, 0);
	ck_assert_str_eq(r.err, "");
	ck_assert_int_eq(lines_of(r.out), 6);
	for (int i = 0; i < 6; i++)
		ck_assert_int_eq(strncmp(r.out + 65 * (ptrdiff_t)i, content(p.jwt), 65), 0);
	r = e2e_run((const char *const[]){"/bin/ls", "-A", e2e_text("%s/etc/dialer", p.dir), NULL},
		NULL);
	ck_assert_str_eq(r.out, "jwt.key\ntoken.key\n");
}
END_TEST

/* Where something has been made, but has not got its name yet. */
static const char *const unnamed[] = {"directory-before-rename", "key-before-link"};

/* The second one is done when the first one is about to give a name. */
static const char two_inits[] =
	"DIALER_TEST_FAULT=$3:stop \"$0\" --config \"$1\" init & first=$!\n"
	"until grep -q '^State:.*stopped' /proc/$first/status; do sleep 0.01; done\n"
	"\"$0\" --config \"$1\" init >/dev/null && cat \"$2\"\n"
	"kill -CONT $first && wait $first && cat \"$2\"\n";

START_TEST(what_was_made_meanwhile_is_not_replaced)
{
	struct place p = place_make();
	struct run r = e2e_run((const char *const[]){"/bin/sh", "-c", two_inits, p.program,
				       p.config, p.jwt, unnamed[_i], NULL},
		NULL);
	expect_exit(r, 0);
	ck_assert_int_eq(strncmp(r.out, content(p.jwt), 65), 0);
	expect_says(r.out, e2e_text("%s: is there already\n", p.jwt));
	ck_assert_str_eq(r.out + strlen(r.out) - 65, content(p.jwt));
}
END_TEST

START_TEST(killed_init_is_made_up_for_by_the_next)
{
	struct place p = place_make();
	struct run r = e2e_run((const char *const[]){p.program, "--config", p.config, "init", NULL},
		(const char *const[]){e2e_text("DIALER_TEST_FAULT=%s:kill", unnamed[_i]), NULL});
	expect_exit(r, 128 + 9);
	ck_assert_int_eq(access(p.jwt, F_OK), -1);
	place_init(&p);
	ck_assert_uint_eq(strlen(content(p.jwt)), 65);
	expect_exit(place_run(&p, "history"), 0);
	if (geteuid() == 0)
		expect_file(e2e_text("%s/var", p.dir), 0755, 0, 0);
}
END_TEST

START_TEST(slash_behind_the_data_directory_is_ignored)
{
	struct place p = place_make();
	const char *bare = p.data;
	p.data = e2e_text("%s//", bare);
	place_configure(&p, "");
	expect_says(place_run(&p, "init").out, ": made\n");
	ck_assert_uint_eq(stat_of(bare).st_mode & 07777, 0700);
	expect_exit(place_run(&p, "history"), 0);
}
END_TEST

START_TEST(what_cannot_be_made_is_named_and_the_rest_is_made)
{
	struct place p = place_make();
	const char *file = e2e_text("%s/file", p.dir);
	write_file(file, "", 0644);
	p.jwt = e2e_text("%s/jwt.key", file);
	place_configure(&p, "");
	struct run r = place_run(&p, "init");
	expect_exit(r, 1);
	expect_says(r.err, "dialer: JWT secret ");
	expect_says(r.err, file);
	ck_assert_int_eq(access(p.token, F_OK), 0);
	ck_assert_int_eq(access(e2e_text("%s/FORMAT", p.data), F_OK), 0);

	p.data = file;
	place_configure(&p, "");
	r = place_run(&p, "init");
	expect_exit(r, 1);
	expect_says(r.err, "dialer: data directory ");
}
END_TEST

START_TEST(link_that_leads_nowhere_is_no_key)
{
	struct place p = place_make();
	p.jwt = e2e_text("%s/jwt.key", p.dir);
	place_configure(&p, "");
	ck_assert_int_eq(symlink("/nonexistent/key", p.jwt), 0);
	struct run r = place_run(&p, "init");
	expect_exit(r, 1);
	expect_says(r.err, "leads nowhere");
}
END_TEST

/* --- token --- */

static void check_token(const char *header, struct identity *who)
{
	struct config c;
	struct config_error error;
	struct auth_policy *policy;
	struct buf bad;
	const char *why;
	buf_init(&bad, 1024);
	ck_assert_int_eq(config_load(&c, e2e.config, NULL, &error), ERR_NONE);
	ck_assert_int_eq(auth_policy_load(&c, &policy, &bad), ERR_NONE);
	enum err e = auth_check(policy, header, e2e_now_ms(), who, &why);
	ck_assert_msg(e == ERR_NONE, "%s: %s", header, why);
	auth_policy_free(policy);
	config_release(&c);
	buf_release(&bad);
}

static struct identity identity_of(const char *token_line)
{
	struct identity who;
	char header[AUTH_TOKEN_MAX + 16];
	ck_assert(is_one_line(token_line));
	(void)snprintf(
		header, sizeof(header), "Bearer %.*s", (int)strlen(token_line) - 1, token_line);
	check_token(header, &who);
	return who;
}

static void expect_lifetime(const struct identity *who, int64_t seconds)
{
	int64_t left = who->expires_ms - e2e_now_ms();
	ck_assert_int_le(left, seconds * 1000);
	ck_assert_int_gt(left, (seconds - 30) * 1000);
}

START_TEST(token_is_accepted)
{
	struct run r = dialer("token", "alice");
	expect_exit(r, 0);
	ck_assert_str_eq(r.err, "");
	struct identity who = identity_of(r.out);
	ck_assert_str_eq(who.user, "alice");
	ck_assert(!who.admin);
	expect_lifetime(&who, 3600);
}
END_TEST

START_TEST(token_has_role_lifetime_issuer_and_audience)
{
	e2e_set("DIALER_JWT_ISSUER", "https://intranet.example");
	e2e_set("DIALER_JWT_AUDIENCE", "dialer");
	struct run r = dialer("token", "--admin", "J\xc3\xb6rg Q", "--ttl=86400");
	expect_exit(r, 0);
	struct identity who = identity_of(r.out);
	ck_assert_str_eq(who.user, "J\xc3\xb6rg Q");
	ck_assert(who.admin);
	expect_lifetime(&who, 86400);
}
END_TEST

START_TEST(public_key_makes_no_token)
{
	e2e_set("DIALER_JWT_ALG", "RS256");
	struct run r = dialer("token", "alice");
	expect_exit(r, 1);
	ck_assert_str_eq(r.out, "");
	expect_says(r.err, "HS256");
	ck_assert(is_one_line(r.err));
}
END_TEST

START_TEST(bad_secret_makes_no_token_and_is_not_shown)
{
	const char *path = e2e_file("short.key", "short-secret\n", 13);
	e2e_set("DIALER_JWT_SECRET_FILE", path);
	struct run r = dialer("token", "alice");
	expect_exit(r, 1);
	ck_assert_str_eq(r.out, "");
	expect_says(r.err, path);
	expect_silent_about(r.err, "short-secret");
	e2e_set("DIALER_JWT_SECRET_FILE", "/nonexistent.key");
	r = dialer("token", "alice");
	expect_exit(r, 1);
	expect_says(r.err, "/nonexistent.key");
}
END_TEST

/* --- users --- */

START_TEST(users_are_set_listed_and_unset)
{
	expect_exit(dialer("user", "set", "bob", "--aircall-user", "457"), 0);
	expect_exit(
		dialer("user", "set", "alice", "--aircall-user=456", "--aircall-number", "1234"),
		0);
	struct run r = dialer("user", "list");
	expect_exit(r, 0);
	ck_assert_str_eq(r.out, "USER   AIRCALL USER  AIRCALL NUMBER\n"
				"alice  456           1234\n"
				"bob    457           default\n");
	expect_exit(dialer("user", "unset", "alice"), 0);
	r = dialer("user", "list", "--json");
	ck_assert_str_eq(r.out, "[{\"userId\":\"bob\",\"aircallUserId\":457}]\n");
	r = dialer("user", "unset", "alice");
	expect_exit(r, 1);
	expect_says(r.err, "dialer: alice has no settings\n");
	if (geteuid() == 0)
		expect_all_owned(e2e.data, account("www-data")->pw_uid);
}
END_TEST

START_TEST(setting_one_keeps_the_other)
{
	expect_exit(dialer("user", "set", "a", "--aircall-user", "9007199254740993"), 0);
	expect_exit(dialer("user", "set", "a", "--aircall-number", "7"), 0);
	expect_says(dialer("user", "list", "--json").out,
		"\"aircallUserId\":9007199254740993,\"aircallNumberId\":7");
	expect_exit(dialer("user", "set", "a", "--aircall-user", "8"), 0);
	expect_says(
		dialer("user", "list", "--json").out, "\"aircallUserId\":8,\"aircallNumberId\":7");
}
END_TEST

START_TEST(columns_are_aligned_for_all_scripts)
{
	expect_exit(dialer("user", "set", "m\xc3\xbcller", "--aircall-user", "1"), 0);
	/* Two characters, each two columns wide. */
	expect_exit(dialer("user", "set", "\xe6\x9d\xb1\xe4\xba\xac", "--aircall-user", "2"), 0);
	ck_assert_str_eq(dialer("user", "list").out,
		"USER    AIRCALL USER  AIRCALL NUMBER\n"
		"m\xc3\xbcller  1             default\n"
		"\xe6\x9d\xb1\xe4\xba\xac    2             default\n");
}
END_TEST

START_TEST(long_names_are_cut_at_a_character)
{
	const char *name = e2e_text("%s\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc", e2e_repeat('x', 38));
	expect_exit(dialer("user", "set", name, "--aircall-user", "1"), 0);
	struct run r = dialer("user", "list");
	expect_says(r.out, e2e_text("\n%s\xc3\xbc\xe2\x80\xa6  1 ", e2e_repeat('x', 38)));
	ck_assert(text_is_utf8(r.out, strlen(r.out)));
}
END_TEST

/* --- call --- */

#define NUMBER "+15551234567"

static json_t *newest_call(void)
{
	struct run r = dialer("history", "--limit", "1", "--format", "json");
	expect_exit(r, 0);
	json_t *j = json_loads(r.out, 0, NULL);
	ck_assert_msg(j != NULL, "no JSON: %s", r.out);
	return j;
}

static void expect_newest(const char *user, const char *status, const char *reason)
{
	json_t *j = newest_call();
	ck_assert_msg(text_is(j, "calls.0.userId", user), "%s", text_at(j, "calls.0.userId"));
	ck_assert_msg(text_is(j, "calls.0.status", status), "%s", text_at(j, "calls.0.status"));
	if (reason != NULL)
		ck_assert_msg(
			text_is(j, "calls.0.reason", reason), "%s", text_at(j, "calls.0.reason"));
	else
		ck_assert_ptr_null(json_at(j, "calls.0.reason"));
	json_decref(j);
}

START_TEST(call_is_placed)
{
	struct run r = dialer("call", "+1 (555) 123-4567", "--user", "alice", "--client", "c-1");
	expect_exit(r, 0);
	expect_says(r.out, "Aircall took the call to " NUMBER);
	expect_says(r.out, "user 1527216");
	ck_assert_int_eq(sim_calls(NUMBER), 1);
	expect_newest("alice", "initiated", NULL);
	json_t *j = newest_call();
	ck_assert(text_is(j, "calls.0.clientId", "c-1"));
	ck_assert(text_is(j, "calls.0.phoneNumber", NUMBER));
	expect_says(r.out, text_at(j, "calls.0.id"));
	json_decref(j);
	expect_silent_about(r.out, "Dialpad");
	expect_silent_about(r.err, "sim-token");
}
END_TEST

START_TEST(call_is_placed_for_the_aircall_user_of_the_user)
{
	expect_exit(
		dialer("user", "set", "alice", "--aircall-user", "456", "--aircall-number", "1234"),
		0);
	struct run r = dialer("call", NUMBER, "--user", "alice");
	expect_exit(r, 0);
	expect_says(r.out, "user 456 rings (number 1234)");
	r = dialer("call", "+12125550101", "--user", "alice", "--aircall-user", "2078847",
		"--aircall-number", "1389850");
	expect_exit(r, 0);
	expect_says(r.out, "user 2078847 rings (number 1389850)");
	e2e_set("AIRCALL_ALLOW_OVERRIDE", "no");
	r = dialer("call", "+12125550102", "--user", "alice", "--aircall-user", "456");
	expect_exit(r, 1);
	expect_says(r.out, "AIRCALL_ALLOW_OVERRIDE");
	ck_assert_int_eq(sim_placings(NULL), 2);
}
END_TEST

/* What the provider answers, and what is said of it. */
static const struct {
	const char *script, *reason, *says;
} refusals[] = {
	{"{\"to\":\"*\",\"outcome\":\"refuse\",\"status\":401}", "aircall_unauthorized",
		"the API id or token was rejected"},
	{"{\"to\":\"*\",\"outcome\":\"refuse\",\"status\":403}", "aircall_unauthorized",
		"the API id or token was rejected"},
	{"{\"to\":\"*\",\"outcome\":\"refuse\",\"status\":405}", "aircall_user_unavailable",
		"open Aircall Workspace, be available, end the current call"},
	{"{\"to\":\"*\",\"outcome\":\"rate_limited\"}", "aircall_rate_limited",
		"too many requests"},
	{"{\"to\":\"*\",\"outcome\":\"refuse\",\"status\":400,\"body\":{\"error\":\"Bad Request\","
	 "\"troubleshoot\":\"number is not yours\"}}",
		"aircall_rejected", "number is not yours"},
};

START_TEST(refusals_are_explained)
{
	sim_script(refusals[_i].script);
	struct run r = dialer("call", NUMBER, "--user", "alice", "--no-fallback");
	expect_exit(r, 1);
	expect_says(r.out, "No provider took the call");
	expect_says(r.out, refusals[_i].says);
	expect_says(r.out, e2e_text("(%s)", refusals[_i].reason));
	expect_newest("alice", "failed", refusals[_i].reason);
}
END_TEST

START_TEST(call_that_nobody_takes_is_left_to_the_device)
{
	sim_script(refusals[2].script);
	struct run r = dialer("call", NUMBER, "--user", "alice");
	expect_exit(r, 1);
	expect_says(r.out, "tel:" NUMBER);
	expect_newest("alice", "handed-off", "aircall_user_unavailable");
}
END_TEST

START_TEST(provider_that_is_down_is_told_from_one_that_refuses)
{
	e2e_set("AIRCALL_BASE_URL", "http://127.0.0.1:1");
	struct run r = dialer("call", NUMBER, "--user", "alice", "--no-fallback");
	expect_exit(r, 1);
	expect_says(r.out, "could not be reached");
	expect_newest("alice", "failed", "aircall_unreachable");
}
END_TEST

START_TEST(wrong_key_is_refused_and_not_shown)
{
	e2e_set("AIRCALL_API_KEY", "some-id:some-secret-token");
	struct run r = dialer("call", NUMBER, "--user", "alice", "--no-fallback");
	expect_exit(r, 1);
	expect_says(r.out, "check AIRCALL_API_KEY");
	expect_silent_about(r.out, "some-secret-token");
	expect_silent_about(r.err, "some-secret-token");
}
END_TEST

static const char *const unclear[] = {"{\"to\":\"*\",\"outcome\":\"fail\"}",
	"{\"to\":\"*\",\"outcome\":\"close\"}", "{\"to\":\"*\",\"outcome\":\"garbage\"}",
	"{\"to\":\"*\",\"outcome\":\"hang\"}"};

START_TEST(unclear_answers_are_no_success)
{
	e2e_set("DIALER_PROVIDER_TIMEOUT", "1");
	sim_script(unclear[_i]);
	struct run r = dialer("call", NUMBER, "--user", "alice");
	expect_exit(r, 1);
	expect_says(r.out, "Aircall gave no clear answer");
	expect_says(r.out, "Look at the phone before dialling again");
	expect_newest("alice", "unconfirmed", NULL);
	ck_assert_int_eq(sim_placings(NULL), 1);
}
END_TEST

START_TEST(guard_policy_and_brake_apply)
{
	expect_exit(dialer("call", NUMBER, "--user", "alice"), 0);
	struct run r = dialer("call", NUMBER, "--user", "alice");
	expect_exit(r, 1);
	expect_says(r.out, "is being called already");
	expect_silent_about(r.out, "Dialpad");
	e2e_set("DIALER_BLOCKED_PREFIXES", "+49");
	r = dialer("call", "+4930123456", "--user", "alice");
	expect_exit(r, 1);
	expect_says(r.out, "not allowed (dialer policy test says why)");
	e2e_set("DIALER_CALLS_PER_MINUTE", "1");
	r = dialer("call", "+12125550100", "--user", "alice");
	expect_exit(r, 1);
	expect_says(r.out, "DIALER_CALLS_PER_MINUTE");
	ck_assert_int_eq(sim_placings(NULL), 1);
}
END_TEST

START_TEST(key_places_one_call)
{
	struct run first = dialer("call", NUMBER, "--user", "alice", "--key", "k-1");
	struct run again = dialer("call", NUMBER, "--user", "alice", "--key", "k-1");
	expect_exit(first, 0);
	expect_exit(again, 0);
	ck_assert_str_eq(first.out, again.out);
	struct run other = dialer("call", "+12125550109", "--user", "alice", "--key", "k-1");
	expect_exit(other, 1);
	expect_says(other.out, "used for another request");
	ck_assert_int_eq(sim_placings(NULL), 1);
}
END_TEST

START_TEST(only_the_named_provider_is_asked)
{
	struct run r =
		dialer("call", NUMBER, "--user", "alice", "--provider", "dialpad", "--no-fallback");
	expect_exit(r, 1);
	expect_says(r.out, "Dialpad: it is not set up");
	expect_silent_about(r.out, "Aircall");
	ck_assert_int_eq(sim_placings(NULL), 0);
	expect_newest("alice", "failed", "not_configured");
}
END_TEST

START_TEST(national_number_needs_the_country_code)
{
	expect_exit(dialer("call", "2125550100", "--user", "alice"), 2);
	ck_assert_int_eq(sim_placings(NULL), 0);
	e2e_set("DIALER_DEFAULT_COUNTRY_CODE", "1");
	expect_exit(dialer("call", "2125550100", "--user", "alice"), 0);
	ck_assert_int_eq(sim_calls("+12125550100"), 1);
}
END_TEST

START_TEST(no_call_without_storage)
{
	e2e_set("DIALER_DATA_DIR", "/nonexistent/data");
	struct run r = dialer("call", NUMBER, "--user", "alice");
	expect_exit(r, 1);
	ck_assert_str_eq(r.out, "");
	ck_assert_int_eq(sim_placings(NULL), 0);
}
END_TEST

/* --- test-dialer --- */

#define test_dialer(...)                                                                           \
	e2e_run((const char *const[]){"bin/test-dialer", __VA_ARGS__, NULL},                       \
		(const char *const[]){e2e_text("DIALER_CONFIG=%s", e2e.config), NULL})

START_TEST(test_call_is_in_the_history)
{
	struct run r = test_dialer(NUMBER);
	expect_exit(r, 0);
	expect_says(r.out, "Aircall took the call");
	expect_newest("test-dialer", "initiated", NULL);
	r = test_dialer("--user", "alice", "--provider=aircall", NUMBER, "--config", e2e.config);
	expect_exit(r, 0);
	expect_newest("alice", "initiated", NULL);
	ck_assert_int_eq(sim_calls(NUMBER), 2);
}
END_TEST

START_TEST(test_call_that_is_refused_has_failed)
{
	sim_script(refusals[_i].script);
	struct run r = test_dialer(NUMBER);
	expect_exit(r, 1);
	expect_says(r.out, refusals[_i].says);
	expect_newest("test-dialer", "failed", refusals[_i].reason);
}
END_TEST

START_TEST(test_call_through_dialpad_does_not_ask_aircall)
{
	struct run r = test_dialer(NUMBER, "--provider", "dialpad");
	expect_exit(r, 1);
	expect_says(r.out, "Dialpad: it is not set up");
	ck_assert_int_eq(sim_placings(NULL), 0);
}
END_TEST

START_TEST(test_dialer_reads_its_command_line_strictly)
{
	struct run r[] = {test_dialer("--user"), test_dialer("--user", "alice"),
		test_dialer(NUMBER, NUMBER), test_dialer(NUMBER, "--bogus"),
		test_dialer(NUMBER, "--user="), test_dialer(NUMBER, "--provider", "tel"),
		test_dialer("12"), test_dialer("--", "-x")};
	for (int i = 0; i < COUNT(r); i++) {
		ck_assert_msg(r[i].status == 2, "%d: %d %s", i, r[i].status, r[i].err);
		ck_assert_msg(is_one_line(r[i].err), "%d: %s", i, r[i].err);
		ck_assert_str_eq(r[i].out, "");
	}
	ck_assert_int_eq(sim_placings(NULL), 0);
	expect_exit(test_dialer("--help"), 0);
}
END_TEST

/* --- history and show --- */

/* Five calls: of alice to +12125550101, 102, 103, of bob to 104, 105. */
static void place_some(void)
{
	for (int i = 1; i <= 5; i++)
		expect_exit(dialer("call", e2e_text("+1212555010%d", i), "--user",
				    i <= 3 ? "alice"
					   : "b\xc3\xb6"
					     "b",
				    "--client", e2e_text("client-%d", i)),
			0);
}

static const char *id_of_newest(void)
{
	json_t *j = newest_call();
	const char *id = e2e_text("%s", text_at(j, "calls.0.id"));
	json_decref(j);
	return id;
}

START_TEST(history_is_a_table)
{
	ck_assert_str_eq(dialer("history").out, "No calls.\n");
	place_some();
	struct run r = dialer("history");
	expect_exit(r, 0);
	expect_says(r.out, "5 calls, page 1 of 1\n");
	ck_assert_int_eq(lines_of(r.out), 8);
	/* In each line the number begins in one column, counted in characters. */
	size_t column = 0;
	const char *line = r.out;
	for (int i = 0; i < 6; i++, line = strchr(line, '\n') + 1) {
		const char *number = strstr(line, i == 0 ? "NUMBER" : "+1212");
		ck_assert_ptr_nonnull(number);
		size_t at = 0;
		for (const char *s = line; s < number; s++)
			at += ((unsigned char)*s & 0xc0) != 0x80;
		ck_assert_msg(i == 0 || at == column, "%s", r.out);
		column = at;
		ck_assert_msg(strchr(line, '\n')[-1] != ' ', "%s", r.out);
	}
}
END_TEST

START_TEST(history_pages_and_filters)
{
	place_some();
	struct run r = dialer("history", "--limit", "2", "--page", "3");
	expect_says(r.out, "5 calls, page 3 of 3\n");
	expect_says(r.out, "+12125550101");
	expect_silent_about(r.out, "+12125550102");
	r = dialer("history", "--user",
		"b\xc3\xb6"
		"b");
	expect_says(r.out, "2 calls");
	expect_silent_about(r.out, "alice");
	expect_says(dialer("history", "--all").out, "5 calls");
	expect_says(dialer("history", "--phone", "+1 212 555-0102").out, "1 call,");
	expect_says(dialer("history", "--client", "client-5").out, "+12125550105");
	expect_says(dialer("history", "--status", "initiated").out, "5 calls");
	ck_assert_str_eq(dialer("history", "--status", "busy").out, "No calls.\n");
	ck_assert_str_eq(dialer("history", "--provider", "dialpad").out, "No calls.\n");
	ck_assert_str_eq(dialer("history", "--deal", "x", "--contact", "y").out, "No calls.\n");
	ck_assert_str_eq(dialer("history", "--to", "2020-01-01T00:00:00Z").out, "No calls.\n");
	expect_says(dialer("history", "--from", "2020-01-01T00:00:00+01:00").out, "5 calls");
	expect_says(dialer("history", "--page", "9").out, "5 calls, page 9 of 1\n");
}
END_TEST

START_TEST(history_is_json_of_the_api)
{
	place_some();
	struct run r = dialer("history", "--format", "json", "--limit", "2", "--page", "2");
	expect_exit(r, 0);
	ck_assert(is_one_line(r.out));
	json_t *j = json_loads(r.out, 0, NULL);
	ck_assert_ptr_nonnull(j);
	ck_assert_int_eq(int_at(j, "pagination.total"), 5);
	ck_assert_int_eq(int_at(j, "pagination.page"), 2);
	ck_assert_int_eq(int_at(j, "pagination.limit"), 2);
	ck_assert_int_eq(int_at(j, "pagination.pages"), 3);
	ck_assert(text_is(j, "calls.0.phoneNumber", "+12125550103"));
	ck_assert(text_is(j, "calls.0._id", text_at(j, "calls.0.id")));
	json_decref(j);
}
END_TEST

START_TEST(history_is_csv_of_all_calls)
{
	place_some();
	struct run r = dialer("history", "--format=csv");
	expect_exit(r, 0);
	ck_assert_int_eq(strncmp(r.out, "id,userId,provider,direction,phoneNumber,", 41), 0);
	ck_assert_int_eq(lines_of(r.out), 6);
	r = dialer("history", "--format=csv", "--limit=2");
	ck_assert_int_eq(lines_of(r.out), 3);
	expect_says(r.out, ",client-5,");
	expect_says(r.out, ",client-4,");
	r = dialer("history", "--format=csv", "--user=alice");
	ck_assert_int_eq(lines_of(r.out), 4);
}
END_TEST

static const char hundred_and_twenty_calls[] =
	"i=100; while [ $i -lt 220 ]; do\n"
	"	\"$0\" --config \"$1\" call +12125550$i --user a >/dev/null\n"
	"	i=$((i + 1))\n"
	"done\n";

/* Longer than one stay in storage. */
START_TEST(csv_has_every_call_once)
{
	e2e_set("AIRCALL_API_KEY", NULL);
	struct run r = e2e_run((const char *const[]){"/bin/sh", "-c", hundred_and_twenty_calls,
				       e2e_text("%s/bin/dialer", e2e.build), e2e.config, NULL},
		NULL);
	expect_exit(r, 0);
	r = dialer("history", "--format", "csv");
	ck_assert_int_eq(lines_of(r.out), 121);
	const char *at = r.out;
	for (int i = 219; i >= 100; i--) {
		at = strstr(at, e2e_text("+12125550%d", i));
		ck_assert_msg(at != NULL, "call %d is missing or out of order", i);
	}
}
END_TEST

START_TEST(call_is_shown)
{
	expect_exit(dialer("call", NUMBER, "--user", "alice", "--deal", "d-1"), 0);
	const char *id = id_of_newest();
	struct run r = dialer("show", id);
	expect_exit(r, 0);
	expect_says(r.out, e2e_text("id            %s\n", id));
	expect_says(r.out, "user          alice\n");
	expect_says(r.out, "number        " NUMBER "\n");
	expect_says(r.out, "status        initiated\n");
	expect_says(r.out, "deal          d-1\n");
	expect_silent_about(r.out, "notes");
	expect_silent_about(r.out, "duration");
	r = dialer("show", id, "--json");
	json_t *j = json_loads(r.out, 0, NULL);
	ck_assert_msg(text_is(j, "id", id) && text_is(j, "dealId", "d-1"), "%s", r.out);
	json_decref(j);
	r = dialer("show", "6740b1c20000000000000000");
	expect_exit(r, 1);
	expect_says(r.err, "there is no call 6740b1c20000000000000000");
}
END_TEST

/* In a process of its own, which gives up root as the programs do. */
static void set_notes(const char *id_text, const char *notes)
{
	pid_t pid = fork();
	if (pid == 0) {
		struct log log;
		struct store *s = NULL;
		struct buf why;
		struct callid id;
		struct call c;
		const struct store_options o = {.data_dir = e2e.data, .log = &log};
		log_init(&log, "test");
		buf_init(&why, 1024);
		call_init(&c);
		_exit(privilege_become_owner(e2e.data, &why) == ERR_NONE &&
					callid_parse(id_text, strlen(id_text), &id) &&
					store_open(&s, &o) == ERR_NONE &&
					store_notes_set(s, &id, "alice", notes, -1, 1, &c) ==
						ERR_NONE
				? 0
				: 1);
	}
	int status;
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}

/* Notes come from a browser; a terminal obeys escape sequences. */
START_TEST(notes_cannot_command_the_terminal)
{
	expect_exit(dialer("call", NUMBER, "--user", "alice"), 0);
	const char *id = id_of_newest();
	set_notes(id, "one\n\x1b]0;owned\x07two \xc2\x9bm\xc3\xbc\xc3\x9f");
	struct run r = dialer("show", id);
	expect_exit(r, 0);
	expect_says(r.out, "notes         one\n              ]0;ownedtwo m\xc3\xbc\xc3\x9f\n");
}
END_TEST

START_TEST(upgrade_says_what_it_found)
{
	struct run r = dialer("upgrade");
	expect_exit(r, 0);
	expect_says(r.out, "made anew with format 1");
	r = dialer("upgrade");
	expect_exit(r, 0);
	expect_says(r.out, "format 1 is up to date");
	write_file(e2e_text("%s/FORMAT", e2e.data), "99\n", 0644);
	r = dialer("upgrade");
	expect_exit(r, 1);
	expect_says(r.err, "format 99");
	ck_assert_str_eq(r.out, "");
	expect_exit(dialer("history"), 1);
}
END_TEST

/* --- command line, settings, output --- */

#define ARGS(...)                                                                                  \
	(const char *const[])                                                                      \
	{                                                                                          \
		__VA_ARGS__, NULL                                                                  \
	}

static const struct {
	const char *const *args;
	const char *says;
} misuses[] = {
	{(const char *const[]){NULL}, "which command"},
	{ARGS("bogus"), "unknown command bogus"},
	{ARGS("user"), "user set, user list, user unset"},
	{ARGS("user", "bogus"), "unknown command user bogus"},
	{ARGS("users", "list"), "unknown command users"},
	{ARGS("--bogus", "init"), "unknown option --bogus"},
	{ARGS("init", "--bogus=1"), "unknown option --bogus"},
	{ARGS("init", "-x"), "unknown option -x"},
	{ARGS("init", "now"), "too many arguments: now"},
	{ARGS("init", "--config", "x"), "--config is given twice"},
	{ARGS("token"), "USER is missing"},
	{ARGS("token", "a", "b"), "too many arguments: b"},
	{ARGS("token", "a", "b", "c", "d"), "too many arguments: c"},
	{ARGS("token", "a", "--ttl"), "--ttl needs a value"},
	{ARGS("token", "--ttl", "--admin", "a"), "--ttl needs a value"},
	{ARGS("token", "--ttl=", "a"), "--ttl needs a value"},
	{ARGS("token", "--ttl=0", "a"), "whole number from 1"},
	{ARGS("token", "--ttl", "-5", "a"), "whole number from 1"},
	{ARGS("token", "--ttl=1h", "a"), "whole number from 1"},
	{ARGS("token", "--ttl=316224001", "a"), "to 316224000"},
	{ARGS("token", "--ttl=99999999999999999999", "a"), "whole number from 1"},
	{ARGS("token", "--ttl=1", "--ttl=2", "a"), "--ttl is given twice"},
	{ARGS("token", "--admin=yes", "a"), "--admin takes no value"},
	{ARGS("token", ""), "user id"},
	{ARGS("token", "a\nb"), "user id"},
	{ARGS("token", "\xff"), "user id"},
	{ARGS("user", "set", "a"), "--aircall-user, --aircall-number or both"},
	{ARGS("user", "set", "a", "--aircall-user", "0"), "whole number from 1"},
	{ARGS("user", "set", "a", "--aircall-number", "x"), "whole number from 1"},
	{ARGS("user", "unset"), "USER is missing"},
	{ARGS("user", "list", "a"), "too many arguments: a"},
	{ARGS("call", "--user", "a"), "NUMBER is missing"},
	{ARGS("call", "+15551234567"), "--user is missing"},
	{ARGS("call", "+1555", "--user", "a"), "+1555: "},
	{ARGS("call", "5551234567", "--user", "a"), "country code"},
	{ARGS("call", "+15551234567", "--user", "a", "--provider", "tel"), "aircall or dialpad"},
	{ARGS("call", "+15551234567", "--user", "a", "--key", "a b"), "visible ASCII"},
	{ARGS("call", "+15551234567", "--user", "a", "--client", "\xff"), "UTF-8"},
	{ARGS("history", "--user", "a", "--all"), "exclude each other"},
	{ARGS("history", "--page", "0"), "whole number from 1"},
	{ARGS("history", "--limit", "1001"), "from 1 to 1000"},
	{ARGS("history", "--format", "xml"), "text, json or csv"},
	{ARGS("history", "--status", "gone"), "gone"},
	{ARGS("history", "--provider", "x"), "dialpad, aircall, cti or tel"},
	{ARGS("history", "--phone", "x"), "--phone: "},
	{ARGS("history", "--from", "yesterday"), "--from must be a time"},
	{ARGS("history", "--from", "2026-01-02T00:00:00Z", "--to", "2026-01-01T00:00:00Z"),
		"--from is after --to"},
	{ARGS("show"), "ID is missing"},
	{ARGS("show", "xyz"), "24 lowercase hexadecimal digits"},
	{ARGS("show", "6740B1C20000000000000000"), "24 lowercase hexadecimal digits"},
	{ARGS("explain"), "ID is missing"},
	{ARGS("explain", "xyz"), "24 lowercase hexadecimal digits"},
	{ARGS("help", "bogus"), "unknown command bogus"},
	{ARGS("help", "init", "now"), "too many arguments: now"},
};

START_TEST(wrong_command_lines_are_explained_in_one_line)
{
	struct run r = run_dialer(misuses[_i].args);
	expect_exit(r, 2);
	expect_says(r.err, misuses[_i].says);
	ck_assert_msg(is_one_line(r.err), "%s", r.err);
	ck_assert_int_eq(strncmp(r.err, "dialer: ", 8), 0);
	ck_assert_str_eq(r.out, "");
}
END_TEST

static const char *const commands[] = {"init", "token", "user set", "user list", "user unset",
	"call", "history", "show", "explain", "reconcile", "aircall users", "aircall numbers",
	"upgrade"};

/* Also where nothing is configured, or all of it wrongly. */
START_TEST(every_command_has_help)
{
	e2e_set("DIALER_BOGUS", "1");
	char word[32];
	(void)snprintf(word, sizeof(word), "%s", commands[_i]);
	char *second = strchr(word, ' ');
	if (second != NULL)
		*second++ = '\0';
	struct run r = second != NULL ? dialer("help", word, second) : dialer("help", word);
	expect_exit(r, 0);
	expect_says(r.out, e2e_text("Usage: dialer [--config FILE] %s", commands[_i]));
	expect_says(r.out, "  --config FILE");
	struct run same = second != NULL ? dialer(word, second, "--help") : dialer(word, "--help");
	expect_exit(same, 0);
	ck_assert_str_eq(r.out, same.out);
	expect_says(dialer("--help").out, e2e_text("\n  %s", commands[_i]));
	struct run v =
		second != NULL ? dialer(word, second, "--version") : dialer(word, "--version");
	expect_exit(v, 0);
	ck_assert_int_eq(strncmp(v.out, "dialer ", 7), 0);
}
END_TEST

START_TEST(help_shows_groups_and_everything)
{
	struct run r = dialer("help", "user");
	expect_exit(r, 0);
	expect_says(r.out, "user set USER");
	expect_says(r.out, "user list");
	expect_says(r.out, "user unset USER");
	ck_assert_str_eq(dialer("help").out, dialer("--help").out);
	ck_assert_str_eq(dialer("--version").out, dialer("token", "--version").out);
}
END_TEST

START_TEST(wrong_settings_are_named_by_file_line_and_key)
{
	const char *path = e2e_file("wrong.env", "# one\nDIALER_BOGUS=secret-value\n", 33);
	const char *program = e2e_text("%s/bin/dialer", e2e.build);
	struct run r = e2e_run(ARGS(program, "--config", path, "history"), NULL);
	expect_exit(r, 1);
	expect_says(r.err, e2e_text("dialer: %s:2: DIALER_BOGUS: unknown setting\n", path));
	expect_silent_about(r.err, "secret-value");
	r = e2e_run(ARGS(program, "history"), ARGS(e2e_text("DIALER_CONFIG=%s", path)));
	expect_exit(r, 1);
	expect_says(r.err, ":2: DIALER_BOGUS");
	r = e2e_run(ARGS(program, "--config", "/nonexistent.env", "history"), NULL);
	expect_exit(r, 1);
	expect_says(r.err, "dialer: /nonexistent.env: there is no such file\n");
	r = e2e_run(ARGS(program, "--config", e2e.config, "history"), ARGS("AIRCALL_USER_ID=x"));
	expect_exit(r, 1);
	expect_says(r.err, "dialer: environment: AIRCALL_USER_ID: ");
	ck_assert(is_one_line(r.err));
}
END_TEST

START_TEST(environment_overrides_the_file)
{
	struct run r = e2e_run(ARGS(e2e_text("%s/bin/dialer", e2e.build), "--config", e2e.config,
				       "call", NUMBER, "--user", "a"),
		ARGS("AIRCALL_USER_ID=456", "AIRCALL_NUMBER_ID=1234"));
	expect_exit(r, 0);
	expect_says(r.out, "user 456 rings (number 1234)");
}
END_TEST

START_TEST(missing_data_directory_is_told)
{
	e2e_set("DIALER_DATA_DIR", "/nonexistent/data");
	struct run r = dialer("history");
	expect_exit(r, 1);
	ck_assert_str_eq(r.out, "");
	expect_says(r.err, "/nonexistent/data");
	expect_exit(dialer("token", "alice"), 0);
}
END_TEST

START_TEST(output_that_cannot_be_written_is_a_failure)
{
	const char *program = e2e_text("%s/bin/dialer", e2e.build);
	const char *const lines[] = {"token alice", "history", "history --format csv", "--help",
		"--version", "user list --json"};
	for (int i = 0; i < COUNT(lines); i++) {
		struct run r = e2e_run(ARGS("/bin/sh", "-c", "\"$0\" --config \"$1\" $2 >/dev/full",
					       program, e2e.config, lines[i]),
			NULL);
		ck_assert_msg(r.status == 1, "%s: %d", lines[i], r.status);
		expect_says(r.err, "dialer: standard output: No space left on device\n");
		ck_assert_msg(is_one_line(r.err), "%s", r.err);
	}
}
END_TEST

/* Closed standard streams must not lead to a database that is written full of text. */
START_TEST(closed_streams_harm_nothing)
{
	const char *closed = "\"$0\" --config \"$1\" user set a --aircall-user 5 <&- >&- 2>&-";
	struct run r = e2e_run(
		ARGS("/bin/sh", "-c", closed, e2e_text("%s/bin/dialer", e2e.build), e2e.config),
		NULL);
	expect_exit(r, 0);
	expect_says(dialer("user", "list", "--json").out, "\"aircallUserId\":5");
}
END_TEST

/* --- the suite --- */

static TCase *add_case(Suite *s, const char *name)
{
	TCase *t = tcase_create(name);
	e2e_case(t, 60);
	suite_add_tcase(s, t);
	return t;
}

static void add_init(Suite *s)
{
	TCase *t = add_case(s, "init");
	tcase_add_test(t, init_by_root_is_for_www_data);
	tcase_add_test(t, init_by_a_user_is_for_him_alone);
	tcase_add_test(t, keys_are_random_lines);
	tcase_add_test(t, init_says_what_it_made_and_what_was_there);
	tcase_add_test(t, init_again_changes_nothing);
	tcase_add_test(t, init_only_warns_of_a_bad_key);
	tcase_add_test(t, init_makes_no_secret_where_a_public_key_is_used);
	tcase_add_test(t, init_takes_an_empty_directory_of_root_over);
	tcase_add_test(t, directory_of_root_that_is_in_use_stays_his);
	tcase_add_test(t, temporary_directory_of_root_is_opened_for_passing);
	tcase_add_test(t, key_of_root_alone_is_opened_to_the_service);
	tcase_add_test(t, keys_are_for_the_owner_of_the_data);
	tcase_add_test(t, keys_may_lie_in_the_data_directory);
	tcase_add_test(t, many_inits_at_once_make_one_key);
	tcase_add_loop_test(t, what_was_made_meanwhile_is_not_replaced, 0, COUNT(unnamed));
	tcase_add_loop_test(t, killed_init_is_made_up_for_by_the_next, 0, COUNT(unnamed));
	tcase_add_test(t, slash_behind_the_data_directory_is_ignored);
	tcase_add_test(t, what_cannot_be_made_is_named_and_the_rest_is_made);
	tcase_add_test(t, link_that_leads_nowhere_is_no_key);
}

static void add_tokens_and_users(Suite *s)
{
	TCase *t = add_case(s, "token");
	tcase_add_test(t, token_is_accepted);
	tcase_add_test(t, token_has_role_lifetime_issuer_and_audience);
	tcase_add_test(t, public_key_makes_no_token);
	tcase_add_test(t, bad_secret_makes_no_token_and_is_not_shown);

	t = add_case(s, "user");
	tcase_add_test(t, users_are_set_listed_and_unset);
	tcase_add_test(t, setting_one_keeps_the_other);
	tcase_add_test(t, columns_are_aligned_for_all_scripts);
	tcase_add_test(t, long_names_are_cut_at_a_character);
}

static void add_calls(Suite *s)
{
	TCase *t = add_case(s, "call");
	tcase_add_test(t, call_is_placed);
	tcase_add_test(t, call_is_placed_for_the_aircall_user_of_the_user);
	tcase_add_loop_test(t, refusals_are_explained, 0, COUNT(refusals));
	tcase_add_test(t, call_that_nobody_takes_is_left_to_the_device);
	tcase_add_test(t, provider_that_is_down_is_told_from_one_that_refuses);
	tcase_add_test(t, wrong_key_is_refused_and_not_shown);
	tcase_add_loop_test(t, unclear_answers_are_no_success, 0, COUNT(unclear));
	tcase_add_test(t, guard_policy_and_brake_apply);
	tcase_add_test(t, key_places_one_call);
	tcase_add_test(t, only_the_named_provider_is_asked);
	tcase_add_test(t, national_number_needs_the_country_code);
	tcase_add_test(t, no_call_without_storage);

	t = add_case(s, "test-dialer");
	tcase_add_test(t, test_call_is_in_the_history);
	tcase_add_loop_test(t, test_call_that_is_refused_has_failed, 0, COUNT(refusals));
	tcase_add_test(t, test_call_through_dialpad_does_not_ask_aircall);
	tcase_add_test(t, test_dialer_reads_its_command_line_strictly);
}

static void add_history(Suite *s)
{
	TCase *t = add_case(s, "history");
	tcase_add_test(t, history_is_a_table);
	tcase_add_test(t, history_pages_and_filters);
	tcase_add_test(t, history_is_json_of_the_api);
	tcase_add_test(t, history_is_csv_of_all_calls);
	tcase_add_test(t, csv_has_every_call_once);
	tcase_add_test(t, call_is_shown);
	tcase_add_test(t, notes_cannot_command_the_terminal);
	tcase_add_test(t, upgrade_says_what_it_found);
}

static void add_usage(Suite *s)
{
	TCase *t = add_case(s, "usage");
	tcase_add_loop_test(t, wrong_command_lines_are_explained_in_one_line, 0, COUNT(misuses));
	tcase_add_loop_test(t, every_command_has_help, 0, COUNT(commands));
	tcase_add_test(t, help_shows_groups_and_everything);
	tcase_add_test(t, wrong_settings_are_named_by_file_line_and_key);
	tcase_add_test(t, environment_overrides_the_file);
	tcase_add_test(t, missing_data_directory_is_told);
	tcase_add_test(t, output_that_cannot_be_written_is_a_failure);
	tcase_add_test(t, closed_streams_harm_nothing);
}

int main(void)
{
	Suite *s = suite_create("dialer");
	add_init(s);
	add_tokens_and_users(s);
	add_calls(s);
	add_history(s);
	add_usage(s);
	return e2e_main_without_server(s);
}
