/** Clusters that tell what is in them: a disc of the largest class in a ring of the shares of classes. */

const RADIUS = 12; // of an icon in pixels; the map scales it
const PARTS = 8; // shares are told so fine: fewer pictures to draw, and more than an eye reads of a dot
const [CORE, EDGE] = [0.56, 1];
const PREFIX = 'shares';
const TURN = 2 * Math.PI;

const part = (count) => ['max', 1, ['round', ['*', PARTS, ['/', count, ['get', 'n']]]]];

/** The name of a cluster's picture: its colours, each with how many parts of the ring it takes. */
export function ringIcon({ first, next, third, others, rim }) {
  const thirdCount = ['coalesce', ['get', 'third_n'], 0];
  const rest = ['-', ['get', 'n'], ['+', ['get', 'class_n'], ['get', 'next_n'], thirdCount]];
  const wherever = (count, color) => ['case', ['>', count, 0], ['concat', ' ', color, ' ', part(count)], ''];
  return ['concat', PREFIX, ' ', rim, ' ', first, ' ', part(['get', 'class_n']), ' ', next, ' ', part(['get', 'next_n']),
    wherever(thirdCount, third), wherever(rest, others)];
}

/** What the map multiplies a picture by for a radius in pixels. */
export const ringScale = (radius) => radius / RADIUS;

/** Draw a picture that the map asks for; undefined for other names. */
export function drawRing(name) {
  const [prefix, rim, ...shares] = name.split(' ');
  if (prefix !== PREFIX) return undefined;
  const pixelRatio = Math.min(3, Math.max(1, Math.ceil(devicePixelRatio)));
  const side = 2 * (RADIUS + EDGE) * pixelRatio;
  const canvas = document.createElement('canvas');
  canvas.width = side;
  canvas.height = side;
  const pen = canvas.getContext('2d', { willReadFrequently: true });
  pen.scale(pixelRatio, pixelRatio);
  pen.translate(RADIUS + EDGE, RADIUS + EDGE);
  slice(pen, rim, RADIUS + EDGE / 2, 0, TURN);
  const parts = shares.flatMap((one, at) => (at % 2 ? [{ color: shares[at - 1], count: Number(one) }] : []));
  const whole = parts.reduce((sum, { count }) => sum + count, 0);
  let from = -TURN / 4;
  for (const { color, count } of parts) {
    const to = from + (TURN * count) / whole;
    slice(pen, color, RADIUS - EDGE / 2, from, to);
    from = to;
  }
  slice(pen, rim, RADIUS * CORE + EDGE, 0, TURN);
  slice(pen, parts[0].color, RADIUS * CORE, 0, TURN);
  return { image: pen.getImageData(0, 0, side, side), pixelRatio };
}

function slice(pen, color, radius, from, to) {
  pen.fillStyle = color;
  pen.beginPath();
  pen.moveTo(0, 0);
  pen.arc(0, 0, radius, from, to);
  pen.fill();
}
