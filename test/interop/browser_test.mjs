// browser_test.mjs WS_ECHO HTTP_ECHO MAKE_CERTIFICATES: Chromium's WebSocket and fetch against ours, in the clear and over TLS.
import assert from 'node:assert';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { createInterface } from 'node:readline';

const [, , wsEcho, httpEcho, makeCertificates] = process.argv;
const chromium = ['chromium', 'chromium-browser', 'google-chrome'].find((name) => !spawnSync(name, ['--version']).error);
if (!chromium) {
  console.log('SKIP: there is no chromium');
  process.exit(77);
}
const directory = mkdtempSync(`${tmpdir()}/coseal-browser-`);
const children = [];
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
});

let tls = [[]];
if (makeCertificates) {
  assert.strictEqual(spawnSync(makeCertificates, [directory], { stdio: 'inherit' }).status, 0);
  tls = [[], ['--cert', `${directory}/server.pem`, '--key', `${directory}/server.key`]];
}

async function listening(program, ...more) {
  const child = spawn(program, ['--listen', '127.0.0.1:0', ...more], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  const [line] = await once(createInterface({ input: child.stdout }), 'line');
  return line.split(' ').at(-1);
}

let addresses;
const done = {};
done.result = new Promise((resolve) => (done.resolve = resolve));
const page = createServer(async (request, response) => {
  if (request.url === '/addresses') return response.end(JSON.stringify(addresses));
  if (request.url === '/result') {
    let text = '';
    for await (const part of request) text += part;
    response.end();
    return done.resolve(JSON.parse(text));
  }
  response.setHeader('Content-Type', 'text/html');
  response.end(request.url === '/' ? readFileSync(new URL('browser_page.html', import.meta.url)) : '');
});
page.listen(0, '127.0.0.1');
await once(page, 'listening');
const origin = `http://127.0.0.1:${page.address().port}`;
const all = (program, ...more) => Promise.all(tls.map((t) => listening(program, ...t, '--origin', origin, ...more)));
addresses = {
  sockets: await all(wsEcho),
  limited: await all(wsEcho, '--max-message', '1000'),
  webs: await all(httpEcho, '--most-body', '20000000'),
};

const browser = spawn(chromium, [
  '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync', '--disable-dev-shm-usage', '--ignore-certificate-errors',
  `--user-data-dir=${directory}/profile`, `${origin}/`,
], { stdio: ['ignore', 'ignore', 'pipe'] });
children.push(browser);
let said = '';
browser.stderr.on('data', (text) => (said += text));
const gone = once(browser, 'exit').then(([code]) => [`chromium ended with ${code} before the page was done: ${said.slice(-2000)}`]);
const failures = await Promise.race([done.result, gone]);
for (const failure of failures) console.log(failure);
console.log(failures.length ? 'failed' : 'ok');
process.exit(failures.length ? 1 : 0);
