/** The context layers that there are: asked for once, and again when one came or went. */

import { request } from './api.js';

let asked = null;
const listeners = new Set();

export function contextLayers() {
  asked ??= request('/v1/context/layers').catch((problem) => {
    asked = null;
    throw problem;
  });
  return asked;
}

/** Say that a layer came or went; resolves when everybody who shows layers has been told. */
export const layersChanged = () => {
  asked = null;
  return Promise.all([...listeners].map((tell) => tell()));
};

/** Follow the layers; returns how to stop. */
export function whenLayersChange(tell) {
  listeners.add(tell);
  return () => listeners.delete(tell);
}
