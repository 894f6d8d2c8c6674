// Node's ws against ws-echo, as client and as server: messages come back byte for byte, closes are clean.
import assert from 'node:assert';
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer as createPlainServer } from 'node:http';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { createInterface } from 'node:readline';

let ws;
try {
  ws = await import('ws');
} catch {
  console.log('the npm package ws is not installed');
  process.exit(77);
}
const { WebSocket, WebSocketServer } = ws;
const [, , program, makeCertificates] = process.argv; // with the latter: over TLS
const certificates = makeCertificates && mkdtempSync(`${tmpdir()}/coseal-node-`);
if (certificates) {
  process.on('exit', () => rmSync(certificates, { recursive: true }));
  const made = spawnSync(makeCertificates, [certificates], { stdio: 'inherit' }).status;
  if (made !== 0) process.exit(made);
}
const sizes = [0, 1, 125, 126, 65535, 65536, 1 << 20, 16 << 20];
const file = (name) => `${certificates}/${name}`;
const ours = certificates ? ['--cert', file('server.pem'), '--key', file('server.key')] : [];
const theirs = certificates ? { ca: readFileSync(file('ca.pem')) } : {};
const options = { perMessageDeflate: false, ...theirs };

async function listening(...more) {
  const child = spawn(program, ['--listen', '127.0.0.1:0', ...ours, ...more], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(createInterface({ input: child.stdout }), 'line');
  return { child, url: line.split(' ').at(-1) };
}

async function stop(child) {
  child.kill('SIGTERM');
  const [code] = await once(child, 'exit');
  assert.strictEqual(code, 0, 'ws-echo ends well on SIGTERM');
}

async function exchange(peer) {
  for (const size of sizes) {
    const data = randomBytes(size);
    let back = once(peer, 'message');
    peer.send(data);
    let [got, binary] = await back;
    assert(binary && got.equals(data), `binary of ${size} B`);
    const text = 'äöü€😀'.repeat(size / 16);
    back = once(peer, 'message');
    peer.send(text);
    [got, binary] = await back;
    assert(!binary && got.toString() === text, `text of ${size} B`);
  }
  const back = once(peer, 'message');
  for (const [part, fin] of [['in ', false], ['', false], ['three', true]]) peer.send(part, { fin });
  assert.strictEqual((await back)[0].toString(), 'in three');
  const pong = once(peer, 'pong');
  peer.ping('are you there');
  assert.strictEqual((await pong)[0].toString(), 'are you there');
}

async function asClient() {
  const { child, url } = await listening();
  const peer = new WebSocket(url, options);
  await once(peer, 'open');
  await exchange(peer);
  peer.close(1000, 'enough');
  const [code] = await once(peer, 'close');
  assert.strictEqual(code, 1000);

  // Offered extensions are not taken up.
  const offering = new WebSocket(url, { ...options, perMessageDeflate: true });
  await once(offering, 'open');
  assert.strictEqual(offering.extensions, '');
  offering.terminate();

  const strange = new WebSocket(url, { ...options, origin: 'https://evil.example' });
  const [refusal] = await once(strange, 'error');
  assert(refusal.message.includes('403'), refusal.message);
  await stop(child);
}

async function tooBig() {
  const { child, url } = await listening('--max-message', '1000');
  const peer = new WebSocket(url, options);
  await once(peer, 'open');
  peer.send('x'.repeat(1001));
  const [code] = await once(peer, 'close');
  assert.strictEqual(code, 1009);
  await stop(child);
}

async function asServer() {
  const web = certificates
    ? createServer({ cert: readFileSync(file('server.pem')), key: readFileSync(file('server.key')) })
    : createPlainServer();
  const server = new WebSocketServer({ server: web, perMessageDeflate: false });
  web.listen(0, '127.0.0.1');
  await once(web, 'listening');
  const url = `${certificates ? 'wss' : 'ws'}://127.0.0.1:${web.address().port}/echo`;
  const trust = certificates ? ['--ca', file('ca.pem')] : [];
  const child = spawn(program, ['--connect', url, ...trust], { stdio: ['ignore', 'pipe', 'inherit'] });
  const said = once(createInterface({ input: child.stdout }), 'line');
  const [peer] = await once(server, 'connection');
  await exchange(peer);
  peer.close(4321, 'enough');
  await once(peer, 'close');
  assert.strictEqual((await said)[0], 'closed with 4321');
  server.close();
  web.close();
}

await asClient();
await tooBig();
await asServer();
console.log('ok');
