// Words for figures, days and instants. Formatters are made once, and not before they are wanted: making one costs more than a
// thousand uses.
const LOCALE = "en-US";
const DAY_MS = 86_400_000;

/** What is made when it is first asked for. */
export function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}

const whole = once(() => new Intl.NumberFormat(LOCALE, { maximumFractionDigits: 3 }));
const plurals = once(() => new Intl.PluralRules(LOCALE, { type: "ordinal" }));
const percents = once(() => new Intl.NumberFormat(LOCALE, { style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1 }));
// Of days, which no zone moves. A formatter for each form was a fifth of the script of a slow phone's first figures.
const MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];
const WEEKDAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const monthOf = (day: string): string => MONTHS[Number(day.slice(5, 7)) - 1] ?? "";
type Shown = { exact: Intl.NumberFormat; round: () => Intl.NumberFormat; short: () => Intl.NumberFormat; unit: number };
const currencies = new Map<string, Shown>();
const clocks = new Map<string, Intl.DateTimeFormat>();
const ENDINGS: Record<string, string> = { one: "st", two: "nd", few: "rd" };

export const count = (number: number): string => signed(whole().format(number));

/** With a minus that is as wide as a plus. */
const signed = (text: string): string => text.replace("-", "−");

/** 131 orders; 1 order. */
export const counted = (number: number, one: string, many = `${one}s`): string => `${count(number)} ${number === 1 ? one : many}`;

/** 3rd. */
export const nth = (number: number): string => `${number}${ENDINGS[plurals().select(number)] ?? "th"}`;

/** Minor units as money of their currency. */
export const money = (minor: number, currency: string): string => signed(kept(currency).exact.format(minor / kept(currency).unit));

/** $339,160; $44.92: from a thousand on without its small change, for figures that are looked at and not added up. */
export function roundMoney(minor: number, currency: string): string {
  const { exact, round, unit } = kept(currency);
  return signed((Math.abs(minor) < 1000 * unit ? exact : round()).format(minor / unit));
}

/** $20K, for the scale of a chart. */
export const shortMoney = (minor: number, currency: string): string => signed(kept(currency).short().format(minor / kept(currency).unit));

/** How many minor units a whole one of the currency has. */
export const unitOf = (currency: string): number => kept(currency).unit;

function kept(currency: string): Shown {
  let known = currencies.get(currency);
  if (!known) {
    const shown = (options: Intl.NumberFormatOptions) => new Intl.NumberFormat(LOCALE, { style: "currency", currency, ...options });
    const exact = shown({});
    const round = once(() => shown({ maximumFractionDigits: 0 }));
    const short = once(() => shown({ notation: "compact", minimumFractionDigits: 0, maximumFractionDigits: 1 }));
    known = { exact, round, short, unit: 10 ** (exact.resolvedOptions().maximumFractionDigits ?? 2) };
    currencies.set(currency, known);
  }
  return known;
}

/** +12.4%, −1.6%; null where the one before is no measure. */
export function growth(now: number, before: number): string | null {
  if (before <= 0) return null;
  const tenths = Math.round((now / before - 1) * 1000);
  return `${tenths > 0 ? "+" : tenths < 0 ? "−" : ""}${percents().format(Math.abs(tenths) / 1000)}`;
}

/** 12.4% of the whole. */
export const share = (part: number, whole: number): string => (whole > 0 ? percents().format(part / whole) : "–");

/** Nov 23, or with its weekday and year. A day is a day everywhere: no zone moves it. */
export function dayName(day: string, how: "short" | "weekday" | "far" | "year" | "long" = "short"): string {
  const at = new Date(`${day}T00:00Z`);
  const weekday = WEEKDAYS[at.getUTCDay()] ?? "";
  const date = `${how === "long" ? monthOf(day) : monthOf(day).slice(0, 3)} ${at.getUTCDate()}`;
  if (how === "weekday") return `${weekday.slice(0, 3)}, ${date}`;
  if (how === "far") return `${weekday}, ${date}`;
  if (how === "year") return `${date}, ${at.getUTCFullYear()}`;
  return how === "long" ? `${weekday}, ${date}, ${at.getUTCFullYear()}` : date;
}

/** 12:46 AM today, Nov 23, 12:46 AM on other days, in that zone. */
export function timeOf(instant: string, zone: string, now = new Date()): string {
  const at = new Date(instant);
  const time = clock("time", zone, { hour: "numeric", minute: "2-digit" }).format(at);
  return dayAt(at, zone) === dayAt(now, zone) ? time : `${dayName(dayAt(at, zone))}, ${time}`;
}

/** Monday, November 23, 2026 at 12:46:05 AM EST. */
export const exactTime = (instant: string, zone: string): string =>
  clock("exact", zone, { dateStyle: "full", timeStyle: "long" }).format(new Date(instant));

/** Wed 12:45 AM. */
export const weekdayTime = (instant: string, zone: string): string =>
  clock("weekday", zone, { weekday: "short", hour: "numeric", minute: "2-digit" }).format(new Date(instant)).replace(",", "");

/** 5:45 AM, without its day. */
export const clockTime = (instant: string, zone: string): string => clock("time", zone, { hour: "numeric", minute: "2-digit" }).format(new Date(instant));

/** in 5 h 12 min; 12 min ago; now. */
export function fromNow(instant: string, now = new Date()): string {
  const minutes = Math.round((Date.parse(instant) - now.getTime()) / 60_000);
  const span = spanText(Math.abs(minutes));
  return minutes === 0 ? "now" : minutes > 0 ? `in ${span}` : `${span} ago`;
}

const spanText = (minutes: number): string => {
  if (minutes < 60) return `${minutes} min`;
  if (minutes < 1440) return minutes % 60 ? `${Math.floor(minutes / 60)} h ${minutes % 60} min` : `${minutes / 60} h`;
  return counted(Math.round(minutes / 1440), "day");
};

/** Oct 1 – 31, 2026; Dec 1, 2025 – Jan 31, 2026; Oct 1, 2026. */
export function rangeName(from: string, to: string): string {
  if (from === to) return dayName(from, "year");
  if (from.slice(0, 4) !== to.slice(0, 4)) return `${dayName(from, "year")} – ${dayName(to, "year")}`;
  if (from.slice(0, 7) !== to.slice(0, 7)) return `${dayName(from)} – ${dayName(to, "year")}`;
  return `${dayName(from)} – ${Number(to.slice(8))}, ${to.slice(0, 4)}`;
}

/** Oct 25 – Nov 23: without its year, where that is plain. */
export function shortRange(from: string, to: string): string {
  if (from === to) return dayName(from);
  if (from.slice(0, 4) !== to.slice(0, 4)) return rangeName(from, to);
  return from.slice(0, 7) === to.slice(0, 7) ? `${dayName(from)} – ${Number(to.slice(8))}` : `${dayName(from)} – ${dayName(to)}`;
}

/** Aug 1 – 26, Aug 28: days in their order, those that follow each other as one. */
export function runsOf(days: readonly string[]): string {
  const runs: [first: string, last: string][] = [];
  for (const day of days) {
    const run = runs.at(-1);
    if (run && dayPlus(run[1], 1) === day) run[1] = day;
    else runs.push([day, day]);
  }
  return runs.map(([first, last]) => (first === last ? dayName(first) : first.slice(0, 7) === last.slice(0, 7) ? `${dayName(first)} – ${Number(last.slice(8))}` : `${dayName(first)} – ${dayName(last)}`)).join(", ");
}

/** Nov. */
export const shortMonth = (day: string): string => monthOf(day).slice(0, 3);

/** November 2026. */
export const monthName = (day: string): string => `${monthOf(day)} ${day.slice(0, 4)}`;

/** +$88.00, −$49.50, $0.00. */
export const change = (minor: number, currency: string): string => (minor > 0 ? "+" : minor < 0 ? "−" : "") + money(Math.abs(minor), currency);

/** The calendar day of an instant in that zone, YYYY-MM-DD. */
export function dayAt(at: Date, zone: string): string {
  const [month, day, year] = clock("iso", zone, { year: "numeric", month: "2-digit", day: "2-digit" }).format(at).split("/");
  return `${year}-${month}-${day}`;
}

/** New York time. */
export const zoneName = (zone: string): string => `${zone.split("/").at(-1)?.replaceAll("_", " ") ?? zone} time`;

/** The day so many days later (or earlier). */
export const dayPlus = (day: string, days: number): string =>
  new Date(Date.parse(`${day}T00:00Z`) + days * DAY_MS).toISOString().slice(0, 10);

/** How many days lie from one day to the other, both inside. */
export const daysIn = (from: string, to: string): number => Math.round((Date.parse(to) - Date.parse(from)) / DAY_MS) + 1;

/** About 6 minutes left. */
export function etaText(eta_s: number): string {
  if (eta_s < 60) return "less than a minute left";
  if (eta_s < 5400) return `about ${counted(Math.round(eta_s / 60), "minute")} left`;
  return `about ${counted(Math.round(eta_s / 3600), "hour")} left`;
}

function clock(name: string, zone: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${name} ${zone}`;
  let known = clocks.get(key);
  if (!known) clocks.set(key, (known = new Intl.DateTimeFormat(LOCALE, { ...options, timeZone: zone })));
  return known;
}
