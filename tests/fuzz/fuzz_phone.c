/* Telephone numbers, prefix lists and hours: what is let through is E.164 and stays what it is. */
#include "fuzz/fuzz.h"
#include "phone/phone.h"
#include "schedule/schedule.h"

static const char *const codes[] = {"", "1", "44", "49", "39", "7", "378", "998"};

static bool is_e164(const char *s)
{
	size_t digits = strspn(s + 1, "0123456789");
	return s[0] == '+' && s[1] != '0' && digits >= 8 && digits <= 15 && s[1 + digits] == '\0';
}

static void normalise(const char *text, size_t len, const char *code)
{
	struct phone_rules rules;
	char out[PHONE_SIZE], again[PHONE_SIZE];
	const char *why = NULL;
	snprintf(rules.country_code, sizeof(rules.country_code), "%s", code);
	snprintf(rules.trunk_prefix, sizeof(rules.trunk_prefix), "%s", phone_default_trunk(code));
	if (!phone_normalise(&rules, text, len, out, &why)) {
		must(why != NULL);
		return;
	}
	must(is_e164(out));
	must(phone_normalise(&rules, out, strlen(out), again, NULL));
	must(strcmp(out, again) == 0);
}

static void prefixes(const char *text)
{
	char found[PHONE_SIZE];
	bool valid = phone_prefixes_valid(text);
	bool has = phone_find_prefix("+15551234567", text, found, sizeof(found));
	must(has == phone_has_prefix("+15551234567", text));
	must(!has || strncmp("+15551234567", found, strlen(found)) == 0);
	must(has == (found[0] != '\0'));
	(void)valid;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct schedule s;
	char *text = text_of(data, size);
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		normalise(text, size, codes[i]);
	prefixes(text);
	if (schedule_parse(text, &s))
		for (int i = 0; i < 7 * 24; i++)
			(void)schedule_holds(&s, i / 24, i % 24 * 60);
	free(text);
	return 0;
}
