/* apache/dialer.conf in a virtual host that was there before, by one Include: what both say, and
 * that neither disturbs the other. */
#include "e2e/calls.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ALICE  "Authorization: Basic YWxpY2U6d29uZGVybGFuZA==" /* alice:wonderland */
#define ORIGIN "https://crm.example.com"
#define POLICY                                                                                     \
	"default-src 'self'; base-uri 'none'; object-src 'none'; form-action 'self'; "             \
	"frame-ancestors 'self'"

static struct daemon host;

/* --- an Apache of somebody else's --- */

/* A directory of this test. */
static const char *root;

static const char *put(const char *name, const char *text)
{
	return e2e_file(e2e_text("%s/%s", strrchr(root, '/') + 1, name), text, strlen(text));
}

static void make_directory(const char *path)
{
	ck_assert_int_eq(mkdir(path, 0755), 0);
	ck_assert_int_eq(chmod(path, 0755), 0);
}

/* A dashboard with a front controller, error pages, headers and a policy of its own. */
static void make_site(void)
{
	root = e2e_text("%s.host", e2e.data);
	make_directory(root);
	make_directory(e2e_text("%s/site", root));
	make_directory(e2e_text("%s/run", root));
	put("site/index.html", "<p>the dashboard");
	put("site/missing.html", "<p>the dashboard knows no such page");
	put("site/.htaccess", "RewriteEngine On\nRewriteCond %{REQUEST_FILENAME} !-f\n"
			      "RewriteRule ^app/ index.html [L]\n");
	const char *users = put("users", "");
	const char *const alice[] = {
		"/usr/bin/htpasswd", "-bB", "-C", "4", users, "alice", "wonderland", NULL};
	ck_assert_int_eq(e2e_run(alice, NULL).status, 0);
}

static const char *modules(void)
{
	static const char *const names[] = {"mpm_event", "authz_core", "authn_core", "authn_file",
		"auth_basic", "authz_user", "alias", "headers", "env", "mime", "dir", "cgid",
		"rewrite"};
	const char *text = "";
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		text = e2e_text("%sLoadModule %s_module /usr/lib/apache2/modules/mod_%s.so\n", text,
			names[i], names[i]);
	return text;
}

/* What the sanitizers of the programs listen to. */
static const char *passed_on(void)
{
	static const char *const names[] = {"ASAN_OPTIONS", "UBSAN_OPTIONS"};
	const char *text = "";
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (getenv(names[i]) != NULL)
			text = e2e_text("%sPassEnv %s\n", text, names[i]);
	return text;
}

/* The host with what stands in it before the Include. */
static const char *configuration(int port, const char *before)
{
	char tree[E2E_PATH];
	ck_assert_ptr_nonnull(getcwd(tree, sizeof(tree)));
	const char *frame = e2e_text("ServerRoot \"%s/run\"\nDefaultRuntimeDir \"%s/run\"\n"
				     "PidFile \"%s/run/pid\"\nServerName host.example\n"
				     "Listen 127.0.0.1:%d\nTypesConfig /etc/mime.types\n"
				     "ErrorLog \"|/bin/cat\"\nLogLevel warn\n%s"
				     "<Directory \"/\">\nRequire all denied\n</Directory>\n",
		root, root, root, port, geteuid() == 0 ? "User www-data\nGroup www-data\n" : "");
	const char *site = e2e_text(
		"DocumentRoot \"%s/site\"\n"
		"<Directory \"%s/site\">\nAllowOverride All\nRequire all granted\n</Directory>\n"
		"AddDefaultCharset iso-8859-1\n"
		"ErrorDocument 404 /missing.html\n"
		"Header set Content-Security-Policy \"default-src 'none'\"\n"
		"Header set Cache-Control \"max-age=86400\"\n"
		"Header set X-Content-Type-Options \"sniff\"\n",
		root, root);
	const char *ours = e2e_text("Define DIALER_CGI_DIR \"%s/cgi-bin\"\n"
				    "Define DIALER_HTDOCS \"%s/apache/htdocs\"\n"
				    "Define DIALER_CONFIG \"%s\"\n"
				    "Include \"%s/apache/dialer.conf\"\n",
		e2e.build, tree, e2e.config, tree);
	return e2e_text("%s%s%s<VirtualHost *:%d>\n%s%s%s</VirtualHost>\n", modules(), passed_on(),
		frame, port, site, before, ours);
}

/* Starts it; the script says that it is ready once it answers. Apache ends with it, however it does. */
static void start(const char *before)
{
	int port = e2e_free_port(), status;
	make_site();
	const char *conf = put("httpd.conf", configuration(port, before));
	const char *script =
		e2e_text("trap 'kill $!; wait; exit 0' TERM\n"
			 "setpriv --pdeathsig TERM /usr/sbin/apache2 -DFOREGROUND -f '%s' >&2 &\n"
			 "until (exec 3<>/dev/tcp/127.0.0.1/%d) 2>/dev/null; do\n"
			 "kill -0 $! || exit 1\nsleep 0.05\ndone\n"
			 "echo ready http://127.0.0.1:%d/\nwait",
			conf, port, port);
	const char *const argv[] = {"/bin/bash", "-c", script, NULL};
	const struct daemon_options o = {.argv = argv, .log = "host.log"};
	if (!daemon_start(&host, &o, &status))
		ck_abort_msg("did not start (status %d): %s", status, e2e_read(host.log));
}

static void stop(void)
{
	ck_assert_int_eq(daemon_stop(&host), 0);
}

static struct answer *page(const char *url)
{
	return http(.to = &host, .url = url);
}

static void expect_once(const struct answer *a, const char *name, const char *value)
{
	ck_assert_msg(header_count(a, name) == 1, "%s: %s", name, a->headers);
	expect_header(a, name, value);
}

static void expect_no_header(const struct answer *a, const char *name)
{
	ck_assert_msg(header_count(a, name) == 0, "%s: %s", name, a->headers);
}

/* --- the page --- */

START_TEST(page_has_its_own_headers)
{
	static const struct {
		const char *url, *type;
	} files[] = {{"/dialer/", "text/html; charset=utf-8"},
		{"/dialer/index.css", "text/css; charset=utf-8"},
		{"/dialer/dialer.js", "text/javascript; charset=utf-8"},
		{"/dialer/dashboard/history.js", "text/javascript; charset=utf-8"},
		{"/dialer/icon.svg", "image/svg+xml"}};
	start("");
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		struct answer *a = page(files[i].url);
		expect_status(a, 200);
		expect_once(a, "Content-Type", files[i].type);
		expect_once(a, "Content-Security-Policy", POLICY);
		expect_once(a, "X-Content-Type-Options", "nosniff");
		expect_once(a, "Referrer-Policy", "same-origin");
		expect_once(a, "Cache-Control", "no-cache");
		expect_no_header(a, "Set-Cookie");
	}
	stop();
}
END_TEST

START_TEST(files_are_kept_and_asked_for_again)
{
	start("");
	struct answer *a = page("/dialer/index.css");
	const char *tag = header(a, "ETag");
	ck_assert_ptr_nonnull(tag);
	a = http(.to = &host, .url = "/dialer/index.css",
		.headers = {e2e_text("If-None-Match: %s", tag)});
	expect_status(a, 304);
	ck_assert_uint_eq(a->len, 0);
	expect_once(a, "Cache-Control", "no-cache");
	expect_status(page("/dialer"), 301);
	expect_status(page("/dialer/dashboard/"), 404);
	expect_status(page("/dialer/no-such-file.js"), 404);
	stop();
}
END_TEST

/* --- the interface --- */

START_TEST(interface_works_and_is_never_kept)
{
	start("");
	struct answer *a = http(.to = &host, .path = "/health");
	expect_status(a, 200);
	a = http(.to = &host, .path = "/call", .token = token("alice"),
		.body = "{\"phoneNumber\":\"" NUMBER "\"}");
	expect_status(a, 200);
	expect_once(a, "Cache-Control", "no-store");
	expect_once(a, "X-Content-Type-Options", "nosniff");
	const char *path = e2e_text("/call/%s", text_at(a->json, "call.id"));
	a = http(.to = &host, .path = path, .token = token("alice"));
	expect_status(a, 200);
	ck_assert_ptr_nonnull(header(a, "ETag"));
	expect_once(a, "Cache-Control", "no-store");
	expect_error(http(.to = &host, .path = "/history"), 401, "unauthorized", NULL);
	/* Not the error page of the host. */
	expect_error(http(.to = &host, .path = "/nothing"), 404, "not_found", NULL);
	stop();
}
END_TEST

START_TEST(other_origins_are_told_what_they_may)
{
	e2e_set("DIALER_CORS_ORIGINS", ORIGIN);
	start("");
	struct answer *a = http(.to = &host, .method = "OPTIONS", .path = "/call",
		.headers = {"Origin: " ORIGIN, "Access-Control-Request-Method: POST",
			"Access-Control-Request-Headers: authorization,content-type"});
	expect_status(a, 204);
	expect_once(a, "Access-Control-Allow-Origin", ORIGIN);
	ck_assert_ptr_nonnull(strstr(header(a, "Access-Control-Allow-Headers"), "Authorization"));
	a = http(.to = &host, .path = "/history", .token = token("alice"),
		.headers = {"Origin: " ORIGIN});
	expect_status(a, 200);
	expect_once(a, "Access-Control-Allow-Origin", ORIGIN);
	a = http(.to = &host, .path = "/history", .token = token("alice"),
		.headers = {"Origin: https://elsewhere.example"});
	expect_status(a, 200);
	expect_no_header(a, "Access-Control-Allow-Origin");
	stop();
}
END_TEST

/* --- the host around it --- */

START_TEST(pages_around_it_stay_as_they_were)
{
	start("");
	static const char *const urls[] = {"/", "/app/customers/17"};
	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		struct answer *a = page(urls[i]);
		expect_status(a, 200);
		ck_assert_str_eq(a->body, "<p>the dashboard");
		expect_once(a, "Content-Security-Policy", "default-src 'none'");
		expect_once(a, "Cache-Control", "max-age=86400");
		expect_once(a, "X-Content-Type-Options", "sniff");
		expect_no_header(a, "Referrer-Policy");
	}
	struct answer *a = page("/nothing");
	expect_status(a, 404);
	ck_assert_str_eq(a->body, "<p>the dashboard knows no such page");
	a = page("/api/other");
	expect_status(a, 404);
	ck_assert_ptr_null(a->json);
	stop();
}
END_TEST

/* --- signing in --- */

#define PASSWORD_EVERYWHERE                                                                        \
	"<Location \"/\">\nAuthType Basic\nAuthName \"Dashboard\"\nAuthBasicProvider file\n"       \
	"AuthUserFile ../users\nRequire valid-user\n</Location>\n"                                 \
	"Define DIALER_SIGN_IN /dev/null\n"

static struct answer *get_token(const char *header_line, const char *another)
{
	return http(.to = &host, .method = "POST", .path = "/token",
		.headers = {header_line, another});
}

START_TEST(password_of_the_host_signs_in)
{
	start(PASSWORD_EVERYWHERE "Define DIALER_TOKEN_SUFFICES\n");
	expect_status(page("/"), 401);
	expect_status(page("/dialer/"), 401);
	expect_error(get_token(NULL, NULL), 401, "unauthorized", NULL);
	struct answer *a = get_token(ALICE, NULL);
	expect_status(a, 200);
	const char *t = text_at(a->json, "token");
	a = http(.to = &host, .path = "/history", .token = t);
	expect_status(a, 200);
	expect_error(http(.to = &host, .path = "/history"), 401, "unauthorized", NULL);
	expect_error(http(.to = &host, .path = "/history", .headers = {ALICE}), 401, "unauthorized",
		NULL);
	expect_status(http(.to = &host, .path = "/health"), 200);
	a = http(.to = &host, .url = "/dialer/", .headers = {ALICE});
	expect_status(a, 200);
	stop();
}
END_TEST

/* Unless it is said, the host's own rule is not loosened for anybody. */
START_TEST(rule_of_the_host_holds_besides)
{
	start(PASSWORD_EVERYWHERE);
	struct answer *a = http(.to = &host, .path = "/history", .token = token("alice"));
	expect_error(a, 401, "unauthorized", NULL);
	ck_assert_ptr_nonnull(strstr(header(a, "WWW-Authenticate"), "Dashboard"));
	expect_status(http(.to = &host, .path = "/health"), 401);
	stop();
}
END_TEST

/* A script that only wants to know is refused without a dialogue of the browser's. */
START_TEST(scripts_may_ask_without_a_dialogue)
{
	start(PASSWORD_EVERYWHERE "Define DIALER_TOKEN_SUFFICES\n");
	struct answer *a = get_token("X-Requested-With: XMLHttpRequest", NULL);
	expect_error(a, 401, "unauthorized", NULL);
	expect_once(a, "WWW-Authenticate", "xBasic realm=\"Dashboard\"");
	a = get_token(NULL, NULL);
	expect_once(a, "WWW-Authenticate", "Basic realm=\"Dashboard\"");
	expect_status(get_token("X-Requested-With: XMLHttpRequest", ALICE), 200);
	stop();
}
END_TEST

/* --- the suite --- */

static TCase *new_case(Suite *s, const char *name)
{
	TCase *t = tcase_create(name);
	e2e_case(t, 60);
	suite_add_tcase(s, t);
	return t;
}

static Suite *suite(void)
{
	Suite *s = suite_create("virtual_host");
	TCase *t = new_case(s, "page");
	tcase_add_test(t, page_has_its_own_headers);
	tcase_add_test(t, files_are_kept_and_asked_for_again);

	t = new_case(s, "interface");
	tcase_add_test(t, interface_works_and_is_never_kept);
	tcase_add_test(t, other_origins_are_told_what_they_may);

	t = new_case(s, "host");
	tcase_add_test(t, pages_around_it_stay_as_they_were);

	t = new_case(s, "sign-in");
	tcase_add_test(t, password_of_the_host_signs_in);
	tcase_add_test(t, rule_of_the_host_holds_besides);
	tcase_add_test(t, scripts_may_ask_without_a_dialogue);
	return s;
}

int main(void)
{
	return e2e_main(suite());
}
