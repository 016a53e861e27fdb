#include "phone/phone.h"
#include "base/text.h"
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define DIGITS_MIN 8
#define DIGITS_MAX 15
#define TEXT_MAX   256 /* far more than any number with its parameters */

/* What was written, before it is known what it means. */
struct number {
	char digits[32];
	int len;
	int zero; /* where among the digits a `(0)` stood, -1 if there was none */
	bool plus;
	char context[DIGITS_MAX + 1]; /* digits of a global phone-context, "" for none */
};

struct text {
	const char *p;
	const char *end;
};

static bool refuse(const char **why, const char *sentence)
{
	*why = sentence;
	return false;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_separator(char c)
{
	return c == ' ' || c == '-' || c == '.' || c == '(' || c == ')';
}

static void trim(struct text *t)
{
	while (t->p < t->end && *t->p == ' ')
		t->p++;
	while (t->p < t->end && t->end[-1] == ' ')
		t->end--;
}

/* Whether t begins with the word in any case; if so, moves behind it. */
static bool skip_word(struct text *t, const char *word)
{
	const char *p = t->p;

	for (; *word != '\0'; word++, p++) {
		char c;

		if (p == t->end)
			return false;
		c = *p >= 'A' && *p <= 'Z' ? (char)(*p - 'A' + 'a') : *p;
		if (c != *word)
			return false;
	}
	t->p = p;
	return true;
}

const char *phone_default_trunk(const char *country_code)
{
	if (strcmp(country_code, "1") == 0)
		return "1";
	if (strcmp(country_code, "7") == 0)
		return "8";
	if (strcmp(country_code, "39") == 0 || strcmp(country_code, "378") == 0)
		return "";
	return "0";
}

bool phone_is_country_code(const char *digits, size_t len)
{
	/* The second digits that complete a code of two; any other makes it one of three. */
	static const char *const two[10] = {[2] = "07",
		[3] = "0123469",
		[4] = "013456789",
		[5] = "12345678",
		[6] = "0123456",
		[8] = "1246",
		[9] = "0123458"};
	const char *second;

	if (!text_is_digits(digits, len))
		return false;
	if (digits[0] == '1' || digits[0] == '7')
		return len == 1;
	second = two[digits[0] - '0'];
	if (second == NULL || len < 2 || len > 3)
		return false;
	return (strchr(second, digits[1]) != NULL) == (len == 2);
}

/* Italy and San Marino: numbers begin with a zero that is dialled from abroad, too. */
static bool keeps_zero(const char *digits, size_t len)
{
	return (len >= 2 && memcmp(digits, "39", 2) == 0) ||
	       (len >= 3 && memcmp(digits, "378", 3) == 0);
}

/*
 * Parameters: RFC 3966, section 3, `par`. Their values are never read except for the context.
 */
static bool is_name_char(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
}

static bool is_hex(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool is_value(const struct text *t)
{
	for (const char *p = t->p; p < t->end; p++) {
		if (*p == '%') {
			if (t->end - p < 3 || !is_hex(p[1]) || !is_hex(p[2]))
				return false;
			p += 2;
		} else if (!is_name_char(*p) &&
			   (*p == '\0' || strchr("_.!~*'()[]/:&+$?@=,", *p) == NULL)) {
			return false;
		}
	}
	return t->p < t->end;
}

static bool read_context(struct text value, struct number *n, const char **why)
{
	size_t len = 0;

	if (value.p == value.end || *value.p != '+')
		return refuse(why, "Only a phone-context that begins with + is understood.");
	for (value.p++; value.p < value.end; value.p++) {
		if (*value.p != ' ' && is_separator(*value.p))
			continue;
		if (!is_digit(*value.p) || len == DIGITS_MAX)
			return refuse(why, "The phone-context is no number.");
		n->context[len++] = *value.p;
	}
	n->context[len] = '\0';
	if (len == 0 || n->context[0] == '0')
		return refuse(why, "The phone-context is no number.");
	return true;
}

/* Whether an earlier parameter has the same name. */
static bool is_repeated(const char *all, const struct text *name)
{
	size_t len = (size_t)(name->end - name->p);

	for (struct text t = {all, name->p}; t.p < t.end; t.p++) {
		struct text earlier;

		if (*t.p != ';')
			continue;
		earlier = (struct text){t.p + 1, t.end};
		trim(&earlier);
		if ((size_t)(earlier.end - earlier.p) > len && !is_name_char(earlier.p[len]) &&
			strncasecmp(earlier.p, name->p, len) == 0)
			return true;
	}
	return false;
}

/* One `name` or `name=value`. */
static bool read_parameter(const char *all, struct text t, struct number *n, const char **why)
{
	static const char malformed[] = "The parameters after ; are malformed.";
	struct text name, value;
	bool has_value;

	trim(&t);
	name = (struct text){t.p, t.p};
	while (name.end < t.end && is_name_char(*name.end))
		name.end++;
	has_value = name.end < t.end && *name.end == '=';
	value = (struct text){has_value ? name.end + 1 : name.end, t.end};
	if (name.p == name.end || (has_value ? !is_value(&value) : name.end != t.end))
		return refuse(why, malformed);
	if (is_repeated(all, &name))
		return refuse(why, "A parameter after ; occurs twice.");
	if (skip_word(&name, "phone-context") && name.p == name.end)
		return read_context(value, n, why);
	return true;
}

/* Everything behind the first `;`. */
static bool read_parameters(struct text t, struct number *n, const char **why)
{
	const char *all = t.p - 1;

	for (;;) {
		struct text one = t;
		const char *semicolon = memchr(t.p, ';', (size_t)(t.end - t.p));

		if (semicolon != NULL)
			one.end = semicolon;
		if (!read_parameter(all, one, n, why))
			return false;
		if (one.end == t.end)
			return true;
		t.p = one.end + 1;
	}
}

/* Whether t stands at a `(0)`; if so, moves to its `)`. */
static bool skip_zero(struct text *t)
{
	const char *p = t->p + 1;

	if (*t->p != '(')
		return false;
	while (p < t->end && *p == ' ')
		p++;
	if (p == t->end || *p++ != '0')
		return false;
	while (p < t->end && *p == ' ')
		p++;
	if (p == t->end || *p != ')')
		return false;
	t->p = p;
	return true;
}

/* The part before the parameters. */
static bool read_digits(struct text t, struct number *n, const char **why)
{
	bool plus_allowed = true;

	for (; t.p < t.end; t.p++) {
		char digit = *t.p;

		if (skip_zero(&t)) {
			if (n->zero >= 0)
				return refuse(why, "(0) occurs twice.");
			n->zero = n->len;
			digit = '0';
		} else if (digit == '+' && plus_allowed) {
			n->plus = true;
			plus_allowed = false;
			continue;
		} else if (is_separator(digit)) {
			/* "(+44) 20": a + behind anything else is no beginning */
			plus_allowed = plus_allowed && (digit == ' ' || digit == '(');
			continue;
		} else if (!is_digit(digit)) {
			return refuse(why, "It holds something that is no part of a number.");
		}
		plus_allowed = false;
		if (n->len == (int)sizeof(n->digits))
			return refuse(why, "It has too many digits.");
		n->digits[n->len++] = digit;
	}
	return n->len > 0 || refuse(why, "It has no digits.");
}

static bool read_number(struct text t, struct number *n, const char **why)
{
	const char *semicolon;

	*n = (struct number){.zero = -1};
	trim(&t);
	(void)skip_word(&t, "tel:");
	semicolon = memchr(t.p, ';', (size_t)(t.end - t.p));
	if (semicolon != NULL) {
		if (!read_parameters((struct text){semicolon + 1, t.end}, n, why))
			return false;
		t.end = semicolon;
	}
	return read_digits(t, n, why);
}

/*
 * From here on it is decided what the digits mean.
 */
static bool write_e164(
	const char *code, const char *digits, int len, char out[PHONE_SIZE], const char **why)
{
	int total = (int)strlen(code) + len;

	if (total < DIGITS_MIN || total > DIGITS_MAX)
		return refuse(why, "It must have 8 to 15 digits with the country code.");
	if ((*code != '\0' ? *code : *digits) == '0')
		return refuse(why, "No country code begins with 0.");
	(void)snprintf(out, PHONE_SIZE, "+%s%.*s", code, len, digits);
	return true;
}

/* `digits` begin with the country code; `zero` as in struct number, counted from there. */
static bool international(
	const char *digits, int len, int zero, char out[PHONE_SIZE], const char **why)
{
	char without[sizeof(((struct number *)0)->digits)];

	if (zero < 0)
		return write_e164("", digits, len, out, why);
	if (!phone_is_country_code(digits, (size_t)zero))
		return refuse(why, "(0) must stand directly after the country code.");
	if (keeps_zero(digits, (size_t)zero))
		return refuse(why,
			"The zero is part of the number in this country: write it without ( ).");
	if (zero + 1 < len && digits[zero + 1] == '0')
		return refuse(why, "Another zero follows (0).");
	memcpy(without, digits, (size_t)zero);
	memcpy(without + zero, digits + zero + 1, (size_t)(len - zero - 1));
	return write_e164("", without, len - 1, out, why);
}

/* What North America and Russia with Kazakhstan dial behind 1 and 7 has ten digits, always:
 * anything else means that the trunk prefix or the context was misread. */
static bool fits_plan(const char *national, int len, char code, const char **why)
{
	if ((code == '1' || code == '7') && len != 10)
		return refuse(why, "It must have ten digits after the country code.");
	if (code == '1' && national[0] < '2')
		return refuse(why, "An area code begins with 2 to 9.");
	return true;
}

static bool in_context(const struct number *n, char out[PHONE_SIZE], const char **why)
{
	int context_len = (int)strlen(n->context);
	char all[sizeof(n->context) + sizeof(n->digits)];
	int len;

	if (n->plus)
		return refuse(why, "A number with + needs no phone-context.");
	if (n->zero > 0)
		return refuse(why, "(0) must stand directly after the country code.");
	if (n->digits[0] == '0' && (!keeps_zero(n->context, (size_t)context_len) || n->zero == 0 ||
					   (n->len > 1 && n->digits[1] == '0')))
		return refuse(why, "A zero cannot follow this phone-context.");
	len = snprintf(all, sizeof(all), "%s%.*s", n->context, n->len, n->digits);
	return fits_plan(all + 1, len - 1, all[0], why) && write_e164("", all, len, out, why);
}

static bool national(const struct phone_rules *rules, const struct number *n, char out[PHONE_SIZE],
	const char **why)
{
	const char *code = rules->country_code;
	const char *trunk = rules->trunk_prefix;
	const char *abroad = strcmp(code, "1") == 0 ? "011" : "00";
	int abroad_len = (int)strlen(abroad);
	int trunk_len = (int)strlen(trunk);
	const char *digits = n->digits;
	int len = n->len;

	if (*code == '\0')
		return refuse(why, "It must begin with + and the country code.");
	if (len > abroad_len && memcmp(digits, abroad, (size_t)abroad_len) == 0) {
		if (n->zero >= 0 && n->zero < abroad_len)
			return refuse(why, "(0) must stand directly after the country code.");
		return international(digits + abroad_len, len - abroad_len,
			n->zero >= 0 ? n->zero - abroad_len : -1, out, why);
	}
	/* At the very beginning it is the trunk prefix, or the zero that is always dialled. */
	if (n->zero > 0 ||
		(n->zero == 0 && strcmp(trunk, "0") != 0 && !keeps_zero(code, strlen(code))))
		return refuse(why, "(0) must stand directly after the country code.");
	if (trunk_len > 0 && len >= trunk_len && memcmp(digits, trunk, (size_t)trunk_len) == 0) {
		digits += trunk_len;
		len -= trunk_len;
	}
	return fits_plan(digits, len, code[1] == '\0' ? code[0] : '\0', why) &&
	       write_e164(code, digits, len, out, why);
}

bool phone_normalise(const struct phone_rules *rules, const char *s, size_t len,
	char out[PHONE_SIZE], const char **why)
{
	struct number n;
	const char *unused;

	if (why == NULL)
		why = &unused;
	out[0] = '\0';
	if (len > TEXT_MAX)
		return refuse(why, "It is too long.");
	if (!read_number((struct text){s, s + len}, &n, why))
		return false;
	if (n.context[0] != '\0')
		return in_context(&n, out, why);
	if (n.plus)
		return international(n.digits, n.len, n.zero, out, why);
	return national(rules, &n, out, why);
}

/*
 * Prefix lists.
 */

/* Takes the next item off the list, without the blanks round it. False at the end. */
static bool next_prefix(const char **list, struct text *item)
{
	if (*list == NULL)
		return false;
	item->p = *list;
	item->end = item->p + strcspn(item->p, ",");
	*list = *item->end == ',' ? item->end + 1 : NULL;
	trim(item);
	return true;
}

static bool is_prefix(const struct text *item)
{
	size_t len = (size_t)(item->end - item->p);

	return len >= 2 && len <= DIGITS_MAX + 1 && item->p[0] == '+' && item->p[1] != '0' &&
	       text_is_digits(item->p + 1, len - 1);
}

bool phone_find_prefix(const char *e164, const char *prefixes, char *out, size_t size)
{
	struct text item;

	out[0] = '\0';
	while (next_prefix(&prefixes, &item)) {
		size_t len = (size_t)(item.end - item.p);

		if (!is_prefix(&item) || strncmp(e164, item.p, len) != 0)
			continue;
		(void)snprintf(out, size, "%.*s", (int)len, item.p);
		return true;
	}
	return false;
}

bool phone_has_prefix(const char *e164, const char *prefixes)
{
	char found[PHONE_SIZE];

	return phone_find_prefix(e164, prefixes, found, sizeof(found));
}

bool phone_prefixes_valid(const char *prefixes)
{
	struct text item;

	if (*prefixes == '\0')
		return true;
	while (next_prefix(&prefixes, &item))
		if (!is_prefix(&item))
			return false;
	return true;
}
