/** Results: what became of the plans, by person; one's day planned against driven, on the map. */

import { request } from '../api.js';
import { el } from '../dom.js';
import { daysBefore, distance, number, t } from '../i18n.js';
import { dayPicker, empty, latest, loading, problemCard } from '../parts.js';
import { go, place } from '../place.js';
import { alarmList } from './result-alarms.js';
import { dayCard, dayOverlay } from './result-day.js';
import { learnedFold } from './result-learned.js';

const SPAN_DAYS = { week: 7, month: 28 };
const PERCENT = 100;
const FIGURES = 6;

const share = (value) => (value === null ? '–' : `${number(value * PERCENT)} %`);
const minutesLate = (value) => (value === null ? '–' : value < 0 ? t('result.early_by', { minutes: number(-value) }) : t('minutes', { minutes: number(value) }));

export function resultsTab(panel, desk) {
  const picker = dayPicker(desk);
  const span = el('select', { 'aria-label': t('period'), onchange: () => load() },
    Object.keys(SPAN_DAYS).map((name) => el('option', { value: name }, t(`period.${name}`))));
  const alarms = el('div');
  const list = el('div');
  const detail = el('div');
  const [runList, runDay, runAlarms] = [latest(), latest(), latest()];
  let loaded = null;
  let shown = null;
  panel.append(picker.node, el('label', {}, el('span', {}, t('period')), span), alarms, list, detail,
    ...(desk.user.role === 'rep' ? [] : [learnedFold(desk)]));

  function load() {
    loaded = desk.date();
    list.replaceChildren(loading());
    const query = { from_date: daysBefore(loaded, SPAN_DAYS[span.value] - 1), to_date: loaded };
    runList(() => request('/v1/followup', { query }), (found, problem) => {
      if (problem) list.replaceChildren(problemCard(problem, load));
      else list.replaceChildren(...(found.reps.length ? [table(found)] : [empty(t('no_results'), t('no_results_hint'))]));
    });
    runAlarms(() => request('/v1/followup/alarms'), (found, problem) => {
      alarms.replaceChildren(...(problem ? [problemCard(problem, load)] : alarmList(found.items)));
    });
    loadDay({ again: true });
  }

  function loadDay({ again = false } = {}) {
    const rep = place().rep;
    const key = rep && `${rep} ${desk.date()}`;
    if (key === shown && !again) return;
    shown = key;
    if (!rep) {
      detail.replaceChildren();
      desk.map.see({ overlay: null });
      return;
    }
    detail.replaceChildren(loading());
    runDay(() => request('/v1/followup/day', { query: { rep_id: rep, on_date: desk.date() } }), (day, problem) => {
      if (place().rep !== rep) return;
      if (problem) {
        detail.replaceChildren(problemCard(problem, () => loadDay({ again: true })));
        return;
      }
      detail.replaceChildren(dayCard(day, desk, () => loadDay({ again: true })));
      const overlay = dayOverlay(day);
      desk.map.see({ overlay });
      desk.map.fit(overlay.features.flatMap((one) => (one.geometry.type === 'Point' ? [one.geometry.coordinates] : one.geometry.coordinates)));
    });
  }

  function table({ reps, total, unsettled_days: unsettled }) {
    const head = ['kept', 'strike', 'coverage', 'late', 'mileage', 'ghosts'];
    const rows = reps.map((one) => el('tbody', { dataset: { rep: one.rep_id }, className: place().rep === one.rep_id ? 'chosen' : '' },
      rowOf(el('button.plain', { type: 'button', onclick: () => go({ rep: place().rep === one.rep_id ? null : one.rep_id }) }, one.rep_name), one.measures)));
    return el('div.results', {},
      el('table.number', {},
        el('thead', {}, el('tr', {}, head.map((name) => el('th', { scope: 'col', title: t(`result.${name}.hint`) }, t(`result.${name}`))))),
        rows,
        reps.length > 1 ? el('tfoot', {}, rowOf(t('result.total'), total)) : null),
      unsettled ? el('p.little.quiet', {}, t('result.unsettled', { count: number(unsettled) })) : null);
  }

  /** A name in a line of its own, for the list is narrow, and the figures below it. */
  function rowOf(name, measures) {
    const about = measures.estimated_days ? '≈ ' : '';
    return [el('tr', {}, el('th', { scope: 'rowgroup', colSpan: FIGURES }, name)), el('tr', {},
      el('td', {}, share(measures.completion), el('span.little.quiet', {}, `${number(measures.done)}/${number(measures.done + measures.missed)}`)),
      el('td', {}, share(measures.strike_rate)),
      el('td', {}, share(measures.coverage)),
      el('td', {}, minutesLate(measures.late_median_minutes)),
      el('td', {}, about + distance(measures.mileage_m)),
      el('td', {}, measures.ghosts ? el('span.badge.bad', {}, number(measures.ghosts)) : '0'))];
  }

  return {
    arrive() {
      picker.update();
      if (loaded !== desk.date()) load();
      else loadDay();
      for (const one of list.querySelectorAll('tbody[data-rep]')) one.classList.toggle('chosen', one.dataset.rep === place().rep);
    },
    leave() {
      desk.map.see({ overlay: null });
    },
  };
}
