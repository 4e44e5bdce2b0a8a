/** When an account wants to be visited, how often and for how long: told, and changed by who may. */

import { request } from '../api.js';
import { el, input, select } from '../dom.js';
import { known, number, t } from '../i18n.js';
import { showProblem } from '../parts.js';

const DAYS = ['Mo', 'Tu', 'We', 'Th', 'Fr', 'Sa', 'Su'];
/** The hours that the boxes below can say; others are written by hand. */
const SIMPLE = /^((?:Mo|Tu|We|Th|Fr|Sa|Su)(?:[-,](?:Mo|Tu|We|Th|Fr|Sa|Su))*) (\d\d:\d\d)-(\d\d:\d\d)$/;
const FREQUENCIES = [
  '24', '20', '12', '8', '4', '2', '2.1', '2.2', 'every 3 weeks', '1', '1.1', '1.2', '1.3', '1.4', 'every 6 weeks', 'every 8 weeks',
];

/** The facts of an account's visits, as pairs of a name and words. */
export function visitingFacts(account) {
  const hours = account.preferred_hours && hoursWords(account.preferred_hours);
  return [
    [t('preferred_hours'), hours && (account.preferred_hours_are_firm ? `${hours} (${t('preferred_hours_firm')})` : hours)],
    [t('visit_frequency'), frequencyWords(account)],
    [t('visit_minutes'), t('minutes', { minutes: number(account.visit_minutes) })],
  ];
}

/** A fold with the form; `saved()` is called when the service has taken it. */
export function visitingForm(account, saved) {
  const message = el('p.message', { role: 'alert', hidden: true });
  const text = input('preferred_hours', t('hours_by_hand'), { value: account.preferred_hours ?? '', placeholder: 'Mo-Fr 08:00-11:00', maxLength: 500, oninput: () => show() });
  const boxes = DAYS.map((code, index) => el('label.check', {}, el('input', { type: 'checkbox', name: code, onchange: () => write() }), el('span', {}, t(`weeks.weekday.${index}`))));
  const from = input('from', t('hours_from'), { type: 'time', onchange: () => write() });
  const until = input('until', t('hours_until'), { type: 'time', onchange: () => write() });
  const firm = el('input', { type: 'checkbox', name: 'firm', checked: account.preferred_hours_are_firm });
  const form = el('form.visiting', { onsubmit: (event) => { event.preventDefault(); save(); } },
    el('fieldset', {}, el('legend', {}, t('preferred_hours')),
      el('div.checks', {}, boxes),
      el('div.actions', {}, from, until),
      text,
      el('label.check', {}, firm, el('span', {}, t('preferred_hours_only'))),
      el('p.little.quiet', {}, t('preferred_hours_hint'))),
    select('visit_frequency', t('visit_frequency'), frequencies(account), account.visit_frequency ?? ''),
    input('visit_minutes', t('visit_minutes_field'), { type: 'number', min: 1, max: 480, required: true, value: account.visit_minutes }),
    message,
    el('div', {}, el('button.primary.small', { type: 'submit' }, t('save'))));
  const { elements } = form;

  /** Let the boxes say what the text says, where they can. */
  function show() {
    const parts = SIMPLE.exec(elements.preferred_hours.value.trim());
    const days = parts ? daysIn(parts[1]) : new Set();
    for (const code of DAYS) elements[code].checked = days.has(code);
    [elements.from.value, elements.until.value] = parts ? [parts[2], parts[3]] : ['', ''];
  }

  /** Let the text say what the boxes say, once that is whole; without any day there are no hours. */
  function write() {
    const days = DAYS.filter((code) => elements[code].checked);
    const [start, end] = [elements.from.value, elements.until.value];
    if (!days.length) elements.preferred_hours.value = '';
    else if (start && end && start < end) elements.preferred_hours.value = `${written(days)} ${start}-${end}`;
  }

  /** Whether the text has all that was chosen in the boxes: days without times would be lost. */
  function isWhole() {
    const chosen = DAYS.filter((code) => elements[code].checked);
    const times = [elements.from.value, elements.until.value];
    if (!chosen.length && !times.some(Boolean)) return true;
    const parts = SIMPLE.exec(elements.preferred_hours.value.trim());
    return Boolean(parts) && written(chosen) === written(DAYS.filter((code) => daysIn(parts[1]).has(code)))
      && parts[2] === times[0] && parts[3] === times[1];
  }

  async function save() {
    message.hidden = true;
    if (!isWhole()) {
      showProblem(message, { status: 422, message: t('hours_not_whole') });
      return;
    }
    const wished = {
      preferred_hours: elements.preferred_hours.value.trim() || null,
      preferred_hours_are_firm: elements.firm.checked,
      visit_frequency: elements.visit_frequency.value || null,
      visit_minutes: Number(elements.visit_minutes.value),
    };
    const body = Object.fromEntries(Object.entries(wished).filter(([name, value]) => account[name] !== value));
    const button = form.querySelector('[type=submit]');
    button.disabled = true;
    try {
      await request(`/v1/accounts/${account.id}`, { method: 'PATCH', body, version: account.rv });
      saved();
    } catch (problem) {
      showProblem(message, problem);
      button.disabled = false;
    }
  }

  show();
  return el('details.fold', {}, el('summary', {}, t('change_visiting')), form);
}

/** `Mo-Fr` and `Mo,We` as a set of days. */
function daysIn(text) {
  const days = text.split(',').flatMap((part) => {
    const [first, last = first] = part.split('-').map((code) => DAYS.indexOf(code));
    return DAYS.filter((_, index) => (first <= last ? index >= first && index <= last : index >= first || index <= last));
  });
  return new Set(days);
}

/** Days as the notation writes them: three or more in a row as a stretch. */
function written(days) {
  const runs = [];
  for (const code of days) {
    const run = runs.at(-1);
    if (run && DAYS.indexOf(code) === DAYS.indexOf(run.at(-1)) + 1) run.push(code);
    else runs.push([code]);
  }
  return runs.map((run) => (run.length > 2 ? `${run[0]}-${run.at(-1)}` : run.join(','))).join(',');
}

/** Hours in the person's own words where they are simple, else as they are written. */
function hoursWords(text) {
  const parts = SIMPLE.exec(text);
  if (!parts) return text;
  const days = DAYS.map((code, index) => [code, t(`weeks.weekday.${index}`)]).filter(([code]) => daysIn(parts[1]).has(code));
  return `${days.map(([, name]) => name).join(', ')} ${parts[2]}–${parts[3]}`;
}

function frequencyWords({ visit_frequency: written, visit_every_days: days }) {
  if (!written) return t('frequency.days', { days: number(days) });
  return known(`frequency.${written}`) ?? written;
}

function frequencies(account) {
  const others = account.visit_frequency && !FREQUENCIES.includes(account.visit_frequency) ? [account.visit_frequency] : [];
  return [
    ['', t('frequency.days', { days: number(account.visit_every_days) })],
    ...[...FREQUENCIES, ...others].map((code) => [code, known(`frequency.${code}`) ?? code]),
  ];
}
