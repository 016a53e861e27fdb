/* The administrator's side of Dialpad: who is connected, the key of the tokens, a call to try it. */
#include "e2e/dialpad.h"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))
#define LIFE         3600
#define OLD_KEY      "old-key-of-the-tokens-0123456789abcdef\n"
#define OLDER_KEY    "older-key-of-the-tokens-0123456789abcd\n"

static const char *key_path;

static const char *content(const char *path, size_t *len)
{
	static char text[16384];
	FILE *f = fopen(path, "re");
	ck_assert_msg(f != NULL, "%s", path);
	*len = fread(text, 1, sizeof(text) - 1, f);
	text[*len] = '\0';
	ck_assert_int_eq(fclose(f), 0);
	return text;
}

static const char *keys(void)
{
	size_t len;
	return e2e_text("%s", content(key_path, &len));
}

static int lines_of(const char *text)
{
	int n = 0;
	for (; (text = strchr(text, '\n')) != NULL; text++)
		n++;
	return n;
}

static void write_keys(const char *bytes, size_t len)
{
	key_path = e2e_file("keys", bytes, len);
	e2e_set("DIALER_TOKEN_KEY_FILE", key_path);
}

static void setup(void)
{
	dialpad_ready(LIFE);
	write_keys(OLD_KEY, strlen(OLD_KEY));
}

/* Each call goes to a number of its own. */
static struct answer *next_call(const char *user)
{
	static int number;
	return place_to(user, e2e_text("+1555200%04d", ++number));
}

/* --- list and show --- */

START_TEST(list_of_nobody)
{
	struct run r = dialer("dialpad", "list");
	expect_exit(r, 0);
	ck_assert_msg(strncmp(r.out, "USER ", 5) == 0 && lines_of(r.out) == 1, "%s", r.out);
	r = dialer("dialpad", "list", "--json");
	expect_exit(r, 0);
	ck_assert_str_eq(r.out, "[]\n");
	ck_assert_str_eq(r.err, "");
}
END_TEST

/* alice is connected, bob has to connect again, carol's token does not end. */
static void connect_some(void)
{
	connected_as("bob", OTHER_AGENT);
	sim_post("/control/tokens", "{\"revoke\":true,\"user\":\"" OTHER_AGENT "\"}");
	expect_aircall(next_call("bob"));
	expect_needs_reconnect("bob");
	sim_post("/control/settings", "{\"dialpad_expires_in\":0}");
	e2e_set("DIALPAD_SCOPES", "calls:list screen_pop");
	connected("carol");
	sim_post("/control/settings", "{\"dialpad_expires_in\":3600}");
	e2e_set("DIALPAD_SCOPES", "offline_access");
	connected("alice");
}

/* The line that begins with the word. */
static const char *line_of(const char *text, const char *word)
{
	const char *at = strncmp(text, word, strlen(word)) == 0
				 ? text
				 : strstr(text, e2e_text("\n%s", word));
	ck_assert_msg(at != NULL, "no %s in: %s", word, text);
	at += *at == '\n';
	return e2e_text("%.*s", (int)strcspn(at, "\n"), at);
}

START_TEST(list_says_who_is_connected)
{
	connect_some();
	struct run r = dialer("dialpad", "list");
	expect_exit(r, 0);
	ck_assert_int_eq(lines_of(r.out), 4);
	const char *line = line_of(r.out, "alice");
	expect_says(line, AGENT);
	expect_says(line, " connected ");
	expect_says(line, text_at(dialpad_status("alice")->json, "expiresAt"));
	line = line_of(r.out, "bob");
	expect_says(line, OTHER_AGENT);
	expect_says(line, "has to reconnect");
	line = line_of(r.out, "carol");
	expect_says(line, " connected ");
	ck_assert_ptr_null(strstr(line, "Z"));
}
END_TEST

START_TEST(list_and_show_as_json)
{
	connect_some();
	struct run r = dialer("dialpad", "list", "--json");
	expect_exit(r, 0);
	const char *expires = text_at(dialpad_status("alice")->json, "expiresAt");
	const char *alice = e2e_text("{\"userId\":\"alice\",\"dialpadUserId\":\"" AGENT
				     "\",\"connected\":true,\"needsReconnect\":false,"
				     "\"expiresAt\":\"%s\",\"scopes\":\"offline_access\"}",
		expires);
	const char *bob = "{\"userId\":\"bob\",\"dialpadUserId\":\"" OTHER_AGENT
			  "\",\"connected\":false,\"needsReconnect\":true,"
			  "\"scopes\":\"offline_access\"}";
	const char *carol = "{\"userId\":\"carol\",\"dialpadUserId\":\"" AGENT
			    "\",\"connected\":true,\"needsReconnect\":false,"
			    "\"scopes\":\"calls:list screen_pop\"}";
	ck_assert_str_eq(r.out, e2e_text("[%s,%s,%s]\n", alice, bob, carol));
	r = dialer("dialpad", "show", "alice", "--json");
	expect_exit(r, 0);
	ck_assert_str_eq(r.out, e2e_text("%s\n", alice));
	r = dialer("dialpad", "show", "--json", "bob");
	ck_assert_str_eq(r.out, e2e_text("%s\n", bob));
}
END_TEST

START_TEST(show_says_all_but_the_tokens)
{
	connect_some();
	struct run r = dialer("dialpad", "show", "carol");
	expect_exit(r, 0);
	ck_assert_str_eq(r.err, "");
	expect_says(line_of(r.out, "user"), "carol");
	expect_says(line_of(r.out, "Dialpad user"), AGENT);
	expect_says(line_of(r.out, "state"), "connected");
	expect_says(line_of(r.out, "scopes"), "calls:list screen_pop");
	r = dialer("dialpad", "show", "bob");
	expect_says(line_of(r.out, "state"), "has to reconnect");
}
END_TEST

START_TEST(stranger_is_not_connected)
{
	static const char *const words[] = {"show", "disconnect"};
	struct run r = dialer("dialpad", words[_i], "mallory");
	expect_exit(r, 1);
	ck_assert_str_eq(r.out, "");
	ck_assert_str_eq(r.err, "dialer: mallory is not connected to Dialpad\n");
}
END_TEST

START_TEST(wrong_command_lines)
{
	static const char *const lines[][5] = {
		{"dialpad", NULL},
		{"dialpad", "lost", NULL},
		{"dialpad", "list", "alice", NULL},
		{"dialpad", "list", "--yaml", NULL},
		{"dialpad", "show", NULL},
		{"dialpad", "show", "", NULL},
		{"dialpad", "show", "alice", "bob", NULL},
		{"dialpad", "disconnect", NULL},
		{"dialpad", "disconnect", "a\001b", NULL},
		{"dialpad", "disconnect", "--json", "alice", NULL},
		{"rotate-key", "now", NULL},
	};
	struct run r = dialer_with(NULL, lines[_i]);
	expect_exit(r, 2);
	ck_assert_str_eq(r.out, "");
	ck_assert_str_ne(r.err, "");
	ck_assert_str_eq(keys(), OLD_KEY);
}
END_TEST

/* --- disconnect --- */

START_TEST(disconnecting_somebody)
{
	connected_as("bob", OTHER_AGENT);
	connected("alice");
	struct run r = dialer("dialpad", "disconnect", "alice");
	expect_exit(r, 0);
	ck_assert_str_eq(r.out, "alice is disconnected\n");
	expect_story("deauthorize 204");
	ck_assert_str_eq(text_at(last_asked("deauthorize"), "actor"), AGENT);
	expect_never_connected("alice");
	expect_connected("bob");
	expect_exit(dialer("dialpad", "disconnect", "alice"), 1);
	expect_aircall(next_call("alice"));
	expect_dialpad(next_call("bob"));
}
END_TEST

START_TEST(disconnecting_works_without_dialpad_or_key)
{
	connected("alice");
	if (_i == 0)
		e2e_set("DIALPAD_BASE_URL", "http://127.0.0.1:1");
	else
		e2e_set("DIALER_TOKEN_KEY_FILE", "/nowhere/token.key");
	struct run r = dialer("dialpad", "disconnect", "alice");
	expect_exit(r, 0);
	expect_says(r.out, _i == 0 ? "could not be reached" : "could not be read");
	expect_never_connected("alice");
}
END_TEST

START_TEST(disconnecting_one_who_has_to_reconnect)
{
	connect_some();
	sim_delete("/control/requests");
	struct run r = dialer("dialpad", "disconnect", "bob");
	expect_exit(r, 0);
	ck_assert_str_eq(r.out, "bob is disconnected\n");
	expect_story("");
	expect_never_connected("bob");
}
END_TEST

/* --- as whom --- */

static bool all_owned_by(uid_t uid)
{
	const char *const argv[] = {
		"/usr/bin/find", e2e.data, "!", "-uid", e2e_text("%ld", (long)uid), NULL};
	struct run r = e2e_run(argv, NULL);
	ck_assert_int_eq(r.status, 0);
	return r.out[0] == '\0';
}

START_TEST(root_leaves_no_file_of_his_own)
{
	if (geteuid() != 0)
		return;
	const struct passwd *w = getpwnam("www-data");
	connected("alice");
	connected_as("bob", OTHER_AGENT);
	expect_exit(dialer("rotate-key"), 0);
	expect_exit(dialer("dialpad", "list"), 0);
	expect_exit(dialer("dialpad", "disconnect", "bob"), 0);
	clocks(LIFE + 60);
	expect_exit(dialer("call", NUMBER, "--user", "alice"), 0);
	ck_assert(all_owned_by(w->pw_uid));
	expect_dialpad(next_call("alice"));
}
END_TEST

/* The same command lines as the user to whom the data belongs, who may not change the key. */
static struct run as_worker(const char *first, const char *second)
{
	const char *const argv[] = {"/usr/bin/setpriv", "--reuid", "www-data", "--regid",
		"www-data", "--init-groups", e2e_text("%s/bin/dialer", e2e.build), "--config",
		e2e.config, first, second, NULL};
	return e2e_run(argv, NULL);
}

START_TEST(owner_of_the_data_may_list_but_not_change_the_key)
{
	if (geteuid() != 0)
		return;
	connected("alice");
	struct run r = as_worker("dialpad", "list");
	expect_exit(r, 0);
	expect_says(r.out, "alice");
	r = as_worker("rotate-key", NULL);
	expect_exit(r, 1);
	expect_says(r.err, "keys");
	ck_assert_str_eq(keys(), OLD_KEY);
	expect_dialpad(next_call("alice"));
}
END_TEST

/* A file that the programs could no longer read, or that others could, is worse than an old key. */
START_TEST(key_file_is_not_replaced_by_one_of_another_owner)
{
	if (geteuid() != 0)
		return;
	const struct passwd *w = getpwnam("www-data");
	struct stat st;
	const char *dir = e2e_text("%s/keys.d", e2e.dir);
	ck_assert_int_eq(mkdir(dir, 0700), 0);
	ck_assert_int_eq(chown(dir, w->pw_uid, w->pw_gid), 0);
	key_path = e2e_file("keys.d/keys", OLD_KEY, strlen(OLD_KEY));
	ck_assert_int_eq(chown(key_path, 0, w->pw_gid), 0);
	ck_assert_int_eq(chmod(key_path, 0640), 0);
	e2e_set("DIALER_TOKEN_KEY_FILE", key_path);
	struct run r = as_worker("rotate-key", NULL);
	expect_exit(r, 1);
	expect_says(r.err, "cannot be written: Operation not permitted");
	ck_assert_str_eq(keys(), OLD_KEY);
	ck_assert_int_eq(stat(key_path, &st), 0);
	ck_assert_uint_eq(st.st_uid, 0);
	ck_assert_int_ne(access(e2e_text("%s.new", key_path), F_OK), 0);
}
END_TEST

/* --- rotate-key --- */

static const char *key_line(const char *text, int n)
{
	while (n-- > 0)
		text = strchr(text, '\n') + 1;
	return e2e_text("%.*s\n", (int)strcspn(text, "\n"), text);
}

static void expect_rotated(const char *says)
{
	struct run r = dialer("rotate-key");
	expect_exit(r, 0);
	ck_assert_str_eq(r.out, e2e_text("%s sealed with the new key\n", says));
	ck_assert_str_eq(r.err, "");
}

START_TEST(pairs_are_good_before_and_after)
{
	connected_as("bob", OTHER_AGENT);
	connected("carol");
	connected("alice");
	expect_dialpad(next_call("alice"));
	expect_rotated("3 token pairs");
	const char *first = keys();
	ck_assert_int_eq(lines_of(first), 2);
	ck_assert_uint_eq(strspn(first, "0123456789abcdef"), 64);
	ck_assert_str_eq(key_line(first, 1), OLD_KEY);
	expect_dialpad(next_call("alice"));
	expect_dialpad(next_call("bob"));
	/* The first key of all is dropped now: nothing may hang on it. */
	expect_rotated("3 token pairs");
	const char *second = keys();
	ck_assert_int_eq(lines_of(second), 2);
	ck_assert_str_eq(key_line(second, 1), key_line(first, 0));
	ck_assert_str_ne(key_line(second, 0), key_line(first, 0));
	expect_dialpad(next_call("alice"));
	expect_dialpad(next_call("bob"));
	clocks(LIFE + 60);
	expect_dialpad(next_call("carol"));
	/* What was refreshed is sealed with the newest. */
	expect_rotated("3 token pairs");
	expect_dialpad(next_call("carol"));
	ck_assert_int_eq(told("aircall"), 0);
}
END_TEST

START_TEST(old_key_opens_nothing_any_more)
{
	connected("alice");
	expect_rotated("1 token pairs");
	const char *text = keys();
	write_keys(OLD_KEY, strlen(OLD_KEY));
	expect_aircall(next_call("alice"));
	text = key_line(text, 0);
	write_keys(text, strlen(text));
	expect_dialpad(next_call("alice"));
}
END_TEST

START_TEST(key_before_opens_what_is_not_sealed_anew_yet)
{
	connected("alice");
	const char *text = e2e_text("%s" OLD_KEY, OLDER_KEY);
	write_keys(text, strlen(text));
	expect_dialpad(next_call("alice"));
	clocks(LIFE + 60);
	expect_dialpad(next_call("alice"));
	/* The refresh has sealed it with the first one. */
	write_keys(OLDER_KEY, strlen(OLDER_KEY));
	expect_dialpad(next_call("alice"));
}
END_TEST

START_TEST(nothing_to_seal)
{
	expect_rotated("0 token pairs");
	connect_some();
	ck_assert_int_eq(lines_of(keys()), 2);
	expect_rotated("2 token pairs");
	expect_needs_reconnect("bob");
}
END_TEST

START_TEST(mode_and_owner_of_the_key_file_stay)
{
	static const mode_t modes[] = {0640, 0600, 0440};
	struct stat before, after;
	const struct group *g = getgrnam(_i == 2 ? "nogroup" : "www-data");
	ck_assert(geteuid() != 0 || chown(key_path, _i == 2 ? 1 : 0, g->gr_gid) == 0);
	ck_assert_int_eq(chmod(key_path, modes[_i]), 0);
	ck_assert_int_eq(stat(key_path, &before), 0);
	expect_rotated("0 token pairs");
	ck_assert_int_eq(stat(key_path, &after), 0);
	ck_assert_uint_eq(after.st_mode, before.st_mode);
	ck_assert_uint_eq(after.st_uid, before.st_uid);
	ck_assert_uint_eq(after.st_gid, before.st_gid);
	ck_assert_int_ne(access(e2e_text("%s.new", key_path), F_OK), 0);
}
END_TEST

START_TEST(link_to_the_key_file_stays)
{
	struct stat st;
	const char *link = e2e_text("%s/link-%d", e2e.dir, _i);
	ck_assert_int_eq(symlink(_i == 0 ? "keys" : key_path, link), 0);
	e2e_set("DIALER_TOKEN_KEY_FILE", link);
	connected("alice");
	expect_rotated("1 token pairs");
	ck_assert_int_eq(lstat(link, &st), 0);
	ck_assert(S_ISLNK(st.st_mode));
	ck_assert_int_eq(lines_of(keys()), 2);
	expect_dialpad(next_call("alice"));
}
END_TEST

/* Bytes of one key as a whole: lines put before it would make it another one. */
static const struct {
	const char *bytes;
	size_t len;
} raw[] = {
	{"\x01\x02raw-bytes-of-a-key-0123456789abcdef", 37},
	{"raw-bytes\0of-a-key-0123456789-0123456789", 40},
	{"caf\xe9-in-latin-1-is-no-text-here-0123456", 40},
	{"\xff\xfe\xfd\xfc\xfb\xfa\xf9\xf8\xf7\xf6\xf5\xf4\xf3\xf2\xf1\xf0"
	 "\xef\xee\xed\xec\xeb\xea\xe9\xe8\xe7\xe6\xe5\xe4\xe3\xe2\xe1\xe0",
		32},
};

START_TEST(raw_key_file_is_left_alone)
{
	size_t len;
	write_keys(raw[_i].bytes, raw[_i].len);
	connected("alice");
	struct run r = dialer("rotate-key");
	expect_exit(r, 1);
	ck_assert_str_eq(r.out, "");
	expect_says(r.err, "is no text");
	expect_says(r.err, key_path);
	const char *now = content(key_path, &len);
	ck_assert(len == raw[_i].len && memcmp(now, raw[_i].bytes, len) == 0);
	expect_dialpad(next_call("alice"));
}
END_TEST

START_TEST(key_file_out_of_order_is_left_alone)
{
	static const char *const texts[] = {"", "\n\n", "too-short\n", OLD_KEY "too-short\n"};
	write_keys(texts[_i], strlen(texts[_i]));
	struct run r = dialer("rotate-key");
	expect_exit(r, 1);
	expect_says(r.err, key_path);
	ck_assert_int_eq(lines_of(r.err), 1);
	ck_assert_str_eq(keys(), texts[_i]);
}
END_TEST

START_TEST(missing_key_file_is_not_made)
{
	e2e_set("DIALER_TOKEN_KEY_FILE", e2e_text("%s/none.key", e2e.dir));
	struct run r = dialer("rotate-key");
	expect_exit(r, 1);
	expect_says(r.err, "none.key");
	ck_assert_int_ne(access(e2e_text("%s/none.key", e2e.dir), F_OK), 0);
}
END_TEST

/* However many were left by rotations that were interrupted. */
START_TEST(full_key_file_does_not_hinder)
{
	connected("alice");
	const char *text = "";
	for (int i = 0; i < 7; i++)
		text = e2e_text("%skey-number-%d-0123456789abcdef0123456789\n", text, i);
	text = e2e_text("%s" OLD_KEY, text);
	write_keys(text, strlen(text));
	struct run r = dialer("rotate-key");
	expect_exit(r, 0);
	ck_assert_int_eq(lines_of(keys()), 2);
	ck_assert_str_eq(key_line(keys(), 1), key_line(text, 0));
	expect_dialpad(next_call("alice"));
}
END_TEST

START_TEST(pair_that_no_key_opens_hinders_nothing)
{
	connected("alice");
	write_keys(OLDER_KEY, strlen(OLDER_KEY));
	connected("bob");
	for (int i = 0; i < 3; i++) {
		struct run r = dialer("rotate-key");
		expect_exit(r, 1);
		expect_says(r.out, "1 token pairs sealed with the new key; 1 open with no key");
		expect_says(r.err, "pair of alice opens with no key");
		ck_assert_int_eq(lines_of(keys()), 2);
		expect_dialpad(next_call("bob"));
	}
	/* The user can mend it. */
	expect_aircall(next_call("alice"));
	connected("alice");
	expect_dialpad(next_call("alice"));
	expect_rotated("2 token pairs");
}
END_TEST

START_TEST(only_one_rotation_at_a_time)
{
	connected("alice");
	int dir = open(e2e.dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert(dir != -1 && flock(dir, LOCK_EX) == 0);
	struct run r = dialer("rotate-key");
	expect_exit(r, 1);
	expect_says(r.err, "being changed by another process");
	ck_assert_str_eq(keys(), OLD_KEY);
	close(dir);
	expect_rotated("1 token pairs");
}
END_TEST

START_TEST(rotations_at_once_lose_nothing)
{
	connected("alice");
	connected_as("bob", OTHER_AGENT);
	const char *one =
		e2e_text("%s/bin/dialer --config %s rotate-key & ", e2e.build, e2e.config);
	const char *const argv[] = {
		"/bin/sh", "-c", e2e_text("%s%s%s%swait", one, one, one, one), NULL};
	for (int i = 0; i < 3; i++) {
		struct run r = e2e_run(argv, NULL);
		expect_says(r.out, "2 token pairs sealed with the new key\n");
		ck_assert_int_eq(lines_of(keys()), 2);
		expect_dialpad(next_call("alice"));
		expect_dialpad(next_call("bob"));
	}
}
END_TEST

/* --- interrupted --- */

static const struct {
	const char *fault;
	int status, keys; /* of the file then */
} deaths[] = {
	{"key-before-rename", 137, 1},
	{"key-after-rename", 137, 2},
	{"reseal-before-put", 1, 2},
	{"reseal-after-put", 1, 2},
};

START_TEST(interrupted_rotation_is_finished_by_the_next)
{
	connected_as("bob", OTHER_AGENT);
	connected("alice");
	for (int i = 0; i < 3; i++) {
		struct run r = dialer_faulty(e2e_text("%s:kill", deaths[_i].fault), "rotate-key");
		expect_exit(r, deaths[_i].status);
		/* From the second time on an earlier one is finished first. */
		if (i == 0)
			ck_assert_int_eq(lines_of(keys()), deaths[_i].keys);
		ck_assert_int_le(lines_of(keys()), 3);
		expect_dialpad(next_call("alice"));
		expect_dialpad(next_call("bob"));
	}
	expect_exit(dialer("rotate-key"), 0);
	ck_assert_int_eq(lines_of(keys()), 2);
	expect_dialpad(next_call("alice"));
	expect_dialpad(next_call("bob"));
	expect_rotated("2 token pairs");
	expect_dialpad(next_call("bob"));
}
END_TEST

START_TEST(rotations_interrupted_at_random_lose_nothing)
{
	int rounds = e2e_long() ? 100 : 12, done = 0;
	connected_as("bob", OTHER_AGENT);
	connected("alice");
	for (int i = 0; i < rounds; i++) {
		struct run r = dialer_faulty("key-before-rename:kill:20,key-after-rename:kill:20,"
					     "reseal-before-put:kill:20,reseal-after-put:kill:20",
			"rotate-key");
		done += r.status == 0;
		ck_assert_int_le(lines_of(keys()), 3);
		expect_dialpad(next_call(i % 2 == 0 ? "alice" : "bob"));
	}
	ck_assert_int_lt(done, rounds);
	expect_exit(dialer("rotate-key"), 0);
	expect_rotated("2 token pairs");
	expect_dialpad(next_call("alice"));
	expect_dialpad(next_call("bob"));
}
END_TEST

/* --- in the middle of calls --- */

static struct later *call_later(const char *user, int number)
{
	return http_later(&(struct http){.path = "/call",
		.token = token(user),
		.patience = 60,
		.body = e2e_text("{\"phoneNumber\":\"+1555300%04d\"}", number)});
}

/* They have read the key file when the key is changed, and wait to read the pair. */
START_TEST(calls_that_wait_during_a_rotation_are_placed)
{
	enum { WAITING = 6 };
	struct later *l[WAITING + 1];
	e2e_set("DIALER_PROVIDER_TIMEOUT", "20");
	connected("alice");
	clocks(LIFE + 60);
	token_fault("pass", ",\"times\":1,\"sleep_ms\":700");
	l[WAITING] = call_later("alice", WAITING);
	await_told("refresh");
	for (int i = 0; i < WAITING; i++)
		l[i] = call_later("alice", i);
	e2e_sleep_ms(200);
	expect_exit(dialer("rotate-key"), 0);
	for (int i = 0; i <= WAITING; i++)
		expect_dialpad(http_wait(l[i]));
	ck_assert_int_eq(told("refresh"), 1);
}
END_TEST

START_TEST(rotation_among_calls_that_refresh_loses_nothing)
{
	enum { WAVES = 3, WAVE = 5, CALLS = WAVES * WAVE };
	struct later *l[WAVE];
	dialpad_ready(30); /* each call refreshes */
	sim_post("/control/settings", "{\"dialpad_reuse_revokes\":true}");
	e2e_set("DIALER_PROVIDER_TIMEOUT", "30");
	connected("alice");
	connected_as("bob", OTHER_AGENT);
	for (int w = 0; w < WAVES; w++) {
		for (int i = 0; i < WAVE; i++)
			l[i] = call_later(i % 2 == 0 ? "alice" : "bob", 100 + w * WAVE + i);
		struct run r = dialer("rotate-key");
		for (int i = 0; i < WAVE; i++)
			expect_dialpad(http_wait(l[i]));
		expect_exit(r, 0);
		ck_assert_int_eq(lines_of(keys()), 2);
	}
	ck_assert_int_eq(told("refresh 200"), CALLS);
	expect_connected("alice");
	expect_connected("bob");
}
END_TEST

/* --- a call to try it out --- */

static struct run test_dialer(const char *user, const char *provider)
{
	const char *const argv[] = {"bin/test-dialer", "--config", e2e.config, NUMBER,
		provider != NULL ? "--provider" : "--user", provider != NULL ? provider : user,
		"--user", user, NULL};
	return e2e_run(argv, NULL);
}

START_TEST(test_call_through_dialpad)
{
	connected(_i == 0 ? "alice" : "test-dialer");
	const char *user = _i == 0 ? "alice" : "test-dialer";
	struct run r = test_dialer(user, _i == 0 ? "dialpad" : NULL);
	expect_exit(r, 0);
	expect_says(r.out, "Dialpad took the call to " NUMBER);
	expect_says(r.out, e2e_text("of user %s: initiated", user));
	expect_story("dialpad 200");
	struct answer *h = get(user, "/history");
	expect_text(h, "calls.0.provider", "dialpad");
	expect_says(r.out, text_at(h->json, "calls.0.id"));
}
END_TEST

static const struct {
	const char *script, *says, *story;
} failures[] = {
	{"\"outcome\":\"refuse\",\"status\":403,\"body\":{\"error\":{\"message\":\"No such "
	 "scope\"}}",
		"a scope is missing", "dialpad 403"},
	{"\"outcome\":\"refuse\",\"status\":400,\"body\":"
	 "{\"error\":{\"message\":\"User is currently on a call\"}}",
		"the user is in a call", "dialpad 400"},
	{"\"outcome\":\"rate_limited\"", "wait a minute", "dialpad 429"},
	{"\"outcome\":\"refuse\",\"status\":404", "rejected the request", "dialpad 404"},
	{"\"outcome\":\"fail\"", "Look at the phone", "dialpad 500"},
};

START_TEST(test_call_that_failed_says_why)
{
	connected("alice");
	script_for("dialpad", failures[_i].script);
	struct run r = test_dialer("alice", "dialpad");
	expect_exit(r, 1);
	expect_says(r.out, failures[_i].says);
	if (_i == 0)
		expect_says(r.out, "Dialpad says: No such scope");
	expect_story(failures[_i].story);
}
END_TEST

START_TEST(test_call_without_a_connection_says_so)
{
	struct run r = test_dialer("alice", "dialpad");
	expect_exit(r, 1);
	expect_says(r.out, "has not connected it");
	expect_story("");
	connected("bob");
	sim_post("/control/tokens", "{\"revoke\":true}");
	r = test_dialer("bob", "dialpad");
	expect_exit(r, 1);
	expect_says(r.out, "connect again");
	expect_story("dialpad 401, refresh 400");
	e2e_set("DIALPAD_CLIENT_ID", NULL);
	r = test_dialer("carol", "dialpad");
	expect_exit(r, 1);
	expect_says(r.out, "DIALPAD_CLIENT_ID");
}
END_TEST

/* To users Dialpad is out of reach; the administrator is told what to mend. */
START_TEST(test_call_without_the_key_says_so)
{
	connected("alice");
	if (_i == 0)
		e2e_set("DIALER_TOKEN_KEY_FILE", "/nowhere/token.key");
	else
		write_keys(OLDER_KEY, strlen(OLDER_KEY));
	struct run r = test_dialer("alice", "dialpad");
	expect_exit(r, 1);
	expect_says(r.out, "(dialpad_unreachable)");
	expect_says(r.out, "DIALER_TOKEN_KEY_FILE");
	expect_story("");
	write_keys(OLD_KEY, strlen(OLD_KEY));
	token_fault("refuse", ",\"status\":500");
	clocks(LIFE + 60);
	r = test_dialer("alice", "dialpad");
	expect_says(r.out, "(dialpad_unreachable)");
	ck_assert_msg(strstr(r.out, "DIALER_TOKEN_KEY_FILE") == NULL, "%s", r.out);
}
END_TEST

/* --- the suite --- */

static TCase *new_case(Suite *s, const char *name)
{
	TCase *t = tcase_create(name);
	e2e_case(t, 120);
	tcase_add_checked_fixture(t, setup, NULL);
	suite_add_tcase(s, t);
	return t;
}

static Suite *suite(void)
{
	Suite *s = suite_create("dialpad-admin");
	TCase *t = new_case(s, "list");
	tcase_add_test(t, list_of_nobody);
	tcase_add_test(t, list_says_who_is_connected);
	tcase_add_test(t, list_and_show_as_json);
	tcase_add_test(t, show_says_all_but_the_tokens);
	tcase_add_loop_test(t, stranger_is_not_connected, 0, 2);
	tcase_add_loop_test(t, wrong_command_lines, 0, 11);

	t = new_case(s, "disconnect");
	tcase_add_test(t, disconnecting_somebody);
	tcase_add_loop_test(t, disconnecting_works_without_dialpad_or_key, 0, 2);
	tcase_add_test(t, disconnecting_one_who_has_to_reconnect);

	t = new_case(s, "owner");
	tcase_add_test(t, root_leaves_no_file_of_his_own);
	tcase_add_test(t, owner_of_the_data_may_list_but_not_change_the_key);
	tcase_add_test(t, key_file_is_not_replaced_by_one_of_another_owner);

	t = new_case(s, "rotate");
	tcase_add_test(t, pairs_are_good_before_and_after);
	tcase_add_test(t, old_key_opens_nothing_any_more);
	tcase_add_test(t, key_before_opens_what_is_not_sealed_anew_yet);
	tcase_add_test(t, nothing_to_seal);
	tcase_add_loop_test(t, mode_and_owner_of_the_key_file_stay, 0, 3);
	tcase_add_loop_test(t, link_to_the_key_file_stays, 0, 2);
	tcase_add_loop_test(t, raw_key_file_is_left_alone, 0, COUNT(raw));
	tcase_add_loop_test(t, key_file_out_of_order_is_left_alone, 0, 4);
	tcase_add_test(t, missing_key_file_is_not_made);
	tcase_add_test(t, full_key_file_does_not_hinder);
	tcase_add_test(t, pair_that_no_key_opens_hinders_nothing);
	tcase_add_test(t, only_one_rotation_at_a_time);
	tcase_add_test(t, rotations_at_once_lose_nothing);

	t = new_case(s, "interrupted");
	tcase_add_loop_test(t, interrupted_rotation_is_finished_by_the_next, 0, COUNT(deaths));
	tcase_add_test(t, rotations_interrupted_at_random_lose_nothing);

	t = new_case(s, "meanwhile");
	tcase_add_test(t, calls_that_wait_during_a_rotation_are_placed);
	tcase_add_test(t, rotation_among_calls_that_refresh_loses_nothing);

	t = new_case(s, "test-call");
	tcase_add_loop_test(t, test_call_through_dialpad, 0, 2);
	tcase_add_loop_test(t, test_call_that_failed_says_why, 0, COUNT(failures));
	tcase_add_test(t, test_call_without_a_connection_says_so);
	tcase_add_loop_test(t, test_call_without_the_key_says_so, 0, 2);
	return s;
}

int main(void)
{
	e2e_log_may_hold = " outside E(600[124]|6103|6201): ";
	return e2e_main(suite());
}
