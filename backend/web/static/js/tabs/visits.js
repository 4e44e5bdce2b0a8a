/** The day's visits with their evidence: place, note, photo, voice note. */

import { all, blobUrl } from '../api.js';
import { knowReps, repColor } from '../colors.js';
import { el, swatch } from '../dom.js';
import { distance, known, t, time } from '../i18n.js';
import { dayPicker, empty, kindBadge, latest, loading, problemCard, showProblem, statusBadge } from '../parts.js';
import { go } from '../place.js';
import { hearPokes } from '../pokes.js';
import { livePanel } from './live.js';

const FAR_M = 200;

export function visitsTab(panel, desk) {
  const picker = dayPicker(desk);
  const list = el('div.row-list');
  const run = latest();
  let loaded = null;
  let told = '';
  let urls = [];
  const live = livePanel(desk);
  panel.append(picker.node, live.node, list);
  const deaf = hearPokes(() => { live.load(); if (loaded) load({ quietly: true }); });

  function load({ quietly = false } = {}) {
    const date = desk.date();
    if (!quietly || loaded !== date) {
      told = '';
      list.replaceChildren(loading());
    }
    loaded = date;
    run(() => all('/v1/visits', { on_date: date }), (visits, problem) => {
      if (problem) {
        if (!quietly) list.replaceChildren(problemCard(problem, load));
        return;
      }
      // Unchanged visits keep their nodes, so that a voice note goes on playing.
      const now = JSON.stringify(visits.map((visit) => [visit.id, visit.rv, visit.check_ins.length, visit.notes, visit.media]));
      if (now === told) return;
      const isFirst = told === '';
      told = now;
      show(visits);
      if (!isFirst) desk.map.refresh('visits', 'prospects');
    });
  }

  function show(visits) {
    forgetUrls();
    knowReps(visits.map((visit) => visit.rep_id));
    desk.map.repaint();
    if (!visits.length) {
      list.replaceChildren(empty(t('no_visits'), t('no_visits_hint')));
      return;
    }
    const byRep = Map.groupBy ? Map.groupBy(visits, (visit) => visit.rep_id) : group(visits);
    list.replaceChildren(...[...byRep].map(([repId, theirs]) => repSection(repId, theirs)));
  }

  function repSection(repId, visits) {
    const sorted = [...visits].sort((a, b) => (a.sequence ?? 999) - (b.sequence ?? 999) || a.account_name.localeCompare(b.account_name));
    const done = visits.filter((visit) => visit.status === 'done').length;
    return el('section.row-list', { 'aria-label': visits[0].rep_name },
      el('div.card-head', {}, swatch(repColor(repId)), el('h2', {}, visits[0].rep_name), el('span.quiet.number', {}, t('done_of', { done, count: visits.length }))),
      ...sorted.map((visit) => card(visit)));
  }

  function card(visit) {
    const checkIn = visit.check_ins.at(-1);
    return el('article.card', { dataset: { visit: visit.id, status: visit.status } },
      el('div.card-head', {},
        el('span.number.quiet', {}, visit.sequence ? `${visit.sequence}.` : ''),
        el('div', {},
          el('button.plain', { type: 'button', onclick: () => go({ tab: 'prospects', account: visit.account_id }) }, visit.account_name),
          kindBadge(visit),
          el('p.quiet.little', {}, when(visit))),
        el('span.end', {}, statusBadge(visit.status), visit.outcome ? [' ', el('span.badge', {}, t(`outcome.${visit.outcome}`))] : null)),
      checkIn ? evidence(checkIn) : null,
      ...visit.notes.map((note) => el('blockquote', {}, note.body)),
      visit.media.length ? el('div.media', {}, visit.media.map(mediaItem)) : null);
  }

  function mediaItem(media) {
    if (media.state !== 'stored') return el('span.badge.warn', {}, t(`media.${media.kind}.${media.state}`));
    return media.kind === 'photo' ? photo(media) : voice(media);
  }

  function photo(media) {
    const picture = el('img', { alt: t('photo_of', { time: time(media.captured_at) }), width: 100, height: 74 });
    const button = el('button.photo', { type: 'button', onclick: () => enlarge(media, button) }, picture);
    keepUrl(`/v1/media/${media.id}/thumb`).then((url) => { picture.src = url; })
      .catch((problem) => button.replaceWith(el('span.badge.bad', { title: problem.message }, t('photo_missing'))));
    return button;
  }

  async function enlarge(media, button) {
    const dialog = el('dialog.photo', { onclose: () => dialog.remove(), onclick: () => dialog.close(), 'aria-label': t('photo_of', { time: time(media.captured_at) }) });
    try {
      const big = await keepUrl(`/v1/media/${media.id}`);
      dialog.append(el('img', { src: big, alt: button.querySelector('img').alt }), el('form', { method: 'dialog' }, el('button.small', {}, t('close'))));
      document.body.append(dialog);
      dialog.showModal();
    } catch (problem) {
      const message = el('p.message', { role: 'alert' });
      showProblem(message, problem);
      button.after(message);
    }
  }

  function voice(media) {
    const button = el('button.small', {
      type: 'button',
      onclick: async () => {
        button.disabled = true;
        try {
          const audio = el('audio', { controls: true, src: await keepUrl(`/v1/media/${media.id}`) });
          audio.setAttribute('aria-label', t('voice_note'));
          button.replaceWith(audio);
          await audio.play().catch(() => {});
        } catch (problem) {
          button.replaceWith(el('span.badge.bad', { title: problem.message }, t('voice_missing')));
        }
      },
    }, `▶ ${t('voice_note')}`);
    return button;
  }

  async function keepUrl(path) {
    const url = await blobUrl(path);
    urls.push(url);
    return url;
  }

  function forgetUrls() {
    for (const url of urls) URL.revokeObjectURL(url);
    urls = [];
  }

  return {
    arrive() {
      picker.update();
      live.show(desk.date() === desk.info.today);
      live.load();
      if (loaded !== desk.date()) load();
    },
    leave() {
      deaf();
      live.stop();
      forgetUrls();
    },
  };
}

function when(visit) {
  if (visit.done_at) return t('done_at', { time: time(visit.done_at) });
  if (visit.checked_in_at) return t('checked_in_at', { time: time(visit.checked_in_at) });
  return visit.planned_at ? t('planned_at', { time: time(visit.planned_at) }) : t('planned_sometime');
}

function evidence(checkIn) {
  const far = checkIn.distance_m !== null && checkIn.distance_m > FAR_M;
  return el('p.facts.little', {},
    el('span', {}, t('checked_in_at', { time: time(checkIn.captured_at) })),
    checkIn.distance_m === null ? el('span.badge.warn', {}, t('no_position'))
      : el(far ? 'span.badge.bad' : 'span.badge.good', {}, t('away', { distance: distance(checkIn.distance_m) })),
    checkIn.accuracy_m === null ? null : el('span.quiet', {}, `± ${distance(checkIn.accuracy_m)}`),
    checkIn.is_mock ? el('span.badge.bad', {}, t('mock_position')) : null,
    checkIn.clock_suspect ? el('span.badge.warn', {}, known('clock_suspect')) : null);
}

function group(visits) {
  const groups = new Map();
  for (const visit of visits) groups.set(visit.rep_id, [...(groups.get(visit.rep_id) ?? []), visit]);
  return groups;
}
