/** The page's words, numbers and times in Vietnamese or English. */

const LANGUAGES = ['vi', 'en'];
const KEPT = 'tuyen.language';
const state = { language: 'vi', words: {}, timeZone: undefined };

export const language = () => state.language;
export const otherLanguage = () => (state.language === 'vi' ? 'en' : 'vi');
export const setTimeZone = (name) => { state.timeZone = name; };

/** Choose the language: what the person chose here, else the wish, else the page's. */
export async function useLanguage(wish, { keep = false } = {}) {
  const chosen = [keep ? wish : localStorage.getItem(KEPT), wish, document.documentElement.lang]
    .find((one) => LANGUAGES.includes(one)) ?? 'vi';
  if (keep) localStorage.setItem(KEPT, chosen);
  if (state.language !== chosen || !Object.keys(state.words).length) {
    const answer = await fetch(`${document.body.dataset.static}/i18n/${chosen}.json`);
    state.words = await answer.json();
    state.language = chosen;
  }
  document.documentElement.lang = chosen;
  for (const node of document.querySelectorAll('[data-t]')) node.textContent = t(node.dataset.t);
  for (const node of document.querySelectorAll('[data-t-label]')) node.setAttribute('aria-label', t(node.dataset.tLabel));
}

/** The words of a key, with `{name}` filled in; a missing key shows itself. */
export function t(key, values = {}) {
  const words = state.words[key] ?? key;
  return words.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? '');
}

/** The words of a key, or null when the dictionary has none. */
export const known = (key) => state.words[key] ?? null;

const locale = () => (state.language === 'vi' ? 'vi-VN' : 'en-GB');
export const number = (value, digits = 0) =>
  new Intl.NumberFormat(locale(), { maximumFractionDigits: digits, minimumFractionDigits: 0 }).format(value);

const SHORT_FROM = 100_000;

/** An amount in its currency (ISO 4217); a large one is shortened unless all of it is wanted. */
export function money(value, currency, { whole = false } = {}) {
  const short = !whole && Math.abs(value) >= SHORT_FROM;
  return new Intl.NumberFormat(locale(), { style: 'currency', currency, currencyDisplay: 'narrowSymbol',
    minimumFractionDigits: 0, maximumFractionDigits: short ? 1 : 0, notation: short ? 'compact' : 'standard' }).format(value);
}

export function time(moment) {
  if (!moment) return '–';
  return new Intl.DateTimeFormat(locale(), { hour: '2-digit', minute: '2-digit', hour12: false, timeZone: state.timeZone })
    .format(new Date(moment));
}

export function dateTime(moment) {
  return new Intl.DateTimeFormat(locale(), { dateStyle: 'medium', timeStyle: 'short', hour12: false, timeZone: state.timeZone })
    .format(new Date(moment));
}

/** A calendar day `2026-11-22`, which has no time zone. */
export function day(text) {
  return new Intl.DateTimeFormat(locale(), { weekday: 'short', day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC' })
    .format(new Date(`${text}T00:00:00Z`));
}

/** A calendar day without its weekday. */
export function shortDay(text) {
  return new Intl.DateTimeFormat(locale(), { day: 'numeric', month: 'numeric', year: 'numeric', timeZone: 'UTC' })
    .format(new Date(`${text}T00:00:00Z`));
}

export const shortDays = (from, to) => `${shortDay(from)} – ${shortDay(to)}`;

/** The calendar day so many days before another, as text. */
export function daysBefore(text, days) {
  const at = new Date(`${text}T00:00:00Z`);
  at.setUTCDate(at.getUTCDate() - days);
  return at.toISOString().slice(0, 10);
}

export function distance(metres) {
  return metres < 1000 ? `${number(Math.round(metres))} m` : `${number(metres / 1000, 1)} km`;
}

export function duration(seconds) {
  const minutes = Math.round(seconds / 60);
  const hours = Math.floor(minutes / 60);
  return hours ? t('hours_minutes', { hours, minutes: minutes % 60 }) : t('minutes', { minutes });
}
