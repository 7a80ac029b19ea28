// So many users at a time against one server, by autocannon: what to ask comes as one JSON line on
// standard input, and what was seen goes as one JSON line to standard output.
import { readFileSync } from 'node:fs';
import autocannon from 'autocannon';

const asked = JSON.parse(readFileSync(0, 'utf8'));
const lines = readFileSync(asked.file, 'utf8').trimEnd().split('\n');
let sent = 0;
const next = () => lines[sent++ % lines.length];

// Every request reads something else, or hands in an entry of its own.
const request = asked.post
  ? {
      method: 'POST',
      path: asked.post,
      headers: { 'content-type': 'application/json' },
      setupRequest: (made) => ({ ...made, body: next() }),
    }
  : { method: 'GET', setupRequest: (made) => ({ ...made, path: next() }) };

const seen = await autocannon({
  url: asked.url,
  connections: asked.users,
  timeout: 60,
  requests: [request],
  amount: asked.amount,
  ...(asked.rate ? { overallRate: asked.rate } : {}),
});
console.log(JSON.stringify({
  mean: seen.latency.mean,
  p50: seen.latency.p50,
  p99: seen.latency.p99,
  good: seen['2xx'],
  bad: seen.non2xx + seen.errors + seen.timeouts,
  seconds: seen.duration,
}));
