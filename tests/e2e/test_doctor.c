/* dialer doctor: silent about a healthy system, and one line for each thing that is broken. */
#include "e2e/dialpad.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECRET "dialpad-webhook-secret-0123456789"

/* --- running it --- */

static const char *program; /* NULL: the one under test */
static const char *more_env;

/* The machine's own crontab and timer are none of the test's. */
static struct run doctor_with(const char *option, const char *value)
{
	const char *const argv[] = {
		program != NULL ? program : e2e_text("%s/bin/dialer", e2e.build), "--config",
		e2e.config, "doctor", option, value, NULL};
	bool elsewhere = more_env != NULL && strstr(more_env, "ROOT=") != NULL;
	const char *const env[] = {elsewhere ? more_env : "DOCTOR_TEST_ROOT=/nowhere",
		elsewhere ? NULL : more_env, NULL};
	return e2e_run(argv, env);
}

/* What needs nobody else is faster alone. */
static bool alone;

#define doctor() doctor_with(alone ? "--offline" : NULL, NULL)

static void expect_healthy(void)
{
	struct run r = doctor();
	expect_exit(r, 0);
	ck_assert_msg(strncmp(r.out, "DIALER OK - ", 12) == 0, "%s", r.out);
	ck_assert_str_eq(strchr(r.out, '\n'), "\n");
	ck_assert_str_eq(r.err, "");
}

/* One line begins so, and its grade is what counts for the whole. */
static void expect_fault(struct run r, const char *grade, const char *line, const char *change)
{
	bool critical = strcmp(grade, "critical") == 0, warning = strcmp(grade, "warning") == 0;
	const char *first = critical  ? "DIALER CRITICAL - "
			    : warning ? "DIALER WARNING - "
				      : "DIALER UNKNOWN - ";
	const char *want = e2e_text("\n%s: %s", grade, line);
	const char *at = strstr(r.out, want);
	expect_exit(r, critical ? 2 : warning ? 1 : 3);
	ck_assert_msg(strncmp(r.out, first, strlen(first)) == 0, "%s", r.out);
	ck_assert_msg(at != NULL, "wanted \"%s\" in: %s", want, r.out);
	ck_assert_msg(strstr(at, change) != NULL, "wanted \"%s\" in: %s", change, at);
}

#define expect_critical(line, change) expect_fault(doctor(), "critical", line, change)
#define expect_warning(line, change)  expect_fault(doctor(), "warning", line, change)

static const char *word_after(const char *text, const char *key)
{
	const char *at = strstr(text, key);
	ck_assert_msg(at != NULL, "%s", text);
	at += strlen(key);
	return e2e_text("%.*s", (int)strcspn(at, "\n"), at);
}

/* All is set up, and well. */
static void setup(void)
{
	program = more_env = NULL;
	alone = false;
	dialpad_ready(0);
	e2e_set("DIALPAD_API_KEY", "sim-company-key");
	e2e_set("DIALPAD_WEBHOOK_SECRET", SECRET);
	expect_exit(dialer("init"), 0);
	struct run r = dialer("webhooks", "set-up");
	expect_exit(r, 0);
	e2e_set("AIRCALL_WEBHOOK_TOKEN", word_after(r.out, "\nAIRCALL_WEBHOOK_TOKEN="));
	expect_exit(run_sync(NULL), 0);
}

/* --- the whole --- */

START_TEST(a_healthy_system_gives_no_cause_for_complaint)
{
	expect_healthy();
	connected("alice");
	expect_healthy();
}
END_TEST

START_TEST(every_check_is_in_the_json)
{
	struct run r = doctor_with("--json", NULL);
	expect_exit(r, 0);
	json_t *j = json_loads(r.out, 0, NULL), *one;
	size_t i;
	ck_assert_msg(j != NULL, "%s", r.out);
	ck_assert_str_eq(text_at(j, "status"), "ok");
	ck_assert_uint_eq(json_array_size(json_at(j, "checks")), 29);
	json_array_foreach(json_at(j, "checks"), i, one)
		ck_assert_msg(strcmp(text_at(one, "status"), "ok") == 0 ||
				      strcmp(text_at(one, "name"), "htpasswd") == 0 ||
				      strcmp(text_at(one, "name"), "ca-file") == 0,
			"%s", r.out);
	json_decref(j);
	e2e_set("AIRCALL_USER_ID", "999999");
	r = doctor_with("--json", NULL);
	expect_exit(r, 2);
	j = json_loads(r.out, 0, NULL);
	ck_assert_str_eq(text_at(j, "status"), "critical");
	json_array_foreach(json_at(j, "checks"), i, one)
	{
		bool bad = strcmp(text_at(one, "name"), "aircall-default") == 0;
		ck_assert_int_eq(strcmp(text_at(one, "status"), "critical") == 0, bad);
		if (bad) {
			expect_says(text_at(one, "evidence"), "999999");
			expect_says(text_at(one, "change"), e2e.config);
		}
	}
	json_decref(j);
}
END_TEST

START_TEST(offline_asks_nobody)
{
	e2e_set("AIRCALL_USER_ID", "999999");
	sim_delete("/control/requests");
	expect_exit(doctor_with("--offline", NULL), 0);
	ck_assert_int_eq(sim_requests("/"), 0);
}
END_TEST

START_TEST(a_url_that_is_none_is_refused)
{
	struct run r = doctor_with("--url", "nonsense");
	expect_exit(r, 2);
	expect_says(r.err, "--url must be");
}
END_TEST

/* --- files --- */

START_TEST(wrong_settings_are_told_with_their_line)
{
	e2e_set("DIALER_NONSENSE", "1");
	expect_critical("settings: ", "DIALER_NONSENSE");
}
END_TEST

START_TEST(settings_that_everybody_can_read_are_told)
{
	alone = true;
	ck_assert_int_eq(chmod(e2e.config, 0644), 0);
	expect_warning("settings: ", "chmod o=");
}
END_TEST

static const char *key_file(const char *text, mode_t mode)
{
	const char *path = e2e_file("doctor.key", text, strlen(text));
	ck_assert_int_eq(chmod(path, mode), 0);
	return path;
}

START_TEST(a_jwt_key_that_is_no_good_is_told)
{
	alone = true;
	e2e_set("DIALER_JWT_SECRET_FILE", key_file("short\n", 0640));
	expect_critical("jwt-key: nobody can be let in", "doctor.key");
	e2e_set("DIALER_JWT_ALG", "RS256");
	e2e_set("DIALER_JWT_PUBLIC_KEY_FILE", key_file(e2e_secret, 0640));
	expect_critical("jwt-key: nobody can be let in", "doctor.key");
	e2e_set("DIALER_JWT_ALG", NULL);
	e2e_set("DIALER_JWT_SECRET_FILE", key_file(e2e_secret, 0644));
	expect_warning("jwt-key: ", "chmod o=");
}
END_TEST

START_TEST(a_token_key_that_is_no_good_is_told)
{
	alone = true;
	e2e_set("DIALER_TOKEN_KEY_FILE", "/nowhere/token.key");
	expect_critical("token-key: no Dialpad connection can be used", "dialer init");
	e2e_set("DIALER_TOKEN_KEY_FILE", key_file(e2e_secret, 0644));
	expect_warning("token-key: ", "chmod o=");
}
END_TEST

START_TEST(files_that_the_service_cannot_read_are_told)
{
	alone = true;
	e2e_set("DIALER_HTPASSWD_FILE", "/nowhere/htpasswd");
	expect_critical("htpasswd: /nowhere/htpasswd", "put the file");
	e2e_set("DIALER_HTPASSWD_FILE", key_file("alice:x\n", 0644));
	expect_warning("htpasswd: ", "chmod o=");
	e2e_set("DIALER_HTPASSWD_FILE", key_file("alice:x\n", 0640));
	expect_healthy();
	e2e_set("DIALER_CA_FILE", "/nowhere/ca.pem");
	expect_critical("ca-file: /nowhere/ca.pem", "put the file");
	e2e_set("DIALER_CA_FILE", NULL);
	if (geteuid() != 0)
		return;
	/* Root could read it. */
	e2e_set("DIALER_HTPASSWD_FILE", key_file("alice:x\n", 0600));
	ck_assert_int_eq(chown(e2e_text("%s/doctor.key", e2e.dir), 0, 0), 0);
	expect_critical("htpasswd: ", "Permission denied");
}
END_TEST

START_TEST(a_list_of_prefixes_that_is_none_is_told)
{
	alone = true;
	e2e_set("DIALER_BLOCKED_PREFIXES_FILE", key_file("+1900\npremium\n", 0640));
	expect_critical("blocked-prefixes: every call is refused", "doctor.key:2");
}
END_TEST

static void run_shell(const char *script)
{
	expect_exit(e2e_run((const char *const[]){"/bin/sh", "-ec", script, NULL}, NULL), 0);
}

START_TEST(missing_and_open_programs_are_told)
{
	alone = true;
	run_shell(e2e_text("mkdir -p %s/box/bin && cp %s/bin/dialer %s/box/bin && "
			   "cp -r %s/cgi-bin %s/box && chmod o+w %s/box/cgi-bin/health.cgi",
		e2e.dir, e2e.build, e2e.dir, e2e.build, e2e.dir, e2e.dir));
	program = e2e_text("%s/box/bin/dialer", e2e.dir);
	expect_warning("programs: ", "chmod o=");
	run_shell(e2e_text("chmod o-w %s/box/cgi-bin/health.cgi", e2e.dir));
	expect_healthy();
	run_shell(e2e_text("chmod a-x %s/box/cgi-bin/call-show.cgi", e2e.dir));
	expect_critical("programs: ", "install the programs again");
	run_shell(e2e_text("rm -r %s/box", e2e.dir));
}
END_TEST

/* --- the data directory --- */

START_TEST(a_data_directory_that_is_no_good_is_told)
{
	alone = true;
	ck_assert_int_eq(chmod(e2e.data, 0755), 0);
	expect_warning("data-directory: ", "chmod 700");
	ck_assert_int_eq(chmod(e2e.data, 0700), 0);
	e2e_set("DIALER_DATA_DIR", "/nowhere/data");
	expect_critical("data-directory: ", "dialer init");
	e2e_set("DIALER_DATA_DIR", e2e.config);
	expect_critical("data-directory: ", "is no directory");
	e2e_set("DIALER_DATA_DIR", e2e.data);
	if (geteuid() != 0)
		return;
	struct stat st;
	ck_assert_int_eq(stat(e2e.data, &st), 0);
	ck_assert_int_eq(chown(e2e.data, 0, 0), 0);
	expect_critical("data-directory: ", "chown -R www-data:");
	ck_assert_int_eq(chown(e2e.data, st.st_uid, st.st_gid), 0);
}
END_TEST

START_TEST(a_file_system_of_another_machine_is_told)
{
	alone = true;
	more_env = "DOCTOR_TEST_FS_TYPE=6969";
	expect_critical("file-system: ", "(NFS)");
}
END_TEST

START_TEST(databases_of_an_unknown_format_are_told)
{
	alone = true;
	run_shell(e2e_text("echo 99 >%s/FORMAT", e2e.data));
	expect_critical("storage: ", "dialer verify");
}
END_TEST

static struct run doctor_on_tmpfs(const char *then)
{
	const char *script = e2e_text("mount -t tmpfs -o size=120m,mode=700 none %s && "
				      "chown --reference=%s/.. %s && chown www-data: %s && "
				      "%s/bin/dialer --config %s init >/dev/null && %s\n"
				      "%s/bin/dialer --config %s doctor --offline",
		e2e.data, e2e.data, e2e.data, e2e.data, e2e.build, e2e.config, then, e2e.build,
		e2e.config);
	return e2e_run(
		(const char *const[]){"/usr/bin/unshare", "-m", "/bin/sh", "-ec", script, NULL},
		NULL);
}

START_TEST(a_full_file_system_is_told)
{
	if (geteuid() != 0)
		return;
	expect_fault(doctor_on_tmpfs("true"), "warning", "free-space: ", "make room");
	expect_fault(doctor_on_tmpfs(e2e_text(
			     "head -c 200m /dev/zero >%s/filler 2>/dev/null || true", e2e.data)),
		"critical", "free-space: calls are refused", "make room");
}
END_TEST

START_TEST(log_files_that_nobody_removes_are_told)
{
	alone = true;
	run_shell(e2e_text("truncate -s 200m %s/log.copy && chown --reference=%s %s/log.copy",
		e2e.data, e2e.data, e2e.data));
	expect_warning("log-files: ", "dialer-sync");
}
END_TEST

START_TEST(a_checkpoint_that_is_not_written_is_told)
{
	alone = true;
	more_env = "DOCTOR_TEST_UNWRITTEN=7000000";
	expect_healthy();
	more_env = "DOCTOR_TEST_UNWRITTEN=9000000";
	e2e_clock(90 * INT64_C(60000));
	run_shell(e2e_text("touch -d '+90 minutes' %s/sync.lock", e2e.data));
	expect_warning("checkpoint: the last checkpoint was written ", "`dialer verify`");
	ck_assert_ptr_nonnull(strstr(doctor().out, " 9 MB were logged since"));
}
END_TEST

/* --- clock and cron --- */

/* Aircall's answer has whole seconds, and takes its time. */
static void expect_off_by_a_minute(const char *side)
{
	struct run r = doctor();
	const char *at = strstr(r.out, "\nwarning: clock: the clock is ");
	expect_fault(r, "warning", "clock: the clock is ", side);
	long seconds = strtol(at + strlen("\nwarning: clock: the clock is "), NULL, 10);
	ck_assert_msg(seconds >= 55 && seconds <= 65, "%s", at);
	expect_says(r.out, "chrony");
}

START_TEST(a_wrong_clock_is_told)
{
	e2e_clock(20000);
	expect_healthy();
	e2e_clock(60000);
	expect_off_by_a_minute(" s before that of Aircall");
	e2e_clock(-60000);
	expect_off_by_a_minute(" s behind that of Aircall");
	alone = true;
	e2e_clock(INT64_C(-10) * 365 * 86400 * 1000);
	expect_critical("clock: the clock is wrong", "set the clock");
}
END_TEST

START_TEST(a_sync_that_does_not_run_is_told)
{
	alone = true;
	const char *lock = e2e_text("%s/sync.lock", e2e.data);
	run_shell(e2e_text("touch -d '-5 minutes' %s", lock));
	expect_warning("sync: dialer-sync ran last 5 minutes ago", "cron.d/dialer");
	run_shell(e2e_text("touch -d '-1 hour' %s", lock));
	expect_critical("sync: dialer-sync ran last 60 minutes ago", "cron.d/dialer");
	run_shell(e2e_text("touch -d '+1 hour' %s", lock));
	expect_warning("sync: ", "set back");
	expect_exit(run_sync(NULL), 0);
	expect_healthy();
	ck_assert_int_eq(unlink(lock), 0);
	expect_warning("sync: dialer-sync has never run", "cron.d/dialer");
}
END_TEST

START_TEST(cron_and_timer_together_are_told)
{
	alone = true;
	const char *root = e2e_text("%s/root", e2e.dir);
	run_shell(e2e_text("mkdir -p %s/etc/cron.d %s/etc/systemd/system/timers.target.wants && "
			   "touch %s/etc/cron.d/dialer",
		root, root, root));
	more_env = e2e_text("DOCTOR_TEST_ROOT=%s", root);
	expect_exit(doctor(), 0);
	run_shell(e2e_text("ln -s /nowhere %s/etc/systemd/system/timers.target.wants/"
			   "dialer-sync.timer",
		root));
	expect_warning("cron-and-timer: ", "systemctl disable");
	run_shell(e2e_text("rm -r %s", root));
}
END_TEST

/* --- providers --- */

START_TEST(an_aircall_that_cannot_be_asked_is_told)
{
	e2e_set("AIRCALL_API_KEY", "sim-id:wrong");
	expect_critical("aircall: Aircall refuses the key (HTTP 403)", "AIRCALL_API_KEY=");
	e2e_set("AIRCALL_API_KEY", "sim-id:sim-token");
	sim_post(
		"/control/faults", "{\"path\":\"/v1/ping\",\"outcome\":\"refuse\",\"status\":503}");
	expect_warning("aircall: Aircall answers HTTP 503", "");
	sim_delete("/control/faults");
	e2e_set("AIRCALL_BASE_URL", e2e_text("https://127.0.0.1:%d", sim.port));
	expect_critical("aircall: no trusted connection to Aircall", "DIALER_CA_FILE");
	e2e_set("AIRCALL_BASE_URL", e2e_text("http://127.0.0.1:%d", e2e_free_port()));
	expect_critical("aircall: Aircall cannot be reached", "DIALER_HTTPS_PROXY");
	e2e_set("AIRCALL_BASE_URL", e2e_text("%s/elsewhere", sim.url));
	expect_critical("aircall: ", "AIRCALL_BASE_URL=https://api.aircall.io");
}
END_TEST

/* Calls are more important than looking. */
START_TEST(a_limit_that_is_used_up_is_not_passed)
{
	e2e_set("AIRCALL_REQUESTS_PER_MINUTE", "1");
	expect_fault(doctor(), "unknown", "aircall", "limit of requests");
}
END_TEST

START_TEST(defaults_that_aircall_does_not_know_are_told)
{
	e2e_set("AIRCALL_USER_ID", "999999");
	expect_critical("aircall-default: Aircall knows no user 999999", "AIRCALL_USER_ID=");
	e2e_set("AIRCALL_USER_ID", "456");
	e2e_set("AIRCALL_NUMBER_ID", "1389850");
	expect_critical("aircall-default: ", "AIRCALL_NUMBER_ID=");
}
END_TEST

START_TEST(users_whom_aircall_does_not_know_are_told)
{
	expect_exit(
		dialer("user", "set", "alice", "--aircall-user", "456", "--aircall-number", "1234"),
		0);
	expect_healthy();
	expect_exit(dialer("user", "set", "bob", "--aircall-user", "456", "--aircall-number",
			    "1389850"),
		0);
	expect_warning("aircall-users: bob: 1389850 is no line", "dialer user set bob");
	expect_exit(dialer("user", "set", "bob", "--aircall-user", "999999", "--aircall-number",
			    "1234"),
		0);
	expect_warning("aircall-users: bob: Aircall knows no user 999999", "dialer user set bob");
}
END_TEST

static void call_as(const char *user, const char *body)
{
	struct answer *a = http(.path = "/call", .token = token(user), .body = body);
	expect_status(a, 200);
}

START_TEST(users_who_share_the_default_are_told)
{
	alone = true;
	sim_post("/control/settings", "{\"busy_users\":false}");
	call_as("alice", "{\"phoneNumber\":\"+15550100001\"}");
	call_as("test-dialer", "{\"phoneNumber\":\"+15550100003\"}");
	expect_healthy();
	call_as("bob", "{\"phoneNumber\":\"+15550100002\"}");
	expect_warning("aircall-shared: several users", "dialer user set");
	expect_exit(
		dialer("user", "set", "bob", "--aircall-user", "456", "--aircall-number", "1234"),
		0);
	expect_healthy();
}
END_TEST

START_TEST(a_dialpad_application_with_a_part_missing_is_told)
{
	alone = true;
	e2e_set("DIALPAD_CLIENT_SECRET", NULL);
	expect_critical("dialpad-application: ", "DIALPAD_CLIENT_SECRET=");
	e2e_set("DIALPAD_CLIENT_SECRET", "sim-secret");
	e2e_set("DIALPAD_CLIENT_ID", NULL);
	expect_critical("dialpad-application: ", "DIALPAD_CLIENT_ID=");
	e2e_set("DIALPAD_CLIENT_ID", "sim-client");
	e2e_set("DIALPAD_REDIRECT_URI", "http://intranet.example/api/dialer/dialpad/callback");
	expect_warning("dialpad-application: ", "not https");
	e2e_set("DIALPAD_REDIRECT_URI", NULL);
	e2e_set("DIALER_PUBLIC_URL", NULL);
	expect_critical("dialpad-application: ", "DIALER_PUBLIC_URL=https://");
}
END_TEST

START_TEST(a_dialpad_that_cannot_be_asked_is_told)
{
	e2e_set("DIALPAD_API_KEY", "wrong-key");
	expect_critical("dialpad: Dialpad refuses the key (HTTP 401)", "calls:list");
	e2e_set("DIALPAD_API_KEY", NULL);
	e2e_set("DIALPAD_WEBHOOK_SECRET", NULL);
	expect_healthy();
	e2e_set("DIALPAD_BASE_URL", e2e_text("http://127.0.0.1:%d", e2e_free_port()));
	expect_critical("dialpad: Dialpad cannot be reached", "DIALER_HTTPS_PROXY");
}
END_TEST

START_TEST(tokens_that_no_key_opens_are_told)
{
	alone = true;
	connected("alice");
	e2e_set("DIALER_TOKEN_KEY_FILE",
		key_file("another-key-of-more-than-32-bytes-in-all\n", 0640));
	expect_critical("dialpad-tokens: 1 stored Dialpad tokens open with no key", "alice");
}
END_TEST

START_TEST(scopes_that_are_missing_are_told)
{
	alone = true;
	connected("alice");
	connected("bob");
	e2e_set("DIALPAD_SCOPES", "offline_access calls:list");
	e2e_set("DIALPAD_REQUIRED_SCOPES", "calls:list");
	expect_warning(
		"dialpad-connections: 2 Dialpad connections lack a scope (calls:list): alice, bob",
		"connect again");
	e2e_set("DIALPAD_REQUIRED_SCOPES", "offline_access");
	expect_healthy();
	e2e_set("DIALPAD_REQUIRED_SCOPES", "offline_access message_export");
	expect_warning("dialpad-application: users who connect to Dialpad need the scope "
		       "message_export, and it is not asked for",
		"DIALPAD_SCOPES=");
}
END_TEST

START_TEST(no_provider_at_all_is_told)
{
	alone = true;
	e2e_set("AIRCALL_API_KEY", NULL);
	e2e_set("DIALPAD_CLIENT_ID", NULL);
	e2e_set("DIALPAD_CLIENT_SECRET", NULL);
	expect_warning("providers: no provider is set up", "AIRCALL_API_KEY=");
}
END_TEST

/* --- webhooks --- */

START_TEST(webhooks_that_do_not_work_are_told)
{
	const char *token = word_after(e2e_read(e2e.config), "AIRCALL_WEBHOOK_TOKEN=");
	e2e_set("AIRCALL_WEBHOOK_TOKEN", "another");
	expect_warning("webhooks-aircall: ", "another secret");
	e2e_set("AIRCALL_WEBHOOK_TOKEN", NULL);
	expect_warning("webhooks-aircall: ", "is not set");
	e2e_set("AIRCALL_WEBHOOK_TOKEN", token);
	e2e_set("DIALPAD_WEBHOOK_SECRET", "another");
	expect_warning("webhooks-dialpad: ", "another secret");
	e2e_set("DIALPAD_WEBHOOK_SECRET", SECRET);
	expect_healthy();
	expect_exit(dialer("webhooks", "remove"), 0);
	expect_warning("webhooks-aircall: AIRCALL_WEBHOOK_TOKEN is set, but no webhook", "set-up");
	expect_warning("webhooks-dialpad: DIALPAD_WEBHOOK_SECRET is set, but no webhook", "set-up");
}
END_TEST

START_TEST(a_webhook_that_tells_nothing_is_told)
{
	json_t *j = sim_get("/control/webhooks");
	const char *hook = text_at(j, "webhooks.0.webhook_id");
	const char *subscription = text_at(j, "dialpad_subscriptions.0.id");
	ck_assert(hook != NULL && subscription != NULL);
	struct answer *a = http(.to = &sim, .method = "PUT",
		.url = e2e_text("/v1/webhooks/%s", hook), .body = "{\"events\":[\"call.created\"]}",
		.headers = {"Authorization: Basic c2ltLWlkOnNpbS10b2tlbg=="});
	expect_status(a, 200);
	a = http(.to = &sim, .method = "DELETE",
		.url = e2e_text("/api/v2/subscriptions/call/%s", subscription),
		.headers = {"Authorization: Bearer sim-company-key"});
	ck_assert_int_eq(a->status / 100, 2);
	expect_warning("webhooks-aircall: ", "does not tell all");
	expect_warning("webhooks-dialpad: ", "does not tell all");
}
END_TEST

/* --- Apache --- */

START_TEST(a_server_that_does_not_answer_is_told)
{
	const char *nobody = e2e_text("http://127.0.0.1:%d", e2e_free_port());
	expect_fault(doctor_with("--url", nobody), "critical", "apache: ", "start Apache");
	expect_fault(doctor_with("--url", sim.url), "critical", "apache: ", "Include dialer.conf");
	expect_fault(doctor_with("--url", e2e_text("https://127.0.0.1:%d", server.port)), "warning",
		"apache: ", "certificate");
	expect_exit(doctor_with("--url", e2e_text("%s/", server.url)), 0);
}
END_TEST

/* The simulator plays an Apache that is set up wrongly. */
static void play(const char *path, int status, const char *body, const char *headers)
{
	sim_post("/control/faults",
		e2e_text("{\"path\":\"/api/dialer/%s\",\"outcome\":\"refuse\",\"status\":%d,"
			 "\"body\":\"%s\",\"headers\":%s}",
			path, status, body, headers));
}

#define HEADERS  "{\"Cache-Control\":\"no-store\",\"X-Content-Type-Options\":\"nosniff\"}"
#define NO_SNIFF "{\"X-Content-Type-Options\":\"nosniff\"}"
#define NO_STORE "{\"Cache-Control\":\"no-store\"}"

static void expect_played(const char *grade, const char *line, const char *change)
{
	expect_fault(doctor_with("--url", sim.url), grade, line, change);
	sim_delete("/control/faults");
}

START_TEST(an_apache_that_is_set_up_wrongly_is_told)
{
	play("health", 200, "#!program", HEADERS);
	expect_played("critical", "apache: ", "a2enmod cgid");
	play("health", 503, "{}", HEADERS);
	expect_played("critical", "apache: ", "the programs run");
	play("health", 500, "oops", HEADERS);
	expect_played("critical", "apache: ", "error log");
	play("health", 200, "{}", NO_SNIFF);
	play("history", 401, "{}", "{}");
	expect_fault(doctor_with("--url", sim.url), "critical", "authorization: a good token",
		"CGIPassAuth On");
	expect_says(doctor_with("--url", sim.url).out, "lack the header Cache-Control");
	sim_delete("/control/faults");
	play("health", 200, "{}", NO_STORE);
	play("history", 200, "{}", "{}");
	expect_says(doctor_with("--url", sim.url).out, "lack the header X-Content-Type-Options");
	expect_played("critical", "authorization: /api/dialer/history without a token", "not 401");
}
END_TEST

START_TEST(a_server_with_another_key_is_told)
{
	const char *path =
		e2e_file("doctor.env", e2e_read(e2e.config), strlen(e2e_read(e2e.config)));
	e2e_set("DIALER_JWT_SECRET_FILE",
		key_file("another-secret-of-more-than-32-bytes-in-all\n", 0640));
	/* The server reads the settings of the test; the doctor those from before. */
	const char *const argv[] = {
		e2e_text("%s/bin/dialer", e2e.build), "--config", path, "doctor", NULL};
	const char *const env[] = {"DOCTOR_TEST_ROOT=/nowhere", NULL};
	expect_fault(
		e2e_run(argv, env), "critical", "authorization: a good token", "CGIPassAuth On");
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("doctor");
	const TTest *const tests[] = {a_healthy_system_gives_no_cause_for_complaint,
		every_check_is_in_the_json, offline_asks_nobody, a_url_that_is_none_is_refused,
		wrong_settings_are_told_with_their_line, settings_that_everybody_can_read_are_told,
		a_jwt_key_that_is_no_good_is_told, a_token_key_that_is_no_good_is_told,
		files_that_the_service_cannot_read_are_told,
		a_list_of_prefixes_that_is_none_is_told, missing_and_open_programs_are_told,
		a_data_directory_that_is_no_good_is_told, a_file_system_of_another_machine_is_told,
		databases_of_an_unknown_format_are_told, a_full_file_system_is_told,
		log_files_that_nobody_removes_are_told, a_checkpoint_that_is_not_written_is_told,
		a_wrong_clock_is_told, a_sync_that_does_not_run_is_told,
		cron_and_timer_together_are_told, an_aircall_that_cannot_be_asked_is_told,
		a_limit_that_is_used_up_is_not_passed, defaults_that_aircall_does_not_know_are_told,
		users_whom_aircall_does_not_know_are_told, users_who_share_the_default_are_told,
		a_dialpad_application_with_a_part_missing_is_told,
		a_dialpad_that_cannot_be_asked_is_told, tokens_that_no_key_opens_are_told,
		scopes_that_are_missing_are_told, no_provider_at_all_is_told,
		webhooks_that_do_not_work_are_told, a_webhook_that_tells_nothing_is_told,
		a_server_that_does_not_answer_is_told, an_apache_that_is_set_up_wrongly_is_told,
		a_server_with_another_key_is_told};
	TCase *t = tcase_create("doctor");
	e2e_case(t, 60);
	tcase_add_checked_fixture(t, setup, NULL);
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
		tcase_add_test(t, tests[i]);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	e2e_log_may_hold = " outside E3005: ";
	return e2e_main(suite());
}
