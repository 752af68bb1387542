/*
 * The battery clock: read once, at boot.
 *
 * Floor 1.  [MC146818A] Motorola's data sheet: registers 0..9 are the time, A and B status.
 */
#include "kernel/x86/cmos.h"
#include "kernel/x86/insn.h"

enum { CMOS_INDEX = 0x70, CMOS_DATA = 0x71 };
enum {
	REG_SECOND = 0, REG_MINUTE = 2, REG_HOUR = 4, REG_DAY = 7, REG_MONTH = 8, REG_YEAR = 9,
	REG_A = 10, A_UPDATING = 0x80,
	REG_B = 11, B_24_HOURS = 0x02, B_BINARY = 0x04,
	HOUR_PM = 0x80,
};

struct date { unsigned second, minute, hour, day, month, year; };

static uint8_t cmos_read(uint8_t reg)
{
	out8(CMOS_INDEX, reg);
	return in8(CMOS_DATA);
}

static unsigned from_bcd(unsigned x)
{
	return (x >> 4) * 10 + (x & 15);
}

static unsigned read_field(uint8_t reg)
{
	unsigned value = cmos_read(reg);

	return cmos_read(REG_B) & B_BINARY ? value : from_bcd(value);
}

static unsigned read_hour(void)
{
	unsigned raw = cmos_read(REG_HOUR);
	unsigned hour = raw & ~(unsigned)HOUR_PM;

	if (!(cmos_read(REG_B) & B_BINARY)) {
		hour = from_bcd(hour);
	}
	if (cmos_read(REG_B) & B_24_HOURS) {
		return hour;
	}
	return hour % 12 + (raw & HOUR_PM ? 12 : 0);
}

static struct date read_date(void)
{
	while (cmos_read(REG_A) & A_UPDATING) {
	}
	return (struct date){
		read_field(REG_SECOND), read_field(REG_MINUTE), read_hour(),
		read_field(REG_DAY), read_field(REG_MONTH), 2000 + read_field(REG_YEAR),
	};
}

/*
 * Days from 1970-01-01.  Counting years from March puts the leap day last, and then the months' lengths
 * follow (153 m + 2) / 5.
 */
static uint32_t days_since_1970(const struct date *d)
{
	unsigned from_march = (d->month + 9) % 12;
	unsigned year = d->year - (d->month <= 2);
	uint32_t days = year * 365 + year / 4 - year / 100 + year / 400;
	uint32_t epoch = 719468;        /* the same sum for 1970-01-01 */

	return days + (153 * from_march + 2) / 5 + d->day - 1 - epoch;
}

uint64_t cmos_seconds(void)
{
	struct date d = read_date();

	return (uint64_t)days_since_1970(&d) * 86400 + d.hour * 3600 + d.minute * 60 + d.second;
}
