// The example's page: accounts of the signed-in person, live, editable, on a network or without.
import { getRxStorageDexie } from 'rxdb/plugins/storage-dexie';
import { getRxStorageMemory } from 'rxdb/plugins/storage-memory';

import { Session, TuyenError, newId, openStore } from './tuyen-rxdb.mjs';

const server = location.origin;
const isKept = new URLSearchParams(location.search).get('storage') !== 'memory';
const byId = (id) => document.getElementById(id);

function deviceId() {
  localStorage.tuyenDevice ??= newId();
  return localStorage.tuyenDevice;
}

/** Keep who signed in, but no token: those stay in memory, and in a cookie that no script reads. */
function keep({ device_id, user }) {
  localStorage.tuyenWho = JSON.stringify({ device_id, user });
}

async function open(session) {
  byId('sign-in').hidden = true;
  byId('state').textContent = 'Fetching …';
  const storage = isKept ? getRxStorageDexie() : getRxStorageMemory();
  const kept = localStorage.tuyenSchemas;
  const schemas = kept ? JSON.parse(kept) : null;
  const store = await openStore({ session, storage, schemas, name: `tuyen-${session.user.id}`, retryMs: 1000 });
  localStorage.tuyenSchemas = JSON.stringify(store.schemas);
  window.store = store;
  show(store);
  store.reset$.subscribe(() => show(store));
  store.error$.subscribe(({ table, error }) => {
    console.info(table, error.message);
    byId('state').textContent = 'Waiting for the service …';
  });
  await store.inSync();
  byId('state').textContent = `Signed in as ${session.user.full_name}.`;
  document.body.dataset.ready = 'true';
}

let shown = null;

function show({ collections: { account, refused } }) {
  shown?.unsubscribe();
  shown = account.find({ sort: [{ name: 'asc' }], limit: 50 }).$.subscribe((accounts) => {
    byId('accounts').replaceChildren(...accounts.map(row));
  });
  shown.add(refused.find().$.subscribe((all) => {
    byId('refused').replaceChildren(...all.map((one) => item(`${one.table}: ${one.detail || one.code}`)));
  }));
}

function row(account) {
  const line = document.createElement('li');
  const label = document.createElement('label');
  label.textContent = account.name;
  label.htmlFor = `address-${account.id}`;
  const input = document.createElement('input');
  Object.assign(input, { id: label.htmlFor, value: account.address ?? '', placeholder: 'Address' });
  input.addEventListener('change', () => account.incrementalPatch({ address: input.value || null }));
  line.append(label, input);
  return line;
}

function item(text) {
  const line = document.createElement('li');
  line.textContent = text;
  return line;
}

byId('sign-in').addEventListener('submit', async (event) => {
  event.preventDefault();
  const { email, password } = Object.fromEntries(new FormData(event.target));
  try {
    const parts = { server, email, password, deviceId: deviceId(), deviceName: 'RxDB page', platform: 'web' };
    await open(await Session.signIn({ ...parts, onTokens: keep }));
  } catch (error) {
    byId('state').textContent = error instanceof TuyenError ? error.message : 'No connection.';
  }
});

// Who signed in here before goes on, with a network or without: the cookie speaks for them.
if (localStorage.tuyenWho) {
  open(new Session({ server, tokens: JSON.parse(localStorage.tuyenWho), onTokens: keep }));
}
