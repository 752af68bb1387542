/*
 * The one formatter.  See fmt.h for what it understands.
 *
 * Floor 0.
 */
#include "kernel/lib/fmt.h"
#include "kernel/lib/string.h"

/* Where text goes: counted to the end, stored while there is room. */
struct output {
	char  *to;
	size_t size;
	size_t length;
};

/* One conversion: %[-0][width][.precision][l|ll|z]letter */
struct spec {
	bool     left, zero;
	unsigned width;
	int      precision;             /* -1 = none given */
	unsigned longs;                 /* l or z = 1, ll = 2 */
	char     letter;
};

#define DIGITS_MAX 24u                  /* 2^64 has 20 decimal digits */

static void put_char(struct output *out, char c)
{
	if (out->length + 1 < out->size) {
		out->to[out->length] = c;
	}
	out->length++;
}

static void put_padding(struct output *out, char c, unsigned width, size_t used)
{
	for (; used < width; used++) {
		put_char(out, c);
	}
}

static void put_text(struct output *out, const struct spec *s, const char *text)
{
	size_t n = 0;

	while (text[n] && (s->precision < 0 || n < (size_t)s->precision)) {
		n++;
	}
	if (!s->left) {
		put_padding(out, ' ', s->width, n);
	}
	for (size_t i = 0; i < n; i++) {
		put_char(out, text[i]);
	}
	if (s->left) {
		put_padding(out, ' ', s->width, n);
	}
}

/* @prefix is "", "-" or "0x". */
static void put_number(struct output *out, const struct spec *s, const char *prefix,
		       uint64_t value, unsigned base)
{
	const char *digits = s->letter == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
	char reversed[DIGITS_MAX];
	size_t n = 0;
	size_t used = strlen(prefix);

	do {
		reversed[n++] = digits[value % base];
		value /= base;
	} while (value);
	used += n;
	if (!s->left && !s->zero) {
		put_padding(out, ' ', s->width, used);
	}
	while (*prefix) {
		put_char(out, *prefix++);
	}
	if (s->zero && !s->left) {
		put_padding(out, '0', s->width, used);
	}
	while (n > 0) {
		put_char(out, reversed[--n]);
	}
	if (s->left) {
		put_padding(out, ' ', s->width, used);
	}
}

static const char *parse_number(const char *p, unsigned *value)
{
	*value = 0;
	while (*p >= '0' && *p <= '9') {
		*value = *value * 10 + (unsigned)(*p++ - '0');
	}
	return p;
}

/* @p is after the percent sign; returns the place after the letter. */
static const char *parse_spec(const char *p, struct spec *s)
{
	*s = (struct spec){ .precision = -1 };
	for (; *p == '-' || *p == '0'; p++) {
		s->left |= *p == '-';
		s->zero |= *p == '0';
	}
	p = parse_number(p, &s->width);
	if (*p == '.') {
		unsigned precision;

		p = parse_number(p + 1, &precision);
		s->precision = (int)precision;
	}
	for (; *p == 'l' || *p == 'z'; p++) {
		s->longs++;            /* size_t is a long, here and on the host */
	}
	s->letter = *p;
	return *p ? p + 1 : p;
}

/* A va_list inside a struct can be handed on by pointer portably; a bare one cannot [C11 7.16]. */
struct arguments { va_list list; };

static uint64_t next_unsigned(const struct spec *s, struct arguments *args)
{
	switch (s->longs) {
	case 0:  return va_arg(args->list, unsigned int);
	case 1:  return va_arg(args->list, unsigned long);
	default: return va_arg(args->list, unsigned long long);
	}
}

static int64_t next_signed(const struct spec *s, struct arguments *args)
{
	switch (s->longs) {
	case 0:  return va_arg(args->list, int);
	case 1:  return va_arg(args->list, long);
	default: return va_arg(args->list, long long);
	}
}

static void put_signed(struct output *out, const struct spec *s, int64_t value)
{
	uint64_t magnitude = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;

	put_number(out, s, value < 0 ? "-" : "", magnitude, 10);
}

static void put_pointer(struct output *out, struct spec *s, const void *p)
{
	s->zero = true;
	s->width = 2 + 2 * sizeof(void *);
	put_number(out, s, "0x", (uintptr_t)p, 16);
}

static void convert(struct output *out, struct spec *s, struct arguments *args)
{
	switch (s->letter) {
	case 'd':
	case 'i':
		put_signed(out, s, next_signed(s, args));
		break;
	case 'u':
		put_number(out, s, "", next_unsigned(s, args), 10);
		break;
	case 'x':
	case 'X':
		put_number(out, s, "", next_unsigned(s, args), 16);
		break;
	case 'p':
		put_pointer(out, s, va_arg(args->list, void *));
		break;
	case 'c': {
		char text[2] = { (char)va_arg(args->list, int), '\0' };

		put_text(out, s, text);
		break;
	}
	case 's': {
		const char *text = va_arg(args->list, const char *);

		put_text(out, s, text ? text : "(null)");
		break;
	}
	default:                        /* %% and whatever we do not know */
		put_char(out, s->letter ? s->letter : '%');
		break;
	}
}

int fmt_vprint(char *to, size_t size, const char *format, va_list args)
{
	struct output out = { to, size, 0 };
	struct arguments copy;
	struct spec s;

	va_copy(copy.list, args);
	while (*format) {
		if (*format != '%') {
			put_char(&out, *format++);
			continue;
		}
		format = parse_spec(format + 1, &s);
		convert(&out, &s, &copy);
	}
	va_end(copy.list);
	if (size > 0) {
		to[MIN(out.length, size - 1)] = '\0';
	}
	return (int)out.length;
}

int fmt_print(char *to, size_t size, const char *format, ...)
{
	va_list args;
	int length;

	va_start(args, format);
	length = fmt_vprint(to, size, format, args);
	va_end(args);
	return length;
}
