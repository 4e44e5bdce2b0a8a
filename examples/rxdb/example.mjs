// node example.mjs <server> <email> <password>: what an offline app does, in one page.
import { getRxStorageMemory } from 'rxdb/plugins/storage-memory';

import { Session, newId, openStore } from './tuyen-rxdb.mjs';

const [server, email, password] = process.argv.slice(2);
if (!password) {
  console.error('Usage: node example.mjs <server> <email> <password>');
  process.exit(2);
}

// An app makes its device's id once and keeps it; this example is a new device each time.
const session = await Session.signIn({ server, email, password, deviceId: newId(), deviceName: 'RxDB example', platform: 'node' });
console.log(`Signed in as ${session.user.full_name}.`);

const store = await openStore({ session, storage: getRxStorageMemory() });
store.error$.subscribe(({ table, error }) => console.error(`${table}: ${error.message}`));
await store.inSync();
for (const table of store.tables) {
  console.log(`${table}: ${await store.collections[table].count().exec()}`);
}

// Everything below would work without a network as well; RxDB sends it when there is one.
const { account, note, refused } = store.collections;
const customer = await account.findOne({ sort: [{ name: 'asc' }] }).exec();
if (customer) {
  const written = await note.insert({
    id: newId(),
    account_id: customer.id,
    author_id: session.user.id,
    body: 'Written with RxDB.',
    captured_at: new Date().toISOString(),
  });
  await store.inSync();
  console.log(`A note on ${customer.name}: ${written.body}`);
}
for (const one of await refused.find().exec()) console.log(`Refused: ${one.code} ${one.detail}`);
await store.close();
