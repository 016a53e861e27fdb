#include "service/service.h"

#include "base/clock.h"
#include "http/cgi.h"
#include <string.h>

#define EMERGENCY_MAX 4096

void service_init(struct service *s, const struct endpoint *e, bool many)
{
	*s = (struct service){.endpoint = e, .many = many};
	log_init(&s->log, e->name);
	settings_init(&s->settings, many);
	buf_init(&s->emergency, EMERGENCY_MAX);
}

void service_release(struct service *s)
{
	retained_release(&s->retained);
	store_close(s->store);
	s->store = NULL;
	auth_policy_free(s->policy);
	s->policy = NULL;
	settings_end(&s->settings);
	buf_release(&s->emergency);
}

/* --- what may have changed --- */

static bool wants_policy(const struct service *s)
{
	return s->settings.good && (s->endpoint->bearer || s->endpoint->policy);
}

static void load_policy(struct service *s)
{
	struct buf why;

	auth_policy_free(s->policy);
	s->policy = NULL;
	if (s->many)
		stamp_take(&s->key_stamp, auth_key_file(&s->settings.config));
	buf_init(&why, 1024);
	if (auth_policy_load(&s->settings.config, &s->policy, &why) != ERR_NONE)
		log_write(&s->log, LOG_OUTSIDE, "E1002", "%s", why.s);
	buf_release(&why);
}

static bool is_elsewhere(const struct service *s, const char *data_dir)
{
	return !s->settings.good || strcmp(s->settings.config.data_dir, data_dir) != 0;
}

/* Settings that were read anew: nothing made from the old ones is used, but the storage of the same
 * directory is. */
static void settings_changed(struct service *s)
{
	retained_release(&s->retained);
	auth_policy_free(s->policy);
	s->policy = NULL;
	if (s->store && is_elsewhere(s, store_data_dir(s->store))) {
		store_close(s->store);
		s->store = NULL;
	}
}

static void refresh_retained(struct service *s)
{
	const char *ca_file = s->settings.good ? s->settings.config.ca_file : "";

	if (!s->many || !s->retained.what || !*ca_file || stamp_holds(&s->ca_stamp, ca_file))
		return;
	retained_release(&s->retained);
	stamp_take(&s->ca_stamp, ca_file);
}

static void refresh(struct service *s, char *const environment[])
{
	struct config_error error;

	if (settings_refresh(&s->settings, environment, &error)) {
		if (!s->settings.good)
			log_write(&s->log, LOG_OUTSIDE, "E1001", "%s", error.text);
		settings_changed(s);
	}
	if (wants_policy(s) &&
		(!s->policy || !stamp_holds(&s->key_stamp, auth_key_file(&s->settings.config))))
		load_policy(s);
	refresh_retained(s);
}

/* --- storage --- */

static void open_store(struct service *s, int emergency_fd)
{
	const struct store_options options = {
		.data_dir = s->settings.config.data_dir,
		.log = &s->log,
		.emergency_fd = emergency_fd,
		.emergency = s->emergency.s,
		.emergency_len = s->emergency.len,
		.keep = s->many,
		.end_cuts = s->many,
	};

	if (s->store) {
		store_renew(s->store, emergency_fd, s->emergency.s, s->emergency.len);
		return;
	}
	if (s->settings.good && store_open(&s->store, &options) != ERR_NONE)
		log_write(&s->log, LOG_INTERNAL, "E1003", "storage could not be prepared");
}

/* --- a request --- */

static void log_request(const struct service *s, const struct exchange *x, int64_t ms)
{
	const struct request *q = x->request;

	log_write(&s->log, LOG_NOTE, "N1004", "%s %.*s %d %lld ms %s",
		q->head_only ? "HEAD" : q->method, (int)strcspn(q->uri, "?"), q->uri,
		x->response->status, (long long)ms, *x->who.user ? x->who.user : "-");
}

void service_run(struct service *s, struct request *q, char *const environment[], int emergency_fd,
	struct response *r)
{
	int64_t begin = clock_mono_ms();
	struct exchange x = {
		.endpoint = s->endpoint,
		.request = q,
		.response = r,
		.log = &s->log,
		.retained = &s->retained,
	};

	memcpy(s->log.request_id, q->id, sizeof(s->log.request_id));
	cgi_emergency_answer(q, &s->emergency);
	refresh(s, environment);
	open_store(s, emergency_fd);
	x.config = s->settings.good ? &s->settings.config : NULL;
	x.policy = s->policy;
	x.store = s->store;
	endpoint_run(&x);
	/* Before the answer is sent: a process of CGI is waited for. */
	log_request(s, &x, clock_mono_ms() - begin);
}

void service_end(struct service *s)
{
	s->log.request_id[0] = '\0';
	if (s->store)
		store_renew(s->store, -1, NULL, 0);
	buf_release(&s->emergency);
}

bool service_is_spent(const struct service *s)
{
	return s->store && store_is_spent(s->store);
}

bool service_is_outdated(const struct service *s)
{
	return s->store && store_is_outdated(s->store);
}
