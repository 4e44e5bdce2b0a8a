/** Colours with a meaning: life stages come from the service, reps get one each, visits by status. */

const dark = matchMedia('(prefers-color-scheme: dark)');
const REPS = {
  light: ['#1f6f5c', '#c2410c', '#6d28d9', '#0369a1', '#be185d', '#4d7c0f', '#92400e', '#4338ca', '#0f766e', '#b91c1c'],
  dark: ['#4fc3a1', '#fb923c', '#b794f6', '#5cc0f5', '#f472b6', '#a3d65c', '#e0a46c', '#98a2ff', '#5eead4', '#fca5a5'],
};
const STATUS = {
  light: { planned: '#2563c4', checked_in: '#b45309', done: '#0f7f4f', cancelled: '#6b7280' },
  dark: { planned: '#6ea8ff', checked_in: '#f5b041', done: '#3fcf8e', cancelled: '#9aa5b1' },
};
const order = [];

export const isDark = () => dark.matches;
/** Follow the theme; returns how to stop. */
export function whenThemeChanges(action) {
  dark.addEventListener('change', action);
  return () => dark.removeEventListener('change', action);
}
const palette = (from) => (dark.matches ? from.dark : from.light);

/** Fix the order of reps, so that a rep keeps the colour on map and lists. */
export function knowReps(ids) {
  for (const id of ids) if (!order.includes(id)) order.push(id);
}
export function repColor(id) {
  knowReps([id]);
  const colors = palette(REPS);
  return colors[order.indexOf(id) % colors.length];
}
export const repColors = () => order.map((id) => [id, repColor(id)]);
export const statusColor = (status) => palette(STATUS)[status];
export const statusColors = () => Object.entries(palette(STATUS));
export const stageColors = (legend) =>
  legend.map((item) => [item.life_stage, dark.matches ? item.color_dark : item.color]);
