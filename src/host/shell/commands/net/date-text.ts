// A moment as date(1) and ctime(3) print it, always in UTC.

const days = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'] as const;
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const;
const two = (value: number): string => String(value).padStart(2, '0');

function parts(wallMs: number) {
  const date = new Date(wallMs);
  return {
    day: days[date.getUTCDay()] ?? '',
    month: months[date.getUTCMonth()] ?? '',
    date: date.getUTCDate(),
    year: date.getUTCFullYear(),
    time: [date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()].map(two).join(':'),
  };
}

/** `Sat Nov 21 01:04:41 UTC 2026`. */
export function dateText(wallMs: number): string {
  const { day, month, date, year, time } = parts(wallMs);
  return `${day} ${month} ${two(date)} ${time} UTC ${year}`;
}

/** RFC 9110 section 5.6.7: `Sat, 21 Nov 2026 01:04:41 GMT`. */
export function httpDateText(wallMs: number): string {
  const { day, month, date, year, time } = parts(wallMs);
  return `${day}, ${two(date)} ${month} ${year} ${time} GMT`;
}

/** The Common Log Format: `21/Nov/2026:01:04:41 +0000`. */
export function logDateText(wallMs: number): string {
  const { month, date, year, time } = parts(wallMs);
  return `${two(date)}/${month}/${year}:${time} +0000`;
}
